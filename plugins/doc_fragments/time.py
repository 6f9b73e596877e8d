# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the documentation about the time that a module has."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that end in time whatever hangs."""

    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - The number of seconds for everything that the module does, whatever hangs. After that it fails.
    type: int
    default: 120
"""

    REQUESTS = r"""
options:
  timeout:
    description:
      - The number of seconds for everything that the module does, including all requests and retries. After that it
        fails.
    type: int
    default: 120
  request_timeout:
    description:
      - The number of seconds for which a service may be silent during a request. Connecting may take 10 seconds.
      - The module tries a request at most three times.
    type: int
    default: 30
"""
