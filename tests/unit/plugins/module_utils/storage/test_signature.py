# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signature Version 4, held against botocore's own signer."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._storage.signature import Credentials, signed

NOW = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)
KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def by_botocore(url: str, credentials: Credentials, region: str) -> dict[str, str]:
    request = AWSRequest("GET", url)
    who = BotocoreCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token or None
    )
    with patch.object(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None)):
        botocore.auth.S3SigV4Auth(who, "s3", region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.eu-central-1.amazonaws.com/kong-fallback/prod/3.11.0.3/config.json",
        "http://127.0.0.1:9000/kong-fallback/a%2Bb%3D%40~/3.11.0.3/config.json",
        "https://store.example.com:8443/bucket/prod/3.11.0.3/config.json?versionId=a%20b&x=",
        "https://store.example.com/",
    ],
)
@pytest.mark.parametrize("token", ["", "a-session-token=="])
def test_it_signs_as_botocore_does(url: str, token: str) -> None:
    credentials = Credentials(KEY.access_key_id, KEY.secret_access_key, token)
    ours = signed(url, credentials, "eu-central-1", "s3", NOW)
    theirs = by_botocore(url, credentials, "eu-central-1")
    assert ours["host"] in url
    assert {name: value for name, value in ours.items() if name != "host"} == theirs


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text("abcdefghijklmnop-123", min_size=1))
def test_it_signs_every_key_and_region_as_botocore_does(key: str, region: str) -> None:
    url = f"https://s3.example.com/bucket/{quote(key, safe='-_.~')}"
    assert signed(url, KEY, region, "s3", NOW)["authorization"] == by_botocore(url, KEY, region)["authorization"]


def test_no_secret_shows_in_a_representation() -> None:
    assert KEY.secret_access_key not in repr(KEY)
