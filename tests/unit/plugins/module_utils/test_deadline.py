# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module ends in its time, and says what it was doing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing, finish, in_time, last_look
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from tests.checkout import COLLECTIONS

STUCK = """
import signal, sys
from ansible_collections.kongops.fallback.plugins.module_utils import _deadline

class Module:
    params = {"timeout": 1}
    def fail_json(self, msg):
        print('{"failed": true, "msg": "' + msg + '"}')
        sys.exit(1)

def run(module):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # As a system call that starts anew after each signal.
    signal.sigwait([signal.SIGUSR1])

_deadline.in_time(Module(), run)
"""


def module(**params: Any) -> Any:
    """As much of a module as a deadline needs."""
    return SimpleNamespace(params={"timeout": 1, **params})


def refuse(_module: Any) -> dict[str, Any]:
    raise InvalidInput("storage has no scheme.")


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (lambda _module: {"changed": True}, ("exit", {"changed": True})),
        (
            lambda _module: {"failed": True, "msg": "no", "seconds": 3},
            ("fail", {"failed": True, "msg": "no", "seconds": 3}),
        ),
        (refuse, ("fail", {"failed": True, "msg": "storage has no scheme."})),
    ],
)
def test_a_module_ends_once_with_its_result_or_with_why_it_failed(
    run: Callable[[Any], dict[str, Any]], told: tuple[str, dict[str, Any]]
) -> None:
    ends: list[tuple[str, dict[str, Any]]] = []
    exits = {f"{how}_json": lambda how=how, **result: ends.append((how, result)) for how in ("exit", "fail")}
    finish(SimpleNamespace(params={"timeout": 1}, **exits), run)
    assert ends == [told]


def test_what_is_done_in_time_is_returned_and_leaves_no_alarm() -> None:
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert in_time(module(), lambda _module: {"changed": True}) == {"changed": True}
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0) == before


def swallowing(_module: Any) -> dict[str, Any]:
    """Work that takes every exception for one of its own, as libraries do."""
    while True:
        with suppress(Exception), doing("read s3://fallback/prod"):
            time.sleep(10)


def hanging(_module: Any) -> dict[str, Any]:
    """Work that says nothing of itself."""
    time.sleep(10)
    return {}


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (swallowing, "Could not read s3://fallback/prod within 1 seconds: find out what blocks it, or raise timeout."),
        (hanging, "The module did not finish within 1 seconds: find out what blocks it, or raise timeout."),
    ],
)
def test_work_that_hangs_ends_with_a_sentence(work: Callable[[Any], dict[str, Any]], sentence: str) -> None:
    started = time.monotonic()
    with pytest.raises(OperationFailed) as failed:
        in_time(module(), work)
    assert str(failed.value) == sentence
    assert time.monotonic() - started < 3


def test_a_system_call_that_no_alarm_interrupts_ends_as_well() -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", STUCK],
        env={"PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["msg"].startswith("The module did not finish within 1 seconds")
    assert time.monotonic() - started < 1 + 5


def test_waiting_counts_seconds_however_long_a_look_takes() -> None:
    started = time.monotonic()
    looks = []
    last_look(lambda: (time.sleep(1.5), looks.append(1)), lambda _seen: False, 4)
    assert time.monotonic() - started < 4 + 1.5
    assert len(looks) == 2


def test_what_is_there_is_not_waited_for() -> None:
    looks = iter([False, True])
    assert last_look(lambda: next(looks), lambda seen: seen, 60)


def test_a_time_to_wait_that_is_negative_is_refused_and_an_endless_one_taken() -> None:
    with pytest.raises(InvalidInput, match="wait_timeout is -1: give a number of seconds, 0 or more"):
        in_time(module(wait_timeout=-1), hanging)
    assert in_time(module(timeout=10**20), lambda asked: {"changed": False}) == {"changed": False}


@pytest.mark.parametrize("option", ["timeout", "request_timeout"])
@pytest.mark.parametrize("value", [0, -1])
def test_an_option_that_is_not_a_time_is_refused(option: str, value: int) -> None:
    with pytest.raises(InvalidInput, match=f"{option} is {value}: give a number of seconds, 1 or more"):
        in_time(module(**{option: value}), hanging)
