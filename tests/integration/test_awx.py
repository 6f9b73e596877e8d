# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX as code, and its jobs: every template runs under ansible-runner from the answers to its survey alone."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible import Run, run_playbook
from tests.archive_keys import new_key
from tests.awx.api import AAP, controller
from tests.awx.controller import Controller
from tests.awx.role import PREFIX, load, objects
from tests.awx.runner import Job, Launcher, Slice
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.fleet.cluster import Cluster, running_cluster
from tests.servers import S3Server

# The controller and its objects are created once, while the first test runs.
pytestmark = pytest.mark.timeout(1800)

NAMES = {kind: f"my {kind}" for kind in ("machine", "operator", "endpoint", "writer", "reader", "controller")}
TOLD = {
    "kong_fallback_awx_credentials": NAMES,
    "kong_fallback_awx_image": "registry.example.com/kong-fallback-ee:1",
}
# Batches take time, and other tests look at them.
AT_ONCE = {"kong_fallback_serial": "100%"}


@dataclass
class World:
    """A controller with everything in it, a cluster, and the jobs that have run."""

    awx: Controller
    cluster: Cluster
    launcher: Launcher
    first: Run
    jobs: dict[str, Job] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def secrets(self) -> dict[str, str]:
        """What must be nowhere, by what it is."""
        keys = {"operator": self.cluster.server.root.secret_access_key, "controller": self.awx.password}
        for name, group in (("writer", self.cluster.fleet.backup_node), ("reader", self.cluster.fleet.data_plane)):
            keys[name] = group["kong_fallback_secret_access_key"]
        return {**keys, **self.made}

    def launch(self, template: str, part: Slice | None = None, before: Job | None = None, **answers: Any) -> Job:
        """Run a template, in a workflow after another job; the next job number is its own."""
        with self.lock:
            number = 100 + len(self.jobs)
            self.jobs[f"{template} {number}"] = job = self.launcher.job(number)
        self.launcher.launch(f"{PREFIX}: {template}", number, answers, part, before)
        return job

    def succeed(self, template: str, before: Job | None = None, **answers: Any) -> Job:
        """Run a template, which has to succeed."""
        job = self.launch(template, before=before, **answers)
        assert job.code == 0, job.output
        return job


def fill_credentials(awx: Controller, cluster: Cluster) -> None:
    """Create the credentials and their types, as an operator and a superuser would by hand."""
    server, keys = cluster.server, cluster.fleet
    inputs: dict[str, tuple[str, dict[str, str]]] = {
        "machine": ("Machine", {"username": "kong"}),
        "controller": (
            "Red Hat Ansible Automation Platform",
            {"host": awx.url, "username": "admin", "password": awx.password},
        ),
        "endpoint": (
            f"{PREFIX} storage endpoint",
            {"region": server.region, "endpoint_url": server.endpoint_url},
        ),
        "operator": (
            f"{PREFIX} operator",
            {"access_key_id": server.root.access_key_id, "secret_access_key": server.root.secret_access_key},
        ),
        "writer": (f"{PREFIX} writer", _key(keys.backup_node)),
        "reader": (f"{PREFIX} reader", _key(keys.data_plane)),
    }
    owner = awx.find("organizations", "Default")["id"]
    for credential_type in objects()["credential_types"]:
        awx.create("credential_types", credential_type)
    for name, (kind, given) in inputs.items():
        number = awx.find("credential_types", kind)["id"]
        credential = {"name": NAMES[name], "organization": owner, "credential_type": number, "inputs": given}
        awx.create("credentials", credential)


def _key(variables: dict[str, Any]) -> dict[str, str]:
    return {name: variables[f"kong_fallback_{name}"] for name in ("access_key_id", "secret_access_key")}


