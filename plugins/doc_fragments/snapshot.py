# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the documentation that the modules for snapshots share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that look at snapshots in the fallback storage; they take those of ``storage`` too."""

    DOCUMENTATION = r"""
options:
  minimum_entities:
    description:
      - The minimum number of entities that a snapshot must have, by collection, for example C(routes) or C(services).
      - A snapshot with fewer has the outcome V(shrunk).
    type: dict
    default: {}
  max_size:
    description:
      - The largest snapshot to read, in bytes. A larger one has the finding C(too-big).
      - Reading and judging a snapshot takes about three times its size in memory, and up to 25 times if it consists
        of tiny entities. A snapshot with more than ten million mappings or lists has the finding C(too-big) too.
    type: int
    default: 536870912
  allowed_plugins:
    description:
      - The plugins that the data planes have.
      - A snapshot with any other plugin has the outcome V(unimportable), because a data plane refuses it as a whole.
      - Without this option plugins are not checked.
    type: list
    elements: str
  custom_collections:
    description:
      - The collections of entities that your own plugins define.
      - A snapshot with another collection that the gateway does not know has the outcome V(unimportable).
    type: list
    elements: str
    default: []
seealso:
  - module: kongops.fallback.cluster_fallback_config
"""
