# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How this machine logs in to the hosts: as an operator, by a key of this run, to hosts that it knows."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.booted.image import PASSWORD, USER
from tests.booted.network import HERE


@dataclass(frozen=True)
class Ssh:
    """A key and a configuration of ssh below ``directory``, for these hosts, with more options of ssh for them."""

    directory: Path
    hosts: str = f"{HERE.rpartition('.')[0]}.*"
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The configuration, for ``ssh -F``."""
        return self.directory / "ssh_config"

    @property
    def public_key(self) -> str:
        """What a host has to know of the key."""
        return (self.directory / "key.pub").read_text()

    def prepare(self, image: Path) -> None:
        """Make the key, and learn the key of the hosts from what they boot from."""
        key, known_hosts = self.directory / "key", self.directory / "known_hosts"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", USER, "-f", key], check=True)
        known_hosts.write_text(f"host {(image / 'etc/ssh/ssh_host_ed25519_key.pub').read_text()}")
        self.config.write_text(
            f"Host {self.hosts}\n"
            f"  User {USER}\n"
            f'  IdentityFile "{key}"\n'
            "  IdentitiesOnly yes\n"
            f'  UserKnownHostsFile "{known_hosts}"\n'
            "  StrictHostKeyChecking yes\n"
            "  HostKeyAlias host\n"
            "  ConnectTimeout 5\n"
            "  ServerAliveInterval 5\n" + "".join(f"  {name} {value}\n" for name, value in self.options.items())
        )

    def run(self, address: str, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root on the host at this address."""
        words = ["ssh", "-F", str(self.config), address, f"sudo -S -p '' sh -c {shlex.quote(command)}"]
        return subprocess.run(words, input=f"{PASSWORD}\n", capture_output=True, text=True, check=False)
