# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a gateway asks Google and Microsoft for: an access token, and with it the snapshot (facts 2.8 to 2.10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.service_account import VARIABLE, service_account
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

ENVIRONMENT = "environment"
INSTANCE_METADATA = "instance_metadata"

GOOGLE = "https://storage.googleapis.com"
AZURE = "https://{account}.blob.core.windows.net"
AZURE_LOGIN = "https://login.microsoftonline.com"

GOOGLE_METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
AZURE_METADATA = "http://169.254.169.254/metadata/identity/oauth2/token"
_AZURE_RESOURCE = "https://storage.azure.com/"
_AZURE_VARIABLES = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class TokenRequest:
    """A request for an access token; ``where`` names what gives the access, ``is_local`` says that its endpoint is on
    the host."""

    source: str
    where: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)
    is_local: bool = False


def token_request(storage: StorageUrl, variables: Mapping[str, str], now: int) -> TokenRequest:
    """How the gateway gets its access token; ``now`` are seconds since 1970.

    Raises InvalidInput for credentials that cannot be read, or of which a part is missing.
    """
    return _google(variables, now) if storage.is_google else _azure(variables)


def snapshot_url(storage: StorageUrl, key: str) -> str:
    """The address of an object."""
    server = GOOGLE if storage.is_google else AZURE.format(account=storage.account)
    return f"{server}/{storage.bucket}/{quote(key, safe='/-_.~')}"


def snapshot_headers(storage: StorageUrl, token: str) -> dict[str, str]:
    """What reads an object with an access token."""
    version = {} if storage.is_google else {"x-ms-version": "2021-08-06"}
    return {"Authorization": f"Bearer {token}", **version}


def token_of(answer: str) -> str:
    """The access token in an answer; raises InvalidInput without one."""
    try:
        found: Any = json.loads(answer)
    except ValueError:
        found = None
    token = found.get("access_token") if isinstance(found, Mapping) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise InvalidInput("the answer holds no access token")
    return token


def _google(variables: Mapping[str, str], now: int) -> TokenRequest:
    key = variables.get(VARIABLE)
    if not key:
        where = "the service account of its instance"
        return TokenRequest(INSTANCE_METADATA, where, GOOGLE_METADATA, {"Metadata-Flavor": "Google"}, is_local=True)
    account = service_account(key)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": account.assertion(now)}
    return TokenRequest(ENVIRONMENT, f"the key of {VARIABLE}", account.token_uri, _FORM, urlencode(form).encode())


def _azure(variables: Mapping[str, str]) -> TokenRequest:
    given = {name: variables.get(name, "") for name in _AZURE_VARIABLES}
    missing = [name for name, value in given.items() if not value]
    if len(missing) == len(given):
        query = urlencode({"api-version": "2018-02-01", "resource": _AZURE_RESOURCE})
        url = f"{AZURE_METADATA}?{query}"
        return TokenRequest(INSTANCE_METADATA, "its managed identity", url, {"Metadata": "true"}, is_local=True)
    if missing:
        raise InvalidInput(f"{' and '.join(missing)} are missing: set all of {', '.join(given)}, or none.", fact="2.9")
    tenant, client, secret = given.values()
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_secret": secret,
        "scope": f"{_AZURE_RESOURCE}.default",
    }
    url = f"{AZURE_LOGIN}/{quote(tenant, safe='')}/oauth2/v2.0/token"
    return TokenRequest(ENVIRONMENT, "the secret of AZURE_CLIENT_ID", url, _FORM, urlencode(form).encode())
