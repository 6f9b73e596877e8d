# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof on the node with Google Cloud Storage and Azure: logins, refusals, and that nothing secret is told."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ansible_collections.kongops.fallback.plugins.module_utils._storage import cloud_request
from tests.ansible import run_module
from tests.fleet.host import DataPlane
from tests.servers.azurite import CLIENT
from tests.servers.google_storage import GoogleStorage
from tests.servers.scripted import Asked, Reply, Scripted, scripted
from tests.snapshots import body, flat

# The pytest process may have threads; the module that forks has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

VERSION = "3.14.0.8"
KEY = f"prod/{VERSION}/config.json"
GOOD = body(flat())
TOKEN = "access-token-canary-94c1"
BLOB = f"/container/{KEY}"


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Importer:
    """A data plane before its first start."""

    host: DataPlane
    storage: str

    def prove(self, variables: dict[str, str], **changed: Any) -> dict[str, Any]:
        """Run the module; whatever comes out, no secret is told."""
        temporary = self.host.root / "tmp"
        temporary.mkdir(exist_ok=True)
        self.host.environment_file.touch(mode=0o600)
        self.host.environment_file.write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
        options = {
            "path": str(self.host.kong_conf),
            "kong_command": str(self.host.kong),
            "environment_files": [str(self.host.environment_file)],
            "_ansible_tmpdir": str(temporary),
            **changed,
        }
        answer = run_module("snapshot_import_info", options)
        assert list(temporary.iterdir()) == []
        hidden = [TOKEN, CLIENT["AZURE_CLIENT_SECRET"], "BEGIN PRIVATE KEY"]
        assert not [secret for secret in hidden if secret in answer["printed"]]
        return answer


def importer(directory: Path, storage: str) -> Importer:
    host = DataPlane("dp1", directory / "dp1", VERSION)
    host.provision()
    with host.kong_conf.open("a") as conf:
        conf.write(f"cluster_fallback_config_import = on\ncluster_fallback_config_storage = {storage}\n")
    return Importer(host, storage)


def codes(answer: dict[str, Any]) -> dict[str, str]:
    return {finding["code"]: finding["severity"] for finding in answer["findings"] if finding["severity"] == "error"}


