# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real ansible-playbook and the real modules, run by tests, by the fleet and by the demo."""

from __future__ import annotations

from tests.ansible.environment import clean_environment
from tests.ansible.module import run_module, spawn_module
from tests.ansible.playbook import LOCALHOST, Run, Task, run_playbook

__all__ = ["LOCALHOST", "Run", "Task", "clean_environment", "run_module", "run_playbook", "spawn_module"]
