# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a node, behind an AnsibleModule: read, and replaced in one step each, all of them or none."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._disk import cannot, cause_of, place_of, read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.file_change import FileChange


@dataclass(frozen=True)
class WrittenFile:
    """The result for one file, in check mode a prediction."""

    changed: bool
    diff: list[dict[str, Any]]
    backup_file: str | None = None


@dataclass(frozen=True)
class _Original:
    """A file before the change; ``data`` is None if there was none."""

    path: str
    data: bytes | None = field(repr=False)
    stat: os.stat_result | None
    directory_exists: bool


def write_files(module: Any, changes: Sequence[FileChange]) -> list[WrittenFile]:
    """Give all files their new content and attributes, or in check mode only say what would change.

    If one of them fails, the earlier ones are restored. Raises OperationFailed, and what the module raises
    when it fails.
    """
    for change in changes:
        _refuse_unknown_owner(change)
    touched: list[_Original] = []
    written: list[WrittenFile] = []
    backups: list[str] = []
    try:
        for change in changes:
            backup = _backup(module, change)
            backups += [backup] if backup else []
            if not module.check_mode:
                touched.append(_original(change))
            written.append(_remove(module, change) if change.after is None else _write(module, change, backup))
    except BaseException:
        for backup in backups:
            _unlink_if_there(backup)
        for original in reversed(touched):
            _put_back(module, original)
        raise
    return written


def _refuse_unknown_owner(change: FileChange) -> None:
    owner = str(change.attributes.get("owner") or "")
    if not owner or owner.isdigit():
        return
    try:
        pwd.getpwnam(owner)
    except KeyError:
        raise OperationFailed(
            f"This node has no user {owner}, who should own {change.path}: install the gateway, which creates"
            " its user, or correct owner (kong_fallback_environment_file_owner in roles)."
        ) from None


def _backup(module: Any, change: FileChange) -> str | None:
    """Back up the file, if requested and it is about to change; returns the path of the copy."""
    due = change.backup and change.changes_content and change.before is not None and not module.check_mode
    try:
        return module.backup_local(change.path) if due else None
    except Exception as error:
        raise cannot(f"copy {change.path} beside itself", cause_of(error)) from None


def _original(change: FileChange) -> _Original:
    directory_exists = os.path.isdir(os.path.dirname(change.path))
    stat = os.stat(change.path) if change.before is not None else None
    return _Original(change.path, change.before, stat, directory_exists)


def _put_back(module: Any, original: _Original) -> None:
    """Restore content, mode, owner and time of a file, or that there was none."""
    try:
        if original.data is None or original.stat is None:
            _unlink_if_there(original.path)
            if not original.directory_exists and os.path.isdir(os.path.dirname(original.path)):
                os.rmdir(os.path.dirname(original.path))
            return
        if read_regular(original.path) != original.data:
            replace_file(module, original.path, original.data)
        now = os.stat(original.path)
        if (now.st_uid, now.st_gid) != (original.stat.st_uid, original.stat.st_gid):
            os.chown(original.path, original.stat.st_uid, original.stat.st_gid)
        os.chmod(original.path, original.stat.st_mode & 0o7777)
        # A gateway that started after the file was written does not need a restart for it.
        os.utime(original.path, ns=(original.stat.st_atime_ns, original.stat.st_mtime_ns))
    except OSError as error:
        raise OperationFailed(
            f"Cannot restore {original.path} ({error.strerror}): check the file, and run again."
        ) from error


def _unlink_if_there(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)


def _write(module: Any, change: FileChange, backup_file: str | None) -> WrittenFile:
    path, data = change.path, change.after or b""
    content = {"before": change.shown[0], "after": change.shown[1], "before_header": path, "after_header": path}
    mode = {"before_header": f"{path} (file attributes)", "after_header": f"{path} (file attributes)"}
    changed = change.changes_content
    attributes = module.load_file_common_arguments({**change.attributes, "path": path})
    exists = change.before is not None
    if exists:
        changed = module.set_fs_attributes_if_different(attributes, changed, mode)
    if not change.changes_content or module.check_mode:
        return WrittenFile(changed, [content, mode])
    if change.make_directory:
        _make_directory(path)
    replace_file(module, path, data)
    if not exists:
        module.set_fs_attributes_if_different(attributes, True)
    return WrittenFile(True, [content, mode], backup_file)


def _make_directory(path: str) -> None:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
        raise cannot(f"create {os.path.dirname(path)}", error) from None


def _remove(module: Any, change: FileChange) -> WrittenFile:
    exists = change.before is not None
    if exists and not module.check_mode:
        try:
            os.unlink(change.path)
        except OSError as error:
            raise cannot(f"remove {change.path}", error) from None
    state = "present" if exists else "absent"
    before, after = ({"path": change.path, "state": each} for each in (state, "absent"))
    return WrittenFile(exists, [{"before": before, "after": after}])


def replace_file(module: Any, path: str, data: bytes) -> None:
    """Replace the content of a file in one step: a reader sees the old content or the new, whole.

    Owner, mode and SELinux context of an existing file stay; a new one is readable by its owner only. A symbolic link
    is followed as for reading.
    """
    target = place_of(path)
    directory = os.path.dirname(target) or "."
    if not os.path.isdir(directory):
        raise OperationFailed(
            f"Cannot write {path}: there is no directory {directory}; create it, or give another path."
        )
    try:
        _replace(module, target, data, str(module.tmpdir))
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise cannot(f"write {path}", error) from None
        try:
            _replace(module, target, data, directory)
        except OSError as error:
            raise cannot(f"write {path}", error) from None


def _replace(module: Any, target: str, data: bytes, folder: str) -> None:
    """Write a new file into the folder and give it the name of the target; raises OSError."""
    candidate = write_temporary(folder, data)
    try:
        context = _as_before(module, target, candidate)
        os.rename(candidate, target)
    except BaseException:
        os.unlink(candidate)
        raise
    if context:
        module.set_context_if_different(target, context, False)


def _as_before(module: Any, target: str, candidate: str) -> list[Any] | None:
    """Give the new file owner, mode and extended attributes of the old one; returns the SELinux context to be."""
    if os.path.exists(target):
        before = os.stat(target)
        with suppress(PermissionError):  # A user may own the directory but not the file.
            os.chown(candidate, before.st_uid, before.st_gid)
        shutil.copystat(target, candidate)
        os.utime(candidate)
    if not module.selinux_enabled():
        return None
    context: list[Any] = (module.selinux_context if os.path.exists(target) else module.selinux_default_context)(target)
    return context


def write_temporary(folder: str, data: bytes) -> str:
    """The path of a new file with this content, which only its owner can read."""
    try:
        handle, path = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            os.unlink(path)
            raise
    except OSError as error:
        raise cannot(f"write a temporary file in {folder}", error) from None
    return path
