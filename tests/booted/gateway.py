# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway of a host that boots: where Kong's package puts it, run by a unit like Kong's (fact 2.7)."""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping
from pathlib import Path

from tests.booted.host import BootedHost
from tests.certificates import cluster_certificate
from tests.stand_in import install as stand_in

SERVICE = "kong-enterprise-edition.service"
PREFIX = "/usr/local/kong"
VERSION = "3.11.0.14"

_UNIT = f"""\
[Unit]
Description=Kong Gateway Enterprise
Wants=network-online.target
After=network-online.target

[Service]
Type=forking
PIDFile={PREFIX}/pids/nginx.pid
ExecStart=/usr/local/bin/kong start
ExecReload=/usr/local/bin/kong prepare
ExecReload=/usr/local/bin/kong reload
ExecStop=/usr/local/bin/kong stop

[Install]
WantedBy=multi-user.target
"""

# Debian's own Python runs the stand-in. Only there it sees the packages of this checkout: modules have to do without.
_PYTHON = "opt/stand-in"
SHARED: Mapping[Path, str] = {
    Path(stand_in.__file__).parent: str(Path(stand_in.__file__).parent),
    Path(sysconfig.get_path("purelib")): f"/{_PYTHON}/lib/python3.11/site-packages",
}
"""What the stand-in needs of this machine."""


def install(host: BootedHost, settings: Mapping[str, str], version: str = VERSION) -> None:
    """Install a gateway with this kong.conf; it starts when the host boots."""
    host.write(f"{_PYTHON}/pyvenv.cfg", "home = /usr/bin\n")
    host.link(f"{_PYTHON}/bin/python3", "/usr/bin/python3")
    stand_in.install(host.place("usr/local/bin/kong").parent, version, python=f"/{_PYTHON}/bin/python3")
    host.write("etc/kong/cluster.crt", cluster_certificate().certificate)
    host.write("etc/kong/cluster.key", cluster_certificate().key)
    certificate = {"cluster_cert": "/etc/kong/cluster.crt", "cluster_cert_key": "/etc/kong/cluster.key"}
    lines = [f"{name} = {value}" for name, value in {**certificate, **settings}.items()]
    host.write("etc/kong/kong.conf", "\n".join(lines) + "\n", 0o640)
    host.write(f"usr/lib/systemd/system/{SERVICE}", _UNIT)
    host.link(f"etc/systemd/system/multi-user.target.wants/{SERVICE}", f"/usr/lib/systemd/system/{SERVICE}")
