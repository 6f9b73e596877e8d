# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a job template as AWX does: a private data directory with the whole project, and nothing from outside.

The inventory is a script, sliced as AWX slices it (``awx/main/models/inventory.py``): every count-th host of all hosts
by name. Survey answers and AWX's own variables are in ``env/extravars``; what the injectors of credentials make is in
the environment and in a file of its own (``awx/main/models/credential.py``, ``awx/main/tasks/jobs.py``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.ansible.playbook import TRUST_NOBODY
from tests.ansible.warm_python import CALLBACKS, quick_startup
from tests.awx.controller import Controller, Object
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.fleet import Fleet


@dataclass(frozen=True)
class Job:
    """A finished job and the folder with its artifacts."""

    artifacts: Path

    @property
    def code(self) -> int:
        """The exit code of ansible-playbook."""
        return int((self.artifacts / "rc").read_text())

    @property
    def output(self) -> str:
        """What a person sees in AWX."""
        return (self.artifacts / "stdout").read_text()

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """What AWX keeps of the job."""
        return [json.loads(file.read_text()) for file in (self.artifacts / "job_events").glob("*.json")]

    @property
    def outcome(self) -> dict[str, Any]:
        """What ``set_stats`` has left, which AWX hands on to the next node of a workflow."""
        (stats,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        left: dict[str, Any] = stats.get("artifact_data", {})
        return left

    @property
    def changed(self) -> list[str]:
        """The hosts on which something changed."""
        (stats,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return sorted(host for host, count in stats["changed"].items() if count)

    def texts(self) -> dict[str, str]:
        """All that the job has left, file by file.

        ``command`` is not part of it: runner notes there its own environment, which AWX never sees.
        """
        files = [file for file in self.artifacts.rglob("*") if file.is_file() and file.name != "command"]
        return {str(file.relative_to(self.artifacts)): file.read_text(errors="replace") for file in files}


@dataclass(frozen=True)
class Slice:
    """One of several jobs that AWX makes of one, and the workflow job that they share."""

    number: int
    count: int
    workflow: int

    def take(self, hosts: list[str]) -> list[str]:
        """The hosts of this slice."""
        return sorted(hosts)[self.number - 1 :: self.count]


@dataclass
class Launcher:
    """Launches jobs of one controller on one fleet, each in a folder of its own below ``directory``."""

    awx: Controller
    fleet: Fleet
    directory: Path

    def job(self, number: int) -> Job:
        """The job with this number."""
        return Job(self.directory / str(number) / "artifacts" / str(number))

    def launch(
        self, name: str, number: int, answers: Mapping[str, Any], part: Slice | None, before: Job | None
    ) -> None:
        """Run a job template with these answers to its survey; in a workflow also with what the job before it left."""
        template = self.awx.find("job_templates", name)
        folder = self.directory / str(number)
        (folder / "env").mkdir(parents=True)
        shutil.copytree(CHECKOUT, folder / "project", ignore=shutil.ignore_patterns(".git", ".venv", ".cache", "tests"))
        self._write_inventory(folder / "inventory", part)
        told, left = self.awx.variables_of_job(template, answers), before.outcome if before else {}
        injected, meta = self._injected(template), _meta(template, number, part)
        _private(folder / "env" / "envvars", {**injected["env"], **_settings(folder)})
        _private(folder / "env" / "extravars", _sorted({**told, **left, **meta}))
        _private(folder / "credentials.json", injected["extra_vars"])
        arguments = f"-e @{folder}/credentials.json" + " --check" * (template["job_type"] == "check")
        arguments += " --diff" * template["diff_mode"]
        runner = Path(sys.executable).with_name("ansible-runner")
        subprocess.run(
            [runner, "run", folder, "-p", template["playbook"], "-i", str(number), "-q", f"--cmdline={arguments}"],
            env={"HOME": str(folder), "PATH": os.pathsep.join([str(runner.parent), os.environ["PATH"]])},
            capture_output=True,
            check=False,
            timeout=900,
        )

    def _injected(self, template: Object) -> dict[str, dict[str, str]]:
        """What the injectors of the template's credentials make, with nothing where a field is not filled in."""
        made: dict[str, dict[str, str]] = {"env": {}, "extra_vars": {}}
        for credential in self.awx.related("job_templates", template["id"], "credentials"):
            kind = self.awx.get("credential_types", credential["credential_type"])
            fields = {field["id"]: "" for field in kind["inputs"]["fields"]} | credential["hidden"]
            for place, templates in kind["injectors"].items():
                for name, text in templates.items():
                    made[place][name] = ImmutableSandboxedEnvironment().from_string(text).render(fields)
        return made

    def _write_inventory(self, folder: Path, part: Slice | None) -> None:
        """The script that AWX writes: groups and their variables as the controller keeps them, and the hosts."""
        known = json.loads(self.fleet.inventory.read_text())["all"]
        hosts = {host: said for group in known["children"].values() for host, said in group["hosts"].items()}
        chosen = part.take(list(hosts)) if part else sorted(hosts)
        groups = {
            group["name"]: {
                "hosts": [host for host in chosen if host in known["children"][group["name"]]["hosts"]],
                "vars": json.loads(group["variables"]),
            }
            for group in self.awx.search("groups", {})
        }
        everything = {
            "_meta": {"hostvars": {host: hosts[host] for host in chosen}},
            "all": {"vars": self.fleet.variables, "children": list(groups)},
            **groups,
        }
        folder.mkdir()
        script = folder / "hosts"
        script.write_text(f"#!{sys.executable}\nprint({json.dumps(everything)!r})\n")
        script.chmod(0o700)


def _meta(template: Object, number: int, part: Slice | None) -> dict[str, Any]:
    """The variables that AWX adds to every job."""
    own = {"job_id": number, "job_template_name": template["name"], "job_launch_type": "manual"}
    shared = {"workflow_job_id": part.workflow} if part else {}
    return {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in {**own, **shared}.items()}


def _settings(folder: Path) -> dict[str, str]:
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "kept_work",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(folder / "home"),
        **quick_startup(),
        **TRUST_NOBODY,
    }


def _sorted(value: Any) -> Any:
    """A value as AWX writes it to a file: keys are sorted, nested ones too."""
    return json.loads(json.dumps(value, sort_keys=True))


def _private(file: Path, content: Mapping[str, Any]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(content))
