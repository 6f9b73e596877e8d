# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faces of an audit: they hold what their readers expect, whatever nodes and stores say of themselves."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from ansible_collections.kongops.fallback.plugins.filter.audit import audit
from ansible_collections.kongops.fallback.plugins.filter.audit_face import FACES, audit_face
from ansible_collections.kongops.fallback.plugins.filter.audit_outcome import audit_outcome
from ansible_collections.kongops.fallback.plugins.module_utils._audit.checks import CHECKS, check_of
from ansible_collections.kongops.fallback.plugins.module_utils._audit.summary import WIDTH
from tests.audited_fleet import KEY, SECRET, STORAGE, Fleet
from tests.audits import SPOKEN_SECRETS, hostile, large, rich, talkative
from tests.checkout import CHECKOUT

NOT_OF_AN_AUDIT = {
    *("image-tag", "shared-key", "archive-unconfirmed"),
    *("configuration-served", "node-cannot-import", "node-failing", "snapshot-not-ok", "snapshot-unseen"),
}
"""Codes of manifests and other jobs: here a node or a snapshot says the cause itself, and a table who serves what."""


AUDITS = {
    "healthy": lambda: Fleet().audit(),
    "rich": rich,
    "hostile": hostile,
    "talkative": talkative,
    "empty": lambda: Fleet(()).audit(),
}


class Page(HTMLParser):
    """What a browser would make of a page: its tags, and what they load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name in ("src", "srcset", "data", "action") or (name == "href" and tag != "a"):
                self.loaded.append(str(value))
            if name == "id":
                self.ids.append(str(value))


@pytest.mark.parametrize("name", AUDITS)
def test_the_json_is_as_its_schema_says(name: str) -> None:
    schema = json.loads((CHECKOUT / "docs/audit-schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    model = json.loads(audit_face(AUDITS[name](), "json"))
    jsonschema.Draft202012Validator(schema).validate(model)
    checks = {
        about: {each["id"] for each in model["checks"] if each["about"] == about} for about in ("node", "cluster")
    }
    for cluster in model["clusters"]:
        assert cluster["checks"].keys() == checks["cluster"]
        assert all(node["checks"].keys() == checks["node"] for node in cluster["nodes"])
        assert {finding["check"] for finding in cluster["findings"]} <= checks["node"] | checks["cluster"]


@pytest.mark.parametrize("name", AUDITS)
def test_the_page_needs_nothing_and_runs_nothing(name: str) -> None:
    page = Page(audit_face(AUDITS[name](), "html"))
    assert "script" not in page.tags
    assert page.loaded == []
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("h1") == 1


@pytest.mark.parametrize("name", AUDITS)
def test_the_summary_fits_a_terminal(name: str) -> None:
    lines = audit_face(AUDITS[name](), "txt").splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(line.isprintable() for line in lines)


SAMPLE = re.compile(r'kong_fallback_[a-z_]+(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.e+]+')


@pytest.mark.parametrize("name", AUDITS)
def test_the_metrics_are_samples_and_nothing_else(name: str) -> None:
    lines = audit_face(AUDITS[name](), "prom").splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.fullmatch(line)] == []
    series = [line.rpartition(" ")[0] for line in samples]
    assert len(series) == len(set(series))
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    assert {line.partition("{")[0].split()[0] for line in samples} == typed


@pytest.mark.parametrize("name", AUDITS)
def test_the_tests_of_junit_are_counted_and_no_unknown_passes(name: str) -> None:
    model = AUDITS[name]()
    root = ElementTree.fromstring(audit_face(model, "xml"))
    cases = root.findall(".//testcase")
    assert int(root.get("tests", "")) == len(cases)
    verdicts = [node["would_come_up"] for cluster in model["clusters"] for node in cluster["nodes"]]
    verdicts += [cluster["would_come_up"] for cluster in model["clusters"]]
    assert len(root.findall(".//error")) == verdicts.count("unknown")
    assert len(root.findall(".//failure")) >= verdicts.count("no")


def colours(css: str) -> list[dict[str, str]]:
    """The colours of the page by name, on a light screen and on a dark one."""
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w+);", part)) for part in css.split("prefers-color-scheme: dark"))
    return [light, {**light, **dark}]


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("screen", [0, 1], ids=["light", "dark"])
def test_every_text_has_the_contrast_of_level_aa(screen: int) -> None:
    named = colours(audit_face(Fleet().audit(), "html"))[screen]
    verdicts = ("yes", "no", "unknown", "warning")
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in ("paper", "card")]
    pairs += [(text, f"{verdict}-bg") for verdict in verdicts for text in ("ink", "soft", verdict)]
    pairs += [(verdict, "card") for verdict in verdicts]
    for text, ground in pairs:
        darker, lighter = sorted(luminance(named[name]) for name in (text, ground))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground)


def test_hostile_text_is_text_in_every_face() -> None:
    model = hostile()
    codes = {each["code"] for each in model["clusters"][0]["findings"]}
    assert codes >= {
        *("refused-by-gateway", "gateway-not-ready", "gateway-refuses", "restart-pending", "node-silent"),
        *("export-failed", "ignored-line", "environment-line", "bucket-posture", "unknown-collection"),
    }
    for face in FACES:
        text = audit_face(model, face)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text), face
        assert "owned" in text, face
    assert "&lt;script&gt;" in audit_face(model, "html")
    assert "\nkong_fallback_findings 1" not in audit_face(model, "prom")
    assert set(Page(audit_face(model, "html")).tags) <= set(Page(audit_face(rich(), "html")).tags)


def test_hostile_text_is_text_where_the_job_fails() -> None:
    model = hostile()
    outcome = audit_outcome(model, STORAGE, "unknown")
    assert "owned" in outcome["refusal"]
    assert [line for line in texts_in(outcome) if not line.isprintable()] == []


def texts_in(value: Any) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from (name, *texts_in(each))
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


@pytest.mark.parametrize("face", FACES)
def test_no_face_holds_a_secret(face: str) -> None:
    model = talkative()
    codes = {each["code"] for each in model["clusters"][0]["findings"]}
    assert codes >= {"refused-by-gateway", "gateway-refuses", "export-failed", "credentials-in-kong-conf"}
    text = audit_face(model, face)
    assert [secret for secret in (SECRET, KEY, *SPOKEN_SECRETS) if secret in text] == []


def test_five_hundred_nodes_are_judged_and_rendered_in_five_seconds_and_two_megabytes() -> None:
    fleet = large(500)
    groups, variables = fleet.groups, fleet.hostvars()
    begin = time.process_time()
    model = audit(groups, variables)
    sizes = {face: len(audit_face(model, face).encode()) for face in FACES}
    assert time.process_time() - begin < 5
    assert sizes["html"] < 2_000_000, sizes
    assert len(model["checks"]) >= 40
    assert {node["would_come_up"] for node in model["clusters"][0]["nodes"]} == {"yes", "unknown"}


def test_every_code_has_its_check() -> None:
    sections = (CHECKOUT / "docs/troubleshooting.md").read_text()
    codes = {
        code
        for code in re.findall(r"^### (\S+)$", sections, re.MULTILINE)
        if not code.startswith(("drill-", "upgrade-"))
    }
    checked = [(check.about, code) for check in CHECKS for code in check.codes]
    assert len(checked) == len(set(checked))
    assert {code for _about, code in checked} == codes - NOT_OF_AN_AUDIT
    assert check_of("missing", "node") == "import"
