# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of entities that the stand-in knows: their unique names, references, defaults and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One collection of a declarative configuration.

    ``key`` is the field that is unique in a workspace, ``references`` maps a field to the collection it points into,
    ``path`` is the collection's name in the Admin API; ``workspaced`` is false for what carries no ``ws_id``; ``texts``
    are further fields that hold a text. ``also_unique`` is a second field that is unique in a workspace, and
    ``identified_by`` are the fields that the id of an entity without id and key is derived from.
    """

    key: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None
    workspaced: bool = True
    texts: tuple[str, ...] = ()
    also_unique: str | None = None
    identified_by: tuple[str, ...] = ()


_SCOPES = {"service": "services", "route": "routes", "consumer": "consumers", "consumer_group": "consumer_groups"}
_CONSUMER = {"consumer": "consumers"}
_TIMEOUTS = {"connect_timeout": 60000, "write_timeout": 60000, "read_timeout": 60000}

_OTHER_COLLECTIONS = (
    "acme_storage", "application_instances", "applications", "clustering_data_planes", "custom_plugins",
    "degraphql_routes", "developers", "document_objects", "event_hooks", "files", "header_cert_auth_credentials",
    "jwt_signer_jwks", "oauth2_authorization_codes", "oauth2_tokens", "plugins_partials", "ratelimiting_metrics",
    "rbac_role_endpoints", "rbac_role_entities", "rbac_roles", "rbac_users", "sessions", "tags",
)  # fmt: skip

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "services": Kind(
            "name",
            {"client_certificate": "certificates"},
            ("host",),
            {"name": None, "protocol": "http", "port": 80, "path": None, "retries": 5, "enabled": True,
             "tls_verify": None, "ca_certificates": None, **_TIMEOUTS},
        ),
        "routes": Kind(
            "name",
            {"service": "services"},
            (),
            {"name": None, "protocols": ["http", "https"], "methods": None, "hosts": None, "paths": None,
             "headers": None, "snis": None, "sources": None, "destinations": None, "regex_priority": 0,
             "strip_path": True, "preserve_host": False, "path_handling": "v0", "https_redirect_status_code": 426,
             "request_buffering": True, "response_buffering": True, "service": None},
        ),
        "consumers": Kind(
            "username", {}, (), {"username": None, "custom_id": None}, texts=("custom_id",), also_unique="custom_id"
        ),
        "consumer_groups": Kind("name", {}, ("name",)),
        "consumer_group_consumers": Kind(
            None, {"consumer_group": "consumer_groups", **_CONSUMER}, ("consumer_group", "consumer"), workspaced=False
        ),
        "consumer_group_plugins": Kind(None, {"consumer_group": "consumer_groups"}, ("name", "consumer_group")),
        "plugins": Kind(
            "instance_name",
            _SCOPES,
            ("name",),
            {"enabled": True, "config": {}, "protocols": ["grpc", "grpcs", "http", "https"], "instance_name": None,
             "service": None, "route": None, "consumer": None, "consumer_group": None, "ordering": None},
            identified_by=("name", *_SCOPES),
        ),
        "upstreams": Kind(
            "name", {"client_certificate": "certificates"}, ("name",), {"algorithm": "round-robin", "slots": 10000}
        ),
        "targets": Kind(
            None, {"upstream": "upstreams"}, ("target", "upstream"), {"weight": 100},
            identified_by=("target", "upstream"),
        ),
        "certificates": Kind(None, {}, ("cert", "key"), {"cert_alt": None, "key_alt": None}),
        "snis": Kind("name", {"certificate": "certificates"}, ("name", "certificate")),
        "ca_certificates": Kind(None, {}, ("cert",), workspaced=False),
        "vaults": Kind("prefix", {}, ("name", "prefix"), {"config": {}}),
        "keys": Kind("name", {"set": "key_sets"}, ("kid",)),
        "key_sets": Kind("name", path="key-sets"),
        "partials": Kind("name", {}, ("type",), {"config": {}}),
        "filter_chains": Kind("name", {"service": "services", "route": "routes"}, (), path="filter-chains"),
        "keyauth_credentials": Kind("key", _CONSUMER, ("consumer",), {"ttl": None}, path="key-auth"),
        "keyauth_enc_credentials": Kind("key", _CONSUMER, ("consumer",), path="key-auth-enc"),
        "basicauth_credentials": Kind("username", _CONSUMER, ("username", "consumer"), path="basic-auth"),
        "hmacauth_credentials": Kind("username", _CONSUMER, ("consumer",), path="hmac-auth"),
        "jwt_secrets": Kind("key", _CONSUMER, ("consumer",), {"algorithm": "HS256"}, path="jwt"),
        "oauth2_credentials": Kind("client_id", _CONSUMER, ("name", "consumer"), path="oauth2"),
        "mtls_auth_credentials": Kind(
            None, {**_CONSUMER, "ca_certificate": "ca_certificates"}, ("subject_name", "consumer"), path="mtls-auth"
        ),
        "acls": Kind(None, _CONSUMER, ("group", "consumer"), identified_by=("group", "consumer")),
        "workspaces": Kind("name", {}, ("name",), workspaced=False),
        "parameters": Kind("key", {}, ("key", "value"), workspaced=False),
        "licenses": Kind(None, {}, ("payload",), workspaced=False),
        **{name: Kind() for name in _OTHER_COLLECTIONS},
    }
)  # fmt: skip

_BUNDLED = """
    acl acme ai-azure-content-safety ai-prompt-decorator ai-prompt-guard ai-prompt-template ai-proxy ai-proxy-advanced
    ai-rate-limiting-advanced ai-request-transformer ai-response-transformer ai-semantic-cache ai-semantic-prompt-guard
    app-dynamics application-registration aws-lambda azure-functions basic-auth bot-detection canary confluent
    correlation-id cors datadog degraphql exit-transformer file-log forward-proxy graphql-proxy-cache-advanced
    graphql-rate-limiting-advanced grpc-gateway grpc-web header-cert-auth hmac-auth http-log injection-protection
    ip-restriction jq json-threat-protection jwe-decrypt jwt jwt-signer kafka-log kafka-upstream key-auth key-auth-enc
    konnect-application-auth ldap-auth ldap-auth-advanced loggly mocking mtls-auth oas-validation oauth2
    oauth2-introspection opa openid-connect opentelemetry post-function pre-function prometheus proxy-cache
    proxy-cache-advanced rate-limiting rate-limiting-advanced redirect request-callout request-size-limiting
    request-termination request-transformer request-transformer-advanced request-validator response-ratelimiting
    response-transformer response-transformer-advanced route-by-header route-transformer-advanced saml
    service-protection session standard-webhooks statsd statsd-advanced syslog tcp-log tls-handshake-modifier
    tls-metadata-headers udp-log upstream-oauth upstream-timeout vault-auth websocket-size-limit websocket-validator
    xml-threat-protection zipkin
    """
BUNDLED_PLUGINS = frozenset(_BUNDLED.split())

_MATCHERS = {
    "http": ("methods", "hosts", "headers", "paths", "expression"),
    "grpc": ("hosts", "headers", "paths", "expression"),
    "stream": ("sources", "destinations", "snis", "expression"),
}
_TLS = frozenset({"https", "grpcs", "tls", "tls_passthrough", "wss"})
_FAMILIES = {
    **dict.fromkeys(("http", "https", "ws", "wss"), "http"),
    **dict.fromkeys(("grpc", "grpcs"), "grpc"),
    **dict.fromkeys(("tcp", "tls", "udp", "tls_passthrough"), "stream"),
}


def collection_of_path(name: str) -> str | None:
    """The collection behind a name in the Admin API's paths, or None."""
    return next((each for each, kind in KINDS.items() if (kind.path or each) == name), None)


