# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the certificate that a node shows its control plane."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.certificate import expiry
from ansible_collections.kongops.fallback.plugins.module_utils._node.cluster_certificate import certificate_fault
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import effective
from tests.certificates import Pair, cluster_certificate

GOOD = cluster_certificate()
OTHER = cluster_certificate(60)
PAIRS = {
    "a pair": (GOOD, ""),
    "a chain with text before it": (Pair(f"Subject: CN=kong\n{GOOD.certificate}{OTHER.certificate}", GOOD.key), ""),
    "the key of another": (
        Pair(GOOD.certificate, OTHER.key),
        "{0}.key is not the key of cluster_cert",
    ),
    "expired": (cluster_certificate(-1), "cluster_cert {0}.crt expired on 20"),
    "no certificate": (Pair("text\n", GOOD.key), "is not PEM"),
    "no key": (Pair(GOOD.certificate, "text\n"), "is not PEM"),
}


def fault(directory: Path, certificate: str = "cluster.crt") -> str:
    """What is wrong with the files in this directory."""
    conf = f"cluster_cert = {directory}/{certificate}\ncluster_cert_key = {directory}/cluster.key\n"
    return certificate_fault(effective(read_conf(conf.encode()), {}, parse_version("3.9.0.0")))


@pytest.mark.parametrize("name", PAIRS)
def test_a_certificate_that_cannot_be_used_is_found(tmp_path: Path, name: str) -> None:
    pair, says = PAIRS[name]
    pair.write(tmp_path)
    found = fault(tmp_path)
    assert (bool(found), says.format(tmp_path / "cluster") in found) == (bool(says), True)


def test_files_that_are_not_there_are_left_to_the_gateway(tmp_path: Path) -> None:
    GOOD.write(tmp_path)
    assert fault(tmp_path, "gone.crt") == ""


@pytest.mark.parametrize("days", [-300, 1, 20000])
def test_the_end_is_read_in_both_forms_of_time(days: int) -> None:
    pem = cluster_certificate(days).certificate.encode()
    assert expiry(pem) == x509.load_pem_x509_certificate(pem).not_valid_after_utc


@given(st.binary())
def test_nothing_is_read_where_there_is_no_certificate(data: bytes) -> None:
    assert expiry(data) is None
    expiry(b"-----BEGIN CERTIFICATE-----" + base64.b64encode(data) + b"-----END CERTIFICATE-----")
