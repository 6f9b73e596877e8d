# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drop-in: systemd itself reads from it the file that was meant, whatever its name holds."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import drop_in_text
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import drop_in_path

NAMES = [
    "kong.env",
    "two words.env",
    "per%cent.env",
    "%n",
    'double"quote.env',
    "back\\slash.env",
    "back\\",
    "[ab].env",
    "star*.env",
    "question?.env",
    "$HOME.env",
    "#hash;.env",
    "-dash.env",
    "ümlaut.env",
]


class Found(ctypes.Structure):
    """As much of ``glob_t`` as is read here."""

    _fields_ = (("count", ctypes.c_size_t), ("paths", ctypes.POINTER(ctypes.c_char_p)), ("rest", ctypes.c_char * 128))


def globbed(pattern: str) -> list[str]:
    """The files that glob(3), which systemd calls, finds for a pattern."""
    found = Found()
    ctypes.CDLL(None).glob(os.fsencode(pattern), 0, None, ctypes.byref(found))
    return [os.fsdecode(found.paths[index]) for index in range(found.count)]


def test_systemd_finds_the_file_by_every_name(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("systemd-analyze is not installed.")
    units, files = tmp_path / "units", tmp_path / "files"
    (units / "kong.service.d").mkdir(parents=True)
    files.mkdir()
    (units / "kong.service").write_text("[Service]\nExecStart=/bin/true\n")
    for number, name in enumerate([*NAMES, "a.env", "stars.env", "questions.env"]):
        (files / name).touch()
        (units / "kong.service.d" / f"{number:02}.conf").write_text(drop_in_text(str(files / name)))
    said = subprocess.run(
        [program, "verify", "--man=no", "kong.service"],
        env={
            **os.environ,
            "SYSTEMD_LOG_LEVEL": "debug",
            "SYSTEMD_UNIT_PATH": f"{units}:",
            "SYSTEMD_LOG_TARGET": "console",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    patterns = re.findall(r"^\s*EnvironmentFile: (.*)$", said.stdout + said.stderr, re.MULTILINE)
    found = [globbed(pattern) for pattern in patterns]
    assert found == [[str(files / name)] for name in [*NAMES, "a.env", "stars.env", "questions.env"]]


@pytest.mark.parametrize("path", ["kong.env", "~/kong.env", "", "/etc/kong/kong.env ", "/etc/kong/kong.env\n"])
def test_a_path_that_systemd_would_not_take_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="systemd takes only an absolute path"):
        drop_in_text(path)


@pytest.mark.parametrize("service", ["kong", "kong.service", "kong@eu", "kong@.service", "my-kong_2:a.b", "a\\x2db"])
def test_a_unit_name_is_taken(service: str) -> None:
    directory = drop_in_path({"service": service, "systemd_directory": "/etc/systemd/system"})
    assert directory == f"/etc/systemd/system/{service.removesuffix('.service')}.service.d/kong-fallback.conf"


@pytest.mark.parametrize(
    "service",
    [
        "../../x",
        "a/b",
        "/kong",
        ".",
        "..",
        "kong\n",
        "kong service",
        "kong%n",
        "kong\0",
        "é",
        "@kong",
        "k" * 256,
        "a;b",
    ],
)
def test_what_is_not_a_unit_name_is_refused(service: str) -> None:
    with pytest.raises(InvalidInput, match="give the name of a systemd unit"):
        drop_in_path({"service": service, "systemd_directory": "/etc/systemd/system"})
