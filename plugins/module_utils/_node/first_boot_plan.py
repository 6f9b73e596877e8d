# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a first-boot check: the program, its options, its service, and what makes the gateway wait for that."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import drop_in_path
from ansible_collections.kongops.fallback.plugins.module_utils._node.file_change import FileChange

UNIT = "kong-fallback-first-boot.service"

_GRACE = 15
"""Seconds that the program has in addition to those of the proof."""
_PLAIN = re.compile(r"/[\w./+@:-]*", re.ASCII)
_DROP_IN = f"""\
# Written by kongops.fallback. The gateway starts after the check, whatever that says.
[Unit]
Wants={UNIT}
"""
# The gateway's LuaJIT, which judges the snapshot, needs memory that it may write and execute. The program sees all that
# the gateway sees, /tmp too, and may write only to directories of its own.
_SERVICE = """\
# Written by kongops.fallback.
[Unit]
Description=Proof that this host could import the configuration of Kong Gateway in an outage
Documentation=https://github.com/kongops/kongops.fallback/blob/main/docs/baking.md
Wants=network-online.target
After=network-online.target
Before={service}
ConditionPathExists=!{metrics}

[Service]
Type=oneshot
ExecStart={python} -I {program} {options} {metrics}
TimeoutStartSec={seconds}
Environment=TMPDIR=%C/kong-fallback
CacheDirectory=kong-fallback
CacheDirectoryMode=0700
StateDirectory=kong-fallback
ReadWritePaths=-{metrics_directory}
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_SETGID CAP_SETUID
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
UMask=0077
"""


@dataclass(frozen=True)
class FirstBootFiles:
    """The paths of the files."""

    program: str
    options: str
    service: str
    drop_in: str

    @property
    def in_order(self) -> tuple[str, ...]:
        """The files in the order in which they are written."""
        return (self.program, self.options, self.service, self.drop_in)


def first_boot_files(options: Mapping[str, Any]) -> FirstBootFiles:
    """Where the files are, from the options of the module; raises InvalidInput for an impossible unit or path."""
    gateway = drop_in_path(options)
    if gateway is None:
        raise InvalidInput(
            "service (kong_fallback_service in roles) is empty, and without systemd nothing runs a check when the host"
            " boots: name the service of the gateway, or leave kong_fallback_first_boot_check out."
        )
    drop_in = posixpath.join(posixpath.dirname(gateway), UNIT.replace(".service", ".conf"))
    program, proof = (posixpath.join(options["directory"], f"first-boot.{kind}") for kind in ("pyz", "json"))
    files = FirstBootFiles(program, proof, posixpath.join(options["systemd_directory"], UNIT), drop_in)
    for path in (*files.in_order, options["metrics"]):
        if not _PLAIN.fullmatch(path):
            raise InvalidInput(
                f"The unit of the first-boot check cannot name {path!r}: give an absolute path of letters, digits and"
                " any of . _ - + @ :"
            )
    return files


def plan_first_boot(
    files: FirstBootFiles, options: Mapping[str, Any], proof: Mapping[str, Any], program: bytes, python: str
) -> dict[str, bytes]:
    """The content of each file by its path: ``proof`` are the options of the proof, ``program`` is what ``python``
    runs."""
    given = {name: value for name, value in proof.items() if value not in (None, [], {})}
    service = _SERVICE.format(
        service=posixpath.basename(posixpath.dirname(files.drop_in)).removesuffix(".d"),
        python=python,
        program=files.program,
        options=files.options,
        metrics=options["metrics"],
        metrics_directory=posixpath.dirname(options["metrics"]),
        seconds=proof["timeout"] + _GRACE,
    )
    texts = (json.dumps(given, indent=2, sort_keys=True) + "\n", service, _DROP_IN)
    return dict(zip(files.in_order, (program, *(text.encode() for text in texts))))


def file_change(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    """The change of one of the files; a diff shows only how large the program is."""
    is_program = path.endswith(".pyz")
    shown = (_size(before), _size(after)) if is_program else (_text(before), _text(after))
    return FileChange(path, before, after, shown, {"mode": "0755" if is_program else "0644"}, make_directory=True)


def _size(data: bytes | None) -> str:
    return "" if data is None else f"{len(data)} bytes\n"


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
