# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first play of a rollout asks about all hosts, and how it cuts them into batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.filter.batches import batches
from ansible_collections.kongops.fallback.plugins.filter.clusters import clusters
from ansible_collections.kongops.fallback.plugins.filter.exporters import exporters
from ansible_collections.kongops.fallback.plugins.filter.import_refusals import import_refusals
from ansible_collections.kongops.fallback.plugins.filter.node_refusals import node_refusals
from ansible_collections.kongops.fallback.plugins.filter.witnesses import witnesses

STORAGE = "s3://kong/prod"
GROUPS = {"kong_backup_node": ["cp1", "cp2"], "kong_data_plane": ["dp1", "dp2"]}


def look(role: str, election: bool) -> dict[str, Any]:
    """What the look at a node found."""
    settings = {"cluster_fallback_config_storage": {"value": STORAGE}, "role": {"value": role}}
    version = "3.11.0.14" if election else "3.5.0.3"
    return {"parameter_names": "released", "settings": settings, "gateway_version": version, "election": election}


def test_batches_are_numbered_and_leave_out_what_is_not_due() -> None:
    hosts = dict.fromkeys(["dp1", "dp2", "dp3"], STORAGE)
    assert batches(hosts, 1, ["dp1", "dp3"]) == [{"number": 1, "hosts": ["dp1"]}, {"number": 2, "hosts": ["dp3"]}]
    with pytest.raises(AnsibleFilterError, match="kong_fallback_serial is 'half': give a number of hosts"):
        batches(hosts, "half", ["dp1"])


def test_the_clusters_are_the_storages_of_all_nodes_of_the_inventory() -> None:
    hostvars: dict[str, dict[str, Any]] = {
        "cp1": {"kong_fallback_storage": STORAGE},
        "cp2": {"kong_fallback_storage": STORAGE, "kong_fallback_state": "absent"},
        "dp1": {"kong_fallback_storage": f"{STORAGE}/eu"},
        "dp2": {},
    }
    found = clusters(hostvars, GROUPS)
    assert list(found) == [STORAGE, f"{STORAGE}/eu"]
    assert found[STORAGE]["exporters"] == ["cp1"]
    assert found[f"{STORAGE}/eu"]["nested"] == [f"{STORAGE}/eu lies inside {STORAGE}"]


def test_exporters_are_held_against_one_another_by_what_the_look_found() -> None:
    all_exporters = {STORAGE: {"exporters": ["cp1", "cp2"]}}
    seen = {"cp1": {"__kong_fallback_look": look("control_plane", election=False)}, "cp2": {}}
    found = exporters(seen, seen, all_exporters)
    assert len(found["refusals"]) == 1
    assert "elect no leader" in found["refusals"][0]
    assert found["unseen"][0].startswith(f"cp2 may also export to {STORAGE} but takes no part in this run")


def test_one_of_the_nodes_that_read_alike_tries_the_import_and_its_refusal_names_it() -> None:
    imports = {"cluster_fallback_config_import": {"value": "on"}, "cluster_fallback_config_storage": {"value": STORAGE}}
    report = {"settings": imports, "gateway_version": "3.11.0.14", "access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    hostvars: dict[str, dict[str, Any]] = {
        "cp1": {},
        "dp1": {"__kong_fallback_look": report},
        "dp2": {"__kong_fallback_look": report},
    }
    assert witnesses(hostvars, hostvars) == ["dp1"]
    assert witnesses(hostvars, hostvars, every=True) == ["dp1", "dp2"]

    tries = {"results": [{"item": {"host": "dp1"}, "outcome": "missing", "message": "There is no snapshot."}]}
    assert import_refusals(["dp1", "dp2"], tries, {}) == [
        "dp1 would have nothing to serve in an outage: There is no snapshot."
    ]


def test_a_file_of_tasks_has_to_be_on_the_controller(tmp_path: Path) -> None:
    there, missing = tmp_path / "before.yml", tmp_path / "after.yml"
    there.touch()
    request = {"host": "dp1", "state": "absent", "files": ["", str(there), str(missing)]}
    (refusal,) = node_refusals(request)
    assert refusal.startswith(f"There is no file {missing} on the controller: ")
