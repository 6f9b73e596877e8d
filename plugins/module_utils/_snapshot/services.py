# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The adapter to the service that a fallback storage is in, by its scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.azure_objects import azure_objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import LARGEST
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.google_objects import google_objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.s3_objects import S3Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, client_of_place
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl, parse


def snapshot_store(module: Any) -> SnapshotStore:
    """The store that the options of an ``AnsibleAWSModule`` name; raises InvalidInput and OperationFailed."""
    storage = parse(module.params["storage"])
    return SnapshotStore(objects_of(module, storage), storage, module.params.get("max_size", LARGEST))


def other_store(module: Any, place: Mapping[str, Any]) -> SnapshotStore:
    """The store that the options ``OTHER_PLACE`` name; raises InvalidInput and OperationFailed."""
    storage = parse(place["storage"])
    if storage.is_s3:
        return SnapshotStore(S3Objects(client_of_place(module, place), storage.bucket), storage)
    return SnapshotStore(objects_of(module, storage), storage)


def store_elsewhere(module: Any, store: SnapshotStore, storage: str) -> SnapshotStore:
    """A store at another storage, with the access of the same options; raises InvalidInput and OperationFailed."""
    elsewhere = parse(storage)
    return replace(store, bucket=objects_of(module, elsewhere), storage=elsewhere)


def objects_of(module: Any, storage: StorageUrl) -> Objects:
    """The objects of the bucket of a storage; raises OperationFailed without the library for its service."""
    if storage.is_s3:
        return S3Objects(client_of(module, "s3"), storage.bucket)
    open_bucket = google_objects if storage.is_google else azure_objects
    return open_bucket(storage, module.params["request_timeout"])
