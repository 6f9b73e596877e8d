# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings as data: the variables of a gateway in a container, their forms, and the manifests of the examples."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._container.diagnosis import diagnosis_of, shared_key
from ansible_collections.kongops.fallback.plugins.module_utils._container.forms import FORMS, in_form
from ansible_collections.kongops.fallback.plugins.module_utils._container.manifest import Container, gateways
from ansible_collections.kongops.fallback.plugins.module_utils._container.variables import gateway_environment
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from tests.checkout import CHECKOUT
from tests.manifests import DATA_PLANE, IMAGE, KEY, OTHERS, PLANTED, PLATFORMS, deployed, variables_with

EXAMPLES = CHECKOUT / "docs/examples/manifests"
ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:kong-fallback"


def example(name: str) -> Any:
    """An example, parsed."""
    return yaml.safe_load((EXAMPLES / name).read_text())


def test_a_data_plane_gets_its_settings_and_its_keys_apart() -> None:
    assert DATA_PLANE["plain"] == {
        "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT": "on",
        "KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "s3://kong-fallback/prod",
        "KONG_CLUSTER_FALLBACK_CONFIG_EXPORT": "off",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        **{name: value for name, value in OTHERS.items() if name != "KONG_LICENSE_DATA"},
    }
    assert list(DATA_PLANE["secret"]) == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "KONG_LICENSE_DATA"]


def test_a_backup_node_gets_what_belongs_to_its_export() -> None:
    made = gateway_environment(
        "backup_node",
        "s3://kong-fallback/prod",
        "3.11.0.14",
        instance_role=True,
        region="eu-central-1",
        export_delay=5,
        s3_config={"ServerSideEncryption": "aws:kms"},
    )
    assert made["plain"]["KONG_CLUSTER_FALLBACK_CONFIG_EXPORT_DELAY"] == "5"
    assert made["plain"]["KONG_CLUSTER_FALLBACK_EXPORT_S3_CONFIG"] == '{"ServerSideEncryption":"aws:kms"}'
    assert made["secret"] == {}
    assert "envFrom" not in in_form(made, "helm", "")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"gateway_version": "3.11"}, "'3.11' is not a full version"),
        ({"gateway_version": "3.1.1.4"}, "Gateway 3.1.1.4 has no fallback configuration: upgrade to 3.2 or newer"),
        ({"storage": "azure://account/container/prod"}, "does not know azure:// storage, only s3"),
        ({"storage": "https://x"}, "storage"),
        ({"node_role": "control_plane"}, "node_role is 'control_plane': write backup_node or data_plane."),
        ({"export_delay": 5}, "export_delay is for node_role backup_node only"),
        ({"region": ""}, "No AWS_REGION reaches the gateway"),
        ({"secret_access_key": ""}, "AWS_SECRET_ACCESS_KEY is missing"),
        ({"access_key_id": "", "secret_access_key": ""}, "No AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY reach"),
        ({"endpoint_url": "http://x/y"}, "AWS_CONFIG_STORAGE_ENDPOINT has a path"),
        ({"regoin": "x"}, "'regoin' is not an option of a gateway's environment"),
        ({"variables": {"KONG_AWS_REGION": "x"}}, "The gateway does not read KONG_AWS_REGION"),
    ],
)
def test_what_a_gateway_could_not_use_is_refused(options: dict[str, Any], says: str) -> None:
    good = {
        "node_role": "data_plane",
        "storage": "s3://kong-fallback/prod",
        "gateway_version": "3.11.0.14",
        "region": "eu-central-1",
        **KEY,
    }
    with pytest.raises(InvalidInput) as refused:
        gateway_environment(**{**good, **options})
    assert says in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "kubernetes_secret"])
def test_only_the_secret_has_the_values_of_secrets(form: str) -> None:
    assert "geheim" not in str(in_form(DATA_PLANE, form, "kong-fallback"))
    with pytest.raises(InvalidInput, match="needs the name of the secret"):
        in_form(DATA_PLANE, form, "")


def test_the_secret_of_kubernetes_is_one() -> None:
    assert in_form(DATA_PLANE, "kubernetes_secret", "kong-fallback") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "kong-fallback"},
        "type": "Opaque",
        "stringData": DATA_PLANE["secret"],
    }


def test_values_arrive_in_a_container_as_they_are() -> None:
    awkward = {"plain": {"A": "a$b"}, "secret": {}}
    assert in_form(awkward, "compose", "")["environment"] == {"A": "a$$b"}
    with pytest.raises(InvalidInput, match="The value of A contains a character that systemd replaces"):
        in_form(awkward, "quadlet", "")
    with pytest.raises(InvalidInput, match="'nomad' is not a form of a manifest: write helm,"):
        in_form(awkward, "nomad", "")


