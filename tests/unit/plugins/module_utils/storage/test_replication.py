# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication rules: ours among those of others, and what S3 cannot replicate."""

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.replication import (
    check_replica,
    replicating,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

STORAGE = parse("s3://kong-fallback/prod")
ARN = "arn:aws:s3:::kong-replica"
THEIRS = {"ID": "all of ours", "Priority": 7, "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::else"}}


def test_our_rule_comes_after_those_of_others_and_stays_as_it_is() -> None:
    theirs, ours = replicating([THEIRS], STORAGE, ARN)
    assert theirs == THEIRS
    assert (ours["Priority"], ours["Filter"], ours["Destination"]) == (8, {"Prefix": "prod/"}, {"Bucket": ARN})
    assert replicating([ours, THEIRS], STORAGE, ARN) == [THEIRS, ours]


@pytest.mark.parametrize(
    ("replica", "role", "words"),
    [
        ("s3://kong-replica/other", "arn:aws:iam::1:role/r", "only under their own names"),
        ("s3://kong-fallback/prod", "arn:aws:iam::1:role/r", "which is the storage itself"),
        ("s3://kong-replica/prod", "", "give the ARN of the role"),
    ],
)
def test_what_s3_cannot_replicate_is_refused(replica: str, role: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        check_replica(STORAGE, parse(replica), role)
