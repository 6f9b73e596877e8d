# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a node, behind an AnsibleModule: read, replaced in one step with a diff, removed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed


def read_file(path: str) -> bytes | None:
    """The content of a file, None when it does not exist; raises OperationFailed when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperationFailed(
            f"Cannot read {path} ({error.strerror}): give the path of a file that this user may read."
        ) from None


def bring_file(
    module: Any,
    path: str,
    before: bytes,
    after: bytes,
    redacted: tuple[str, str],
    backup: bool = False,
    attributes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Bring a file to the content ``after`` with its attributes, or in check mode only say what would change.

    ``redacted`` holds both contents as a diff may show them; ``attributes`` replace those that the options ask for.
    Returns ``changed``, ``diff`` and, where one was made, ``backup_file``.
    """
    content = {"before": redacted[0], "after": redacted[1], "before_header": path, "after_header": path}
    mode = {"before_header": f"{path} (file attributes)", "after_header": f"{path} (file attributes)"}
    result: dict[str, Any] = {"changed": before != after, "diff": [content, mode]}
    wanted = module.load_file_common_arguments({**module.params, "path": path, **(attributes or {})})
    existed = os.path.exists(path)
    if existed:
        result["changed"] = module.set_fs_attributes_if_different(wanted, result["changed"], mode)
    if before == after or module.check_mode:
        return result
    if backup and existed:
        result["backup_file"] = module.backup_local(path)
    replace_file(module, path, after)
    if not existed:
        module.set_fs_attributes_if_different(wanted, True)
    return result


def remove_file(module: Any, path: str) -> dict[str, Any]:
    """Remove a file if it is there; in check mode only say so. Raises OperationFailed when this user may not."""
    exists = os.path.exists(path)
    if exists and not module.check_mode:
        try:
            os.unlink(path)
        except OSError as error:
            raise OperationFailed(
                f"Cannot remove {path} ({error.strerror}): run as a user who may, for example with become."
            ) from None
    state = {True: "present", False: "absent"}
    return {
        "changed": exists,
        "diff": [{"before": {"path": path, "state": state[exists]}, "after": {"path": path, "state": "absent"}}],
    }


def replace_file(module: Any, path: str, data: bytes) -> None:
    """Put new content in place of a file in one step: whoever looks sees the old content or the new, whole.

    Owner, mode and SELinux context of an existing file stay; a new one is readable by its owner only. A symbolic link
    is followed.
    """
    target = os.path.realpath(path)
    if not os.path.isdir(os.path.dirname(target)):
        raise OperationFailed(
            f"Cannot write {path}: there is no directory {os.path.dirname(target)}; make it, or give another path."
        )
    candidate = write_temporary(module, data)
    previous_umask = os.umask(0o077)
    try:
        module.atomic_move(candidate, target)
    except Exception as error:
        raise OperationFailed(
            f"Cannot write {path} ({error}): run as a user who may, for example with become."
        ) from None
    finally:
        os.umask(previous_umask)


def write_temporary(module: Any, data: bytes) -> str:
    """The path of a new file with this content, which only its owner can read; it goes with the module."""
    handle, path = tempfile.mkstemp(dir=str(module.tmpdir))
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path
