# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof on the node: everything that may stand between a gateway and its snapshot, with a sentence of its own."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._node import credential_sources, credentials
from tests.ansible import clean_environment, run_module, run_playbook
from tests.checkout import COLLECTIONS
from tests.conftest import Store
from tests.fleet.host import DATABASE_PASSWORD, DataPlane
from tests.servers import Credentials, S3Server, seaweedfs
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.s3 import allow
from tests.servers.scripted import Asked, Reply, forwarded, scripted
from tests.servers.tls import private_authority
from tests.snapshots import body, flat, route
from tests.stand_in.install import install
from tests.waiting import until

# The pytest process may have threads; the module that forks has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

VERSION = "3.11.0.14"
GOOD = body(flat())
SECRET = "secret-of-the-snapshot-4b1d"
SESSION = "session-token-canary-8f20"


@dataclass
class Importer:
    """A data plane before its first start, and what the tests change around it."""

    host: DataPlane
    store: Store
    reader: Credentials

    @property
    def home(self) -> Path:
        """The home of the user that starts the gateway."""
        return self.host.root / "root"

    @property
    def temporary(self) -> Path:
        """Where the module has its files."""
        return self.host.root / "tmp"

    def configure(self, *lines: str) -> None:
        """Add lines to kong.conf."""
        with self.host.kong_conf.open("a") as conf:
            conf.write("\n".join(lines) + "\n")

    def environ(self, **variables: str | None) -> None:
        """Write the environment file: the reader's key and the store's address, unless told otherwise."""
        values = {
            "AWS_REGION": self.store.server.region,
            "AWS_CONFIG_STORAGE_ENDPOINT": f"{self.store.server.endpoint_url}/",
            "AWS_ACCESS_KEY_ID": self.reader.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.reader.secret_access_key,
            **variables,
        }
        self.host.environment_file.touch(mode=0o600)
        self.host.environment_file.write_text(
            "".join(f"{name}='{value}'\n" for name, value in values.items() if value is not None)
        )

    def environ_without_key(self, **variables: str) -> None:
        """The environment file of a host that takes its key from elsewhere."""
        self.environ(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, **variables)

    def put(self, snapshot: bytes, version: str = VERSION) -> None:
        """Replace the snapshot."""
        self.store.server.client().put_object(
            Bucket=self.store.bucket, Key=f"prod/{version}/config.json", Body=snapshot
        )

    def options(self, **changed: Any) -> dict[str, Any]:
        """The module's options for this host."""
        return {
            "path": str(self.host.kong_conf),
            "kong_command": str(self.host.kong),
            "environment_files": [str(self.host.environment_file)],
            "_ansible_tmpdir": str(self.temporary),
            **changed,
        }

    def prove(self, **changed: Any) -> dict[str, Any]:
        """Run the module; whatever comes out, nothing is left and no secret is told."""
        answer = run_module("snapshot_import_info", self.options(**changed), environment={"HOME": str(self.home)})
        assert list(self.temporary.iterdir()) == []
        hidden = (self.reader.secret_access_key, SECRET, SESSION, DATABASE_PASSWORD, "X-Amz-Signature")
        assert not [secret for secret in hidden if secret in answer["printed"]]
        return answer


@pytest.fixture
def importer(tmp_path: Path, moto_store: Store) -> Importer:
    """A node with read access to a good snapshot of its version."""
    return new_importer(tmp_path, moto_store)


def new_importer(directory: Path, store: Store) -> Importer:
    host = DataPlane("dp1", directory / "dp1", VERSION)
    host.provision()
    resources = [f"arn:aws:s3:::{store.bucket}/prod/*/config.json"]
    reader = store.server.create_identity(f"reader-{store.bucket}", allow(["s3:GetObject"], resources))
    importer = Importer(host, store, reader)
    importer.home.mkdir()
    importer.temporary.mkdir()
    importer.configure(f"cluster_fallback_config_storage = {store.url}", "cluster_fallback_config_import = on")
    importer.environ()
    importer.put(GOOD)
    return importer


