# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that look at the gateway of a node."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - The configuration file of the gateway.
    type: path
    default: /etc/kong/kong.conf
  gateway_version:
    description:
      - The full version of the gateway, all four parts.
      - Without it the module asks O(kong_command).
    type: str
  kong_command:
    description:
      - The C(kong) program, as a name on the search path or as a path.
    type: str
    default: kong
  environment_files:
    description:
      - Files with the environment variables that the gateway starts with, in this order.
      - C(KONG_*) variables in them override the configuration file, here as in the gateway.
    type: list
    elements: path
    default: []
  trusted_certificate:
    description:
      - The CA certificate of the private authority that signed the certificate of the store, as a file on this node.
      - From 3.3 on the gateway trusts the store only if C(lua_ssl_trusted_certificate) names this file.
    type: path
"""

    ADMIN = r"""
options:
  admin_url:
    description:
      - The URL of the Admin API as this host reaches it, such as V(http://127.0.0.1:8001), to ask a control plane which
        configuration its data planes serve.
      - Without it, and on any other node, the module does not ask.
    type: str
  admin_headers:
    description:
      - Headers for the Admin API, such as C(Kong-Admin-Token).
    type: dict
    default: {}
"""

    JUDGED = r"""
options:
  prefix:
    description:
      - The prefix of the gateway, if it starts with a different one from that in its settings.
    type: path
  instance_role:
    description:
      - The host has a role that gives the gateway its credentials, so the environment files need not contain any.
    type: bool
    default: false
"""

    IMPORT = r"""
options:
  storage:
    description:
      - The fallback storage to read from.
      - Without it, the storage that the gateway would use.
    type: str
  instance_role:
    description:
      - The host uses the role of its instance, container or pod. The module then warns about a key that hides the
        role.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that the whole proof may take.
    type: int
    default: 120
  max_size:
    description:
      - The largest snapshot to read, in bytes.
    type: int
    default: 536870912
  minimum_entities:
    description:
      - The minimum number of entities that the snapshot must have, by collection, for example C(routes) or C(services).
      - With fewer the outcome is V(shrunk).
    type: dict
    default: {}
  custom_collections:
    description:
      - The collections of entities that your own plugins define. The module knows the others of the gateway.
    type: list
    elements: str
    default: []
"""
