# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release is refused in a sentence while something is missing, and its artifact has the same bytes everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.checkout import CHECKOUT
from tools import reproducible, signature


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of what git keeps here, as it is now, with all of it committed on main."""
    clone = tmp_path / "clone"
    clone.mkdir()
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file() and name.startswith(("tools/", "changelogs/", "galaxy", "execution")):
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, clone / name)
    (clone / ".gitignore").write_text("__pycache__/\n.cache/\n")
    run(clone, "git", "init", "--quiet", "--initial-branch", "main")
    commit(clone)
    return clone


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=clone, check=False, capture_output=True, text=True)


def commit(clone: Path) -> None:
    run(clone, "git", "add", "--all")
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    assert run(clone, "git", *who, "commit", "--quiet", "--message", "as it is").returncode == 0


def release(clone: Path, version: str) -> str:
    """What the command says that refuses a release."""
    done = run(clone, sys.executable, "-m", "tools.release", version)
    assert done.returncode == 1, done.stdout
    return done.stderr.strip()


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", ""])
def test_what_is_no_version_is_refused(checkout: Path, version: str) -> None:
    assert release(checkout, version) == f"`{version}` is not a version: say make release VERSION=1.0.0, three numbers."


def test_a_release_needs_a_clean_checkout_of_main_and_a_summary(checkout: Path) -> None:
    (checkout / "galaxy.yml").write_text("---\n")
    assert release(checkout, "1.0.0") == "Not everything is committed: commit or remove galaxy.yml."
    run(checkout, "git", "checkout", "--quiet", "--", ".")

    run(checkout, "git", "switch", "--quiet", "--create", "topic")
    assert release(checkout, "1.0.0") == "The branch is `topic`: a release is made from main."
    run(checkout, "git", "switch", "--quiet", "main")

    shutil.rmtree(checkout / "changelogs/fragments")
    commit(checkout)
    wanted = "No fragment has a release_summary: write changelogs/fragments/1.0.0.yml with what users gain."
    assert release(checkout, "1.0.0") == wanted


def test_a_version_is_released_once_and_none_below_it(checkout: Path) -> None:
    releases = {"releases": {"1.9.0": {}, "1.10.0": {}}}
    (checkout / "changelogs/changelog.yaml").write_text(yaml.safe_dump(releases))
    commit(checkout)
    for version in ("1.10.0", "1.9.5"):
        assert release(checkout, version) == "1.10.0 is released already: choose a version above it."
    run(checkout, "git", "tag", "1.11.0")
    assert release(checkout, "1.11.0").startswith("The tag 1.11.0 exists")


def packed(place: Path, names: list[str], age: int) -> Path:
    """An artifact with files of these names, in this order."""
    listed = {"files": [{"name": name} for name in names], "format": 1}
    bodies = {"MANIFEST.json": '{"file_manifest_file": {"chksum_sha256": ""}}', "FILES.json": json.dumps(listed)}
    bodies |= {name: f"body of {name}" for name in names}
    place.mkdir()
    with tarfile.open(place / "it.tar.gz", "w:gz") as archive:
        for name, body in bodies.items():
            (place / "file").write_text(body)
            member = archive.gettarinfo(place / "file", name)
            member.mtime = age
            with (place / "file").open("rb") as file:
                archive.addfile(member, file)
    return place / "it.tar.gz"


def test_neither_the_clock_nor_the_order_of_files_is_in_an_artifact(tmp_path: Path) -> None:
    one, other = packed(tmp_path / "1", ["a", "b"], 1), packed(tmp_path / "2", ["b", "a"], 2)
    assert one.read_bytes() != other.read_bytes()
    for artifact in (one, other):
        reproducible.rewrite(artifact, 1_700_000_000)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as archive:
        assert archive.getnames() == ["MANIFEST.json", "FILES.json", "a", "b"]
        body = archive.extractfile("b")
        assert body is not None
        assert body.read() == b"body of b"


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a key in a keyring of its own, whose path is short, because GnuPG puts a socket there."""
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        monkeypatch.setenv("GNUPGHOME", home)
        new = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "release@example.com", "ed25519", "sign"]
        subprocess.run(new, check=True, capture_output=True)
        yield "release@example.com"
        subprocess.run(["gpgconf", "--kill", "all"], check=True)


def test_the_signature_of_an_artifact_is_that_of_its_manifest(tmp_path: Path, keyring: str) -> None:
    artifact, manifest = tmp_path / "kongops-fallback-1.0.0.tar.gz", tmp_path / "given" / "MANIFEST.json"
    manifest.parent.mkdir()
    manifest.write_text('{"file_manifest_file": {"chksum_sha256": "5c6c7b9e"}}')
    with tarfile.open(artifact, "w:gz") as archive:
        archive.add(manifest, "MANIFEST.json")
    signed = signature.sign(artifact, keyring)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", artifact.name, f"{artifact.name}.asc"]

    def verified() -> int:
        return subprocess.run(["gpg", "--verify", signed, manifest], check=False, capture_output=True).returncode

    assert verified() == 0
    manifest.write_text('{"file_manifest_file": {"chksum_sha256": "00000000"}}')
    assert verified() != 0
