# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of the demo, one function per chapter; each checks what it says and raises Untrue if it is wrong."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from demo.narrator import Narrator, Untrue
from demo.shell import Shell, Thing
from tests.ansible.environment import clean_environment
from tests.ansible.warm_python import quick_startup
from tests.fleet import ControlPlane, DataPlane, Fleet
from tests.greeting import BODY, greeting, publish
from tests.servers import S3Server, moto
from tests.waiting import NeverTrue, until

VERSION = "3.11.0.14"


@dataclass
class Story:
    """The cast."""

    fleet: Fleet
    storage: S3Server
    control_plane: ControlPlane
    service: str
    shell: Shell
    data_planes: list[DataPlane] = field(default_factory=list)

    @property
    def newcomer(self) -> DataPlane:
        """The data plane that was provisioned last."""
        return self.data_planes[-1]

    @staticmethod
    @contextmanager
    def begin(directory: Path) -> Iterator[Story]:
        """The machines before anything happens: an S3 server with IAM enforced, a service, and directories as hosts."""
        with moto(enforce_iam=True) as storage, greeting() as service, Fleet(directory, VERSION) as fleet:
            fleet.variables = {
                "kong_fallback_storage": "s3://kong-fallback/production",
                "kong_fallback_region": storage.region,
                "kong_fallback_endpoint_url": storage.endpoint_url,
                "kong_fallback_secret_store": {"type": "file", "name": str(directory / "keys")},
                "kong_fallback_gateway_versions": [VERSION],
                "kong_fallback_export_delay": 1,
            }
            shell = Shell.of_administrator(directory, storage)
            yield Story(fleet, storage, fleet.add_control_plane(), service, shell)

    def add_data_plane(self, name: str) -> DataPlane:
        """Provision a data plane as the operator's base role would: installed and configured, without the fallback."""
        self.data_planes.append(self.fleet.add_data_plane(name, self.control_plane))
        self.fleet.write_inventory()
        return self.newcomer


def tell(story: Story, narrator: Narrator) -> None:
    """All chapters in order."""
    narrator.say(
        "The gateway is a stand-in that behaves as docs/kong-facts.md says. Everything else is real:\n"
        "the playbooks, an S3 server that enforces IAM, the files, the processes.\n"
        f"Each host is a directory in {story.fleet.directory}."
    )
    for chapter in (
        a_cluster_works,
        it_gets_its_fallback,
        a_second_run_changes_nothing,
        the_control_plane_dies,
        without_it,
        with_it,
    ):
        chapter(story, narrator)
    narrator.end("A brand-new data plane came up and served traffic while the control plane was down.")


def a_cluster_works(story: Story, narrator: Narrator) -> None:
    """The ordinary day."""
    narrator.chapter("A control plane has a service and a route; the data planes dp1 and dp2 get them from there.")
    story.control_plane.start()
    publish(story.control_plane.admin_url, story.service)
    for name in ("dp1", "dp2"):
        story.add_data_plane(name).start()
        expect(narrator, story.newcomer, (200, BODY))


def it_gets_its_fallback(story: Story, narrator: Narrator) -> None:
    """The collection's first run, and what it leaves behind."""
    narrator.chapter(
        "One playbook creates bucket and keys, sets cp1 up to export, proves the snapshot, sets the rest up to import."
    )
    said = play(story, narrator, "kongops.fallback.site")
    if untouched := [host for host in ("cp1", "dp1", "dp2") if changes(said)[host] == 0]:
        raise Untrue(f"the run did nothing on {', '.join(untouched)}")
    narrator.chapter("This is what a data plane reads its snapshot with, and this is the snapshot.")
    show(story, narrator, "sed 's/^\\(AWS_SECRET[^=]*=\\).*/\\1…/' dp1/etc/kong/fallback.env")
    show(
        story,
        narrator,
        "ansible localhost -m kongops.fallback.config_snapshot_info -a storage=s3://kong-fallback/production",
    )


def a_second_run_changes_nothing(story: Story, narrator: Narrator) -> None:
    """Idempotence, and no restart."""
    narrator.chapter("A second run changes nothing and restarts nothing.")
    before = [host.pid for host in story.fleet.hosts]
    said = play(story, narrator, "kongops.fallback.site")
    if any(changes(said).values()) or before != [host.pid for host in story.fleet.hosts]:
        raise Untrue(f"the second run changed something: {changes(said)}")


def the_control_plane_dies(story: Story, narrator: Narrator) -> None:
    """The outage begins."""
    narrator.chapter("The control plane dies.")
    pid = story.control_plane.pid or 0
    narrator.typed(f"kill -9 {pid}")
    os.kill(pid, signal.SIGKILL)
    expect(narrator, story.data_planes[0], (200, BODY))
    narrator.seen("dp1, which was already running, keeps serving what it has.")


