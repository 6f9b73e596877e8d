# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is known about one node, and every reason why its fallback would not work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    Installation,
    checks_storage_certificate,
    imports_without_certificate,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Document, Statement
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import known_settings
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.traps import conf_traps
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import (
    InstanceMetadata,
    Order,
    SharedFile,
    Surroundings,
    certain_winner,
    hidden_role,
    order_of,
    store_address,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import (
    ENVIRONMENT,
    FILE,
    Effective,
    effective,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    SECRET_ACCESS_KEY,
    STORE_VARIABLES,
    EnvironmentFile,
    access_findings,
    environment_traps,
    region_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.rules import settings_findings
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import (
    ALL_NAMES,
    RELEASED,
    exports,
    imports,
    on_konnect,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.proxy import proxy_for
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, SCHEMES

_INDISPENSABLE = {
    *("role", "database", "prefix", "proxy_listen", "status_listen", "cluster_control_plane", "lmdb_environment_path"),
}
_VARIABLE = re.compile(rf"^(?:export_+)?(?P<variable>{'|'.join(STORE_VARIABLES)})$")


@dataclass(frozen=True)
class EnvironmentSource:
    """An environment file of the node: ``file`` is None when it does not exist, ``private`` when only its owner can
    read it."""

    path: str
    file: EnvironmentFile | None
    private: bool


@dataclass(frozen=True)
class TrustedCertificate:
    """The private authority that signed the certificate of the store, as a file of the node."""

    path: str
    exists: bool


@dataclass(frozen=True)
class Node:
    """What was read on a node: ``exists`` is false without a kong.conf, ``cache_bytes`` the size of the local
    configuration cache; ``licensed`` is false when nothing gives the node a licence of its own; ``surroundings``
    are the shared files with credentials, None if this user did not look; ``certificate_fault`` is what makes the
    certificate of the cluster useless, empty if no problem is known, and ``certificate_expires`` its end."""

    path: str
    conf: Document
    environment: tuple[EnvironmentSource, ...]
    installation: Installation
    instance_role: bool = False
    exists: bool = True
    cache_bytes: int = 0
    trusted_certificate: TrustedCertificate | None = None
    licensed: bool = True
    surroundings: Surroundings | None = None
    certificate_fault: str = ""
    certificate_expires: datetime | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The variables of all environment files; a later file wins."""
        return combined(source.file for source in self.environment if source.file)

    @property
    def gateway(self) -> Effective:
        """The settings that the gateway would start with."""
        return effective(self.conf, self.variables, self.installation.version)

    @property
    def credential_order(self) -> Order:
        """Where the gateway would look for credentials, one after the other (fact 2.4)."""
        nowhere = SharedFile("", None)
        here = self.surroundings or Surroundings(self.variables, nowhere, nowhere)
        return order_of(here, region_of(self.variables), self.installation.version)


def combined(files: Iterable[EnvironmentFile]) -> dict[str, str]:
    """The variables of several environment files; a later file wins, as with systemd."""
    return {name: value for file in files for name, value in file.values.items()}


def diagnose(node: Node) -> list[Finding]:
    """Every reason why this node would not export or import, and what else an operator should know."""
    checks = (_file, _misplaced, _environment_files, _access, _certificate, _licence, _cache)
    return [*preconditions(node), *(finding for check in checks for finding in check(node))]


def preconditions(node: Node) -> list[Finding]:
    """The part of the diagnosis that depends only on the settings: checked before
    a write."""
    return [finding for check in (_edition, _emptied, _overrides, _settings, _trust) for finding in check(node)]


def _edition(node: Node) -> Iterator[Finding]:
    if not node.installation.enterprise:
        message = (
            "This is the open-source gateway, which ignores every fallback setting: install Kong Gateway Enterprise."
        )
        yield Finding("open-source-gateway", ERROR, message, fact="1.6")


def _emptied(node: Node) -> Iterator[Finding]:
    """A setting that the gateway cannot do without and that an empty value unsets (fact 5.11)."""
    for name in sorted(_INDISPENSABLE & node.gateway.emptied.keys()):
        setting = node.gateway.emptied[name]
        path, line = (node.path, setting.line) if setting.source == FILE else _where(node, f"KONG_{name.upper()}")
        message = (
            f"{name} is set to an empty value, which unsets it instead of restoring its default: write a value,"
            " or remove it."
        )
        yield Finding("empty-setting", ERROR, message, setting=name, line=line, fact="5.11", path=path)


def _settings(node: Node) -> Iterator[Finding]:
    for finding in settings_findings(node.gateway, node.installation.version):
        yield replace(finding, path=node.path if finding.line else None)


def _trust(node: Node) -> Iterator[Finding]:
    """Whether the gateway would trust the certificate of the store (fact 2.5)."""
    name = "lua_ssl_trusted_certificate"
    setting = node.gateway.value(name) or "system"
    trusted = [part.strip() for part in setting.split(",")]
    authority = node.trusted_certificate
    if not checks_storage_certificate(node.installation.version):
        return
    if authority and authority.path not in trusted:
        message = (
            f"{name} does not name {authority.path}, so the gateway would not trust its storage: write {name} ="
            f" {setting},{authority.path} into {node.path}."
        )
        yield Finding(
            "trusted-certificate",
            ERROR,
            message,
            setting=name,
            line=node.gateway.line(name),
            fact="2.5",
            path=node.path,
        )
    elif authority and not authority.exists:
        message = f"{authority.path} does not exist on this node: put the certificate of the storage's authority there."
        yield Finding("trusted-certificate", ERROR, message, setting=name, fact="2.5", path=authority.path)
    elif not authority and "system" not in trusted:
        message = (
            f"{name} is {setting}, without system: the gateway trusts its storage only if the storage's authority is in"
            " there."
        )
        yield Finding(
            "trusted-certificate",
            WARNING,
            message,
            setting=name,
            line=node.gateway.line(name),
            fact="2.5",
            path=node.path,
        )


def _file(node: Node) -> Iterator[Finding]:
    if not node.exists:
        message = (
            f"{node.path} does not exist, so only defaults and the environment count: the gateway's package ships no"
            " kong.conf."
        )
        yield Finding("conf-missing", WARNING, message, fact="2.7")
    for trap in conf_traps(node.conf, known_settings()):
        yield replace(trap, path=node.path)


def _overrides(node: Node) -> Iterator[Finding]:
    """A setting of the file that the environment overrides (fact 5.11)."""
    gateway = node.gateway
    for name in ("role", "database", "declarative_config", *ALL_NAMES):
        setting = gateway.settings.get(name)
        written = node.conf.settings.get(name)
        if setting and setting.source == ENVIRONMENT and written is not None and written != setting.value:
            source, line = _where(node, f"KONG_{name.upper()}")
            message = f"KONG_{name.upper()} in {source} overrides {name} of {node.path}: remove one of the two."
            severity = ERROR if name in ALL_NAMES else WARNING
            yield Finding("environment-override", severity, message, setting=name, line=line, fact="5.11", path=source)


def _where(node: Node, variable: str) -> tuple[str | None, int | None]:
    for source in reversed(node.environment):
        line = source.file.line_of(variable) if source.file else None
        if source.file and line is not None:
            return source.path, line
    return None, None


def _misplaced(node: Node) -> Iterator[Finding]:
    for variable, statement in misplaced(node.conf):
        line = statement.lines[0] + 1
        message = (
            f"Line {line} puts {variable} into kong.conf, but the gateway takes it from its environment: move it to the"
            " environment file."
        )
        yield Finding(
            "credentials-in-kong-conf", ERROR, message, setting=variable, line=line, fact="2.1", path=node.path
        )


def misplaced(document: Document) -> list[tuple[str, Statement]]:
    """Lines of kong.conf that try to set a variable for the fallback storage, where the gateway never looks for it
    (fact 2.1)."""
    return [
        (meant.group("variable"), statement)
        for statement in document.statements
        for meant in [_VARIABLE.match(statement.name)]
        if meant
    ]


def _environment_files(node: Node) -> Iterator[Finding]:
    for source in node.environment:
        if source.file is None:
            message = (
                f"The environment file {source.path} does not exist: run the node's role, or leave it out of"
                " environment_files."
            )
            yield Finding("environment-file-missing", ERROR, message, fact="2.1", path=source.path)
            continue
        if not source.private and source.file.values.get(SECRET_ACCESS_KEY):
            message = f"{source.path} has a secret key that others than its owner can read: set its mode to 0600."
            yield Finding("environment-file-mode", WARNING, message, path=source.path)
        for trap in environment_traps(source.file):
            yield replace(trap, path=source.path)


def _access(node: Node) -> Iterator[Finding]:
    """Region, keys and endpoint of the storage; without environment files they cannot be judged."""
    gateway = node.gateway
    scheme = gateway.value(RELEASED.storage).partition("://")[0]
    if scheme not in SCHEMES or not (imports(gateway) or exports(gateway)):
        return
    if not node.environment:
        message = (
            "There is no environment file, so region and credentials of the gateway cannot be judged:"
            " list it in environment_files."
        )
        yield Finding("environment-unknown", WARNING, message, fact="2.1")
        return
    findings = access_findings(node.variables, node.instance_role or _has_other_credentials(node), scheme)
    for finding in (*findings, *(_way_to_s3(node) if scheme == S3 else ())):
        source, line = _where(node, finding.setting or "")
        yield replace(finding, path=source or finding.path, line=line)


def _has_other_credentials(node: Node) -> bool:
    """Whether the gateway finds credentials, or a role to ask for, apart from those of an instance."""
    return any(not isinstance(each, InstanceMetadata) for each in node.credential_order.candidates)


def _way_to_s3(node: Node) -> Iterator[Finding]:
    """What takes precedence over the intended credentials (fact 2.4), and a proxy on the way (fact 2.11)."""
    order, winner = node.credential_order, certain_winner(node.credential_order)
    yield from order.findings
    yield from hidden_role(order, winner.source if winner else None, node.variables, node.instance_role)
    yield from _proxy(node)


def _proxy(node: Node) -> Iterator[Finding]:
    version = node.installation.version
    address = store_address(node.variables, region_of(node.variables))
    try:
        proxy = proxy_for(address, node.variables, version)
    except InvalidInput as error:
        yield Finding("proxy", ERROR, error.reason, fact=error.fact)
        return
    if proxy is None:
        return
    name = f"{address.partition(':')[0].upper()}_PROXY_AUTHORIZATION"
    if node.variables.get(name) and not proxy.authorization:
        message = (
            f"Gateway {version} does not support {name}, which 3.12 introduced, so the proxy may refuse it: upgrade."
        )
        yield Finding("proxy", WARNING, message, setting=name, fact="2.11")
    message = (
        f"The gateway reaches its storage through the proxy {proxy}: without the proxy a new data plane cannot import."
    )
    yield Finding("proxy", INFO, message, setting=proxy.variable, fact="2.11")


def _certificate(node: Node) -> Iterator[Finding]:
    """What also breaks the fallback before the fixed releases: endless retries with the certificate of the cluster."""
    if not node.certificate_fault or not imports(node.gateway):
        return
    version = node.installation.version
    if imports_without_certificate(version):
        severity, then = WARNING, "only the snapshot, and never reaches its control plane"
    else:
        severity, then = (
            ERROR,
            f"neither its control plane nor the snapshot, because gateway {version} does not go on to it",
        )
    message = f"{node.certificate_fault}, so a new data plane gets {then}: put the certificate of the cluster on it."
    yield Finding("cluster-certificate", severity, message, setting="cluster_cert", fact="4.10")


def _licence(node: Node) -> Iterator[Finding]:
    if not node.licensed and imports(node.gateway) and not on_konnect(node.gateway):
        message = (
            "This node has no licence of its own, and in an outage no control plane can give it one: put one into"
            " /etc/kong/license.json, KONG_LICENSE_PATH or KONG_LICENSE_DATA."
        )
        severity = WARNING if node.installation.version.release >= (3, 10) else INFO
        yield Finding("licence", severity, message, fact="4.8")


def _cache(node: Node) -> Iterator[Finding]:
    if node.cache_bytes and imports(node.gateway):
        message = (
            f"This node has a local cache of {node.cache_bytes // 1024} kB: if it holds a "
            "configuration, the node starts from that and does not import the snapshot."
        )
        yield Finding("local-cache", INFO, message, fact="4.1")
