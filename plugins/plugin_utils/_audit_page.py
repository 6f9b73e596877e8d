# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as a page that needs no network, no script and no other file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ansible_collections.kongops.fallback.plugins.module_utils._audit import history
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import NO, UNKNOWN, YES, age_in_words

_TEMPLATES = Path(__file__).resolve().parents[2] / "roles" / "audit" / "templates"
_CLEAN = "clean"
_GROUPS = (
    (NO, "Would not come up"),
    (UNKNOWN, "Unknown"),
    ("warning", "With a warning"),
    (_CLEAN, "Nothing found"),
)
_UNITS = ("B", "kB", "MB", "GB")


def page(audit: Mapping[str, Any]) -> str:
    """The report of an audit as HTML; every text is escaped, whatever a node reports about itself."""
    return _template().render(
        audit=audit,
        clusters=[(cluster, list(_rows(cluster["nodes"]))) for cluster in audit["clusters"]],
        columns=[check for check in audit["checks"] if check["about"] == "node"],
        column_groups=_column_groups(audit["checks"]),
        verdicts=_counted(audit["clusters"]),
        drawn=history.drawn,
        drawn_trend=history.drawn_trend,
        width=history.WIDTH,
        height=history.HEIGHT,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(age=age_in_words, bytes=_in_bytes, moment=_moment, measured=_measured)
    return environment.get_template("report.html.j2")


def _rows(nodes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """The nodes in groups, most serious first: the class of the group, its title, its nodes."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for node in nodes:
        grouped.setdefault(_group(node), []).append(node)
    yield from ((name, title, grouped[name]) for name, title in _GROUPS if name in grouped)


def _group(node: Mapping[str, Any]) -> str:
    if node["would_come_up"] != YES:
        return str(node["would_come_up"])
    return "warning" if "warning" in node["checks"].values() else _CLEAN


def _column_groups(checks: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return list(Counter(check["group"] for check in checks if check["about"] == "node").items())


def _counted(clusters: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many nodes have each verdict."""
    count = Counter(node["would_come_up"] for cluster in clusters for node in cluster["nodes"])
    return [(word, count[word]) for word in (YES, NO, UNKNOWN)]


def _in_bytes(size: int) -> str:
    number, unit = float(size), 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def _measured(line: Mapping[str, Any], measure: str) -> str:
    """One measure of a line of the trend, with its unit."""
    value = line[measure]
    return {"size": _in_bytes, "entities": "{} entities".format, "time_to_ready": "{} s".format}[measure](value)


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
