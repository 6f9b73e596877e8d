# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data planes that a control plane lists."""

from __future__ import annotations

DOCUMENTATION = r"""
name: data_planes
short_description: Take the data planes that a control plane lists as hosts
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Asks the Admin API of a control plane for its data planes, C(/clustering/data-planes), and adds each as a host to
    the group C(kong_data_plane), to one group per gateway version and to one per sync status.
  - For fleets that Ansible never logs in to, such as containers and autoscaled instances. The hosts get
    C(kong_fallback_gateway_version), and C(kong_fallback_login=false) unless you set O(login=true). The playbooks on
    snapshots then work without a connection to them.
  - What a control plane says of a data plane stands in C(kong_data_plane_id), C(kong_data_plane_hostname),
    C(kong_data_plane_ip), C(kong_data_plane_version), C(kong_data_plane_sync_status),
    C(kong_data_plane_configuration_hash) and C(kong_data_plane_last_seen).
  - A data plane tells its own name and version, so the plugin leaves out a value that is not a host name, a version, an
    address or a hash.
  - The file of the inventory source has to end with C(kong_data_planes.yml) or C(kong_data_planes.yaml).
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [kongops.fallback.data_planes]
  admin_url:
    description:
      - The address of the Admin API as the controller reaches it, such as V(https://control-plane.example.com:8444).
    type: str
    required: true
    env:
      - name: KONG_ADMIN_URL
  admin_token:
    description:
      - The token of a user who may read the list, for the header C(Kong-Admin-Token).
      - Prefer the environment variable, or a lookup, to a token in the file. No message repeats it.
    type: str
    env:
      - name: KONG_ADMIN_TOKEN
  ca_path:
    description: The CA certificate of the Admin API, if a private authority signed it.
    type: path
  timeout:
    description: Seconds for all requests together.
    type: int
    default: 30
  maximum_age:
    description:
      - Leave out data planes that the control plane has not seen for so many seconds. It goes on to list a data plane
        that has ended. V(0) takes all.
    type: int
    default: 86400
  login:
    description: Whether Ansible logs in to these hosts, by C(kong_data_plane_ip).
    type: bool
    default: false
extends_documentation_fragment:
  - constructed
  - inventory_cache
requirements:
  - python >= 3.11
seealso:
  - module: kongops.fallback.config_snapshot_info
"""

EXAMPLES = r"""
# production.kong_data_planes.yml; the token comes from KONG_ADMIN_TOKEN
plugin: kongops.fallback.data_planes
admin_url: https://control-plane.example.com:8444
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache/inventory
cache_timeout: 300

# Two regions of one control plane, by the address of the data planes
---
plugin: kongops.fallback.data_planes
admin_url: https://control-plane.example.com:8444
groups:
  eu: kong_data_plane_ip.startswith('10.1.')
keyed_groups:
  - key: kong_data_plane_configuration_hash[:8]
    prefix: serves
compose:
  kong_fallback_storage: "'s3://example-kong-fallback/production'"
"""

import time
import urllib.error
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.urls import open_url
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import within
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._job.listed_hosts import (
    ListedHost,
    listed_hosts,
    pages,
)

GROUP = "kong_data_plane"
_LARGEST = 64 * 2**20
"""The largest page that is read, in bytes."""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Ansible's entry point."""

    NAME = "kongops.fallback.data_planes"

    def verify_file(self, path: str) -> bool:
        """Whether a file is a source of this plugin, by its name."""
        is_file: bool = super().verify_file(path)
        return is_file and path.endswith(("kong_data_planes.yml", "kong_data_planes.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts of a source; raises AnsibleParserError with one sentence."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            entries = self._entries(self.get_cache_key(path), cache)
            hosts = listed_hosts(entries, time.time(), self.get_option("maximum_age"))
        except (InvalidInput, OperationFailed) as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        if not hosts:
            self.display.warning(f"{path}: the control plane lists no data plane that it has seen lately.")
        self.inventory.add_group(GROUP)
        for host in hosts:
            self._add(host)

    def _entries(self, key: str, may_use_cache: bool) -> list[Any]:
        """The list of the control plane, from the cache where that has it."""
        uses_cache = self.get_option("cache")
        if uses_cache and may_use_cache and key in self._cache:
            cached: list[Any] = self._cache[key]
            return cached
        entries = self._asked()
        if uses_cache:
            self._cache[key] = entries
        return entries

    def _asked(self) -> list[Any]:
        admin_url, seconds = self._templated("admin_url"), self.get_option("timeout")
        if seconds < 1:
            raise InvalidInput(f"timeout is {seconds}: give a number of seconds, 1 or more.")
        token = self._templated("admin_token")
        headers = {"Kong-Admin-Token": token} if token else {}
        with within(seconds, f"ask the Admin API at {admin_url} for its data planes"):
            return [entry for page in pages(admin_url, lambda url: self._answer(url, headers)) for entry in page]

    def _templated(self, option: str) -> str:
        value = self.get_option(option)
        return str(self.templar.template(value)) if value else ""

    def _answer(self, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; a redirect is an answer, so that no other server gets the token."""
        try:
            answer = open_url(
                url,
                headers=headers,
                timeout=self.get_option("timeout"),
                ca_path=self.get_option("ca_path"),
                follow_redirects="none",
                http_agent="kongops.fallback",
            )
            return answer.status, answer.read(_LARGEST)
        except urllib.error.HTTPError as error:
            return error.code, b""
        except Exception as error:
            admin = url.partition("/clustering/")[0]
            reason = getattr(error, "reason", error)
            raise OperationFailed(
                f"The Admin API at {admin} is unreachable ({reason}): make sure that it runs, and that this"
                " controller can connect to it, or correct admin_url or ca_path."
            ) from None

    def _add(self, host: ListedHost) -> None:
        """Add one host with its variables and groups."""
        self.inventory.add_host(host.name, group=GROUP)
        variables: dict[str, Any] = dict(host.variables)
        if not self.get_option("login"):
            variables["kong_fallback_login"] = False
        elif host.ip:
            variables["ansible_host"] = host.ip
        for name, value in variables.items():
            self.inventory.set_variable(host.name, name, value)
        for name, value in (("kong_version", host.version), ("kong_sync_status", host.sync_status)):
            if value:
                group = self._sanitize_group_name(f"{name}_{value}")
                self.inventory.add_group(group)
                self.inventory.add_child(group, host.name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host.name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host.name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host.name, strict=strict)
