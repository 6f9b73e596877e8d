# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the name of a container image says about the gateway in it."""

from __future__ import annotations

import re

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation, parse_version

_NAME = re.compile(r"(?P<repository>[^@]+?)(?::(?P<tag>[^:/@]+))?(?:@.*)?")
_OPEN_SOURCE = re.compile(r"(?:docker\.io/|registry-1\.docker\.io/)?(?:library/)?kong|(?:docker\.io/)?kong/kong")
_FULL = re.compile(r"v?(?P<version>\d+\.\d+\.\d+\.\d+)(?:-[\w.-]+)?")
_BEGUN = re.compile(r"v?(?P<numbers>\d+\.\d+(?:\.\d+)?)(?:-[\w.-]+)?")


def installation_of_image(image: str) -> tuple[Installation | None, list[Finding]]:
    """The gateway in the image, None if the name does not give its release, and what is wrong with the name (facts
    1.6, 3.1)."""
    found = _NAME.fullmatch(image.strip())
    tag = found.group("tag") or "" if found else ""
    if found and _OPEN_SOURCE.fullmatch(found.group("repository")):
        return None, [_wrong(f"{image} is the open-source gateway, which ignores every fallback setting", "1.6")]
    full, begun = _FULL.fullmatch(tag), _BEGUN.fullmatch(tag)
    if full:
        return Installation(parse_version(full.group("version")), enterprise=True), []
    what = f"{image} does not name a full version, so exporter and importers get different versions with the next pull"
    if not begun:
        return None, [_wrong(what, "3.1")]
    numbers = [*begun.group("numbers").split("."), "0", "0"][:4]
    return Installation(parse_version(".".join(numbers)), enterprise=True), [_wrong(what, "3.1")]


def _wrong(what: str, fact: str) -> Finding:
    message = f"{what}: use kong/kong-gateway with all four parts of its version, for example :3.11.0.14."
    return Finding("image-tag", ERROR, message, setting="image", fact=fact)
