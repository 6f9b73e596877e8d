# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of an archive: one signed entry for each copy, each of which names the entry before it by its SHA-256.

The caller passes functions to sign and verify, so nothing here needs a key or a library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

PUBLISHED = "published"
PROMOTED = "promoted"
RESTORED = "restored"
SERVED = "served"
REPLACED = "replaced"
ADOPTED = "adopted"
EXPIRED = "expired"
EVENTS = (PUBLISHED, PROMOTED, RESTORED, SERVED, REPLACED, ADOPTED, EXPIRED)
"""Why there is an entry.

An operator published, promoted or restored the snapshot, or gateways served it. It was kept as it was found, because it
was replaced, or because it was there before the chain. Or the retention removed it.
"""
VOUCHED = (PUBLISHED, PROMOTED, RESTORED, SERVED)
"""The events in which an operator or the gateways vouched for the configuration; the others only preserve what was
there."""

BEGINNING = "0" * 64
"""What the first entry has instead of the SHA-256 of the one before it."""

# Makes a signature worthless for any other purpose that the key may have.
_PURPOSE = b"kongops.fallback archive entry 1\n"
CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much the clocks of controllers that append may differ."""

Sign = Callable[[bytes], bytes]
"""The signature of a message."""
Verify = Callable[[bytes, bytes], bool]
"""Whether a message, the first argument, has this signature."""


@dataclass(frozen=True)
class Copy:
    """An archived snapshot: SHA-256 in hexadecimal and size (bytes) of its body, and the ETag that the store gave it.

    ``storage`` and ``gateway_version`` say whose snapshot it is, ``event`` is one of EVENTS, ``uploader`` wrote it.
    """

    storage: str
    gateway_version: str
    sha256: str
    size: int
    etag: str
    event: str
    uploader: str


@dataclass(frozen=True)
class Entry:
    """One entry: a copy, its number (from 1), the time in ISO 8601 with its offset, the SHA-256 of the entry before it.

    ``signature`` is base64, empty without one.
    """

    number: int
    time: str
    copy: Copy
    previous: str
    signature: str = ""

    @property
    def content(self) -> bytes:
        """The bytes that are signed."""
        return _PURPOSE + _canonical({**asdict(self.copy), **self._frame()})

    @property
    def digest(self) -> str:
        """The SHA-256 by which the next entry names this one, signature included."""
        return hashlib.sha256(_canonical(self.as_dict())).hexdigest()

    @property
    def moment(self) -> datetime:
        """The time of the entry."""
        return datetime.fromisoformat(self.time)

    def as_dict(self) -> dict[str, str | int]:
        """The entry as the chain keeps it."""
        return {**self._frame(), **asdict(self.copy), "signature": self.signature}

    def is_signed(self, verify: Verify) -> bool:
        """Whether the signature is that of this content."""
        try:
            signature = base64.b64decode(self.signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return verify(self.content, signature)

    def _frame(self) -> dict[str, str | int]:
        return {"number": self.number, "time": self.time, "previous": self.previous}


Chain = tuple[Entry, ...]


def append(chain: Chain, copies: Iterable[Copy], now: datetime, sign: Sign) -> Chain:
    """The chain with an entry for each copy; raises InvalidInput if the clock is behind the last entry.

    A small difference between the clocks of several controllers does not change the order of the entries.
    """
    for copy in copies:
        last = chain[-1] if chain else None
        if last and now < last.moment - CLOCKS_DIFFER:
            raise InvalidInput(
                f"The clock of the controller shows {_text_of(now)}, which is before the last"
                f" entry of the archive ({last.time}): correct it."
            )
        moment = max(now, last.moment) if last else now
        entry = Entry(len(chain) + 1, _text_of(moment), copy, last.digest if last else BEGINNING)
        chain = (*chain, replace(entry, signature=base64.b64encode(sign(entry.content)).decode()))
    return chain


def copies_of(chain: Chain) -> dict[str, Entry]:
    """The copies that the archive should hold now, by SHA-256, oldest first, each with its last entry."""
    held: dict[str, Entry] = {}
    for entry in chain:
        held.pop(entry.copy.sha256, None)
        if entry.copy.event != EXPIRED:
            held[entry.copy.sha256] = entry
    return held


def to_json(chain: Chain) -> bytes:
    """The object that keeps the chain, one entry per line: the same chain always has the same bytes."""
    lines = b",\n".join(_canonical(entry.as_dict()) for entry in chain)
    return b'{"entries":[\n' + lines + b'\n],"format":1}\n'


def from_json(content: bytes, where: str) -> Chain:
    """The chain that an object keeps; raises InvalidInput for what ``to_json`` does not write."""
    try:
        chain = tuple(_entry_of(entry) for entry in json.loads(content)["entries"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidInput(_unreadable(where)) from None
    if to_json(chain) != content:
        raise InvalidInput(_unreadable(where))
    return chain


def _unreadable(where: str) -> str:
    return f"{where} is not as the collection writes it: find out who changed it, and restore its last good version."


def _entry_of(entry: Mapping[str, object]) -> Entry:
    copy = Copy(
        storage=_text(entry, "storage"),
        gateway_version=_text(entry, "gateway_version"),
        sha256=_text(entry, "sha256"),
        size=_number(entry, "size"),
        etag=_text(entry, "etag"),
        event=_text(entry, "event"),
        uploader=_text(entry, "uploader"),
    )
    number, previous, signature = _number(entry, "number"), _text(entry, "previous"), _text(entry, "signature")
    read = Entry(number, _text(entry, "time"), copy, previous, signature)
    if read.moment.tzinfo is None or copy.event not in EVENTS:
        raise ValueError
    return read


def _text(entry: Mapping[str, object], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(entry: Mapping[str, object], name: str) -> int:
    value = entry[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _canonical(document: dict[str, str | int]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _text_of(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
