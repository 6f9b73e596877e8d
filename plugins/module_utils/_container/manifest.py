# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateways that a manifest describes: of Kubernetes, of Amazon ECS, of Docker Compose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_GATEWAY_IMAGE = re.compile(r"(?:^|/)kong(?:-gateway|-ee|-enterprise)?(?:[:@]|$)")
_SETTINGS = "/etc/kong"


@dataclass(frozen=True)
class Container:
    """A container as its manifest describes it: ``hidden`` are the variables whose values are elsewhere, each with the
    place; it is not ``whole`` if files or secrets add settings or variables that it does not name."""

    name: str
    image: str
    variables: Mapping[str, str] = field(repr=False)
    hidden: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True

    @property
    def is_gateway(self) -> bool:
        """Whether it is one of Kong's: by its image, or because it has settings of one."""
        names = (*self.variables, *self.hidden)
        return bool(_GATEWAY_IMAGE.search(self.image)) or any(name.startswith("KONG_CLUSTER") for name in names)


def gateways(documents: Sequence[Any]) -> list[Container]:
    """The gateways of all documents of a file, in their order; anything but a manifest has none."""
    return [found for document in documents for found in _containers(document) if found.is_gateway]


def _containers(document: Any) -> Iterator[Container]:
    if not isinstance(document, Mapping):
        return
    for item in _list(document, "items"):
        yield from _containers(item)
    if "kind" in document:
        yield from _of_kubernetes(document)
    elif "services" in document:
        yield from _of_compose(_mapping(document, "services"))
    else:
        task = document.get("taskDefinition", document)
        yield from _of_ecs(task if isinstance(task, Mapping) else {})


def _of_kubernetes(document: Mapping[str, Any]) -> Iterator[Container]:
    name = _mapping(document, "metadata").get("name", "without a name")
    pod = document
    while "containers" not in pod:
        inside = next(
            (pod[key] for key in ("spec", "template", "jobTemplate") if isinstance(pod.get(key), Mapping)), None
        )
        if inside is None:
            return
        pod = inside
    for container in _list(pod, "containers"):
        entries = _list(container, "env")
        yield Container(
            f"{document['kind']} {name}, container {container.get('name', '')}",
            str(container.get("image", "")),
            {str(entry["name"]): value_of(entry["value"]) for entry in entries if "value" in entry},
            {str(entry["name"]): json.dumps(entry["valueFrom"]) for entry in entries if "valueFrom" in entry},
            not container.get("envFrom") and not _mounts_settings(container, "volumeMounts", "mountPath"),
        )


def _of_ecs(task: Mapping[str, Any]) -> Iterator[Container]:
    for container in _list(task, "containerDefinitions"):
        yield Container(
            f"task definition {task.get('family', 'without a family')}, container {container.get('name', '')}",
            str(container.get("image", "")),
            {str(entry["name"]): value_of(entry.get("value")) for entry in _list(container, "environment")},
            {str(entry["name"]): str(entry.get("valueFrom")) for entry in _list(container, "secrets")},
            not container.get("environmentFiles") and not _mounts_settings(container, "mountPoints", "containerPath"),
        )


def _of_compose(services: Mapping[str, Any]) -> Iterator[Container]:
    for name, service in services.items():
        if not isinstance(service, Mapping):
            continue
        given = service.get("environment") or {}
        pairs = given.items() if isinstance(given, Mapping) else (str(each).partition("=")[::2] for each in given)
        variables = {str(key): None if value is None else value_of(value) for key, value in pairs}
        yield Container(
            f"service {name}",
            str(service.get("image", "")),
            {key: value.replace("$$", "$") for key, value in variables.items() if value is not None},
            {key: "the environment of Compose" for key, value in variables.items() if value is None},
            not service.get("env_file") and not _binds_settings(service),
        )


def _mounts_settings(container: Mapping[str, Any], mounts: str, path: str) -> bool:
    return any(str(each.get(path, "")).startswith(_SETTINGS) for each in _list(container, mounts))


def _binds_settings(service: Mapping[str, Any]) -> bool:
    short = [str(each) for each in service.get("volumes") or [] if isinstance(each, str)]
    return _mounts_settings(service, "volumes", "target") or any(f":{_SETTINGS}" in each for each in short)


def _list(mapping: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = mapping.get(key)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _mapping(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}


def value_of(value: Any) -> str:
    """A value as the process gets it; YAML has made ``on`` a boolean, which a platform passes on as ``true``."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
