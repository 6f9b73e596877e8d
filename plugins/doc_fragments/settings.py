# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the documentation that the modules for the fallback settings share."""

from __future__ import annotations

from textwrap import indent

_OPTIONS = r"""
node_role:
  description:
    - V(backup_node) exports the configuration to the fallback storage.
    - V(data_plane) imports it from there when it starts and finds no control plane.
    - Required with O(state=present).
  type: str
  choices: [backup_node, data_plane]
storage:
  description:
    - The fallback storage, such as V(s3://bucket/prefix); always with a prefix.
    - Required with O(state=present).
  type: str
parameter_names:
  description:
    - The names of the settings. V(auto) and V(released) mean the names that exist from 3.2 on; the module refuses an
      older gateway.
    - V(draft) names come from the draft documentation for 3.1. The module writes them, but no release reads them.
  type: str
  choices: [auto, draft, released]
  default: auto
export_delay:
  description:
    - Seconds between two exports of a backup node. Without it the gateway uses 60.
  type: int
s3_config:
  description:
    - Arguments that the backup node adds to its PutObject calls, from gateway 3.5 on.
  type: dict
also_import:
  description:
    - Turn import on as well, on a backup node that is a data plane; from gateway 3.6.0.0 (and 3.5.0.4, 3.4.3.4) on.
  type: bool
  default: false
create:
  description:
    - Create kong.conf if it does not exist. Otherwise a missing file is an error, because the gateway's package does
      not ship one.
  type: bool
  default: false
backup:
  description:
    - Keep a copy of the old kong.conf, with the time in its name.
  type: bool
  default: false
"""

_ATTRIBUTES = r"""
mode:
  description:
    - The permissions of kong.conf.
  type: raw
owner:
  description:
    - The owner of kong.conf.
  type: str
group:
  description:
    - The group of kong.conf.
  type: str
"""


class ModuleDocFragment:
    """The options of the modules that write the fallback settings into kong.conf."""

    DOCUMENTATION: str = "options:\n" + indent(_OPTIONS, "  ")

    IN_A_DICT: str = "options:\n  settings:\n    suboptions:\n" + indent(_OPTIONS + _ATTRIBUTES, "      ")
