# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator learns from config_snapshot_info, on real S3 servers and through ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import Run, run_module, run_playbook
from tests.ansible.environment import clean_environment
from tests.checkout import COLLECTIONS
from tests.conftest import Store
from tests.documented_commands import block_with
from tests.servers import Credentials
from tests.servers.ports import free_port
from tests.servers.s3 import allow
from tests.snapshots import body, flat, nested, route
from tests.stand_in.configuration_hash import configuration_hash

VERSION = "3.11.0.3"
KEY = f"prod/{VERSION}/config.json"


def _put(store: Store, data: bytes, key: str = KEY, **arguments: Any) -> None:
    store.server.client().put_object(Bucket=store.bucket, Key=key, Body=data, **arguments)


def _options(store: Store, credentials: Credentials | None, changed: dict[str, Any]) -> dict[str, Any]:
    who = credentials or store.server.root
    return {
        "storage": store.url,
        "endpoint_url": store.server.endpoint_url,
        "access_key": who.access_key_id,
        "secret_key": who.secret_access_key,
        "gateway_versions": [VERSION],
        **changed,
    }


def _ask(store: Store, credentials: Credentials | None = None, **changed: Any) -> dict[str, Any]:
    return run_module("config_snapshot_info", _options(store, credentials, changed))


def _ask_in_a_playbook(store: Store, directory: Path, *arguments: str, **changed: Any) -> Run:
    return run_playbook(
        """
        - hosts: localhost
          gather_facts: false
          tasks:
            - name: Ask
              kongops.fallback.config_snapshot_info: "{{ options }}"
        """,
        directory,
        *arguments,
        variables={"options": _options(store, None, changed)},
    )


def test_a_good_snapshot_is_verified(store: Store) -> None:
    _put(store, body(flat(2, 3)), Metadata={"uploader": "node-1"})
    _put(store, b"", f"prod/{VERSION}/election/node-1")
    answer = _ask(store)
    assert answer["verified"]
    assert not answer["changed"]
    snapshot = answer["snapshots"][0]
    assert snapshot["outcome"] == "ok"
    assert snapshot["message"] == f"s3://{store.bucket}/{KEY} is a snapshot of 6 entities for {VERSION}."
    assert snapshot["entities"] == {"routes": 3, "services": 2, "workspaces": 1}
    assert snapshot["configuration_hash"] == configuration_hash(flat(2, 3))
    assert snapshot["uploader"] == "node-1"
    assert [exporter["node_id"] for exporter in snapshot["exporters"]] == ["node-1"]
    assert snapshot["size"] == len(body(flat(2, 3)))
    assert snapshot["age_seconds"] < 300


def test_the_command_of_the_runbook_lists_the_versions_to_go_back_to(moto_store: Store) -> None:
    for document in (flat(1, 1), flat(2, 3)):
        _put(moto_store, body(document), "prod/3.11.0.14/config.json")
    typed = block_with("docs/outage.md", "config_snapshot_info").replace("s3://kong-fallback/prod", moto_store.url)
    server = moto_store.server
    environment = {
        **clean_environment(),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "AWS_ACCESS_KEY_ID": server.root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
        "AWS_ENDPOINT_URL": server.endpoint_url,
    }
    said = subprocess.run(["sh", "-c", typed], env=environment, check=True, capture_output=True, text=True, timeout=120)
    answer = json.loads(said.stdout[said.stdout.index("{") :])
    history = answer["snapshots"][0]["history"]
    assert [(entry["outcome"], entry["entities"]["routes"]) for entry in history] == [("ok", 3), ("ok", 1)]
    assert all(entry["version_id"] for entry in history)


def test_each_version_has_its_own_outcome_and_one_bad_one_spoils_the_word_verified(store: Store) -> None:
    _put(store, body(flat()))
    _put(store, body({"_format_version": "3.0"}), "prod/3.10.0.2/config.json")
    _put(store, body(flat())[:-20], "prod/3.9.0.1/config.json")
    _put(store, body(flat(routes=[route(service="gone")])), "prod/3.8.0.0/config.json")
    answer = _ask(store, gateway_versions=[VERSION, "3.10.0.2", "3.9.0.1", "3.8.0.0", "3.7.1.0"], max_age=86400)
    assert not answer["verified"]
    assert not answer.get("failed")
    outcomes = [snapshot["outcome"] for snapshot in answer["snapshots"]]
    assert outcomes == ["ok", "empty", "corrupt", "unimportable", "missing"]
    assert all(snapshot["message"].endswith(".") for snapshot in answer["snapshots"])
    assert "no snapshot for gateway 3.7.1.0" in answer["snapshots"][4]["message"]


def test_without_versions_all_that_are_stored_are_looked_at(store: Store) -> None:
    _put(store, body(flat()))
    _put(store, body(nested()), "prod/3.9.0.1/config.json")
    _put(store, b"{}", "prod/archive/3.9.0.1/x.json")
    _put(store, b"x", "prod/notes/readme")
    answer = _ask(store, gateway_versions=[])
    assert [snapshot["gateway_version"] for snapshot in answer["snapshots"]] == ["3.9.0.1", VERSION]
    assert answer["verified"]


def test_an_empty_storage_is_not_verified(store: Store) -> None:
    answer = _ask(store, gateway_versions=[])
    assert answer["snapshots"] == []
    assert not answer["verified"]


def test_a_quick_look_does_not_claim_to_have_verified(store: Store) -> None:
    _put(store, b"this is no configuration")
    snapshot = (answer := _ask(store, depth="quick"))["snapshots"][0]
    assert snapshot["outcome"] == "ok"
    assert "only a full check tells" in snapshot["message"]
    assert not answer["verified"]


