# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running gateway: which listeners and threads a role has, and how they share the configuration."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping

from . import declarative
from .control_plane import AdminApi, ClusterListener, DataPlanes
from .data_plane import Cache, DataPlane
from .database import Database, watch
from .declarative import Configuration, Current, Refused
from .fallback import Exporter
from .installation import ENTERPRISE, Installation
from .log import Log
from .proxy import Proxy
from .servers import Respond, Server
from .settings import InvalidSettings, Settings, check, read_kong_env
from .status import StatusApi


class Node:
    """One gateway, from start to stop. ``environ`` is the master's: reloads do not change it (fact 2.1)."""

    def __init__(self, settings: Settings, installation: Installation, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._installation = installation
        self._environ = environ
        self._log = _log(settings)
        self._node_id = _node_id(settings)
        self._current = Current()
        self._first_attempt = threading.Event()
        self._stopping = threading.Event()
        self._servers: list[Server] = []
        self._threads: list[DataPlane | Exporter] = []

    def start(self) -> None:
        """Load what is there, bind every listener, go to work; raises OSError or InvalidSettings before that."""
        self._stopping = threading.Event()
        database = None if self._settings.text("database") == "off" else Database(self._settings.prefix)
        cache = Cache(self._settings.cache, self._installation)
        self._current.set(database.configuration() if database else self._initial(cache))
        try:
            self._listen(database)
        except OSError:
            self._close()
            raise
        for server in self._servers:
            server.start()
        if database:
            arguments = (database, self._current, self._stopping, self._log.error)
            threading.Thread(target=watch, args=arguments, daemon=True).start()
        self._work(cache)
        self._log.notice(f"{self._installation.banner} started as {self._settings.text('role')}")

    def reload(self) -> None:
        """Take over the prepared settings; bad ones are logged and change nothing."""
        try:
            settings = check(read_kong_env(self._settings.prefix, self._installation, self._environ))
        except InvalidSettings as error:
            self._log.error(f"reload failed: {error}")
            return
        for server in self._servers:
            server.shutdown()
        self.stop()
        self._settings, self._log = settings, _log(settings)
        try:
            self.start()
        except (OSError, InvalidSettings) as error:
            self._log.error(f"reload failed: {error}")

    def stop(self) -> None:
        """Give every address back and take over nothing any more."""
        self._stopping.set()
        for thread in self._threads:
            thread.stop()
        self._threads = []
        self._close()

    def _initial(self, cache: Cache) -> Configuration:
        """The declarative configuration, which hides everything else (fact 4.3), or what is cached."""
        cached = cache.open() if self._settings.text("role") == "data_plane" else Configuration()
        path = self._settings.text("declarative_config")
        if path is None:
            return self._current.get() if cached.is_empty else cached
        try:
            with open(path, "rb") as file:
                content = file.read()
            parse = declarative.parse_json if path.endswith(".json") else declarative.parse_yaml
            plugins = declarative.enabled_plugins(self._settings)
            return declarative.accept(parse(content), plugins)
        except (OSError, Refused) as error:
            raise InvalidSettings([f"error parsing declarative config file {path}: {error}"]) from error

    def _listen(self, database: Database | None) -> None:
        data_planes = DataPlanes()
        role = self._settings.text("role")
        answering: dict[str, Respond] = {"status_listen": StatusApi(self._settings, self._current).respond}
        if role != "control_plane":
            answering["proxy_listen"] = Proxy(self._current).respond
        if role == "control_plane":
            answering["cluster_listen"] = ClusterListener(self._current, data_planes).respond
        if database:
            answering["admin_listen"] = AdminApi(
                database,
                self._current,
                declarative.enabled_plugins(self._settings),
                {
                    "version": self._installation.version,
                    "tagline": "Welcome to kong",
                    "node_id": self._node_id,
                    "configuration": {"role": role, "database": self._settings.text("database")},
                },
                data_planes,
            ).respond
        edition = "-enterprise-edition" if self._installation.edition == ENTERPRISE else ""
        for setting, respond in answering.items():
            for listener in self._settings.listeners(setting):
                if not listener.tls:
                    self._servers.append(Server(listener, respond, f"kong/{self._installation.version}{edition}"))

    def _work(self, cache: Cache) -> None:
        shared = (self._settings, self._environ, self._node_id, self._current)
        if self._settings.text("role") == "data_plane":
            self._threads.append(DataPlane(*shared, cache, self._first_attempt, self._log))
        if self._settings.exports:
            # a node that may import does so before it exports the emptiness that it started with
            after = self._first_attempt if self._settings.imports else threading.Event()
            if not self._settings.imports:
                after.set()
            self._threads.append(Exporter(*shared, after, self._log))
        for thread in self._threads:
            thread.start()

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()
        self._servers = []


def _log(settings: Settings) -> Log:
    """In the foreground the log goes to standard error too, unless it is there already, as in a container."""
    path = settings.prefix / "logs" / "error.log"
    echo = not settings.on("nginx_daemon") and not path.is_symlink()
    return Log(path, settings.text("log_level") or "notice", echo)


def _node_id(settings: Settings) -> str:
    """The setting ``node_id``, or one that stays the same in this prefix."""
    given = settings.text("node_id")
    if given:
        return given
    path = settings.prefix / "kong.id"
    if not path.exists():
        path.write_text(str(uuid.uuid4()))
    return path.read_text().strip()
