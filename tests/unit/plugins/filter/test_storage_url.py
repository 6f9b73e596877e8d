# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks learn of a storage from its URL."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.filter.storage_url import storage_url


def test_the_parts_of_a_storage() -> None:
    assert storage_url("s3://kong-fallback/eu/prod") == {
        "scheme": "s3",
        "account": None,
        "bucket": "kong-fallback",
        "prefix": "eu/prod",
        "is_s3": True,
        "is_google": False,
    }


@pytest.mark.parametrize(
    ("url", "is_google"), [("gcs://kong/prod", True), ("gs://kong/prod", True), ("azure://account/kong/prod", False)]
)
def test_elsewhere_than_in_s3(url: str, is_google: bool) -> None:
    parts = storage_url(url)
    assert (parts["is_s3"], parts["is_google"]) == (False, is_google)


@pytest.mark.parametrize(
    ("url", "cure"), [("ftp://kong/prod", r"has the scheme ftp://: write s3://"), ("s3://kong", "add a prefix")]
)
def test_a_url_that_the_gateway_would_not_take_is_an_error(url: str, cure: str) -> None:
    with pytest.raises(AnsibleFilterError, match=cure):
        storage_url(url)
