"""Which lines are separators, and which are sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.mbox import Letter, expected, mail, mbox, messages, separator

SEPARATORS = (
    "From anna@old.example Mon Jan  6 10:00:00 2020",
    "From anna@old.example Mon Jan 06 10:00:00 +0100 2020",
    "From anna@old.example Mon Jan  6 10:00:00 2020 +0100",
    "From anna@old.example Mon Jan  6 10:00:00 CET 2020",
    "From anna@old.example  Mon Jan  6 10:00 2020",
    "From - Mon Jan 06 10:00:00 2020",
    "From 1655555555555555555@xxx Mon Jan 06 10:00:00 +0000 2020",
    "From anna Mon Jan  6 10:00:00 2020 remote from elsewhere",
    'From "anna van dijk"@old.example Mon Jan  6 10:00:00 2020',
    "From anna@old.example Mon, 6 Jan 2020 10:00:00 +0100",
    "From anna@old.example 2020-01-06T10:00:00Z",
    "From anna@old.example",
    "From ",
    "From ???@??? Mon Jan  6 10:00:00 2020",
)
SENTENCES = (
    "From here on we go.",
    "From: anna@old.example",
    "From Monday on, from 10:30\nuntil later",
    "From the docs\nNote: this is no header of mail",
    "From https://elsewhere.example/\nhttp://elsewhere.example/",
    "From now on:\nTo: do",
    "From",
    "Fromage",
    "From " + "x" * 2000,
    "From 2019 to 2020",
    "From anna@old.example\nwith love",
)


@pytest.mark.parametrize("line", SEPARATORS)
def test_separators_as_programs_write_them(tmp_path: Path, line: str) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one"), Letter(mail("two"), separator=line), mail("three")]))
    assert messages(path) == expected([mail("one"), mail("two"), mail("three")])


@pytest.mark.parametrize("line", SENTENCES)
def test_sentences(tmp_path: Path, line: str) -> None:
    letters = [mail("one", f"Dear Bob,\n\n{line}\n\nbye\n"), mail("two", f"{line}\n"), mail("three")]
    path = tmp_path / "anna"
    path.write_bytes(b"".join(separator().encode() + b"\n" + each + b"\n" for each in letters))
    assert messages(path) == expected(letters)


def test_a_separator_in_the_midst_of_a_paragraph_is_none(tmp_path: Path) -> None:
    letters = [mail("one", f"text\n{separator()}\nSubject: no\n"), mail("two")]
    path = tmp_path / "anna"
    path.write_bytes(b"".join(separator().encode() + b"\n" + each + b"\n" for each in letters))
    assert messages(path) == expected(letters)


def test_old_mozilla_writes_no_empty_line_before_it(tmp_path: Path) -> None:
    line = b"From - Mon Jan 06 10:00:00 2020\nX-Mozilla-Status: 0001\n"
    path = tmp_path / "Inbox"
    path.write_bytes(line + mail("one") + line + mail("two"))
    assert messages(path) == expected([mail("one"), mail("two")])


def test_a_header_that_ends_in_a_separator(tmp_path: Path) -> None:
    line = b"From - Mon Jan 06 10:00:00 2020\nX-Mozilla-Status: 0001\n"
    path = tmp_path / "Inbox"
    path.write_bytes(line + b"Subject: torn\nStatus: RO\n" + line + mail("two"))
    assert messages(path) == expected([b"Subject: torn\n", mail("two")])


def test_separators_with_nothing_between_them(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one")]) + separator().encode() + b"\n\n" + mbox([mail("two")]))
    assert messages(path) == expected([mail("one"), mail("two")])
