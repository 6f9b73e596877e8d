# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on real hosts, and that the next run of the playbook makes good."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.booted import network
from tests.booted.cluster import STORAGE, BootedCluster
from tests.booted.gateway import PREFIX, SERVICE
from tests.booted.host import BootedHost
from tests.greeting import BODY
from tests.waiting import until

DATA_PLANE = "kongops.fallback.data_plane"


def start_of_gateway(host: BootedHost) -> str:
    """What is another one after every start of the service."""
    return host.run(f"systemctl show --property=InvocationID --value {SERVICE}").strip()


def starts(cluster: BootedCluster, *names: str) -> list[str]:
    return [start_of_gateway(cluster.hosts[name]) for name in names]


def leave_a_restart_to_do(cluster: BootedCluster, *names: str) -> None:
    """As after a run that broke off between writing and restarting."""
    for name in names:
        cluster.hosts[name].run("touch /etc/kong/fallback.env")


def test_a_data_plane_born_while_the_control_plane_is_cut_off_serves_the_snapshot_and_later_what_the_control_plane_says(
    cluster: BootedCluster,
) -> None:
    network.cut("cp1")
    try:
        newcomer = cluster.add_data_plane("dp3")
        assert cluster.get("dp3", "/hello")[0] == 404

        # This once modules go over as files, as Ansible does it unless it is told.
        run = cluster.play(DATA_PLANE, "--limit", "dp3", "-e", "ansible_ssh_pipelining=false")

        assert run.code == 0, run.output
        assert cluster.get("dp3", "/hello") == (200, BODY)
        assert "[fallback config] fallback config applied" in newcomer.run(f"cat {PREFIX}/logs/error.log")
    finally:
        network.reconnect("cp1")
    cluster.configure("/services/greeting/routes", {"name": "later", "paths": ["/later"]})
    until(lambda: cluster.get("dp3", "/later") == (200, BODY), 30)
    cluster.remove("dp3")


def test_a_host_that_dies_while_its_gateway_restarts_is_named_and_the_next_run_finishes_it(
    cluster: BootedCluster,
) -> None:
    leave_a_restart_to_do(cluster, "dp1", "dp2")
    before = starts(cluster, "dp1", "dp2")
    victim = cluster.hosts["dp1"]
    gateway = victim.processes(SERVICE)

    def kill_when_the_gateway_stops() -> None:
        until(lambda: not gateway & victim.processes(SERVICE), 240)
        victim.kill()

    killer = threading.Thread(target=kill_when_the_gateway_stops)
    killer.start()
    run = cluster.play(DATA_PLANE)
    killer.join()

    assert run.code != 0
    assert list(run.reasons) == ["dp1"]
    assert "over ssh" in run.reasons["dp1"] or "via ssh" in run.reasons["dp1"]
    assert starts(cluster, "dp2") == before[1:]

    victim.boot()
    assert cluster.play(DATA_PLANE).code == 0
    assert not set(starts(cluster, "dp1", "dp2")) & set(before)
    assert [cluster.get(name, "/hello") for name in ("dp1", "dp2")] == [(200, BODY)] * 2


def test_a_storage_that_goes_down_in_the_middle_of_a_rollout_stops_it_before_the_next_host(
    cluster: BootedCluster, tmp_path: Path
) -> None:
    leave_a_restart_to_do(cluster, "dp1", "dp2")
    before = starts(cluster, "dp1", "dp2")
    hook = tmp_path / "after_restart.yml"
    hook.write_text(
        "- name: Cut the storage off\n"
        f"  ansible.builtin.command: ip link set {network.namespace(STORAGE)} down\n"
        "  delegate_to: localhost\n"
        "  vars:\n"
        "    ansible_become: false\n"
        "    ansible_python_interpreter: '{{ ansible_playbook_python }}'\n"
        "  changed_when: true\n"
    )
    try:
        run = cluster.play(DATA_PLANE, "-e", f"kong_fallback_after_restart_tasks={hook}")
    finally:
        network.reconnect(STORAGE)

    assert run.code != 0
    assert list(run.reasons) == ["dp2"]
    assert run.reasons["dp2"].startswith("dp2 would have nothing to serve in an outage: ")
    assert "\n" not in run.reasons["dp2"]
    restarted, untouched = starts(cluster, "dp1", "dp2")
    assert restarted != before[0]
    assert untouched == before[1]

    assert cluster.play(DATA_PLANE).code == 0
    assert starts(cluster, "dp1") == [restarted]
    assert starts(cluster, "dp2") != [untouched]
