# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults, precedence and start-up rules of the settings that the stand-in knows (facts 1.2 to 1.7, 5.9 to 5.13)."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import conf
from .installation import Installation

DEFAULT_PATHS = (Path("/etc/kong/kong.conf"), Path("/etc/kong.conf"))

_DEFAULTS = {
    "prefix": "/usr/local/kong/",
    "log_level": "notice",
    "plugins": "bundled",
    "role": "traditional",
    "database": "postgres",
    "nginx_daemon": "on",
    "proxy_listen": "0.0.0.0:8000 reuseport backlog=16384, 0.0.0.0:8443 http2 ssl reuseport backlog=16384",
    "admin_listen": "127.0.0.1:8001 reuseport backlog=16384, 127.0.0.1:8444 http2 ssl reuseport backlog=16384",
    "cluster_listen": "0.0.0.0:8005",
    "cluster_control_plane": "127.0.0.1:8005",
    "cluster_fallback_config_import": "off",
    "cluster_fallback_config_export": "off",
    "cluster_fallback_config_export_delay": "60",
    "incremental_sync": "off",
    "konnect_mode": "off",
    "lmdb_environment_path": "dbless.lmdb",
    "lua_ssl_trusted_certificate": "system",
}
_ENUMS = {
    "role": ("data_plane", "control_plane", "traditional"),
    "database": ("postgres", "off"),
    "log_level": ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"),
}
_LISTEN_FLAGS = re.compile(
    r"ssl|http2|proxy_protocol|deferred|bind|reuseport|ipv6only=(on|off)|backlog=\d+|so_keepalive=\S+"
)
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(\d{1,5})")
_BLANKS = " \t\n\v\f\r"
_VAULT_REFERENCE = re.compile(r"\{vault://([^/}]+)/([^}]+)\}")


