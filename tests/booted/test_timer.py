# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer of the audit on a host that boots: systemd runs it with the key of the data plane, in its hardened unit."""

from __future__ import annotations

import json
from pathlib import Path

from tests.booted.cluster import BootedCluster
from tests.booted.gateway import VERSION
from tests.waiting import until

METRICS = "/var/lib/prometheus/node-exporter/kong-fallback-timer.prom"
UNIT = "kong-fallback-audit"
PYTHON = "/opt/stand-in/bin/python3"
"""The Python of the host that has boto3."""


def test_the_timer_of_an_audit_writes_metrics_and_goes_without_a_trace(cluster: BootedCluster, tmp_path: Path) -> None:
    host = cluster.hosts["dp1"]

    def audit(timer: bool) -> None:
        more = tmp_path / "more.ini"
        more.write_text(f"dp1 kong_fallback_audit_timer={timer} ansible_python_interpreter={PYTHON}\n")
        variables = {"kong_fallback_audit_fail_on": "never", "kong_fallback_audit_timer_versions": [VERSION]}
        run = cluster.play("kongops.fallback.audit", "-i", str(more), "-e", json.dumps(variables))
        assert run.code == 0, run.output

    audit(timer=True)
    until(lambda: host.run(f"cat {METRICS} || true") != "", 60)
    text = host.run(f"cat {METRICS}")
    assert (
        f'kong_fallback_timer_snapshot_ok{{cluster="s3://{cluster.bucket}/prod",gateway_version="{VERSION}"}} 1' in text
    )
    until(lambda: "Result=success" in host.run(f"systemctl show --property=Result {UNIT}.service"), 30)
    assert host.run(f"systemctl is-active {UNIT}.timer; systemctl is-enabled {UNIT}.timer").split() == [
        "active",
        "enabled",
    ]
    assert host.run(f"stat --format=%a {METRICS}").strip() == "644"
    exposure = host.run(f"systemd-analyze security --no-pager {UNIT}.service | tail -1")
    assert "OK" in exposure

    audit(timer=False)
    assert host.run(f"systemctl is-active {UNIT}.timer || true").strip() == "inactive"
    assert host.run(f"ls {METRICS} /usr/local/lib/kong-fallback /etc/systemd/system/{UNIT}.* 2>/dev/null || true") == ""
