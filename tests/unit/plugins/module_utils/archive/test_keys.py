# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that sign and verify."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._archive import keys
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from tests.archive_keys import new_key


@pytest.mark.parametrize("use", [lambda: keys.signing_key("", "here"), lambda: keys.verification_keys("")])
def test_a_controller_without_the_library_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[], object]
) -> None:
    monkeypatch.setattr(keys, "HAS_CRYPTOGRAPHY", False)
    with pytest.raises(
        OperationFailed, match="lacks the library cryptography, which signs the archive: install it on the"
    ):
        use()


def test_a_private_key_never_shows_itself() -> None:
    pair = new_key()
    key = keys.signing_key(pair.private, "here")
    assert "PRIVATE" not in f"{key!r} {key}"
    assert key.public_part().verify(b"message", key.sign(b"message"))
    assert not key.public_part().verify(b"another", key.sign(b"message"))