def codes(answer: Mapping[str, Any]) -> dict[str, str]:
    """The findings: code and severity."""
    return {finding["code"]: finding["severity"] for finding in answer["findings"]}


def test_a_node_that_would_import_says_so(importer: Importer) -> None:
    answer = importer.prove()

    assert answer["outcome"] == "ok", answer
    assert answer["findings"] == []
    assert (answer["sha256"], answer["size"]) == (hashlib.sha256(GOOD).hexdigest(), len(GOOD))
    assert len(answer["configuration_hash"]) == 32
    assert answer["credential_source"] == "environment"
    assert answer["gateway_version"] == VERSION
    assert 0 < answer["seconds"] < 60
    location = f"{importer.store.url}/{VERSION}/config.json"
    expected = f"This node read {location} with the key of AWS_ACCESS_KEY_ID, and its gateway {VERSION} accepts it."
    assert answer["message"] == expected
    assert not importer.host.prefix.joinpath("logs").exists(), "the gateway's folder was touched"


def test_a_playbook_proves_a_host(importer: Importer, tmp_path: Path) -> None:
    importer.put(body(flat(plugins=[{"name": "none-such"}])))
    playbook = """
        - hosts: all
          gather_facts: false
          tasks:
            - name: Prove
              kongops.fallback.snapshot_import_info:
                path: "{{ kong_fallback_kong_conf }}"
                kong_command: "{{ kong_fallback_kong_command }}"
                environment_files: ["{{ kong_fallback_environment_file }}"]
              register: proof
              failed_when: proof.outcome != 'ok'
    """
    variables = " ".join(f"{name}='{value}'" for name, value in importer.host.variables().items())

    refused = run_playbook(playbook, tmp_path / "run", "-vvv", "--check", inventory=f"dp1 {variables}\n")
    importer.put(GOOD)
    run = run_playbook(playbook, tmp_path / "run", "-vvv", inventory=f"dp1 {variables}\n")

    assert refused.code != 0
    assert refused["Prove"]["outcome"] == "refused_by_gateway"
    assert run.code == 0, run.output
    assert run["Prove"]["outcome"] == "ok"
    assert importer.reader.secret_access_key not in run.output + refused.output


def test_the_environment_that_the_node_will_get_counts_before_it_is_written(importer: Importer) -> None:
    planned = {
        "path": str(importer.host.environment_file),
        "region": importer.store.server.region,
        "endpoint_url": importer.store.server.endpoint_url,
        "access_key_id": importer.reader.access_key_id,
        "secret_access_key": importer.reader.secret_access_key,
    }
    importer.environ(AWS_REGION=None, AWS_ACCESS_KEY_ID="AKIANOSUCHKEY0000000")
    before = importer.host.environment_file.read_bytes()

    assert importer.prove()["outcome"] != "ok"
    assert importer.prove(environment=planned)["outcome"] == "ok"
    without_key = {name: value for name, value in planned.items() if "access_key" not in name}
    switched_off = {**without_key, "variables": {"AWS_EC2_METADATA_DISABLED": "true"}}
    assert codes(importer.prove(environment=switched_off))["credentials-missing"] == "error"
    assert importer.host.environment_file.read_bytes() == before


def test_what_is_demanded_of_a_snapshot_holds_on_the_node_too(importer: Importer) -> None:
    answer = importer.prove(minimum_entities={"services": 100})
    assert answer["outcome"] == "shrunk", answer
    importer.put(body(flat(own_entities=[])))
    assert "unknown-collection" not in codes(importer.prove(custom_collections=["own_entities"]))


# What the store says, and what is in it


def _missing(importer: Importer) -> None:
    key = f"prod/{VERSION}/config.json"
    importer.store.server.client().delete_object(Bucket=importer.store.bucket, Key=key)


