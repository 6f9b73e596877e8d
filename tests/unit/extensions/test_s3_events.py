# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source that reads what S3 tells a queue: which messages it understands, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ansible_collections.kongops.fallback.extensions.eda.plugins.event_source import s3_events

TIME = "2026-11-25T12:00:00.000Z"


def record(key: str, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    return {"eventName": name, "eventTime": TIME, "s3": {"bucket": {"name": "kong"}, "object": {"key": key}}}


def event(key: str, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    return {"s3": {"bucket": "kong", "key": key, "name": name, "time": TIME}}


OF_EVENTBRIDGE = {
    "detail-type": "Object Created",
    "time": TIME,
    "detail": {"bucket": {"name": "kong"}, "object": {"key": "a+b/config.json"}},
}


@pytest.mark.parametrize(
    ("message", "events"),
    [
        ({"Event": "s3:TestEvent", "Bucket": "kong"}, []),
        ({"Records": []}, []),
        ({"Records": [record("prod/3.11.0.14/config.json")]}, [event("prod/3.11.0.14/config.json")]),
        (
            {"Records": [record("a%2Bb/c+d.json", "ObjectRemoved:Delete")]},
            [event("a+b/c d.json", "ObjectRemoved:Delete")],
        ),
        ({"Records": [record("a"), record("b")]}, [event("a"), event("b")]),
        (OF_EVENTBRIDGE, [event("a+b/config.json", "ObjectCreated")]),
    ],
)
def test_a_message_of_s3_is_its_events(message: dict[str, Any], events: list[dict[str, Any]]) -> None:
    assert list(s3_events.events_of(json.dumps(message))) == events


@pytest.mark.parametrize(
    "message", ["", "hello", "7", "[]", "{}", '{"Records": 1}', '{"Records": [{}]}', '{"detail": {}}']
)
def test_any_other_message_is_none(message: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        list(s3_events.events_of(message))


class Sqs:
    """A queue with one batch of messages; nothing comes after it."""

    def __init__(self, *bodies: str) -> None:
        self.messages = [{"MessageId": body, "ReceiptHandle": body, "Body": body} for body in bodies]
        self.deleted: list[str] = []

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        return {"Messages": self.messages}

    def delete_message_batch(self, **asked: Any) -> None:
        self.deleted += [entry["Id"] for entry in asked["Entries"]]


def test_an_object_that_was_written_twice_is_one_event_and_what_is_not_of_s3_stays() -> None:
    one, two = (json.dumps({"Records": [record("a", name)]}) for name in ("One", "Two"))
    sqs = Sqs(one, "hello", two)
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    asyncio.run(s3_events._pass_on(sqs, "https://sqs.example.com/1/kong", queue))
    assert queue.get_nowait() == event("a", "Two")
    assert queue.empty()
    assert sqs.deleted == [one, two]
