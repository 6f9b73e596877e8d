# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of an audit in a real browser: on a phone and on a desk, light and dark, by keyboard, and on paper.

What the screen shows stays in .cache/report, for people to look at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.kongops.fallback.plugins.filter.audit_face import audit_face
from tests.audits import hostile, large, pictured
from tests.browser import Browser, axe, browser
from tests.checkout import CHECKOUT
from tests.debian import Unavailable

SEEN = CHECKOUT / ".cache/report"
AUDITS = {"pictured": pictured, "hostile": hostile, "large": lambda: large(80).audit()}
SCREENS = {"phone": (390, 844), "desk": (1280, 900)}
A4 = (297, 210)
PRINTED_WIDTH = 1047
"""CSS pixels between the margins of 10 mm of A4, landscape."""

AXE = """return axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.failureSummary)]))"""
REACHABLE = "return document.querySelectorAll('a[href], input, [tabindex=\"0\"]').length"
FOCUS = """const on = document.activeElement
  if (on === document.body) return null
  const all = [...document.querySelectorAll('a[href], input, [tabindex="0"]')]
  return [all.indexOf(on), getComputedStyle(on).outlineStyle]"""
CUT = """const width = document.documentElement.clientWidth
  return [...document.querySelectorAll('body *')].filter(each => {
    const box = each.getBoundingClientRect()
    const clips = getComputedStyle(each).overflowX !== 'visible' && each.tagName !== 'TH'
    return box.right > width + 1 || box.left < 0 || clips && each.scrollWidth > each.clientWidth + 1
  }).map(each => each.tagName + '.' + each.className + ' ' + each.textContent.slice(0, 40))"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; without one the test is skipped, or fails if the environment has CI."""
    try:
        axe()
        with browser() as started:
            yield started
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"No browser: {error}")
        pytest.skip(f"No browser: {error}")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages as the audit writes them."""
    SEEN.mkdir(parents=True, exist_ok=True)
    pages = {name: tmp_path_factory.mktemp("report") / f"{name}.html" for name in AUDITS}
    for name, page in pages.items():
        page.write_text(audit_face(AUDITS[name](), "html"))
    return pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", ["pictured", "hostile"])
def test_everyone_can_read_it(name: str, screen: str, scheme: str, chromium: Browser, reports: dict[str, Path]) -> None:
    width, height = SCREENS[screen]
    chromium.open(reports[name], width, height, scheme)
    chromium.picture(SEEN / f"{name}-{screen}-{scheme}.png")
    assert chromium.run("return document.documentElement.scrollWidth") <= width
    assert chromium.run(f"return matchMedia('(prefers-color-scheme: {scheme})').matches")
    assert chromium.run(f"{axe()}\n{AXE}") == []
    assert chromium.messages() == []


@pytest.mark.parametrize("screen", SCREENS)
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    screen: str, chromium: Browser, reports: dict[str, Path]
) -> None:
    chromium.open(reports["pictured"], *SCREENS[screen], "light")
    seen = []
    for _each in range(chromium.run(REACHABLE)):
        chromium.press_tab()
        seen.append(chromium.run(FOCUS))
    assert seen == [[number, "solid"] for number in range(len(seen))]
    assert len(seen) > 5


def test_a_group_of_nodes_can_be_hidden_without_a_script(chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports["large"], *SCREENS["desk"], "light")
    is_shown = "return document.querySelector('tbody.g-clean').getClientRects().length > 0"
    assert chromium.run(is_shown)
    chromium.run("document.querySelector('.show-clean').click()")
    assert not chromium.run(is_shown)


def test_the_heads_of_the_matrix_stay_in_sight(chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports["large"], *SCREENS["phone"], "light")
    chromium.run("document.querySelector('.scroll').scrollTo(300, 2000)")
    table, column, row = chromium.run(
        """return ['.scroll', '.matrix thead th:nth-child(4)', '.matrix tbody tr:nth-child(60) th']
          .map(each => document.querySelector(each).getBoundingClientRect()).map(box => [box.top, box.left])"""
    )
    assert column[0] == pytest.approx(table[0], abs=2)
    assert row[1] == pytest.approx(table[1], abs=2)


@pytest.mark.parametrize("name", AUDITS)
def test_paper_cuts_no_column(name: str, chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports[name], PRINTED_WIDTH, 718, "light")
    chromium.on_paper()
    assert chromium.run(CUT) == []
    printed = SEEN / f"{name}.pdf"
    chromium.print(printed, *A4)
    boxes = re.findall(rb"/MediaBox \[0 0 (\d+)[\d.]* (\d+)[\d.]*\]", printed.read_bytes())
    assert set(boxes) == {(b"841", b"594")}