def test_the_examples_are_what_the_filters_give() -> None:
    helm = example("helm-values.yml")
    assert {name: helm[name] for name in ("env", "customEnv", "envFrom")} == in_form(
        DATA_PLANE, "helm", "kong-fallback"
    )
    container = example("kubernetes.yml")["spec"]["template"]["spec"]["containers"][0]
    rendered = in_form(DATA_PLANE, "kubernetes_container", "kong-fallback")
    assert {name: container[name] for name in ("env", "envFrom")} == rendered
    task = example("ecs.json")["containerDefinitions"][0]
    assert {name: task[name] for name in ("environment", "secrets")} == in_form(DATA_PLANE, "ecs", ARN)
    service = example("compose.yml")["services"]["kong"]
    assert {name: service[name] for name in ("environment", "env_file")} == in_form(
        DATA_PLANE, "compose", "kong-fallback"
    )
    assert in_form(DATA_PLANE, "quadlet", "kong-fallback") in (EXAMPLES / "kong.container").read_text()


@pytest.mark.parametrize("name", ["kubernetes.yml", "ecs.json", "compose.yml"])
def test_nothing_is_wrong_with_the_examples(name: str) -> None:
    (gateway,) = gateways([example(name)])
    codes = [finding.code for finding in diagnosis_of(gateway).findings]
    assert codes == ([] if name == "ecs.json" else ["environment-unknown"])


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("image", "changes", "code"), [(IMAGE, {}, None), *PLANTED])
def test_each_planted_fault_is_found_and_nothing_else(
    platform: str, image: str | None, changes: dict[str, str | None], code: str | None
) -> None:
    document = deployed(platform, image or IMAGE, variables_with(changes))
    (gateway,) = gateways([json.loads(json.dumps(document)), None, "text", {"kind": "Service"}])
    findings = diagnosis_of(gateway).findings
    assert {finding.code for finding in findings} == ({code} if code else set())
    assert {finding.path for finding in findings} <= {gateway.name}
    assert "geheim" not in str(findings)


def test_what_is_in_a_secret_or_a_file_is_not_called_missing() -> None:
    pod = {
        "containers": [
            {
                "name": "proxy",
                "image": "kong/kong-gateway:3.11.0.14",
                "env": [
                    {"name": "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT", "value": "on"},
                    {"name": "KONG_CLUSTER_FALLBACK_CONFIG_STORAGE", "valueFrom": {"configMapKeyRef": {}}},
                    {"name": "AWS_CONFIG_STORAGE_ENDPOINT", "valueFrom": {"secretKeyRef": {}}},
                ],
                "volumeMounts": [{"name": "conf", "mountPath": "/etc/kong/kong.conf"}],
            }
        ]
    }
    (gateway,) = gateways([{"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}])
    assert [finding.code for finding in diagnosis_of(gateway).findings] == ["environment-unknown"]


def test_a_digest_is_judged_by_the_version_that_is_given() -> None:
    (gateway,) = gateways(
        [deployed("ecs", "kong/kong-gateway@sha256:0f", {**DATA_PLANE["plain"], **DATA_PLANE["secret"]})]
    )
    assert diagnosis_of(gateway, "3.11.0.14").findings == ()
    assert [finding.code for finding in diagnosis_of(gateway).findings] == ["image-tag"]


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", None])
def test_a_gateway_that_only_imports_has_a_key_of_its_own(key: str | None) -> None:
    """Given as a value, or by the place of the secret."""

    def container(name: str, export: str, place: str) -> Container:
        variables = {"KONG_CLUSTER_FALLBACK_CONFIG_EXPORT": export, **({"AWS_ACCESS_KEY_ID": key} if key else {})}
        return Container(name, "", variables, {} if key else {"AWS_ACCESS_KEY_ID": place})

    exporter, importer = container("exporter", "on", "writer"), container("importer", "off", "writer")
    found = shared_key(importer, [exporter, importer])
    assert found
    assert (found.code, found.path) == ("shared-key", "importer")
    assert shared_key(exporter, [exporter, importer]) is None
    assert shared_key(importer, [importer]) is None
    if key is None:
        assert shared_key(container("importer", "off", "reader"), [exporter]) is None


def test_a_control_plane_may_leave_the_export_to_another_node() -> None:
    (gateway,) = gateways([deployed("compose", "kong/kong-gateway:3.11.0.14", {"KONG_ROLE": "control_plane"})])
    assert diagnosis_of(gateway).findings == ()
