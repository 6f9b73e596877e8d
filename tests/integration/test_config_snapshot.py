# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""config_snapshot as an operator uses it: on real S3 servers and through ansible-playbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible import Run, run_module, run_playbook
from tests.conftest import Store
from tests.servers import S3Server
from tests.servers.s3 import allow
from tests.snapshots import body, flat, identity, nested

VERSION = "3.11.0.3"
KEY = f"prod/{VERSION}/config.json"


def _access(store: Store) -> dict[str, Any]:
    return {
        "storage": store.url,
        "endpoint_url": store.server.endpoint_url,
        "access_key": store.server.root.access_key_id,
        "secret_key": store.server.root.secret_access_key,
    }


def _options(store: Store, changed: dict[str, Any]) -> dict[str, Any]:
    return {**_access(store), "gateway_version": VERSION, **changed}


def _snapshot(store: Store, **changed: Any) -> dict[str, Any]:
    return run_module("config_snapshot", _options(store, changed))


def _live(store: Store, key: str = KEY) -> bytes:
    return store.server.client().get_object(Bucket=store.bucket, Key=key)["Body"].read()


def _keys(store: Store) -> list[str]:
    return [entry["Key"] for entry in store.server.client().list_objects_v2(Bucket=store.bucket).get("Contents", [])]


def test_an_export_is_published_once_and_then_again_only_when_it_changed(store: Store, tmp_path: Path) -> None:
    export = tmp_path / "kong.yml"
    export.write_text(yaml.safe_dump(nested()))
    first = _snapshot(store, src=str(export), minimum_entities={"routes": 2})
    assert first["changed"], first
    assert first["key"] == KEY
    assert first["entities"]["routes"] == 2
    assert first["archive_key"] == f"prod/archive/{VERSION}/{first['sha256']}.json"
    assert json.loads(_live(store)) == nested()
    assert _live(store, first["archive_key"]) == _live(store)
    assert first["diff"]["before"] == {}
    assert first["diff"]["after"]["digest"] == first["digest"]
    second = _snapshot(store, src=str(export))
    assert not second["changed"]
    assert {name: second[name] for name in ("sha256", "digest", "version_id")} == {
        name: first[name] for name in ("sha256", "digest", "version_id")
    }


def test_check_mode_predicts_and_writes_nothing(store: Store) -> None:
    predicted = _snapshot(store, content=body(flat()).decode(), _ansible_check_mode=True)
    assert predicted["changed"], predicted
    assert _keys(store) == []
    done = _snapshot(store, content=body(flat()).decode())
    for name in ("changed", "key", "sha256", "digest", "archive_key", "entities", "diff"):
        assert done[name] == predicted[name]
    assert not _snapshot(store, content=body(flat()).decode(), _ansible_check_mode=True)["changed"]


def test_a_copy_in_another_store_has_the_same_bytes_and_only_those_that_were_asked_for(
    moto_store: Store, seaweedfs_server: S3Server
) -> None:
    moto_store.server.client().put_object(Bucket=moto_store.bucket, Key=KEY, Body=body(flat()))
    original = run_module("config_snapshot_info", {**_access(moto_store), "gateway_versions": [VERSION]})
    sha256 = original["snapshots"][0]["sha256"]
    replica = Store(seaweedfs_server, seaweedfs_server.create_bucket(f"replica-{moto_store.bucket}"))
    late = _snapshot(replica, from_storage={**_access(moto_store), "sha256": "0" * 64})
    assert "is not 000000000000 any longer, but " in late["msg"]
    copied = _snapshot(replica, from_storage={**_access(moto_store), "sha256": sha256}, archive=False)
    assert (copied["changed"], copied["sha256"]) == (True, sha256), copied
    assert (_live(replica), [key for key in _keys(replica) if key.endswith(".json")]) == (body(flat()), [KEY])
    assert moto_store.server.root.secret_access_key not in copied["printed"]
    assert not _snapshot(replica, from_storage=_access(moto_store), archive=False)["changed"]


