# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics as Prometheus reads them from a file of the node exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

Sample = tuple[Mapping[str, str], float]
Metric = tuple[str, str, Iterable[Sample]]
"""A name without the prefix of the collection, what it means, and its samples."""

_PREFIX = "kong_fallback_"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def exposition(told: Iterable[Metric]) -> str:
    """The metrics in the text format, without those that have no samples."""
    return "".join(f"{line}\n" for name, text, samples in told for line in _gauge(name, text, samples))


def _gauge(name: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    told = [*samples]
    if told:
        yield f"# HELP {_PREFIX}{name} {text}"
        yield f"# TYPE {_PREFIX}{name} gauge"
    for labels, value in told:
        inner = ",".join(f'{label}="{given.translate(_ESCAPES)}"' for label, given in labels.items())
        yield f"{_PREFIX}{name}{{{inner}}} {value:.15g}" if inner else f"{_PREFIX}{name} {value:.15g}"
