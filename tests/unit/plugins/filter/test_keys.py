# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where playbooks look for the keys of nodes."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.filter.place_of_key import place_of_key
from ansible_collections.kongops.fallback.plugins.filter.secret_for import secret_for

STORE = {"type": "secretsmanager", "name": "kong/prod"}
WRITER = {"type": "secretsmanager", "name": "kong/prod/write"}


def test_the_secret_of_an_access() -> None:
    assert secret_for(STORE, "write") == WRITER


def test_a_secret_store_without_a_name_is_an_error() -> None:
    with pytest.raises(AnsibleFilterError, match="lacks its type or its name"):
        secret_for({"type": "file"}, "write")
    with pytest.raises(AnsibleFilterError, match="lacks its type or its name"):
        place_of_key({"kong_fallback_secret_store": {"type": "file"}}, "write")


def test_the_variables_of_a_node_count_more_than_the_defaults() -> None:
    defaults = {"kong_fallback_secret_store": STORE, "kong_fallback_region": "eu-central-1"}
    assert place_of_key({}, "write", defaults) == {"secret_store": WRITER, "region": "eu-central-1"}
    own = {"kong_fallback_region": "us-east-1"}
    assert place_of_key(own, "write", defaults) == {"secret_store": WRITER, "region": "us-east-1"}


def test_a_node_that_says_nothing_has_no_stored_key() -> None:
    assert place_of_key({}, "read") == {}


@pytest.mark.parametrize(("instance_role", "reads"), [("true", False), ("false", True), (True, False)])
def test_an_inventory_may_write_a_boolean_as_text(instance_role: object, reads: bool) -> None:
    variables = {"kong_fallback_secret_store": STORE, "kong_fallback_instance_role": instance_role}
    assert bool(place_of_key(variables, "read")) is reads