def apply(awx: Controller, directory: Path, **told: Any) -> Run:
    return run_playbook(
        Path("kongops.fallback.awx"), directory, environment=awx.environment, variables={**TOLD, **told}
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("awx")
    with controller(CHECKOUT) as awx, running_cluster(folder / "cluster", moto_iam_server) as cluster:
        fill_credentials(awx, cluster)
        first = apply(awx, folder / "apply")
        fleet = cluster.fleet
        for name in ("dp1", "dp2"):
            cluster.new_data_plane(name)
        # In AWX these come from the credentials, not from the inventory.
        for name in ("kong_fallback_region", "kong_fallback_endpoint_url"):
            fleet.variables.pop(name)
        fleet.variables |= {
            "kong_fallback_export_delay": 1,
            "kong_fallback_admin_url": cluster.control_plane.admin_url,
            "kong_fallback_report_directory": str(folder),
        }
        yield World(awx, cluster, Launcher(awx, fleet, folder / "jobs"), first)


def test_all_objects_come_about_by_the_rules_of_awx(world: World) -> None:
    assert world.first.code == 0, world.first.output[-3000:]
    assert world.awx.refusals == []
    playbooks = {template["playbook"] for template in world.awx.search("job_templates", {})}
    assert playbooks == {str(file.relative_to(CHECKOUT)) for file in CHECKOUT.glob("playbooks/*.yml")}
    (image,) = world.awx.search("execution_environments", {"image": TOLD["kong_fallback_awx_image"]})
    templates = world.awx.search("job_templates", {})
    assert {template["execution_environment"] for template in templates} == {image["id"]}


def test_what_half_a_run_would_leave_behind_is_refused_at_once(world: World, tmp_path: Path) -> None:
    written = list(world.awx.written)
    world.awx.superuser = False
    refused = apply(world.awx, tmp_path, kong_fallback_awx_organization="Platfrom")
    world.awx.superuser = True
    assert refused.code != 0
    assert "no organization 'Platfrom'" in refused.output
    assert "'admin' is not a superuser" in refused.output
    assert world.awx.written == written


def test_the_template_for_the_objects_undoes_what_was_changed_by_hand_and_nothing_else(world: World) -> None:
    awx, names = world.awx, {"organizations", "tokens"}
    changed_by_hand(awx)
    written = len(awx.written)
    again = world.succeed("AWX objects")

    assert again.changed == ["localhost"]
    verify = awx.find("job_templates", f"{PREFIX}: verify")
    assert [verify[name] for name in BY_HAND["job_templates"]] == ["", 0, 0, False, False, False]
    assert awx.find("schedules", f"{PREFIX}: verify daily")["enabled"] is True
    project = awx.find("projects", PREFIX)
    assert (project["allow_override"], project["status"]) == (False, "successful")
    assert awx.find("workflow_job_templates", f"{PREFIX}: from storage to drill")["allow_simultaneous"] is False
    assert "verify -> data-planes (always)" in again.output
    assert f"b5e6: it runs {PREFIX}: data planes, which is not a step of this workflow" in again.output
    assert "drill: it sets limit" in again.output
    touched = {request.split("/")[3] for request in awx.written[written:]} - names
    assert touched == {*BY_HAND, "workflow_job_template_nodes"}
    assert len([request for request in awx.written[written:] if "/job_templates/" in request]) == 1


BY_HAND: dict[str, dict[str, Any]] = {
    "job_templates": {
        "limit": "dp1",
        "forks": 1,
        "verbosity": 3,
        "become_enabled": True,
        "allow_simultaneous": True,
        "ask_variables_on_launch": True,
    },
    "schedules": {"enabled": False},
    "projects": {"allow_override": True},
    "workflow_job_templates": {"allow_simultaneous": True},
}


def changed_by_hand(awx: Controller) -> None:
    """Change one object of each kind, let the project fail, and go around the approval."""
    changed = {
        "job_templates": "verify",
        "schedules": "verify daily",
        "workflow_job_templates": "from storage to drill",
    }
    for endpoint, fields in BY_HAND.items():
        name = f"{PREFIX}: {changed[endpoint]}" if endpoint in changed else PREFIX
        awx.update(endpoint, awx.find(endpoint, name)["id"], fields)
    awx.find("projects", PREFIX)["status"] = "failed"
    nodes = {node["identifier"]: node["id"] for node in awx.search("workflow_job_template_nodes", {})}
    awx.update("workflow_job_template_nodes", nodes["drill"], {"limit": "dp1"})
    stranger = awx.create(
        "workflow_job_template_nodes",
        {
            "identifier": "b5e6",
            "workflow_job_template": awx.find("workflow_job_templates", f"{PREFIX}: from storage to drill")["id"],
            "unified_job_template": awx.find("job_templates", f"{PREFIX}: data planes")["id"],
        },
    )
    for number in (nodes["data-planes"], stranger["id"]):
        awx.associate("workflow_job_template_nodes", nodes["verify"], "always_nodes", {"id": number})


def test_every_survey_variable_is_an_option_of_a_role_with_its_type_and_choices(world: World) -> None:
    options: dict[str, Any] = {}
    for file in CHECKOUT.glob("roles/*/meta/argument_specs.yml"):
        for spec in yaml.safe_load(file.read_text())["argument_specs"].values():
            for name, option in spec["options"].items():
                options.setdefault(name, []).append(option)
    asked = [question for survey in world.awx.surveys.values() for question in survey["spec"]]
    assert len(asked) > 20
    for question in asked:
        name = question["variable"]
        assert question["type"] != "password", name
        assert any(_agrees(question, option) for option in options[name]), question
        assert not any(option.get("no_log") for option in options[name]), name


def _agrees(question: dict[str, Any], option: dict[str, Any]) -> bool:
    if option["type"] == "bool":
        return bool(question["type"] == "multiplechoice" and question["choices"] == ["true", "false"])
    if "choices" in option:
        return bool(question["type"] == "multiplechoice" and question["choices"] == option["choices"])
    return bool(question["type"] == {"int": "integer", "str": "text"}[option["type"]])


def test_the_workflow_waits_for_an_approval_before_the_data_planes(world: World) -> None:
    order, node = [], world.awx.search("workflow_job_template_nodes", {"identifier": "storage"})[0]
    while True:
        order.append(world.awx.get("unified_job_templates", node["unified_job_template"])["name"])
        following = world.awx.related("workflow_job_template_nodes", node["id"], "success_nodes")
        if not following:
            break
        (node,) = following
    steps = ["storage", "backup nodes", "verify", "Let the data planes restart?", "data planes", "outage drill"]
    assert [name.removeprefix(f"{PREFIX}: ") for name in order] == steps
    assert world.awx.find("job_templates", f"{PREFIX}: data planes")["job_slice_count"] == 4


def test_the_jobs_of_a_cluster_from_its_storage_to_its_drill(world: World) -> None:
    stored = world.succeed("storage")
    exported = world.succeed("backup nodes", before=stored)
    verified = world.succeed("verify", before=exported, kong_fallback_canary="true")
    report = f"{world.launcher.directory.parent}/verify-{verified.artifacts.name}.json"
    outcome = verified.outcome
    (cluster,) = outcome.pop("kong_fallback_clusters")
    assert cluster["storage"] == world.cluster.fleet.variables["kong_fallback_storage"]
    assert cluster["would_come_up"] != "no", cluster
    assert outcome == {
        "kong_fallback_verdict": "ok",
        "kong_fallback_versions": ["3.11.0.14"],
        "kong_fallback_report": report,
    }
    assert json.loads(Path(report).read_text())["verdict"] == "ok"
    imported = world.succeed("data planes", before=verified, **AT_ONCE)
    assert world.succeed("data planes (check)", **AT_ONCE).changed == []
    # Nobody answers; the inventory says that the drill may run on a host that serves.
    world.cluster.fleet.variables["kong_fallback_drill_on_proxying_host"] = True
    world.succeed("outage drill", before=imported)
    (audited,) = world.succeed("audit", kong_fallback_audit_fail_on="unknown").outcome["kong_fallback_clusters"]
    assert audited["would_come_up"] == "yes"
    key = world.launcher.directory.parent / "archive.key"
    key.touch(mode=0o600)
    key.write_text(new_key().private)
    world.cluster.fleet.variables["kong_fallback_signing_key"] = {"type": "file", "name": str(key)}
    assert world.succeed("archive").outcome["kong_fallback_verdict"] == "ok"
    del world.cluster.fleet.variables["kong_fallback_signing_key"]
    # The data planes read the fallback storage already.
    assert world.succeed("failover", kong_fallback_import_from="primary", **AT_ONCE).changed == []


def test_the_jobs_of_an_upgrade(world: World) -> None:
    world.succeed("export")
    unsafe = world.launch("upgrade check", kong_fallback_to_version="3.12.0.9")
    assert unsafe.code != 0
    assert "run promote with kong_fallback_from_version=3.11.0.14" in unsafe.outcome["kong_fallback_verdict"]
    versions = {"kong_fallback_from_version": "3.11.0.14", "kong_fallback_to_version": "3.12.0.9"}
    promoted = world.succeed("promote", **versions)
    assert promoted.outcome["kong_fallback_versions"] == ["3.12.0.9"]
    archived = world.cluster.server.client().list_objects_v2(
        Bucket=world.cluster.bucket, Prefix="prod/archive/3.12.0.9/"
    )
    digest = Path(archived["Contents"][0]["Key"]).stem
    world.succeed("diagnose manifests", kong_fallback_manifests=str(CHECKOUT / "docs/examples/manifests"))
    world.succeed("roll back", kong_fallback_gateway_version="3.12.0.9", kong_fallback_from_sha256=digest)


@pytest.mark.fleet
def test_the_jobs_that_are_made_of_others_with_keys_in_a_secret_store(world: World) -> None:
    name = f"{world.cluster.bucket}/keys"
    world.cluster.fleet.variables["kong_fallback_secret_store"] = {"type": "secretsmanager", "name": name}
    world.succeed("site", **AT_ONCE)
    assert world.succeed("nodes", **AT_ONCE).changed == []
    before = _stored(world, name)
    world.succeed("rotate credentials", **AT_ONCE, kong_fallback_key_max_age_days=0, kong_fallback_rotation_grace=0)
    after = _stored(world, name)
    assert after["access_key_id"] != before["access_key_id"]
    world.made |= {key["access_key_id"]: key["secret_access_key"] for key in (before, after)}
    assert _leaks(world) == []


def _stored(world: World, name: str) -> dict[str, Any]:
    answer = world.cluster.server.client("secretsmanager").get_secret_value(SecretId=f"{name}/write")
    stored: dict[str, Any] = json.loads(answer["SecretString"])
    return stored


def test_two_jobs_at_once_on_one_cluster_are_detected(world: World) -> None:
    lock = {"holder": "AWX job 7", "since": "2026-01-01T00:00:00+00:00", "members": {"x": "2999-01-01T00:00:00+00:00"}}
    place = {"Bucket": world.cluster.bucket, "Key": "prod/lock/job.json"}
    world.cluster.server.client().put_object(**place, Body=json.dumps(lock).encode())
    refused = world.launch("storage")
    world.cluster.server.client().delete_object(**place)
    assert refused.code != 0
    assert "AWX job 7 has been working on" in refused.outcome["kong_fallback_verdict"]


@pytest.mark.parametrize(("count", "slices"), [(4, 2), pytest.param(40, 4, marks=pytest.mark.fleet)])
def test_slices_in_parallel_leave_what_one_job_would(world: World, count: int, slices: int) -> None:
    if not any(name.startswith("backup nodes") for name in world.jobs):
        world.succeed("storage")
        world.succeed("backup nodes")
    fleet = world.cluster.fleet
    while len(fleet.hosts) <= count:
        world.cluster.new_data_plane(f"slice{len(fleet.hosts)}")

    with ThreadPoolExecutor() as pool:
        parts = [Slice(number, slices, workflow=9) for number in range(1, slices + 1)]
        jobs = list(pool.map(lambda part: world.launch("data planes", part, **AT_ONCE), parts))

    assert [job.code for job in jobs] == [0] * slices, "".join(job.output for job in jobs)
    pids = [host.pid for host in fleet.hosts]
    assert all(pids)
    whole = world.succeed("data planes", **AT_ONCE)
    assert whole.changed == []
    assert [host.pid for host in fleet.hosts] == pids


def test_no_secret_is_in_any_event_or_artifact(world: World) -> None:
    every = {template["name"] for template in world.awx.search("job_templates", {"job_type": "run"})}
    made_of_others = {f"{PREFIX}: {name}" for name in ("site", "nodes", "rotate credentials")}
    assert every - made_of_others <= {f"{PREFIX}: {name.rpartition(' ')[0]}" for name in world.jobs}
    assert _leaks(world) == []


def controller_collection(folder: Path) -> Path:
    """The collections with ansible.controller, which is awx.awx under another name, as its makers make it."""
    made = folder / "ansible_collections/ansible/controller"
    shutil.copytree(COLLECTIONS / "ansible_collections/awx/awx", made)
    for file in made.rglob("*.py"):
        text = file.read_text()
        file.write_text(text.replace("awx.awx", "ansible.controller").replace('TYPE = "awx"', 'TYPE = "controller"'))
    return folder


@pytest.mark.fleet
def test_the_objects_of_ansible_automation_platform(tmp_path: Path) -> None:
    paths = f"{controller_collection(tmp_path / 'collections')}:{COLLECTIONS}"
    told = {"kong_fallback_awx_collection": "ansible.controller"}
    with controller(CHECKOUT, AAP) as aap:
        aap.tokens.add("gateway-token")
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": paths,
            "CONTROLLER_HOST": aap.url,
            "CONTROLLER_OAUTH_TOKEN": "gateway-token",
        }
        for changed in (True, False):
            written = len(aap.written)
            run = run_playbook(Path("kongops.fallback.awx"), tmp_path / "run", environment=environment, variables=told)
            assert run.code == 0, run.output
            assert (len(aap.written) > written) == changed
        assert aap.refusals == []
        assert {path.split("/")[2] for path in aap.written} == {"controller"}

    file = tmp_path / "aap.yml"
    run_playbook(Path("kongops.fallback.awx"), tmp_path / "run", variables={"kong_fallback_awx_write_to": str(file)})
    names = [template["name"] for template in load(file.read_text())["controller_templates"]]
    assert names == [template["name"] for template in aap.search("job_templates", {})]


def _leaks(world: World) -> list[tuple[str, str]]:
    """Which secret stands where in what the jobs have left."""
    texts = {f"{name}/{file}": text for name, job in world.jobs.items() for file, text in job.texts().items()}
    assert len(texts) > 300
    return [(what, where) for where, text in texts.items() for what, secret in world.secrets.items() if secret in text]
