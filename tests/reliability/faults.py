# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store, and what stands before it, may answer instead of the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.servers.proxy import Answer, Fault, Response

PORTAL = b"<html><head><title>Guest network</title></head><body>Please log in</body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAUSE = 0.3


@dataclass(frozen=True)
class Lie:
    """An answer, and a part of the sentence that names it where a module cannot do its work.

    ``hides_the_truth`` is whether nothing true comes through, so that no module can do its work.
    """

    fault: Fault
    says: str
    hides_the_truth: bool = True


def _instead(status: int, code: str, **headers: str) -> Fault:
    error = Answer(status, code)
    return lambda true: Response(true.protocol, status, headers, error.body(true.protocol))


def _page(status: int, **headers: str) -> Fault:
    return lambda true: Response(true.protocol, status, {**HTML, **headers}, PORTAL)


def _without(*names: str) -> Fault:
    return lambda true: replace(
        true, headers={name: value for name, value in true.headers.items() if name.lower() not in names}
    )


def _with_wrong_checksums(true: Response) -> Response:
    wrong = {name: "AAAA" + value[4:] for name, value in true.headers.items() if "checksum" in name.lower()}
    return replace(true, headers={**true.headers, **wrong})


def _half(true: Response) -> Response:
    return replace(true, body=true.body[: len(true.body) // 2])


def _cut(true: Response) -> Response:
    return replace(true, cut=(len(true.body) + 1) // 2)


def _trickling(true: Response) -> Response:
    return replace(true, pause=PAUSE)


def _reset(true: Response) -> Response:
    raise ConnectionResetError


REGION = {"x-amz-bucket-region": "eu-west-3"}
LIES: dict[str, Lie] = {
    "captive portal": Lie(_page(200), "web page|ETag"),
    "captive portal that redirects": Lie(_page(302, Location="http://portal.example.com/"), "web page|redirect"),
    "page of a proxy": Lie(_page(502), "502"),
    "truncated answer": Lie(_half, "cut off|truncated|different bytes"),
    "connection cut off": Lie(_cut, "cut off|truncated|to its end|Connection"),
    "connection reset": Lie(_reset, "[Cc]onnection"),
    "no ETag": Lie(_without("etag"), "ETag", hides_the_truth=False),
    "wrong checksum": Lie(_with_wrong_checksums, "checksum", hides_the_truth=False),
    "301 to a region": Lie(_instead(301, "PermanentRedirect", **REGION), "eu-west-3|redirect"),
    "307 to a region": Lie(_instead(307, "TemporaryRedirect", **REGION), "eu-west-3|redirect"),
    "403": Lie(_instead(403, "AccessDenied"), "denied|unknown whether"),
    "404": Lie(_instead(404, "NoSuchKey"), "no such|404|not there"),
    "404 of the bucket": Lie(_instead(404, "NoSuchBucket"), "no bucket|no such|404"),
    "409": Lie(_instead(409, "OperationAborted"), "409|within"),
    "412": Lie(_instead(412, "PreconditionFailed"), "412|changed|meantime"),
    "500": Lie(_instead(500, "InternalError"), "500|within"),
    "503": Lie(_instead(503, "SlowDown"), "503|within"),
    "expired session": Lie(_instead(400, "ExpiredToken"), "session has expired|the session"),
    "clock skew": Lie(_instead(403, "RequestTimeTooSkewed"), "clock"),
    "trickled body": Lie(_trickling, "within"),
}
