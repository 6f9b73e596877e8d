# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands where a file should: refused in one sentence, and untouched."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils import _disk
from ansible_collections.kongops.fallback.plugins.module_utils._disk import cannot, place_of, read_regular, regular_file
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed

NOBODY = 65534


def test_a_regular_file_is_read_and_a_missing_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "kong.conf").write_bytes(b"role = data_plane\n")
    assert read_regular(str(tmp_path / "kong.conf")) == b"role = data_plane\n"
    assert read_regular(str(tmp_path / "missing")) is None


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


KINDS: dict[str, Callable[[Path], object]] = {
    "a named pipe": os.mkfifo,
    "a directory": Path.mkdir,
    "a socket": make_socket,
    "a device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", [read_regular, place_of])
def test_what_is_not_a_file_is_named(tmp_path: Path, kind: str, use: Callable[[str], object]) -> None:
    path = tmp_path / "x"
    KINDS[kind](path)
    with pytest.raises(OperationFailed) as refused:
        use(str(path))
    assert str(refused.value) == f"Cannot use {path}: it is {kind}: give the path of a file."


@pytest.mark.parametrize("path", ["/etc/kong\0.conf", "/etc/\ud800", "x\0"])
@pytest.mark.parametrize("use", [read_regular, place_of])
def test_what_no_file_can_be_called_is_named(path: str, use: Callable[[str], object]) -> None:
    with pytest.raises(OperationFailed, match="no file can have that name: correct the path"):
        use(path)


def test_a_name_that_is_too_long_is_named() -> None:
    with pytest.raises(OperationFailed, match=r"\(File name too long\): give a shorter path\."):
        read_regular("/etc/" + "k" * 300)


@pytest.mark.parametrize("grows", [False, True])
def test_a_file_that_is_too_long_is_not_read(tmp_path: Path, grows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "x", "wb") as file:
        file.truncate(2**20 + 1)
    if grows:  # As files below /proc do, which seem to be empty.
        monkeypatch.setattr(_disk, "_refuse_too_long", _only_by_content(_disk._refuse_too_long))
    with pytest.raises(OperationFailed, match="it has more than 1 MiB, which no file of its kind has"):
        read_regular(str(tmp_path / "x"), 2**20)


def _only_by_content(
    refuse: Callable[[str, int, int | None, str], None],
) -> Callable[[str, int, int | None, str], None]:
    calls: list[int] = []

    def second_only(path: str, size: int, longest: int | None, raised_by: str) -> None:
        calls.append(size)
        if len(calls) > 1:
            refuse(path, size, longest, raised_by)

    return second_only


def test_links_are_followed_and_a_write_goes_to_their_end(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "one").symlink_to("real")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    (tmp_path / "dangling").symlink_to("new")
    assert read_regular(str(tmp_path / "two")) == b"x"
    assert os.path.realpath(place_of(str(tmp_path / "two"))) == str(tmp_path / "real")
    assert place_of(str(tmp_path / "dangling")) == str(tmp_path / "new")
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OperationFailed, match="correct its symbolic links, which form a loop"):
        read_regular(str(tmp_path / "circle"))


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can give a link to another user.")
@pytest.mark.parametrize("owned", ["link", "directory"])
def test_a_link_that_another_user_could_have_laid_is_not_followed(tmp_path: Path, owned: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "logs").mkdir()
    link = tmp_path / "logs" / "link"
    link.symlink_to("../secret")
    os.chown(link if owned == "link" else link.parent, NOBODY, NOBODY, follow_symlinks=False)
    for use in (read_regular, place_of):
        with pytest.raises(
            OperationFailed, match="it is a symbolic link of another user, or in another user's directory"
        ):
            use(str(link))


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "x")
    (tmp_path / "y").touch()
    monkeypatch.setattr(os, "lstat", lambda _path: os.stat(tmp_path / "y"))
    with pytest.raises(OperationFailed, match="it is a named pipe"), regular_file(str(tmp_path / "x")):
        pass


@pytest.mark.parametrize(
    ("number", "user", "cure"),
    [
        (errno.ENOSPC, 0, "make room on its file system"),
        (errno.EDQUOT, 1000, "raise the quota of this user, or make room"),
        (errno.EROFS, 0, "mount its file system for writing"),
        (errno.EACCES, 1000, "run as root: set ansible_become to true"),
        (errno.EPERM, 1000, "run as root: set ansible_become to true"),
        (errno.EPERM, 0, "remove the attribute that protects it or its directory from changes (lsattr shows it"),
        (errno.EACCES, 0, "run as root: a network file system or a security module forbids it"),
        (errno.ENOTDIR, 0, "correct the path, in which a file takes the place of a directory"),
        (errno.EXDEV, 0, "check the file and its directory"),
    ],
)
def test_the_cure_fits_the_cause(number: int, user: int, cure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    sentence = str(cannot("write /etc/kong/kong.conf", OSError(number, os.strerror(number))))
    assert sentence.startswith(f"Cannot write /etc/kong/kong.conf ({os.strerror(number)}): {cure}")
