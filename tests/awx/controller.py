# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated AWX controller: it keeps the objects that it is sent, if they keep to the rules, and answers as AWX does.

It imitates what the modules of awx.awx 24.6.1 use: tokens, lookup by name, associations, surveys, project updates, and
the nodes of a workflow with approvals. It runs no jobs, knows one user, and gives every list on one page.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.awx import rules, surveys
from tests.servers.ports import LOOPBACK

Object = dict[str, Any]
API = "/api/v2/"
USER = "admin"
_KINDS = ("ssh", "vault", "cloud", "net", "kubernetes")
_LINKS = ("success_nodes", "failure_nodes", "always_nodes")
_OWN = ("id", "url", "type", "related", "summary_fields", "playbook_files", "scm_revision", "namespace", "hidden")
_UNIQUE = {
    "job_templates": ("name", "organization"),
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
        """The objects that have these values, compared as text; ``or__id`` and ``or__name`` are alternatives."""
        of = rules.TEMPLATES if endpoint == "unified_job_templates" else (endpoint,)
        exact = {name: value for name, value in wanted.items() if not name.startswith("or__")}
        either = {name[4:]: value for name, value in wanted.items() if name.startswith("or__")}
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
        kept.update(self._accepted(endpoint, sent, kept))
        return kept

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

    def associate(self, endpoint: str, number: int, relation: str, sent: Mapping[str, Any]) -> None:
        """Add an object to a relation of another, or take it away; raises Refused."""
        self.get(endpoint, number)
        there = self.associations.setdefault((endpoint, number, relation), [])
        if sent.get("disassociate"):
            there.remove(sent["id"])
            return
        if relation == "credentials":
            self._check_credential(there, self.get("credentials", sent["id"]))
        elif relation in _LINKS:
            self.get("workflow_job_template_nodes", sent["id"])
        else:
            raise Refused(404, {"detail": f"{endpoint} have no {relation}."})
        there.append(sent["id"])

    def related(self, endpoint: str, number: int, relation: str) -> list[Object]:
        """The objects in a relation of another; raises Refused."""
        of = {"credentials": "credentials", **dict.fromkeys(_LINKS, "workflow_job_template_nodes")}
        owners = {"credentials": ("job_templates",), **dict.fromkeys(_LINKS, ("workflow_job_template_nodes",))}
        if endpoint not in owners.get(relation, ()):
            raise Refused(404, {"detail": "Not found."})
        self.get(endpoint, number)
        return [self.objects[of[relation]][other] for other in self.associations.get((endpoint, number, relation), [])]

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
        if endpoint == "projects":
            kept |= {"playbook_files": self.playbooks, "scm_revision": "0" * 40}
            kept["summary_fields"] = {"current_update": {"id": self._next, "status": "successful"}}
        for relation in ("survey_spec", *_LINKS):
            kept["related"][relation] = f"{url}{relation}/"
        if kept.get("unified_job_template"):
            kept["related"]["unified_job_template"] = f"{API}unified_job_templates/{kept['unified_job_template']}/"
        self.objects.setdefault(endpoint, {})[self._next] = kept
        return kept

    def _accepted(self, endpoint: str, sent: Mapping[str, Any], kept: Object) -> Object:
        fields = {name: value for name, value in sent.items() if not rules.FIELDS[endpoint][name].read_only}
        if endpoint == "job_templates" and (project := fields.get("project", kept.get("project"))):
            fields["organization"] = self.get("projects", project)["organization"]
        if endpoint == "credentials" and "inputs" in fields:
            secret = self._secret_inputs(fields.get("credential_type") or kept["credential_type"])
            fields["hidden"] = {**kept.get("hidden", {}), **fields["inputs"]}
            fields["inputs"] = {
                name: surveys.HIDDEN if name in secret else value for name, value in fields["inputs"].items()
            }
        return fields

    def _check(self, endpoint: str, sent: Mapping[str, Any], kept: Object, complete: bool) -> None:
        errors: dict[str, Any] = rules.errors_of(endpoint, sent, complete)
        for name, one in rules.FIELDS[endpoint].items():
            if one.refers_to and isinstance(sent.get(name), int):
                try:
                    self.get(one.refers_to, sent[name])
                except Refused:
                    errors[name] = [f'Invalid pk "{sent[name]}" - object does not exist.']
        if not errors:
            errors = {"__all__": list(self._together(endpoint, {**kept, **sent}))}
        if any(errors.values()):
            raise Refused(400, errors)

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
        elif endpoint == "projects" and wanted.get("scm_type") and not wanted.get("scm_url"):
            yield "SCM URL is required."
        elif endpoint == "groups" and wanted["name"] in ("all", "_meta", "ungrouped"):
            yield "Invalid group name."
        elif endpoint == "job_templates":
            yield from self._job_template_errors(wanted)
        elif endpoint == "schedules":
            yield from rules.rrule_errors(wanted["rrule"])
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
        for name in set(given) - names:
            yield f"inputs: {name} is not a field of this type."
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


def _shown(kept: Object) -> Object:
    return {name: value for name, value in kept.items() if name != "hidden"}


def _page(found: list[Object]) -> Object:
    return {"count": len(found), "next": None, "previous": None, "results": [_shown(one) for one in found]}


class _Handler(BaseHTTPRequestHandler):
    controller: Controller
    lock: threading.Lock

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_PATCH(self) -> None:
        self._answer(self._patch)

    def do_DELETE(self) -> None:
        self._answer(lambda parts, query, body: (204, None))

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _answer(self, act: Any) -> None:
        address = urlsplit(self.path)
        parts = [part for part in address.path.removeprefix(API).split("/") if part]
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(content) if content else {}
        try:
            with self.lock:
                self._authenticate(parts)
                status, answer = act(parts, dict(parse_qsl(address.query)), body)
                if self.command in ("POST", "PATCH") and parts != ["tokens"]:
                    self.controller.written.append(f"{self.command} {address.path}")
        except Refused as refused:
            status, answer = refused.status, refused.body
            self.controller.refusals.append(f"{self.command} {self.path}: {refused}")
        self._send(status, answer)

    def _authenticate(self, parts: list[str]) -> None:
        kind, _blank, proof = self.headers.get("Authorization", "").partition(" ")
        login = base64.b64encode(f"{USER}:{self.controller.password}".encode()).decode()
        if (kind == "Basic" and proof == login) or (kind == "Bearer" and proof in self.controller.tokens):
            return
        raise Refused(401, {"detail": "Authentication credentials were not provided."})

    def _send(self, status: int, answer: Any) -> None:
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(content)

    def _get(self, parts: list[str], query: dict[str, str], body: Object) -> tuple[int, Any]:
        awx = self.controller
        match parts:
            case [endpoint] if endpoint in rules.FIELDS or endpoint == "unified_job_templates":
                return 200, _page(awx.search(endpoint, query))
            case ["project_updates", number]:
                return 200, {"id": int(number), "status": "successful"}
            case [endpoint, number]:
                return 200, _shown(awx.get(endpoint, int(number)))
            case [_, number, "survey_spec"]:
                return 200, awx.surveys.get(int(number), {})
            case [endpoint, number, relation]:
                return 200, _page(awx.related(endpoint, int(number), relation))
        raise Refused(404, {"detail": "Not found."})

    def _post(self, parts: list[str], query: dict[str, str], body: Object) -> tuple[int, Any]:
        awx = self.controller
        match parts:
            case ["tokens"]:
                token = secrets.token_hex(20)
                awx.tokens.add(token)
                return 201, {"id": len(awx.tokens), "token": token}
            case [endpoint] if endpoint in rules.FIELDS:
                return 201, _shown(awx.create(endpoint, body))
            case ["job_templates", number, "survey_spec"]:
                awx.get("job_templates", int(number))
                awx.keep_survey(int(number), body)
                return 200, {}
            case ["workflow_job_template_nodes", number, "create_approval_template"]:
                return 201, _shown(awx.approval(int(number), body))
            case [endpoint, number, relation]:
                awx.associate(endpoint, int(number), relation, body)
                return 204, None
        raise Refused(404, {"detail": "Not found."})

    def _patch(self, parts: list[str], query: dict[str, str], body: Object) -> tuple[int, Any]:
        endpoint, number = parts
        return 200, _shown(self.controller.update(endpoint, int(number), body))


@contextmanager
def controller(project: Path) -> Iterator[Controller]:
    """A running controller whose projects have the playbooks of this folder."""
    state = Controller(sorted(str(file.relative_to(project)) for file in project.glob("playbooks/*.yml")))
    handler = type("Handler", (_Handler,), {"controller": state, "lock": threading.Lock()})
    server = ThreadingHTTPServer((LOOPBACK, 0), handler)
    state.url = f"http://{LOOPBACK}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
