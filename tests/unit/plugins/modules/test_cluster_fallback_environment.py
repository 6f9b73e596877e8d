# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment file of a gateway and its drop-in: written, taken away, and refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module

SECRET = "secret-canary-of-the-environment"
KEY = {"region": "eu-west-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": SECRET}
GOOGLE = "gcs://kong-fallback/prod"


def run(directory: Path, **options: Any) -> dict[str, Any]:
    """What the module answers about the files in this directory."""
    paths = {"path": str(directory / "fallback.env"), "systemd_directory": str(directory / "systemd")}
    answer = run_module("cluster_fallback_environment", {**paths, **options})
    assert SECRET not in answer["printed"]
    return answer


def test_it_adds_to_the_file_and_takes_away_only_its_own(tmp_path: Path) -> None:
    file = tmp_path / "fallback.env"
    file.write_text("TZ=UTC")

    written = run(tmp_path, service="kong", **KEY)

    assert file.read_text().startswith("TZ=UTC\nAWS_REGION=eu-west-1\n")
    drop_in = Path(written["drop_in"])
    assert f"EnvironmentFile={file}\n" in drop_in.read_text()
    assert not run(tmp_path, service="kong", **KEY)["changed"]

    removed = run(tmp_path, service="kong", state="absent")
    assert (removed["changed"], removed["set"]) == (True, [])
    assert file.read_text() == "TZ=UTC\n"
    assert not drop_in.exists()


def test_what_another_file_may_hold_is_a_warning(tmp_path: Path) -> None:
    answer = run(tmp_path, storage="azure://account1/container/prod")
    assert not answer["failed"]
    assert "No AZURE_TENANT_ID and no AZURE_CLIENT_ID and no AZURE_CLIENT_SECRET reaches" in str(answer["warnings"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({**KEY, "variables": {"AWS_REGION": "x"}}, "and set region (kong_fallback_region in roles)."),
        (
            {**KEY, "storage": GOOGLE},
            "region (kong_fallback_region in roles) is for storage in S3 only: leave it out. (fact 2.1)",
        ),
        ({**KEY, "region": ""}, "(fact 2.3)"),
        ({**KEY, "service": "kong", "systemd_directory": "/proc"}, "Cannot create /proc/kong.service.d (No such file"),
        ({**KEY, "path": "{}/none/fallback.env"}, "there is no directory {}/none; create it, or give another path."),
        ({**KEY, "owner": "no-such-user"}, "This node has no user no-such-user, who should own {}"),
        ({**KEY, "path": "{}"}, "Cannot use {}: it is a directory: give the path of a file."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_and_nothing_is_written(
    tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    (tmp_path / "file").touch()
    here = {name: value.format(tmp_path) if isinstance(value, str) else value for name, value in options.items()}
    answer = run(tmp_path, **here)
    assert answer["failed"]
    assert says.format(tmp_path) in answer["msg"]
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