def _no_bucket(importer: Importer) -> None:
    importer.configure("cluster_fallback_config_storage = s3://none-such-bucket-5d1/prod")
    root = importer.store.server.root
    importer.environ(AWS_ACCESS_KEY_ID=root.access_key_id, AWS_SECRET_ACCESS_KEY=root.secret_access_key)


def _denied(importer: Importer) -> None:
    elsewhere = allow(["s3:GetObject"], ["arn:aws:s3:::elsewhere/*"])
    stranger = importer.store.server.create_identity(f"stranger-{importer.store.bucket}", elsewhere)
    importer.environ(AWS_ACCESS_KEY_ID=stranger.access_key_id, AWS_SECRET_ACCESS_KEY=stranger.secret_access_key)


def _unknown_key(importer: Importer) -> None:
    importer.environ(AWS_ACCESS_KEY_ID="AKIANOSUCHKEY0000000")


def _wrong_secret(importer: Importer) -> None:
    importer.environ(AWS_SECRET_ACCESS_KEY="not-the-secret-of-this-key-1a2b")


def _half_a_key(importer: Importer) -> None:
    importer.environ(AWS_SECRET_ACCESS_KEY=None)


def _empty_key(importer: Importer) -> None:
    importer.environ(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")


def _no_region(importer: Importer) -> None:
    importer.environ(AWS_REGION=None)


def _no_credentials(importer: Importer) -> None:
    importer.environ_without_key(AWS_EC2_METADATA_DISABLED="true")


def _refused(importer: Importer) -> None:
    importer.environ(AWS_CONFIG_STORAGE_ENDPOINT=f"http://{LOOPBACK}:{free_port()}/")


def _unknown_host(importer: Importer) -> None:
    importer.environ(AWS_CONFIG_STORAGE_ENDPOINT="http://none-such.invalid:9000/")


def _not_a_proxy(importer: Importer) -> None:
    importer.environ(HTTP_PROXY=f"user:{SECRET}@proxy:3128")


def _no_such_port(importer: Importer) -> None:
    importer.environ(AWS_CONFIG_STORAGE_ENDPOINT="http://store.example.com:99999")


def _key_that_no_header_can_carry(importer: Importer) -> None:
    importer.environ(AWS_ACCESS_KEY_ID="AKIA€")


def _empty(importer: Importer) -> None:
    importer.put(body({"_format_version": "3.0"}))


def _no_bytes(importer: Importer) -> None:
    importer.put(b"")


def _cut_off(importer: Importer) -> None:
    importer.put(GOOD[:-20])


def _unknown_plugin(importer: Importer) -> None:
    importer.put(body(flat(plugins=[{"name": "none-such", "config": {"key": SECRET}}])))


def _dangling_reference(importer: Importer) -> None:
    importer.put(body(flat(routes=[route(service=SECRET)])))


def _wrong_certificate_setting(importer: Importer) -> None:
    importer.configure("lua_ssl_trusted_certificate = system,/none/such/authority.pem")


def _open_source(importer: Importer) -> None:
    install(importer.host.kong.parent, "3.9.1", "open source")


CASES: dict[Callable[[Importer], None], tuple[str, str, str]] = {
    _missing: ("missing", "missing", f"There is no snapshot for gateway {VERSION}: This node could not read s3://"),
    _no_bucket: ("missing", "missing", "there is no such bucket"),
    _denied: ("denied", "denied", "the store denies access: grant s3:GetObject"),
    _unknown_key: ("denied", "denied", "the store does not know this access key"),
    _wrong_secret: ("denied", "denied", "the secret does not belong to the access key"),
    _half_a_key: ("denied", "credentials-missing", "one half of the key is missing or empty"),
    _empty_key: ("denied", "credentials-missing", "one half of the key is missing or empty"),
    _no_region: ("unreachable", "region-missing", "No AWS_REGION reaches the gateway"),
    _no_credentials: ("denied", "credentials-missing", "the gateway finds no credentials"),
    _refused: ("unreachable", "unreachable", "connect to it, or correct AWS_CONFIG_STORAGE_ENDPOINT (kong_"),
    _unknown_host: ("unreachable", "unreachable", "the name of none-such.invalid:9000 cannot be resolved"),
    _not_a_proxy: ("unreachable", "unreachable", "HTTP_PROXY is not the address of a proxy: write http://host:port"),
    _no_such_port: ("unreachable", "unreachable", "store.example.com:99999 or the credentials contain characters"),
    _key_that_no_header_can_carry: (
        "unreachable",
        "unreachable",
        "or the credentials contain characters that a request",
    ),
    _empty: ("empty", "empty", "but cannot use it: The snapshot has no entities"),
    _no_bytes: ("corrupt", "truncated", "but cannot use it: The snapshot"),
    _cut_off: ("corrupt", "truncated", "but cannot use it: The snapshot"),
    _unknown_plugin: (
        "refused_by_gateway",
        "refused-by-gateway",
        "but cannot use it: The gateway refuses the snapshot: in 'plugins'",
    ),
    _dangling_reference: ("refused_by_gateway", "refused-by-gateway", "service: no such entity in 'services'"),
    _wrong_certificate_setting: ("unreachable", "unreachable", "names /none/such/authority.pem, which cannot be read"),
    _open_source: ("unimportable", "open-source-gateway", "open-source gateway, which ignores every fallback setting"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
def test_whatever_is_wrong_is_a_report_with_its_own_sentence(importer: Importer, case: Any) -> None:
    outcome, code, sentence = CASES[case]
    case(importer)

    answer = importer.prove()

    assert not answer["failed"], answer
    assert answer["outcome"] == outcome, answer
    assert codes(answer)[code] == "error"
    assert sentence in answer["message"]


def test_our_own_judgement_names_the_place_that_the_gateway_means(importer: Importer) -> None:
    _dangling_reference(importer)

    answer = importer.prove()
    findings = {finding["code"]: finding for finding in answer["findings"]}

    assert answer["message"].endswith("Look at /routes/0/service in the snapshot.")
    assert findings["dangling-reference"]["pointer"] == "/routes/0/service"


def test_a_plugin_that_the_setting_of_the_node_lacks_is_named_with_its_place(importer: Importer) -> None:
    importer.configure("plugins = key-auth, acl")
    importer.put(body(flat(plugins=[{"name": "key-auth"}, {"name": "cors"}])))

    answer = importer.prove()
    findings = {finding["code"]: finding for finding in answer["findings"]}

    assert answer["outcome"] == "refused_by_gateway"
    assert findings["plugin-not-allowed"]["pointer"] == "/plugins/1/name"


def test_the_gateway_has_the_last_word_about_what_it_takes(importer: Importer) -> None:
    """A plugin that only this node has brings a collection of its own, and the node's kong.conf enables it."""
    program = importer.host.root / "usr/local/bin/own-kong"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = config ] && [ "$4" = {importer.host.kong_conf} ] && echo "parse successful"\nexit $?\n'
    )
    program.chmod(0o755)
    importer.put(body(flat(own_entities=[])))

    answer = importer.prove(kong_command=str(program), gateway_version=VERSION)

    assert answer["outcome"] == "ok", answer
    assert codes(answer) == {"unknown-collection": "warning"}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (None, "cannot run /none/such/kong (No such file or directory)"),
        ("echo 'Error: no such command'; exit 1", "no such command"),
        ("true", "it said nothing"),
    ],
)
def test_a_gateway_that_cannot_be_asked_is_a_warning(importer: Importer, script: str | None, why: str) -> None:
    program = Path("/none/such/kong")
    if script:
        program = importer.host.root / "kong"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    answer = importer.prove(kong_command=str(program), gateway_version=VERSION)
    _dangling_reference(importer)
    refused = importer.prove(kong_command=str(program), gateway_version=VERSION)

    assert answer["outcome"] == "ok"
    assert codes(answer) == {"gateway-not-asked": "warning"}
    assert why in answer["findings"][0]["message"]
    assert answer["message"].endswith("was not asked whether it accepts it.")
    assert refused["outcome"] == "unimportable"


