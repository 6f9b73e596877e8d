# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the modules that Ansible has built, in the folder that BUILT_MODULES names, for the playbooks that follow.

To find what a module imports, Ansible parses all of it: a sixth of the CPU of a playbook.
"""

from __future__ import annotations

import os

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: built_modules
type: aggregate
short_description: Build each module once
description: For tests, which run many playbooks with the same modules.
requirements: []
"""


class CallbackModule(CallbackBase):
    """Nothing is called back: that Ansible loads it is enough."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "built_modules"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        if folder := os.environ.get("BUILT_MODULES"):  # ansible-core 2.18 builds modules otherwise
            os.symlink(folder, os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
