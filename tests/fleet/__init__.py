# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of gateways on this machine: one directory tree a host, an inventory, and a way to run playbooks on it."""

from __future__ import annotations

from tests.fleet.fleet import Fleet, Group
from tests.fleet.host import ControlPlane, DataPlane, Host, NotStarted

__all__ = ["ControlPlane", "DataPlane", "Fleet", "Group", "Host", "NotStarted"]
