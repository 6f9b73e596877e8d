# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_in.installation import OPEN_SOURCE, Installation
from tests.stand_in.settings import InvalidSettings, Listener, Settings, check, load

HYBRID = "cluster_cert=-----BEGIN CERTIFICATE-----\ncluster_cert_key=-----BEGIN KEY-----\n"
CONTROL_PLANE = f"role=control_plane\n{HYBRID}"
DATA_PLANE = f"role=data_plane\ndatabase=off\ncluster_control_plane=cp:8005\n{HYBRID}"
EXPORT = "cluster_fallback_config_export=on\n"
IMPORT = "cluster_fallback_config_import=on\n"
STORAGE = "cluster_fallback_config_storage=s3://bucket/prod\n"
S3_CONFIG = "cluster_fallback_export_s3_config="

STARTS = [
    "",
    CONTROL_PLANE,
    DATA_PLANE,
    CONTROL_PLANE + EXPORT + STORAGE,
    DATA_PLANE + IMPORT + STORAGE,
    DATA_PLANE + EXPORT + IMPORT + STORAGE,
    CONTROL_PLANE + EXPORT.replace("on", "yes"),
    CONTROL_PLANE + EXPORT + STORAGE + S3_CONFIG + '{"ServerSideEncryption":"aws:kms"}',
    CONTROL_PLANE + EXPORT + "cluster_fallback_config_storage=gcs://bucket/prod",
    "cluster_fallback_config=on\ncluster_fallback_config_exporter=on",
]
REFUSED = {
    "role": ("role=dataplane", "role has an invalid value"),
    "database": ("database=Off", "database has an invalid value"),
    "control plane without database": (f"{CONTROL_PLANE}database=off", "in-memory storage can not be used"),
    "data plane with database": (DATA_PLANE.replace("database=off", ""), "only in-memory storage"),
    "data plane without proxy": (f"{DATA_PLANE}proxy_listen=off", "proxy_listen must be specified"),
    "control plane without port": (DATA_PLANE.replace("cp:8005", "cp"), "cluster_control_plane must be of form"),
    "no certificate": (CONTROL_PLANE.replace("cluster_cert=", "x="), "cluster certificate and key must be provided"),
    "no such certificate": (f"{CONTROL_PLANE}cluster_cert=/no/such", "cluster_cert: failed loading certificate"),
    "vault": (f"{CONTROL_PLANE}cluster_cert={{vault://hcv/x/y}}", "failed to dereference"),
    "unset environment vault": (f"{CONTROL_PLANE}cluster_cert_key={{vault://env/nothing}}", "failed to dereference"),
    "listen": ("proxy_listen=8000", "proxy_listen must be of form"),
    "listen flag": ("admin_listen=127.0.0.1:8001 tls", "admin_listen must be of form"),
    "control plane on Konnect": (
        CONTROL_PLANE + "konnect_mode=on\n",
        'konnect_mode can only be used when role = "data_plane"',
    ),
    "export on traditional": (EXPORT + STORAGE, 'can not be used when role = "traditional"'),
    "import on traditional": (IMPORT + STORAGE, 'can not be used when role = "traditional"'),
    "import on control plane": (CONTROL_PLANE + IMPORT + STORAGE, "cluster_fallback_config_import can not be used"),
    "export without storage": (CONTROL_PLANE + EXPORT, "cluster_fallback_config_storage must be specified"),
    "import without storage": (DATA_PLANE + IMPORT, "cluster_fallback_config_storage must be specified"),
    "scheme": (CONTROL_PLANE + EXPORT + STORAGE.replace("s3", "https"), "must begin with s3://"),
    "scheme of a later version": (CONTROL_PLANE + EXPORT + STORAGE.replace("s3", "gs"), "must begin with s3://"),
    "s3_config": (CONTROL_PLANE + EXPORT + STORAGE + S3_CONFIG + "{", "must be a JSON object"),
    "s3_config elsewhere": (
        CONTROL_PLANE + EXPORT + STORAGE.replace("s3", "gcs") + S3_CONFIG + "{}",
        "can only be used with a storage that begins with s3://",
    ),
}


