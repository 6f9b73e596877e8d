# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots in Google Cloud Storage and Azure Blob Storage: verified, published, promoted, rolled back as in S3."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.azure_objects import azure_objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.google_objects import google_objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import StoreFailed
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.ansible import run_module
from tests.fleet import Fleet, Host
from tests.greeting import BODY, greeting
from tests.greeting import publish as publish_greeting
from tests.servers.azurite import CLIENT, Azurite
from tests.servers.blobs import Emulated
from tests.servers.google_storage import GoogleStorage
from tests.snapshots import body, flat
from tests.waiting import until

VERSION, NEXT = "3.14.0.5", "3.15.0.1"
SECRETS = ("key-canary-5d0a91", CLIENT["AZURE_CLIENT_SECRET"])
SMALL, LARGE = (body(flat(2, routes)) for routes in (3, 5))


def run(module: str, storage: Emulated, **options: Any) -> dict[str, Any]:
    return run_module(module, storage.options(**options), storage.operator)


def publish(storage: Emulated, **options: Any) -> dict[str, Any]:
    return run("config_snapshot", storage, **{"gateway_version": VERSION, **options})


def look(storage: Emulated, *versions: str, **options: Any) -> dict[str, Any]:
    return run("config_snapshot_info", storage, gateway_versions=[*versions], **options)


def test_a_snapshot_is_published_once_promoted_and_rolled_back_through_the_archive(elsewhere: Emulated) -> None:
    predicted = publish(elsewhere, content=SMALL.decode(), _ansible_check_mode=True)
    assert predicted["changed"], predicted
    assert elsewhere.bucket.keys() == []

    small = publish(elsewhere, content=SMALL.decode())
    assert small["changed"], small
    assert elsewhere.bucket.get(f"prod/{VERSION}/config.json") == SMALL
    assert elsewhere.bucket.get(small["archive_key"]) == SMALL
    assert not publish(elsewhere, content=SMALL.decode())["changed"]

    large = publish(elsewhere, content=LARGE.decode())
    assert large["changed"], large
    back = publish(elsewhere, from_sha256=small["sha256"])
    assert back["changed"], back
    assert elsewhere.bucket.get(f"prod/{VERSION}/config.json") == SMALL

    promoted = publish(elsewhere, gateway_version=NEXT, from_gateway_version=VERSION)
    assert promoted["changed"], promoted
    assert look(elsewhere)["verified"]
    removed = publish(elsewhere, gateway_version=NEXT, state="absent")
    assert removed["changed"], removed
    assert [each["gateway_version"] for each in look(elsewhere)["snapshots"]] == [VERSION]


def test_a_snapshot_is_verified_with_its_exporters(elsewhere: Emulated) -> None:
    elsewhere.bucket.put(f"prod/{VERSION}/config.json", SMALL)
    elsewhere.bucket.put(f"prod/{VERSION}/election/node-1", b"{}")

    answer = look(elsewhere, VERSION)

    assert answer["verified"], answer
    (snapshot,) = answer["snapshots"]
    assert snapshot["entities"]["routes"] == 3
    assert snapshot["encryption"] == "AES256"
    assert [each["node_id"] for each in snapshot["exporters"]] == ["node-1"]
    known = look(elsewhere, VERSION, known_etags={VERSION: snapshot["etag"]})["snapshots"][0]
    assert known["message"].endswith("has not changed since it was last checked.")


@pytest.mark.parametrize(
    ("content", "outcome"), [(b"", "corrupt"), (b'{"_format_version": "3.0"}', "empty"), (b"{not json", "corrupt")]
)
def test_a_bad_snapshot_is_named(elsewhere: Emulated, content: bytes, outcome: str) -> None:
    elsewhere.bucket.put(f"prod/{VERSION}/config.json", content)
    (snapshot,) = look(elsewhere, VERSION)["snapshots"]
    assert snapshot["outcome"] == outcome
    assert f"{elsewhere.url}/{VERSION}/config.json is {outcome}" in snapshot["message"]


