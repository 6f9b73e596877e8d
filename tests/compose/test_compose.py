# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A data plane in Docker Compose from its first run to an outage: each test is the next chapter of one story."""

from __future__ import annotations

import json

from tests.compose.world import World
from tests.greeting import BODY
from tests.waiting import until

CONF = "/etc/kong/kong.conf"
AWKWARD = {
    "KONG_FALLBACK_TEST_A": "two words",
    "KONG_FALLBACK_TEST_B": 'a"b$HOME`c`#d;e\\f',
    "KONG_FALLBACK_TEST_C": "a=b,c@d%e",
}


def test_the_first_run_starts_the_gateway_which_serves(compose: World) -> None:
    run = compose.play()
    assert run.code == 0, run.output
    assert until(lambda: compose.get("/hello"))[0] == 200
    assert compose.host.run("stat -c '%U %a' /etc/kong/fallback.env") == "root 600\n"


def test_the_second_run_changes_and_restarts_nothing(compose: World) -> None:
    container = compose.container
    run = compose.play()
    assert (run.code, run.changed) == (0, []), run.output
    assert compose.container == container != ""


def test_the_gateway_gets_the_values_that_the_role_was_given_whatever_is_in_them(compose: World) -> None:
    run = compose.play("-e", json.dumps({"kong_fallback_environment": AWKWARD}))
    assert run.code == 0, run.output
    printed = compose.compose("run --rm --no-deps -T --entrypoint env kong -0").split("\0")
    assert {f"{name}={value}" for name, value in AWKWARD.items()} <= set(printed)


def test_a_kong_conf_that_the_user_of_the_image_cannot_read_is_refused_before_the_restart(compose: World) -> None:
    container = compose.container
    compose.host.run(f"chmod 600 {CONF} && chown root:root {CONF}")
    run = compose.play()
    compose.host.run(f"chmod 644 {CONF}")
    assert run.code != 0
    assert f"The gateway refuses {CONF}: Error: the user kong of the image cannot read kong.conf" in run.output
    assert compose.container == container != ""


def test_a_gateway_that_was_killed_is_seen_as_dead_and_starts_again(compose: World) -> None:
    compose.host.run(f"docker kill --signal KILL {compose.container}")
    assert compose.host.run("cat /var/lib/kong/pids/nginx.pid") == "1\n"
    run = compose.play()
    assert run.code == 0, run.output
    assert compose.container
    assert until(lambda: compose.get("/hello"))[0] == 200


def test_a_new_host_serves_in_an_outage(compose: World) -> None:
    compose.control_plane.stop()
    compose.provision()
    assert not compose.container
    run = compose.play()
    assert run.code == 0, run.output
    assert compose.get("/hello") == (200, BODY)
