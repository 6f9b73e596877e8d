# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 takes as the rule of a schedule: ``SchedulePreviewSerializer.validate_rrule``, then a parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from dateutil import parser, rrule

_START = re.compile(r"DTSTART(?:;TZID=(?P<zone>[^:;]+))?:(?P<time>\d{8}T\d{6})(?P<utc>Z?)")


def errors(text: str) -> Iterator[str]:
    """What AWX says against a rule."""
    starts = list(_START.finditer(text))
    rules = re.findall(r"RULE:([^\s]*)", text)
    if len(starts) != 1:
        yield "Valid DTSTART required in rrule, and only one."
    elif not (starts[0]["zone"] or starts[0]["utc"]):
        yield "DTSTART cannot be a naive datetime."
    if not re.search("rrule:", text, re.IGNORECASE):
        yield "One or more rule required in rrule."
    for word in ("EXDATE", "RDATE"):
        if re.search(f"\\b{word}\\b", text, re.IGNORECASE):
            yield f"{word} not allowed in rrule."
    for rule in rules:
        yield from _rule_errors(rule)
    if len(starts) == 1:
        yield from _parser_errors(starts[0], [rule for rule in rules if not any(_rule_errors(rule))])


def _rule_errors(rule: str) -> Iterator[str]:
    if "interval" not in rule.lower():
        yield "INTERVAL required in rrule."
    if "secondly" in rule.lower():
        yield "SECONDLY is not supported."
    if re.search(r"BYDAY[:=][0-9]+[a-zA-Z]{2}", rule):
        yield "BYDAY with numeric prefix not supported."
    if "COUNT" in rule and "UNTIL" in rule:
        yield "RRULE may not contain both COUNT and UNTIL."
    if (count := re.search(r"COUNT=(\d+)", rule)) and int(count[1]) > 999:
        yield "COUNT > 999 is unsupported."


def _parser_errors(start: re.Match[str], rules: list[str]) -> Iterator[str]:
    if start["zone"] and start["zone"] not in available_timezones():
        yield f"rrule parsing failed validation: A valid TZID must be provided, not {start['zone']}."
    try:
        begin = parser.isoparse(start["time"])
        for rule in rules:
            rrule.rrulestr(re.sub(r"(UNTIL=\d{8}T\d{6})Z", r"\1", rule), dtstart=begin)
    except ValueError as error:
        yield f"rrule parsing failed validation: {error}."