def test_a_known_etag_spares_the_body_and_keeps_the_word(store: Store) -> None:
    _put(store, body(flat()))
    etag = _ask(store)["snapshots"][0]["etag"]
    for depth in ("quick", "full"):
        answer = _ask(store, depth=depth, known_etags={VERSION: etag})
        assert answer["verified"]
        assert answer["snapshots"][0]["sha256"] is None
    _put(store, body(flat(routes=[])))
    answer = _ask(store, known_etags={VERSION: etag})
    assert answer["snapshots"][0]["outcome"] == "empty"


def test_a_snapshot_that_shrank_is_held_against_its_last_good_version(store: Store) -> None:
    _put(store, body(flat(10, 100)))
    _put(store, body(flat())[:-5])
    _put(store, body(flat(2, 3)))
    answer = _ask(store, max_shrink_percent=50, history=5)
    snapshot = answer["snapshots"][0]
    assert snapshot["outcome"] == "shrunk"
    assert [version["outcome"] for version in snapshot["history"]] == ["ok", "corrupt", "ok"]
    assert [version["is_latest"] for version in snapshot["history"]] == [True, False, False]
    assert snapshot["history"][2]["entities"]["routes"] == 100
    assert len({version["sha256"] for version in snapshot["history"]}) == 3


def test_a_deleted_snapshot_is_missing_and_says_that_it_was_deleted(store: Store) -> None:
    _put(store, body(flat()))
    store.server.client().delete_object(Bucket=store.bucket, Key=KEY)
    snapshot = _ask(store, history=5)["snapshots"][0]
    assert snapshot["outcome"] == "missing"
    assert "404" in snapshot["message"]


def test_encryption_is_a_warning_unless_it_is_required(store: Store) -> None:
    _put(store, body(flat()))
    plain = _ask(store)["snapshots"][0]
    if plain["encryption"] is None:
        assert "unencrypted" in [finding["code"] for finding in plain["findings"]]
        assert _ask(store, require_encryption=True)["snapshots"][0]["outcome"] == "unencrypted"
    _put(store, body(flat()), ServerSideEncryption="AES256")
    encrypted = _ask(store, require_encryption=True)
    assert encrypted["snapshots"][0]["encryption"] == "AES256"
    assert encrypted["verified"]


def test_a_reader_without_list_is_told_what_it_does_not_see(store: Store) -> None:
    _put(store, body(flat()))
    reader = store.server.create_identity(
        f"reader-{store.bucket}", allow(["s3:GetObject"], [f"arn:aws:s3:::{store.bucket}/prod/*/config.json"])
    )
    answer = _ask(store, reader)
    assert answer["verified"]
    assert "exporters-unknown" in [finding["code"] for finding in answer["snapshots"][0]["findings"]]


def test_a_stranger_is_denied_and_told_what_to_allow(store: Store) -> None:
    _put(store, body(flat()))
    other = store.server.create_identity(
        f"other-{store.bucket}", allow(["s3:GetObject"], [f"arn:aws:s3:::{store.bucket}/other/*"])
    )
    for depth in ("quick", "full"):
        snapshot = _ask(store, other, depth=depth)["snapshots"][0]
        assert snapshot["outcome"] == "denied"
        assert "s3:GetObject" in snapshot["message"]
        assert "s3:ListBucket" in snapshot["message"]


def test_unknown_keys_are_denied(store: Store) -> None:
    stranger = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00")
    assert _ask(store, stranger)["snapshots"][0]["outcome"] == "denied"


def test_a_missing_bucket_is_named(store: Store) -> None:
    snapshot = _ask(store, storage="s3://no-such-bucket-here/prod")["snapshots"][0]
    assert snapshot["outcome"] == "missing"
    assert "no bucket no-such-bucket-here" in snapshot["message"]


def test_a_store_that_does_not_answer_is_unreachable(moto_store: Store) -> None:
    answer = _ask(moto_store, endpoint_url=f"http://127.0.0.1:{free_port()}")
    assert answer["snapshots"][0]["outcome"] == "unreachable"
    assert "endpoint_url" in answer["snapshots"][0]["message"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"gateway_versions": ["3.11"]}, "four parts"),
        ({"storage": "kong-fallback"}, "s3://bucket/prefix"),
        ({"minimum_entities": {"routes": "many"}}, "minimum_entities"),
        ({"history": -1}, "history"),
    ],
)
def test_options_that_make_no_sense_fail_in_one_sentence(
    moto_store: Store, options: dict[str, Any], reason: str
) -> None:
    answer = _ask(moto_store, **options)
    assert answer["failed"]
    assert reason in answer["msg"]
    assert "Traceback" not in answer["printed"]


def test_a_playbook_tells_nothing_of_a_snapshot_or_a_key(moto_store: Store, tmp_path: Path) -> None:
    canary = "canary-3e1f9a77"
    _put(moto_store, body(nested(consumers=[{"username": canary, "keyauth_credentials": [{"key": canary}] * 2}])))
    run = _ask_in_a_playbook(moto_store, tmp_path, "-vvvv", "--diff", history=2, max_shrink_percent=10)
    assert run.code == 0
    assert run["Ask"]["snapshots"][0]["outcome"] == "unimportable"
    for text in (run.output, (tmp_path / "events.jsonl").read_text()):
        assert canary not in text
        assert moto_store.server.root.secret_access_key not in text
        assert "X-Amz-Signature" not in text


def test_check_mode_tells_the_same(moto_store: Store, tmp_path: Path) -> None:
    _put(moto_store, body(flat()))
    run = _ask_in_a_playbook(moto_store, tmp_path, "--check", minimum_entities={"routes": "3"})
    assert run["Ask"]["verified"]
    assert run.changed == []