def test_promotion_leaves_out_the_workspace_ids_that_no_gateway_imports(store: Store) -> None:
    authority = {"id": identity("ca"), "cert": "c"}
    stray = flat(ca_certificates=[{**authority, "ws_id": identity("w")}])
    store.server.client().put_object(Bucket=store.bucket, Key="prod/3.11.0.13/config.json", Body=body(stray))
    promoted = _snapshot(store, gateway_version="3.12.0.9", from_gateway_version="3.11.0.13")
    assert promoted["changed"], promoted
    assert "Left ws_id out of ca_certificates" in str(promoted["warnings"])
    assert "deprecations" not in promoted
    assert json.loads(_live(store, "prod/3.12.0.9/config.json")) == flat(ca_certificates=[authority])
    assert not _snapshot(store, gateway_version="3.12.0.9", from_gateway_version="3.11.0.13")["changed"]


def test_an_export_leaves_them_out_too(moto_store: Store) -> None:
    stray = flat(ca_certificates=[{"id": identity("ca"), "cert": "c", "ws_id": identity("w")}])
    assert _snapshot(moto_store, content=body(stray).decode())["changed"]
    assert b'"cert":"c"' in _live(moto_store)
    assert "ws_id" not in json.loads(_live(moto_store))["ca_certificates"][0]


def test_promotion_takes_a_good_snapshot_byte_by_byte(store: Store) -> None:
    store.server.client().put_object(Bucket=store.bucket, Key="prod/3.11.0.14/config.json", Body=body(flat()))
    promoted = _snapshot(store, gateway_version="3.12.0.9", from_gateway_version="3.11.0.14")
    assert promoted["changed"], promoted
    assert _live(store, "prod/3.12.0.9/config.json") == body(flat())
    missing = _snapshot(store, gateway_version="3.12.0.9", from_gateway_version="3.10.0.0")
    assert "404" in missing["msg"]


@pytest.mark.parametrize("older", ["3.11.0.13", "3.10.0.9"])
def test_promotion_to_an_older_gateway_needs_force(moto_store: Store, older: str) -> None:
    moto_store.server.client().put_object(Bucket=moto_store.bucket, Key="prod/3.11.0.14/config.json", Body=body(flat()))
    refused = _snapshot(moto_store, gateway_version=older, from_gateway_version="3.11.0.14")
    assert f"Did not promote the snapshot of gateway 3.11.0.14 to {older}, which is older" in refused["msg"]
    assert _keys(moto_store) == ["prod/3.11.0.14/config.json"]
    forced = _snapshot(moto_store, gateway_version=older, from_gateway_version="3.11.0.14", force=True)
    assert forced["changed"], forced


def test_rollback_to_an_older_version_and_from_the_archive(store: Store) -> None:
    first = _snapshot(store, content=body(flat(2, 3)).decode())
    second = _snapshot(store, content=body(flat(2, 4)).decode())
    back = _snapshot(store, from_version_id=first["version_id"])
    assert back["changed"], back
    assert back["sha256"] == first["sha256"]
    assert _live(store) == body(flat(2, 3))
    forth = _snapshot(store, from_sha256=second["sha256"])
    assert forth["changed"], forth
    assert _live(store) == body(flat(2, 4))


def test_a_worse_one_needs_force(store: Store) -> None:
    _snapshot(store, content=body(flat(2, 10)).decode())
    refused = _snapshot(store, content=body(flat(2, 3)).decode())
    assert refused["failed"]
    assert "max_shrink_percent" in refused["msg"]
    assert _live(store) == body(flat(2, 10))
    assert _snapshot(store, content=body(flat(2, 3)).decode(), max_shrink_percent=70)["changed"]
    assert _snapshot(store, content=body(flat(1, 1)).decode(), force=True)["changed"]


def test_removal_is_guarded(store: Store) -> None:
    _snapshot(store, content=body(flat()).decode())
    refused = _snapshot(store, state="absent", versions_in_use=["3.10.0.1", VERSION])
    assert refused["failed"]
    assert "versions_in_use" in refused["msg"]
    predicted = _snapshot(store, state="absent", _ansible_check_mode=True)
    assert predicted["changed"]
    assert KEY in _keys(store)
    removed = _snapshot(store, state="absent")
    assert removed["changed"]
    assert removed["diff"]["after"] == {}
    assert KEY not in _keys(store)
    assert not _snapshot(store, state="absent")["changed"]


def test_a_store_without_conditional_writes_is_refused_or_warned_about(careless_store: Store) -> None:
    refused = _snapshot(careless_store, content=body(flat()).decode())
    assert refused["failed"]
    assert "allow_unconditional" in refused["msg"]
    allowed = _snapshot(careless_store, content=body(flat()).decode(), allow_unconditional=True)
    assert allowed["changed"]
    assert "conditional writes" in str(allowed["warnings"])


