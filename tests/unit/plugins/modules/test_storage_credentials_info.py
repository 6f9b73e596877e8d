# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a stored key: from a file, in check mode, and where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.modules import storage_credentials_info
from tests.ansible import run_module
from tests.in_process import Module

KEY = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "half"}


def read(file: Path, check_mode: bool = False) -> dict[str, Any]:
    """What the module returns for a key in a file."""
    options = {"secret_store": {"type": "file", "name": str(file)}}
    module = Module(storage_credentials_info.ARGUMENT_SPEC, options, lambda service, key: None, check_mode)
    return storage_credentials_info.run(module)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file for a key, which only its owner may read."""
    file = tmp_path / "read"
    file.touch(mode=0o600)
    return file


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_stored_key_is_read(file: Path, check_mode: bool) -> None:
    file.write_text(json.dumps({**KEY, "created": "2026-01-01T00:00:00+00:00"}))
    assert read(file, check_mode) == {
        "changed": False,
        "exists": True,
        **KEY,
        "session_token": "",
        "secret_ref": f"file:{file}",
        "created": "2026-01-01T00:00:00+00:00",
    }


def test_a_temporary_key_has_a_session_token(file: Path) -> None:
    file.write_text(json.dumps({**KEY, "session_token": "token"}))
    assert read(file)["session_token"] == "token"


def test_a_missing_key_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"no key in file:.*read: run the playbook storage first"):
        read(tmp_path / "read")


def test_a_note_that_a_key_is_being_created_is_no_key(file: Path) -> None:
    file.write_text(json.dumps({"beside": []}))
    with pytest.raises(OperationFailed, match="There is no key"):
        read(file)


def test_check_mode_goes_on_without_a_key(tmp_path: Path) -> None:
    answer = read(tmp_path / "read", check_mode=True)
    assert answer["exists"] is False
    assert answer["access_key_id"] == answer["secret_access_key"] == "not-created-yet"


def test_check_mode_refuses_what_a_run_would_refuse(file: Path) -> None:
    file.write_text("not JSON, and secret")
    with pytest.raises(InvalidInput) as error:
        read(file, check_mode=True)
    assert "secret" not in str(error.value).replace("secret_access_key", "")


def test_the_module_answers_with_the_key_or_with_one_sentence(file: Path) -> None:
    file.write_text(json.dumps(KEY))
    options = {"secret_store": {"type": "file", "name": str(file)}, "region": "eu-central-1"}
    assert run_module("storage_credentials_info", options)["access_key_id"] == "AKIAIOSFODNN7EXAMPLE"

    file.chmod(0o644)
    answer = run_module("storage_credentials_info", options)
    assert (answer["failed"], answer["msg"]) == (
        True,
        f"Others can read {file}: set its mode to 0600, and rotate its key.",
    )
