# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all filters share: the core's functions, with errors as Ansible expects them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

Function = TypeVar("Function", bound=Callable[..., Any])


def filter_of(function: Function) -> Function:
    """The function as a filter: what the core refuses is an error of the task."""

    @wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except InvalidInput as error:
            raise AnsibleFilterError(str(error)) from None

    return cast(Function, filtered)
