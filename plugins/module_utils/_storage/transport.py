# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request of a node, sent as its gateway would: through its proxy, with its trusted authorities."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.proxy import Proxy

_SYSTEM = "system"
_REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: (?P<answer>\d{3}.*)")


@dataclass(frozen=True)
class Way:
    """How a request travels: through ``proxy``, or directly, and for https with the certificates that ``trust``
    accepts.

    ``named_by`` is what an operator has to correct if nothing answers.
    """

    proxy: Proxy | None = None
    trust: ssl.SSLContext | None = None
    named_by: str = ""


def trusting(authorities: Sequence[str], checks: bool = True) -> ssl.SSLContext:
    """The TLS context that trusts the certificates that ``lua_ssl_trusted_certificate`` names, ``system`` among them
    (fact 2.5); without ``checks`` any certificate.

    Raises InvalidInput for a file that holds no certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not checks:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif _SYSTEM in authorities:
        context.load_default_certs()
    for path in authorities if checks else ():
        if path != _SYSTEM:
            _trust(context, path)
    return context


def _trust(context: ssl.SSLContext, path: str) -> None:
    try:
        data = read_regular(path)
        if data is None:
            raise _wrong_authority(path, "cannot be read, because it does not exist: correct it.")
        context.load_verify_locations(cadata=data.decode("ascii", "ignore"))
    except OperationFailed as error:
        raise _wrong_authority(path, f"cannot be read. {error}") from None
    except (ssl.SSLError, ValueError):
        raise _wrong_authority(path, "holds no certificate: correct it.") from None


def _wrong_authority(path: str, what: str) -> InvalidInput:
    return InvalidInput(f"lua_ssl_trusted_certificate names {path}, which {what}", fact="2.5")


@contextmanager
def answer_of(
    url: str,
    headers: Mapping[str, str],
    way: Way,
    method: str = "GET",
    timeout: float = 30.0,
    body: bytes | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a request, to be read while the context lasts; a redirect is an answer.

    Raises OperationFailed with the cause, also if the answer breaks off while it is read.
    """
    address = urlsplit(url)
    target = url if way.proxy and address.scheme == "http" else url[len(f"{address.scheme}://{address.netloc}") :]
    extra = _authorization(way.proxy) if address.scheme == "http" else {}
    try:
        with closing(_connection(url, way, timeout)) as connection:
            connection.request(method, target or "/", body, {**headers, **extra})
            yield connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OperationFailed(_cause(error, address.netloc, way)) from None


def _connection(url: str, way: Way, timeout: float) -> http.client.HTTPConnection:
    address = urlsplit(url)
    host, port = (way.proxy.host, way.proxy.port) if way.proxy else (address.hostname or "", address.port)
    if address.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=way.trust)
    if way.proxy:
        connection.set_tunnel(address.hostname or "", address.port or 443, headers=_authorization(way.proxy))
    return connection


def _authorization(proxy: Proxy | None) -> dict[str, str]:
    return {"Proxy-Authorization": proxy.authorization} if proxy and proxy.authorization else {}


def _cause(error: Exception, host: str, way: Way) -> str:
    """Why there is no answer, in words that complete "Could not …: "."""
    refused = _REFUSED_BY_PROXY.search(str(error))
    nearest = f"the proxy {way.proxy}" if way.proxy else host
    named_by = "" if way.proxy else way.named_by
    cure = "make sure that it runs, and that this node can connect to it" + (
        f", or correct {named_by}" if named_by else ""
    )
    if refused:
        return (
            f"{nearest} refuses to connect to {host}: it answers {refused.group('answer')[:80].strip()}: let it through"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return f"the certificate of {host} is not trusted ({why}): put its authority into lua_ssl_trusted_certificate"
    if isinstance(error, ssl.SSLError):
        return f"{host} does not speak TLS as it should ({error.reason or 'it closed the connection'})"
    if isinstance(error, socket.gaierror):
        what = named_by or "it"
        return (
            f"the name of {nearest} cannot be resolved ({error.strerror}): correct {what}, or this node's name servers"
        )
    if isinstance(error, socket.timeout):
        return f"{nearest} does not answer in time: {cure}"
    if isinstance(error, http.client.RemoteDisconnected):
        return f"{nearest} closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return f"{nearest} broke off in the middle of its answer: try again"
    if isinstance(error, ValueError):
        return f"the address {host} or the credentials contain characters that a request cannot contain: correct them"
    if isinstance(error, OSError):
        return f"{nearest} is unreachable ({error.strerror or type(error).__name__}): {cure}"
    return f"{nearest} does not answer like a web server"
