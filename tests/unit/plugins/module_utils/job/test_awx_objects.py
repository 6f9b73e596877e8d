# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of AWX name all that decides on a job, and carry what the operator told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.filter.aap_configuration import aap_configuration
from tests.awx import rules
from tests.awx.role import PREFIX, load, objects


def template(name: str, **told: Any) -> dict[str, Any]:
    """One job template."""
    (found,) = [each for each in objects(**told)["templates"] if each["name"] == f"{PREFIX}: {name}"]
    return found


def test_a_template_names_every_setting_that_a_person_could_change() -> None:
    users = {"instance_groups", "labels"}
    theirs = {name for name in rules.FIELDS["job_templates"] if not rules.FIELDS["job_templates"][name].read_only}
    assert theirs - {"execution_environment", "webhook_service"} - set(template("verify")) - users == set()


def test_the_template_of_the_objects_carries_what_this_run_was_told() -> None:
    told = {
        "kong_fallback_awx_slices": "2",
        "kong_fallback_awx_manage_inventory": "false",
        "kong_fallback_awx_credentials": {"operator": "my operator", "machine": "my nodes"},
        "kong_fallback_awx_survey_defaults": {"kong_fallback_serial": "10%"},
    }
    carried = template("AWX objects", **told)["extra_vars"]
    assert carried["kong_fallback_awx_slices"] == 2
    assert carried["kong_fallback_awx_manage_inventory"] is False
    assert carried["kong_fallback_awx_survey_defaults"] == {"kong_fallback_serial": "10%"}
    assert template("AWX objects", **carried)["extra_vars"] == carried
    assert json.dumps(carried) == json.dumps(carried, sort_keys=True)
    assert "kong_fallback_awx_write_to" not in carried
    assert template("data planes", **told)["job_slice_count"] == 2
    assert template("verify", **told)["credentials"] == ["my nodes", "my operator"]


def test_without_rights_there_are_no_credential_types_and_without_an_inventory_no_groups() -> None:
    made = objects(kong_fallback_awx_manage_credential_types="no", kong_fallback_awx_manage_inventory=False)
    assert (made["credential_types"], made["inventories"], made["groups"]) == ([], [], [])


def test_the_execution_environment_is_there_if_there_is_an_image() -> None:
    assert objects()["execution_environments"] == []
    assert "execution_environment" not in template("verify")
    image = {"kong_fallback_awx_image": "registry.example.com/ee:1"}
    (environment,) = objects(**image)["execution_environments"]
    assert environment["image"] == "registry.example.com/ee:1"
    assert template("verify", **image)["execution_environment"] == PREFIX


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"kong_fallback_awx_slices": 0}, "kong_fallback_awx_slices is 0: give 1 or more."),
        ({"kong_fallback_awx_slices": "some"}, "kong_fallback_awx_slices is 'some': give a whole number."),
        ({"kong_fallback_awx_approval_timeout": -1}, "kong_fallback_awx_approval_timeout is below 0"),
        (
            {"kong_fallback_awx_survey_defaults": {"kong_fallback_region": "eu-central-1"}},
            "kong_fallback_awx_survey_defaults has kong_fallback_region, which no survey asks for",
        ),
    ],
)
def test_what_makes_no_good_object_is_refused(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnsibleFilterError, match=sentence):
        objects(**told)


def test_infra_aap_configuration_gets_the_same_objects() -> None:
    made = objects()
    text = aap_configuration(made)
    variables = load(text)
    assert variables["controller_templates"] == made["templates"]
    assert variables["controller_credential_types"] == made["credential_types"]
    (workflow,) = variables["controller_workflows"]
    verify = next(node for node in workflow["simplified_workflow_nodes"] if node["identifier"] == "verify")
    assert verify["unified_job_template"] == f"{PREFIX}: verify"
    assert (verify["success_nodes"], verify["always_nodes"]) == (["approval"], [])
    assert "!unsafe '{{ access_key_id }}'" in text
    assert "&id" not in text
