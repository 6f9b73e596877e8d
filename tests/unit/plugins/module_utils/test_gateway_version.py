# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    GatewayVersion,
    exporter_may_import,
    exports_with_incremental_sync,
    exports_without_stray_workspace_ids,
    has_fallback,
    has_pod_identity,
    imports_without_certificate,
    parse_installation,
    parse_version,
    storage_schemes,
    uses_metadata_tokens,
)


def test_a_version_has_four_parts() -> None:
    assert parse_version(" 3.11.0.3\n") == GatewayVersion(3, 11, 0, 3)
    assert str(parse_version("3.11.0.3")) == "3.11.0.3"


@pytest.mark.parametrize("text", ["3.11", "3.11.0", "3.11.0.3-ubuntu", "latest", "", "3.11.0.3.1"])
def test_a_version_that_names_no_snapshot_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="all four parts"):
        parse_version(text)


@pytest.mark.parametrize(
    ("output", "version", "enterprise"),
    [("Kong Enterprise 3.11.0.3\n", "3.11.0.3", True), ("3.9.1\n", "3.9.1.0", False)],
)
def test_the_edition_is_in_the_output_of_kong_version(output: str, version: str, enterprise: bool) -> None:
    installation = parse_installation(output)
    assert (str(installation.version), installation.enterprise) == (version, enterprise)


def test_other_output_than_a_version_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not a gateway version"):
        parse_installation("kong: command line of another program")


@pytest.mark.parametrize(
    ("rule", "without", "having"),
    [
        (has_fallback, ["3.1.1.6"], ["3.2.0.0", "3.14.0.0", "3.99.0.0"]),
        (
            exporter_may_import,
            ["3.4.3.3", "3.5.0.3", "3.3.9.9"],
            ["3.4.3.4", "3.5.0.4", "3.6.0.0", "3.11.0.0", "3.99.0.0"],
        ),
        (has_pod_identity, ["3.4.3.12", "3.5.0.9", "3.6.1.7"], ["3.4.3.13", "3.6.1.8", "3.7.0.0", "3.99.0.0"]),
        (uses_metadata_tokens, ["3.3.9.9", "3.4.3.0"], ["3.4.3.1", "3.5.0.0", "3.99.0.0"]),
        (
            exports_without_stray_workspace_ids,
            ["3.10.0.14", "3.11.0.13", "3.14.0.4"],
            ["3.9.9.9", "3.10.0.15", "3.11.0.14", "3.15.0.0", "3.99.0.0"],
        ),
        (
            imports_without_certificate,
            ["3.4.3.20", "3.9.9.9", "3.10.0.14", "3.11.0.13", "3.13.0.7", "3.14.0.7", "3.15.0.0"],
            ["3.10.0.15", "3.11.0.14", "3.12.0.9", "3.13.0.8", "3.14.0.8", "3.15.0.1", "3.99.0.0"],
        ),
        (
            exports_with_incremental_sync,
            ["3.10.0.12", "3.13.0.6"],
            ["3.9.0.0", "3.10.0.13", "3.13.0.7", "3.15.0.0", "3.99.0.0"],
        ),
    ],
)
def test_a_release_has_what_the_facts_say(rule, without: list[str], having: list[str]) -> None:
    assert [text for text in without if rule(parse_version(text))] == []
    assert [text for text in having if not rule(parse_version(text))] == []


def test_storage_schemes_grow_with_the_releases() -> None:
    assert storage_schemes(parse_version("3.2.0.0")) == ("s3", "gcs")
    assert storage_schemes(parse_version("3.13.0.0")) == ("s3", "gcs", "gs")
    assert storage_schemes(parse_version("3.14.0.0")) == ("s3", "gcs", "gs", "azure")
    assert storage_schemes(parse_version("3.99.0.0")) == ("s3", "gcs", "gs", "azure")
