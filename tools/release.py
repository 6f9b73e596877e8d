# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a release: changelog, version, artifact with all its checks, commit and tag.

    python -m tools.release 1.0.0 [KEY]

With the name of a key of GnuPG it also signs the artifact. Nothing leaves the checkout: the last lines say what to push
and publish. If a check fails, the checkout is as it was.
"""

from __future__ import annotations

import re
import sys

import yaml

from tools import artifact, signature, tree
from tools.programs import SCRIPTS, run

SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
GALAXY = tree.CHECKOUT / "galaxy.yml"
IMAGE = tree.CHECKOUT / "execution-environment.yml"
CHANGELOG = tree.CHECKOUT / "changelogs" / "changelog.yaml"
FRAGMENTS = tree.CHECKOUT / "changelogs" / "fragments"


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, which order it among others."""
    return tuple(map(int, version.split(".")))


def refusal(version: str) -> str:
    """Why this version cannot be released now, and what to do, in a sentence; empty if it can."""
    if not SEMANTIC.fullmatch(version):
        return f"`{version}` is not a version: say make release VERSION=1.0.0, three numbers."
    released = yaml.safe_load(CHANGELOG.read_text())["releases"] if CHANGELOG.exists() else {}
    newest = max(released, key=numbers, default="")
    if newest and numbers(version) <= numbers(newest):
        return f"{newest} is released already: choose a version above it."
    if (branch := run("git", "branch", "--show-current").strip()) != "main":
        return f"The branch is `{branch}`: a release is made from main."
    if changed := run("git", "status", "--porcelain").strip():
        return f"Not everything is committed: commit or remove {changed.splitlines()[0].split(maxsplit=1)[1]}."
    if version in run("git", "tag").split():
        return f"The tag {version} exists: choose another version, or remove the tag if it was never pushed."
    if not any("release_summary" in yaml.safe_load(fragment.read_text()) for fragment in FRAGMENTS.glob("*.yml")):
        return f"No fragment has a release_summary: write changelogs/fragments/{version}.yml with what users gain."
    return ""


def prepare(version: str) -> None:
    """Write the version where it stands, and let the changelog have what the fragments say."""
    GALAXY.write_text(re.sub(r"^version: .*$", f"version: {version}", GALAXY.read_text(), flags=re.MULTILINE))
    image = re.sub(r"(name: kongops\.fallback\n +version: ).*", rf"\g<1>{version}", IMAGE.read_text())
    IMAGE.write_text(image)
    run(SCRIPTS / "antsibull-changelog", "release", "--version", version)


def release(version: str) -> None:
    """Commit what is prepared, check the artifact, and tag the commit; take the commit back if a check fails."""
    before = run("git", "rev-parse", "HEAD").strip()
    try:
        prepare(version)
        run("git", "add", "--all")
        run("git", "commit", "--message", f"Release {version}")
        artifact.main()
        run("git", "tag", "--annotate", version, "--message", f"kongops.fallback {version}")
    except BaseException:
        run("git", "reset", "--hard", before)
        raise


def main() -> None:
    """Release the version of the command line."""
    version, key = (*sys.argv[1:], "", "")[:2]
    if sentence := refusal(version):
        sys.exit(sentence)
    release(version)
    print(f"Release {version} is committed and tagged here. Publish it, once `make ci` is green:")
    print(f"  git push origin main {version}")
    tarball = artifact.ROOT / f"kongops-fallback-{version}.tar.gz"
    print(f"  ansible-galaxy collection publish {tarball.relative_to(tree.CHECKOUT)}")
    if key:
        signed = signature.sign(tarball, key).relative_to(tree.CHECKOUT)
        print(f"  {signed}: attach it to the release; who installs the collection gives it with --signature.")


if __name__ == "__main__":
    main()
