# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.edit import edit_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Assignment, is_on, read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import redacted_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import known_settings
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.traps import conf_traps
from tests.kong_conf_files import EXAMPLES, FIXTURES, UNREADABLE

IMPORT = "cluster_fallback_config_import"
STORAGE = "cluster_fallback_config_storage"
STOCK = (FIXTURES / "stock.conf").read_text()
BLOCK = "# BEGIN kongops.fallback\n{}# END kongops.fallback\n"


@pytest.mark.parametrize(("data", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_reads_what_the_gateway_reads(data: bytes, expected: dict[str, str]) -> None:
    document = read_conf(data)
    assert document.settings == expected
    assert document.unreadable is None


@pytest.mark.parametrize("data", UNREADABLE)
def test_reads_nothing_from_a_file_that_the_gateway_gives_up(data: bytes) -> None:
    document = read_conf(data)
    assert document.settings == {}
    assert document.unreadable
    assert not any(assignment.effective for assignment in document.assignments)


def test_assignments_tell_where_they_are_and_whether_they_count() -> None:
    document = read_conf(b"a = 1\na = \\\n# comment\n 2\nb = _blank_\n[s]\nc = 3\nd = 4 \\\n")
    assert document.assignments == (
        Assignment("a", "1", line=1, last_line=1, effective=False),
        Assignment("a", "2", line=2, last_line=4, effective=True),
        Assignment("b", "", line=5, last_line=5, effective=False),
        Assignment("c", "3", line=7, last_line=7, effective=False),
        Assignment("d", "4", line=8, last_line=8, effective=False),
    )


def test_line_of_a_setting_is_that_of_the_assignment_that_wins() -> None:
    document = read_conf(b"a = 1\n\na = \\\n2\n[s]\nb = 3\n")
    assert document.line_of("a") == 3
    assert document.line_of("b") is None


def test_values_do_not_appear_in_representations() -> None:
    assert "hunter2" not in repr(read_conf(b"pg_password = hunter2\nhunter2\n"))


@pytest.mark.parametrize("value", ["on", "true"])
def test_on_and_true_are_on(value: str) -> None:
    assert is_on(value)


@pytest.mark.parametrize("value", ["", "off", "On", "ON", "TRUE", "True", "yes", "1", '"on"', "on on"])
def test_everything_else_is_off(value: str) -> None:
    assert not is_on(value)


# Setting a = x.
IN_PLACE = {
    "the_value_alone_changes": ("a = 1\n", "a = x\n"),
    "without_blanks": ("a=1\n", "a=x\n"),
    "indent_and_tabs_are_kept": ("  a\t=  1\n", "  a\t=  x\n"),
    "empty_value": ("a =\n", "a = x\n"),
    "empty_value_without_blanks": ("a=\n", "a=x\n"),
    "empty_value_before_a_comment": ("a =       # c\n", "a = x     # c\n"),
    "comment_stays_in_its_column": ("a = 12345 # c\n", "a = x     # c\n"),
    "comment_makes_room": ("a = # c\n", "a = x # c\n"),
    "comment_keeps_its_tab": ("a = 1\t# c\n", "a = x\t# c\n"),
    "comment_lines_up_with_its_next_line": ("a = 1  # c\n         # d\n", "a = x    # c\n         # d\n"),
    "escaped_hash_is_no_comment": ("a = 1\\#2 # c\n", "a = x    # c\n"),
    "crlf": ("b = 1\r\na = 1\r\n", "b = 1\r\na = x\r\n"),
    "missing_final_newline_stays_missing": ("a = 1", "a = x"),
    "continued_value_becomes_one_line": ("a = 1 \\\n# c\n\n  2\nb = 1\n", "a = x\n# c\n\nb = 1\n"),
    "continued_comment_becomes_one_line": ("a = 1 # c \\\n  d\n", "a = x # c   d\n"),
    "backslash_at_the_end_goes": ("b = 1\na = 1 \\\n# c\n", "b = 1\na = x\n# c\n"),
    "backslash_at_the_end_of_the_same_value_goes": ("a = x \\\n", "a = x\n"),
    "backslash_at_the_end_of_a_comment_goes": ("a = 1 # c\\\\\n", "a = x # c\n"),
    "swallowed_line_of_the_same_setting_goes": ("a = 1 \\\na = 2\n", "a = x\n"),
    "value_that_cannot_be_read": ("a = _blank_\n", "a = x\n"),
    "later_duplicates_go": ("a = 1\nb = 2\na = 3\na = 4\n", "a = x\nb = 2\n"),
    "later_duplicates_leave_their_comment": ("a = 1\na = 2 # c\n", "a = x\n#a =  # c\n"),
    "duplicates_of_the_same_value_go": ("a = x\na = x\n", "a = x\n"),
    "colon_line_becomes_an_assignment": ("a: 1\n", "a = x\n"),
    "colon_line_keeps_its_comment": ("  a:   1  # c\n", "  a = x   # c\n"),
    "line_of_key_and_value_becomes_an_assignment": ("a 1\n", "a = x\n"),
    "line_of_prose_stays": ("a long story\na = 1\n", "a long story\na = x\n"),
    "colon_line_goes_when_there_is_an_assignment": ("a: 1\na = 2\n", "a = x\n"),
    "commented_default": ("#a = 1\n", "a = x\n"),
    "commented_default_keeps_its_column": ("#a = 1   # c\n         # d\n", "a = x    # c\n         # d\n"),
    "assignment_comes_before_a_commented_default": ("#a = 1\na = 2\n", "#a = 1\na = x\n"),
    "first_commented_default_counts": ("#a = 1\n#a = 2\n", "a = x\n#a = 2\n"),
    "dead_line_below_a_section_goes": ("a = 1\n[s]\na = 2\nb = 2\n", "a = x\n[s]\nb = 2\n"),
    "a_setting_of_another_name_stays": ("ab = 1\na = 1\nb-a = 1\n", "ab = 1\na = x\nb-a = 1\n"),
}


@pytest.mark.parametrize(("before", "after"), IN_PLACE.values(), ids=IN_PLACE)
def test_changes_in_place(before: str, after: str) -> None:
    _check_edit(before, after, {"a": "x"})


# Setting a = x where nothing stands for it.
APPENDED = {
    "to_an_empty_file": ("", BLOCK.format("a = x\n")),
    "at_the_end": ("b = 1\n", "b = 1\n" + BLOCK.format("a = x\n")),
    "with_the_line_ends_of_the_file": ("b = 1\r\n", "b = 1\r\n" + BLOCK.format("a = x\n").replace("\n", "\r\n")),
    "behind_a_missing_final_newline": ("b = 1", "b = 1\n" + BLOCK.format("a = x\n")),
    "above_the_first_section": ("b = 1\n[s]\nc = 1\n", "b = 1\n" + BLOCK.format("a = x\n") + "[s]\nc = 1\n"),
    "above_a_section_that_hides_it": ("[s]\na = 1\n", BLOCK.format("a = x\n") + "[s]\n"),
    "above_a_backslash_at_the_end": ("b = 1 \\\n# c\n", BLOCK.format("a = x\n") + "b = 1 \\\n# c\n"),
    "in_the_block_that_is_there": (BLOCK.format("b = 1\n") + "c = 1\n", BLOCK.format("b = 1\na = x\n") + "c = 1\n"),
    "in_a_new_block_if_the_old_one_is_dead": (
        "[s]\n" + BLOCK.format("b = 1\n"),
        BLOCK.format("a = x\n") + "[s]\n" + BLOCK.format("b = 1\n"),
    ),
    "not_in_the_middle_of_a_continuation": (
        "b = 1 \\\n#a = 1\n# END kongops.fallback\n2\n",
        "b = 1 \\\n#a = 1\n# END kongops.fallback\n2\n" + BLOCK.format("a = x\n"),
    ),
    "not_by_uncommenting_below_a_section": ("[s]\n#a = 1\n", BLOCK.format("a = x\n") + "[s]\n#a = 1\n"),
    "not_by_uncommenting_a_backslash": ("#a = 1 \\\nb = 1\n", "#a = 1 \\\nb = 1\n" + BLOCK.format("a = x\n")),
    "not_by_uncommenting_prose": ("# a = 1\n  #a = 1\n", "# a = 1\n  #a = 1\n" + BLOCK.format("a = x\n")),
    "although_another_line_swallowed_it": ("b = 1 \\\na = 1\n", "b = 1 \\\na = 1\n" + BLOCK.format("a = x\n")),
}


@pytest.mark.parametrize(("before", "after"), APPENDED.values(), ids=APPENDED)
def test_appends(before: str, after: str) -> None:
    _check_edit(before, after, {"a": "x"})


# Removing a.
REMOVED = {
    "the_line_goes": ("b = 1\na = 1\nc = 1\n", "b = 1\nc = 1\n"),
    "all_of_them": ("a = 1\na: 2\n[s]\na = 3\n", "[s]\n"),
    "a_continued_value_with_all_its_lines": ("a = 1 \\\n# c\n2\nb = 1\n", "# c\nb = 1\n"),
    "the_last_line_without_an_end": ("b = 1\r\na = 1", "b = 1\r\n"),
    "documentation_that_begins_on_the_line_stays": ("a = 12 # c\n       # d\n", "#a =   # c\n       # d\n"),
    "a_comment_on_a_colon_line_stays": ("a: 1  # c\n", "#a =  # c\n"),
    "a_backslash_at_the_end_goes_along": ("b = 1\na = 1 \\\n", "b = 1\n"),
    "an_empty_block_goes": ("b = 1\n" + BLOCK.format("a = 1\n"), "b = 1\n"),
    "a_block_with_others_stays": (BLOCK.format("a = 1\nb = 1\n"), BLOCK.format("b = 1\n")),
    "a_commented_default_stays": ("#a = 1\n", "#a = 1\n"),
    "prose_stays": ("a long story\n# a = 1\n", "a long story\n# a = 1\n"),
    "a_word_alone_stays": ("b = 1\na\n", "b = 1\na\n"),
    "a_word_alone_stays_before_blanks": ("b = 1\r\na \r\n", "b = 1\r\na \r\n"),
    "a_word_alone_stays_before_a_comment": ("b = 1\na # c\n", "b = 1\na # c\n"),
}


@pytest.mark.parametrize(("before", "after"), REMOVED.values(), ids=REMOVED)
def test_removes(before: str, after: str) -> None:
    _check_edit(before, after, remove=["a"])


def test_a_word_alone_stays_when_it_gets_the_line_end_of_the_file() -> None:
    after = "\r\nb = 1\r\na\r\n" + BLOCK.format("c = x\n").replace("\n", "\r\n")
    _check_edit("\r\nb = 1\r\na", after, {"c": "x"}, ["a"])


def test_edits_the_stock_file_as_a_careful_person_would() -> None:
    after = (
        STOCK.replace("#role = traditional              #", "role = data_plane                #")
        .replace("#database = postgres             #", "database = off                   #")
        .replace("#cluster_cert_key =              #", "cluster_cert_key = /etc/kong/a.key #")
        .replace("#cluster_fallback_config_storage =           #", "cluster_fallback_config_storage = s3://b/p   #")
    )
    assign = {"role": "data_plane", "database": "off", "cluster_cert_key": "/etc/kong/a.key", STORAGE: "s3://b/p"}
    _check_edit(STOCK, after, assign)
    without_defaults = STOCK.replace("= traditional", "=" + " " * 12).replace("= postgres", "=" + " " * 9)
    _check_edit(after, without_defaults, remove=list(assign))


def test_repairs_the_lines_of_the_seed() -> None:
    before = (FIXTURES / "seed.conf").read_text()
    after = "role = data_plane\ndatabase = off\n\ncluster_fallback_config_storage = s3://b/p\n" + BLOCK.format(
        "cluster_fallback_config_import = on\n"
    )
    draft = ["cluster_fallback_config", "cluster_fallback_config_exporter"]
    _check_edit(before, after, {STORAGE: "s3://b/p", IMPORT: "on"}, draft)


def test_keeps_bytes_that_are_no_utf_8() -> None:
    edited = edit_conf(read_conf(b"# \xff\x00\nb = \xfe\na = 1 # \xe4\n"), {"a": "ä", "c": "\udcff"})
    assert edited.data == b"# \xff\x00\nb = \xfe\na = \xc3\xa4 # \xe4\n" + BLOCK.format("c = ?\n").encode().replace(
        b"?", b"\xff"
    )


def test_keeps_a_file_that_is_as_wanted() -> None:
    document = read_conf((FIXTURES / "in_use.conf").read_bytes())
    same = {name: document.settings[name] for name in ("role", "cluster_cert", "nginx_http_log_format", "pg_password")}
    assert edit_conf(document, same, ["cluster_ca_cert"]).data == document.data


def test_adding_and_removing_gives_the_old_file_back() -> None:
    document = read_conf(STOCK.encode())
    added = edit_conf(document, {"new_one": "1", "new_two": "2"})
    assert edit_conf(added, {}, ["new_one", "new_two"]).data == document.data


@pytest.mark.parametrize(
    "value", ["a#b", r"a\#b", "#", "a # b", "a = b", "[a]", ";", "'", '{"a": "b"}', "ä", r"a\b", "60 MB"]
)
def test_writes_every_value_that_can_be_held(value: str) -> None:
    edited = edit_conf(read_conf(b"b = 1 # c\n"), {"a": value, "b": value})
    assert edited.settings == {"a": value, "b": value}


REFUSED_VALUES = {
    "": "is empty",
    "a\nb": "line break",
    "a\rb": "line break",
    "a\x00b": "control character",
    "a\tb": "control character",
    "a\x85b": "control character",
    " a": "blank",
    "a ": "blank",
    "a_blank_b": "_blank_",
    "a\\": "backslash",
    "0123": "number 123",
    "1e3": "number 1000",
    "60 kB": "number 60",
    "1.0": "number 1:",
    "\ud800": "UTF-8",
}


@pytest.mark.parametrize(("value", "reason"), REFUSED_VALUES.items(), ids=ascii)
def test_refuses_a_value_that_cannot_be_held(value: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        edit_conf(read_conf(b""), {"pg_password": value})
    assert str(caught.value).startswith("The value of pg_password ")


# Setting a = x.
REFUSED_FILES = {
    "section_of_that_name": (
        "b = 1\n[a]\n",
        "Line 2 begins a section that removes the setting a: remove that line.",
    ),
    "section_of_that_name_over_the_same_value": (
        "a = x\n[a]\n",
        "Line 2 begins a section that removes the setting a:",
    ),
    "section_without_a_name": ("a = 1\n[\n", "Line 2 begins a section without a name"),
    "backslash_before_another_setting": ("a = 1 \\\n2 \\\nrole = x\n", r"Line 2 .* joins line 3 \(role\) to a"),
    "utf_16": ("\ufeffa = 1\n", "UTF-16"),
    "blank_in_the_comment": ("a = 1 # see _blank_ below\n", "The comment of a in line 1 contains _blank_"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED_FILES.values(), ids=REFUSED_FILES)
def test_refuses_a_file_in_which_something_is_in_the_way(text: str, reason: str) -> None:
    document = read_conf(text.encode("utf-16-le" if text.startswith("\ufeff") else "utf-8"))
    with pytest.raises(InvalidInput, match=reason):
        edit_conf(document, {"a": "x"})


@pytest.mark.parametrize("name", ["", "a-b", "a b", "a\n"])
def test_refuses_what_is_no_setting_name(name: str) -> None:
    with pytest.raises(InvalidInput, match="not a setting name"):
        edit_conf(read_conf(b""), {name: "x"})


def test_refuses_to_set_and_remove_the_same() -> None:
    with pytest.raises(InvalidInput, match="a cannot be both set and removed"):
        edit_conf(read_conf(b""), {"a": "x"}, ["a"])


# A file and what it is warned of: code, severity, setting, line, fact.
TRAPS = {
    "nothing": ("# role: x\nrole = data_plane\nnginx_http_x = 1\nvault_hcv_x = 1\npluginserver_x = 1\n", []),
    "colon_line": (f"{IMPORT}: on\n", [("ignored-line", "error", IMPORT, 1, "5.3")]),
    "draft_colon_line": (
        "cluster_fallback_config: on\n",
        [("ignored-line", "error", "cluster_fallback_config", 1, "5.3")],
    ),
    "colon_line_with_equals_in_its_value": (
        f"{STORAGE}: s3://b/p?a=b\n",
        [("ignored-line", "error", STORAGE, 1, "5.3")],
    ),
    "line_of_key_and_value": ("role data_plane\n", [("ignored-line", "error", "role", 1, "5.3")]),
    "colon_line_of_a_setting_that_is_set": (
        "role: data_plane\nrole = data_plane\n",
        [("ignored-line", "warning", "role", 1, "5.3")],
    ),
    "colon_line_of_another_setting": ("pg_host: x\n", [("ignored-line", "warning", "pg_host", 1, "5.3")]),
    "colon_line_that_looks_like_a_setting": ("my_own: x\n", [("ignored-line", "warning", "my_own", 1, "5.3")]),
    "lines_of_prose_in_a_row": ("some words here\nMIIEvQIBADANBg\n", [("ignored-line", "warning", None, 1, "5.3")]),
    "section": (
        f"[kong]\n{IMPORT} = on\npg_host = x\n[more]\npg_port = 1\n",
        [("section", "error", IMPORT, 1, "5.7"), ("section", "warning", "pg_port", 4, "5.7")],
    ),
    "section_with_nothing_below": ("pg_host = x\n[kong]\n", [("section", "warning", None, 2, "5.7")]),
    "section_of_the_name_of_a_setting": ("role = x\n[role]\n", [("section", "error", "role", 2, "5.7")]),
    "section_without_a_name": ("pg_host = x\n[\n", [("section", "error", None, 2, "5.7")]),
    "backslash_before_a_setting": ("pg_host = x \\\nrole = y\n", [("continuation", "error", "role", 1, "5.6")]),
    "backslash_before_another_setting": (
        "pg_host = x \\\ny \\\npg_port = 1\n",
        [("continuation", "warning", "pg_port", 2, "5.6")],
    ),
    "backslash_in_a_fallback_setting": (
        f"{STORAGE} = x \\\npg_port = 1\n",
        [("continuation", "error", "pg_port", 1, "5.6")],
    ),
    "backslash_that_is_meant": ("nginx_http_x = a=b \\\n  c=d\n", []),
    "backslash_at_the_end": (f"{IMPORT} = on \\\n", [("continuation", "error", IMPORT, 1, "5.6")]),
    "byte_order_mark_before_a_setting": ("\ufeffrole = x\n", [("byte-order-mark", "error", "role", 1, "5.4")]),
    "byte_order_mark_before_a_comment": ("\ufeff# c\n", [("byte-order-mark", "warning", None, 1, "5.4")]),
    "different_duplicates": (
        "pg_host = x\npg_host = y\n\npg_host = z\n",
        [("duplicate-setting", "warning", "pg_host", 4, "5.8")],
    ),
    "equal_duplicates": ("pg_host = x\npg_host = x\n", [("duplicate-setting", "info", "pg_host", 2, "5.8")]),
    "unknown_but_close": ("pg_hots = x\n", [("unknown-setting", "warning", "pg_hots", 1, "5.10")]),
    "unknown_but_close_to_a_fallback_setting": (
        "cluster_fallback_config_imports = on\n",
        [("unknown-setting", "error", "cluster_fallback_config_imports", 1, "5.10")],
    ),
    "known_but_in_upper_case": ("ROLE = data_plane\n", [("unknown-setting", "error", "ROLE", 1, "5.10")]),
    "unknown": ("acme_widget_size = 1\n", [("unknown-setting", "info", "acme_widget_size", 1, "5.10")]),
    "part_of_a_key": ("q2xvc2Vkd2Vi==\n", []),
    "draft_names": ("cluster_fallback_config_exporter = on\n", []),
    "value_that_cannot_be_read": (
        f"{STORAGE} = s3://b/_blank_\n",
        [("unreadable-value", "error", STORAGE, 1, "5.5")],
    ),
    "hash_without_blank": ("pg_password = a#b\n", [("hash-in-value", "warning", "pg_password", 1, "5.2")]),
    "hash_with_blank": ("pg_password = a #b\n", []),
    "looks_on": ("pg_ssl = On\n", [("boolean-value", "warning", "pg_ssl", 1, "5.9")]),
    "looks_on_in_quotes": ("pg_ssl = 'true'\n", [("boolean-value", "warning", "pg_ssl", 1, "5.9")]),
    "quotes": ('pg_host = "x"\n', [("quoted-value", "warning", "pg_host", 1, "5.5")]),
    "variable": ("pg_host = $HOST\n", [("variable-in-value", "warning", "pg_host", 1, "5.12")]),
    "part_of_a_vault_reference": (
        "pg_host = x{vault://env/x}\n",
        [("partial-vault-reference", "warning", "pg_host", 1, "5.12")],
    ),
    "whole_vault_reference": ("pg_host = {vault://env/x}\n", []),
}


@pytest.mark.parametrize(("text", "expected"), TRAPS.values(), ids=TRAPS)
def test_names_the_trap(text: str, expected: list[tuple[object, ...]]) -> None:
    found = _traps(text.encode())
    assert [(each.code, each.severity, each.setting, each.line, each.fact) for each in found] == expected


def test_names_every_trap_of_the_seed() -> None:
    found = _traps((FIXTURES / "seed.conf").read_bytes())
    assert [(each.code, each.line) for each in found] == [("ignored-line", 4), ("ignored-line", 5)]


def test_utf_16_is_one_trap() -> None:
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        (found,) = _traps(mark + "role = data_plane\n[s]\n".encode(encoding))
        assert (found.code, found.severity) == ("byte-order-mark", "error")


def test_names_three_of_many_swallowed_settings() -> None:
    names = ["pg_host", "pg_port", "pg_user", "pg_schema", "pg_database"]
    (found,) = _traps(("[s]\n" + "".join(f"{name} = 1\n" for name in names)).encode())
    assert "pg_host, pg_port, pg_user and 2 more" in found.message


def test_suggests_the_setting_that_was_meant() -> None:
    (found,) = _traps(b"cluster_fallback_config_improt = on\n")
    assert f"did you mean {IMPORT}?" in found.message


def test_traps_show_no_values() -> None:
    texts = [text for text, _expected in TRAPS.values()]
    secret = "".join(
        text.replace("= ", "= hunter2").replace(": ", ": hunter2") for text in texts if "\ufeff" not in text
    )
    for text in (*secret.splitlines(keepends=True), secret):
        assert not any("hunter2" in each.message for each in _traps(text.encode()))


def test_the_stock_file_has_no_traps() -> None:
    assert _traps(STOCK.encode()) == ()


# A file that holds the secret hunter2.
SECRETS = {
    "assignment": ("pg_password = hunter2\n", "pg_password = ********\n"),
    "key_as_somebody_wrote_it": (" pg-password=hunter2", " pg-password= ********"),
    "behind_a_hash": ("pg_password = a#hunter2\n", "pg_password = ********\n"),
    "commented_out": ("# pg_password = hunter2\r\n", "# pg_password = ********\r\n"),
    "in_a_comment": ("pg_host = x # pg_password: hunter2\n", "pg_host = x # pg_password: ********\n"),
    "colon_line": ("pg_password: hunter2\n", "pg_password: ********\n"),
    "line_of_key_and_value": ("pg_password hunter2\n", "********\n"),
    "below_a_section": ("[s]\npg_password = hunter2\n", "[s]\npg_password = ********\n"),
    "continued": (
        "pg_password = a \\\n# c\n hunter2\npg_host = x\n",
        "pg_password = ********\n********\n********\npg_host = x\n",
    ),
    "continued_in_a_comment": ("#pg_password = a \\\n# hunter2\n# c\n", "#pg_password = ********\n********\n# c\n"),
    "key_over_two_lines": ("pg_pass\\\nword = hunter2\n", "********\n********\n"),
    "byte_order_mark": ("\ufeffpg_password = hunter2\n", "********\n"),
    "misspelt": ("pg_passwrd = hunter2\n", "pg_passwrd = ********\n"),
    "key_as_text": ("cluster_cert_key = hunter2\n", "cluster_cert_key = ********\n"),
    "pasted_key": (
        "ssl_cert = -----BEGIN PRIVATE KEY-----\nabc_hunter2 = x\nhunter2==\n-----END PRIVATE KEY-----\npg_host = x\n",
        "ssl_cert = ********\n********\n********\n********\npg_host = x\n",
    ),
    "pasted_key_in_comments": (
        "#-----BEGIN EC PRIVATE KEY-----\n#hunter2\n#-----END EC PRIVATE KEY-----\n# c\n",
        "#********\n********\n********\n# c\n",
    ),
    "line_that_is_no_setting": ("MIIEhunter2\nMIIE+hunter2=\n", "********\n********\n"),
    "section_that_is_none": ('["hunter2"]\n', "********\n"),
    "token": ("vault_hcv_token = hunter2\n", "vault_hcv_token = ********\n"),
    "license": ("#license_data = {hunter2}\n", "#license_data = ********\n"),
    "configuration_as_text": ("declarative_config_string = hunter2\n", "declarative_config_string = ********\n"),
    "session": ('admin_gui_session_conf = {"secret":"hunter2"}\n', "admin_gui_session_conf = ********\n"),
    "json": ('x_config = {"SSECustomerKey":"hunter2"}\n', 'x_config = {"SSECustomerKey": ********\n'),
    "url": ("proxy_server = http://me:hunter2@proxy:3128\n", "proxy_server = http://********@proxy:3128\n"),
    "environment_of_another_file": ("export AWS_SECRET_ACCESS_KEY: 'hunter2'\n", "********\n"),
    "path_with_more": ("ssl_cert_key = /etc/a.key, hunter2\n", "ssl_cert_key = ********\n"),
}


@pytest.mark.parametrize(("text", "expected"), SECRETS.values(), ids=SECRETS)
def test_masks_secrets(text: str, expected: str) -> None:
    assert redacted_conf(read_conf(text.encode())) == expected


@pytest.mark.parametrize(
    "text",
    [
        "cluster_cert_key = /etc/kong/cluster.key  # c\n",
        "ssl_cert_key = /etc/a.key,/etc/b.pem\n",
        "pg_password = {vault://env/pg-password}\n",
        "pg_password =\n",
        "role = data_plane\n# a comment\n\ncluster_fallback_config: on\n[s]\nlog_level = info",
    ],
)
def test_shows_what_is_no_secret(text: str) -> None:
    assert redacted_conf(read_conf(text.encode())) == text


def _check_edit(before: str, after: str, assign: dict[str, str] | None = None, remove: list[str] | None = None) -> None:
    edited = edit_conf(read_conf(before.encode()), assign or {}, remove or [])
    assert edited.data.decode() == after
    assert edit_conf(edited, assign or {}, remove or []).data == edited.data


def _traps(data: bytes) -> tuple[Finding, ...]:
    return conf_traps(read_conf(data), known_settings())
