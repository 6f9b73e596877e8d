# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl, parse

READABLE = [
    ("s3://kong-fallback/prod", StorageUrl("s3", "kong-fallback", "prod")),
    ("s3://kong.fallback/eu/prod_1", StorageUrl("s3", "kong.fallback", "eu/prod_1")),
    ("s3://kong-fallback/3.11.0.3/prod", StorageUrl("s3", "kong-fallback", "3.11.0.3/prod")),
    ("gcs://kong_fallback/prod", StorageUrl("gcs", "kong_fallback", "prod")),
    ("gs://kong-fallback/a/b/c", StorageUrl("gs", "kong-fallback", "a/b/c")),
    ("azure://account1/container/prod", StorageUrl("azure", "container", "prod", "account1")),
]

REFUSED = [
    ("", "no scheme"),
    ("kong-fallback/prod", "no scheme"),
    ("https://s3.amazonaws.com/kong-fallback/prod", "endpoint_url"),
    ("http://127.0.0.1:9000/kong-fallback", "endpoint_url"),
    ("ftp://kong-fallback/prod", "ftp://"),
    ("S3://kong-fallback/prod", "S3://"),
    ("s3://kong-fallback", "bare bucket"),
    ("s3://kong-fallback/", "bare bucket"),
    ("s3:///prod", "bucket"),
    ("s3://kong-fallback/prod/", "ends with a slash"),
    ("s3://kong-fallback//prod", "double slash"),
    ("s3://kong-fallback/prod//eu", "double slash"),
    ("s3://Kong/prod", "bucket 'Kong'"),
    ("s3://ab/prod", "bucket 'ab'"),
    (f"s3://{'a' * 64}/prod", "bucket"),
    ("s3://-abc/prod", "bucket"),
    ("s3://abc-/prod", "bucket"),
    ("s3://a..b/prod", "bucket"),
    ("s3://10.0.0.1/prod", "bucket"),
    ("s3://kong_fallback/prod", "bucket"),
    ("s3://kong-fallback:9000/prod", "bucket"),
    ("s3://kong-fallback/pr od", "prefix part"),
    ("s3://kong-fallback/prod\n", "prefix part"),
    ("s3://kong-fallback/*", "prefix part"),
    ("s3://kong-fallback/../prod", "prefix part"),
    ("s3://kong-fallback/prod/3.11.0.3", "adds itself"),
    ("s3://kong-fallback/prod/config.json", "adds itself"),
    ("gcs://kong-fallback/3.11.0", "adds itself"),
    ("s3://kong-fallback/prod?versionId=1", "query"),
    ("s3://kong-fallback/prod#old", "fragment"),
    ("azure://account1", "storage account"),
    ("azure://acc_ount/container/prod", "storage account"),
    ("azure://account1/con--tainer/prod", "container"),
    ("azure://account1/container", "bare bucket"),
]


@pytest.mark.parametrize(("text", "url"), READABLE)
def test_a_valid_url_is_read_and_written_back(text: str, url: StorageUrl) -> None:
    assert parse(text) == url
    assert str(url) == text


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_could_be_read_in_two_ways_is_refused_in_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refused:
        parse(text)
    assert str(refused.value).startswith("storage ")
    assert str(refused.value).endswith(". (fact 1.4)")


def test_credentials_in_the_url_are_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse("s3://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI@kong-fallback/prod")
    assert "AKIA" not in str(refused.value)
    assert "wJalr" not in str(refused.value)


def test_keys_are_those_of_the_gateway() -> None:
    url = parse("s3://kong-fallback/eu/prod")
    version = parse_version("3.11.0.3")
    assert url.key(version) == "eu/prod/3.11.0.3/config.json"
    assert url.election_prefix(version) == "eu/prod/3.11.0.3/election/"
    assert url.archive_key(version, "ab" * 32) == f"eu/prod/archive/3.11.0.3/{'ab' * 32}.json"


@given(st.text(max_size=40), st.sampled_from(["", "s3://", "gcs://", "azure://abc/"]))
def test_any_text_is_either_refused_or_survives_the_round_trip(text: str, start: str) -> None:
    try:
        url = parse(start + text)
    except InvalidInput:
        return
    assert str(url) == start + text


@pytest.mark.parametrize(
    ("url", "is_s3", "is_google"),
    [
        ("s3://kong-fallback/prod", True, False),
        ("gcs://kong-fallback/prod", False, True),
        ("gs://kong-fallback/prod", False, True),
        ("azure://account1/container/prod", False, False),
    ],
)
def test_whose_service_a_storage_is_in(url: str, is_s3: bool, is_google: bool) -> None:
    assert (parse(url).is_s3, parse(url).is_google) == (is_s3, is_google)