def errors(collection: str, entity: Mapping[str, Any], plugins: frozenset[str]) -> list[str]:
    """Why the gateway would refuse ``entity`` by itself; ``plugins`` are the names that are enabled."""
    kind = KINDS[collection]
    found = [f"{name}: required field missing" for name in kind.required if entity.get(name) in (None, "")]
    if "tags" in entity and not _is_list_of_texts(entity["tags"]):
        found.append("tags: expected a set of strings")
    names = {"id", "ws_id", kind.key, *kind.required, *kind.texts} - set(kind.references)
    found += [
        f"{name}: expected a string" for name in names if name and not isinstance(entity.get(name), (str, type(None)))
    ]
    if collection == "routes":
        found += _route_errors(entity)
    if collection == "consumers" and not entity.get("username") and not entity.get("custom_id"):
        found.append("at least one of these fields must be non-empty: 'custom_id', 'username'")
    if collection == "filter_chains" and not entity.get("service") and not entity.get("route"):
        found.append("at least one of these fields must be non-empty: 'service', 'route'")
    if collection == "services" and not _is_port(entity.get("port", 80)):
        found.append("port: value should be between 0 and 65535")
    if collection == "plugins":
        found += _plugin_errors(entity, plugins)
    return found


def complete(collection: str, entity: Mapping[str, Any]) -> dict[str, Any]:
    """``entity`` with the defaults of its kind and a service's ``url`` taken apart."""
    given = dict(entity)
    if collection == "services" and isinstance(url := given.pop("url", None), str):
        given = {**_parts_of_url(url), **given}
    return {"tags": None, **KINDS[collection].defaults, **given}


