# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator gets from storage_credentials, on real servers; and what is left when one of its calls fails."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.kongops.fallback.plugins.modules import storage_credentials
from tests.ansible import run_module, run_playbook
from tests.conftest import Store
from tests.in_process import run_in_process
from tests.servers import Credentials, S3Server
from tests.servers.s3 import allow

SNAPSHOT = "prod/3.11.0.3/config.json"


@dataclass(frozen=True)
class Job:
    """An identity that an operator asks for, on one server, its secret in one kind of store."""

    store: Store
    kind: str
    secret: str
    access: str = "write"

    @property
    def name(self) -> str:
        """The user; one a bucket, since the server is shared."""
        return f"{self.access}-{self.store.bucket}"

    def options(self, **changed: Any) -> dict[str, Any]:
        """The options of the module."""
        root = self.store.server.root
        return {
            "name": self.name,
            "access": self.access,
            "storage": self.store.url,
            "endpoint_url": self.store.server.endpoint_url,
            "region": self.store.server.region,
            "access_key": root.access_key_id,
            "secret_key": root.secret_access_key,
            "secret_store": {"type": self.kind, "name": self.secret},
            **changed,
        }

    def run(self, **changed: Any) -> dict[str, Any]:
        """Run the module once."""
        return in_process(self, **changed)

    def stored_text(self) -> str | None:
        """What the secret store holds."""
        server = self.store.server
        try:
            if self.kind == "file":
                return Path(self.secret).read_text()
            if self.kind == "ssm":
                answer = administrator(server, "ssm").get_parameter(Name=self.secret, WithDecryption=True)
                return str(answer["Parameter"]["Value"])
            return str(administrator(server, "secretsmanager").get_secret_value(SecretId=self.secret)["SecretString"])
        except (FileNotFoundError, ClientError):
            return None

    def stored(self) -> Credentials:
        """The stored key."""
        content = json.loads(self.stored_text() or "{}")
        return Credentials(content["access_key_id"], content["secret_access_key"])

    def keys(self) -> dict[str, str]:
        """The user's keys in IAM, and their status."""
        try:
            answer = administrator(self.store.server, "iam").list_access_keys(UserName=self.name)
        except ClientError:
            return {}
        return {key["AccessKeyId"]: key["Status"] for key in answer["AccessKeyMetadata"]}

    def works(self, credentials: Credentials) -> bool:
        """Whether the gateway's work can be done with a key."""
        client = self.store.server.client(credentials=credentials)
        try:
            if self.access == "write":
                client.put_object(Bucket=self.store.bucket, Key=SNAPSHOT, Body=b"{}")
            client.get_object(Bucket=self.store.bucket, Key=SNAPSHOT)
        except ClientError:
            return False
        return True


@pytest.fixture
def job(store: Store, tmp_path: Path) -> Job:
    """A writer whose secret goes to a file, on either server."""
    return Job(store, "file", str(tmp_path / "secrets" / "write"))


@pytest.fixture(params=["secretsmanager", "ssm", "file"])
def moto_job(request: pytest.FixtureRequest, moto_store: Store, tmp_path: Path) -> Job:
    """A writer on moto, its secret in each kind of store."""
    names = {"secretsmanager": "kong/write", "ssm": "/kong/write", "file": str(tmp_path / "write")}
    suffix = "" if request.param == "file" else f"-{moto_store.bucket}"
    return Job(moto_store, request.param, names[request.param] + suffix)


def test_a_key_is_made_once_and_its_secret_is_stored_only(moto_job: Job) -> None:
    made = run_module("storage_credentials", moto_job.options())
    assert made["changed"], made
    assert made["secret_ref"] == f"{moto_job.kind}:{moto_job.secret}"
    key = moto_job.stored()
    assert made["access_key_id"] == key.access_key_id
    assert moto_job.keys() == {key.access_key_id: "Active"}
    assert moto_job.works(key)
    assert key.secret_access_key not in made["printed"]
    again = run_module("storage_credentials", moto_job.options())
    assert not again["changed"]
    assert moto_job.stored() == key
    assert key.secret_access_key not in again["printed"]


