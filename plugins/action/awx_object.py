# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module that creates an object of AWX, from the collection that the operator has."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, at_most
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_answers import explained, object_of

ARGUMENTS = {
    **TIME_ARGUMENTS,
    "collection": {"type": "str", "choices": ["awx.awx", "ansible.controller"], "default": "awx.awx"},
    "kind": {"type": "str", "required": True},
    "options": {"type": "dict", "required": True},
}


class ActionModule(ActionBase):
    """Ansible's entry point."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the module of the collection returns; if it refuses, the message names the object."""
        super().run(tmp, task_vars)
        _checked, asked = self.validate_argument_spec(argument_spec=ARGUMENTS)
        module = f"{asked['collection']}.{asked['kind']}"
        options = {name: value for name, value in asked["options"].items() if value is not None}
        if asked["timeout"] < 1:
            raise AnsibleActionFail(f"timeout is {asked['timeout']}: give a number of seconds, 1 or more.")
        try:
            with at_most(asked["timeout"], f"create or update the {object_of(asked['kind'], options)} of AWX"):
                result: dict[str, Any] = self._execute_module(module, module_args=options, task_vars=task_vars)
        except OperationFailed as error:
            raise AnsibleActionFail(str(error)) from None
        except AnsibleError as error:
            raise AnsibleActionFail(
                f"The module {module} cannot run: {error} Install the collection {asked['collection']}."
            ) from error
        if result.get("failed"):
            result["msg"] = explained(asked["kind"], options, str(result.get("msg", "")))
        return result
