# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests on the controller, read and judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.module_utils._container.diagnosis import diagnosis_of, shared_key
from ansible_collections.kongops.fallback.plugins.module_utils._container.manifest import Container, gateways
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding


def gateways_of(paths: Sequence[str]) -> list[tuple[str, Container]]:
    """All gateways of these files, each with its file; raises AnsibleFilterError for a file that cannot be read."""
    return [(str(path), gateway) for path in paths for gateway in gateways(_documents(str(path)))]


def findings_of(found: Sequence[tuple[str, Container]], instance_role: bool) -> list[dict[str, Any]]:
    """The findings on these gateways, which are deployed together."""
    everyone = [gateway for _path, gateway in found]
    return [
        {
            **finding.as_dict(),
            "file": path,
            "container": gateway.name,
            "sentence": f"{path}, {gateway.name}: {finding.sentence}",
        }
        for path, gateway in found
        for finding in _findings(gateway, everyone, instance_role)
    ]


def _findings(gateway: Container, everyone: Sequence[Container], instance_role: bool) -> Iterator[Finding]:
    yield from diagnosis_of(gateway, instance_role=instance_role).findings
    shared = shared_key(gateway, everyone)
    if shared:
        yield shared


def _documents(path: str) -> list[Any]:
    try:
        with open(path, encoding="utf-8") as file:
            return list(yaml.safe_load_all(file))
    except OSError as error:
        raise AnsibleFilterError(f"Cannot read the manifest {path} ({error.strerror}): correct its path.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise AnsibleFilterError(
            f"The manifest {path} is not YAML or JSON{line}: if it is a template, render it first."
        ) from None
