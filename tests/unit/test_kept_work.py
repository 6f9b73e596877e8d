# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook that finds its modules built and its templates compiled answers as one that does all of this itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ansible import run_playbook
from tests.ansible.warm_python import quick_startup

pytest.importorskip("ansible._internal._templating", reason="ansible-core 2.18 compiles each template itself")

PLAYBOOK = r"""
- name: Play
  hosts: localhost
  gather_facts: false
  vars:
    folder: 'c:\new'
    nested: "{{ [folder, folder] | join(';') }}"
    conditional: "{{ nested is match('c') }}"
  tasks:
    - name: Read as expression and as template
      ansible.builtin.debug:
        msg: ["{{ nested }}", "{{ 'c:\\new' }}", "{{ lookup('vars', 'nested') }}", "nested"]
      when: conditional and nested == '{{ folder }};' ~ folder
    - name: Change the syntax for one template
      ansible.builtin.debug:
        msg: "{{ lookup('template', 'brackets.j2', variable_start_string='[[', variable_end_string=']]') }}"
    - name: Keep the usual syntax for another
      ansible.builtin.debug:
        msg: "{{ lookup('template', 'brackets.j2') }}"
    - name: Use a filter of the collection
      ansible.builtin.debug:
        msg: "{{ {'a': '', 'b': 1} | kongops.fallback.without_empties }}"
    - name: Show a mistake
      ansible.builtin.debug:
        msg: "{{ folder | no.such.filter }}"
      ignore_errors: true
    - name: Show another
      ansible.builtin.debug:
        msg: "{{ folder nested }}"
      ignore_errors: true
    - name: Show a variable that is missing
      ansible.builtin.debug:
        msg: "{{ missing.attribute }}"
      ignore_errors: true
"""


def test_what_is_kept_changes_no_answer(tmp_path: Path) -> None:
    (tmp_path / "brackets.j2").write_text("[[ folder ]] {{ folder }}\n{% if true %}\n yes\n{% endif %}\n")
    kept = tmp_path / "kept"
    (kept / "modules").mkdir(parents=True)
    (kept / "templates").mkdir()

    alone, first = (
        run_playbook(PLAYBOOK, tmp_path, environment={**quick_startup(), "KEPT_WORK": folder})
        for folder in ("", str(kept))
    )
    templates = sorted((kept / "templates").iterdir())
    second = run_playbook(PLAYBOOK, tmp_path, environment={**quick_startup(), "KEPT_WORK": str(kept)})

    assert alone.code == 0, alone.output
    assert templates
    assert sorted((kept / "templates").iterdir()) == templates, "nothing was compiled again"
    assert alone["Use a filter of the collection"]["msg"] == {"b": 1}
    assert alone["Change the syntax for one template"]["msg"] != alone["Keep the usual syntax for another"]["msg"]
    assert [task.failed for task in alone.tasks] == [False] * 4 + [True] * 3
    assert alone.output == first.output == second.output
    assert alone.tasks == first.tasks == second.tasks
