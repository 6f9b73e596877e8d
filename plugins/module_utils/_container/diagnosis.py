# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diagnosis of a gateway before it exists, from a manifest that gives it its settings in its environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ansible_collections.kongops.fallback.plugins.module_utils._container.image import installation_of_image
from ansible_collections.kongops.fallback.plugins.module_utils._container.manifest import Container
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import is_on, read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import EnvironmentSource, Node, diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    ACCESS_KEY_ID,
    EnvironmentFile,
    Variable,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import RELEASED

_OF_ABSENCE = {
    *("role", "not-configured", "storage-missing", "region-missing", "credentials-missing", "data-plane-setting"),
    *("control-plane-address", "licence"),
}
"""Findings that only say that a variable is missing."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a container; ``node`` is None if its image does not tell a release to judge it by."""

    node: Node | None
    findings: tuple[Finding, ...]


def diagnosis_of(container: Container, gateway_version: str | None = None, instance_role: bool = False) -> Diagnosis:
    """Every reason why the gateway of this container would not export or import.

    ``gateway_version`` is for an image whose name does not tell it. Raises InvalidInput for a version of less than four
    parts, and without an image and a version.
    """
    installation, findings = _installation(container, gateway_version)
    if installation is None:
        return Diagnosis(None, tuple(replace(finding, path=container.name) for finding in findings))
    variables = {**dict.fromkeys(container.hidden, "in a secret"), **container.variables}
    file = EnvironmentFile("", tuple(Variable(name, value, 0, 0) for name, value in variables.items()), ())
    node = Node(
        path="its environment",
        conf=read_conf(b""),
        environment=(EnvironmentSource(container.name, file, private=True),),
        installation=installation,
        instance_role=instance_role,
        licensed=any(variables.get(f"KONG_LICENSE_{kind}") for kind in ("DATA", "PATH")),
    )
    found = [*findings, *_told(container, node)]
    return Diagnosis(node, tuple(replace(finding, path=container.name, line=None) for finding in found))


def shared_key(container: Container, others: Iterable[Container]) -> Finding | None:
    """What is wrong if this gateway only imports, and with the key of one that exports (fact 2.6)."""
    key = _key_of(container)
    if key is None or _exports(container) or not any(_exports(each) and _key_of(each) == key for each in others):
        return None
    message = (
        "It imports with the key of a gateway that exports, so it could overwrite everyone's snapshot:"
        " give it a read-only key."
    )
    return Finding("shared-key", WARNING, message, setting=ACCESS_KEY_ID, fact="2.6", path=container.name)


def _key_of(container: Container) -> str | None:
    """The access key, or the place where it is."""
    return container.variables.get(ACCESS_KEY_ID) or container.hidden.get(ACCESS_KEY_ID)


def _exports(container: Container) -> bool:
    return is_on(container.variables.get(f"KONG_{RELEASED.export.upper()}", ""))


def _installation(container: Container, gateway_version: str | None) -> tuple[Installation | None, list[Finding]]:
    given = Installation(parse_version(gateway_version), enterprise=True) if gateway_version else None
    if not container.image:
        if given is None:
            raise InvalidInput(f"{container.name} has no image: give the image or gateway_version.", fact="3.1")
        return given, []
    if given and "@" in container.image:  # A digest does not drift, and this gives its version.
        return given, []
    return installation_of_image(container.image)


def _told(container: Container, node: Node) -> Iterator[Finding]:
    """The diagnosis without what the manifest does not show, because a value is in a secret or a variable in a file."""
    hidden = {name for variable in container.hidden for name in _names(variable)}
    given = {name for variable in container.variables for name in _names(variable)}
    left_out = False
    for finding in diagnose(node):
        if finding.setting in hidden or (finding.code == "not-configured" and _only_configures(node)):
            continue
        if container.whole or finding.code not in _OF_ABSENCE or finding.setting in given:
            yield finding
        else:
            left_out = True
    if left_out:
        message = (
            "The manifest takes variables or settings from files or whole secrets, so what seems to be missing"
            " may be in there: check the running gateway too."
        )
        yield Finding("environment-unknown", WARNING, message, fact="2.1")


def _names(variable: str) -> tuple[str, str]:
    """A variable, and the setting that it gives."""
    return variable, variable.removeprefix("KONG_").lower()


def _only_configures(node: Node) -> bool:
    """Whether it is a control plane, which may leave the export to another node."""
    return node.gateway.value("role") == "control_plane"
