# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, spoken to through its driver (WebDriver, W3C), and axe-core from npm.

Debian has both programs: `chromium` and `chromium-driver`.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.debian import Unavailable
from tests.servers.ports import LOOPBACK, free_ports
from tests.waiting import until
from tests.web import ask

_CACHE = Path(__file__).parents[1] / ".cache"

_AXE = "axe-core@4.14.1"
_AXE_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="

_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
)
_TAB = "\ue004"
_INCHES_PER_MM = 1 / 25.4


@dataclass(frozen=True)
class Browser:
    """A browser with one tab; everything is as its page has it at that moment."""

    session: str

    def open(self, page: Path, width: int, height: int, scheme: str) -> None:
        """Open a file on a screen of this size in CSS pixels, in the colour scheme light or dark."""
        self._tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        # For axe-core; the page itself forbids every script.
        self._tell("Page.setBypassCSP", enabled=True)
        self._ask("url", {"url": page.as_uri()})

    def on_paper(self) -> None:
        """Lay the page out as for a printer, without dark colours, on paper in place of a screen."""
        self._tell("Emulation.setEmulatedMedia", media="print", features=[])

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns; of a promise, what it holds in the end."""
        return self._ask("execute/sync", {"script": script, "args": list(arguments)})

    def messages(self) -> list[str]:
        """What the console got since the last call."""
        return [each["message"] for each in self._ask("se/log", {"type": "browser"})]

    def press_tab(self) -> None:
        """Go to the next element that the keyboard reaches."""
        keys = [{"type": kind, "value": _TAB} for kind in ("keyDown", "keyUp")]
        self._ask("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def picture(self, file: Path) -> None:
        """Write what the screen shows, as PNG."""
        file.write_bytes(base64.b64decode(self._ask("screenshot", method="GET")))

    def print(self, file: Path, width: float, height: float) -> None:
        """Write the page as PDF, on paper of so many millimetres, at its own size."""
        paper = {"width": width * _INCHES_PER_MM, "height": height * _INCHES_PER_MM}
        margin = dict.fromkeys(("top", "bottom", "left", "right"), 1.0)
        wanted = {"page": paper, "margin": margin, "background": True, "shrinkToFit": False}
        file.write_bytes(base64.b64decode(self._ask("print", wanted)))

    def _tell(self, command: str, **parameters: Any) -> None:
        """A command of the DevTools protocol."""
        self._ask("goog/cdp/execute", {"cmd": command, "params": parameters})

    def _ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = ask(f"{self.session}/{path}", method, body, timeout=60)
        assert answer.is_success, f"{path}: {answer.body[:2000]}"
        return answer.json["value"]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of its own; raises Unavailable on a machine without one."""
    driver, program = _program("chromedriver"), _program("chromium", "google-chrome", "chrome")
    (port,) = free_ports(1)
    url = f"http://{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: ask(f"{url}/status").is_success, 30)
            options = {"binary": program, "args": [*_ARGUMENTS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            answer = ask(f"{url}/session", "POST", {"capabilities": {"alwaysMatch": wanted}}, timeout=60)
            assert answer.is_success, answer.body[:2000]
            session = f"{url}/session/{answer.json['value']['sessionId']}"
            try:
                yield Browser(session)
            finally:
                with suppress(OSError):
                    ask(session, "DELETE")
        finally:
            process.terminate()
            process.wait()


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise Unavailable(f"{names[0]} is not installed: apt-get install chromium chromium-driver")


def axe() -> str:
    """The script of axe-core, fetched by npm once; raises Unavailable where it cannot be fetched."""
    place = _CACHE / f"{_AXE}.js"
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(_fetched_axe())
    return place.read_text()


def _fetched_axe() -> bytes:
    npm = shutil.which("npm")
    if not npm:
        raise Unavailable(f"npm is not installed, and {_AXE} is not there")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([npm, "pack", _AXE], cwd=folder, capture_output=True, text=True, check=False)
        packages = list(Path(folder).glob("*.tgz"))
        if not packages:
            raise Unavailable(f"npm pack {_AXE}: {done.stderr.strip() or 'no package came'}")
        digest = base64.b64encode(hashlib.sha512(packages[0].read_bytes()).digest()).decode()
        assert digest == _AXE_SHA512, f"{_AXE} is another one: {digest}"
        with tarfile.open(packages[0]) as archive:
            script = archive.extractfile("package/axe.min.js")
            assert script
            return script.read()