def test_the_gateways_words_come_without_secrets(importer: Importer) -> None:
    """A gateway that repeats all that it reads, its environment and its kong.conf."""
    program = importer.host.root / "chatty-kong"
    program.write_text(
        '#!/bin/sh\necho "Error: Failed parsing:"\nprintf "in route orders: "\n'
        f'tr -d "\\n" < "$5"\nenv\ncat {importer.host.kong_conf}\nexit 1\n'
    )
    program.chmod(0o755)
    importer.configure(f"pg_password = {DATABASE_PASSWORD}")
    importer.put(body(flat(keyauth_credentials=[{"key": SECRET}], plugins=[{"name": "cors", "config": {"a": SECRET}}])))

    answer = importer.prove(kong_command=str(program), gateway_version=VERSION)

    assert answer["outcome"] == "refused_by_gateway"
    assert "The gateway refuses the snapshot: in route orders: " in answer["findings"][0]["message"]
    assert len(answer["findings"][0]["message"]) < 450


def test_a_snapshot_beyond_max_size_is_not_read(importer: Importer) -> None:
    answer = importer.prove(max_size=len(GOOD) - 1)

    assert (answer["outcome"], answer["sha256"]) == ("corrupt", None)
    assert "raise max_size" in answer["message"]
    assert codes(answer) == {"too-big": "error"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"timeout": 0}, "timeout is 0: give a number of seconds, 1 or more."),
        ({"max_size": -1}, "max_size (kong_fallback_max_size in roles) is -1: give a number of bytes, 1 or more."),
        ({"storage": "https://bucket/prod"}, "the gateway has no https:// form"),
        ({"path": "/none/such.conf"}, "sets no cluster_fallback_config_storage: set the node up first"),
    ],
)
def test_options_without_sense_fail_with_one_sentence(
    importer: Importer, options: dict[str, Any], sentence: str
) -> None:
    answer = importer.prove(**options)

    assert answer["failed"]
    assert sentence in answer["msg"]


