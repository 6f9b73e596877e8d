# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests of a data plane for each platform, right and with one fault each."""

from __future__ import annotations

from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._container.variables import gateway_environment

IMAGE = "kong/kong-gateway:3.11.0.14"
OTHERS = {
    "KONG_ROLE": "data_plane",
    "KONG_DATABASE": "off",
    "KONG_CLUSTER_CONTROL_PLANE": "cp.example.com:8005",
    "KONG_CLUSTER_CERT": "/etc/cluster/tls.crt",
    "KONG_CLUSTER_CERT_KEY": "/etc/cluster/tls.key",
    "KONG_STATUS_LISTEN": "0.0.0.0:8007",
    "KONG_LICENSE_DATA": '{"license": "geheim"}',
}
KEY = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "geheim"}
DATA_PLANE = gateway_environment(
    "data_plane", "s3://kong-fallback/prod", "3.11.0.14", region="eu-central-1", variables=OTHERS, **KEY
)

PLANTED: list[tuple[str | None, dict[str, str | None], str]] = [
    ("kong/kong-gateway:3.11", {}, "image-tag"),
    ("kong/kong-gateway:latest", {}, "image-tag"),
    ("kong/kong-gateway", {}, "image-tag"),
    ("kong:3.9", {}, "image-tag"),
    ("kong/kong:3.9.1", {}, "image-tag"),
    (None, {"KONG_CLUSTER_FALLBACK_CONFIG_EXPORT": "yes"}, "boolean-value"),
    (None, {"KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "https://bucket.s3.amazonaws.com/prod"}, "storage-url"),
    (None, {"KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "azure://account/container/prod"}, "storage-scheme"),
    (None, {"KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": None}, "storage-missing"),
    (None, {"KONG_CLUSTER_FALLBACK_CONFIG_IMPORT": "off"}, "not-configured"),
    (None, {"KONG_CLUSTER_FALLBACK_CONFIG": "on"}, "draft-name"),
    (None, {"KONG_ROLE": "traditional"}, "role"),
    (None, {"KONG_ROLE": "control_plane"}, "import-on-control-plane"),
    (None, {"KONG_DATABASE": None}, "data-plane-setting"),
    (None, {"KONG_CLUSTER_CERT": None}, "data-plane-setting"),
    (None, {"KONG_CLUSTER_CONTROL_PLANE": None}, "control-plane-address"),
    (None, {"KONG_DECLARATIVE_CONFIG": "/kong.yml"}, "declarative-config"),
    (None, {"KONG_LICENSE_DATA": None}, "licence"),
    (None, {"KONG_AWS_REGION": "eu-central-1"}, "environment-prefix"),
    (None, {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}, "region-missing"),
    (None, {"AWS_SECRET_ACCESS_KEY": None}, "credentials-missing"),
    (None, {"AWS_CONFIG_STORAGE_ENDPOINT": "minio:9000"}, "endpoint-url"),
    (None, {"AWS_CONFIG_STORAGE_ENDPOINT": "http://minio:9000/bucket"}, "endpoint-path"),
    (None, {"KONG_PROXY_LISTEN": "off"}, "proxy-listen"),
    (None, {"KONG_CLUSTER_CERT_KEY": "{vault://aws/kong/key}"}, "vault-reference"),
]
"""An image and changes of the variables, and the code of the fault."""

KINDS = {"kubernetes": "Deployment", "stateful": "StatefulSet"}
PLATFORMS = (*KINDS, "ecs", "compose")


def deployed(platform: str, image: str, variables: dict[str, str]) -> Any:
    """A manifest for this platform."""
    pairs = [{"name": name, "value": value} for name, value in variables.items()]
    if platform == "ecs":
        return {"family": "kong", "containerDefinitions": [{"name": "proxy", "image": image, "environment": pairs}]}
    if platform == "compose":
        return {"services": {"proxy": {"image": image, "environment": [f"{k}={v}" for k, v in variables.items()]}}}
    pod = {
        "spec": {"containers": [{"name": "proxy", "image": image, "env": pairs}, {"name": "log", "image": "fluentd"}]}
    }
    return {
        "kind": "List",
        "items": [{"kind": KINDS[platform], "metadata": {"name": "kong"}, "spec": {"template": pod}}],
    }


def variables_with(changes: dict[str, str | None]) -> dict[str, str]:
    """The variables of a good data plane, changed; None removes one."""
    given = {**DATA_PLANE["plain"], **DATA_PLANE["secret"], **changes}
    return {name: value for name, value in given.items() if value is not None}
