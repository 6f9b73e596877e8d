# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as a build server shows it: one test for each node and for each check of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ansible_collections.kongops.fallback.plugins.module_utils._errors import cited
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import NO, UNKNOWN

_ERROR = "error"


def junit(audit: Mapping[str, Any]) -> str:
    """The audit as JUnit XML: what would not come up is a failure, and what is unknown is an error, never a success."""
    root = Element("testsuites", name="kongops.fallback audit")
    for cluster in audit["clusters"]:
        _suite(root, cluster, audit)
    if not audit["clusters"]:
        suite = SubElement(root, "testsuite", name="audit", timestamp=audit["taken"])
        _outcome(SubElement(suite, "testcase", name="clusters"), UNKNOWN, audit["because"])
    for each in (*root, root):
        each.set("tests", str(len(each.findall(".//testcase"))))
        each.set("failures", str(len(each.findall(".//failure"))))
        each.set("errors", str(len(each.findall(".//error"))))
        each.set("skipped", str(len(each.findall(".//skipped"))))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, cluster: Mapping[str, Any], audit: Mapping[str, Any]) -> None:
    suite = SubElement(root, "testsuite", name=cluster["storage"], timestamp=audit["taken"])
    for node in cluster["nodes"]:
        case = SubElement(suite, "testcase", classname=cluster["storage"], name=f"{node['role']} {node['host']}")
        found = [each for each in cluster["findings"] if node["host"] in each["hosts"]]
        _outcome(case, node["would_come_up"], node["because"], found)
    for check in audit["checks"]:
        if check["about"] == "cluster":
            name = f"{check['group']}: {check['title']}"
            case = SubElement(suite, "testcase", classname=cluster["storage"], name=name)
            found = [each for each in cluster["findings"] if each["check"] == check["id"] and not each["hosts"]]
            _looked(case, cluster["checks"][check["id"]], found)
    case = SubElement(suite, "testcase", classname=cluster["storage"], name="a new data plane would come up")
    _outcome(case, cluster["would_come_up"], cluster["because"])


def _looked(case: Element, state: str, found: Sequence[Mapping[str, Any]]) -> None:
    """The outcome of a check; what the audit did not look at is skipped."""
    errors = " ".join(_told(each for each in found if each["severity"] == _ERROR))
    _outcome(case, NO if errors else "", errors, found)
    if state == UNKNOWN:
        SubElement(case, "skipped", message="The audit did not check this.")


def _outcome(case: Element, verdict: str, because: str, found: Sequence[Mapping[str, Any]] = ()) -> None:
    if verdict in (NO, UNKNOWN):
        SubElement(case, "failure" if verdict == NO else "error", message=because)
    told = [*_told(found)]
    if told:
        SubElement(case, "system-out").text = "\n".join(told)


def _told(found: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    return (f"{each['severity']} {each['code']}: {cited(each['message'], each['fact'])}" for each in found)
