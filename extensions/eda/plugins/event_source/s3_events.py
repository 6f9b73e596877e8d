# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source for ansible-rulebook: what S3 tells a queue of SQS about the objects of a bucket."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import BotoCoreError, ClientError

DOCUMENTATION = r"""
short_description: Receive the events of a bucket through SQS
description:
  - Reads a queue to which S3 sends its events, by itself or through EventBridge, and yields one event for each object,
    however often it was written since the last look. Its C(s3) has C(bucket), C(key), C(name) and C(time).
  - The controller needs C(sqs:ReceiveMessage) and C(sqs:DeleteMessage), and finds its credentials as boto3 does.
  - A message leaves the queue once the rulebook has its events. One that is not of S3 stays, for a dead-letter queue.
options:
  queue_url:
    description: The address of the queue.
    type: str
    required: true
  region:
    description: The region of the queue; that of the environment unless it is given.
    type: str
  endpoint_url:
    description: The service, if it is not that of AWS.
    type: str
  pause:
    description: Seconds after which a service that failed is asked again.
    type: int
    default: 10
"""

EXAMPLES = r"""
- kongops.fallback.s3_events:
    queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/kong-fallback
    region: eu-central-1
"""

_LONGEST_POLL = 20
_MOST_MESSAGES = 10
_LOG = logging.getLogger(__name__)


def events_of(message: str) -> Iterator[dict[str, Any]]:
    """The events in a message: those of S3 itself, which has a record each, or the one of EventBridge.

    Raises ValueError for a message that is neither. That S3 can reach the queue is a message without an event.
    """
    content = json.loads(message)
    try:
        if content.get("Event") == "s3:TestEvent":
            return
        if "detail" in content:
            of_object = content["detail"]
            yield _event(
                of_object["bucket"]["name"], of_object["object"]["key"], content["detail-type"], content["time"]
            )
            return
        for record in content["Records"]:
            # S3 encodes keys as a form does, EventBridge does not.
            key = unquote_plus(record["s3"]["object"]["key"])
            yield _event(record["s3"]["bucket"]["name"], key, record["eventName"], record["eventTime"])
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it has no {error}") from None


def _event(bucket: str, key: str, name: str, time: str) -> dict[str, Any]:
    """An event as a rule sees it; EventBridge says "Object Created" for ObjectCreated:Put."""
    return {"s3": {"bucket": bucket, "key": key, "name": name.replace(" ", ""), "time": time}}


async def main(queue: asyncio.Queue[dict[str, Any]], args: dict[str, Any]) -> None:
    """Put the events of the queue of SQS into that of the rulebook, for as long as it runs."""
    given = {name: args[name] for name in ("endpoint_url",) if args.get(name)}
    client = boto3.client("sqs", region_name=args.get("region") or None, **given)
    while True:
        try:
            await _pass_on(client, args["queue_url"], queue)
        except (BotoCoreError, ClientError) as error:
            _LOG.warning("Could not read the queue %s: %s. Trying again.", args["queue_url"], error)
            await asyncio.sleep(int(args.get("pause", 10)))


async def _pass_on(client: Any, url: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
    """Wait for messages, give their events to the rulebook, the last one of each object, and take them from SQS."""
    answer = await asyncio.to_thread(
        client.receive_message, QueueUrl=url, WaitTimeSeconds=_LONGEST_POLL, MaxNumberOfMessages=_MOST_MESSAGES
    )
    last, understood = {}, []
    for message in answer.get("Messages", ()):
        try:
            for event in events_of(message["Body"]):
                last[event["s3"]["bucket"], event["s3"]["key"]] = event
        except ValueError as error:
            _LOG.warning("A message in %s is not an event of S3 (%s), and stays there.", url, error)
            continue
        understood.append({"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]})
    for event in last.values():
        await queue.put(event)
    if understood:
        await asyncio.to_thread(client.delete_message_batch, QueueUrl=url, Entries=understood)
