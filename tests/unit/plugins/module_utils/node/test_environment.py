# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    access_findings,
    edit_environment,
    environment_traps,
    further_variables,
    holds_nothing,
    read_environment,
    redacted_environment,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import SCHEMES
from tests.environment_readers import Unreadable, compose, shell, systemd_reads

SEED = b"""\
    export  AWS_REGION: '$AWS_REGION'
    export  AWS_DEFAULT_REGION: '$AWS_DEFAULT_REGION'
    export  AWS_ACCESS_KEY_ID: $AWS_ACCESS_KEY_ID
    export  AWS_SECRET_ACCESS_KEY: $AWS_SECRET_ACCESS_KEY
"""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=b\n", {"A": "b"}),
        ("A=b", {"A": "b"}),
        (" A = b \n", {"A": "b"}),
        ("A=b c\n", {"A": "b c"}),
        ("A=b#c\n", {"A": "b#c"}),
        ("A='b c'\n", {"A": "b c"}),
        ('A="b \\"c\\" \\$d"\n', {"A": 'b "c" $d'}),
        ("A=\"b\"'c'\n", {"A": "bc"}),
        ("A=b'c'\n", {"A": "b'c'"}),
        ("A=b\\\nc\n", {"A": "bc"}),
        ("A=b\\ c\n", {"A": "b c"}),
        ("A='b\nc'\nD=e\n", {"A": "b\nc", "D": "e"}),
        ("A=\n", {"A": ""}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("# A=b\n;A=b\n\n", {}),
        ("export A=b\n", {}),
        ("1A=b\nA-B=c\n", {}),
        ("A\nB=c\n", {"B": "c"}),
        ("A=b\r\nC=d\r\n", {"A": "b", "C": "d"}),
    ],
)
def test_a_file_is_read_as_systemd_reads_it(text: str, values: dict[str, str]) -> None:
    assert read_environment(text.encode()).values == values


def test_every_line_of_the_seed_is_named() -> None:
    findings = environment_traps(read_environment(SEED))
    assert [(finding.code, finding.severity, finding.line) for finding in findings] == [
        ("environment-line", "error", line) for line in (1, 2, 3, 4)
    ]
    assert [finding.setting for finding in findings] == [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ]


def test_every_line_of_the_seed_is_mended() -> None:
    wanted = {
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "s/+=",
    }
    assert edit_environment(read_environment(SEED), wanted).text == (
        "AWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\nAWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s/+=\n"
    )


def test_other_lines_stay_as_they_are() -> None:
    before = b"# mine\r\nKONG_PG_PASSWORD='a b'\nAWS_REGION=old\n\xff=\xff\nAWS_REGION=older\nlast=1"
    after = edit_environment(read_environment(before), {"AWS_REGION": "new"}, remove=["AWS_SESSION_TOKEN"])
    assert after.data == b"# mine\r\nKONG_PG_PASSWORD='a b'\n\xff=\xff\nAWS_REGION=new\nlast=1"


def test_an_edit_to_what_is_already_there_changes_nothing() -> None:
    before = b'AWS_REGION="eu-west-1"\n'
    assert (
        edit_environment(read_environment(before), {"AWS_REGION": "eu-west-1"}, remove=["AWS_SESSION_TOKEN"]).data
        == before
    )


def test_what_is_removed_leaves_a_file_that_need_not_be_there() -> None:
    written = edit_environment(read_environment(b""), {"AWS_REGION": "eu-west-1"})
    assert not holds_nothing(written)
    assert holds_nothing(edit_environment(written, {}, remove=["AWS_REGION"]))


@pytest.mark.parametrize("value", ["it's", "two\nlines", "last line\n", "bell\x07", "C:\\", "\udcff"])
def test_a_value_that_no_environment_file_can_carry_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(InvalidInput, match="AWS_SECRET_ACCESS_KEY") as refusal:
        edit_environment(read_environment(b""), {"AWS_SECRET_ACCESS_KEY": value})
    assert value not in str(refusal.value)


def test_a_quote_that_is_never_closed_stops_the_edit() -> None:
    file = read_environment(b"A='b\nKONG_ROLE=data_plane\n")
    with pytest.raises(InvalidInput, match="Line 1 opens a quote"):
        edit_environment(file, {"AWS_REGION": "x"})
    assert [finding.code for finding in environment_traps(file)] == ["environment-quote"]


SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="'", exclude_categories=["Cc", "Cs"]), min_size=1
).filter(lambda secret: not secret.endswith("\\"))


@given(
    SECRETS, st.lists(st.sampled_from([b"X=1\n", b"# c\n", b"junk\n", b"AWS_REGION=a\n", b"export AWS_REGION: b\n"]))
)
def test_whatever_is_written_reads_back(secret: str, lines: list[bytes]) -> None:
    after = edit_environment(read_environment(b"".join(lines)), {"AWS_REGION": "eu", "AWS_SECRET_ACCESS_KEY": secret})
    assert after.values["AWS_SECRET_ACCESS_KEY"] == secret
    assert edit_environment(after, {"AWS_REGION": "eu", "AWS_SECRET_ACCESS_KEY": secret}).text == after.text


NASTY = [
    "plain",
    "a  b",
    'say "hi"',
    "$HOME `id` \\ #!",
    "${HOME:-x} $$ $",
    "ünïcode",
    "a # b;c",
    "a=b: c",
    "~/*?%h",
    "C:\\new\\table",
    '{"private_key":"-----BEGIN PRIVATE KEY-----\\nMII+/=\\n"}',
]


