# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that has imported what Ansible's modules import, and runs each module of a playbook in a fork of itself.

A module is a new Python that imports Ansible's ``basic``, and often boto3, to work for a few milliseconds: that was
half of the CPU of the playbooks that the tests run. The fork has the files, the environment and the directory of the
Python that Ansible has started (``startup/sitecustomize.py``). All of a collection comes from the zip that Ansible
sends, as ever.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import gc
import importlib.util
import os
import socket
import socketserver
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from tests.checkout import CHECKOUT
from tests.servers.process import running

STARTUP = Path(__file__).parent / "startup"
CALLBACKS = Path(__file__).parent / "callback"
IMPORTED = (
    "ansible.module_utils._internal._ansiballz._loader",
    "ansible.module_utils.urls",
    "boto3.session",
    "botocore.endpoint",
    "cryptography.x509",
    "http.client",
    "zipfile",
)
SERVICES = ("iam", "s3", "secretsmanager", "ssm", "sts")
"""The services of AWS that modules talk to."""


@functools.cache
def quick_startup() -> dict[str, str]:
    """The environment in which Ansible's processes start quickly; the warm Python ends with this process.

    ansible-core 2.18 wraps modules and compiles templates in another way, so it starts as ever.
    """
    if importlib.util.find_spec("ansible.module_utils._internal._ansiballz") is None:
        return {"PYTHONPATH": str(STARTUP), "KEPT_WORK": ""}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="warm-python-")))
        address = folder / str(sys.implementation.cache_tag)
        command = [sys.executable, "-P", "-m", "tests.ansible.warm_python", address]
        path = {"PYTHONPATH": os.pathsep.join([str(STARTUP), str(CHECKOUT)])}
        stack.enter_context(running(command, address.is_socket, folder / "log", path))
        atexit.register(stack.pop_all().close)
    kept = Path(os.environ.get("KEPT_WORK", folder))
    for name in ("modules", "templates"):
        (kept / name).mkdir(exist_ok=True)
    return {"PYTHONPATH": str(STARTUP), "WARM_PYTHON": str(folder), "KEPT_WORK": str(kept)}


class Fork(socketserver.BaseRequestHandler):
    """One module: the request is what to run it with, the answer is its exit status."""

    request: socket.socket

    def handle(self) -> None:
        request, files, _flags, _sender = socket.recv_fds(self.request, 1 << 20, 3)
        self._die_with_the_sender()
        for given, own in zip(files, (0, 1, 2), strict=True):
            os.dup2(given, own)
            os.close(given)
        directory, *environment = request.split(b"\0")
        os.chdir(directory)
        os.environb.clear()
        os.environb.update(entry.split(b"=", 1) for entry in environment)
        self.request.send(bytes([run_standard_input()]))

    def _die_with_the_sender(self) -> None:
        """Let the kernel send a SIGIO when the process that waits for the answer has been killed."""
        flags = fcntl.fcntl(self.request, fcntl.F_GETFL)
        fcntl.fcntl(self.request, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self.request, fcntl.F_SETFL, flags | os.O_ASYNC)


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """A fork for each request."""

    socket_type = socket.SOCK_SEQPACKET


class InTheZip(list[str]):
    """Where the rest of a package of Ansible is: in the zip with the module, and nowhere else."""

    def __init__(self, package: str) -> None:
        super().__init__()
        self._folder = package.replace(".", "/")

    def __iter__(self) -> Iterator[str]:
        return (f"{path}/{self._folder}" for path in sys.path if path.endswith("_payload.zip"))


def run_standard_input() -> int:
    """The exit status of the program that comes by standard input, run as Python would."""
    sys.modules["__main__"] = ModuleType("__main__")
    sys.argv[:] = [""]
    sys.path.insert(0, "")
    try:
        # What `python -` would do with the module that Ansible sends.
        exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec"), vars(sys.modules["__main__"]))  # noqa: S102
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status & 0xFF


def read_data_of_boto3() -> None:
    """Let boto3 read what it knows of each service now, because it parses megabytes of JSON for the first client."""
    boto3, loaders = importlib.import_module("boto3"), importlib.import_module("botocore.loaders")
    read, known = loaders.JSONFileLoader.load_file, {}

    def load_file(self: Any, path: str) -> Any:
        if path not in known:
            known[path] = read(self, path)
        return known[path]

    loaders.JSONFileLoader.load_file = load_file
    for service in SERVICES:
        boto3.session.Session("none", "none", region_name="us-east-1").client(service)


def main(address: str) -> None:
    """Import what modules import, read what they read, and serve."""
    for name in IMPORTED:
        importlib.import_module(name)
    read_data_of_boto3()
    gc.freeze()
    for name, module in sys.modules.items():
        if name.partition(".")[0] == "ansible" and hasattr(module, "__path__"):
            module.__path__ = InTheZip(name)
    # Modules see neither the checkout nor its packages.
    sys.path.remove(str(CHECKOUT))
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    with Server(address, Fork) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