def without_it(story: Story, narrator: Narrator) -> None:
    """Why the fallback is needed."""
    narrator.chapter("A new data plane without the fallback has nothing to serve.")
    story.add_data_plane("dp3").start()
    status, body = story.newcomer.get("/hello")
    narrator.seen(f"dp3: GET /hello → {status} {body.strip()}")
    if status == 200:
        raise Untrue("dp3 serves although nothing gave it a configuration")


def with_it(story: Story, narrator: Narrator) -> None:
    """The promise."""
    narrator.chapter("The playbook sets up another new data plane during the outage, and it serves.")
    story.add_data_plane("dp4")
    play(story, narrator, "kongops.fallback.data_plane", "--limit", "dp4", whole=True)
    expect(narrator, story.newcomer, (200, BODY))
    for line in story.newcomer.error_log.read_text().splitlines():
        if "[fallback config]" in line:
            narrator.seen(line[line.index("[fallback config]") :])


def things_to_try(story: Story) -> list[Thing]:
    """What a visitor of the running demo may do, in any order."""
    lonely, newcomer = story.data_planes[-2:]
    playbook = "ansible-playbook -i inventory.json kongops.fallback"
    return [
        Thing(
            f"Ask {newcomer.name}, which came up while the control plane was down.",
            [f"curl -i {newcomer.proxy_url}/hello"],
            BODY,
        ),
        Thing(
            f"Give {lonely.name}, which has nothing to serve, its fallback.",
            [f"{playbook}.data_plane --limit {lonely.name}", f"curl -i --retry 5 {lonely.proxy_url}/hello"],
            BODY,
        ),
        Thing(
            "Spoil a file, and see what a run would do about it.",
            [
                "sed -i.bak /AWS_REGION/d dp1/etc/kong/fallback.env",
                f"{playbook}.data_plane --limit dp1 --check --diff",
            ],
            f"+AWS_REGION={story.storage.region}",
        ),
        Thing(
            "Start a second gateway without a control plane beside that of dp2, and see what it serves.",
            [f"{playbook}.outage_drill -e kong_fallback_canary_host=dp2 -e kong_fallback_drill_on_proxying_host=1"],
            "a new data plane would come up: yes",
        ),
        Thing(
            "End the outage, and let every snapshot be verified.",
            ["cp1/usr/local/bin/restart-kong", f"{playbook}.verify"],
            "a new data plane would come up: yes",
        ),
    ]


def try_all(story: Story, narrator: Narrator, script: Path) -> None:
    """Try everything that the script suggests; raises Untrue with what does not work."""
    for thing in things_to_try(story):
        narrator.chapter(thing.why)
        for command in thing.commands:
            narrator.typed(f"./{script.name} {command}")
            done = subprocess.run(
                [script, command], env=clean_environment(), capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise Untrue(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        if thing.prints not in done.stdout:
            raise Untrue(f"{command} does not print {thing.prints}, but:\n{done.stdout}")


def play(story: Story, narrator: Narrator, playbook: str, *arguments: str, whole: bool = False) -> str:
    """Run a playbook and show its last lines, or the whole of its output; raises Untrue when it fails."""
    command = shlex.join(["ansible-playbook", "-i", "inventory.json", playbook, *arguments])
    narrator.typed(command)
    status, said = story.shell.run(command, quick_startup())
    if status != 0:
        raise Untrue(said[-3000:])
    narrator.seen(said if whole else said[said.rindex("PLAY [Say whether") :])
    return said


def show(story: Story, narrator: Narrator, command: str) -> None:
    """Type a command and show what it prints; raises Untrue when it fails."""
    narrator.typed(command)
    status, said = story.shell.run(command, quick_startup())
    if status != 0:
        raise Untrue(said)
    narrator.seen(said)


def changes(said: str) -> dict[str, int]:
    """How many tasks changed something on each host, from the recap of a run."""
    return {host: int(count) for host, count in re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", said, re.MULTILINE)}


def expect(narrator: Narrator, data_plane: DataPlane, answer: tuple[int, str], seconds: float = 15) -> None:
    """Wait until a data plane gives this answer; raises Untrue with its last answer after some seconds."""
    with suppress(NeverTrue):
        until(lambda: data_plane.get("/hello") == answer, seconds)
    seen = data_plane.get("/hello")
    if seen != answer:
        raise Untrue(f"{data_plane.name} answers {seen[0]} {seen[1].strip()}, not {answer[0]}")
    narrator.seen(f"{data_plane.name}: GET /hello → {seen[0]} {seen[1]}")
