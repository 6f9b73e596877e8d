# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill from options to answer, with a program for the gateway that says of itself what a test wants to hear.

tests/integration/test_outage_drill.py drills with the stand-in and a storage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module

CONF = """\
role = data_plane
database = off
prefix = {prefix}
cluster_control_plane = cp.example.com:8005
cluster_cert = /etc/kong/cluster.crt
cluster_cert_key = /etc/kong/cluster.key
cluster_fallback_config_import = on
cluster_fallback_config_storage = s3://kong-fallback/prod
status_listen = off
"""
ENVIRONMENT = "AWS_REGION=eu-central-1\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=a-secret-canary\n"
GATEWAY = """\
#!{python}
import http.server, os, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = {answers}.get(self.path, (404, '{{"message": "no Route matched with those values"}}'))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass

os.makedirs("logs")
with open("logs/error.log", "w") as log:
    log.write("[notice] [fallback config] fallback config applied\\n")
ports = [int(os.environ[name].split(":")[1]) for name in ("KONG_PROXY_LISTEN", "KONG_STATUS_LISTEN")]
servers = [http.server.HTTPServer(("127.0.0.1", port), Handler) for port in ports]
threading.Thread(target=servers[0].serve_forever, daemon=True).start()
servers[1].serve_forever()
"""
KONG = """\
#!/bin/sh
[ "$1" = start ] || exec echo "Kong Enterprise 3.11.0.14"
exec {gateway}
"""
HASH = "779742c3d7afee2e38f977044d2ed96b"
READY = {"/status": (200, f'{{"configuration_hash": "{HASH}"}}'), "/status/ready": (200, '{"message": "ready"}')}

Drill = Callable[..., dict[str, Any]]

# The pytest process may have threads; the module that forks has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drill:
    """Runs the module on a data plane whose gateway starts this program."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "kong.conf").write_text(CONF.format(prefix=tmp_path / "prefix"))
    (tmp_path / "fallback.env").write_text(ENVIRONMENT)

    def run(program: str, **options: Any) -> dict[str, Any]:
        for name, text in (("gateway", program), ("kong", KONG.format(gateway=tmp_path / "gateway"))):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        answer = run_module(
            "outage_drill",
            {
                "path": str(tmp_path / "kong.conf"),
                "environment_files": [str(tmp_path / "fallback.env")],
                "kong_command": str(tmp_path / "kong"),
                "gateway_version": "3.11.0.14",
                **options,
            },
        )
        assert "a-secret-canary" not in answer["printed"]
        assert not list(tmp_path.glob("kong-drill-*")), "nothing is left behind"
        return answer

    return run


def serving(answers: dict[str, tuple[int, str]]) -> str:
    return GATEWAY.format(python=sys.executable, answers=repr({**READY, **answers}))


def test_a_gateway_that_comes_up_and_serves_the_route_is_a_success(drill: Drill) -> None:
    answer = drill(serving({"/orders": (200, "[]")}), route={"path": "/orders"})
    assert not answer["failed"], answer["msg"]
    assert answer["time_to_ready"] < 60
    assert (answer["configuration_hash"], answer["running_configuration_hash"]) == (HASH, None)
    assert (answer["route"], answer["status"], answer["findings"]) == ("GET /orders", 200, [])


def test_a_route_that_is_not_served_as_asked_fails_the_drill(drill: Drill) -> None:
    answer = drill(serving({"/orders": (401, "no key")}), route={"path": "/orders", "status": 200})
    assert answer["failed"]
    assert "does not serve GET /orders: the answer is 401, not 200" in answer["msg"]
    assert [finding["code"] for finding in answer["findings"]] == ["drill-route"]


def test_a_gateway_that_does_not_start_is_quoted_without_its_secrets(drill: Drill) -> None:
    answer = drill('#!/bin/sh\necho "Error: cannot use $AWS_SECRET_ACCESS_KEY" >&2; exit 1\n')
    assert answer["failed"]
    assert "The second gateway does not start; a snapshot does not help then: " in answer["msg"]
    assert "Error: cannot use ********" in answer["msg"]


def test_a_gateway_that_is_not_ready_in_time_is_ended(drill: Drill) -> None:
    answer = drill("#!/bin/sh\nexec sleep 1\n", ready_timeout=0)
    assert "The second gateway was not ready within 0 seconds" in answer["msg"]
    assert answer["time_to_ready"] is None


@pytest.mark.parametrize(("route", "asked"), [({"path": "/orders"}, ", ask it for GET /orders"), (None, "")])
def test_check_mode_says_what_a_drill_would_do_and_starts_nothing(
    drill: Drill, tmp_path: Path, route: dict[str, str] | None, asked: str
) -> None:
    started = tmp_path / "started"
    answer = drill(f"#!/bin/sh\ntouch {started}\n", _ansible_check_mode=True, **({"route": route} if route else {}))
    assert answer["msg"] == (
        f"Would start a second gateway 3.11.0.14 that finds no control plane{asked}, and remove it."
    )
    assert not started.exists()


def test_a_node_that_does_not_import_is_refused(drill: Drill, tmp_path: Path) -> None:
    conf = tmp_path / "kong.conf"
    conf.write_text(conf.read_text().replace("import = on", "import = off"))
    answer = drill("#!/bin/sh\nexit 1\n")
    assert "so a new gateway with this kong.conf would never read the snapshot" in answer["msg"]


def test_a_request_that_cannot_be_sent_is_one_sentence(drill: Drill) -> None:
    assert drill("#!/bin/sh\nexit 1\n", route={"path": "orders"})["msg"].startswith("route has a path or host")
