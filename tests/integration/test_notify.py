# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kong_fallback_notify_tasks does when a job ends: the examples send, and a failure changes no verdict."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.report import notice_of
from tests.ansible import run_playbook
from tests.checkout import CHECKOUT
from tests.servers.ports import LOOPBACK

EXAMPLES = CHECKOUT / "docs/examples/notify"
STORAGE = "s3://kong-fallback/prod"
BECAUSE = "dp1 cannot read it\n.\nSubject: owned\x1b[2J"
REPORT: dict[str, Any] = {
    "job": "verify",
    "finished": "2026-11-25T10:00:00+00:00",
    "verdict": BECAUSE,
    "lines": [f"{STORAGE}: a new data plane would come up: no, because {BECAUSE}"],
    "clusters": [{"storage": STORAGE, "would_come_up": "no", "because": BECAUSE}],
}
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Notify
      ansible.builtin.include_role:
        name: kongops.fallback.job
        tasks_from: notify
        rolespec_validate: false
      vars:
        __kong_fallback_job_report: "{{ report }}"
        __kong_fallback_report_file: /var/lib/reports/verify.json
        kong_fallback_notify_tasks: "{{ item }}"
      loop: "{{ files }}"

    - name: Go on with the job
      ansible.builtin.debug:
        msg: the job went on
"""


@dataclass
class Received:
    """What came in: bodies by path of HTTP, and the messages of mail."""

    posted: list[tuple[str, Any]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)


@contextmanager
def listening(received: Received) -> Iterator[tuple[str, str]]:
    """The URLs of an HTTP server that accepts everything, and of a mail server."""

    class Http(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.posted.append((self.path, json.loads(body)))
            self.send_response(202 if self.path == "/enqueue" else 200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Print nothing."""

    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            for line in self.rfile:
                command = line.split()[0].upper()
                if command == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    received.mails.append(text.decode())
                self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")

    servers = (ThreadingHTTPServer((LOOPBACK, 0), Http), socketserver.ThreadingTCPServer((LOOPBACK, 0), Mail))
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        http, mail = (server.server_address[1] for server in servers)
        yield f"http://{LOOPBACK}:{http}", f"smtp://{LOOPBACK}:{mail}"
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def test_the_examples_send_and_what_fails_changes_nothing(tmp_path: Path) -> None:
    received = Received()
    failing = {
        "broken.yml": "- name: [",
        "empty.yml": "",
        "fails.yml": "- ansible.builtin.fail:\n    msg: The pager is broken.\n",
        "template.yml": "- ansible.builtin.debug:\n    msg: '{{ no_such_variable }}'\n",
        "lost.yml": "- ansible.builtin.ping:\n  delegate_to: nowhere\n",
    }
    for name, text in failing.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / "none.yml", *(tmp_path / name for name in failing), *sorted(EXAMPLES.glob("*.yml"))]
    with listening(received) as (http, mail):
        variables = {
            "files": [str(file) for file in files],
            "report": REPORT,
            "slack_webhook": f"{http}/slack",
            "pagerduty_url": f"{http}/enqueue",
            "pagerduty_routing_key": "routing-key-1f0c4b7d",
            "mail_server": mail,
            "mail_from": "kong@example.com",
            "mail_to": "operators@example.com",
        }
        run = run_playbook(PLAY, tmp_path, variables=variables)

    assert run.code == 0, run.output
    assert "the job went on" in run.output
    # A host that cannot be reached is no failure to Ansible, which says so itself.
    assert run.output.count("The notification failed, but the verdict stays the same") == len(failing)
    assert "UNREACHABLE" in run.output
    assert "The pager is broken." in run.output
    assert f"{tmp_path}/none.yml is not a file with a list of tasks" in run.output
    assert "routing-key" not in run.output

    (path, incident), (_slack, message) = received.posted
    assert (path, incident["event_action"], incident["dedup_key"]) == (
        "/enqueue",
        "trigger",
        f"kong-fallback {STORAGE}",
    )
    assert incident["payload"]["severity"] == "critical"
    assert message["text"].startswith("verify: a new data plane would come up: no\n")
    (text,) = (mail.replace("\r\n", "\n") for mail in received.mails)
    head, _blank, rest = text.partition("\n\n")
    assert "Subject: verify: a new data plane would come up: no" in head
    assert "owned" not in head
    assert "would come up: no, because dp1 cannot read it" in rest
    assert "/var/lib/reports/verify.json" in rest
    assert "\x1b" not in text


def test_a_notice_tells_the_gravest_verdict() -> None:
    clusters = [{"storage": f"s3://b/{word}", "would_come_up": word, "because": ""} for word in ("yes", "unknown")]
    notice = notice_of({**REPORT, "verdict": "ok", "clusters": clusters}, "")
    assert (notice["succeeded"], notice["would_come_up"]) == (True, "unknown")
    assert notice["summary"] == "verify: a new data plane would come up: unknown"
    assert notice_of({**REPORT, "clusters": []}, "")["would_come_up"] == "unknown"
