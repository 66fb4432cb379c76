"""The encodings of lists and plans: recognised or asked for, never guessed into a wrong password."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tui_migrate.config.accounts import parse_accounts, parse_rows
from tui_migrate.config.plan import load_plan
from tui_migrate.errors import BadInput

HEADINGS = "Source,Password,Destination"
CODE_PAGES = ["cp1252", "latin-1", "mac_roman", "cp437", "cp850", "iso-8859-15", "cp1250"]
PLAN = """[migration]
title = "Head office"
[source]
host = "imap.old.example"
[destination]
host = "imap.new.example"
[accounts]
file = "accounts.csv"
"""


def mistakes(data: bytes) -> list[str]:
    with pytest.raises(BadInput) as bad:
        parse_accounts(data, "a.csv")
    return [str(problem) for problem in bad.value.problems]


@pytest.fixture(autouse=True)
def accounts(tmp_path: Path) -> None:
    """A list for the plans."""
    (tmp_path / "accounts.csv").write_text(f"{HEADINGS}\nalice,one,alice\n")


def plan_mistakes(folder: Path, text: str) -> list[str]:
    (folder / "plan.toml").write_text(text)
    with pytest.raises(BadInput) as bad:
        load_plan(folder / "plan.toml")
    return [str(problem) for problem in bad.value.problems]


@pytest.mark.parametrize("encoding", CODE_PAGES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_code_page_is_asked_for_and_never_guessed(encoding: str, end: str) -> None:
    """One letter, one octet, and another letter in each of them: it may be a password's."""
    data = end.join([HEADINGS, "anna,pé,anna", "bob,plain,bob", "zoé,pw,zoe"]).encode(encoding)
    found = mistakes(data)
    assert [each.partition(" has letters")[0] for each in found] == ["a.csv line 2:", "a.csv line 4:"]
    assert "save the file as UTF-8" in found[0]
    assert 'encoding = "cp1252"' in found[0]
    accounts = parse_accounts(data, "a.csv", encoding=encoding)
    assert [(a.source_user, a.source_password.reveal()) for a in accounts] == [
        ("anna", "pé"),
        ("bob", "plain"),
        ("zoé", "pw"),
    ]
    good = [row.spec.source_user for row in parse_rows(data, "a.csv") if not row.mistakes]
    assert good == ["bob"]


def test_one_bad_octet_in_utf_8_is_found_at_its_line() -> None:
    data = f"{HEADINGS}\nanna,pé,anna\n".encode() + b"bob,p\xe9,bob\n" + "zoë,ö,zoë\n".encode()
    assert [each.partition(" has letters")[0] for each in mistakes(data)] == ["a.csv line 3:"]


def test_an_encoding_that_the_file_does_not_have() -> None:
    data = f"{HEADINGS}\nanna,".encode() + b"\x81,anna\n"
    with pytest.raises(BadInput, match="is not a text file in cp1252, which the plan names"):
        parse_accounts(data, "a.csv", encoding="cp1252")


def test_a_mark_says_more_than_the_plan() -> None:
    data = f"{HEADINGS}\nanna,pé,anna\n".encode("utf-8-sig")
    assert parse_accounts(data, "a.csv", encoding="cp1252")[0].source_password.reveal() == "pé"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04\0\0workbook\x81", "a.csv: is a workbook, not a text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a.csv: is a workbook, not a text file"),
        (b"Source\0Password", "a.csv: is not a text file; in Excel"),
        (codecs.BOM_UTF16_LE + b"S", "a.csv: is not a text file in utf-16-le as it says"),
        (b"\xef\xbb\xbfSource\xff", "a.csv line 1: has letters that are not UTF-8"),
    ],
)
def test_what_is_no_text(data: bytes, what: str) -> None:
    (found,) = mistakes(data)
    assert found.startswith(what)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_plan_whose_encoding_can_be_seen(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "plan.toml").write_bytes(PLAN.replace("Head", "Privé").encode(encoding))
    assert load_plan(tmp_path / "plan.toml").migration.title == "Privé office"


def test_a_path_with_backslashes(tmp_path: Path) -> None:
    [found] = plan_mistakes(tmp_path, PLAN.replace('"accounts.csv"', '"C:\\Users\\admin\\accounts.csv"'))
    assert found.endswith(r"a path with backslashes stands in single quotes: 'C:\folder\file'")


def test_an_encoding_of_the_list(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes("Source,Password,Destination\nanna,pé,anna\n".encode("mac_roman"))
    [found] = plan_mistakes(tmp_path, PLAN)
    assert found.startswith("accounts.csv line 2: has letters that are not UTF-8")
    for name, text in (("mac_roman", "pé"), ("cp1252", "pŽ")):
        plan = tmp_path / "plan.toml"
        plan.write_text(PLAN.replace('"accounts.csv"', f'"accounts.csv"\nencoding = "{name}"'))
        assert load_plan(plan).accounts[0].source_password.reveal() == text
    for name in ("klingon", "base64", "rot13"):
        [found] = plan_mistakes(tmp_path, PLAN.replace('"accounts.csv"', f'"accounts.csv"\nencoding = "{name}"'))
        assert found.startswith("plan.toml: accounts.encoding: is no encoding that is known here")
