# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first play of a rollout asks about all hosts, and how it cuts them into batches."""

from __future__ import annotations

STORAGE = "s3://kong/prod"
