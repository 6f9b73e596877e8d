# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of AWX, from the tables and the variables of the role awx.

Each object is the options of the module of awx.awx that creates it, which are the keys of infra.aap_configuration too.
An object names every setting that affects what a job does, so that manual changes are undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._job.survey import (
    ArgumentSpecs,
    Choices,
    survey_questions,
)

Object = dict[str, Any]
Table = Mapping[str, Any]
_VARIABLE = "kong_fallback_awx_"
_NOT_CARRIED = ("write_to",)


def awx_objects(tables: Table, told: Table, specs: ArgumentSpecs) -> dict[str, list[Object]]:
    """The objects by kind, in the order in which AWX needs them.

    ``tables`` are those of the role by name, ``told`` are its variables by name, of any type. Raises
    InvalidInput for values that AWX cannot use.
    """
    settings = _settings(told, specs)
    _check(tables, settings)
    return _Objects(tables, settings, specs).all()


def _settings(told: Table, specs: ArgumentSpecs) -> Object:
    """The operator's variables with the types of the options and without the prefix: from the command line all are
    strings."""
    options = specs["awx"]["main"]["options"]
    return {
        name.removeprefix(_VARIABLE): _cast(name, option["type"], told[name])
        for name, option in options.items()
        if name.startswith(_VARIABLE)
    }


def _cast(name: str, kind: str, value: Any) -> Any:
    if kind == "bool":
        return str(value).lower() in ("true", "yes", "on", "1", "y", "t")
    if kind == "int":
        try:
            return int(str(value))
        except ValueError:
            raise InvalidInput(f"{name} is '{value}': give a whole number.") from None
    return value


def _check(tables: Table, settings: Table) -> None:
    if settings["slices"] < 1:
        raise InvalidInput(f"kong_fallback_awx_slices is {settings['slices']}: give 1 or more.")
    if settings["approval_timeout"] < 0:
        raise InvalidInput(
            "kong_fallback_awx_approval_timeout is below 0: give a number of seconds, or 0 for no limit."
        )
    asked = {name for each in tables["job_templates"] for names in each["survey"].values() for name in names}
    if strangers := sorted(settings["survey_defaults"].keys() - asked):
        raise InvalidInput(
            f"kong_fallback_awx_survey_defaults has {', '.join(strangers)}, which no survey asks for: remove it, "
            "or set it in the inventory."
        )


