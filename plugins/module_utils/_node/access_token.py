# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access token that a node gets from Google or Microsoft as its gateway would."""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.cloud_request import TokenRequest, token_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.transport import Way, answer_of

_PATIENCE = 10.0
"""Seconds that the endpoint of a login has."""
_LONGEST = 100_000
_CODE = re.compile(r'"error"\s*:\s*"(\w{1,64})"')


def access_token(request: TokenRequest, way_to: Callable[[str], Way]) -> str:
    """The token that the request gives.

    Raises OperationFailed and InvalidInput with the cause, which repeats nothing of what was sent.
    """
    way = Way() if request.is_local else way_to(request.url)
    method = "GET" if request.body is None else "POST"
    with answer_of(request.url, request.headers, way, method, _PATIENCE, request.body) as answer:
        said = answer.read(_LONGEST).decode("utf-8", "replace")
        if answer.status == 200:
            return token_of(said)
        code = _CODE.search(said)
        raise OperationFailed(f"the login answers {answer.status}{f' {code.group(1)}' if code else ''}")
