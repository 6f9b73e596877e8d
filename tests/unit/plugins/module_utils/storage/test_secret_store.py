# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret stores in trouble; tests/integration/test_storage_credentials.py sees them work."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import secret_store
from tests.unit.plugins.module_utils.storage.refusals import Client, refusal

SECRET = "secret-canary-5a0c9f"
DENIED = refusal("AccessDeniedException")
DELETED = refusal("InvalidRequestException")


def test_a_secret_that_is_scheduled_for_deletion_is_named() -> None:
    store = secret_store("secretsmanager", "kong/write", lambda _: Client(get_secret_value=DELETED))
    with pytest.raises(OperationFailed) as refused:
        store.get()
    assert str(refused.value) == (
        "Could not read secretsmanager:kong/write: it is scheduled for deletion: restore it, or name another secret."
    )


@pytest.mark.parametrize("kind", ["secretsmanager", "ssm"])
def test_what_is_denied_is_not_taken_for_absent(kind: str) -> None:
    client = Client(
        get_secret_value=DENIED,
        put_secret_value=DENIED,
        delete_secret=DENIED,
        get_parameter=DENIED,
        put_parameter=DENIED,
        delete_parameter=DENIED,
    )
    store = secret_store(kind, "/kong/write", lambda _: client)
    for action in (store.get, lambda: store.put(SECRET), store.remove):
        with pytest.raises(OperationFailed, match="access denied: grant ") as refused:
            action()
        assert SECRET not in str(refused.value)
    assert len(client.asked) == 3


def test_a_secret_that_is_gone_is_removed() -> None:
    store = secret_store("ssm", "/kong/write", lambda _: Client(delete_parameter=refusal("ParameterNotFound")))
    store.remove()


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("ssm", "kong/write", "begin the path of a parameter with a slash"),
        ("file", "secrets/write", "give an absolute path"),
    ],
)
def test_a_name_that_cannot_be_is_refused(kind: str, name: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name}: {reason}"):
        secret_store(kind, name, lambda _: None)


def test_a_file_that_cannot_be_used_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """A folder takes the place of the file, and a file that of its folder, because root may write anywhere."""
    folder = tmp_path / "folder"
    (folder / "write").mkdir(parents=True)
    (tmp_path / "file").touch()
    in_file = tmp_path / "file" / "x"
    a_directory = f"Cannot use {folder}: it is a directory: give the path of a file."
    for action, name, sentence in (
        ("read", folder, a_directory),
        ("write", folder, a_directory),
        ("write", Path("/dev/null"), "Cannot use /dev/null: it is a device: give the path of a file."),
        ("remove", folder, f"Cannot remove {folder} (Is a directory): give the path of a file."),
        ("write", in_file, f"Cannot write {in_file} (Not a directory): correct the path, in which a file takes the"),
    ):
        store = secret_store("file", str(name), lambda _: None)
        with pytest.raises(OperationFailed) as refused:
            {"read": store.get, "write": lambda store=store: store.put(SECRET), "remove": store.remove}[action]()
        assert str(refused.value).startswith(sentence)
    assert Path("/dev/null").is_char_device()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"], "no part of a secret stays"


def test_a_file_that_is_gone_is_removed(tmp_path: Path) -> None:
    secret_store("file", str(tmp_path / "write"), lambda _: None).remove()
