# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated controller answers as AWX 24.6.1 did to the same requests: what AWX refuses, and what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.awx.api import AAP, AWX, Api, Product
from tests.awx.controller import Controller

Fields = dict[str, Any]
QUESTIONS = [
    {"variable": "name", "type": "text", "required": True, "default": "kong", "min": None, "max": 8},
    {"variable": "count", "type": "integer", "required": False, "default": "", "min": 1, "max": 9},
    {"variable": "mode", "type": "multiplechoice", "required": False, "default": "", "choices": ["fast", "slow"]},
]
SURVEY: Fields = {
    "name": "survey",
    "description": "",
    "spec": [{"question_name": "?", "question_description": "", **question} for question in QUESTIONS],
}
RULE = "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1"
FIELD = {"id": "key", "label": "Key", "type": "string"}
URL = {"id": "url", "label": "Address", "type": "string", "format": "url"}


class World:
    """A controller with one object of each kind, whose ids have names."""

    def __init__(self, product: Product = AWX) -> None:
        self.awx = Controller(["playbooks/a.yml", "playbooks/b.yml"])
        self.awx.tokens.add("token")
        self.api = Api(self.awx, product)
        self.ids: dict[str, int] = {"org": self.awx.find("organizations", "Default")["id"]}
        self.add("project", "projects", name="p", organization="org", scm_type="git", scm_url="https://git.example/p")
        self.add("inventory", "inventories", name="i", organization="org")
        self.add("type", "credential_types", name="t", kind="cloud", inputs={"fields": [FIELD, URL]})
        self.add("free", "credential_types", name="free", kind="cloud", inputs={"fields": [FIELD]})
        self.add("credential", "credentials", name="c", organization="org", credential_type="type")
        for name, playbook in (("a", "a"), ("b", "b")):
            template = {"project": "project", "inventory": "inventory", "playbook": f"playbooks/{playbook}.yml"}
            self.add(name, "job_templates", name=name, survey_enabled=True, ask_limit_on_launch=True, **template)
        self.awx.keep_survey(self.ids["a"], SURVEY)
        self.add("workflow", "workflow_job_templates", name="w", organization="org")
        for name in ("one", "two", "three"):
            place = {"workflow_job_template": "workflow", "unified_job_template": "b"}
            self.add(name, "workflow_job_template_nodes", identifier=name, **place)
        self.link("one", "success_nodes", "two")

    def add(self, known_as: str, endpoint: str, /, **fields: Any) -> None:
        """Create an object; texts that are names of ids stand for them."""
        self.ids[known_as] = self.awx.create(endpoint, self.filled(fields))["id"]

    def link(self, parent: str, kind: str, child: str) -> None:
        """Link two nodes."""
        self.awx.associate("workflow_job_template_nodes", self.ids[parent], kind, {"id": self.ids[child]})

    def filled(self, fields: Fields) -> Fields:
        """The fields with ids in the place of their names, where AWX has ids."""
        plain = ("name", "identifier")
        known = {name: value for name, value in fields.items() if isinstance(value, str) and name not in plain}
        return {**fields, **{name: self.ids.get(value, value) for name, value in known.items()}}

    def ask(self, request: str, /, **fields: Any) -> tuple[int, Any]:
        """The answer to a request such as ``POST job_templates``; names in braces are ids."""
        method, address = request.split(" ", 1)
        path, _mark, query = address.format(**self.ids).partition("?")
        where = f"{self.api.product.api}{path}/" + (f"?{query}" if query else "")
        return self.api.answer(method, where, self.filled(fields), "Bearer token")


@pytest.fixture
def world() -> World:
    """Each request meets the same objects."""
    return World()


