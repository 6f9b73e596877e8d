# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a module that runs in the process of a test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from ansible.module_utils import _internal, basic

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18 has no such function
    patch_module_args = None


@contextmanager
def module_arguments(options: Mapping[str, Any]) -> Iterator[None]:
    """While it lasts, a module of this process finds these options, and believes that it runs on a node."""
    if patch_module_args is None:
        with patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}).encode()):
            yield
        return
    # As soon as a test has imported what runs on controllers, modules take themselves for a part of one.
    with patch_module_args(dict(options)), patch.object(_internal, "is_controller", False):
        yield
