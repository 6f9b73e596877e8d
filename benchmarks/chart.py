# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts as SVG: a few lines and labels on a light card, readable on a dark page too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Points = Sequence[tuple[float, float]]

_COLOURS = ("#c0392b", "#8a6d1b", "#1b7f3b", "#2a5db0")
_SMALL = "font-size='13'"
_BOLD = "font-weight='bold'"
_PANEL = (400, 210)
_MARGIN = (60, 90)


def line_charts(title: str, panels: Mapping[str, Mapping[str, Points]]) -> str:
    """Panels of lines side by side, each with the same scale from 0 up; x is logarithmic."""
    points = [point for lines in panels.values() for line in lines.values() for point in line]
    top = max((y for _x, y in points), default=1.0) * 1.1
    width, height = _PANEL
    left, above = _MARGIN
    whole = (left + (width + left) * len(panels), above + height + 60)
    drawn = [_text(left, 34, title, _BOLD), *_legend(list(next(iter(panels.values()))), left, 60)]
    for number, (name, lines) in enumerate(panels.items()):
        drawn += _panel(left + number * (width + left), above, name, lines, top)
    return _card(title, whole, drawn)


def bar_chart(title: str, bars: Mapping[str, float]) -> str:
    """One horizontal bar a label; 1 is the limit, what is longer has missed it."""
    scale, row = 260 / max([1.25, *bars.values()]), 26
    left = 40 + 7 * max(map(len, bars), default=0)
    limit = left + scale
    whole = (left + 340, 70 + row * len(bars))
    limits = f"<path d='M{limit:.1f} 48V{56 + row * len(bars)}' stroke='#888' stroke-dasharray='4 3'/>"
    drawn = [_text(20, 34, title, _BOLD), limits]
    for number, (label, value) in enumerate(bars.items()):
        y = 56 + row * number
        colour = _COLOURS[2] if value <= 1 else _COLOURS[0]
        drawn += [
            _text(left - 10, y + 14, label, f"text-anchor='end' {_SMALL}"),
            f"<rect x='{left}' y='{y}' width='{value * scale:.1f}' height='18' fill='{colour}'/>",
            _text(left + value * scale + 8, y + 14, f"{value:.2f}", _SMALL),
        ]
    return _card(title, whole, drawn)


def _panel(x: float, y: float, name: str, lines: Mapping[str, Points], top: float) -> list[str]:
    width, height = _PANEL
    xs = sorted({point[0] for line in lines.values() for point in line})

    def at(point: tuple[float, float]) -> tuple[float, float]:
        span = math.log(xs[-1] / xs[0]) or 1.0
        return x + 15 + (width - 60) * math.log(point[0] / xs[0]) / span, y + height * (1 - point[1] / top)

    drawn = [_text(x, y - 10, name, _SMALL)]
    drawn.append(f"<path d='M{x} {y}V{y + height}H{x + width - 20}' stroke='#444' fill='none'/>")
    steps = range(0, math.floor(top) + 1, max(1, math.ceil(top / 5)))
    drawn += [
        *(_text(x - 8, y + height * (1 - step / top) + 5, str(step), f"text-anchor='end' {_SMALL}") for step in steps),
        *(_text(at((value, 0))[0], y + height + 20, f"{value:g}", f"text-anchor='middle' {_SMALL}") for value in xs),
    ]
    for colour, line in zip(_COLOURS, lines.values(), strict=False):
        path = " ".join("{:.1f},{:.1f}".format(*at(point)) for point in line)
        drawn.append(f"<polyline points='{path}' stroke='{colour}' stroke-width='2.5' fill='none'/>")
        drawn += ["<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}'/>".format(*at(point), colour) for point in line]
    return drawn


def _legend(names: Sequence[str], x: float, y: float) -> list[str]:
    drawn = []
    for number, (name, colour) in enumerate(zip(names, _COLOURS, strict=False)):
        at = x + 170 * number
        drawn.append(f"<rect x='{at}' y='{y - 10}' width='18' height='4' fill='{colour}'/>")
        drawn.append(_text(at + 26, y - 3, name, _SMALL))
    return drawn


def _text(x: float, y: float, text: str, more: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='#222' {more}>{escape(text)}</text>"


def _card(title: str, size: tuple[float, float], drawn: Sequence[str]) -> str:
    width, height = size
    font = "font-family='system-ui, sans-serif' font-size='15'"
    body = "\n".join(drawn)
    return f"""<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' {font}>
<title>{escape(title)}</title>
<rect width='{width}' height='{height}' rx='12' fill='#f7f7f5'/>
{body}
</svg>
"""
