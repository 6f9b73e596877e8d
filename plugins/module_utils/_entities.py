# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gateway knows of the entities in a declarative configuration: private to the collection.

Only what is sure enough to call a snapshot un-importable stands here; a collection that does not (a custom plugin may
bring its own) is no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """The rules of one collection.

    ``name_field`` is the unique name that others may refer to it by, ``foreign`` maps a field to the collection that it
    points into, of each tuple in ``required`` one field must be set, ``workspace`` says whether ``ws_id`` belongs here.
    """

    name_field: str | None = None
    foreign: Mapping[str, str] = field(default_factory=dict)
    required: tuple[tuple[str, ...], ...] = ()
    workspace: bool = True


_MATCHERS = ("expression", "paths", "hosts", "methods", "headers", "snis", "sources", "destinations")


def _credential(name_field: str | None = None, **foreign: str) -> Kind:
    return Kind(name_field, {"consumer": "consumers", **foreign}, required=(("consumer",),))


KINDS: Mapping[str, Kind] = {
    "workspaces": Kind("name", required=(("name",),), workspace=False),
    "services": Kind("name", {"client_certificate": "certificates"}, required=(("host", "url"),)),
    "routes": Kind("name", {"service": "services"}, required=(_MATCHERS,)),
    "consumers": Kind("username", required=(("username", "custom_id"),)),
    "consumer_groups": Kind("name", required=(("name",),)),
    "consumer_group_consumers": Kind(
        foreign={"consumer": "consumers", "consumer_group": "consumer_groups"},
        required=(("consumer",), ("consumer_group",)),
        workspace=False,
    ),
    "consumer_group_plugins": Kind(
        foreign={"consumer_group": "consumer_groups"}, required=(("consumer_group",), ("name",))
    ),
    "plugins": Kind(
        "instance_name",
        {
            "service": "services",
            "route": "routes",
            "consumer": "consumers",
            "consumer_group": "consumer_groups",
        },
        required=(("name",),),
    ),
    "upstreams": Kind("name", {"client_certificate": "certificates"}, required=(("name",),)),
    "targets": Kind(foreign={"upstream": "upstreams"}, required=(("target",), ("upstream",))),
    "certificates": Kind(required=(("cert",), ("key",))),
    "snis": Kind("name", {"certificate": "certificates"}, required=(("name",), ("certificate",))),
    "ca_certificates": Kind(required=(("cert",),), workspace=False),
    "key_sets": Kind("name"),
    "keys": Kind("name", {"set": "key_sets"}, required=(("kid",),)),
    "vaults": Kind("prefix", required=(("name",), ("prefix",))),
    "filter_chains": Kind("name", {"service": "services", "route": "routes"}, required=(("service", "route"),)),
    "licenses": Kind(required=(("payload",),), workspace=False),
    "acls": _credential(),
    "basicauth_credentials": _credential("username"),
    "hmacauth_credentials": _credential("username"),
    "jwt_secrets": _credential("key"),
    "keyauth_credentials": _credential("key"),
    "keyauth_enc_credentials": _credential("key"),
    "mtls_auth_credentials": _credential(None, ca_certificate="ca_certificates"),
    "oauth2_credentials": _credential("client_id"),
}

UNKNOWN = Kind()
"""The rules of every other collection: its entities are mappings, and their ids are UUIDs that occur once."""

CHILDREN: Mapping[str, Mapping[str, str]] = {
    parent: {
        child: foreign
        for child, kind in KINDS.items()
        for foreign, reference in kind.foreign.items()
        if reference == parent
    }
    for parent in KINDS
}
"""For each collection the collections that may be nested in its entities, with the field that points back."""