# What stands between the node and the store


def of_s3(code: str, status: int, **headers: str) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(status, f"<Error><Code>{code}</Code></Error>".encode(), headers)


def page(status: int) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(status, b"<html>Please log in</html>", {"Content-Type": "text/html; charset=utf-8"})


ANSWERS: dict[str, tuple[Callable[[Asked], Reply], str, str]] = {
    "captive portal": (page(200), "corrupt", "a web page came instead, as from a captive portal"),
    "captive portal that redirects": (page(302), "unreachable", "the answer is 302, but not one of S3"),
    "a web server": (page(404), "unreachable", "the answer is 404, but not one of S3"),
    "another region": (
        of_s3("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-west-3"}),
        "unreachable",
        "the bucket is in the region eu-west-3, but AWS_REGION is eu-central-1",
    ),
    "a region without a name": (of_s3("TemporaryRedirect", 307), "unreachable", "the bucket is in another region"),
    "expired": (of_s3("ExpiredToken", 400), "denied", "the session of these credentials has expired"),
    "clock": (of_s3("RequestTimeTooSkewed", 403), "denied", "the clock of this node differs too much"),
    "busy": (of_s3("SlowDown", 503), "unreachable", "the store answers 503 SlowDown"),
    "cut off": (lambda asked: Reply(200, GOOD, {"Content-Length": "9999"}), "corrupt", f"{len(GOOD)} of 9999 bytes"),
    "trickling": (lambda asked: Reply(200, GOOD, pause=0.2), "unreachable", "within the timeout of 2 seconds"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_no_snapshot_is_named(importer: Importer, name: str) -> None:
    reply, outcome, sentence = ANSWERS[name]
    with scripted(reply) as server:
        importer.environ(AWS_CONFIG_STORAGE_ENDPOINT=server.url)
        answer = importer.prove(timeout=2 if name == "trickling" else 30)

    assert answer["outcome"] == outcome, answer
    assert sentence in answer["message"]
    assert answer["seconds"] < 10
    assert answer["credential_source"] == "environment"


def test_a_gateway_that_hangs_over_the_snapshot_is_ended(importer: Importer) -> None:
    program = importer.host.root / "hanging-kong"
    program.write_text('#!/bin/sh\n[ "$1" = version ] || sleep 600\n')
    program.chmod(0o755)

    answer = importer.prove(kong_command=str(program), gateway_version=VERSION, timeout=2)

    assert answer["outcome"] == "ok"
    assert codes(answer) == {"gateway-not-asked": "warning"}
    assert not _processes(str(program))


def _processes(part: str) -> list[str]:
    """The commands of running processes with this part."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if part in command:
            found.append(command)
    return found


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_the_way_goes_through_the_proxy_of_the_gateway(importer: Importer, variable: str) -> None:
    with scripted(forwarded) as proxy:
        importer.environ(**{variable: proxy.url})
        through = importer.prove()
        asked = [request.target for request in proxy.asked]
        importer.environ(**{variable: proxy.url, "NO_PROXY": f"elsewhere.example.com,{LOOPBACK}"})
        past = importer.prove()

        assert (through["outcome"], past["outcome"]) == ("ok", "ok")
        assert asked == [f"{importer.store.server.endpoint_url}/{importer.store.bucket}/prod/{VERSION}/config.json"]
        assert len(proxy.asked) == 1


def test_a_proxy_that_refuses_is_named(importer: Importer) -> None:
    with scripted(lambda asked: Reply(407)) as proxy:
        importer.environ(HTTPS_PROXY=proxy.url, AWS_CONFIG_STORAGE_ENDPOINT="https://store.example.com")
        answer = importer.prove()

    assert answer["outcome"] == "unreachable"
    address = proxy.url.removeprefix("http://")
    sentence = f"the proxy {address} (HTTPS_PROXY) refuses to connect to store.example.com: it answers 407"
    assert sentence in answer["message"]
    assert [request.target for request in proxy.asked] == ["store.example.com:443"]


@dataclass(frozen=True)
class Private:
    """A node whose store has a private authority."""

    importer: Importer
    authority: Path


@pytest.fixture(scope="module")
def private_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[S3Server, Path]]:
    """SeaweedFS with TLS, and the authority of its certificate."""
    tls = private_authority(tmp_path_factory.mktemp("tls"))
    with seaweedfs(tls) as server:
        yield server, tls.authority


@pytest.fixture
def private(tmp_path: Path, private_server: tuple[S3Server, Path]) -> Private:
    """A node that does not know the authority yet."""
    server, authority = private_server
    store = Store(server, server.create_bucket(f"fallback-{tmp_path.name.replace('_', '-').lower()[:40]}"))
    return Private(new_importer(tmp_path, store), authority)


def test_a_private_authority_has_to_be_in_kong_conf(private: Private) -> None:
    untrusted = private.importer.prove()
    private.importer.configure(f"lua_ssl_trusted_certificate = system,{private.authority}")
    trusted = private.importer.prove()

    assert untrusted["outcome"] == "unreachable"
    assert "the certificate of 127.0.0.1:" in untrusted["message"]
    assert "put its authority into lua_ssl_trusted_certificate" in untrusted["message"]
    assert trusted["outcome"] == "ok", trusted


def test_tls_goes_through_a_tunnel_of_the_proxy(private: Private) -> None:
    private.importer.configure(f"lua_ssl_trusted_certificate = {private.authority}")
    with scripted(forwarded) as proxy:
        private.importer.environ(https_proxy=proxy.url)
        answer = private.importer.prove()

    assert answer["outcome"] == "ok", answer
    assert [request.method for request in proxy.asked] == ["CONNECT"]


def test_a_certificate_for_another_name_is_not_trusted(private: Private) -> None:
    private.importer.configure(f"lua_ssl_trusted_certificate = {private.authority}")
    elsewhere = private.importer.store.server.endpoint_url.replace(LOOPBACK, "localhost")
    private.importer.environ(AWS_CONFIG_STORAGE_ENDPOINT=elsewhere)

    answer = private.importer.prove()

    assert answer["outcome"] == "unreachable"
    assert "the certificate of localhost:" in answer["message"]


def test_a_store_without_tls_is_named(importer: Importer) -> None:
    importer.environ(AWS_CONFIG_STORAGE_ENDPOINT=importer.store.server.endpoint_url.replace("http:", "https:"))

    answer = importer.prove()

    assert answer["outcome"] == "unreachable"
    assert "does not speak TLS as it should" in answer["message"]


# Where the credentials come from


def handed_out(importer: Importer, token: str = "") -> bytes:
    """What an endpoint of ECS, EKS or EC2 hands out."""
    reader = importer.reader
    return json.dumps(
        {"AccessKeyId": reader.access_key_id, "SecretAccessKey": reader.secret_access_key, "Token": token}
    ).encode()


def test_the_shared_file_gives_the_key_of_the_profile(importer: Importer) -> None:
    importer.environ_without_key(AWS_PROFILE="fallback")
    shared = importer.home / ".aws/credentials"
    shared.parent.mkdir()
    shared.write_text(
        "[default]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n[fallback]\n"
        f"aws_access_key_id = {importer.reader.access_key_id}\n"
        f"aws_secret_access_key={importer.reader.secret_access_key}\n"
    )

    answer = importer.prove(instance_role=True)

    assert (answer["outcome"], answer["credential_source"]) == ("ok", "shared_file")
    assert codes(answer) == {"credentials-hidden": "warning"}
    assert f"profile fallback (AWS_PROFILE) in {shared}" in answer["findings"][0]["message"]


def test_a_stale_key_that_hides_the_role_is_named_with_it(importer: Importer) -> None:
    importer.environ(
        AWS_SECRET_ACCESS_KEY="stale-secret-of-last-year-77", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/x"
    )

    answer = importer.prove()

    assert (answer["outcome"], answer["credential_source"]) == ("denied", "environment")
    hidden = next(finding for finding in answer["findings"] if finding["code"] == "credentials-hidden")
    assert "uses the key of AWS_ACCESS_KEY_ID instead of the role of its container" in hidden["message"]


def test_a_container_of_ecs_gives_a_role(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(lambda asked: Reply(200, handed_out(importer))) as endpoint:
        monkeypatch.setattr(credentials, "CONTAINER_HOST", endpoint.url)
        importer.environ_without_key(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/credentials/x")
        answer = importer.prove(instance_role=True)

    assert (answer["outcome"], answer["credential_source"]) == ("ok", "container")
    assert [request.target for request in endpoint.asked] == ["/v2/credentials/x"]
    assert answer["findings"] == []


def test_a_pod_of_eks_gives_a_role_for_the_token_in_its_file(importer: Importer) -> None:
    token = importer.home / "token"
    token.write_text(f"{SESSION}\n")

    def agent(asked: Asked) -> Reply:
        return Reply(200, handed_out(importer)) if asked.headers.get("authorization") == SESSION else Reply(401)

    with scripted(agent) as endpoint:
        pod = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint.url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
        }
        importer.environ_without_key(**pod)
        answer = importer.prove()
        token.write_text("another")
        importer.environ_without_key(**pod, AWS_EC2_METADATA_DISABLED="true")
        refused = importer.prove()

    assert (answer["outcome"], answer["credential_source"]) == ("ok", "container")
    assert (refused["outcome"], refused["credential_source"]) == ("denied", None)
    assert codes(refused) == {"credential-source-failed": "warning", "credentials-missing": "error"}
    assert "the endpoint answers 401" in refused["findings"][0]["message"]


def test_a_web_identity_assumes_its_role_at_sts(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = importer.reader
    token = importer.home / "token"
    token.write_text(SESSION)

    def sts(asked: Asked) -> Reply:
        wanted = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
        assert wanted in asked.target
        assert asked.target.endswith(f"WebIdentityToken={SESSION}")
        keys = f"<AccessKeyId>{reader.access_key_id}</AccessKeyId>"
        keys += f"<SecretAccessKey>{reader.secret_access_key}</SecretAccessKey>"
        return Reply(200, f"<R><Credentials>{keys}<SessionToken></SessionToken></Credentials></R>".encode())

    with scripted(sts) as server:
        monkeypatch.setattr(credentials, "aws_endpoint", lambda service, region: server.url)
        importer.environ_without_key(AWS_ROLE_ARN="arn:aws:iam::1:role/r", AWS_WEB_IDENTITY_TOKEN_FILE=str(token))
        answer = importer.prove(instance_role=True)

    assert (answer["outcome"], answer["credential_source"]) == ("ok", "web_identity")
    assert answer["message"].startswith("This node read s3://")


def test_an_instance_of_ec2_gives_its_role_by_imdsv2(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    roles = "/latest/meta-data/iam/security-credentials/"

    def metadata(asked: Asked) -> Reply:
        if (asked.method, asked.target) == ("PUT", "/latest/api/token"):
            return Reply(200, b"a-token")
        if asked.headers.get("x-aws-ec2-metadata-token") != "a-token":
            return Reply(401)
        return Reply(200, {roles: b"fallback", f"{roles}fallback": handed_out(importer)}[asked.target])

    with scripted(metadata) as server:
        monkeypatch.setattr(credential_sources, "METADATA", server.url)
        importer.environ_without_key()
        answer = importer.prove(instance_role=True)
        importer.environ_without_key(AWS_EC2_METADATA_DISABLED="0")
        disabled = importer.prove(instance_role=True)

    assert (answer["outcome"], answer["credential_source"]) == ("ok", "instance_metadata")
    assert "with the role of its instance" in answer["message"]
    assert (disabled["outcome"], disabled["credential_source"]) == ("denied", None)
    assert codes(disabled) == {"metadata-disabled": "warning", "credentials-missing": "error"}


# The module killed


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda end: end.name)
def test_a_module_that_is_killed_leaves_no_file_and_no_process(importer: Importer, end: signal.Signals) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(scripted(lambda asked: Reply(200, GOOD, pause=0.2)))
        importer.environ(AWS_CONFIG_STORAGE_ENDPOINT=server.url)
        command = [sys.executable, "-m", "ansible_collections.kongops.fallback.plugins.modules.snapshot_import_info"]
        environment = {**clean_environment(), "PYTHONPATH": str(COLLECTIONS), "HOME": str(importer.home)}
        module = stack.enter_context(
            subprocess.Popen(command, env=environment, text=True, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL)
        )
        assert module.stdin
        json.dump({"ANSIBLE_MODULE_ARGS": importer.options()}, module.stdin)
        module.stdin.close()
        file = until(lambda: next(importer.temporary.glob("*/config.json"), None), 60)
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        commands = [Path(f"/proc/{module.pid}/cmdline").read_text()]
        time.sleep(0.3)

        module.send_signal(end)

        assert module.wait(timeout=30) != 0
        until(lambda: not list(importer.temporary.iterdir()), 30)
        until(lambda: not _children_of(importer), 30)
    assert importer.reader.secret_access_key not in commands[0]


def _children_of(importer: Importer) -> list[str]:
    """Processes of the module that still run in the host's name."""
    found = []
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"HOME={importer.home}".encode() in process.read_bytes():
                found.append(process.parent.name)
        except OSError:
            continue
    return found