def test_a_snapshot_that_is_not_there_is_missing(elsewhere: Emulated) -> None:
    (snapshot,) = look(elsewhere, VERSION)["snapshots"]
    assert snapshot["outcome"] == "missing"
    assert f"There is no snapshot for gateway {VERSION}: Could not read {elsewhere.url}" in snapshot["message"]


def test_a_bucket_that_is_not_there_is_missing_too(elsewhere: Emulated) -> None:
    storage = elsewhere.url.replace(parse(elsewhere.url).bucket, "nothing-here")
    options = {"storage": storage, "gateway_versions": [VERSION]}
    (snapshot,) = run_module("config_snapshot_info", options, elsewhere.operator)["snapshots"]
    assert snapshot["outcome"] == "missing"
    assert "nothing-here" in snapshot["message"]


def test_what_is_larger_than_asked_for_is_not_read(elsewhere: Emulated) -> None:
    elsewhere.bucket.put(f"prod/{VERSION}/config.json", SMALL)
    (snapshot,) = look(elsewhere, VERSION, max_size=10)["snapshots"]
    assert "more than max_size of 10" in snapshot["message"]


def store_of(storage: Emulated, monkeypatch: pytest.MonkeyPatch) -> SnapshotStore:
    for name, value in storage.operator.items():
        monkeypatch.setenv(name, value)
    url = parse(storage.url)
    return SnapshotStore((google_objects if url.is_google else azure_objects)(url, 10), url)


def test_of_two_writers_one_wins(elsewhere: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(elsewhere, monkeypatch)
    how: dict[str, Any] = {"metadata": {}, "s3_config": {}}
    first = store.put("prod/x", b"1", replaces=None, **how)
    with pytest.raises(StoreFailed) as refused:
        store.put("prod/x", b"2", replaces=None, **how)
    assert refused.value.reason == "changed"
    store.put("prod/x", b"3", replaces=first.etag, **how)
    with pytest.raises(StoreFailed) as refused:
        store.put("prod/x", b"4", replaces=first.etag, **how)
    assert refused.value.reason == "changed"
    assert elsewhere.bucket.get("prod/x") == b"3"
    assert store.keeps_conditions("prod/archive/.conditional-write")


def test_one_job_has_the_lock(elsewhere: Emulated) -> None:
    assert run("cluster_lock", elsewhere, holder="job 1")["changed"]
    refused = run("cluster_lock", elsewhere, holder="job 2", if_possible=True)
    assert refused["failed"]
    assert "job 1" in refused["msg"]
    assert run("cluster_lock", elsewhere, holder="job 1", state="released")["changed"]
    assert run("cluster_lock", elsewhere, holder="job 2")["changed"]


def test_arguments_of_s3_are_refused(elsewhere: Emulated) -> None:
    answer = publish(elsewhere, content=SMALL.decode(), s3_config={"ServerSideEncryption": "AES256"})
    assert answer["msg"] == "s3_config works with s3:// storage only: leave it out. (fact 1.5)"


def test_google_keeps_generations_to_roll_back_to(google_server: GoogleStorage) -> None:
    storage = google_server.fresh()
    first = publish(storage, content=SMALL.decode())
    publish(storage, content=LARGE.decode())

    back = publish(storage, from_version_id=first["version_id"])
    assert back["changed"], back
    assert storage.bucket.get(f"prod/{VERSION}/config.json") == SMALL
    assert "a version there is a number" in publish(storage, from_version_id="3sL4kqtJlcpXroDTDmJ")["msg"]


def test_a_key_that_azure_does_not_accept_is_denied(azure_server: Azurite) -> None:
    storage = azure_server.fresh()
    wrong = {"AZURE_STORAGE_CONNECTION_STRING": azure_server.connection_string("d3Jvbmcga2V5IGNhbmFyeQ==")}
    answer = run_module("config_snapshot_info", storage.options(gateway_versions=[VERSION]), wrong)
    (snapshot,) = answer["snapshots"]
    assert snapshot["outcome"] == "denied"
    assert "grant the role Storage Blob Data Reader" in snapshot["message"]
    assert "d3Jvbmcga2V5IGNhbmFyeQ" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("connection", "reason"),
    [
        ("AccountName=other;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/other", "is for the account other"),
        ("nothing that Azure gave", "cannot be read: copy it from Azure"),
    ],
)
def test_a_connection_string_for_something_else_is_named(connection: str, reason: str) -> None:
    options = {"storage": "azure://account1/container/prod", "gateway_versions": [VERSION]}
    answer = run_module("config_snapshot_info", options, {"AZURE_STORAGE_CONNECTION_STRING": connection})
    assert reason in answer["msg"]


NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("storage", "operator"),
    [
        ("gs://bucket/prod", {"STORAGE_EMULATOR_HOST": NOBODY}),
        (
            "azure://account1/container/prod",
            {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=account1;AccountKey=a2V5;BlobEndpoint={NOBODY}"},
        ),
    ],
)
def test_a_service_that_does_not_answer_is_unreachable_in_time(storage: str, operator: dict[str, str]) -> None:
    options = {"storage": storage, "gateway_versions": [VERSION], "request_timeout": 1, "timeout": 20}
    (snapshot,) = run_module("config_snapshot_info", options, operator)["snapshots"]
    assert snapshot["outcome"] == "unreachable"
    assert "is unreachable" in snapshot["message"]


@pytest.mark.parametrize(
    ("storage", "library", "packages"),
    [
        ("gs://bucket/prod", "google.cloud.storage", "google-cloud-storage"),
        ("azure://account1/container/prod", "azure.identity", "azure-storage-blob and azure-identity"),
    ],
)
def test_a_library_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, storage: str, library: str, packages: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    answer = run_module("config_snapshot_info", {"storage": storage, "gateway_versions": [VERSION]})
    assert answer["msg"].startswith(f"{storage} needs ")
    assert answer["msg"].endswith(f"install {packages}.")


def test_without_credentials_of_google_the_sentence_says_which_to_give() -> None:
    answer = run_module("config_snapshot_info", {"storage": "gs://bucket/prod"}, {"NO_GCE_CHECK": "true"})
    assert "there are no Google credentials: give this controller credentials" in answer["msg"]


def test_in_an_outage_a_new_data_plane_comes_up_from_what_the_exporter_wrote(
    elsewhere: Emulated, tmp_path: Path
) -> None:
    with greeting() as service, Fleet(tmp_path, version=VERSION) as fleet:
        control_plane = fleet.add_control_plane()
        control_plane.start()
        publish_greeting(control_plane.admin_url, service)
        set_up(control_plane, elsewhere, {"node_role": "backup_node", "export_delay": 1})
        until(lambda: look(elsewhere, VERSION)["verified"], 30)

        control_plane.stop()
        data_plane = fleet.add_data_plane("dp1", control_plane)
        set_up(data_plane, elsewhere, {"node_role": "data_plane"})

        until(lambda: data_plane.get("/hello") == (200, BODY), 30)
        assert "fallback config applied" in data_plane.error_log.read_text()


def set_up(host: Host, storage: Emulated, settings: dict[str, Any]) -> None:
    """Set a host up as its role does, and start it."""
    options = {
        "path": str(host.kong_conf),
        "kong_command": str(host.kong),
        "environment": {"path": str(host.environment_file), "variables": dict(storage.gateway)},
        "settings": {"storage": storage.url, **settings},
    }
    answer = run_module("cluster_fallback_node", options)
    assert not answer["failed"], answer["msg"]
    assert not [secret for secret in SECRETS if secret in answer["printed"]]
    host.start()
