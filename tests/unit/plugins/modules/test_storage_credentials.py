# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call of storage_credentials fails in every way, in every phase: nothing is lost, and the next run completes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.kongops.fallback.plugins.modules import storage_credentials
from tests.ansible import run_module
from tests.in_process import run_in_process
from tests.servers import Credentials

OPTIONS = {
    "name": "writer",
    "access": "write",
    "storage": "s3://kong-fallback/prod",
    "region": "eu-central-1",
    "secret_store": {"type": "secretsmanager", "name": "kong/write"},
}


def refusal(code: str) -> ClientError:
    """An answer of AWS that is not the wanted one."""
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


@dataclass
class Cloud:
    """As much of IAM, Secrets Manager and S3 as one user needs; what is in it outlives any run."""

    user: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    most_keys_seen: int = 0
    count: itertools.count[int] = field(default_factory=itertools.count)

    def stored(self) -> Mapping[str, Any]:
        """What the secret store holds."""
        content: Mapping[str, Any] = json.loads(self.text or "{}")
        return content

    def stored_key(self) -> Credentials | None:
        """The key that a node would be given."""
        content = self.stored()
        return (
            Credentials(content["access_key_id"], content["secret_access_key"]) if "access_key_id" in content else None
        )

    def accepts(self, credentials: Credentials) -> bool:
        """Whether a key works."""
        return (
            self.keys.get(credentials.access_key_id) == "Active"
            and self.secrets[credentials.access_key_id] == credentials.secret_access_key
        )

    # IAM

    def get_user(self, UserName: str) -> Any:
        if self.user is None:
            raise refusal("NoSuchEntity")
        return {"User": self.user}

    def create_user(self, UserName: str, Path: str) -> Any:
        if self.user:
            raise refusal("EntityAlreadyExists")
        self.user = {"Arn": f"arn:aws:iam::123456789012:user{Path}{UserName}"}
        return {"User": self.user}

    def get_user_policy(self, UserName: str, PolicyName: str) -> Any:
        if self.policy is None:
            raise refusal("NoSuchEntity")
        return {"PolicyDocument": self.policy}

    def put_user_policy(self, UserName: str, PolicyName: str, PolicyDocument: str) -> Any:
        self.policy = json.loads(PolicyDocument)
        return {}

    def list_access_keys(self, UserName: str) -> Any:
        return {"AccessKeyMetadata": [{"AccessKeyId": key, "Status": self.keys[key]} for key in self.keys]}

    def create_access_key(self, UserName: str) -> Any:
        if len(self.keys) >= 2:
            raise refusal("LimitExceeded")
        name = f"AKIA{next(self.count):016}"
        self.keys[name], self.secrets[name] = "Active", f"secret-of-{name}".rjust(40, "x")
        self.most_keys_seen = max(self.most_keys_seen, len(self.keys))
        return {"AccessKey": {"AccessKeyId": name, "SecretAccessKey": self.secrets[name]}}

    def update_access_key(self, UserName: str, AccessKeyId: str, Status: str) -> Any:
        self.keys[AccessKeyId] = Status
        return {}

    def delete_access_key(self, UserName: str, AccessKeyId: str) -> Any:
        if AccessKeyId not in self.keys:
            raise refusal("NoSuchEntity")
        del self.keys[AccessKeyId]
        return {}

    # Secrets Manager

    def get_secret_value(self, SecretId: str) -> Any:
        if self.text is None:
            raise refusal("ResourceNotFoundException")
        return {"SecretString": self.text}

    def create_secret(self, Name: str, SecretString: str) -> Any:
        self.text = SecretString
        return {}

    def put_secret_value(self, SecretId: str, SecretString: str) -> Any:
        if self.text is None:
            raise refusal("ResourceNotFoundException")
        self.text = SecretString
        return {}


class Killed(BaseException):
    """The end of the process: nothing tidies up."""


@dataclass
class Faults:
    """Lets the n-th call of a run fail: before or after its effect, it alone, or with all that follow."""

    at: int = 0
    how: str = "never"
    calls: int = 0

    def around(self, method: Any, arguments: dict[str, Any]) -> Any:
        """Make a call, or fail."""
        self.calls += 1
        if self.calls != self.at and not (self.how == "no more answers" and self.calls > self.at):
            return method(**arguments)
        if self.how in ("answer lost", "killed after"):
            method(**arguments)
        if self.how.startswith("killed"):
            raise Killed
        raise refusal("Broken")


class Client:
    """A client of the cloud whose calls may fail."""

    def __init__(self, cloud: Cloud, faults: Faults, credentials: Credentials | None) -> None:
        self._cloud, self._faults, self._credentials = cloud, faults, credentials
        self.meta = SimpleNamespace(events=SimpleNamespace(register_first=lambda *_: None))

    def __getattr__(self, name: str) -> Any:
        method = self._read if name == "get_object" else getattr(self._cloud, name)
        return lambda **arguments: self._faults.around(method, arguments)

    def _read(self, **_: Any) -> Any:
        assert self._credentials
        raise refusal("NoSuchKey" if self._cloud.accepts(self._credentials) else "InvalidAccessKeyId")


