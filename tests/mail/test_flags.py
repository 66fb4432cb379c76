"""Flags: what a source says, what a folder keeps, and what may stand on a command line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.imap.flags import SYSTEM_FLAGS, Keeping, appendable, parse_flags, parse_permanent_flags

ATOM = re.compile(r"""[^\x00-\x20\x7f-\U0010ffff(){%*"\\\]]+""")
"""RFC 3501 section 9."""


@pytest.mark.parametrize(
    ("raw", "flags"),
    [
        (b"", set()),
        (b"\\Seen \\ANSWERED \\flagged", {"\\Seen", "\\Answered", "\\Flagged"}),
        (b"\\Recent \\recent", set()),
        (b"NIL 2024 $Forwarded", {"NIL", "2024", "$Forwarded"}),
        (b"  todo   done ", {"todo", "done"}),
        ("café".encode(), {"café"}),
        ("café".encode("latin-1"), {"café"}),
        (b'a]b quo"te {3+} \\Foo \\*', {"a]b", 'quo"te', "{3+}", "\\Foo", "\\*"}),
    ],
)
def test_flags_are_read_as_an_admin_would_write_them(raw: bytes, flags: set[str]) -> None:
    assert parse_flags(raw) == flags


@pytest.mark.parametrize(
    ("flag", "kept"),
    [
        ("\\Seen", True),
        ("$Forwarded", True),
        ("NIL", True),
        ("2024", True),
        ("[Gmail]", False),
        ("k" * 50, True),
        ("k" * 51, False),
        ("\\Foo", False),
        ("\\Recent", False),
        ("\\*", False),
        ("café", False),
        ("", False),
        ("a b", False),
        ("a\r\nx1 CREATE b", False),
        ("{3+}", False),
        ("(", False),
        ("%", False),
    ],
)
def test_only_system_flags_and_short_atoms_may_be_sent(flag: str, kept: bool) -> None:
    assert appendable(frozenset({flag}), Keeping()) == (((flag,), ()) if kept else ((), (flag,)))


@given(st.frozensets(st.text(max_size=60)), st.booleans())
def test_every_flag_is_sent_or_reported_and_what_is_sent_is_an_atom(flags: frozenset[str], new_keywords: bool) -> None:
    kept, dropped = appendable(flags, Keeping(frozenset({"\\seen"}), new_keywords))
    assert sorted((*kept, *dropped)) == sorted(flags)
    assert all(flag in SYSTEM_FLAGS or ATOM.fullmatch(flag) for flag in kept)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"(\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)", {"\\Seen", "\\Flagged", "todo", "$Forwarded"}),
        (b"(\\Answered \\Flagged \\Deleted \\Seen \\Draft)", {"\\Seen", "\\Flagged"}),
        (b"(\\Seen $forwarded)", {"\\Seen", "$Forwarded"}),
        (b"(\\seen \\*)", {"\\Seen", "todo", "$Forwarded"}),
        (b"()", set()),
        (b"", set()),
    ],
)
def test_a_folder_keeps_what_it_says(raw: bytes, kept: set[str]) -> None:
    wanted = frozenset({"\\Seen", "\\Flagged", "todo", "$Forwarded"})
    assert set(appendable(wanted, parse_permanent_flags(raw))[0]) == kept


def test_a_folder_that_says_nothing_keeps_everything() -> None:
    wanted = frozenset({"\\Seen", "todo"})
    assert appendable(wanted, Keeping())[1] == ()
