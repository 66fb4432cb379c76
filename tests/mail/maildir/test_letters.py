"""Flags to letters and back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.maildir import keywords
from tui_migrate.mail.maildir.letters import Letters
from tui_migrate.mail.maildir.making import Owner
from tui_migrate.mail.maildir.names import flags_of
from tui_migrate.mail.maildir.small import open_directory

SYSTEM = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted"]
WORDS = st.from_regex(r"[a-z$][a-z0-9.!#]{0,12}", fullmatch=True)
FLAGS = st.frozensets(st.one_of(st.sampled_from([*SYSTEM, "\\Odd", "$Forwarded"]), WORDS, st.text(max_size=5)))


def kept(folder: Path, flags: frozenset[str], *, guest: bool = False) -> tuple[frozenset[str], set[str], set[str]]:
    """What is read of them again, what was said to be lost, and what was said before to be lost."""
    descriptor = open_directory(str(folder))
    try:
        letters = Letters(descriptor, Owner.of(descriptor), guest=guest)
        foretold = letters.unkept(flags)
        written, dropped = letters.of(flags)
        return flags_of(written, keywords.by_letter(descriptor)), {*dropped}, foretold
    finally:
        os.close(descriptor)


@given(st.lists(FLAGS, max_size=6))
def test_flags_are_kept_or_said_to_be_lost(
    tmp_path_factory: pytest.TempPathFactory, sets: list[frozenset[str]]
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    for flags in sets:
        found, dropped, foretold = kept(folder, flags)
        assert lowered(found) == lowered(flags - dropped)
        assert dropped == foretold
        assert kept(folder, found)[:2] == (found, set())


def lowered(flags: frozenset[str]) -> set[str]:
    """Keywords that differ in capital letters alone are one for IMAP."""
    return {flag.lower() for flag in flags}


def test_a_guest_gives_no_letters(tmp_path: Path) -> None:
    (tmp_path / "dovecot-keywords").write_text("0 Todo\n3 other\n")
    flags = frozenset({"todo", "new", "\\Seen"})
    found, *lost = kept(tmp_path, flags, guest=True)
    assert found == {"Todo", "\\Seen"}
    assert lost == [{"new"}, {"new"}]
    assert (tmp_path / "dovecot-keywords").read_text() == "0 Todo\n3 other\n"
    assert kept(tmp_path, flags)[1] == set()
    assert (tmp_path / "dovecot-keywords").read_text() == "0 Todo\n1 new\n3 other\n"
