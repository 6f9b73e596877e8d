# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook, a module or a gateway sees of the environment of a test."""

from __future__ import annotations

import os


def clean_environment() -> dict[str, str]:
    """This process's environment without what would leak into gateways, modules and playbooks."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_", "KONG_"))}
