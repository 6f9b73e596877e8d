# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that a timer runs: it looks at a storage with read access, and writes metrics. It needs boto3 and no
Ansible, and is packed from the files of this collection."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NoReturn

with suppress(ImportError):  # main says so.
    import boto3
    from botocore.config import Config

from ansible_collections.kongops.fallback.plugins.module_utils._audit.plain import plain
from ansible_collections.kongops.fallback.plugins.module_utils._audit.watch import Seen, look_at_storage
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import in_time
from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular, replace_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import LARGEST, demands_of
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.s3_objects import S3Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import (
    patience_of,
    refuse_other_regions,
    refuse_strangers,
    s3_options,
    s3_storage,
)

_DEFAULTS: Mapping[str, Any] = {
    "region": None,
    "endpoint_url": None,
    "ca_bundle": None,
    "gateway_versions": (),
    "minimum_entities": {},
    "custom_collections": (),
    "allowed_plugins": None,
    "max_age": None,
    "max_size": LARGEST,
    "timeout": 120,
    "request_timeout": 30,
}
_NUMBERS = {"max_age", "max_size", "timeout", "request_timeout"}


@dataclass(frozen=True)
class Program:
    """As much of a module as a deadline needs: the settings, and how to report that the time is over."""

    params: Mapping[str, Any] = field(default_factory=dict)

    def fail_json(self, msg: str) -> NoReturn:
        """Say what went wrong, and end."""
        sys.stderr.write(f"{msg}\n")
        raise SystemExit(1)


def settings_of(path: str) -> dict[str, Any]:
    """The settings in a file; raises InvalidInput and OperationFailed."""
    text = read_regular(path)
    if text is None:
        raise OperationFailed(f"There is no file {path}: run the playbook audit again, or name the file.")
    with suppress(ValueError, TypeError, RecursionError):
        given = json.loads(text)
        if isinstance(given, dict) and {"storage", "metrics"} <= given.keys() <= {*_DEFAULTS, "storage", "metrics"}:
            return {**_DEFAULTS, **given, **{name: int(given[name]) for name in _NUMBERS & given.keys()}}
    raise InvalidInput(f"{path} is not a JSON object with storage and metrics: run the playbook audit again.")


def look(program: Program) -> Seen:
    """The present content of the storage."""
    settings = program.params
    storage = s3_storage(settings["storage"])
    store = SnapshotStore(S3Objects(_client(settings), storage.bucket), storage, settings["max_size"])
    return look_at_storage(store, settings["gateway_versions"], demands_of(settings), datetime.now(timezone.utc))


def _client(settings: Mapping[str, Any]) -> Any:
    wanted = {**s3_options(settings["endpoint_url"]), **patience_of(settings["request_timeout"])}
    # The boto3 of a distribution may be older than what a controller needs to write, and not know all of this.
    config = Config(**{name: value for name, value in wanted.items() if name in Config.OPTION_DEFAULTS})
    client = boto3.client(
        "s3",
        region_name=settings["region"] or "us-east-1",
        endpoint_url=settings["endpoint_url"] or None,
        verify=settings["ca_bundle"] or None,
        config=config,
    )
    refuse_other_regions(client)
    refuse_strangers(client)
    return client


def run(path: str) -> list[str]:
    """Look at the storage that a file of settings names, and write its metrics; returns what is wrong, in sentences.

    Raises InvalidInput and OperationFailed.
    """
    if "boto3" not in globals():
        raise OperationFailed(f"{sys.executable} has no boto3: install it on this host, for example python3-boto3.")
    settings = settings_of(path)
    try:
        seen = in_time(Program(settings), look)
    except OperationFailed as error:
        seen = Seen(settings["storage"], faults=(str(error),), is_read=False)
    # Everybody may read the metrics, because they hold no secret.
    replace_regular(settings["metrics"], seen.metrics(datetime.now(timezone.utc)).encode(), 0o644)
    return list(seen.faults)


def main() -> None:
    """Run the program with the file of settings as its argument; it fails if anything is wrong."""
    try:
        faults = run(sys.argv[1])
    except (InvalidInput, OperationFailed) as error:
        faults = [str(error)]
    sys.stderr.writelines(f"{plain(fault)}\n" for fault in faults)
    raise SystemExit(1 if faults else 0)