def service_account_key(key: rsa.RSAPrivateKey, token_uri: str, form: str = "PKCS8") -> str:
    """The text of a key as Google gives it."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        getattr(serialization.PrivateFormat, form),
        serialization.NoEncryption(),
    )
    account = {"client_email": "gateway@example.com", "token_uri": token_uri, "private_key": pem.decode()}
    return json.dumps({"type": "service_account", **account})


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture
def login() -> Iterator[Callable[[Callable[[Asked], Reply]], Scripted]]:
    """Starts a login that answers as a test says."""
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(scripted(reply))


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_service_account_signs_its_login_and_reads_the_snapshot(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    google_server: GoogleStorage,
    private_key: rsa.RSAPrivateKey,
    login: Callable[[Callable[[Asked], Reply]], Scripted],
    form: str,
) -> None:
    def reply(asked: Asked) -> Reply:
        (assertion,) = parse_qs(asked.body.decode())["assertion"]
        signed, _dot, signature = assertion.rpartition(".")
        private_key.public_key().verify(decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(decoded(signed.partition(".")[2]))
        assert claims["iss"] == "gateway@example.com"
        assert claims["aud"] == f"http://{asked.headers['host']}/token"
        assert claims["iat"] <= time.time() < claims["exp"]
        return Reply(200, json.dumps({"access_token": TOKEN}).encode())

    storage = google_server.fresh()
    storage.bucket.put(KEY, GOOD)
    monkeypatch.setattr(cloud_request, "GOOGLE", google_server.endpoint_url)
    key = service_account_key(private_key, f"{login(reply).url}/token", form)
    node = importer(tmp_path, storage.url)

    answer = node.prove({"GCP_SERVICE_ACCOUNT": key})

    assert answer["outcome"] == "ok", answer["message"]
    assert answer["credential_source"] == "environment"
    assert answer["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert "with the key of GCP_SERVICE_ACCOUNT" in answer["message"]

    missing = node.prove({"GCP_SERVICE_ACCOUNT": key}, storage=f"{storage.url}/nothing")
    assert missing["outcome"] == "missing"
    assert f"There is no snapshot for gateway {VERSION}" in missing["message"]


def test_an_instance_of_google_asks_its_metadata(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    google_server: GoogleStorage,
    login: Callable[[Callable[[Asked], Reply]], Scripted],
) -> None:
    storage = google_server.fresh()
    storage.bucket.put(KEY, GOOD)
    metadata = login(
        lambda asked: Reply(
            200 if asked.headers.get("metadata-flavor") == "Google" else 403,
            json.dumps({"access_token": TOKEN}).encode(),
        )
    )
    monkeypatch.setattr(cloud_request, "GOOGLE", google_server.endpoint_url)
    monkeypatch.setattr(cloud_request, "GOOGLE_METADATA", metadata.url)

    answer = importer(tmp_path, storage.url).prove({"TZ": "UTC"}, instance_role=True)

    assert answer["outcome"] == "ok", answer["message"]
    assert answer["credential_source"] == "instance_metadata"


@dataclass
class AzureDouble:
    """A login and a storage of Microsoft that answer as documented."""

    blob: Reply = field(default_factory=lambda: Reply(200, GOOD, {"Content-Type": "application/json"}))
    login: Reply = field(default_factory=lambda: Reply(200, json.dumps({"access_token": TOKEN}).encode()))

    def __call__(self, asked: Asked) -> Reply:
        if asked.target.startswith(BLOB):
            assert asked.headers["authorization"] == f"Bearer {TOKEN}"
            assert asked.headers["x-ms-version"]
            return self.blob
        if asked.method == "POST":
            form = parse_qs(asked.body.decode())
            assert asked.target == f"/{CLIENT['AZURE_TENANT_ID']}/oauth2/v2.0/token"
            assert form["client_id"] == [CLIENT["AZURE_CLIENT_ID"]]
            assert form["client_secret"] == [CLIENT["AZURE_CLIENT_SECRET"]]
            assert form["scope"] == ["https://storage.azure.com/.default"]
        else:
            assert asked.headers["metadata"] == "true"
        return self.login


@pytest.fixture
def azure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: Callable[[Callable[[Asked], Reply]], Scripted]
) -> tuple[AzureDouble, Importer]:
    double = AzureDouble()
    url = login(double).url
    monkeypatch.setattr(cloud_request, "AZURE", url)
    monkeypatch.setattr(cloud_request, "AZURE_LOGIN", url)
    monkeypatch.setattr(cloud_request, "AZURE_METADATA", f"{url}/metadata")
    return double, importer(tmp_path, "azure://account1/container/prod")


@pytest.mark.parametrize(("variables", "source"), [(CLIENT, "environment"), ({"TZ": "UTC"}, "instance_metadata")])
def test_a_client_of_azure_and_a_managed_identity_read_the_snapshot(
    azure: tuple[AzureDouble, Importer], variables: dict[str, str], source: str
) -> None:
    answer = azure[1].prove(dict(variables), instance_role=source != "environment")
    assert answer["outcome"] == "ok", answer["message"]
    assert answer["credential_source"] == source
    assert answer["sha256"] == hashlib.sha256(GOOD).hexdigest()


@pytest.mark.parametrize(
    ("status", "code", "outcome", "reason"),
    [
        (404, "BlobNotFound", "missing", "There is no snapshot for gateway 3.14.0.8"),
        (404, "ContainerNotFound", "missing", "there is no such bucket"),
        (403, "AuthorizationPermissionMismatch", "denied", "grant the role Storage Blob Data Reader"),
        (503, "ServerBusy", "unreachable", "503 ServerBusy"),
    ],
)
def test_each_refusal_of_azure_has_its_outcome(
    azure: tuple[AzureDouble, Importer], status: int, code: str, outcome: str, reason: str
) -> None:
    azure[0].blob = Reply(status, f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode())
    answer = azure[1].prove(dict(CLIENT))
    assert answer["outcome"] == outcome
    assert reason in answer["message"]


def test_a_secret_that_microsoft_does_not_accept_is_named(azure: tuple[AzureDouble, Importer]) -> None:
    azure[0].login = Reply(401, json.dumps({"error": "invalid_client", "error_description": TOKEN}).encode())
    answer = azure[1].prove(dict(CLIENT))
    assert answer["outcome"] == "denied"
    assert codes(answer) == {"credentials-missing": "error"}
    assert "the login answers 401 invalid_client" in answer["message"]


@pytest.mark.parametrize(
    ("storage", "variables", "reason"),
    [
        ("gs://bucket/prod", {"GCP_SERVICE_ACCOUNT": "/etc/kong/key.json"}, "GCP_SERVICE_ACCOUNT is not JSON"),
        ("gs://bucket/prod", {"GCP_SERVICE_ACCOUNT": '{"type": "user"}'}, "is not the key of a service account"),
        (
            "gs://bucket/prod",
            {
                "GCP_SERVICE_ACCOUNT": json.dumps(
                    {
                        "type": "service_account",
                        "client_email": "gateway@example.com",
                        "private_key": "-----\n!\n-----",
                        "token_uri": "https://example.com",
                    }
                )
            },
            "holds no RSA key in private_key that can be read",
        ),
        (
            "azure://account1/container/prod",
            {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"},
            "AZURE_CLIENT_SECRET",
        ),
    ],
)
def test_credentials_that_no_gateway_can_use_are_named(
    tmp_path: Path, storage: str, variables: dict[str, str], reason: str
) -> None:
    answer = importer(tmp_path, storage).prove(variables)
    assert answer["outcome"] == "denied"
    assert "credentials-missing" in codes(answer)
    assert reason in answer["message"]
