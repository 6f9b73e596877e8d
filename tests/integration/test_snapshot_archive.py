# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signed archive on real S3 servers: what the modules put there, and every kind of tampering with it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module
from tests.archive_keys import KeyPair, new_key
from tests.conftest import Store
from tests.servers import S3Server
from tests.snapshots import body, flat

VERSION = "3.11.0.3"
KEYS = new_key()
CONTENTS = [body(flat(2, number)) for number in range(3, 8)]


class Archivist:
    """An operator with the signing key, and what an attacker does to the archive behind his back."""

    def __init__(self, store: Store, folder: Path, keys: KeyPair = KEYS) -> None:
        self.store, self.client = store, store.server.client()
        self.key_file = folder / "archive.key"
        self.key_file.touch(mode=0o600)
        self.key_file.write_text(keys.private)

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        root = self.store.server.root
        access = {"access_key": root.access_key_id, "secret_key": root.secret_access_key}
        where = {"storage": self.store.url, "endpoint_url": self.store.server.endpoint_url}
        return run_module(module, {**where, **access, **options})

    def publish(self, content: bytes, **options: Any) -> dict[str, Any]:
        published = self.run("config_snapshot", **self.signing(), content=content.decode(), **options)
        assert not published["failed"], published
        return published

    def signing(self) -> dict[str, Any]:
        return {"gateway_version": VERSION, "signing_key": {"type": "file", "name": str(self.key_file)}}

    def export(self, content: bytes, version: str = VERSION) -> None:
        """What the exporter of the gateway does."""
        self.put(f"prod/{version}/config.json", content)

    def archive(self, **options: Any) -> dict[str, Any]:
        return self.run("snapshot_archive", **{**self.signing(), **options})

    def restore(self, **options: Any) -> dict[str, Any]:
        return self.run("config_snapshot", gateway_version=VERSION, verification_key=KEYS.public, **options)

    def check(self, **options: Any) -> dict[str, str]:
        """The findings by their codes, with the public key alone."""
        wanted: dict[str, Any] = {"gateway_versions": [VERSION], "verification_key": KEYS.public, **options}
        answer = self.run("snapshot_archive_info", **wanted)
        assert not answer["failed"], answer
        return {finding["code"]: finding["message"] for one in answer["archives"] for finding in one["findings"]}

    def key(self, name: str, version: str = VERSION) -> str:
        return f"prod/archive/{version}/{name}.json"

    def get(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.store.bucket, Key=key)["Body"].read()
        return content

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.store.bucket, Key=key, Body=content)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.store.bucket, Key=key)

    def delete_versions(self, key: str) -> None:
        """Delete an object with all that the bucket keeps of it."""
        listed = self.client.list_object_versions(Bucket=self.store.bucket, Prefix=key)
        for one in [*listed["Versions"], *listed.get("DeleteMarkers", [])]:
            self.client.delete_object(Bucket=self.store.bucket, Key=one["Key"], VersionId=one["VersionId"])

    def names(self) -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=self.store.bucket)["Contents"]]

    def chain(self, version: str = VERSION) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self.get(self.key("chain", version)))["entries"]
        return entries

    def rewrite(self, entries: list[dict[str, Any]]) -> None:
        """Put other entries into the chain, in its own spelling."""
        lines = ",\n".join(json.dumps(entry, sort_keys=True, separators=(",", ":")) for entry in entries)
        self.put(self.key("chain"), f'{{"entries":[\n{lines}\n],"format":1}}\n'.encode())


@pytest.fixture
def archivist(moto_store: Store, tmp_path: Path) -> Archivist:
    return Archivist(moto_store, tmp_path)


@pytest.fixture
def archivist_anywhere(store: Store, tmp_path: Path) -> Archivist:
    return Archivist(store, tmp_path)


@dataclass(frozen=True)
class Sealed:
    """A sound archive of three copies, the SHA-256 of each, and all objects of the bucket as they were written."""

    archivist: Archivist
    published: list[str]
    objects: dict[str, bytes]


