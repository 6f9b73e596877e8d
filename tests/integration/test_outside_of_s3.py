# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles with the fallback storage in Google Cloud Storage and in Azure, emulated (facts 1.4, 2.8, 2.9)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.environment_readers import shell
from tests.fleet import Fleet, Group
from tests.greeting import BODY, greeting, publish
from tests.servers.azurite import Azurite
from tests.servers.google_storage import SERVICE_ACCOUNT, GoogleStorage
from tests.waiting import until


def test_nodes_are_set_up_and_their_snapshots_verified_in_google_and_in_azure(
    tmp_path: Path, google_server: GoogleStorage, azure_server: Azurite
) -> None:
    storages = {"google": google_server.fresh(), "azure": azure_server.fresh()}
    operator = {name: value for storage in storages.values() for name, value in storage.operator.items()}
    with greeting() as service, Fleet(tmp_path / "hosts", version="3.14.0.8") as fleet:
        data_planes = {}
        for name, storage in storages.items():
            control_plane = fleet.add_control_plane(f"cp-{name}")
            control_plane.start()
            publish(control_plane.admin_url, service)
            data_planes[name] = fleet.add_data_plane(f"dp-{name}", control_plane)
            variables = {"kong_fallback_storage": storage.url, "kong_fallback_environment": dict(storage.gateway)}
            fleet.groups[name] = Group([control_plane, data_planes[name]], variables)
        data_planes["google"].environment_file.write_text("AWS_REGION=left-over\nTZ=UTC\n")
        fleet.variables["kong_fallback_proof"] = "controller"
        fleet.backup_node["kong_fallback_export_delay"] = 1

        run = fleet.play("kongops.fallback.nodes", "--diff", "-vvv", environment=operator)

        assert run.code == 0, run.output
        for name, storage in storages.items():
            assert f"{storage.url}: snapshot 3.14.0.8 " in run.output, name
            assert f"storage = {storage.url}\n" in data_planes[name].kong_conf.read_text()
            assert until(lambda name=name: data_planes[name].get("/hello") == (200, BODY), 30)
        google = data_planes["google"].environment_file
        assert json.loads(shell(google, "GCP_SERVICE_ACCOUNT")) == json.loads(SERVICE_ACCOUNT)
        names = [line.partition("=")[0] for line in google.read_text().splitlines()]
        assert "TZ" in names
        assert "AWS_REGION" not in names
        assert "key-canary-5d0a91" not in run.output
