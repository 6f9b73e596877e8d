# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile files of every shape: four times the bytes take about four times the time, never sixteen times."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.edit import edit_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.traps import conf_traps
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    environment_traps,
    read_environment,
)

SMALL = 8_000
TIMES = 4
TOLERATED = 8
MEASURABLE = 0.01
"""Seconds of CPU time below which two times are not compared."""
KNOWN = ("role", "database", "cluster_cert", "cluster_fallback_config_import")


def repeated(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda size: before + unit * (size // len(unit)) + after


def numbered(line: str, before: str = "") -> Callable[[int], str]:
    return lambda size: before + "".join(line.format(number) for number in range(size // len(line)))


SHAPES = {
    "one setting again and again": repeated("a=1\n"),
    "one known setting again and again": repeated("role = data_plane\n"),
    "settings": numbered("some_setting_{} = a value # note\n"),
    "settings without =": numbered("a_b_{}: value\n"),
    "comments": repeated("# words\n"),
    "blank lines": repeated("\n"),
    "blanks": repeated(" ", after="x"),
    "carriage returns": repeated("\r"),
    "a long value": repeated("x", "a="),
    "a long word": repeated("x"),
    "digits": repeated("1", "a=", "x"),
    "hexadecimal digits": repeated("f", "a=0x", "x"),
    "dots": repeated("1.", "a="),
    "escaped hashes": repeated("\\#", "a="),
    "hashes": repeated("#", "a="),
    "equals signs": repeated("="),
    "backslashes": repeated("\\"),
    "joined lines": repeated("a=1\\\n"),
    "joined blank lines": repeated("\\\n"),
    "opening brackets": repeated("[", after="]"),
    "brackets that never close": repeated("[", "a=1\n"),
    "sections": repeated("[a]\n"),
    "sections and settings": repeated("[a]\na_b=1\n"),
    "settings below a section": numbered("some_setting_{} = x\n", "[a]\n"),
    "sections without a name": repeated("[]\n"),
    "an open quote": repeated("x\n", "A='"),
    "pairs of quotes": repeated("''", "A="),
    "open quotes": repeated('A="\n'),
    "escaped line ends": repeated("A=1\\\n"),
    "exports": repeated("export A: 1\n"),
    "zeros": repeated("\0"),
}


def work_on_conf(data: bytes) -> None:
    """What modules do with a kong.conf."""
    document = read_conf(data)
    conf_traps(document, KNOWN)
    with suppress(InvalidInput):
        edit_conf(document, {"role": "data_plane", "cluster_cert": "/etc/kong/cluster.crt"}, ["database"])


def work_on_environment(data: bytes) -> None:
    """What modules do with an environment file."""
    environment_traps(read_environment(data))


def seconds(work: Callable[[bytes], None], data: bytes) -> float:
    """The CPU time of the work, the least of up to four tries.

    Without the collector of garbage, which looks at all that the tests before this one have left in the process.
    """
    least = float("inf")
    gc.disable()
    try:
        for _try in range(4):
            started = time.process_time()
            work(data)
            least = min(least, time.process_time() - started)
            if least < MEASURABLE:
                break
    finally:
        gc.enable()
    return least


@pytest.mark.parametrize("work", [work_on_conf, work_on_environment])
@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_as_the_file_does(shape: str, work: Callable[[bytes], None]) -> None:
    small, large = (seconds(work, SHAPES[shape](size).encode()) for size in (SMALL, SMALL * TIMES))
    assert large < max(small, MEASURABLE) * TOLERATED