@pytest.fixture(scope="module")
def written(moto_iam_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    bucket = moto_iam_server.create_bucket(f"sealed-{uuid.uuid4().hex[:12]}", True)
    archivist = Archivist(Store(moto_iam_server, bucket), tmp_path_factory.mktemp("sealed"))
    published = [archivist.publish(content)["sha256"] for content in CONTENTS[:3]]
    objects = {key: archivist.get(key) for key in archivist.names()}
    return Sealed(archivist, published, objects)


@pytest.fixture
def sealed(written: Sealed) -> Sealed:
    """The archive as it was written, whatever an earlier test did to it."""
    archivist = written.archivist
    archivist.delete_versions("")
    for key, content in written.objects.items():
        archivist.put(key, content)
    archivist.key_file.write_text(KEYS.private)
    return written


def test_what_is_published_is_signed_and_what_was_there_before_it_is_kept(archivist_anywhere: Archivist) -> None:
    archivist = archivist_anywhere
    archivist.export(CONTENTS[0])
    first = archivist.publish(CONTENTS[1])
    assert archivist.get(first["archive_key"]) == CONTENTS[1]
    assert [entry["event"] for entry in archivist.chain()] == ["replaced", "published"]
    assert not archivist.publish(CONTENTS[1])["changed"]
    archivist.publish(CONTENTS[2])
    assert [entry["event"] for entry in archivist.chain()] == ["replaced", "published", "published"]
    assert archivist.check() == archivist.check(depth="full") == {}
    assert KEYS.private not in str(first)


def test_the_live_snapshot_is_archived_once_and_only_as_it_was_judged(archivist: Archivist) -> None:
    archivist.export(CONTENTS[0])
    judged = archivist.run("config_snapshot_info", gateway_versions=[VERSION])["snapshots"][0]
    predicted = archivist.archive(sha256=judged["sha256"], _ansible_check_mode=True)
    assert (predicted["changed"], predicted["head"]) == (True, None)
    assert "archive-missing" in archivist.check()
    done = archivist.archive(sha256=judged["sha256"])
    assert {name: done[name] for name in ("changed", "archived", "entries")} == {
        "changed": True,
        "archived": judged["sha256"],
        "entries": 1,
    }
    again = archivist.archive(sha256=judged["sha256"])
    assert (again["changed"], again["head"]) == (False, done["head"])
    archivist.export(CONTENTS[1])
    late = archivist.archive(sha256="0" * 64)
    assert "is no longer 000000000000, but " in late["msg"]
    assert archivist.check() == {}


def test_the_retention_keeps_the_newest_and_the_chain_tells_of_those_that_went(archivist_anywhere: Archivist) -> None:
    archivist = archivist_anywhere
    published = [archivist.publish(content)["sha256"] for content in CONTENTS]
    predicted = archivist.archive(keep_count=2, _ansible_check_mode=True)
    pruned = archivist.archive(keep_count=2)
    assert predicted["removed"] == pruned["removed"] == published[:3]
    assert (pruned["changed"], pruned["entries"]) == (True, 8)
    assert archivist.check(depth="full") == {}
    assert not archivist.archive(keep_count=2)["changed"]
    assert [entry["event"] for entry in archivist.chain()[-3:]] == ["expired"] * 3
    gone = archivist.restore(from_sha256=published[0])
    assert gone["failed"], gone
    archivist.archive(keep_count=1)
    assert archivist.archive(keep_count=1, keep_days=1)["removed"] == []
    assert archivist.check() == {}


def test_an_archive_from_before_is_adopted_only_if_you_say_so(archivist: Archivist) -> None:
    old = archivist.run("config_snapshot", gateway_version=VERSION, content=CONTENTS[0].decode())["sha256"]
    refused = archivist.archive()
    assert "has or had copies, but no chain" in refused["msg"]
    assert "has or had copies, but no chain" in archivist.check()["archive-missing"]
    adopted = archivist.archive(adopt=True)
    assert (adopted["adopted"], adopted["changed"]) == ([old], True)
    assert archivist.check() == {}
    assert not archivist.archive(adopt=True)["changed"]


def test_a_deleted_archive_is_not_begun_anew_without_a_word(archivist: Archivist) -> None:
    published = archivist.publish(CONTENTS[0])
    archivist.delete(published["archive_key"])
    archivist.delete(archivist.key("chain"))
    assert "archive-missing" in archivist.check()
    refused = archivist.run("config_snapshot", **archivist.signing(), content=CONTENTS[1].decode())
    assert "has or had copies, but no chain" in refused["msg"]


def _alter(archivist: Archivist, published: list[str]) -> None:
    archivist.put(archivist.key(published[1]), CONTENTS[1].replace(b"service-0", b"service-9"))


def _replace(archivist: Archivist, published: list[str]) -> None:
    archivist.put(archivist.key(published[1]), CONTENTS[0])


def _delete(archivist: Archivist, published: list[str]) -> None:
    archivist.delete(archivist.key(published[1]))


def _reorder(archivist: Archivist, _published: list[str]) -> None:
    first, second, *others = archivist.chain()
    archivist.rewrite([second, first, *others])


def _truncate(archivist: Archivist, published: list[str]) -> None:
    _cut_off(archivist, published, archivist.chain())


def _cut_off(archivist: Archivist, published: list[str], whole: list[dict[str, Any]]) -> None:
    archivist.rewrite(whole[:-1])
    archivist.delete(archivist.key(published[-1]))


def _truncate_behind_noise(archivist: Archivist, published: list[str]) -> None:
    """Hide the whole chain among its versions: by one that is larger, and cannot be read or is not signed."""
    whole = archivist.chain()
    archivist.put(archivist.key("chain"), b"[" * 100_000)
    archivist.rewrite([{**entry, "signature": "%" * 10_000} for entry in whole * 3])
    _cut_off(archivist, published, whole)


def _strip(archivist: Archivist, _published: list[str]) -> None:
    first, *others = archivist.chain()
    archivist.rewrite([{**first, "signature": ""}, *others])


def _forge(archivist: Archivist, published: list[str]) -> None:
    first, *others = archivist.chain()
    archivist.rewrite([{**first, "sha256": published[-1]}, *others])


def _sign_with_another_key(archivist: Archivist, _published: list[str]) -> None:
    archivist.key_file.write_text(new_key().private)
    foreign = archivist.run(
        "config_snapshot", **archivist.signing(), verification_key=KEYS.public, content=CONTENTS[4].decode()
    )
    assert not foreign["failed"], foreign


def _fork(archivist: Archivist, _published: list[str]) -> None:
    whole = archivist.chain()
    archivist.delete_versions(archivist.key("chain"))
    archivist.rewrite(whole[:2])
    archivist.publish(CONTENTS[4])
    archivist.rewrite([*whole, *archivist.chain()[2:]])


def _replay(archivist: Archivist, _published: list[str]) -> None:
    other = {**archivist.signing(), "gateway_version": "3.10.0.2"}
    assert not archivist.run("config_snapshot", **other, content=CONTENTS[4].decode())["failed"]
    archivist.rewrite([*archivist.chain(), *archivist.chain("3.10.0.2")])


def _add(archivist: Archivist, _published: list[str]) -> None:
    archivist.put(archivist.key("f" * 64), CONTENTS[4])


def _garble(archivist: Archivist, _published: list[str]) -> None:
    archivist.put(archivist.key("chain"), b"[]")


Tamper = Callable[[Archivist, list[str]], None]
TAMPERING: dict[str, tuple[Tamper, str]] = {
    "altered": (_alter, "archive-altered"),
    "replaced": (_replace, "archive-replaced"),
    "deleted": (_delete, "archive-deleted"),
    "re-ordered": (_reorder, "archive-reordered"),
    "truncated": (_truncate, "archive-truncated"),
    "truncated behind noise": (_truncate_behind_noise, "archive-truncated"),
    "unsigned": (_strip, "archive-unsigned"),
    "forged": (_forge, "archive-forged"),
    "wrongly signed": (_sign_with_another_key, "archive-forged"),
    "forked": (_fork, "archive-forked"),
    "replayed": (_replay, "archive-replayed"),
    "added": (_add, "archive-unlisted"),
    "garbled": (_garble, "archive-unreadable"),
}


@pytest.mark.parametrize(("tamper", "code"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_named_with_the_public_key_alone(sealed: Sealed, tamper: Tamper, code: str) -> None:
    tamper(sealed.archivist, sealed.published)
    assert next(iter(sealed.archivist.check())) == code


def test_an_archive_that_nobody_touched_is_sound(sealed: Sealed) -> None:
    assert sealed.archivist.check() == sealed.archivist.check(depth="full") == {}


def test_a_tampered_copy_is_refused_and_a_good_one_beside_it_restored(sealed: Sealed) -> None:
    archivist, published = sealed.archivist, sealed.published
    _alter(archivist, published)
    refused = archivist.restore(from_sha256=published[1])
    assert "does not match the SHA-256 in its name: do not use it" in refused["msg"]
    good = archivist.restore(from_sha256=published[0])
    assert good["changed"], good
    assert archivist.get(f"prod/{VERSION}/config.json") == CONTENTS[0]


def test_what_no_entry_vouches_for_is_neither_restored_nor_promoted_without_force(archivist: Archivist) -> None:
    archivist.publish(CONTENTS[0])
    archivist.export(CONTENTS[1])
    forged = archivist.client.head_object(Bucket=archivist.store.bucket, Key=f"prod/{VERSION}/config.json")["VersionId"]
    archivist.export(CONTENTS[0])
    refused = archivist.restore(from_version_id=forged)
    assert "so it does not vouch for it: run the playbook archive once its gateways serve it" in refused["msg"]
    assert archivist.restore(from_version_id=forged, force=True)["changed"]
    archivist.export(CONTENTS[1])
    archivist.publish(CONTENTS[2])
    assert archivist.chain()[1]["event"] == "replaced"
    kept = archivist.restore(from_sha256=archivist.chain()[1]["sha256"])
    assert "only because it was replaced, so it does not vouch for it" in kept["msg"]
    archivist.export(CONTENTS[1])
    to_next = {**archivist.signing(), "gateway_version": "3.12.0.9", "from_gateway_version": VERSION}
    assert "does not vouch for it" in archivist.run("config_snapshot", **to_next)["msg"]
    archivist.export(CONTENTS[0])
    assert archivist.run("config_snapshot", **to_next)["changed"]
    assert [entry["event"] for entry in archivist.chain("3.12.0.9")] == ["promoted"]


def test_nothing_is_signed_on_top_of_a_chain_that_is_not_sound(sealed: Sealed) -> None:
    _reorder(sealed.archivist, sealed.published)
    for module, more in (("config_snapshot", {"content": CONTENTS[3].decode()}), ("snapshot_archive", {})):
        refused = sealed.archivist.run(module, **sealed.archivist.signing(), **more)
        assert "are not in the order in which they were written" in refused["msg"]


def test_the_archive_may_be_elsewhere(archivist: Archivist) -> None:
    elsewhere = f"s3://{archivist.store.bucket}/elsewhere"
    published = archivist.publish(CONTENTS[0], archive_storage=elsewhere)
    assert published["archive_key"] == f"elsewhere/archive/{VERSION}/{published['sha256']}.json"
    assert archivist.get(published["archive_key"]) == CONTENTS[0]
    assert archivist.check(archive_storage=elsewhere) == {}
    assert "archive-missing" in archivist.check()
    archivist.publish(CONTENTS[1], archive_storage=elsewhere)
    assert archivist.restore(from_sha256=published["sha256"], archive_storage=elsewhere)["changed"]


def test_the_archive_may_be_in_a_locked_bucket_of_its_own(archivist_anywhere: Archivist) -> None:
    archivist = archivist_anywhere
    bucket = f"locked-{archivist.store.bucket}"
    elsewhere = f"s3://{bucket}/prod"
    made = archivist.run("storage_bucket", storage=elsewhere, object_lock_days=1, tls_only=False)
    assert made["posture"]["object_lock"] == "changed", made
    published = [archivist.publish(content, archive_storage=elsewhere)["sha256"] for content in CONTENTS[:2]]
    pruned = archivist.archive(archive_storage=elsewhere, keep_count=1)
    assert pruned["removed"] == published[:1], pruned
    assert archivist.check(archive_storage=elsewhere) == {}
    versions = archivist.client.list_object_versions(Bucket=bucket, Prefix=archivist.key(published[0]))
    assert len(versions["Versions"]) == len(versions["DeleteMarkers"]) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"signing_key": {"type": "file", "name": "/nowhere/archive.key"}},
            "signing_key does not exist (file:/nowhere",
        ),
        ({"signing_key": {"type": "file", "name": "archive.key"}}, "give an absolute path"),
        ({"signing_key": None, "verification_key": KEYS.public}, "There is no signing_key"),
        ({"signing_key": None}, "There is neither a verification_key nor a signing_key"),
        ({"verification_key": KEYS.private}, "verification_key is not an Ed25519 public key in PEM"),
        ({"verification_key": "nonsense"}, "verification_key is not an Ed25519 public key in PEM"),
        ({"keep_count": -1}, "keep_count is -1: give a number that is not negative"),
    ],
)
def test_what_the_options_get_wrong_is_one_sentence(archivist: Archivist, options: dict[str, Any], words: str) -> None:
    answer = archivist.archive(**options)
    assert words in answer["msg"]
    assert KEYS.private not in answer["printed"]


@pytest.mark.parametrize("pem", ["", "nonsense", KEYS.public])
def test_a_file_that_is_no_private_key_is_named_and_not_shown(archivist: Archivist, pem: str) -> None:
    archivist.key_file.write_text(pem)
    answer = archivist.archive()
    assert f"file:{archivist.key_file} does not hold an Ed25519 private key" in answer["msg"]
    archivist.key_file.chmod(0o644)
    assert "Others can read" in archivist.archive()["msg"]


def test_a_key_is_replaced_with_both_public_keys_for_a_while(archivist: Archivist) -> None:
    archivist.publish(CONTENTS[0])
    new = new_key()
    archivist.key_file.write_text(new.private)
    both = KEYS.public + new.public
    archivist.publish(CONTENTS[1], verification_key=both)
    assert archivist.check(verification_key=both) == {}
    assert "2 of " in archivist.check()["archive-forged"]
    assert "1 of " in archivist.check(verification_key=new.public)["archive-forged"]
