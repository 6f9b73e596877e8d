# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with Docker that an operator reaches by SSH: a file system of its own, with the processes and the network that
``__main__`` gives the run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.booted.image import USER
from tests.booted.ssh import Ssh
from tests.servers.ports import LOOPBACK
from tests.servers.process import running

NAME = "docker-host"
_PORT = 2222
_CONTROL_GROUP = "kongfb-compose"
# The default bridge of Docker would change the network, so there is none: the example uses that of the host.
_DAEMON = (
    *("dockerd", "--storage-driver=overlay2", "--bridge=none", "--iptables=false", "--ip-forward=false"),
    *("--exec-opt=native.cgroupdriver=cgroupfs", f"--cgroup-parent={_CONTROL_GROUP}"),
)


# Not chroot alone: what enters a container from there would come out on this machine.
_ENTER = 'cd "$0" && pivot_root . mnt && umount --lazy mnt && exec "$@"'


@dataclass(frozen=True)
class DockerHost:
    """The host; ``root`` is its file system as this run sees it."""

    root: Path
    ssh: Ssh

    def run(self, command: str) -> str:
        """What a shell command prints when root runs it on the host."""
        finished = self.ssh.run(NAME, command)
        if finished.returncode != 0:
            raise AssertionError(f"{command}: {finished.stdout}{finished.stderr}")
        return finished.stdout

    def remove_containers(self) -> None:
        """End every container."""
        self.run("docker ps --all --quiet | xargs --no-run-if-empty docker rm --force")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put a file on the host."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def import_image(self, name: str, folder: Path, changes: Sequence[str]) -> None:
        """Give Docker an image of this folder."""
        options = [f"--change={change}" for change in changes]
        with subprocess.Popen(["tar", "--create", f"--directory={folder}", "."], stdout=subprocess.PIPE) as tar:
            command = ["chroot", str(self.root), "docker", "import", *options, "-", name]
            done = subprocess.run(command, stdin=tar.stdout, capture_output=True, text=True, check=False)
        assert (tar.returncode, done.returncode) == (0, 0), done.stderr


@contextmanager
def docker_host(layers: Sequence[Path], directory: Path) -> Iterator[DockerHost]:
    """A host that boots from these layers of a file system, the upper one first; all of it ends with the context."""
    shutil.rmtree(directory, ignore_errors=True)
    root = directory / "root"
    for part in ("root", "disk/var/lib/docker", "work", "docker"):
        (directory / part).mkdir(mode=0o755, parents=True)
    with ExitStack() as stack:
        stack.callback(_remove_control_groups)
        for mount in _mounts(layers, directory):
            subprocess.run(["mount", *mount], check=True)  # until the namespace of this run ends
        ssh = Ssh(directory, NAME, {"HostName": LOOPBACK, "Port": str(_PORT)})
        host = DockerHost(root, ssh)
        _let_in(host)
        stack.enter_context(_service(host, ["/usr/sbin/sshd", "-D", "-e", "-p", str(_PORT)], "true"))
        stack.enter_context(_service(host, _DAEMON, "docker version"))
        try:
            yield host
        finally:
            host.remove_containers()


def _mounts(layers: Sequence[Path], directory: Path) -> list[list[str]]:
    root, lower = directory / "root", ":".join(str(layer) for layer in layers)
    disk = f"lowerdir={lower},upperdir={directory}/disk,workdir={directory}/work"
    return [
        ["-t", "overlay", "-o", disk, "overlay", str(root)],
        ["-t", "proc", "proc", f"{root}/proc"],
        ["--rbind", "/dev", f"{root}/dev"],
        ["--rbind", "/sys", f"{root}/sys"],
        ["-t", "tmpfs", "tmpfs", f"{root}/run"],
        ["--bind", f"{directory}/docker", f"{root}/var/lib/docker"],  # Docker's own layers do not go over ours
    ]


def _let_in(host: DockerHost) -> None:
    """The operator's key, and what sshd and sudo expect."""
    host.ssh.prepare(host.root)
    keys = host.root / "home" / USER / ".ssh/authorized_keys"
    host.write(str(keys.relative_to(host.root)), host.ssh.public_key, 0o600)
    owner = keys.parents[1].stat()
    for path in (keys, keys.parent):
        os.chown(path, owner.st_uid, owner.st_gid)
    (host.root / "run/sshd").mkdir()
    host.write("etc/hosts", f"{LOOPBACK} localhost {os.uname().nodename}\n")


@contextmanager
def _service(host: DockerHost, command: Sequence[str], question: str) -> Iterator[None]:
    """A program of the host, once root gets an answer to a question there."""
    log = host.root.parent / f"{Path(command[0]).name}.log"
    enter = ["unshare", "--mount", "sh", "-c", _ENTER, host.root]
    with running([*enter, *command], lambda: host.ssh.run(NAME, question).returncode == 0, log):
        yield


def _remove_control_groups() -> None:
    for group in Path("/sys/fs/cgroup").glob(f"**/{_CONTROL_GROUP}"):
        for path in (*sorted(group.glob("**/"), reverse=True), group):
            with suppress(OSError):
                path.rmdir()
