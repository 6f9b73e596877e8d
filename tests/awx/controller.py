# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of an emulated AWX controller: it keeps what it is sent, if that keeps to the rules.

It imitates what the modules of awx.awx 24.6.1 use: lookup by name, associations, surveys, project updates, and the
nodes of a workflow with approvals. It runs no jobs, and knows one user.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.awx import links, recurrences, rules, surveys

Object = dict[str, Any]
API = "/api/v2/"
USER = "admin"
_KINDS = ("ssh", "vault", "cloud", "net", "kubernetes")
_PROMPTED = ("credentials", "labels", "instance_groups")
_RELATIONS = {
    "job_templates": _PROMPTED,
    "schedules": _PROMPTED,
    "workflow_job_template_nodes": (*links.KINDS, *_PROMPTED),
}
_PARAMETERS = ("page", "page_size", "order_by", "search")
_UNIQUE = {
    "execution_environments": ("name",),
    "groups": ("name", "inventory"),
    "schedules": ("name", "unified_job_template"),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
    "credentials": ("name", "organization", "credential_type"),
    "credential_types": ("name",),
    "workflow_approval_templates": ("id",),
}


class Refused(Exception):
    """A request that AWX would refuse; ``status`` and the body of the answer."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {json.dumps(body)}")
        self.status, self.body = status, body


@dataclass
class Controller:
    """The state of the controller; ``refusals`` are the requests that broke a rule."""

    playbooks: list[str]
    url: str = ""
    password: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    tokens: set[str] = field(default_factory=set, repr=False)
    objects: dict[str, dict[int, Object]] = field(default_factory=dict)
    surveys: dict[int, Object] = field(default_factory=dict)
    associations: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    superuser: bool = True
    failing_updates: int = 0
    refusals: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    _next: int = 0

    def __post_init__(self) -> None:
        self.create("organizations", {"name": "Default"})
        for name, kind, inputs, injectors in _BUILT_IN:
            made = self._keep(
                "credential_types", {"name": name, "kind": kind, "inputs": inputs, "injectors": injectors}
            )
            made["managed"] = True

    @property
    def environment(self) -> dict[str, str]:
        """The environment of an operator who configures the controller."""
        return {"CONTROLLER_HOST": self.url, "CONTROLLER_USERNAME": USER, "CONTROLLER_PASSWORD": self.password}

    def find(self, endpoint: str, name: str) -> Object:
        """The one object of this name."""
        (found,) = self.search(endpoint, {"name": name})
        return found

    def search(self, endpoint: str, wanted: Mapping[str, str]) -> list[Object]:
        """The objects that have these values, compared as text; ``or__id`` and ``or__name`` are alternatives.

        Raises Refused for a field that the objects do not have.
        """
        of = rules.TEMPLATES if endpoint == "unified_job_templates" else (endpoint,)
        exact = {
            name: value for name, value in wanted.items() if not name.startswith("or__") and name not in _PARAMETERS
        }
        either = {name[4:]: value for name, value in wanted.items() if name.startswith("or__")}
        for name in (*exact, *either):
            if name != "id" and not any(name in rules.FIELDS[kept] for kept in of):
                raise Refused(400, {"detail": f"{endpoint} has no field named '{name}'"})
        return [
            entry
            for kept in of
            for entry in self.objects.get(kept, {}).values()
            if all(str(entry.get(name)) == value for name, value in exact.items())
            and (not either or any(str(entry.get(name)) == value for name, value in either.items()))
        ]

    def create(self, endpoint: str, sent: Mapping[str, Any]) -> Object:
        """Make an object; raises Refused."""
        self._check(endpoint, sent, {}, complete=True)
        return self._keep(endpoint, sent)

    def update(self, endpoint: str, number: int, sent: Mapping[str, Any]) -> Object:
        """Change an object; raises Refused."""
        kept = self.get(endpoint, number)
        self._check(endpoint, sent, kept, complete=False)
        before = dict(kept)
        kept.update(self._accepted(endpoint, sent, kept))
        if endpoint == "projects" and any(before[name] != kept[name] for name in kept if name.startswith("scm_")):
            self.update_project(kept)
        return kept

    def remove(self, endpoint: str, number: int) -> None:
        """Delete an object and its links; raises Refused."""
        self.get(endpoint, number)
        del self.objects[endpoint][number]
        for place in [place for place in self.associations if place[:2] == (endpoint, number)]:
            del self.associations[place]
        if endpoint == "workflow_job_template_nodes":
            for (_endpoint, _number, relation), others in self.associations.items():
                if relation in links.KINDS and number in others:
                    others.remove(number)

    def update_project(self, project: Object) -> Object:
        """Fetch the playbooks of a project: ``failing_updates`` says how many such updates fail from now on."""
        status = "failed" if self.failing_updates else "successful"
        self.failing_updates -= bool(self.failing_updates)
        self._next += 1
        url = f"{API}project_updates/{self._next}/"
        update = {"id": self._next, "url": url, "status": status, "failed": status == "failed", "finished": "now"}
        update |= {"scm_revision": secrets.token_hex(20), "event_processing_finished": True, "elapsed": 1.0}
        self.objects.setdefault("project_updates", {})[self._next] = update
        project["status"] = status
        project["summary_fields"] = {"current_update": {"id": self._next, "status": status}}
        if status == "successful":
            project |= {"playbook_files": self.playbooks, "scm_revision": update["scm_revision"]}
        return update

    def get(self, endpoint: str, number: int) -> Object:
        """An object by its id; raises Refused."""
        for kept in rules.TEMPLATES if endpoint == "unified_job_templates" else (endpoint,):
            if number in self.objects.get(kept, {}):
                return self.objects[kept][number]
        raise Refused(404, {"detail": "Not found."})

    def keep_survey(self, number: int, survey: Object) -> None:
        """Make this the survey of a job template; raises Refused."""
        if error := surveys.survey_error(survey):
            raise Refused(400, {"error": error})
        self.surveys[number] = survey

    def variables_of_job(self, template: Object, answers: Mapping[str, Any]) -> Object:
        """The extra variables of a job of this template; raises Refused."""
        survey = self.surveys.get(template["id"], {}) if template["survey_enabled"] else {}
        if errors := surveys.all_errors(survey, answers):
            raise Refused(400, {"variables_needed_to_start": errors})
        return surveys.variables_of_job(json.loads(template["extra_vars"] or "{}"), survey, answers)

    def launch(self, template: Object, answers: Mapping[str, Any]) -> Object:
        """The beginning of a job of this template; raises Refused."""
        survey = self.surveys.get(template["id"], {}) if template["survey_enabled"] else {}
        ignored = {name: answers[name] for name in surveys.unknown(survey, answers)}
        self._next += 1
        variables = self.variables_of_job(template, answers)
        return {"job": self._next, "extra_vars": json.dumps(variables), "ignored_fields": {"extra_vars": ignored}}

    def associate(self, endpoint: str, number: int, relation: str, sent: Mapping[str, Any]) -> None:
        """Add an object to a relation of another, or take it away; raises Refused."""
        there = self._relation(endpoint, number, relation)
        if sent.get("disassociate"):
            if sent["id"] in there:
                there.remove(sent["id"])
            return
        if relation == "credentials":
            self._check_credential(there, self.get("credentials", sent["id"]))
        elif relation in links.KINDS:
            self.get("workflow_job_template_nodes", sent["id"])
            if error := links.link_error(self.links, number, relation, sent["id"]):
                raise Refused(400, {"Error": error})
        if sent["id"] not in there:
            there.append(sent["id"])

    @property
    def links(self) -> dict[tuple[int, str], list[int]]:
        """The links of all workflows."""
        found = self.associations.items()
        return {(number, relation): others for (_of, number, relation), others in found if relation in links.KINDS}

    def related(self, endpoint: str, number: int, relation: str) -> list[Object]:
        """The objects in a relation of another; raises Refused."""
        of = "workflow_job_template_nodes" if relation in links.KINDS else relation
        return [self.get(of, other) for other in self._relation(endpoint, number, relation)]

    def _relation(self, endpoint: str, number: int, relation: str) -> list[int]:
        self.get(endpoint, number)
        if relation not in _RELATIONS.get(endpoint, ()):
            raise Refused(404, {"detail": "Not found."})
        return self.associations.setdefault((endpoint, number, relation), [])

    def shown(self, endpoint: str, kept: Object) -> Object:
        """An object as the API shows it."""
        seen = {name: value for name, value in kept.items() if name != "hidden"}
        if endpoint == "workflow_job_template_nodes":
            seen |= {kind: self.associations.get((endpoint, kept["id"], kind), []) for kind in links.KINDS}
            seen["summary_fields"] = {"unified_job_template": self._told(kept["unified_job_template"])}
        return seen

    def _told(self, template: int | None) -> Object:
        """What a node tells of its template."""
        kinds = {"job_templates": "job", "workflow_approval_templates": "workflow_approval"}
        for kind in rules.TEMPLATES:
            if template in self.objects.get(kind, {}):
                name = self.objects[kind][template]["name"] if template else ""
                return {"id": template, "name": name, "unified_job_type": kinds.get(kind, kind)}
        return {}

    def approval(self, number: int, sent: Mapping[str, Any]) -> Object:
        """Make the approval of a workflow node; raises Refused."""
        node = self.get("workflow_job_template_nodes", number)
        made = self.create("workflow_approval_templates", sent)
        node["unified_job_template"] = made["id"]
        node["related"]["unified_job_template"] = made["url"]
        return made

    def _keep(self, endpoint: str, sent: Mapping[str, Any]) -> Object:
        self._next += 1
        url = f"{API}{endpoint}/{self._next}/"
        kept: Object = {name: one.default for name, one in rules.FIELDS[endpoint].items()}
        kept |= {"id": self._next, "url": url, "type": _type(endpoint), "summary_fields": {}, "related": {}}
        kept |= self._accepted(endpoint, sent, kept)
        self.objects.setdefault(endpoint, {})[self._next] = kept
        for relation in ("survey_spec", "update", *links.KINDS):
            kept["related"][relation] = f"{url}{relation}/"
        if endpoint == "projects":
            kept |= {"playbook_files": [], "scm_revision": "", "status": ""}
            self.update_project(kept)
        if kept.get("unified_job_template"):
            kept["related"]["unified_job_template"] = f"{API}unified_job_templates/{kept['unified_job_template']}/"
        return kept

    def _accepted(self, endpoint: str, sent: Mapping[str, Any], kept: Object) -> Object:
        fields = rules.coerced(endpoint, sent)
        if endpoint == "job_templates" and (project := fields.get("project", kept.get("project"))):
            fields["organization"] = self.get("projects", project)["organization"]
        if endpoint == "credentials" and "inputs" in fields:
            secret = self._secret_inputs(fields.get("credential_type") or kept["credential_type"])
            fields["hidden"] = {**kept.get("hidden", {}), **fields["inputs"]}
            hidden = surveys.HIDDEN
            fields["inputs"] = {name: hidden if name in secret else value for name, value in fields["inputs"].items()}
        return fields

    def _check(self, endpoint: str, sent: Mapping[str, Any], kept: Object, complete: bool) -> None:
        if endpoint == "credential_types":
            self._check_rights(sent, kept)
        errors: dict[str, Any] = rules.errors_of(endpoint, sent, complete)
        for name, one in rules.FIELDS[endpoint].items():
            number = one.coerced(sent.get(name))
            if one.refers_to and isinstance(number, int):
                try:
                    self.get(one.refers_to, number)
                except Refused:
                    errors[name] = [f'Invalid pk "{number}" - object does not exist.']
        if not errors:
            errors = {"__all__": list(self._together(endpoint, {**kept, **self._accepted(endpoint, sent, kept)}))}
        if any(errors.values()):
            raise Refused(400, errors)

    def _check_rights(self, sent: Mapping[str, Any], kept: Object) -> None:
        """What AWX forbids of credential types."""
        if not self.superuser:
            raise Refused(403, {"detail": "You do not have permission to perform this action."})
        if kept.get("managed"):
            raise Refused(403, {"detail": "Modifications not allowed for managed credential types"})
        users = [
            one for one in self.objects.get("credentials", {}).values() if one["credential_type"] == kept.get("id")
        ]
        if users and sent.get("inputs", kept["inputs"]) != kept["inputs"]:
            raise Refused(
                403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"}
            )

    def _together(self, endpoint: str, wanted: Object) -> Iterator[str]:
        """What AWX says against the fields of an object as a whole."""
        unique = _UNIQUE.get(endpoint, ("name", "organization"))
        for other in self.objects.get(endpoint, {}).values():
            if other["id"] != wanted.get("id") and all(other.get(name) == wanted.get(name) for name in unique):
                yield f"{endpoint} with this {' and '.join(unique)} already exists."
        for name in ("variables", "extra_vars"):
            if not rules.is_mapping(wanted.get(name) or ""):
                yield f"{name}: Cannot parse as JSON."
        if endpoint == "credential_types":
            yield from rules.credential_type_errors(wanted.get("inputs", {}), wanted.get("injectors", {}))
        elif endpoint == "credentials":
            yield from self._credential_errors(wanted)
        elif endpoint == "execution_environments":
            yield from rules.image_errors(wanted["image"])
        elif endpoint == "projects" and wanted.get("scm_type") and not wanted.get("scm_url"):
            yield "SCM URL is required."
        elif endpoint == "groups" and wanted["name"] in ("all", "_meta", "ungrouped"):
            yield "Invalid group name."
        elif endpoint == "job_templates":
            yield from self._job_template_errors(wanted)
        elif endpoint == "schedules":
            yield from recurrences.errors(wanted["rrule"])
            yield from self._prompt_errors(wanted)
        elif endpoint == "workflow_job_template_nodes" and wanted.get("unified_job_template"):
            yield from self._prompt_errors(wanted)

    def _job_template_errors(self, wanted: Object) -> Iterator[str]:
        if not wanted.get("project"):
            yield "Job Templates must have a project assigned."
        elif wanted.get("playbook") not in self.get("projects", wanted["project"])["playbook_files"]:
            yield f"Playbook {wanted.get('playbook')} not found for project."
        if not wanted.get("inventory") and not wanted.get("ask_inventory_on_launch"):
            yield "Inventory: Job Template must provide inventory or allow prompting for it."

    def _prompt_errors(self, wanted: Object) -> Iterator[str]:
        """A prompt is for templates that ask for it, a variable for those whose survey has it."""
        template = self.get("unified_job_templates", wanted["unified_job_template"])
        for name in ("limit", "job_type", "diff_mode", "verbosity", "inventory", "job_slice_count", "forks", "timeout"):
            if wanted.get(name) not in (None, "") and not template.get(f"ask_{name}_on_launch"):
                yield f"{name}: Field is not configured to prompt on launch."
        survey = self.surveys.get(template["id"], {}) if template.get("survey_enabled") else {}
        answers = wanted.get("extra_data") or {}
        yield from surveys.all_errors(survey, answers)
        if names := surveys.unknown(survey, answers):
            yield f"Variables {', '.join(names)} are not allowed on launch."

    def _credential_errors(self, wanted: Object) -> Iterator[str]:
        inputs = self.get("credential_types", wanted["credential_type"])["inputs"]
        names = {one["id"] for one in inputs.get("fields", [])}
        given = {**wanted.get("hidden", {}), **wanted.get("inputs", {})}
        if not any(wanted.get(owner) for owner in ("organization", "user", "team")):
            yield "Missing 'user', 'team', or 'organization'."
        for name in set(given) - names:
            yield f"inputs: {name} is not a field of this type."
        for one in inputs.get("fields", []):
            if one.get("format") == "url" and (address := given.get(one["id"])) and not _is_url(address):
                yield f"inputs: {address!r} is not a 'url'."
        for name in inputs.get("required", []):
            if not given.get(name):
                yield f"inputs: {name} is required."

    def _secret_inputs(self, credential_type: int) -> set[str]:
        fields = self.get("credential_types", credential_type)["inputs"].get("fields", [])
        return {one["id"] for one in fields if one.get("secret")}

    def _check_credential(self, there: list[int], new: Object) -> None:
        types = [self.objects["credentials"][other]["credential_type"] for other in there]
        if new["credential_type"] in types:
            raise Refused(400, {"error": f"Cannot assign multiple {new['name']} credentials."})
        kind = self.get("credential_types", new["credential_type"])["kind"]
        if kind not in _KINDS:
            raise Refused(400, {"error": f"Cannot assign a Credential of kind `{kind}`."})


_BUILT_IN = [
    (
        "Machine",
        "ssh",
        {"fields": [{"id": "username", "label": "Username"}, {"id": "password", "label": "Password", "secret": True}]},
        {},
    ),
    (
        "Red Hat Ansible Automation Platform",
        "cloud",
        {
            "fields": [
                {"id": "host", "label": "Red Hat Ansible Automation Platform"},
                {"id": "username", "label": "Username"},
                {"id": "password", "label": "Password", "secret": True},
            ],
            "required": ["host"],
        },
        {
            "env": {
                "CONTROLLER_HOST": "{{ host }}",
                "CONTROLLER_USERNAME": "{{ username }}",
                "CONTROLLER_PASSWORD": "{{ password }}",
            }
        },
    ),
]


def _type(endpoint: str) -> str:
    return {"inventories": "inventory"}.get(endpoint, endpoint.removesuffix("s"))


def _is_url(text: str) -> bool:
    address = urlsplit(text)
    return bool(address.scheme and address.netloc)
