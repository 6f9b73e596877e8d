# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gateway would really use: defaults, then kong.conf, then the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Document

DEFAULT = "default"
FILE = "file"
ENVIRONMENT = "environment"

_DEFAULTS = {
    "role": "traditional",
    "database": "postgres",
    "prefix": "/usr/local/kong/",
    "proxy_listen": "0.0.0.0:8000",
    "cluster_control_plane": "127.0.0.1:8005",
    "konnect_mode": "off",
    "cluster_fallback_config_import": "off",
    "cluster_fallback_config_export": "off",
    "cluster_fallback_config_export_delay": "60",
    "lmdb_environment_path": "dbless.lmdb",
}


@dataclass(frozen=True)
class Setting:
    """A value with where it comes from: ``default``, ``file`` or ``environment``; ``line`` (1-based) only for the
    file."""

    value: str
    source: str
    line: int | None = None

    def as_dict(self) -> dict[str, str]:
        """The setting as a module returns it."""
        return {"value": self.value, "source": self.source}


# What Kong trims; a no-break space is not among it.
_BLANKS = " \t\n\v\f\r"


@dataclass(frozen=True)
class Effective:
    """The settings that a gateway would start with; ``emptied`` are those that the file or the environment unsets by an
    empty value, whose default does not come back (fact 5.11)."""

    settings: Mapping[str, Setting]
    emptied: Mapping[str, Setting] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The value of a setting; empty when nothing sets it."""
        return self.settings[name].value if name in self.settings else ""

    def line(self, name: str) -> int | None:
        """The line of kong.conf that sets it, if the file decides."""
        return self.settings[name].line if name in self.settings else None


def effective(document: Document, environment: Mapping[str, str], version: GatewayVersion) -> Effective:
    """Apply Kong's precedence (fact 5.11): defaults < file < ``KONG_<UPPER>`` environment."""
    found: dict[str, Setting] = {}
    for name, value in document.settings.items():
        found[name] = Setting(value, FILE, document.line_of(name))
    for variable, value in environment.items():
        if variable.startswith("KONG_") and variable == variable.upper():
            found[variable[len("KONG_") :].lower()] = Setting(value.strip(_BLANKS), ENVIRONMENT)
    defaults = {**_DEFAULTS, "status_listen": "127.0.0.1:8007" if version.release >= (3, 6) else "off"}
    given = {name: setting for name, setting in found.items() if setting.value}
    emptied = {name: setting for name, setting in found.items() if not setting.value}
    return Effective({**{name: Setting(value, DEFAULT) for name, value in defaults.items()}, **given}, emptied)
