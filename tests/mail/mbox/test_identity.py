"""By what messages are known from one pass to the next, and what is noticed of changes."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.files.mbox import Letter, mail, mbox, names
from tui_migrate.errors import FileChanged
from tui_migrate.mail.mbox.archive import MboxArchive

ONE, TWO, THREE = mail("one"), mail("two"), mail("three")


def token(path: Path) -> str:
    with closing(MboxArchive(path)) as archive:
        told = archive.token(b"INBOX")
        assert archive.contents(b"INBOX").token == told
        return told


def test_names_outlast_compacting_and_flags(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([ONE, TWO, THREE]))
    _, second, third = names(path)
    path.write_bytes(mbox([Letter(TWO, "Status: RO\nX-Keywords: later\n"), Letter(THREE, "X-Mozilla-Status: 0001\n")]))
    assert names(path) == [second, third]


def test_names_outlast_an_end_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([ONE, TWO])[:-1])
    before = names(path)
    path.write_bytes(mbox([ONE, TWO, THREE]))
    assert names(path)[:2] == before


def test_equal_messages_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([ONE, TWO, ONE, ONE]))
    first, other, second, third = names(path)
    assert len({first, other, second, third}) == 4
    path.write_bytes(mbox([ONE, ONE, TWO]))
    assert names(path) == [first, second, other]


def test_messages_that_differ_in_a_letter_are_not_equal(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one", "a\n"), mail("one", "b\n"), mail("one", "a\n", fields="X: y\n")]))
    assert len(set(names(path))) == 3
    assert not any(" " in each for each in names(path))


def test_the_token_is_another_one_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([ONE, TWO]))
    assert token(path) == "", "so soon behind a change another one could go unseen"
    monkeypatch.setattr("tui_migrate.mail.files.stamps._RECENT", 0)
    before = token(path)
    assert token(path) == before
    seen = path.stat()
    path.write_bytes(mbox([ONE, mail("owt")]))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert path.stat().st_size == seen.st_size
    assert token(path) != before


@pytest.mark.parametrize("change", ["cut short", "written", "replaced", "removed"])
def test_a_file_that_changes_after_it_was_listed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([ONE, TWO, THREE]))
    with closing(MboxArchive(path)) as archive:
        items = archive.contents(b"INBOX").items
        if change == "cut short":
            os.truncate(path, 30)
        elif change == "written":
            with path.open("r+b") as file:
                file.write(b"Frxm")
            os.utime(path, ns=(1, 1))
        elif change == "removed":
            path.unlink()
        else:
            other = tmp_path / "other"
            other.write_bytes(mbox([TWO, THREE]))
            other.replace(path)
        with pytest.raises(FileChanged):
            archive.read(b"INBOX", items[2], None)
        if change == "replaced":
            assert len(archive.contents(b"INBOX").items) == 2


def test_a_file_that_is_cut_short_while_a_message_is_read(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([ONE, TWO, THREE]))
    with closing(MboxArchive(path)) as archive:
        items = archive.contents(b"INBOX").items
        archive.read(b"INBOX", items[0], None)
        os.truncate(path, 30)
        with pytest.raises(FileChanged):
            archive.read(b"INBOX", items[1], None)