class _Objects:
    """The objects of one organization."""

    def __init__(self, tables: Table, settings: Table, specs: ArgumentSpecs) -> None:
        self.tables, self.settings, self.specs = tables, settings, specs
        self.prefix: str = settings["prefix"]
        self.inventory: str = settings["inventory"] or self.prefix
        self.workflow = self.named("from storage to drill")
        self.owner = {"organization": settings["organization"]}
        self.image = {"name": self.prefix} if settings["image"] else {}

    def all(self) -> dict[str, list[Object]]:
        """The objects by kind."""
        managed = self.settings["manage_inventory"]
        return {
            "credential_types": self.credential_types() if self.settings["manage_credential_types"] else [],
            "execution_environments": self.execution_environments(),
            "projects": [self.project()],
            "inventories": [self.own_inventory()] if managed else [],
            "groups": [{**group, "inventory": self.inventory} for group in self.tables["groups"]] if managed else [],
            "templates": [self.template(each, check) for check in (False, True) for each in self.jobs(check)],
            "schedules": [self.schedule(each) for each in self.tables["schedules"]],
            "workflows": [self.workflow_template()],
            "steps": [self.step(each) for each in self.tables["steps"]],
            "links": [self.link(each) for each in self.tables["steps"]],
        }

    def named(self, name: str) -> str:
        """The whole name of an object."""
        return f"{self.prefix}: {name}"

    def plain(self, kind: str) -> Object:
        """The settings that all objects of a kind share."""
        return dict(self.tables["plain"][kind])

    def jobs(self, check: bool) -> list[Table]:
        """The templates of the table, or those that have one in check mode."""
        return [each for each in self.tables["job_templates"] if each.get("check") or not check]

    def credential_types(self) -> list[Object]:
        """The types of the credentials that the operator creates."""
        return [
            {**each, "name": f"{self.prefix} {each['name']}", "kind": "cloud"}
            for each in self.tables["credential_types"]
        ]

    def execution_environments(self) -> list[Object]:
        """The execution environment, if there is an image for it."""
        return [{**self.image, **self.owner, "image": self.settings["image"]}] if self.image else []

    def project(self) -> Object:
        """The project with the playbooks."""
        environment = {"default_environment": self.prefix} if self.image else {}
        source = {"scm_url": self.settings["scm_url"], "scm_branch": self.settings["scm_branch"]}
        wait = {"wait": self.settings["update_project"]}
        return {"name": self.prefix, **self.owner, **self.plain("project"), **source, **environment, **wait}

    def own_inventory(self) -> Object:
        """The inventory, whose hosts and variables are the operator's."""
        return {"name": self.inventory, **self.owner, **self.plain("inventory")}

    def template(self, each: Table, check: bool) -> Object:
        """A job template; with ``check`` the one in check mode."""
        name = self.named(each["name"]) + (" (check)" if check else "")
        known = self.settings["credentials"]
        return {
            "name": name,
            **self.owner,
            "description": each["description"],
            **self.plain("job_template"),
            "project": self.prefix,
            "playbook": f"playbooks/{each['playbook']}.yml",
            "inventory": self.inventory,
            **({"execution_environment": self.prefix} if self.image else {}),
            "credentials": [known[kind] for kind in each["credentials"] if known.get(kind)],
            "extra_vars": self.carried() if each.get("carries_settings") else {},
            "job_slice_count": self.settings["slices"] if each.get("slices") else 1,
            "job_type": "check" if check else "run",
            "diff_mode": check,
            "survey_enabled": True,
            "survey_spec": self.survey(each),
        }

    def survey(self, each: Table) -> Object:
        """The survey of a template."""
        choices = Choices(self.settings["survey_defaults"], self.tables["limits"])
        questions = survey_questions(each["survey"], self.specs, choices)
        return {"name": each["name"], "description": each["description"], "spec": questions}

    def carried(self) -> Object:
        """The variables of this run, sorted as AWX passes them to a job, so that the template does not undo them."""
        told = {f"{_VARIABLE}{name}": value for name, value in self.settings.items() if name not in _NOT_CARRIED}
        return {name: _ordered(told[name]) for name in sorted(told)}

    def schedule(self, each: Table) -> Object:
        """A schedule, at the time that the operator chose."""
        template = {"unified_job_template": self.named(each["job_template"]), "rrule": self.settings[each["rrule"]]}
        return {"name": self.named(each["name"]), **self.owner, **self.plain("schedule"), **template}

    def workflow_template(self) -> Object:
        """The workflow without its steps."""
        return {"name": self.workflow, **self.owner, **self.plain("workflow"), "inventory": self.inventory}

    def step(self, each: Table) -> Object:
        """A step of the workflow: a job, or an approval."""
        if "approval" in each:
            does: Object = {"approval_node": {"name": each["approval"], "timeout": self.settings["approval_timeout"]}}
        else:
            job = self.named(each["job_template"])
            does = {"unified_job_template": job, "lookup_organization": self.settings["organization"]}
        return {**self.place(each), **does}

    def link(self, each: Table) -> Object:
        """What follows a step."""
        return {**self.place(each), **self.plain("link"), "success_nodes": list(each["next"])}

    def place(self, each: Table) -> Object:
        """Which step of which workflow."""
        return {"identifier": each["name"], "workflow_job_template": self.workflow, **self.owner}


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return value


def aap_variables(objects: Mapping[str, Sequence[Object]]) -> dict[str, list[Object]]:
    """The same objects as the variables of infra.aap_configuration."""
    links = {link["identifier"]: link for link in objects["links"]}
    where = ("workflow_job_template", "organization")
    steps = [{**step, **links[step["identifier"]]} for step in objects["steps"]]
    nodes = [{name: value for name, value in step.items() if name not in where} for step in steps]
    workflows = [{**workflow, "simplified_workflow_nodes": nodes} for workflow in objects["workflows"]]
    kinds = [kind for kind in objects if kind not in ("workflows", "steps", "links")]
    return {f"controller_{kind}": list(objects[kind]) for kind in kinds} | {"controller_workflows": workflows}
