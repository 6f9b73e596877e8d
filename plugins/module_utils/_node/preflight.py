# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused of a node before anyone looks at it: mistakes that its variables and the inventory show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    ACCESS_KEY_ID,
    ENDPOINT,
    REGION,
    SECRET_ACCESS_KEY,
    SERVICE_ACCOUNT,
    access_findings,
    further_variables,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, StorageUrl, parse

_STATIC = {SERVICE_ACCOUNT, "AZURE_CLIENT_SECRET"}
"""Variables with a key for a store elsewhere than in S3."""

_TWO_PARTS = (
    "{host} is in kong_backup_node and in kong_data_plane: take it out of one. A data plane that exports belongs to"
    " kong_backup_node, and imports too with kong_fallback_also_import (fact 1.9)."
)
NESTED = "{nested}, whose keys could read and change it (fact 2.6): do not nest prefixes of clusters."
_NO_RESTART = (
    "{host} has neither kong_fallback_service nor kong_fallback_restart_command, and credentials take effect only"
    " when the gateway starts (fact 2.1): set one."
)
_NO_FILE = (
    "There is no file {file} on the controller: give kong_fallback_before_restart_tasks and"
    " kong_fallback_after_restart_tasks as full paths."
)
_BAKED_KEY = (
    "{host} becomes an image, and every instance of it would hold the same key: give the instances a role and set"
    " kong_fallback_instance_role, or, if that is what you want, kong_fallback_bake_keys (fact 2.4)."
)
_NO_SERVICE = (
    "kong_fallback_first_boot_check is on for {host} and kong_fallback_service is empty: without systemd nothing runs"
    " the check, so name the service of the gateway, or leave the check out."
)
_ACCESS = {
    "region-missing": (
        "{variables}region is empty for {host}: without a region the gateway runs but never uses the"
        " fallback storage (fact 2.3)."
    ),
    "endpoint-url": (
        "{variables}endpoint_url of {host} has to be http://host:port or https://host:port: the gateway ignores"
        " everything else (fact 2.2)."
    ),
}
_ACCESS["endpoint-path"] = _ACCESS["endpoint-url"]
_NO_KEY = (
    "{host} has no credentials for {storage}: set {variables}secret_store, or {variables}access_key_id and"
    " {variables}secret_access_key, or kong_fallback_instance_role if the host has an instance role (facts 2.1,"
    " 2.4)."
)
_NO_REPLICA = "{host} has to import from the replica: set kong_fallback_replica_storage, which is empty."
_NO_GOOGLE_KEY = (
    "{host} has no key for {storage}: set GCP_SERVICE_ACCOUNT in kong_fallback_environment, or"
    " kong_fallback_instance_role if the host has a service account of its own (facts 2.8, 2.10)."
)


def node_refusals(request: Mapping[str, Any]) -> list[str]:
    """Why a node is refused without a look at it, one sentence each; none if nothing is wrong.

    ``request`` is what the inventory says about the node, as documented for the filter. Missing keys are
    not judged.
    """
    host = request["host"]
    refusals = []
    if {"kong_backup_node", "kong_data_plane"} <= set(request.get("groups", ())):
        refusals.append(_TWO_PARTS.format(host=host))
    if request["state"] == "present":
        refusals += _of_storage(request)
    if request.get("nested"):
        refusals.append(NESTED.format(nested=", ".join(request["nested"])))
    is_image = request.get("start") == "never"
    if "restart" in request and not any(request["restart"]) and not is_image:
        refusals.append(_NO_RESTART.format(host=host))
    if is_image and request["state"] == "present":
        refusals += _of_image(request)
    return refusals + [_NO_FILE.format(file=file) for file in request.get("missing_files", ())]


def _of_image(request: Mapping[str, Any]) -> Iterator[str]:
    has_key = request["access_key_id"] or not _STATIC.isdisjoint(request["environment"])
    if has_key and not request["bake_keys"]:
        yield _BAKED_KEY.format(host=request["host"])
    if request.get("first_boot_check") and not request["restart"][0]:
        yield _NO_SERVICE.format(host=request["host"])


def _of_storage(request: Mapping[str, Any]) -> Iterator[str]:
    named = {"host": request["host"], "variables": "kong_fallback_"}
    if request.get("replica"):
        named["variables"] += "replica_"
    if request.get("replica") and not request["storage"]:
        yield _NO_REPLICA.format(**named)
        return
    try:
        storage = parse(request["storage"])
        values = _values(request)
    except InvalidInput as error:
        yield f"{request['host']}: {error}"
        return
    for finding in errors(access_findings(values, request["instance_role"], storage.scheme)):
        sentence = _sentence(finding.code, storage)
        yield sentence.format(**named, storage=storage) if sentence else finding.sentence


def _values(request: Mapping[str, Any]) -> dict[str, str]:
    """The variables that the gateway would get."""
    return {
        REGION: request["region"],
        ENDPOINT: request["endpoint_url"],
        ACCESS_KEY_ID: request["access_key_id"],
        SECRET_ACCESS_KEY: request["secret_access_key"],
        **further_variables(request["environment"]),
    }


def _sentence(code: str, storage: StorageUrl) -> str | None:
    """A finding in terms of role variables, which an operator sets; None if the finding is the same without them."""
    if code == "credentials-missing":
        return _NO_KEY if storage.scheme == S3 else _NO_GOOGLE_KEY
    return _ACCESS.get(code)