def run(cloud: Cloud, faults: Faults | None = None, **changed: Any) -> dict[str, Any]:
    """Run the module; a run that is killed has failed."""
    count = faults or Faults()
    try:
        options = {**OPTIONS, **changed}
        return run_in_process(storage_credentials, options, lambda _service, key: Client(cloud, count, key))
    except Killed:
        return {"failed": True}


HOW = ["refused", "answer lost", "no more answers", "killed before", "killed after"]
ROTATION = [{}, {"rotation": "begin"}, {"rotation": "deactivate"}, {"rotation": "finish"}]
PHASES = {"first key": 1, "second key": 2, "deactivation": 3, "deletion": 4}


def cloud_before(phase: str) -> Cloud:
    """The cloud when a phase begins."""
    cloud = Cloud()
    for options in ROTATION[: PHASES[phase] - 1]:
        assert not run(cloud, **options)["failed"]
    return cloud


def is_complete(cloud: Cloud, phase: str) -> bool:
    """Whether a phase is where it should end."""
    key = cloud.stored_key()
    assert key
    others = [status for name, status in cloud.keys.items() if name != key.access_key_id]
    expected = {"first key": [], "second key": ["Active"], "deactivation": ["Inactive"], "deletion": []}[phase]
    return cloud.accepts(key) and others == expected and "beside" not in cloud.stored()


def calls_of(phase: str) -> int:
    """How many calls a phase makes when none fails."""
    faults = Faults()
    assert not run(cloud_before(phase), faults, **ROTATION[PHASES[phase] - 1])["failed"]
    return faults.calls


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("phase", PHASES)
def test_whatever_call_fails_nothing_is_lost_and_the_next_run_completes(phase: str, how: str) -> None:
    options = ROTATION[PHASES[phase] - 1]
    for at in range(1, calls_of(phase) + 1):
        cloud = cloud_before(phase)
        before, keys = cloud.stored_key(), list(cloud.keys)
        outcome = run(cloud, Faults(at, how), **options)
        assert outcome["failed"] or is_complete(cloud, phase), f"call {at}: success is success"
        now = cloud.stored_key()
        assert now is None or cloud.accepts(now), f"call {at}: what is stored is of use"
        assert before is None or cloud.accepts(before), f"call {at}: the nodes keep a working key"
        if how in ("refused", "answer lost"):
            deployed = {key.access_key_id for key in (before, now) if key}
            assert set(cloud.keys) <= deployed | set(keys), f"call {at} left a key whose secret is stored nowhere"
        completed = run(cloud, **{**options, "max_age_days": 1 if outcome.get("changed") else 0})
        assert not completed["failed"], f"call {at}: {completed['msg']}"
        assert is_complete(cloud, phase), f"call {at}"
        assert cloud.most_keys_seen <= 2
        assert not run(cloud, **{**options, "max_age_days": 1})["changed"]


@pytest.mark.parametrize(("first", "second"), [*itertools.product(HOW, HOW)])
def test_two_failures_in_a_row_lose_nothing_either(first: str, second: str) -> None:
    for phase in ("first key", "second key"):
        options = ROTATION[PHASES[phase] - 1]
        calls = range(1, calls_of(phase) + 1)
        for at, again in itertools.product(calls, calls):
            cloud = cloud_before(phase)
            run(cloud, Faults(at, first), **options)
            begun = bool(phase == "second key" and len(cloud.keys) == 2 and "beside" not in cloud.stored())
            run(cloud, Faults(again, second), **options, max_age_days=1 if begun else 0)
            completed = run(cloud, **options)
            assert not completed["failed"], f"calls {at} and {again}: {completed['msg']}"
            assert is_complete(cloud, phase), f"calls {at} and {again}"
            assert cloud.most_keys_seen <= 2


def test_a_key_whose_answer_got_lost_between_two_attempts_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    cloud = Cloud()
    create, attempts = cloud.create_access_key, itertools.count(1)

    def create_and_answer_late(UserName: str) -> Any:
        answer = create(UserName)
        if next(attempts) == 1:
            raise refusal("RequestTimeout")
        return answer

    monkeypatch.setattr(cloud, "create_access_key", create_and_answer_late)
    assert not run(cloud)["failed"]
    assert is_complete(cloud, "first key")


def test_a_rotation_that_broke_off_and_is_given_up_leaves_no_trace() -> None:
    for at in range(1, calls_of("second key") + 1):
        cloud = cloud_before("second key")
        run(cloud, Faults(at, "killed before"), rotation="begin")
        completed = run(cloud)
        assert not completed["failed"], f"call {at}: {completed['msg']}"
        assert "beside" not in cloud.stored(), f"call {at}"
        stored = cloud.stored_key()
        assert stored
        assert cloud.accepts(stored), f"call {at}"


def test_a_name_given_twice_is_refused_before_anything_is_asked() -> None:
    identity = {"name": "writer", "access": "write", "secret_store": {"type": "file", "name": "/none/such"}}
    options = {"storage": OPTIONS["storage"], "identities": [identity, identity], "region": "eu-central-1"}
    answer = run_module("storage_credentials", options)
    assert answer["failed"]
    assert answer["msg"] == "identities has the same name twice: give each identity a name of its own."
