# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kong.conf document, bytes in and values out: private to the collection.

What the rest of the collection uses; each idea has a file of its own behind it.
"""

from __future__ import annotations

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf_edit import edit
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf_grammar import (
    Assignment,
    Document,
    Statement,
    is_on,
    read,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf_redaction import MASK, redacted, secrets
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf_traps import traps

__all__ = ["MASK", "Assignment", "Document", "Statement", "edit", "is_on", "read", "redacted", "secrets", "traps"]
