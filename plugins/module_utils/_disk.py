# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular files: opened once, judged by what was opened, and never waited for. And why a file cannot be used."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from typing import BinaryIO

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed

MEBIBYTE = 2**20
LONGEST_CONF = 16 * MEBIBYTE
LONGEST_ENVIRONMENT = MEBIBYTE
MOST_LINES = 200_000
"""The most lines of a kong.conf; the one that Kong ships has about 2,000."""

_LINKS = 40
_ROOT = 0
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link",
}
_BECOME = "run as root: set ansible_become to true for this host, or add become to the task"
_CURES = {
    errno.ENOSPC: "make room on its file system",
    errno.EDQUOT: "raise the quota of this user, or make room",
    errno.EROFS: "mount its file system for writing, or give a path on another one",
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ELOOP: "correct its symbolic links, which form a loop",
    errno.ENOTDIR: "correct the path, in which a file takes the place of a directory",
    errno.ENOENT: "create its directory, or give another path",
    errno.EISDIR: "give the path of a file",
    errno.EBUSY: "give the path of a file that is not a mount point itself, as in a container",
    errno.EIO: "look for its disk in the kernel log",
}
_CURE = "check the file and its directory"


def regular_file(path: str, longest: int | None = None, raised_by: str = "") -> BinaryIO:
    """The file, opened for reading; a device, pipe, socket or directory is not even opened.

    A symbolic link is followed if it and its directory belong to root or to the user who runs this. Raises
    FileNotFoundError without a file, OperationFailed when it cannot be opened or is longer than ``longest`` bytes.
    """
    try:
        file = os.fdopen(_descriptor(path, _followed(path)), "rb")
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise cannot(f"read {path}", error) from None
    try:
        found = os.fstat(file.fileno())
        _refuse_other_kinds(path, found.st_mode)
        _refuse_too_long(path, found.st_size, longest, raised_by)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: str, longest: int = LONGEST_CONF, raised_by: str = "") -> bytes | None:
    """The content of a file, None when it does not exist; ``raised_by`` is the option that sets ``longest``.

    Raises OperationFailed when the file cannot be read, or is longer.
    """
    try:
        with regular_file(path, longest, raised_by) as file:
            data = file.read(longest + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot(f"read {path}", error) from None
    _refuse_too_long(path, len(data), longest, raised_by)
    return data


def read_conf_file(path: str) -> bytes | None:
    """The content of a kong.conf, None when it does not exist; raises OperationFailed also when it has too many lines,
    each of which takes memory and time."""
    data = read_regular(path, LONGEST_CONF)
    if data is not None and data.count(b"\n") > MOST_LINES:
        raise OperationFailed(
            f"Cannot use {path}: it has more than {MOST_LINES} lines, which no kong.conf has: correct the path, or the"
            " file."
        )
    return data


def place_of(path: str) -> str:
    """The path of the file that a write creates or replaces: where symbolic links lead, as for reading.

    Raises OperationFailed when there is something other than a file.
    """
    try:
        place = _followed(path)
        _refuse_other_kinds(path, os.lstat(place).st_mode)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise cannot(f"write {path}", error) from None
    return place


def replace_regular(path: str, data: bytes, mode: int) -> None:
    """Give a file this content in one step, there or not yet; raises OperationFailed."""
    try:
        place = place_of(path)
        handle, candidate = tempfile.mkstemp(dir=os.path.dirname(place) or ".", prefix=".kong-fallback-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.replace(candidate, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(candidate)
            raise
    except (OSError, ValueError) as error:
        raise cannot(f"write {path}", error) from None


def _followed(path: str) -> str:
    """The path to which symbolic links lead from this one, unless another user could have created them.

    Raises OSError, ValueError for an impossible path, and OperationFailed.
    """
    if not path:
        raise OperationFailed("A path is empty: give the path of a file.")
    for _link in range(_LINKS):
        if not os.path.islink(path):
            return path
        found = os.lstat(path)
        directory = os.path.dirname(path) or "."
        if not {found.st_uid, os.stat(directory).st_uid} <= {_ROOT, os.geteuid()}:
            raise OperationFailed(
                f"Cannot follow {path}: it is a symbolic link of another user, or in another user's directory: give the"
                " path of the file itself."
            )
        path = os.path.join(directory, os.readlink(path))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def cannot(trying: str, error: Exception) -> OperationFailed:
    """What failed, why, and what to do; ``trying`` completes "Cannot …"."""
    if not isinstance(error, OSError):
        return OperationFailed(f"Cannot {trying}: no file can have that name: correct the path.")
    return OperationFailed(f"Cannot {trying} ({error.strerror or error}): {_cure(error)}.")


def cause_of(error: BaseException) -> Exception:
    """The system error behind an error of Ansible."""
    while not isinstance(error, OSError) and error.__cause__:
        error = error.__cause__
    return error if isinstance(error, OSError) else OSError(0, str(error))


def _cure(error: OSError) -> str:
    if not isinstance(error, PermissionError):
        return _CURES.get(error.errno or 0, _CURE)
    if os.geteuid() != _ROOT:
        return _BECOME
    if error.errno == errno.EPERM:
        return "remove the attribute that protects it or its directory from changes (lsattr shows it)"
    return "run as root: a network file system or a security module forbids it"


def _descriptor(path: str, place: str) -> int:
    _refuse_other_kinds(path, os.lstat(place).st_mode)
    return os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)


def _refuse_other_kinds(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OperationFailed(f"Cannot use {path}: it is {kind}: give the path of a file.")


def _refuse_too_long(path: str, size: int, longest: int | None, raised_by: str) -> None:
    if longest is None or size <= longest:
        return
    if raised_by:
        raise OperationFailed(f"Cannot use {path}: it has more than {longest} bytes: raise {raised_by} if it is right.")
    raise OperationFailed(
        f"Cannot use {path}: it has more than {longest // MEBIBYTE} MiB, which no file of its kind has: correct the"
        " path, or the file."
    )
