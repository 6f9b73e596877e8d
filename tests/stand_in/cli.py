# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the gateway, as far as operators and the collection use it."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

from . import process
from .installation import Installation
from .settings import InvalidSettings, Settings, check, load, read_kong_env, write_kong_env

Run = Callable[[Installation, argparse.Namespace], None]


class CommandError(Exception):
    """The command fails; the text is what it says on standard error."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    installation = Installation(options.installed, options.edition)
    try:
        options.run(installation, options)
    except InvalidSettings as error:
        return _fail(error.errors[0])
    except (CommandError, process.ProcessError, OSError) as error:
        return _fail(str(error))
    return 0


def _version(installation: Installation, options: argparse.Namespace) -> None:
    print(installation.banner)


def _check(installation: Installation, options: argparse.Namespace) -> None:
    try:
        check(load(installation, os.environ, options.file))
    except InvalidSettings as error:
        raise CommandError("\n".join(error.errors)) from error
    print(f"configuration at {options.file} is valid")


def _prepare(installation: Installation, options: argparse.Namespace) -> None:
    _prepare_prefix(check(load(installation, os.environ, options.conf, options.prefix)))


def _start(installation: Installation, options: argparse.Namespace) -> None:
    settings = check(load(installation, os.environ, options.conf, options.prefix))
    if process.running(settings.prefix):
        raise CommandError(f"Kong is already running in {settings.prefix}")
    _prepare_prefix(settings)
    from .node import Node  # the other commands are quicker without it

    make = functools.partial(Node, settings, installation, dict(os.environ))
    if settings.on("nginx_daemon"):
        process.daemonise(settings.prefix, make)
        print("Kong started")
    else:
        process.run(settings.prefix, make)


def _stop(installation: Installation, options: argparse.Namespace) -> None:
    process.stop(_existing_prefix(installation, options))
    print("Kong stopped")


def _restart(installation: Installation, options: argparse.Namespace) -> None:
    if options.prefix is None:
        # bad settings are found while the node still runs; with -p the real command stops it first
        options.prefix = str(check(load(installation, os.environ, options.conf)).prefix)
    if process.running(Path(options.prefix)):
        process.stop(Path(options.prefix))
        print("Kong stopped")
    _start(installation, options)


def _reload(installation: Installation, options: argparse.Namespace) -> None:
    prefix = load(installation, os.environ, options.conf, options.prefix).prefix
    if not process.running(prefix):
        raise CommandError(f"nginx not running in prefix: {prefix}")
    if options.conf is None:
        settings = read_kong_env(prefix, installation, os.environ)  # fact 5.14
    else:
        settings = load(installation, os.environ, options.conf, str(prefix))
    _prepare_prefix(check(settings))
    process.reload(prefix)
    print("Kong reloaded")


def _health(installation: Installation, options: argparse.Namespace) -> None:
    prefix = _existing_prefix(installation, options)
    running = process.running(prefix)
    print(f"nginx.......{'running' if running else 'not running'}\n")
    if not running:
        raise CommandError(f"Kong is not running at {prefix}")
    print(f"Kong is healthy at {prefix}")


def _config(installation: Installation, options: argparse.Namespace) -> None:
    from . import declarative
    from .database import Database

    settings = check(load(installation, os.environ, options.conf, options.prefix))
    plugins = declarative.enabled_plugins(settings)
    if options.action != "parse" and settings.text("database") == "off":
        raise CommandError(f"'kong config {options.action}' only works with a database")
    if options.action == "db_export":
        _prepare_directories(settings.prefix)
        options.file.write_text(declarative.db_export(Database(settings.prefix).configuration()))
        return
    try:
        parse = declarative.parse_json if options.file.suffix == ".json" else declarative.parse_yaml
        configuration = declarative.accept(parse(options.file.read_bytes()), plugins)
    except declarative.Refused as error:
        raise CommandError(f"Failed parsing: {error}") from error
    if options.action == "db_import":
        _prepare_directories(settings.prefix)
        Database(settings.prefix).merge(configuration)
        print("import successful")
    else:
        print("parse successful")


def _existing_prefix(installation: Installation, options: argparse.Namespace) -> Path:
    prefix = load(installation, os.environ, None, options.prefix).prefix
    if not prefix.is_dir():
        raise CommandError(f"no such prefix: {prefix}")
    return prefix


def _prepare_prefix(settings: Settings) -> None:
    _prepare_directories(settings.prefix)
    write_kong_env(settings)


def _prepare_directories(prefix: Path) -> None:
    for directory in (prefix, prefix / "pids", prefix / "logs"):
        directory.mkdir(parents=True, exist_ok=True)


def _fail(text: str) -> int:
    sys.stderr.write(f"Error: {text}\n\n  Run with --v (verbose) or --vv (debug) for more details\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kong", description="A stand-in for Kong Gateway, for tests.")
    parser.add_argument("--installed", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--edition", required=True, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, flags: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name)
        added.set_defaults(run=run)
        if "c" in flags:
            added.add_argument("-c", "--conf", type=Path, help="configuration file")
        if "p" in flags:
            added.add_argument("-p", "--prefix", help="prefix directory")
        added.add_argument("--v", "--vv", action="store_true", help="accepted, changes nothing")
        return added

    command("version", _version, "")
    command("check", _check, "").add_argument("file", type=Path)
    command("prepare", _prepare, "cp")
    command("start", _start, "cp")
    command("stop", _stop, "p")
    command("restart", _restart, "cp")
    command("reload", _reload, "cp")
    command("health", _health, "p")
    config = command("config", _config, "cp")
    config.add_argument("action", choices=["db_export", "db_import", "parse"])
    config.add_argument("file", type=Path)
    return parser