def loaded(
    tmp_path: Path, text: str, version: str = "3.11.0.14", edition: str = "enterprise", **environ: str
) -> Settings:
    path = tmp_path / "kong.conf"
    path.write_text(text)
    return load(Installation(version, edition), environ, path)


@pytest.mark.parametrize("name", ["role", "database", "prefix", "proxy_listen"])
def test_an_emptied_setting_does_not_get_its_default(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidSettings, match=name):
        check(loaded(tmp_path, DATA_PLANE, **{f"KONG_{name.upper()}": ""}))


def test_a_no_break_space_in_the_environment_is_part_of_the_value(tmp_path: Path) -> None:
    settings = loaded(tmp_path, DATA_PLANE, KONG_CLUSTER_FALLBACK_CONFIG_IMPORT="on\u00a0 ")
    assert not settings.on("cluster_fallback_config_import")


@pytest.mark.parametrize("text", STARTS)
def test_starts(tmp_path: Path, text: str) -> None:
    check(loaded(tmp_path, text))


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_to_start(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InvalidSettings, match=reason.replace("(", r"\(")):
        check(loaded(tmp_path, text))


@pytest.mark.parametrize(("version", "edition"), [("3.9.1", OPEN_SOURCE), ("3.1.1.6", "enterprise")])
def test_a_gateway_without_the_feature_ignores_it_without_a_word(tmp_path: Path, version: str, edition: str) -> None:
    settings = check(loaded(tmp_path, EXPORT + IMPORT, version, edition))
    assert not settings.exports
    assert not settings.imports


def test_s3_config_is_unknown_before_3_5(tmp_path: Path) -> None:
    check(loaded(tmp_path, CONTROL_PLANE + EXPORT + STORAGE + S3_CONFIG + "{", "3.4.3.11"))


def test_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    path = tmp_path / "kong.conf"
    path.write_text("prefix = /file\nlog_level = debug\nrole = control_plane\nnode_id = x # y")
    environ = {"KONG_PREFIX": "/environment", "KONG_LOG_LEVEL": " warn ", "KONG_NODE_ID": "a # b", "KONG_ROLE": ""}
    settings = load(Installation("3.11.0.14"), environ, path, "/command-line")
    assert settings.prefix == Path("/command-line")
    assert settings.text("log_level") == "warn"
    assert settings.text("node_id") == "a # b"
    assert settings.text("role") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("on", True), ("true", True), ("On", False), ("TRUE", False), ("yes", False), ("1", False), ('"on"', False)],
)
def test_only_on_and_true_are_true(tmp_path: Path, value: str, expected: bool) -> None:
    assert loaded(tmp_path, f"incremental_sync = {value}").on("incremental_sync") is expected


def test_a_bad_number_is_unset(tmp_path: Path) -> None:
    name = "cluster_fallback_config_export_delay"
    assert loaded(tmp_path, f"{name} = 5s").seconds(name) == 60
    assert loaded(tmp_path, f"{name} = 5 # s").seconds(name) == 5


def test_listeners() -> None:
    settings = load(Installation("3.11.0.14"), {}, Path("/dev/null"))
    assert settings.listeners("proxy_listen") == [Listener("0.0.0.0", 8000), Listener("0.0.0.0", 8443, True)]  # noqa: S104
    environ = {"KONG_PROXY_LISTEN": "[::1]:80, host:81 proxy_protocol", "KONG_ADMIN_LISTEN": "off"}
    settings = load(Installation("3.11.0.14"), environ, Path("/dev/null"))
    assert settings.listeners("proxy_listen") == [Listener("::1", 80), Listener("host", 81)]
    assert settings.listeners("admin_listen") == []


@pytest.mark.parametrize(("version", "listening"), [("3.5.0.4", False), ("3.6.0.0", True)])
def test_the_status_listener_is_on_by_default_since_3_6(version: str, listening: bool) -> None:
    settings = load(Installation(version), {}, Path("/dev/null"))
    assert settings.listeners("status_listen") == ([Listener("127.0.0.1", 8007)] if listening else [])


def test_a_vault_reference_into_the_environment_resolves(tmp_path: Path) -> None:
    text = f"{CONTROL_PLANE}cluster_cert = {{vault://env/my-cert}}"
    assert check(loaded(tmp_path, text, MY_CERT="-----BEGIN")).text("cluster_cert") == "-----BEGIN"