TEMPLATE = {"name": "new", "project": "project", "inventory": "inventory", "playbook": "playbooks/a.yml"}
SCHEDULE = {"name": "s", "unified_job_template": "b", "rrule": RULE}
SCHEDULE_A = {**SCHEDULE, "unified_job_template": "a"}
NODE = {"identifier": "n", "workflow_job_template": "workflow", "unified_job_template": "a"}
TYPE = {"name": "new", "kind": "cloud"}
CREDENTIAL = {"name": "new", "organization": "org", "credential_type": "type"}
LAUNCH = "POST job_templates/{a}/launch"


def env(name: str, value: Any = "{{ key }}") -> Fields:
    """A credential type that sets an environment variable."""
    return {**TYPE, "inputs": {"fields": [FIELD]}, "injectors": {"env": {name: value}}}


def every(rule: str, start: str = "DTSTART:20260101T030000Z") -> Fields:
    """A schedule with this rule."""
    return {**SCHEDULE, "rrule": f"{start} RRULE:{rule}"}


REFUSED: list[tuple[str, Fields, str]] = [
    ("POST job_templates", {**TEMPLATE, "name": "a"}, "already exists"),
    ("PATCH job_templates/{b}", {"name": "a"}, "already exists"),
    ("POST job_templates", {**TEMPLATE, "playbook": "playbooks/c.yml"}, "not found for project"),
    ("POST job_templates", {**TEMPLATE, "forks": "many"}, "int is required"),
    ("POST job_templates", {**TEMPLATE, "forks": -1}, "greater than or equal"),
    ("POST job_templates", {**TEMPLATE, "become_enabled": "perhaps"}, "bool is required"),
    ("POST job_templates", {**TEMPLATE, "become_enabled": None}, "may not be null"),
    ("POST job_templates", {**TEMPLATE, "name": " "}, "may not be blank"),
    ("POST job_templates", {**TEMPLATE, "verbosity": 9}, "not a valid choice"),
    ("POST job_templates", {**TEMPLATE, "extra_vars": "[1]"}, "Cannot parse"),
    ("POST credentials", {**CREDENTIAL, "organization": None}, "Missing 'user', 'team', or 'organization'"),
    ("POST credentials", {**CREDENTIAL, "inputs": {"url": "no address"}}, "is not a 'url'"),
    ("POST credentials", {**CREDENTIAL, "inputs": {"other": "x"}}, "not a field"),
    ("POST credential_types", env("ANSIBLE_CONFIG"), "may not be used"),
    ("POST credential_types", env("INVENTORY_SOURCE_ID"), "may not be used"),
    ("POST credential_types", env("SUPERVISOR_CONFIG_PATH"), "may not be used"),
    ("POST credential_types", env("SCHLÜSSEL"), "pattern"),
    ("POST credential_types", env("KEY", 5), "not of type 'string'"),
    ("POST credential_types", env("KEY", "{{ other }}"), "not fields"),
    ("POST credential_types", {**TYPE, "injectors": {"env": []}}, "not of type 'object'"),
    ("POST credential_types", {**TYPE, "inputs": {"fields": [{**FIELD, "default": 5}]}}, "not of the type"),
    ("POST credential_types", {**TYPE, "inputs": {"fields": [{**FIELD, "id": "clé"}]}}, "not a valid id"),
    ("POST execution_environments", {"name": "e", "image": "not an image"}, "not a valid image"),
    ("POST execution_environments", {"name": "e", "image": "https://example.com/ee"}, "not a valid image"),
    ("POST schedules", every("FREQ=DAILY"), "INTERVAL required"),
    ("POST schedules", every("FREQ=SECONDLY;INTERVAL=1"), "SECONDLY"),
    ("POST schedules", every("FREQ=DAILY;INTERVAL=1;COUNT=1000"), "COUNT > 999"),
    ("POST schedules", every("FREQ=DAILY;INTERVAL=1;COUNT=2;UNTIL=20270101T000000Z"), "both COUNT and UNTIL"),
    ("POST schedules", every("FREQ=WEEKLY;INTERVAL=1;BYDAY=1MO"), "numeric prefix"),
    ("POST schedules", every("FREQ=WEEKLY;INTERVAL=1;BYDAY=XX"), "parsing failed"),
    ("POST schedules", every("FREQ=DAILY;INTERVAL=1 EXDATE:20260101T030000Z"), "EXDATE not allowed"),
    ("POST schedules", every("FREQ=DAILY;INTERVAL=1", "DTSTART:20261301T030000Z"), "parsing failed"),
    ("POST schedules", every("FREQ=DAILY;INTERVAL=1", "DTSTART:20260101T030000"), "naive"),
    ("POST schedules", every("FREQ=DAILY;INTERVAL=1", "DTSTART;TZID=Mars/Base:20260101T030000"), "TZID"),
    ("POST schedules", SCHEDULE_A, "'name' value missing"),
    ("POST schedules", {**SCHEDULE_A, "extra_data": {"name": "x", "other": 1}}, "other are not allowed"),
    ("POST schedules", {**SCHEDULE, "job_type": "check"}, "not configured to prompt"),
    ("POST workflow_job_template_nodes", {**NODE, "extra_data": {"other": 1}}, "other are not allowed"),
    ("POST workflow_job_template_nodes/{one}/failure_nodes", {"id": "two"}, "Relationship not allowed"),
    ("POST workflow_job_template_nodes/{one}/always_nodes", {"id": "one"}, "Cycle"),
    ("POST workflow_job_template_nodes/{two}/success_nodes", {"id": "one"}, "Cycle"),
    (LAUNCH, {"extra_vars": {}}, "'name' value missing"),
    (LAUNCH, {"extra_vars": {"name": "much too long"}}, "too large"),
    (LAUNCH, {"extra_vars": {"name": "x", "count": 10}}, "too large"),
    (LAUNCH, {"extra_vars": {"name": "x", "count": 0}}, "too small"),
    (LAUNCH, {"extra_vars": {"name": "x", "count": None}}, "expected to be"),
    (LAUNCH, {"extra_vars": {"name": "x", "count": ""}}, "expected to be"),
    (LAUNCH, {"extra_vars": {"name": "x", "count": "4"}}, "expected to be"),
    (LAUNCH, {"extra_vars": {"name": "x", "mode": ""}}, "expected to be one of"),
    (LAUNCH, {"extra_vars": {"name": 5}}, "expected to be a string"),
    ("GET job_templates?colour=red", {}, "no field named 'colour'"),
]
TAKEN: list[tuple[str, Fields]] = [
    ("POST job_templates", {**TEMPLATE, "forks": "4", "become_enabled": "true"}),
    ("POST job_templates", {**TEMPLATE, "extra_vars": "a: 1"}),
    ("POST inventories", {"name": "new", "organization": "org", "kind": None}),
    ("PATCH credential_types/{type}", {"description": "in use, but not its inputs"}),
    ("PATCH credential_types/{free}", {"inputs": {"fields": [FIELD, URL]}}),
    ("POST credentials", {**CREDENTIAL, "inputs": {"url": "https://store.example.com"}}),
    ("POST execution_environments", {"name": "e", "image": "registry.example.com:5000/kong/ee:1"}),
    ("POST schedules", SCHEDULE),
    ("POST schedules", {**SCHEDULE_A, "extra_data": {"name": "x"}, "limit": "dp1"}),
    ("POST schedules", every("FREQ=WEEKLY;INTERVAL=1;BYDAY=TU", "DTSTART;TZID=Europe/Vienna:20260101T030000")),
    ("POST workflow_job_template_nodes/{two}/success_nodes", {"id": "three"}),
    ("POST workflow_job_template_nodes/{one}/always_nodes", {"id": "three"}),
    ("POST workflow_job_template_nodes/{one}/always_nodes", {"id": "two", "disassociate": True}),
    (LAUNCH, {"extra_vars": {"name": ""}}),
    (LAUNCH, {"extra_vars": {"name": "x", "other": 1}}),
    ("GET job_templates?name=a&page_size=200", {}),
]


