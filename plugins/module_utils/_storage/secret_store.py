# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the secret of an access key is kept, one text per name.

All methods raise OperationFailed, whose message never repeats the text.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.kongops.fallback.plugins.module_utils._disk import (
    LONGEST_ENVIRONMENT,
    cannot,
    place_of,
    regular_file,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import CallFailed, call

SECRETS_MANAGER = "secretsmanager"
PARAMETER_STORE = "ssm"
FILE = "file"
TYPES = (SECRETS_MANAGER, PARAMETER_STORE, FILE)

_OTHERS = 0o077


def secret_store(kind: str, name: str, client_of: Callable[[str], Any]) -> SecretStore:
    """The store of one of the ``TYPES`` for one name; ``client_of`` gives the boto3 client of a service."""
    if kind == SECRETS_MANAGER:
        return SecretsManager(client_of("secretsmanager"), name)
    if kind == PARAMETER_STORE:
        return ParameterStore(client_of("ssm"), name)
    return SecretFile(name)


class SecretStore(Protocol):
    """A place for one secret text; ``ref`` says where it is and is fit for logs."""

    @property
    def ref(self) -> str:
        """Where the secret is."""

    def get(self) -> str | None:
        """The secret, or None."""

    def put(self, text: str) -> None:
        """Create or replace the secret."""

    def remove(self) -> None:
        """Remove the secret permanently, if there is one: its key has already been deleted."""


@dataclass(frozen=True)
class SecretsManager:
    """A secret of AWS Secrets Manager."""

    client: Any
    name: str

    @property
    def ref(self) -> str:
        """Where the secret is."""
        return f"{SECRETS_MANAGER}:{self.name}"

    def get(self) -> str | None:
        """The secret, or None."""
        try:
            return str(call(self.client.get_secret_value, f"read {self.ref}", SecretId=self.name)["SecretString"])
        except CallFailed as error:
            if error.code == "ResourceNotFoundException":
                return None
            if error.code == "InvalidRequestException":
                cure = "restore it, or name another secret"
                raise OperationFailed(f"Could not read {self.ref}: it is scheduled for deletion: {cure}.") from None
            raise

    def put(self, text: str) -> None:
        """Create or replace the secret."""
        try:
            call(self.client.put_secret_value, f"write {self.ref}", SecretId=self.name, SecretString=text)
        except CallFailed as error:
            if error.code != "ResourceNotFoundException":
                raise
            call(self.client.create_secret, f"write {self.ref}", Name=self.name, SecretString=text)

    def remove(self) -> None:
        """Remove the secret, if there is one."""
        arguments: dict[str, Any] = {"SecretId": self.name, "ForceDeleteWithoutRecovery": True}
        call(self.client.delete_secret, f"remove {self.ref}", **arguments)


@dataclass(frozen=True)
class ParameterStore:
    """A SecureString of AWS Systems Manager's Parameter Store."""

    client: Any
    name: str

    def __post_init__(self) -> None:
        if "/" in self.name and not self.name.startswith("/"):
            raise InvalidInput(f"secret_store has the name {self.name}: begin the path of a parameter with a slash.")

    @property
    def ref(self) -> str:
        """Where the secret is."""
        return f"{PARAMETER_STORE}:{self.name}"

    def get(self) -> str | None:
        """The secret, or None."""
        try:
            answer = call(self.client.get_parameter, f"read {self.ref}", Name=self.name, WithDecryption=True)
        except CallFailed as error:
            if error.code == "ParameterNotFound":
                return None
            raise
        return str(answer["Parameter"]["Value"])

    def put(self, text: str) -> None:
        """Create or replace the secret."""
        arguments: dict[str, Any] = {"Name": self.name, "Value": text, "Type": "SecureString", "Overwrite": True}
        call(self.client.put_parameter, f"write {self.ref}", **arguments)

    def remove(self) -> None:
        """Remove the secret, if there is one."""
        try:
            call(self.client.delete_parameter, f"remove {self.ref}", Name=self.name)
        except CallFailed as error:
            if error.code != "ParameterNotFound":
                raise


@dataclass(frozen=True)
class SecretFile:
    """A file that only its owner can read, on the host where the module runs."""

    name: str

    def __post_init__(self) -> None:
        if not os.path.isabs(self.name):
            raise InvalidInput(f"secret_store has the file name {self.name}: give an absolute path.")

    @property
    def ref(self) -> str:
        """Where the secret is."""
        return f"{FILE}:{self.name}"

    def get(self) -> str | None:
        """The secret, or None; refuses a file that others may have read."""
        try:
            with regular_file(self.name, LONGEST_ENVIRONMENT) as file:
                if os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise OperationFailed(f"Others can read {self.name}: set its mode to 0600, and rotate its key.")
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot(f"read {self.name}", error) from None

    def put(self, text: str) -> None:
        """Replace the file in one step; a new folder is accessible to its owner only."""
        try:
            place = place_of(self.name)
            folder = os.path.dirname(place)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            handle, candidate = tempfile.mkstemp(dir=folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(candidate, place)
            except BaseException:
                with suppress(OSError):
                    os.unlink(candidate)
                raise
        except (OSError, ValueError) as error:
            raise cannot(f"write {self.name}", error) from None

    def remove(self) -> None:
        """Remove the file, if there is one."""
        try:
            os.unlink(self.name)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            raise cannot(f"remove {self.name}", error) from None