def test_a_reader_is_told_the_permission_that_is_missing(store: Store) -> None:
    reader = store.server.create_identity(
        f"reader-{store.bucket}",
        allow(["s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::{store.bucket}", f"arn:aws:s3:::{store.bucket}/*"]),
    )
    answer = _snapshot(
        store,
        content=body(flat()).decode(),
        access_key=reader.access_key_id,
        secret_key=reader.secret_access_key,
    )
    assert answer["failed"]
    assert "grant s3:PutObject" in answer["msg"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "src, content, from_gateway_version, from_version_id, from_sha256"),
        ({"content": "{}", "src": "/x"}, "mutually exclusive"),
        ({"src": "/no/such/file"}, "Could not read src /no/such/file"),
        ({"content": {"_format_version": "3.0"}}, "to_json"),
        ({"content": ""}, "is empty"),
        ({"content": "{}", "gateway_version": "3.11"}, "four parts"),
        ({"content": "{}", "max_shrink_percent": -1}, "max_shrink_percent"),
        ({"content": body(flat()).decode(), "s3_config": {"NoSuchArgument": "x"}}, "NoSuchArgument"),
        ({"content": body(flat()).decode(), "s3_config": {"Body": "x"}}, "Body"),
        ({"from_version_id": "no-such-version"}, "Could not read version no-such-version of s3://"),
    ],
)
def test_options_that_make_no_sense_fail_in_one_sentence(
    moto_store: Store, options: dict[str, Any], reason: str
) -> None:
    answer = _snapshot(moto_store, **options)
    assert answer["failed"]
    assert reason in answer["msg"]
    assert "Traceback" not in answer["printed"]


def _play(store: Store, directory: Path, *arguments: str, **changed: Any) -> Run:
    return run_playbook(
        """
        - hosts: localhost
          gather_facts: false
          module_defaults:
            group/kongops.fallback.aws:
              access_key: "{{ access_key }}"
              secret_key: "{{ secret_key }}"
              endpoint_url: "{{ endpoint_url }}"
          tasks:
            - name: Publish
              kongops.fallback.config_snapshot:
                storage: "{{ storage }}"
                gateway_version: "{{ gateway_version }}"
                content: "{{ configuration | to_json }}"
                s3_config: "{{ s3_config | default({}) }}"
            - name: Verify
              kongops.fallback.config_snapshot_info:
                storage: "{{ storage }}"
                gateway_versions: ["{{ gateway_version }}"]
        """,
        directory,
        *arguments,
        variables=_options(store, changed),
    )


def test_a_playbook_publishes_and_tells_nothing_of_a_configuration_or_a_key(moto_store: Store, tmp_path: Path) -> None:
    canary = "canary-5b1d0c22"
    document = nested(consumers=[{"username": "shop", "keyauth_credentials": [{"key": canary}]}])
    good = _play(moto_store, tmp_path / "good", "-vvvv", "--diff", configuration=document)
    assert good.code == 0, good.output
    assert good["Publish"]["changed"]
    assert good["Verify"]["verified"]
    bad = _play(
        moto_store, tmp_path / "bad", "-vvvv", "--diff", configuration={**document, "routes": [{"name": canary}]}
    )
    assert bad.code != 0
    assert "unimportable" in bad["Publish"]["msg"]
    broken = _play(
        moto_store,
        tmp_path / "broken",
        "-vvvv",
        configuration=flat(1, 2),
        s3_config={"ServerSideEncryption": {"no": "text"}},
    )
    assert broken.code != 0
    for run, directory in ((good, "good"), (bad, "bad"), (broken, "broken")):
        for text in (run.output, (tmp_path / directory / "events.jsonl").read_text()):
            assert canary not in text
            assert moto_store.server.root.secret_access_key not in text
            assert "/route-0" not in text
            assert "X-Amz-Signature" not in text


def test_the_second_run_of_a_playbook_changes_nothing(moto_store: Store, tmp_path: Path) -> None:
    assert _play(moto_store, tmp_path, configuration=flat()).changed == ["Publish"]
    assert _play(moto_store, tmp_path, configuration=flat()).changed == []
