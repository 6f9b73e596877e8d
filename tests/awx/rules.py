# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules by which AWX 24.6.1 takes or refuses an object, as far as this collection sends them.

Where each comes from:

- fields, types, choices, lengths and what is required: ``OPTIONS`` of each endpoint in AWX's API reference, which
  Django REST Framework derives from ``awx/main/models/*.py`` and ``awx/api/serializers.py``;
- inputs and injectors of credential types: ``CredentialTypeInputField`` and ``CredentialTypeInjectorField`` in
  ``awx/main/fields.py``;
- names of images: ``validate_container_image_name`` in ``awx/main/validators.py``.

AWX ignores a field that it does not know; here that is an error, so that a slip of the pen shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
import jinja2.meta
import jinja2.sandbox
import yaml

TEXT = 512


@dataclass(frozen=True)
class Field:
    """What one field of an object may be; ``refers_to`` is the endpoint of the object whose id it holds."""

    kind: type
    default: Any = None
    required: bool = False
    choices: tuple[Any, ...] = ()
    longest: int = 0
    least: int | None = None
    refers_to: str = ""
    nullable: bool = False
    read_only: bool = False

    def coerced(self, value: Any) -> Any:
        """The value as AWX takes it: a number or a switch may be a text, and a text a number."""
        if self.kind is int and isinstance(value, str) and re.fullmatch(r"\s*-?\d+(\.0*)?\s*", value):
            return int(float(value))
        if self.kind is bool and not isinstance(value, (dict, list)) and str(value).lower() in _SWITCHES:
            return _SWITCHES[str(value).lower()]
        if self.kind is str and is_a(value, (int, float)):
            return str(value)
        return value

    def errors(self, sent: Any) -> Iterator[str]:
        """What AWX would say against this value."""
        value = self.coerced(sent)
        if value is None:
            if not (self.nullable or self.refers_to):
                yield "This field may not be null."
        elif self.refers_to and value == "" and not self.required:
            return
        elif not is_a(value, self.kind):
            yield f"A valid {self.kind.__name__} is required, not {value!r}."
        elif self.choices and value not in self.choices:
            yield f'"{value}" is not a valid choice.'
        elif self.longest and len(str(value)) > self.longest:
            yield f"Ensure this field has no more than {self.longest} characters."
        elif self.least is not None and int(str(value)) < self.least:
            yield f"Ensure this value is greater than or equal to {self.least}."
        elif self.required and not str(value).strip():
            yield "This field may not be blank."


_SWITCHES = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def is_a(value: object, kind: type | tuple[type, ...]) -> bool:
    """Whether JSON has a value of this type; Python also takes true for a number."""
    return isinstance(value, kind) and isinstance(value, bool) == (kind is bool)


def text(longest: int = 0, **more: Any) -> Field:
    """A string."""
    return Field(str, "", longest=longest, **more)


def number(default: int = 0, least: int | None = 0) -> Field:
    """A whole number."""
    return Field(int, default, least=least)


def switch(default: bool = False) -> Field:
    """A boolean."""
    return Field(bool, default)


def reference(endpoint: str, **more: Any) -> Field:
    """The id of another object."""
    return Field(int, refers_to=endpoint, **more)


def document() -> Field:
    """A JSON object."""
    return Field(dict, {})


NAMED = {"name": text(TEXT, required=True), "description": text()}
PROMPTS = {
    "extra_data": document(),
    "inventory": reference("inventories"),
    "scm_branch": text(1024),
    "job_type": Field(str, nullable=True, choices=("", "run", "check")),
    "job_tags": text(),
    "skip_tags": text(),
    "limit": text(),
    "diff_mode": Field(bool, nullable=True),
    "verbosity": Field(int, nullable=True, choices=(0, 1, 2, 3, 4, 5)),
    "execution_environment": reference("execution_environments"),
    "forks": Field(int, nullable=True, least=0),
    "job_slice_count": Field(int, nullable=True, least=0),
    "timeout": Field(int, nullable=True),
}
ASKS = {
    f"ask_{what}_on_launch": switch()
    for what in (
        *("scm_branch", "diff_mode", "variables", "limit", "tags", "skip_tags", "job_type", "verbosity", "inventory"),
        *("credential", "execution_environment", "forks", "instance_groups", "job_slice_count", "labels", "timeout"),
    )
}
FIELDS: Mapping[str, Mapping[str, Field]] = {
    "organizations": {**NAMED, "max_hosts": number()},
    "credential_types": {
        **NAMED,
        "kind": Field(str, required=True, choices=("cloud", "net")),
        "managed": Field(bool, False, read_only=True),
        "inputs": document(),
        "injectors": document(),
    },
    "credentials": {
        **NAMED,
        "organization": reference("organizations"),
        "credential_type": reference("credential_types", required=True),
        "user": reference("users"),
        "team": reference("teams"),
        "inputs": document(),
    },
    "execution_environments": {
        **NAMED,
        "organization": reference("organizations"),
        "image": text(1024, required=True),
        "credential": reference("credentials"),
        "pull": Field(str, "", choices=("", "always", "missing", "never")),
    },
    "projects": {
        **NAMED,
        "status": text(read_only=True),
        "organization": reference("organizations"),
        "local_path": text(1024),
        "scm_type": Field(str, "", choices=("", "git", "svn", "insights", "archive")),
        "scm_url": text(1024),
        "scm_branch": text(256),
        "scm_refspec": text(256),
        "scm_clean": switch(),
        "scm_track_submodules": switch(),
        "scm_delete_on_update": switch(),
        "scm_update_on_launch": switch(),
        "scm_update_cache_timeout": number(),
        "allow_override": switch(),
        "timeout": number(least=None),
        "credential": reference("credentials"),
        "default_environment": reference("execution_environments"),
    },
    "inventories": {
        **NAMED,
        "organization": reference("organizations", required=True),
        "kind": Field(str, "", choices=("", "smart", "constructed"), nullable=True),
        "host_filter": Field(str, nullable=True),
        "variables": text(),
        "prevent_instance_group_fallback": switch(),
    },
    "groups": {**NAMED, "inventory": reference("inventories", required=True), "variables": text()},
    "job_templates": {
        **NAMED,
        **ASKS,
        "organization": reference("organizations", read_only=True),
        "job_type": Field(str, "run", choices=("run", "check")),
        "inventory": reference("inventories"),
        "project": reference("projects"),
        "playbook": text(1024),
        "scm_branch": text(1024),
        "forks": number(),
        "limit": text(),
        "verbosity": Field(int, 0, choices=(0, 1, 2, 3, 4, 5)),
        "extra_vars": text(),
        "job_tags": text(1024),
        "skip_tags": text(1024),
        "start_at_task": text(1024),
        "timeout": number(least=None),
        "execution_environment": reference("execution_environments"),
        "survey_enabled": switch(),
        "become_enabled": switch(),
        "diff_mode": switch(),
        "allow_simultaneous": switch(),
        "force_handlers": switch(),
        "use_fact_cache": switch(),
        "host_config_key": text(1024),
        "webhook_service": text(),
        "job_slice_count": number(1),
    },
    "workflow_job_templates": {
        **NAMED,
        **{name: field for name, field in ASKS.items() if re.search("variables|inventory|limit|scm|tags|labels", name)},
        "organization": reference("organizations"),
        "inventory": reference("inventories"),
        "limit": text(),
        "scm_branch": text(1024),
        "extra_vars": text(),
        "job_tags": text(1024),
        "skip_tags": text(1024),
        "survey_enabled": switch(),
        "allow_simultaneous": switch(),
    },
    "workflow_job_template_nodes": {
        **PROMPTS,
        "workflow_job_template": reference("workflow_job_templates", required=True),
        "unified_job_template": reference("unified_job_templates"),
        "identifier": text(TEXT),
        "all_parents_must_converge": switch(),
        "type": text(read_only=True),
    },
    "workflow_approval_templates": {**NAMED, "timeout": number()},
    "schedules": {
        **NAMED,
        **PROMPTS,
        "rrule": text(required=True),
        "unified_job_template": reference("unified_job_templates", required=True),
        "enabled": switch(True),
    },
}
TEMPLATES = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")
"""The endpoints whose objects are unified job templates."""


def coerced(endpoint: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were sent, without those that only AWX writes, as AWX takes them."""
    fields = FIELDS[endpoint]
    return {name: fields[name].coerced(value) for name, value in sent.items() if not fields[name].read_only}


def errors_of(endpoint: str, sent: Mapping[str, Any], complete: bool) -> dict[str, list[str]]:
    """What AWX would say against these fields of an object; ``complete`` for a new one."""
    fields = FIELDS[endpoint]
    found = {name: ["This field does not exist."] for name in sent if name not in fields}
    for name, field in fields.items():
        if name in sent and not field.read_only:
            found[name] = list(field.errors(sent[name]))
        elif complete and field.required and name not in sent:
            found[name] = ["This field is required."]
    return {name: errors for name, errors in found.items() if errors}


_FIELD_ID = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
_FIELD_KEYS = {
    "id",
    "label",
    "type",
    "format",
    "choices",
    "secret",
    "multiline",
    "help_text",
    "default",
    "ask_at_runtime",
}
_RESERVED = {
    *("VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "INVENTORY_UPDATE_ID"),
    *("AD_HOC_COMMAND_ID", "REST_API_URL", "REST_API_TOKEN", "MAX_EVENT_RES", "CALLBACK_QUEUE", "CALLBACK_CONNECTION"),
    *("CACHE", "JOB_CALLBACK_DEBUG", "INVENTORY_HOSTVARS", "AWX_HOST", "PROJECT_REVISION", "SUPERVISOR_CONFIG_PATH"),
}
_FILE_KEY = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")
_IMAGE = re.compile(
    r"([a-zA-Z0-9.-]+(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?", re.ASCII
)


def image_errors(image: str) -> Iterator[str]:
    """What AWX says against the name of an image."""
    if not _IMAGE.fullmatch(image):
        yield f"{image} is not a valid image name."


def credential_type_errors(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> Iterator[str]:
    """What AWX says against the inputs and injectors of a credential type."""
    if set(inputs) - {"fields", "required"}:
        yield "inputs: additional properties are not allowed."
    if any(not isinstance(field, dict) for field in inputs.get("fields", [])):
        yield "inputs: a field is not of type 'object'."
        return
    names = [field.get("id", "") for field in inputs.get("fields", [])]
    for field in inputs.get("fields", []):
        yield from _input_errors(field)
    if len(set(names)) < len(names) or "tower" in names:
        yield "inputs: the id of a field is there twice, or reserved."
    if missing := set(inputs.get("required", [])) - set(names):
        yield f"inputs: required names {sorted(missing)}, which are not fields."
    if set(injectors) - {"file", "env", "extra_vars"}:
        yield "injectors: additional properties are not allowed."
    for place, templates in injectors.items():
        if not isinstance(templates, dict):
            yield f"injectors: {place} is not of type 'object'."
            continue
        for name, template in templates.items():
            if not (_FILE_KEY if place == "file" else _FIELD_ID).fullmatch(name):
                yield f"injectors: {name} does not match the pattern of names."
            if place == "env" and (name in _RESERVED or name.startswith("ANSIBLE_")):
                yield f"injectors: the environment variable {name} may not be used."
            yield from _template_errors(name, template, {*names, "tower"})


def _input_errors(field: Mapping[str, Any]) -> Iterator[str]:
    if not {"id", "label"} <= set(field) or set(field) - _FIELD_KEYS:
        yield f"inputs: {field} lacks id or label, or has a key that does not exist."
    if not _FIELD_ID.fullmatch(field.get("id", "")):
        yield f"inputs: {field.get('id')} is not a valid id."
    if field.get("type", "string") not in ("string", "boolean"):
        yield f"inputs: {field['type']} is not a type."
    if field.get("format", "url") not in ("url", "ssh_private_key"):
        yield f"inputs: {field['format']} is not a format."
    if "default" in field and not is_a(field["default"], bool if field.get("type") == "boolean" else str):
        yield f"inputs: {field['default']!r} is not of the type of the field."
    if field.get("type") == "boolean" and {"choices", "multiline", "format", "secret"} & set(field):
        yield "inputs: a boolean has no choices, multiline, format or secret."


def _template_errors(name: str, template: Any, known: set[str]) -> Iterator[str]:
    if not isinstance(template, str):
        yield f"injectors: {template!r} is not of type 'string'."
        return
    try:
        used = jinja2.meta.find_undeclared_variables(jinja2.sandbox.SandboxedEnvironment().parse(template))
    except jinja2.TemplateSyntaxError as error:
        yield f"injectors: {name} is not a template: {error}."
        return
    if used - known:
        yield f"injectors: {name} uses {sorted(used - known)}, which are not fields."


def is_mapping(text: str) -> bool:
    """Whether a text is JSON or YAML of an object, as variables have to be."""
    try:
        return isinstance(yaml.safe_load(text) or {}, dict)
    except yaml.YAMLError:
        return False
