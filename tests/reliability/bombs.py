# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots that are to break who reads them."""

from __future__ import annotations

import gzip
import uuid

SIZE = 60_000


def some_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def many(unit: str, joined_by: str = ",") -> str:
    return joined_by.join([unit] * (SIZE // (len(unit) + len(joined_by))))


def numbered(unit: str) -> str:
    return ",".join(unit.replace("#", str(number)) for number in range(SIZE // (len(unit) + 4)))


def nested(opening: str, closing: str, depth: int = SIZE // 10) -> str:
    return opening * depth + "1" + closing * depth


def whole(members: str) -> bytes:
    """A snapshot with these members, as JSON."""
    return ('{"_format_version":"3.0","_transform":false,' + members + "}").encode()


def services(entities: str) -> bytes:
    """A snapshot of such services."""
    return of("services", entities)


def of(collection: str, entities: str) -> bytes:
    """A snapshot with entities of one collection."""
    return whole(f'"{collection}":[{entities}]')


def service(fields: str) -> bytes:
    """A snapshot of one service with these fields."""
    return services('{"name":"a",' + fields + "}")


def route(fields: str) -> bytes:
    """A snapshot of one route with these fields."""
    return of("routes", "{" + fields + "}")


def plugin(config: str) -> bytes:
    """A snapshot of one plugin with this configuration."""
    return of("plugins", '{"name":"x","config":' + config + "}")


DEPTHS = (200, 490, 900, 960, 990, 1_500, 1_990, SIZE // 10)
BOMBS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" " * SIZE,
    "zeros": b"\0" * SIZE,
    "not UTF-8": b"\xff" * SIZE,
    "UTF-16": services("").decode().encode("utf-16"),
    "byte-order mark": b"\xef\xbb\xbf" + services(""),
    "compressed": gzip.compress(b"0" * 50_000_000),
    "compressed twice": gzip.compress(gzip.compress(b"0" * 50_000_000)),
    "HTML": b"<!doctype html>" + b"<p>" * (SIZE // 3),
    "comments": b"/*" + b"*" * SIZE,
    "lists in lists": nested("[", "]").encode(),
    "lists that never close": b"[" * SIZE,
    "mappings in mappings": nested('{"a":', "}").encode(),
    "mappings that never close": b'{"a":' * (SIZE // 5),
    **{
        f"an entity with {depth} lists in one another": service('"tags":' + nested("[", "]", depth)) for depth in DEPTHS
    },
    **{f"an entity with {depth} mappings in one another": plugin(nested('{"a":', "}", depth)) for depth in DEPTHS},
    "a long text": service('"host":"' + "x" * SIZE + '"'),
    "a long key": service('"' + "x" * SIZE + '":1'),
    "a collection with a long name": of("x" * SIZE, ""),
    "a text that never ends": b'{"a":"' + b"x" * SIZE,
    "escapes": service('"host":"' + many(r"\u0041", "") + '"'),
    "halves of characters": service('"host":"' + many(r"\ud800", "") + '"'),
    "zeros in a text": service('"host":"' + many(r"\u0000", "") + '"'),
    "brackets in a text": service('"host":"' + "[{" * (SIZE // 2) + '"'),
    "a long path": route('"paths":["~/' + "(a+)+" * (SIZE // 5) + '$"]'),
    "a path of slashes": route('"paths":["/' + "/" * SIZE + '"]'),
    "hosts of dots": route('"hosts":["' + "." * SIZE + '","*' + "a." * (SIZE // 2) + '*"]'),
    "many paths": route('"paths":[' + many('"/a"') + "]"),
    "digits": service('"port":' + "1" * SIZE),
    "digits behind the point": service('"port":0.' + "1" * SIZE),
    "zeros before a digit": service('"port":' + "0" * SIZE + "1"),
    "a great exponent": service('"port":1e' + "9" * SIZE),
    "a small exponent": service('"port":1e-' + "9" * SIZE),
    "not a number": service('"port":NaN'),
    "infinite": service('"port":-Infinity'),
    "many numbers": service('"tags":[' + many("1.5") + "]"),
    "one key again and again": service(many('"a":1')),
    "one key with mappings again and again": service(many('"a":{}')),
    "a key twice, behind many others": service(numbered('"k#":1') + ',"k0":2'),
    "many keys": service(numbered('"k#":1')),
    "many collections": whole(numbered('"k#":[]')),
    "one collection again and again": whole(many('"services":[]')),
    "a text for a collection": whole('"services":"' + "x" * SIZE + '"'),
    "empty entities": services(many("{}")),
    "empty lists for entities": services(many("[]")),
    "nulls for entities": services(many("null")),
    "numbers for entities": services(many("1")),
    "one id again and again": services(many('{"id":"' + some_id(1) + '"}')),
    "one name again and again": services(many('{"name":"a","host":"b"}')),
    "ids that are none": services(numbered('{"id":"#"}')),
    "references to nothing": of("routes", numbered('{"paths":["/"],"service":"#"}')),
    "a circle of references": of("routes", '{"id":"' + some_id(1) + '","paths":["/"],"service":"' + some_id(1) + '"}'),
    "plugins of many names": of("plugins", numbered('{"name":"p#"}')),
    "routes in a service": service('"routes":[' + many('{"paths":["/"]}') + "]"),
    "targets in an upstream": of("upstreams", '{"name":"a","targets":[' + many('{"target":"a:1"}') + "]}"),
    "workspace ids": of("ca_certificates", many('{"cert":"x","ws_id":"' + some_id(1) + '"}')),
    "more behind its end": services("") + b"{}" * (SIZE // 2),
    "cut off": services(many('{"name":"a"}'))[:-3],
}


HARMLESS = ("a long path", "a path of slashes", "hosts of dots", "many paths")
"""What may be a configuration for all that the collection knows: expressions are the gateway's to judge."""
