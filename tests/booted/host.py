# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host: a disk of its own over the common image, systemd as its first process, and a cable that can be pulled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.booted import network
from tests.booted.control_groups import control_groups, kill_host, processes
from tests.booted.image import USER, accounts
from tests.booted.ssh import Ssh
from tests.servers.process import running

# The mount lives in a namespace of its own and so ends with the host, however that ends. 133 is a host that reboots.
_BOOT = """
set -eu
image=$1 directory=$2 namespace=$3 name=$4
shift 4
mount -t overlay -o "lowerdir=$image,upperdir=$directory/disk,workdir=$directory/work" overlay "$directory/root"
status=133
while [ "$status" = 133 ]; do
  status=0
  setpriv --pdeathsig KILL systemd-nspawn --quiet --directory="$directory/root" --machine="$name" --hostname="$name" \
    --network-namespace-path="/run/netns/$namespace" --register=no --keep-unit --link-journal=no \
    --resolv-conf=off --timezone=off --console=pipe --boot "$@" || status=$?
done
"""


@dataclass(frozen=True)
class BootedHost:
    """A host; ``shared`` are folders of this machine that it sees, read-only, under the names given."""

    name: str
    address: str
    image: Path
    directory: Path
    ssh: Ssh
    shared: Mapping[Path, str] = field(default_factory=dict)
    _power: ExitStack = field(default_factory=ExitStack)

    @property
    def disk(self) -> Path:
        """What the host has that the image has not."""
        return self.directory / "disk"

    def provision(self) -> None:
        """An empty disk, a cable, the operator's key and the rights that it gives."""
        for part in ("disk", "work", "root"):
            (self.directory / part).mkdir(mode=0o755, parents=True)
        network.connect(self.name, self.address)
        self.write("etc/hosts", f"127.0.0.1 localhost {self.name}\n")
        self.write("var/log/journal/.keep", "")  # otherwise the journal does not survive a reboot
        for path, text in accounts(self.image).items():
            self.write(path, text, 0o440)
        owner = (self.image / "home" / USER).stat()
        keys = self.write(f"home/{USER}/.ssh/authorized_keys", self.ssh.public_key, 0o600)
        for place in (keys, keys.parent, keys.parent.parent):
            os.chown(place, owner.st_uid, owner.st_gid)

    def provision_from(self, image: BootedHost) -> None:
        """A copy of the other host's disk, a cable, and a name of its own."""
        for part in ("work", "root"):
            (self.directory / part).mkdir(mode=0o755, parents=True)
        subprocess.run(["cp", "--archive", image.disk, self.disk], check=True)
        network.connect(self.name, self.address)
        self.write("etc/hosts", f"127.0.0.1 localhost {self.name}\n")

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Put a file on the disk; only before the host boots."""
        file = self.place(path)
        file.write_text(text)
        file.chmod(mode)
        return file

    def link(self, path: str, target: str) -> None:
        """Put a symbolic link on the disk; only before the host boots."""
        self.place(path).symlink_to(target)

    def boot(self) -> None:
        """Switch the host on and wait until the operator can log in."""
        groups = self._power.enter_context(control_groups(self.name))
        join = "".join(f"echo $$ > '{group}/cgroup.procs'\n" for group in groups)
        command: list[str | Path] = [
            *("unshare", "--mount", "sh", "-c", join + _BOOT, "boot"),
            *(self.image, self.directory, network.namespace(self.name), self.name),
            *(f"--bind-ro={source}:{target}" for source, target in self.shared.items()),
        ]
        log = self.directory / "console.log"
        launcher = self._power.enter_context(running(command, lambda: self.answers, log))
        self._power.callback(kill_host, self.name, launcher)

    @property
    def answers(self) -> bool:
        """Whether the operator can log in and become root."""
        return self.ssh.run(self.address, "true").returncode == 0

    def run(self, command: str) -> str:
        """What a shell command prints when root runs it on the host."""
        finished = self.ssh.run(self.address, command)
        if finished.returncode != 0:
            raise AssertionError(f"{self.name}: {command}: {finished.stdout}{finished.stderr}")
        return finished.stdout

    def kill(self) -> None:
        """Take its power away; what is on its disk stays."""
        self._power.close()

    def processes(self, service: str) -> set[int]:
        """The processes of a service, as this machine numbers them."""
        return processes(self.name, f"system.slice/{service}")

    def place(self, path: str) -> Path:
        """A place on the disk, its folders open to all, whatever the umask of this run."""
        for folder in reversed(Path(path).parents):
            (self.disk / folder).mkdir(exist_ok=True)
            (self.disk / folder).chmod(0o755)
        return self.disk / path
