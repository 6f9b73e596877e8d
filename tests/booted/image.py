# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system that every host boots from: Debian, created once and never written to afterwards."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "operator"
"""Who logs in: not root, but may become it; on booted hosts only with the password."""
PASSWORD = "become-password-canary-3b9e07"
_HASH = "$6$booted0become$iPtWED34QUGLnflSP7FG6TA/1UvDnA5NMQGyLP3EscRYEx4OUm70q6ao1L4chyzdeTMjTlaqYGT7dyZlln1Ra/"

PACKAGES = ("dbus", "iproute2", "openssh-server", "python3", "sudo", "systemd", "systemd-sysv")


def image(directory: Path) -> Path:
    """The root of the file system below ``directory``; created in a minute, again if it is incomplete."""
    root = directory / "bookworm"
    with alone(directory):
        if not root.exists():
            unfinished = directory / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            # In a mount namespace of its own, so that nothing stays mounted below our folder if it is interrupted.
            debootstrap = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm"]
            subprocess.run(["unshare", "--mount", *debootstrap, unfinished], check=True)
            _let_in_the_operator(unfinished)
            (unfinished / "etc/hostname").unlink()  # each host has a name of its own
            unfinished.rename(root)
    return root


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """The time in which no other run creates anything below ``directory``: `make ci` runs two at once."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _let_in_the_operator(root: Path) -> None:
    useradd = ["useradd", "--create-home", "--gid", USER, "--shell", "/bin/bash", USER]
    subprocess.run(["chroot", root, *useradd], check=True)
    rights = root / "etc/sudoers.d" / USER
    rights.write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
    rights.chmod(0o440)


def accounts(root: Path) -> dict[str, str]:
    """The files of a host by which its operator becomes root, and only with the password."""
    shadow = (root / "etc/shadow").read_text()
    with_password = re.sub(f"^{USER}:[^:]*:", lambda _match: f"{USER}:{_HASH}:", shadow, flags=re.MULTILINE)
    return {"etc/shadow": with_password, f"etc/sudoers.d/{USER}": f"{USER} ALL=(ALL) ALL\n"}