def _route_errors(route: Mapping[str, Any]) -> list[str]:
    protocols = route.get("protocols", ["http", "https"])
    if not _is_list_of_texts(protocols) or not protocols:
        return ["protocols: expected a set of strings"]
    families = {_FAMILIES.get(each) for each in protocols}
    if len(families) != 1 or None in families:
        return [f"protocols: unknown or mixed: {', '.join(protocols)}"]
    for name in ("methods", "hosts", "paths", "snis"):
        if not _is_list_of_texts(route.get(name)):
            return [f"{name}: expected a set of strings"]
    matchers = _MATCHERS[str(families.pop())] + (("snis",) if _TLS & set(protocols) else ())
    if not any(route.get(each) for each in matchers):
        return [f"must set one of {', '.join(map(repr, matchers))} when 'protocols' is {', '.join(protocols)}"]
    return [
        f"paths: should start with: / or ~ (got {path})"
        for path in route.get("paths") or ()
        if not path.startswith(("/", "~/"))
    ]


def _plugin_errors(plugin: Mapping[str, Any], plugins: frozenset[str]) -> list[str]:
    name = plugin.get("name")
    found = []
    if name and (not isinstance(name, str) or name not in plugins):
        found.append(f"plugin '{name}' not enabled; add it to the 'plugins' configuration property")
    if not isinstance(plugin.get("config"), (dict, type(None))) and plugin["config"] != []:
        found.append("config: expected a record")
    config = plugin.get("config")
    if name == "rate-limiting" and isinstance(config, dict) and config.get("policy") == "cluster":
        found.append("config.policy: expected one of: local, redis")
    return found


def _is_list_of_texts(value: Any) -> bool:
    # The gateway's language has one empty table, for lists and for mappings.
    return value in (None, {}) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _is_port(value: Any) -> bool:
    # To the gateway every number is a double: 80.0 is 80.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(65536)


def _parts_of_url(url: str) -> dict[str, Any]:
    scheme, _slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, _colon, port = authority.partition(":")
    number = int(port) if port.isdigit() else 443 if scheme == "https" else 80
    return {"protocol": scheme, "host": host, "port": number, "path": slash + path or None}
