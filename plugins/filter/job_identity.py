# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds the lock."""

from __future__ import annotations

DOCUMENTATION = r"""
name: job_identity
short_description: Name a job for the lock of a cluster
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - The slices of one AWX job, and the jobs of one workflow, hold a lock together.
  - Outside AWX the name consists of the user, the controller and Ansible's name for this run.
positional: _input
options:
  _input:
    description: The variables of a host, with those that AWX gives to its jobs.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Name this job
  ansible.builtin.debug:
    msg: "{{ hostvars[inventory_hostname] | kongops.fallback.job_identity }}"
    # {'holder': 'AWX workflow job 7', 'member': 'AWX job 12', 'awx_job': '12', 'process': 4711,
    #  'temporary_directory': '~/.ansible/tmp/ansible-local-4711k2v9x1a0'}
"""

RETURN = r"""
_value:
  description: The names of the job.
  type: dict
  contains:
    holder:
      description: In whose name it holds the lock.
      type: str
    member:
      description: What distinguishes it from others with the same holder.
      type: str
    awx_job:
      description: The number of the AWX job, empty for a job that AWX did not start.
      type: str
    process:
      description: The ID of the process that runs the playbook.
      type: int
    temporary_directory:
      description: The directory that this process removes when it ends normally.
      type: path
"""

import getpass
import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants as C

from ansible_collections.kongops.fallback.plugins.module_utils._job.report import controller_of


def job_identity(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The names of the job that these variables belong to, and its process."""
    run = Path(C.DEFAULT_LOCAL_TMP).name.removeprefix("ansible-local-")
    person = f"{getpass.getuser()} on {os.uname().nodename} ({run})"
    controller = controller_of(variables, person)
    # A worker evaluates the options of a task; the playbook is its parent.
    playbook = multiprocessing.parent_process() or multiprocessing.current_process()
    return {
        "holder": controller.holder,
        "member": controller.member,
        "awx_job": controller.awx_job or "",
        "process": playbook.pid,
        "temporary_directory": C.DEFAULT_LOCAL_TMP,
    }


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"job_identity": job_identity}