@pytest.mark.parametrize("secret", NASTY)
def test_shell_systemd_and_compose_read_the_same(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "fallback.env"
    file.write_bytes(
        edit_environment(read_environment(b""), {"AWS_REGION": "eu", "AWS_SECRET_ACCESS_KEY": secret, "LAST": "x"}).data
    )
    for name, value in (("AWS_REGION", "eu"), ("AWS_SECRET_ACCESS_KEY", secret), ("LAST", "x")):
        assert shell(file, name) == value
        assert systemd_reads(file, name, value)
        assert compose(file, name) == value


def test_systemd_is_really_asked(tmp_path: Path) -> None:
    file = tmp_path / "fallback.env"
    file.write_text("A='b'\n")
    assert systemd_reads(file, "A", "b")
    assert not systemd_reads(file, "A", "c")


def test_compose_would_not_take_what_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "fallback.env"
    file.write_text("AWS_SECRET_ACCESS_KEY='C:\\'\nLAST='x'\n")
    with pytest.raises(Unreadable):
        compose(file, "LAST")


KEY_FILE = '{\n  "type": "service_account",\n  "private_key": "-----BEGIN\\nMII\\n"\n}\n'
KEY = '{"type":"service_account","private_key":"-----BEGIN\\nMII\\n"}'


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"GCP_SERVICE_ACCOUNT": KEY_FILE}, {"GCP_SERVICE_ACCOUNT": KEY}),
        ({"GCP_SERVICE_ACCOUNT": json.loads(KEY)}, {"GCP_SERVICE_ACCOUNT": KEY}),
        ({"GCP_SERVICE_ACCOUNT": "key.json"}, {"GCP_SERVICE_ACCOUNT": "key.json"}),
        ({"AZURE_CLIENT_SECRET": 12, "OTHER": None}, {"AZURE_CLIENT_SECRET": "12", "OTHER": ""}),
    ],
)
def test_further_variables_become_text(given: dict[str, object], text: dict[str, str]) -> None:
    assert further_variables(given) == text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("A B", "not the name of a variable"),
        ("A\n", "not the name of a variable"),
        ("KONG_AWS_REGION", "leave KONG_ out"),
        ("KONG_CLUSTER_FALLBACK_CONFIG_IMPORT", "would override kong.conf"),
    ],
)
def test_a_further_variable_that_does_no_good_is_refused_without_its_value(name: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refusal:
        further_variables({name: "canary"})
    assert "canary" not in str(refusal.value)


def test_a_diff_shows_region_and_endpoint_and_no_secret() -> None:
    text = (
        "# old AWS_SECRET_ACCESS_KEY=canary1\n#AWS_SESSION_TOKEN=canary2\nexport AWS_ACCESS_KEY_ID: canary3\n"
        "AWS_REGION=eu-west-1\nAWS_SECRET_ACCESS_KEY='canary4\ncanary5'\nKONG_PG_PASSWORD=canary6\n# a plain comment\n"
        "AWS_CONFIG_STORAGE_ENDPOINT=http://127.0.0.1:9000/\n"
    )
    shown = redacted_environment(read_environment(text.encode()), changed=["AWS_SECRET_ACCESS_KEY"])
    assert "canary" not in shown
    for line in ("AWS_REGION=eu-west-1", "AWS_SECRET_ACCESS_KEY=******** (new)", "# a plain comment", "9000/"):
        assert line in shown
    assert len(shown.splitlines()) == len(text.splitlines())


KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.mark.parametrize(
    ("values", "instance_role", "codes"),
    [
        ({"AWS_REGION": "eu", **KEYS}, False, []),
        ({"AWS_DEFAULT_REGION": "eu", **KEYS}, False, []),
        ({"AWS_REGION": "eu"}, True, []),
        ({"AWS_REGION": "eu"}, False, ["credentials-missing"]),
        ({"AWS_REGION": "eu", "AWS_ACCESS_KEY_ID": "AKIA"}, True, ["credentials-missing"]),
        (KEYS, False, ["region-missing"]),
        ({"AWS_REGION": "", **KEYS}, False, ["region-missing"]),
        *(
            ({"AWS_REGION": "eu", **KEYS, "AWS_CONFIG_STORAGE_ENDPOINT": address}, False, ["endpoint-url"])
            for address in (
                "minio:9000",
                "//minio",
                "https://",
                "https://me:canary@minio",
                "http://minio:port",
                "ftp://minio",
            )
        ),
        ({"AWS_REGION": "eu", **KEYS, "AWS_CONFIG_STORAGE_ENDPOINT": "https://[::1]:9000"}, False, []),
        (
            {"AWS_REGION": "eu", **KEYS, "AWS_CONFIG_STORAGE_ENDPOINT": "http://minio:9000/path"},
            False,
            ["endpoint-path"],
        ),
        ({"AWS_REGION": "eu", **KEYS, "AWS_CONFIG_STORAGE_ENDPOINT": "http://minio:9000/"}, False, []),
    ],
)
def test_what_the_gateway_lacks_is_named(values: dict[str, str], instance_role: bool, codes: list[str]) -> None:
    assert [finding.code for finding in access_findings(values, instance_role)] == codes


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_empty_environment_gives_no_scheme_its_credentials(scheme: str) -> None:
    assert "credentials-missing" in [finding.code for finding in access_findings({}, False, scheme)]