@pytest.mark.parametrize(("request_line", "fields", "reason"), REFUSED)
def test_what_awx_refuses(world: World, request_line: str, fields: Fields, reason: str) -> None:
    status, answer = world.ask(request_line, **fields)
    assert (status, reason in str(answer)) == (400, True), answer


@pytest.mark.parametrize(("request_line", "fields"), TAKEN)
def test_what_awx_takes(world: World, request_line: str, fields: Fields) -> None:
    status, answer = world.ask(request_line, **fields)
    assert status in (200, 201, 204), answer


def test_texts_become_numbers_and_switches(world: World) -> None:
    _status, kept = world.ask("POST job_templates", **TEMPLATE, forks="4", become_enabled="true")
    assert (kept["forks"], kept["become_enabled"]) == (4, True)


def test_the_inputs_of_a_type_in_use_do_not_change(world: World) -> None:
    status, answer = world.ask("PATCH credential_types/{type}", inputs={"fields": [FIELD]})
    assert (status, answer["detail"]) == (
        403,
        "Modifications to inputs are not allowed for credential types that are in use",
    )


def test_only_a_superuser_creates_credential_types(world: World) -> None:
    world.awx.superuser = False
    assert world.ask("GET me")[1]["results"][0]["is_superuser"] is False
    assert world.ask("POST credential_types", **TYPE)[0] == 403