def together(moto_store: Store, tmp_path: Path, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
    """Ask for a writer and a reader in one task."""
    jobs = [Job(moto_store, "file", str(tmp_path / access), access) for access in ("write", "read")]
    identities = [{name: job.options()[name] for name in ("name", "access", "secret_store")} for job in jobs]
    alone = dict.fromkeys(("name", "access", "secret_store"))
    return in_process(jobs[0], check_mode, **{**alone, "identities": identities, **changed})


def test_one_task_serves_several_identities(moto_store: Store, tmp_path: Path) -> None:
    writer, reader = (Job(moto_store, "file", str(tmp_path / access), access) for access in ("write", "read"))
    predicted = together(moto_store, tmp_path, check_mode=True)
    assert (writer.keys(), reader.keys()) == ({}, {})
    done = together(moto_store, tmp_path)
    assert done["changed"]
    assert done["diff"] == predicted["diff"]
    assert list(done["identities"]) == [writer.name, reader.name]
    for job in (writer, reader):
        assert done["identities"][job.name]["access_key_id"] == job.stored().access_key_id
        assert job.works(job.stored())
        assert not job.run()["changed"], "an identity is the same, however it is asked for"
    again = together(moto_store, tmp_path)
    assert not again["changed"]
    assert not again["identities"][reader.name]["changed"]
    assert together(moto_store, tmp_path, state="absent")["changed"]
    assert (writer.keys(), reader.keys(), list(tmp_path.iterdir())) == ({}, {}, [])


def test_of_several_identities_none_is_changed_if_one_is_refused(moto_store: Store, tmp_path: Path) -> None:
    writer, reader = (Job(moto_store, "file", str(tmp_path / access), access) for access in ("write", "read"))
    assert not reader.run()["failed"]
    administrator(moto_store.server, "iam").update_access_key(
        UserName=reader.name, AccessKeyId=reader.stored().access_key_id, Status="Inactive"
    )
    refused = together(moto_store, tmp_path)
    assert f"of the user {reader.name} is inactive: activate it, or begin a rotation." in refused["msg"]
    assert writer.keys() == {}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"identities": [{"name": "writer"}]}, "The identity writer has no access: set access to write or read."),
        (
            {"identities": [{"name": "both", "access": "write"}, {"name": "both", "access": "read"}]},
            "identities has the same name twice: give each identity a name of its own.",
        ),
        (
            {"identities": [{"name": "writer", "access": "write"}]},
            "The key of the user writer needs a place for its secret: give secret_store, or set identity to role.",
        ),
    ],
)
def test_identities_that_make_no_sense_are_refused(
    moto_store: Store, tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    assert together(moto_store, tmp_path, **changed)["msg"] == sentence


def test_an_identity_is_given_by_its_name_or_in_a_list(moto_store: Store) -> None:
    job = Job(moto_store, "file", "/nowhere")
    both = run_module("storage_credentials", job.options(identities=[{"name": "reader", "access": "read"}]))
    assert "mutually exclusive: name|identities" in both["msg"]
    options = {name: value for name, value in job.options().items() if name not in ("name", "access", "secret_store")}
    neither = run_module("storage_credentials", options)
    assert neither["msg"] == "one of the following is required: name, identities"


def test_the_stored_secret_tells_a_node_all_it_needs(job: Job) -> None:
    job.run()
    content = json.loads(job.stored_text() or "")
    assert set(content) == {"access_key_id", "secret_access_key", "region", "endpoint_url", "created", "arn"}
    assert content["endpoint_url"] == job.store.server.endpoint_url
    assert content["created"].endswith("+00:00")


def test_a_secret_file_is_its_owners_alone(job: Job) -> None:
    job.run()
    assert stat.S_IMODE(Path(job.secret).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(job.secret).parent.stat().st_mode) == 0o700
    assert [path.name for path in Path(job.secret).parent.iterdir()] == ["write"]
    Path(job.secret).chmod(0o644)
    refused = job.run()
    assert refused["failed"]
    assert refused["msg"] == f"Others can read {job.secret}: set its mode to 0600, and rotate its key."


def test_a_rotation_has_phases_that_can_be_repeated(job: Job) -> None:
    job.run()
    old = job.stored()
    begun = job.run(rotation="begin")
    new = job.stored()
    assert begun["changed"]
    assert (begun["access_key_id"], begun["previous_access_key_id"]) == (new.access_key_id, old.access_key_id)
    assert job.works(old)
    assert job.works(new)
    assert not job.run(rotation="begin")["changed"]
    assert not job.run()["changed"]

    too_early = job.run(rotation="finish")
    assert too_early["failed"]
    assert f"The previous key {old.access_key_id} of the user {job.name} is active" in too_early["msg"]
    assert job.works(old)

    assert job.run(rotation="deactivate")["changed"]
    assert not job.run(rotation="deactivate")["changed"]
    assert job.store.server.name == "moto" or not job.works(old), "moto lets inactive keys in"
    status = job.run(rotation="status")
    assert (status["previous_access_key_id"], status["previous_active"]) == (old.access_key_id, False)

    assert job.run(rotation="finish")["changed"]
    assert not job.run(rotation="finish")["changed"]
    assert job.keys() == {new.access_key_id: "Active"}
    assert job.works(new)


def test_a_young_key_is_not_rotated(job: Job) -> None:
    job.run()
    assert not job.run(rotation="begin", max_age_days=1)["changed"]
    content = json.loads(job.stored_text() or "")
    Path(job.secret).write_text(json.dumps({**content, "created": "2020-01-01T00:00:00+00:00"}))
    assert job.run(rotation="begin", max_age_days=1)["changed"]


def test_absent_leaves_nothing(moto_job: Job) -> None:
    moto_job.run()
    moto_job.run(rotation="begin")
    assert moto_job.run(state="absent")["changed"]
    assert moto_job.keys() == {}
    assert moto_job.stored_text() is None
    assert not moto_job.run(state="absent")["changed"]


def test_a_policy_that_was_widened_is_narrowed_again(job: Job) -> None:
    job.run()
    job.store.server.client("iam").put_user_policy(
        UserName=job.name,
        PolicyName="kong-fallback",
        PolicyDocument=json.dumps(allow(["s3:*"], ["*"])),
    )
    narrowed = job.run()
    assert narrowed["changed"]
    assert job.keys() == {job.stored().access_key_id: "Active"}
    assert not job.run()["changed"]


def test_tags_and_path_are_brought_about(moto_store: Store, tmp_path: Path) -> None:
    job = Job(moto_store, "file", str(tmp_path / "read"), "read")
    iam = administrator(moto_store.server, "iam")
    wish = {"tags": {"team": "gateway"}, "path": "/kong/"}
    assert ":user/kong/" in job.run(**wish)["arn"]
    assert not job.run(**wish)["changed"]
    assert iam.get_user(UserName=job.name)["User"]["Tags"] == [{"Key": "team", "Value": "gateway"}]
    assert job.run(**{**wish, "tags": {"site": "edge"}, "purge_tags": False})["changed"]
    assert len(iam.get_user(UserName=job.name)["User"]["Tags"]) == 2
    assert job.run(**{**wish, "tags": {"site": "edge"}})["changed"]
    assert iam.get_user(UserName=job.name)["User"]["Tags"] == [{"Key": "site", "Value": "edge"}]
    assert not job.run()["changed"], "tags that are not asked about stay"


def test_a_boundary_is_set_and_corrected(moto_store: Store) -> None:
    job = Job(moto_store, "file", "", "read")
    iam = administrator(moto_store.server, "iam")
    one, other = (
        iam.create_policy(
            PolicyName=f"boundary-{number}-{moto_store.bucket}", PolicyDocument=json.dumps(allow(["s3:*"], ["*"]))
        )["Policy"]["Arn"]
        for number in (1, 2)
    )
    role = {"identity": "role", "secret_store": None}
    for boundary in (one, other):
        assert job.run(**role, permissions_boundary=boundary)["changed"]
        assert not job.run(**role, permissions_boundary=boundary)["changed"]
        found = iam.get_role(RoleName=job.name)["Role"]["PermissionsBoundary"]
        assert found["PermissionsBoundaryArn"] == boundary
    assert not job.run(**role)["changed"], "a boundary that is not asked about stays"


def test_a_role_has_trust_and_no_key(moto_store: Store, tmp_path: Path) -> None:
    job = Job(moto_store, "file", str(tmp_path / "read"), "read")
    role = {"identity": "role", "secret_store": None, "instance_profile": True}
    made = job.run(**role)
    assert made["changed"]
    assert "access_key_id" not in made
    iam = moto_store.server.client("iam")
    trust = iam.get_role(RoleName=job.name)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    profile = iam.get_instance_profile(InstanceProfileName=job.name)["InstanceProfile"]
    assert [entry["RoleName"] for entry in profile["Roles"]] == [job.name]
    assert not job.run(**role)["changed"]
    ecs = {**trust, "Statement": [{**trust["Statement"][0], "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
    assert job.run(**role, trust_policy=ecs)["changed"]
    assert not job.run(**role)["changed"], "a trust that is not asked about stays"
    assert "leave secret_store and rotation out" in job.run(identity="role")["msg"]
    assert job.run(**role, state="absent")["changed"]
    assert not job.run(**role, state="absent")["changed"]


@pytest.mark.parametrize(
    "before", [[], [{}], [{}, {"rotation": "begin"}], [{}, {"rotation": "begin"}, {"rotation": "deactivate"}]]
)
@pytest.mark.parametrize(
    "change", [{}, {"rotation": "begin"}, {"rotation": "deactivate"}, {"rotation": "finish"}, {"state": "absent"}]
)
def test_check_mode_predicts_what_the_run_does(
    moto_store: Store, tmp_path: Path, before: list[dict[str, Any]], change: dict[str, Any]
) -> None:
    job = Job(moto_store, "file", str(tmp_path / "write"))
    for options in before:
        in_process(job, **options)
    keys, text = job.keys(), job.stored_text()
    predicted = in_process(job, check_mode=True, **change)
    assert (job.keys(), job.stored_text()) == (keys, text)
    done = in_process(job, **change)
    for name in ("changed", "diff", "failed"):
        assert predicted[name] == done[name]


def test_neither_diff_nor_verbose_output_shows_a_secret(moto_store: Store, tmp_path: Path) -> None:
    job = Job(moto_store, "secretsmanager", f"kong/write-{moto_store.bucket}")
    secrets = []
    for rotation in ("none", "begin", "none"):
        run = run_playbook(
            """
            - hosts: localhost
              gather_facts: false
              tasks:
                - name: Credentials
                  kongops.fallback.storage_credentials: "{{ options }}"
            """,
            tmp_path,
            "-vvvv",
            "--diff",
            variables={"options": job.options(rotation=rotation)},
        )
        assert run.code == 0, run.output
        secrets.append(job.stored().secret_access_key)
        assert not any(secret in run.output for secret in secrets)
        assert not any(secret in path.read_text() for path in tmp_path.rglob("*.jsonl") for secret in secrets)
    assert secrets[0] != secrets[1] == secrets[2]


@cache
def administrator(server: S3Server, service: str) -> Any:
    """A client of root; boto3 is slow to create one."""
    return server.client(service)


def in_process(job: Job, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
    """Run the module without a process of its own, which takes seconds to start."""
    server = job.store.server

    def client(service: str, credentials: Credentials | None) -> Any:
        return server.client(service, credentials) if credentials else administrator(server, service)

    return run_in_process(storage_credentials, job.options(**changed), client, check_mode)
