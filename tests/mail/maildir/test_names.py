"""What file names tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.maildir.names import FileName, flags_of, parse

UNIQUE = "1276528487.M364837P9451.host"
LETTERS = st.sets(st.sampled_from("DFPRSTabcxyz")).map(lambda each: "".join(sorted(each)))
WORD = st.text(st.characters(exclude_characters="/\0,:;!", exclude_categories=["Cs"]), min_size=1, max_size=40)
FIELDS = st.sampled_from(["", ",S=12", ",S=12,W=14", ",U=7", ",W=9,raw"])


@pytest.mark.parametrize(
    ("name", "parts", "size"),
    [
        (UNIQUE, FileName(UNIQUE), 0),
        (f"{UNIQUE}:2,", FileName(UNIQUE), 0),
        (f"{UNIQUE},S=1355,W=1394:2,FSa", FileName(UNIQUE, ",S=1355,W=1394", "FSa"), 1394),
        (f"{UNIQUE},S=1355:2,S,extra", FileName(UNIQUE, ",S=1355", "S", ",extra"), 1355),
        (f"{UNIQUE},U=12;2,RS", FileName(UNIQUE, ",U=12", "RS"), 0),
        (f"{UNIQUE}!2,RS", FileName(UNIQUE, "", "RS"), 0),
        (f"{UNIQUE}:1,abc", FileName(UNIQUE), 0),
        (f"{UNIQUE},S=99999999999999999999999", FileName(UNIQUE, ",S=99999999999999999999999"), 0),
        ("wonderful! mail", FileName("wonderful! mail"), 0),
        (",S=1", FileName("", ",S=1"), 1),
    ],
)
def test_parts(name: str, parts: FileName, size: int) -> None:
    assert parse(name) == parts
    assert parse(name).size == size


@given(WORD, FIELDS, LETTERS, st.sampled_from(";:!"))
def test_a_message_is_the_same_whatever_is_noted_of_it(unique: str, fields: str, letters: str, mark: str) -> None:
    found = parse(f"{unique}{fields}{mark}2,{letters}")
    assert found == FileName(unique, fields, letters)
    assert parse(found.with_letters("S" + letters)).unique == unique


@given(st.text(max_size=60))
def test_any_name_has_parts(name: str) -> None:
    found = parse(name)
    assert name.startswith(found.base)
    assert found.size >= 0
    flags_of(found.letters, {})


def test_letters_are_flags_and_keywords_of_the_folder() -> None:
    flags = flags_of("DFPRSTab?", {"a": "todo"})
    assert flags == {"\\Draft", "\\Flagged", "$Forwarded", "\\Answered", "\\Seen", "\\Deleted", "todo"}
    assert flags_of("a", {}) == set()


def test_the_time_of_a_name() -> None:
    assert parse(UNIQUE).time == 1276528487
    assert parse("1276528487_1.host").time == 1276528487
    assert parse("mail.1276528487").time is None
