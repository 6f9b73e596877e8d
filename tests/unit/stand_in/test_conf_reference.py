# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's reader of kong.conf held against the library that the gateway reads it with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import penlight
from tests.examples import examples
from tests.kong_conf_files import files
from tests.stand_in import conf

NUMBERS = st.text(alphabet="0123456789+-.eExXpPaAbBfFiInN_ kB\t\r#", min_size=1, max_size=10)


@pytest.fixture(scope="module")
def reference() -> penlight.Reference:
    return penlight.reference()


def _stand_in(data: bytes) -> dict[str, bytes] | None:
    try:
        return {name: value.encode("latin-1") for name, value in conf.read(data).items()}
    except conf.Unreadable:
        return None


@examples(300)
@given(files().filter(lambda data: b"_blank_" not in data))
def test_reads_any_file_as_the_gateway_does(reference: penlight.Reference, data: bytes) -> None:
    assert _stand_in(data) == reference(data)


@examples(300)
@given(NUMBERS)
def test_reads_anything_like_a_number_as_the_gateway_does(reference: penlight.Reference, number: str) -> None:
    data = f"a = {number}\n".encode()
    assert _stand_in(data) == reference(data)