def test_what_is_deleted_is_gone_and_so_are_its_links(world: World) -> None:
    assert world.ask("DELETE workflow_job_template_nodes/{two}")[0] == 204
    assert world.ask("GET workflow_job_template_nodes/{two}")[0] == 404
    assert world.ask("DELETE workflow_job_template_nodes/{two}")[0] == 404
    assert world.ask("GET workflow_job_template_nodes/{one}")[1]["success_nodes"] == []


def test_a_launch_ignores_what_nobody_asks_for_and_drops_defaults_that_are_not_answers(world: World) -> None:
    _status, job = world.ask(LAUNCH, extra_vars={"name": "x", "other": 1})
    assert job["extra_vars"] == '{"name": "x"}'
    assert job["ignored_fields"] == {"extra_vars": {"other": 1}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"variable": "count", "default": "many"}, "expected to be integer"),
        ({"variable": "mode", "default": "fast\nslow"}, "only have one default"),
        ({"variable": "mode", "default": "other"}, "must be answered from the choices"),
        ({"variable": "name", "default": "$encrypted$"}, "reserved keyword"),
        ({"variable": "count", "max": "9"}, "limit expected to be integer"),
    ],
)
def test_surveys_that_awx_refuses(world: World, change: Fields, reason: str) -> None:
    questions = [{**one, **change} if one["variable"] == change["variable"] else one for one in SURVEY["spec"]]
    status, answer = world.ask("POST job_templates/{a}/survey_spec", **{**SURVEY, "spec": questions})
    assert (status, reason in answer["error"]) == (400, True), answer


def test_a_project_says_whether_its_last_update_failed(world: World) -> None:
    world.awx.failing_updates = 1
    status, update = world.ask("POST projects/{project}/update")
    assert (status, update["status"]) == (202, "failed")
    assert world.ask("GET projects/{project}")[1]["status"] == "failed"
    assert world.ask("POST projects/{project}/update")[1]["status"] == "successful"
    assert world.ask("GET projects/{project}")[1]["status"] == "successful"


def test_behind_the_gateway_addresses_and_tokens_are_others() -> None:
    world = World(AAP)
    _status, page = world.ask("GET projects?name=p")
    assert page["results"][0]["url"] == f"/api/controller/v2/projects/{world.ids['project']}/"
    assert world.api.answer("GET", "/api/v2/projects/", {}, "Bearer token")[0] == 404
    status, token = world.api.answer("POST", "/api/gateway/v1/tokens/", {}, "Bearer token")
    assert (status, token["token"] in world.awx.tokens) == (201, True)
