# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access keys of an IAM user and their stored secret, kept in step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import UNKNOWN_KEY_CODES, CallFailed, call
from ansible_collections.kongops.fallback.plugins.module_utils._storage.iam import NO_SUCH_ENTITY
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import (
    CREATE,
    DEACTIVATE,
    DELETE,
    SETTLE,
    AccessKey,
    Secret,
    Step,
    StoredKey,
    parse_stored,
    render_stored,
    timestamp,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import SecretStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl


def list_keys(iam: Any, user: str) -> tuple[AccessKey, ...]:
    """The keys of a user, none for an unknown user."""
    try:
        answer = call(iam.list_access_keys, f"list the access keys of the user {user}", UserName=user)
    except CallFailed as error:
        if error.code == NO_SUCH_ENTITY:
            return ()
        raise
    return tuple(AccessKey(key["AccessKeyId"], key["Status"] == "Active") for key in answer["AccessKeyMetadata"])


def delete_key(iam: Any, user: str, access_key_id: str) -> None:
    """Delete a key of a user, if it exists."""
    try:
        trying = f"delete the access key {access_key_id}"
        call(iam.delete_access_key, trying, UserName=user, AccessKeyId=access_key_id)
    except CallFailed as error:
        if error.code != NO_SUCH_ENTITY:
            raise


@dataclass(frozen=True)
class KeyRing:
    """A user's keys in IAM, and the store for the secret of the one that nodes use.

    ``details`` is a stored key without id and secret: what else nodes learn. ``hide`` gets every secret before it is
    used.
    """

    iam: Any
    user: str
    store: SecretStore
    details: Secret
    hide: Callable[[str], Any]

    def stored(self) -> StoredKey:
        """What the store holds."""
        stored = parse_stored(self.store.get(), self.store.ref)
        if stored.secret:
            self.hide(stored.secret.secret_access_key)
        return stored

    def carry_out(
        self, steps: Sequence[Step], keys: Sequence[AccessKey], stored: StoredKey, arn: str | None, now: datetime
    ) -> StoredKey:
        """Take the steps of a rotation; returns what the store then holds. ``arn`` is the user's, for nodes to know.

        Raises OperationFailed; if a step fails, no key is left whose secret is lost, or the next run deletes it.
        """
        deleted = [step.access_key_id for step in steps if step.action == DELETE]
        for step in steps:
            if step.action == CREATE:
                beside = tuple(key.access_key_id for key in keys if key.access_key_id not in deleted)
                stored = self._create(stored, beside, arn, now)
            elif step.action == SETTLE:
                stored = StoredKey(stored.secret)
                self.store.put(render_stored(stored))
            elif step.action == DEACTIVATE:
                self._deactivate(str(step.access_key_id))
            else:
                delete_key(self.iam, self.user, str(step.access_key_id))
        return stored

    def _create(self, stored: StoredKey, beside: tuple[str, ...], arn: str | None, now: datetime) -> StoredKey:
        self.store.put(render_stored(replace(stored, beside=beside)))
        try:
            secret = self._new_key(arn, now)
            # A repeated request may have created a key whose answer was lost.
            self._discard((*beside, secret.access_key_id))
            created = StoredKey(secret)
            self.store.put(render_stored(created))
        except OperationFailed as error:
            return self._after_failure(beside, error)
        return created

    def _new_key(self, arn: str | None, now: datetime) -> Secret:
        trying = f"create an access key for the user {self.user}"
        key = call(self.iam.create_access_key, trying, retry_on=(NO_SUCH_ENTITY,), UserName=self.user)["AccessKey"]
        self.hide(key["SecretAccessKey"])
        return replace(
            self.details,
            access_key_id=key["AccessKeyId"],
            secret_access_key=key["SecretAccessKey"],
            created=timestamp(now),
            arn=arn,
        )

    def _after_failure(self, beside: tuple[str, ...], error: OperationFailed) -> StoredKey:
        """Delete a key whose secret was not stored; an answer may have been lost, so look at what exists.

        The note stays: IAM may list a new key late, and then the next run deletes it.
        """
        with suppress(OperationFailed):
            stored = self.stored()
            if stored.beside is None and stored.secret:
                return stored
            self._discard(beside)
        raise error

    def _discard(self, known: Sequence[str]) -> None:
        for key in list_keys(self.iam, self.user):
            if key.access_key_id not in known:
                delete_key(self.iam, self.user, key.access_key_id)

    def _deactivate(self, access_key_id: str) -> None:
        arguments = {"UserName": self.user, "AccessKeyId": access_key_id, "Status": "Inactive"}
        call(self.iam.update_access_key, f"deactivate the access key {access_key_id}", **arguments)


def wait_until_accepted(s3: Any, storage: StorageUrl, seconds: float) -> None:
    """Wait until the storage accepts the new key that ``s3`` signs with, which takes AWS some seconds.

    Raises OperationFailed after so many seconds.
    """
    deadline, pause = time.monotonic() + seconds, 0.5
    while True:
        try:
            # The object does not exist: with a valid key the storage answers 404 or 403 (fact 2.6).
            call(s3.get_object, "use the new key", Bucket=storage.bucket, Key=storage.key("kong-fallback-probe"))
        except CallFailed as error:
            if not error.code:
                raise
            if error.code not in UNKNOWN_KEY_CODES:
                return
            if time.monotonic() + pause > deadline:
                raise OperationFailed(
                    f"The storage does not accept the new, stored key after {seconds:g} s: run again later."
                ) from None
        else:
            return
        time.sleep(pause)
        pause = min(2 * pause, 5)
