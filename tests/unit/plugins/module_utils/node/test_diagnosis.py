# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that works, and everything that can be wrong with it, one row each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import SharedFile, Surroundings
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import (
    EnvironmentSource,
    Node,
    TrustedCertificate,
    diagnose,
    preconditions,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import read_environment

DATA_PLANE = """\
role = data_plane
database = off
cluster_control_plane = cp.example.com:8005
cluster_cert = /etc/kong/cluster.crt
cluster_cert_key = /etc/kong/cluster.key
cluster_fallback_config_import = on
cluster_fallback_config_storage = s3://kong-fallback/prod
"""
CONTROL_PLANE = """\
role = control_plane
cluster_fallback_config_export = on
cluster_fallback_config_storage = s3://kong-fallback/prod
"""
EXPORTING_DATA_PLANE = DATA_PLANE + "cluster_fallback_config_export = on\n"
ENVIRONMENT = """\
AWS_REGION=eu-west-1
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""


NO_KEY = "AWS_REGION=eu-west-1\n"
AUTHORITY = TrustedCertificate("/etc/kong/authority.pem", exists=True)


def a_node(conf: str = DATA_PLANE, environment: str | None = ENVIRONMENT, version: str = "3.15.0.0") -> Node:
    file = None if environment is None else read_environment(environment.encode())
    return Node(
        path="/etc/kong/kong.conf",
        conf=read_conf(conf.encode()),
        environment=(EnvironmentSource("/etc/kong/fallback.env", file, private=True),),
        installation=Installation(parse_version(version), enterprise=True),
    )


def changed(conf: str, name: str, value: str | None) -> str:
    """The configuration with another value for a setting, or without it."""
    lines = [line for line in conf.splitlines() if not line.startswith(f"{name} =")]
    return "\n".join(lines + ([] if value is None else [f"{name} = {value}"])) + "\n"


STORAGE = "cluster_fallback_config_storage"
TRUSTING = changed(DATA_PLANE, "lua_ssl_trusted_certificate", "system, /etc/kong/authority.pem")
ON_GOOGLE = changed(DATA_PLANE, "cluster_fallback_config_storage", "gcs://kong-fallback/prod")
ON_AZURE = changed(DATA_PLANE, "cluster_fallback_config_storage", "azure://account1/container/prod")


@pytest.mark.parametrize("conf", [DATA_PLANE, CONTROL_PLANE])
def test_nothing_is_found_on_a_node_that_works(conf: str) -> None:
    assert diagnose(a_node(conf)) == []


ROWS = [
    # the gateway
    (
        replace(a_node(), installation=Installation(parse_version("3.9.1.0"), enterprise=False)),
        "open-source-gateway",
        "error",
        "1.6",
    ),
    (a_node(version="3.1.1.6"), "feature-missing", "error", "1.2"),
    # names
    (
        a_node(changed(changed(DATA_PLANE, "cluster_fallback_config_import", None), "cluster_fallback_config", "on")),
        "draft-name",
        "error",
        "1.3",
    ),
    (a_node(changed(DATA_PLANE, "cluster_fallback_config_exporter", "off")), "draft-name", "warning", "1.3"),
    (a_node(changed(DATA_PLANE, "cluster_fallback_config_import", None)), "not-configured", "error", "1.2"),
    # values
    *(
        (a_node(changed(DATA_PLANE, "cluster_fallback_config_import", value)), "boolean-value", "error", "5.9")
        for value in ("yes", "On", '"on"', "1", "TRUE")
    ),
    (a_node(changed(CONTROL_PLANE, "cluster_fallback_config_export_delay", "soon")), "export-delay", "warning", "5.9"),
    # roles
    (a_node(changed(DATA_PLANE, "role", None)), "role", "error", "1.5"),
    (a_node(changed(DATA_PLANE, "role", "traditional")), "role", "error", "1.5"),
    (a_node(changed(CONTROL_PLANE, "cluster_fallback_config_import", "on")), "import-on-control-plane", "error", "1.5"),
    (a_node(EXPORTING_DATA_PLANE, version="3.5.0.3"), "import-and-export", "error", "1.9"),
    # storage
    (a_node(changed(DATA_PLANE, "cluster_fallback_config_storage", None)), "storage-missing", "error", "1.5"),
    (
        a_node(changed(DATA_PLANE, "cluster_fallback_config_storage", "s3://kong-fallback")),
        "storage-url",
        "error",
        "1.4",
    ),
    (
        a_node(changed(DATA_PLANE, "cluster_fallback_config_storage", "https://x.example.com/b")),
        "storage-url",
        "error",
        "1.4",
    ),
    (
        a_node(changed(DATA_PLANE, "cluster_fallback_config_storage", "gs://kong-fallback/prod"), version="3.12.0.9"),
        "storage-scheme",
        "error",
        "1.4",
    ),
    (
        a_node(
            changed(DATA_PLANE, "cluster_fallback_config_storage", "azure://account1/container/p"), version="3.13.0.7"
        ),
        "storage-scheme",
        "error",
        "1.4",
    ),
    (
        a_node(changed(CONTROL_PLANE, "cluster_fallback_export_s3_config", "{}"), version="3.4.3.4"),
        "s3-config-ignored",
        "warning",
        "1.2",
    ),
    (a_node(changed(CONTROL_PLANE, "cluster_fallback_export_s3_config", "kms")), "s3-config-json", "error", "1.5"),
    (a_node(changed(CONTROL_PLANE, "cluster_fallback_export_s3_config", "[]")), "s3-config-json", "error", "1.5"),
    (
        a_node(
            changed(
                changed(CONTROL_PLANE, "cluster_fallback_config_storage", "gcs://kong-fallback/prod"),
                "cluster_fallback_export_s3_config",
                "{}",
            )
        ),
        "s3-config-scheme",
        "error",
        "1.5",
    ),
    # export
    (
        a_node(changed(EXPORTING_DATA_PLANE, "incremental_sync", "on"), version="3.12.0.8"),
        "incremental-sync",
        "error",
        "3.9",
    ),
    (a_node(EXPORTING_DATA_PLANE, version="3.11.0.3"), "workspace-ids", "warning", "3.8"),
    (a_node(EXPORTING_DATA_PLANE), "proxying-exporter", "warning", "1.7"),
    # import
    (a_node(changed(DATA_PLANE, "declarative_config", "/etc/kong/kong.yml")), "declarative-config", "error", "4.3"),
    (a_node(changed(DATA_PLANE, "status_listen", "off")), "status-listen", "warning", "4.7"),
    (a_node(version="3.5.0.4"), "status-listen", "warning", "4.7"),
    (a_node(changed(DATA_PLANE, "ssl_cert_key", "{vault://hcv/tls}")), "vault-reference", "warning", "4.5"),
    (replace(a_node(version="3.9.1.2"), licensed=False), "licence", "info", "4.8"),
    (replace(a_node(version="3.10.0.15"), licensed=False), "licence", "warning", "4.8"),
    (replace(a_node(), cache_bytes=4096), "local-cache", "info", "4.1"),
    (a_node(changed(DATA_PLANE, STORAGE, "s3://kong-fallback/prod#eu")), "hash-in-value", "warning", "5.2"),
    # Konnect
    (a_node(CONTROL_PLANE + "konnect_mode = on\n"), "konnect", "error", "4.11"),
    (a_node(EXPORTING_DATA_PLANE + "konnect_mode = on\n"), "konnect", "info", "4.11"),
    # a data plane
    (a_node(changed(DATA_PLANE, "database", None)), "data-plane-setting", "error", "1.7"),
    (a_node(changed(DATA_PLANE, "cluster_cert", None)), "data-plane-setting", "error", "1.7"),
    (a_node(changed(DATA_PLANE, "cluster_control_plane", None)), "control-plane-address", "warning", "1.7"),
    (a_node(changed(DATA_PLANE, "cluster_cert", "{vault://hcv/cluster}")), "vault-reference", "warning", "4.5"),
    (a_node(changed(DATA_PLANE, "proxy_listen", "off")), "proxy-listen", "error", "1.7"),
    # the environment
    (
        a_node(environment=ENVIRONMENT + "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT=off\n"),
        "environment-override",
        "error",
        "5.11",
    ),
    (
        a_node(environment=ENVIRONMENT + "KONG_DATABASE=\nKONG_ROLE=control_plane\n"),
        "environment-override",
        "warning",
        "5.11",
    ),
    (a_node(environment=None), "environment-file-missing", "error", "2.1"),
    (replace(a_node(), environment=()), "environment-unknown", "warning", "2.1"),
    (
        replace(a_node(), environment=(replace(a_node().environment[0], private=False),)),
        "environment-file-mode",
        "warning",
        None,
    ),
    (a_node(environment=ENVIRONMENT.replace("AWS_REGION", "REGION")), "region-missing", "error", "2.3"),
    (a_node(environment="AWS_REGION=eu-west-1\n"), "credentials-missing", "error", "2.4"),
    (a_node(environment=ENVIRONMENT + "AWS_CONFIG_STORAGE_ENDPOINT=minio:9000\n"), "endpoint-url", "error", "2.2"),
    (a_node(environment=ENVIRONMENT + "AWS_CONFIG_STORAGE_ENDPOINT=http://m:9/x\n"), "endpoint-path", "error", "2.2"),
    (replace(a_node(), trusted_certificate=AUTHORITY), "trusted-certificate", "error", "2.5"),
    (
        replace(a_node(TRUSTING), trusted_certificate=replace(AUTHORITY, exists=False)),
        "trusted-certificate",
        "error",
        "2.5",
    ),
    (
        a_node(changed(DATA_PLANE, "lua_ssl_trusted_certificate", "/etc/kong/other.pem")),
        "trusted-certificate",
        "warning",
        "2.5",
    ),
    # where the credentials come from, and the proxy
    (replace(a_node(), instance_role=True), "credentials-hidden", "warning", "2.4"),
    (
        replace(a_node(environment=NO_KEY + "AWS_EC2_METADATA_DISABLED=true\n"), instance_role=True),
        "metadata-disabled",
        "warning",
        "2.4",
    ),
    (
        a_node(environment=ENVIRONMENT + "AWS_WEB_IDENTITY_TOKEN_FILE=/t\n"),
        "credential-source-failed",
        "warning",
        "2.4",
    ),
    (a_node(environment=ENVIRONMENT + "HTTPS_PROXY=http://proxy:3128\n"), "proxy", "info", "2.11"),
    (a_node(environment=ENVIRONMENT + "https_proxy=socks5://proxy:1080\n"), "proxy", "error", "2.11"),
    # storages elsewhere than in S3
    (a_node(ON_GOOGLE, environment="# nothing\n"), "credentials-missing", "error", "2.8"),
    (a_node(ON_GOOGLE, environment="GCP_SERVICE_ACCOUNT=/etc/kong/key.json\n"), "service-account", "error", "2.8"),
    (a_node(ON_AZURE, environment="AZURE_TENANT_ID=t\nAZURE_CLIENT_ID=c\n"), "credentials-missing", "warning", "2.9"),
    (a_node(environment=ENVIRONMENT + "KONG_AWS_REGION=eu-west-1\n"), "environment-prefix", "warning", "2.1"),
    (a_node(environment=ENVIRONMENT + "export AWS_SESSION_TOKEN: 'x'\n"), "environment-line", "error", "2.1"),
    # the file
    (a_node("AWS_REGION = eu-west-1\n" + DATA_PLANE), "credentials-in-kong-conf", "error", "2.1"),
    (a_node("export AWS_REGION: 'eu-west-1'\n" + DATA_PLANE), "credentials-in-kong-conf", "error", "2.1"),
    (replace(a_node(), exists=False), "conf-missing", "warning", "2.7"),
    (
        a_node(changed(DATA_PLANE, "cluster_fallback_config_import", None) + "cluster_fallback_config_import: on\n"),
        "ignored-line",
        "error",
        "5.3",
    ),
    (a_node("[kong]\n" + DATA_PLANE), "section", "error", "5.7"),
    (a_node("\ufeff" + DATA_PLANE), "byte-order-mark", "error", "5.4"),
    (
        a_node(changed(DATA_PLANE, "cluster_fallback_config_import", None) + "cluster_fallback_config_imprt = on\n"),
        "unknown-setting",
        "error",
        "5.10",
    ),
    (a_node("log_level = info \\\n" + DATA_PLANE), "continuation", "error", "5.6"),
]


@pytest.mark.parametrize(
    ("node", "code", "severity", "fact"), ROWS, ids=[f"{row[1]}-{number}" for number, row in enumerate(ROWS)]
)
def test_what_is_wrong_is_found(node: Node, code: str, severity: str, fact: str | None) -> None:
    found = [finding for finding in diagnose(node) if finding.code == code]
    assert [(finding.severity, finding.fact) for finding in found[:1]] == [(severity, fact)]
    assert all(finding.message.endswith((".", "…", "?", "(fact 1.4)")) for finding in found)


@pytest.mark.parametrize("addresses", ["off", "127.0.0.1:8000 reuseport", "127.0.0.1:8000, [::1]:8443 ssl"])
def test_an_exporting_data_plane_that_no_client_reaches_is_no_matter(addresses: str) -> None:
    found = diagnose(a_node(changed(EXPORTING_DATA_PLANE, "proxy_listen", addresses)))
    assert "proxying-exporter" not in [finding.code for finding in found]


@pytest.mark.parametrize("addresses", ["10.0.0.7:8000", "127.0.0.1:8000, 0.0.0.0:8443 ssl", "[::]:8000", "127.evil:1"])
def test_an_exporting_data_plane_that_clients_reach_is_named(addresses: str) -> None:
    found = diagnose(a_node(changed(EXPORTING_DATA_PLANE, "proxy_listen", addresses)))
    assert "proxying-exporter" in [finding.code for finding in found]


@pytest.mark.parametrize("environment", ["KONG_ROLE=data_plane\n", "KONG_DATABASE=off\n"])
def test_a_setting_that_only_the_environment_has_counts(environment: str) -> None:
    name = environment.split("=")[0][len("KONG_") :].lower()
    assert errors(diagnose(a_node(changed(DATA_PLANE, name, None), ENVIRONMENT + environment))) == []


def test_an_instance_role_stands_in_for_keys() -> None:
    assert errors(diagnose(replace(a_node(environment="AWS_REGION=eu-west-1\n"), instance_role=True))) == []


@pytest.mark.parametrize(
    "node",
    [
        a_node(ON_GOOGLE, environment='GCP_SERVICE_ACCOUNT=\'{"type":"service_account"}\'\n'),
        replace(a_node(ON_GOOGLE, environment="# nothing\n"), instance_role=True),
        a_node(ON_AZURE, environment="AZURE_TENANT_ID=t\nAZURE_CLIENT_ID=c\nAZURE_CLIENT_SECRET=s\n"),
        replace(a_node(ON_AZURE, environment="# nothing\n"), instance_role=True),
    ],
)
def test_storage_elsewhere_than_s3_needs_no_aws_credentials(node: Node) -> None:
    assert diagnose(node) == []


def test_the_authority_of_the_storage_is_trusted_when_the_setting_names_it_or_nobody_checks() -> None:
    assert diagnose(replace(a_node(TRUSTING), trusted_certificate=AUTHORITY)) == []
    old = diagnose(replace(a_node(version="3.2.2.0"), trusted_certificate=AUTHORITY))
    assert "trusted-certificate" not in {finding.code for finding in old}


def test_the_line_to_add_keeps_what_is_trusted_already() -> None:
    conf = changed(DATA_PLANE, "lua_ssl_trusted_certificate", "system,/etc/kong/other.pem")
    found = errors(diagnose(replace(a_node(conf), trusted_certificate=AUTHORITY)))
    assert "lua_ssl_trusted_certificate = system,/etc/kong/other.pem,/etc/kong/authority.pem" in found[0].sentence
    assert found[0].sentence.endswith(". (fact 2.5)")


def test_what_is_wrong_with_exporting_data_planes_does_not_concern_a_control_plane() -> None:
    assert diagnose(a_node(changed(CONTROL_PLANE, "incremental_sync", "on"), version="3.11.0.3")) == []


def test_a_reference_to_the_own_environment_is_no_risk_in_an_outage() -> None:
    assert diagnose(a_node(changed(DATA_PLANE, "ssl_cert_key", "{vault://env/tls-key}"))) == []


@pytest.mark.parametrize("name", ["role", "database", "prefix", "proxy_listen", "status_listen"])
def test_a_setting_that_is_emptied_does_not_get_its_default(name: str) -> None:
    in_file = [
        finding for finding in diagnose(a_node(changed(DATA_PLANE, name, ""))) if finding.code == "empty-setting"
    ]
    assert [(finding.severity, finding.setting, finding.path) for finding in in_file] == [
        ("error", name, "/etc/kong/kong.conf")
    ]
    by_variable = diagnose(a_node(environment=f"{ENVIRONMENT}KONG_{name.upper()}=\n"))
    assert ("empty-setting", "/etc/kong/fallback.env", 4) in [
        (finding.code, finding.path, finding.line) for finding in by_variable
    ]


def test_a_no_break_space_behind_a_value_of_the_environment_counts() -> None:
    environment = ENVIRONMENT + "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT='on\u00a0'\n"
    assert "boolean-value" in {finding.code for finding in errors(diagnose(a_node(environment=environment)))}


def test_a_finding_points_to_its_line() -> None:
    conf = changed(DATA_PLANE, "cluster_fallback_config_import", "yes")
    finding = next(finding for finding in diagnose(a_node(conf)) if finding.code == "boolean-value")
    assert (finding.path, finding.line) == (
        "/etc/kong/kong.conf",
        conf.splitlines().index("cluster_fallback_config_import = yes") + 1,
    )


def test_an_override_points_into_the_environment_file() -> None:
    node = a_node(environment=ENVIRONMENT + "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT=off\n")
    finding = next(finding for finding in diagnose(node) if finding.code == "environment-override")
    assert (finding.path, finding.line) == ("/etc/kong/fallback.env", 4)


def test_preconditions_leave_out_what_a_write_fixes() -> None:
    assert preconditions(a_node("database: off\n" + DATA_PLANE)) == []


def test_no_finding_shows_a_secret() -> None:
    environment = ENVIRONMENT.replace("AWS_SECRET", "export AWS_SECRET") + "KONG_PG_PASSWORD=canary\n"
    shown = repr(
        [
            finding.as_dict()
            for finding in diagnose(a_node("AWS_SECRET_ACCESS_KEY = canary\n" + DATA_PLANE, environment))
        ]
    )
    assert "canary" not in shown
    assert "wJalr" not in shown
    assert "AKIA" not in shown


def test_konnect_manages_the_licence_and_has_no_control_plane_to_export_from() -> None:
    conf = changed(EXPORTING_DATA_PLANE, "incremental_sync", "on") + "konnect_mode = on\n"
    findings = {each.code: each.message for each in diagnose(replace(a_node(conf, version="3.11.0.3"), licensed=False))}
    assert "licence" not in findings
    for code in ("incremental-sync", "workspace-ids", "proxying-exporter"):
        assert "control plane" not in findings[code], code


def test_the_line_that_cuts_the_storage_off_is_named() -> None:
    (finding,) = (each for each in diagnose(a_node(changed(DATA_PLANE, STORAGE, "s3://kong/prod#eu"))))
    assert (finding.setting, finding.line) == (STORAGE, 7)
    assert f"# on line 7 cuts {STORAGE} off" in finding.message


SHARED_KEY = "[default]\naws_access_key_id = AKIA\naws_secret_access_key = secret-canary\n"


FAULT = "cluster_cert_key /etc/kong/cluster.key is not the key of cluster_cert /etc/kong/cluster.crt"


@pytest.mark.parametrize(
    ("node", "severities"),
    [
        (a_node(version="3.9.1.2"), ["error"]),
        (a_node(version="3.15.0.0"), ["error"]),
        (a_node(version="3.15.0.1"), ["warning"]),
        (a_node(EXPORTING_DATA_PLANE, version="3.11.0.13"), ["error"]),
        (a_node(CONTROL_PLANE, version="3.9.1.2"), []),
    ],
)
def test_a_certificate_that_cannot_be_used_also_costs_the_import_before_the_fix(
    node: Node, severities: list[str]
) -> None:
    found = [each for each in diagnose(replace(node, certificate_fault=FAULT)) if each.code == "cluster-certificate"]
    assert [each.severity for each in found] == severities
    assert all(FAULT in each.message and each.fact == "4.10" for each in found)


def with_shared_file(environment: str, **more: bool) -> Node:
    node = replace(a_node(environment=environment), **more)
    files = SharedFile("/root/.aws/credentials", SHARED_KEY), SharedFile("/root/.aws/config", None)
    return replace(node, surroundings=Surroundings(node.variables, *files))


@pytest.mark.parametrize(
    ("node", "codes"),
    [
        (with_shared_file(NO_KEY), []),
        (with_shared_file(ENVIRONMENT), []),
        (with_shared_file(NO_KEY, instance_role=True), ["credentials-hidden"]),
        (with_shared_file(NO_KEY + "AWS_PROFILE=other\n"), ["credentials-missing"]),
        (a_node(environment=NO_KEY + "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/role\n"), []),
        (a_node(environment=NO_KEY + "AWS_WEB_IDENTITY_TOKEN_FILE=/t\nAWS_ROLE_ARN=arn:aws:iam::1:role/r\n"), []),
    ],
)
def test_credentials_may_come_from_elsewhere_than_the_environment_file(node: Node, codes: list[str]) -> None:
    findings = diagnose(node)
    assert [each.code for each in findings] == codes
    assert "canary" not in str(findings)


@pytest.mark.parametrize(("version", "codes"), [("3.11.0.14", ["proxy", "proxy"]), ("3.12.0.9", ["proxy"])])
def test_the_authorization_of_a_proxy_begins_with_3_12(version: str, codes: list[str]) -> None:
    environment = ENVIRONMENT + "HTTPS_PROXY=http://p:3128\nHTTPS_PROXY_AUTHORIZATION=Basic canary\n"
    findings = diagnose(a_node(environment=environment, version=version))
    assert [each.code for each in findings] == codes
    assert "canary" not in str(findings)
