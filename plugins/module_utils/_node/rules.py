# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the settings of a gateway: every reason in them why its fallback would not work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    GatewayVersion,
    exporter_may_import,
    exports_with_incremental_sync,
    exports_without_stray_workspace_ids,
    has_fallback,
    storage_schemes,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import is_on
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import DEFAULT, Effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import (
    DRAFT_ONLY,
    RELEASED,
    exports,
    imports,
    on_konnect,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse as parse_storage

_LOOPBACK = re.compile(r"(127\.[\d.]+|\[::1\]|localhost):")
# The vault `env` is the gateway's own environment.
_REMOTE_VAULT = re.compile(r"\{vault://(?!env/)")


def settings_findings(gateway: Effective, version: GatewayVersion) -> list[Finding]:
    """Every reason in the settings themselves why the fallback would not work on a gateway of ``version`` (facts
    1, 3, 4)."""
    checks = (_names, _values, _roles, _konnect, _storage, _export, _import, _data_plane)
    return [finding for check in checks for finding in check(gateway, version)]


def _names(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    if not has_fallback(version):
        yield Finding(
            "feature-missing",
            ERROR,
            f"Gateway {version} has no fallback configuration, which 3.2 introduced: upgrade it.",
            fact="1.2",
        )
        return
    for name in DRAFT_ONLY:
        if gateway.value(name):
            message = f"{name} is a draft name that gateway {version} ignores: write the released names."
            yield _about(
                gateway, "draft-name", WARNING if imports(gateway) or exports(gateway) else ERROR, message, name, "1.3"
            )
    if not imports(gateway) and not exports(gateway):
        message = f"Neither {RELEASED.switch} nor {RELEASED.export} is on: this node takes no part in the fallback."
        yield Finding("not-configured", ERROR, message, fact="1.2")


def _values(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    for name in (RELEASED.switch, RELEASED.export):
        value = gateway.value(name)
        if value not in ("on", "true", "off", "false"):
            message = (
                f"{name} is '{value}', which the gateway takes as off: write on or off, in lower case and without"
                " quotes."
            )
            yield _about(gateway, "boolean-value", ERROR, message, name, "5.9")
    delay = gateway.value("cluster_fallback_config_export_delay")
    if not delay.isdigit():
        message = (
            f"cluster_fallback_config_export_delay is '{delay}', which is not a number of seconds: the gateway uses its"
            " default."
        )
        yield _about(gateway, "export-delay", WARNING, message, "cluster_fallback_config_export_delay", "5.9")


def _roles(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    role = gateway.value("role")
    if role not in ("control_plane", "data_plane"):
        message = (
            f"role is {role}, but the fallback exists in hybrid mode only: the gateway refuses to start; set role to"
            " control_plane or data_plane."
        )
        yield _about(gateway, "role", ERROR, message, "role", "1.5")
    elif role == "control_plane" and imports(gateway):
        message = (
            f"{RELEASED.switch} is on, but a control plane cannot import: the gateway refuses to start; use node_role"
            " backup_node here."
        )
        yield _about(gateway, "import-on-control-plane", ERROR, message, RELEASED.switch, "1.5")
    elif role == "data_plane" and imports(gateway) and exports(gateway) and not exporter_may_import(version):
        message = (
            f"A data plane of gateway {version} cannot both import and export: upgrade to 3.6.0.0 or later, to"
            " 3.5.0.4 or to 3.4.3.4."
        )
        yield _about(gateway, "import-and-export", ERROR, message, RELEASED.export, "1.9")


def _konnect(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    if not on_konnect(gateway):
        return
    if gateway.value("role") == "control_plane":
        message = (
            "konnect_mode is on, but role is control_plane: on Konnect the control plane is a service, and only a data"
            " plane can export; set role to data_plane, or turn konnect_mode off."
        )
        yield _about(gateway, "konnect", ERROR, message, "konnect_mode", "4.11")
    elif exports(gateway):
        message = (
            "konnect_mode is on: there is no Admin API and no db_export of your own, so this exporter alone writes"
            " snapshots: use verify, promote and rollback in place of export and kong_fallback_canary."
        )
        yield _about(gateway, "konnect", INFO, message, "konnect_mode", "4.11")


def _storage(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    text = gateway.value(RELEASED.storage)
    if not text:
        if imports(gateway) or exports(gateway):
            message = f"{RELEASED.storage} is not set: the gateway refuses to start; give s3://bucket/prefix."
            yield Finding("storage-missing", ERROR, message, setting=RELEASED.storage, fact="1.5")
        return
    try:
        scheme = parse_storage(text).scheme
    except InvalidInput as error:
        yield _about(gateway, "storage-url", ERROR, error.reason, RELEASED.storage, "1.4")
        return
    if scheme not in storage_schemes(version):
        message = (
            f"Gateway {version} does not know {scheme}:// as fallback storage: use one of"
            f" {', '.join(storage_schemes(version))}."
        )
        yield _about(gateway, "storage-scheme", ERROR, message, RELEASED.storage, "1.4")
    if gateway.value("cluster_fallback_export_s3_config"):
        yield from _s3_config(gateway, version, scheme)


def _s3_config(gateway: Effective, version: GatewayVersion, scheme: str) -> Iterator[Finding]:
    name = "cluster_fallback_export_s3_config"
    if version.release < (3, 5):
        message = (
            f"{name} exists from 3.5 on: gateway {version} ignores it and exports without these arguments; upgrade, or"
            " use default encryption of the bucket."
        )
        yield _about(gateway, "s3-config-ignored", WARNING, message, name, "1.2")
    elif scheme != "s3":
        yield _about(
            gateway,
            "s3-config-scheme",
            ERROR,
            f"{name} works with s3:// storage only: remove it, or use s3:// storage.",
            name,
            "1.5",
        )
    try:
        is_mapping = isinstance(json.loads(gateway.value(name)), dict)
    except ValueError:
        is_mapping = False
    if not is_mapping:
        message = (
            f"{name} is not a JSON object: the gateway refuses to start; write, for example,"
            ' {"ServerSideEncryption":"aws:kms"}.'
        )
        yield _about(gateway, "s3-config-json", ERROR, message, name, "1.5")


def _export(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    if not exports(gateway):
        return
    if gateway.value("role") == "data_plane":
        yield from _export_of_data_plane(gateway, version)


def _export_of_data_plane(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    newest = f"the newest patch of {version.major}.{version.minor}"
    elsewhere = "" if on_konnect(gateway) else ", or export from a control plane"
    if is_on(gateway.value("incremental_sync")) and not exports_with_incremental_sync(version):
        message = (
            f"A data plane of gateway {version} never exports with incremental_sync = on: turn it off or upgrade to"
            f" {newest}{elsewhere}."
        )
        yield _about(gateway, "incremental-sync", ERROR, message, "incremental_sync", "3.9")
    if not exports_without_stray_workspace_ids(version):
        message = (
            f"A data plane of gateway {version} exports snapshots that no gateway can import if they contain"
            f" entities such as ca_certificates: upgrade to {newest}{elsewhere}."
        )
        yield Finding("workspace-ids", WARNING, message, fact="3.8")
    if _takes_traffic(gateway.value("proxy_listen")):
        message = (
            "This backup node is a data plane and does proxy: set proxy_listen to 127.0.0.1:8000, or keep it out of the"
            f" load balancer{elsewhere}."
        )
        yield _about(gateway, "proxying-exporter", WARNING, message, "proxy_listen", "1.7")


def _takes_traffic(proxy_listen: str) -> bool:
    """Whether other hosts reach one of the addresses; a data plane cannot do without any (fact 1.7)."""
    addresses = [address.split()[0] for address in proxy_listen.split(",") if address.strip()]
    return any(address != "off" and not _LOOPBACK.match(address) for address in addresses)


def _import(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    if not imports(gateway):
        return
    for name in ("declarative_config", "declarative_config_string"):
        if gateway.value(name):
            message = f"{name} is loaded at every start and hides the imported snapshot: remove it."
            yield _about(gateway, "declarative-config", ERROR, message, name, "4.3")
    for name in sorted(gateway.settings):
        if _REMOTE_VAULT.match(gateway.value(name)):
            message = (
                f"{name} is a vault reference: if the vault is unreachable in an outage, the gateway does"
                " not start and a snapshot does not help."
            )
            yield _about(gateway, "vault-reference", WARNING, message, name, "4.5")
    if gateway.value("status_listen") == "off":
        message = (
            "status_listen is off, so this node cannot report whether it is ready: set it, for"
            " example to 127.0.0.1:8007."
        )
        yield _about(gateway, "status-listen", WARNING, message, "status_listen", "4.7")


def _data_plane(gateway: Effective, version: GatewayVersion) -> Iterator[Finding]:
    if gateway.value("role") != "data_plane":
        return
    if gateway.value("database") != "off":
        message = (
            f"database is {gateway.value('database')}, but a data plane needs database = off: the gateway refuses to"
            " start."
        )
        yield _about(gateway, "data-plane-setting", ERROR, message, "database", "1.7")
    for name in ("cluster_cert", "cluster_cert_key"):
        if not gateway.value(name):
            message = f"{name} is not set, but a data plane needs it: the gateway refuses to start."
            yield Finding("data-plane-setting", ERROR, message, setting=name, fact="1.7")
    if gateway.settings["cluster_control_plane"].source == DEFAULT:
        message = (
            f"cluster_control_plane is not set, so this data plane looks for its control plane on its own host"
            f" ({gateway.value('cluster_control_plane')}): set it to the control plane's host:port."
        )
        yield Finding("control-plane-address", WARNING, message, setting="cluster_control_plane", fact="1.7")
    if gateway.value("proxy_listen") == "off":
        message = (
            "proxy_listen is off, and a data plane refuses to start with that: give it an address, and keep an exporter"
            " out of the load balancer."
        )
        yield _about(gateway, "proxy-listen", ERROR, message, "proxy_listen", "1.7")


def _about(gateway: Effective, code: str, severity: str, message: str, setting: str, fact: str) -> Finding:
    return Finding(code, severity, message, setting=setting, line=gateway.line(setting), fact=fact)