class InvalidSettings(Exception):
    """The gateway refuses to start with these settings; ``errors`` holds one text an error."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Listener:
    """One address of a ``…_listen`` setting."""

    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True)
class Settings:
    """The settings in force, by name and as text; unset ones are missing. ``environ`` resolves ``{vault://env/…}``."""

    values: Mapping[str, str]
    installation: Installation
    environ: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """The value of ``name``, a vault reference resolved; None when unset or unresolvable."""
        value = self.values.get(name)
        return value if value is None or not _VAULT_REFERENCE.fullmatch(value) else _dereference(value, self.environ)

    def on(self, name: str) -> bool:
        """Whether the boolean ``name`` is true: only ``on`` and ``true`` are (fact 5.9)."""
        return self.text(name) in ("on", "true")

    def seconds(self, name: str) -> float:
        """The number ``name``; the default if it is not a number, because a bad number is unset (fact 5.9)."""
        try:
            return float(self.text(name) or "")
        except ValueError:
            return float(_DEFAULTS[name])

    def items(self, name: str) -> list[str]:
        """The comma-separated parts of ``name``."""
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def listeners(self, name: str) -> list[Listener]:
        """The addresses of a ``…_listen`` setting, none for ``off``; raises ValueError if one is not an address."""
        parts = self.items(name)
        return [] if parts == ["off"] else [_listener(name, part) for part in parts]

    @cached_property
    def prefix(self) -> Path:
        """The working directory of the node."""
        return Path(self.text("prefix") or _DEFAULTS["prefix"]).absolute()

    @property
    def cache(self) -> Path:
        """Where a data plane keeps the configuration it received (fact 4.1)."""
        return self.prefix / (self.text("lmdb_environment_path") or "dbless.lmdb") / "data.mdb"

    @property
    def imports(self) -> bool:
        """Whether the node may import from the fallback storage."""
        return self.installation.has_fallback and self.on("cluster_fallback_config_import")

    @property
    def exports(self) -> bool:
        """Whether the node exports to the fallback storage."""
        return self.installation.has_fallback and self.on("cluster_fallback_config_export")


def load(
    installation: Installation, environ: Mapping[str, str], path: Path | None = None, prefix: str | None = None
) -> Settings:
    """Settings from defaults, ``path`` (or the first default path there is), ``KONG_*`` and ``prefix`` (fact 5.11).

    Raises InvalidSettings when the file cannot be read. The rules are not applied yet: see ``check``.
    """
    if path is None:
        path = next((each for each in DEFAULT_PATHS if each.exists()), None)
    elif not path.exists():
        raise InvalidSettings([f"no file at: {path}"])
    values = {**_DEFAULTS, "status_listen": installation.default_status_listen}
    if path is not None:
        try:
            values.update(conf.read(path.read_bytes()))
        except (OSError, conf.Unreadable) as error:
            raise InvalidSettings([f"cannot read {path}: {error}"]) from error
    values.update(
        {name[5:].lower(): value.strip(_BLANKS) for name, value in environ.items() if name.startswith("KONG_")}
    )
    if prefix is not None:
        values["prefix"] = prefix
    return Settings({name: value for name, value in values.items() if value}, installation, environ)


def check(settings: Settings) -> Settings:
    """``settings`` when the gateway starts with them; raises InvalidSettings with every reason why not."""
    errors = [
        *_missing(settings, "prefix"),
        *_enum_errors(settings),
        *_vault_errors(settings),
        *_listen_errors(settings),
        *_role_errors(settings),
    ]
    if settings.installation.has_fallback:
        errors += _fallback_errors(settings)
    if errors:
        raise InvalidSettings(errors)
    return settings


def read_kong_env(prefix: Path, installation: Installation, environ: Mapping[str, str]) -> Settings:
    """The settings that the node at ``prefix`` was prepared with (fact 5.14)."""
    return load(installation, environ, prefix / ".kong_env", str(prefix))


def write_kong_env(settings: Settings) -> None:
    """Keep ``settings`` for reloads, as ``kong prepare`` does; vault references stay references."""
    lines = (f"{name} = {value.replace('#', chr(92) + '#')}\n" for name, value in sorted(settings.values.items()))
    write_private(settings.prefix / ".kong_env", "".join(lines).encode("latin-1", "surrogateescape"))


def write_private(path: Path, content: bytes) -> None:
    """Replace ``path`` by a file that only its owner can read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    unfinished.replace(path)


def _dereference(reference: str, environ: Mapping[str, str]) -> str | None:
    match = _VAULT_REFERENCE.fullmatch(reference)
    if match is None or match[1] != "env":
        return None
    return environ.get(match[2].split("/")[0].replace("-", "_").upper())


def _listener(name: str, text: str) -> Listener:
    address, *flags = text.split()
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match[2]) > 65535 or not all(_LISTEN_FLAGS.fullmatch(flag) for flag in flags):
        raise ValueError(f"{name} must be of form: [off] | <ip>:<port> [flags], [... next entry ...]: '{text}'")
    return Listener(match[1].strip("[]"), int(match[2]), "ssl" in flags)


def _enum_errors(settings: Settings) -> list[str]:
    return [
        f"{name} has an invalid value: '{settings.text(name)}' ({', '.join(allowed)})"
        for name, allowed in _ENUMS.items()
        if settings.text(name) not in allowed
    ]


def _vault_errors(settings: Settings) -> list[str]:
    return [
        f"failed to dereference '{value}': unable to resolve the reference for config option '{name}'"
        for name, value in settings.values.items()
        if _VAULT_REFERENCE.fullmatch(value) and _dereference(value, settings.environ) is None
    ]


def _listen_errors(settings: Settings) -> list[str]:
    errors = []
    for name in ("proxy_listen", "admin_listen", "status_listen", "cluster_listen"):
        try:
            settings.listeners(name)
        except ValueError as error:
            errors.append(str(error))
    return errors


def _role_errors(settings: Settings) -> list[str]:
    role = settings.text("role")
    errors = []
    if role == "control_plane":
        if settings.text("database") == "off":
            errors.append('in-memory storage can not be used when role = "control_plane"')
        errors += _missing(settings, "admin_listen", "cluster_listen")
    if role == "data_plane":
        if settings.text("database") != "off":
            errors.append(
                'only in-memory storage can be used when role = "data_plane"\n'
                "Hint: set database = off in your kong.conf"
            )
        errors += _missing(settings, "proxy_listen")
        if (control_plane := settings.text("cluster_control_plane")) and not _ADDRESS.fullmatch(control_plane):
            errors.append(f"cluster_control_plane must be of form <host>:<port>: '{control_plane}'")
    elif settings.on("konnect_mode"):
        errors.append('konnect_mode can only be used when role = "data_plane"')  # fact 4.11
    if role in ("control_plane", "data_plane"):
        errors += _certificate_errors(settings)
    return errors


def _missing(settings: Settings, *names: str) -> list[str]:
    return [
        f'{name} must be specified when role = "{settings.text("role")}"'
        for name in names
        if settings.text(name) in (None, "off")
    ]


def _certificate_errors(settings: Settings) -> list[str]:
    certificate, key = settings.text("cluster_cert"), settings.text("cluster_cert_key")
    if not certificate or not key:
        return ["cluster certificate and key must be provided to use Hybrid mode"]
    return [
        f"{name}: failed loading {what} from {settings.values[name]}"
        for name, what, value in (("cluster_cert", "certificate", certificate), ("cluster_cert_key", "key", key))
        if not os.path.isfile(value) and not _is_pem(value)
    ]


def _is_pem(value: str) -> bool:
    try:
        return "-----BEGIN" in value or b"-----BEGIN" in base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False


def _fallback_errors(settings: Settings) -> list[str]:
    """Fact 1.5."""
    errors = []
    role, storage = settings.text("role"), settings.text("cluster_fallback_config_storage")
    used = [f"cluster_fallback_config_{name}" for name in ("import", "export")
            if settings.on(f"cluster_fallback_config_{name}")]  # fmt: skip
    if used and role == "traditional":
        errors.append(f'{" and ".join(used)} can not be used when role = "traditional"')
    if role == "control_plane" and settings.imports:
        errors.append('cluster_fallback_config_import can not be used when role = "control_plane"')
    if used and not storage:
        errors.append(f"cluster_fallback_config_storage must be specified when {' or '.join(used)} is on")
    schemes = settings.installation.storage_schemes
    if used and storage and not any(storage.startswith(f"{scheme}://") for scheme in schemes):
        errors.append(
            f"cluster_fallback_config_storage must begin with {' or '.join(f'{each}://' for each in schemes)}"
        )
    if used and settings.installation.has_s3_config:
        errors += _s3_config_errors(settings.text("cluster_fallback_export_s3_config"), storage)
    return errors


def _s3_config_errors(s3_config: str | None, storage: str | None) -> list[str]:
    if s3_config is None:
        return []
    try:
        parsed = json.loads(s3_config)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        return ["cluster_fallback_export_s3_config must be a JSON object"]
    if storage and not storage.startswith("s3://"):
        return ["cluster_fallback_export_s3_config can only be used with a storage that begins with s3://"]
    return []
