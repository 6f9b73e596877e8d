# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the control plane has a service that a canary can tag, and allows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DENIED = (401, 403)


def canary_refusal(answer: Mapping[str, Any], host: str, url: str, tags: bool = False) -> str:
    """Why a canary cannot begin, empty if it can.

    ``answer`` is that of ``ansible.builtin.uri`` to the list of services, or with ``tags`` to the change of one.
    """
    status = answer.get("status", -1)
    asked = f"{host} asked the Admin API at {url} (kong_fallback_admin_url){' to tag a service' if tags else ''}"
    if status in _DENIED:
        token = "a token that may change services" if tags else "its token"
        return f"{asked} and was denied with status {status}: set {token} in kong_fallback_admin_headers."
    if status != 200:
        how = f"answered with status {status}" if status > 0 else "did not answer"
        return (
            f"{asked}, which {how}: set the address at which this host reaches it, or leave kong_fallback_canary out."
        )
    if tags:
        return ""
    if not isinstance(answer.get("json"), Mapping) or "data" not in answer["json"]:
        return f"{asked}, but something else answered: set the address of the Admin API."
    if not answer["json"]["data"]:
        return f"{asked}, which has no service to tag: create one, or leave kong_fallback_canary out."
    return ""
