# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many examples a property test tries: some in `make test`, many more in `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_MORE = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 1


def examples(count: int) -> settings:
    """Try so many examples, or 200 times as many in `make fuzz`; a slow machine says nothing about what is tested."""
    return settings(max_examples=count * _MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
