"""Rows of LIST and STATUS as servers write them: one meaning is taken, of two neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.rows import ListRow, ListRows, read_rows, read_status
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content


def reply(*parts: bytes | Content) -> Reply:
    return Reply(b"*", "", "", b"", [*parts])


def rows(*parts: bytes | Content, kind: bytes = b"LIST") -> ListRows:
    return read_rows([reply(*parts)], kind)


@pytest.mark.parametrize(
    ("line", "name", "delimiter"),
    [
        (b'* LIST (\\HasNoChildren) "/" INBOX/Da\tOggetto\tRicevuto', b"INBOX/Da\tOggetto\tRicevuto", "/"),
        (b'* LIST () "/" Deleted Items', b"Deleted Items", "/"),
        (b'* LIST () "/" Deleted Items \t', b"Deleted Items", "/"),
        (b'* LIST () "/" Projects (old)', b"Projects (old)", "/"),
        (b'* LIST () "/" say "hi" ', b'say "hi"', "/"),
        (b'* LIST () "/" C:\\temp', b"C:\\temp", "/"),
        (b'* LIST () "/" a ("OLDNAME" ("b"))', b"a", "/"),
        (b'* LIST () "/" "a" ("OLDNAME" ("b c"))', b"a", "/"),
        (b'* LIST () "/" "ab"cd"', b'ab"cd', "/"),
        (b'* LIST () "/" "ab"cd"  ', b'ab"cd', "/"),
        (b'* LIST () "/" "ab" (cd"', b'ab" (cd', "/"),
        (b'* LIST () "/" ""ab""', b'"ab"', "/"),
        (b'* LIST () "\\" "a\\b"', b"a\\b", "\\"),
        (b'* LIST () "\\" "a\\"', b"a\\", "\\"),
        (b'* LIST () "\\\\" "a\\\\b"', b"a\\b", "\\"),
        (b'* LIST () "/" "q\\"t"', b'q"t', "/"),
        (b'* LIST () "" "flat.name"', b"flat.name", ""),
        (b'* LIST () "NIL" flat', b"flat", ""),
        (b"* LIST () . a.b", b"a.b", "."),
        (b'*  LIST  ()  "/"  "a"', b"a", "/"),
        (b'* LIST "/" "a"', b"a", "/"),
        (b'* LIST NIL "/" "a"', b"a", "/"),
        (b'* XLIST (\\Inbox) "/" "a"', b"a", "/"),
        (b'* LIST (\\HasNoChildren)) "/" "a"', b"a", "/"),
    ],
)
def test_the_one_meaning_of_a_row_is_taken(line: bytes, name: bytes, delimiter: str) -> None:
    found = rows(line + b"\r\n")
    assert [(row.name, row.delimiter) for row in found.rows] == [(name, delimiter)]
    assert found.unreadable == ()


@pytest.mark.parametrize(
    "line",
    [
        b'* LIST () "/" "ab\\"cd"ef"',  # one quote is escaped and one is not
        b'* LIST () "/" "a\\\\b"c"',
        b'* LIST () "/" "ab" cd',
        b'* LIST () "/" "a" (b") (c)',
        b'* LIST () "/" "open',
        b'* LIST () "/" ""',
        b'* LIST () "/"',
        b"* LIST (\\HasNoChildren",
        b'* LIST () "/" "' + b"x" * 5000 + b'"',
    ],
)
def test_of_two_meanings_or_none_the_row_is_named(line: bytes) -> None:
    found = rows(line + b"\r\n")
    assert found.rows == ()
    assert found.unreadable == (line.decode()[:500],)


def test_the_answer_about_the_delimiter_is_no_folder() -> None:
    assert rows(b'* LIST (\\Noselect) "/" ""\r\n') == ListRows((), ())


def test_a_literal_holds_anything() -> None:
    name = b'x"\r\n\xff (y) '
    assert rows(b'* LIST () "/" {9}\r\n', Content.of(name), b"\r\n").rows == (ListRow(name, frozenset(), "/"),)
    assert rows(b'* LIST () "/" {9}\r\n', Content.of(name), b' ("OLDNAME" ("z"))\r\n').rows[0].name == name


def test_attributes_are_read_in_any_shape() -> None:
    (row,) = rows(b'* LIST (\\SENT  "\\\\Marked" \\XYZ) "/" a\r\n').rows
    assert row.attributes == {b"\\sent", b"\\marked", b"\\xyz"}
    assert row.selectable
    assert not rows(b'* LIST (\\NoSelect) "/" a\r\n').rows[0].selectable


def test_rows_of_the_other_kind_are_passed_over() -> None:
    assert rows(b'* LSUB () "/" a\r\n') == ListRows((), ())
    assert [row.name for row in rows(b'* LSUB () "/" a b\r\n', kind=b"LSUB").rows] == [b"a b"]


def test_a_name_beyond_all_bounds_is_named_and_not_read() -> None:
    assert rows(b'* LIST () "/" {9000}\r\n', Content.of(b"x" * 9000), b"\r\n") == ListRows(
        (), ('* LIST () "/" {9000}\r\n<literal>',)
    )
    assert read_status(reply(b"* STATUS " + b"(" * 60_000 + b"\r\n")) is None


@given(st.binary(min_size=1, max_size=200))
def test_every_name_that_is_quoted_well_is_read(name: bytes) -> None:
    if set(name) & set(b"\r\n\0"):
        return
    assert [row.name for row in rows(b'* LIST () "/" ' + quote(name) + b"\r\n").rows] == [name]


@given(st.binary(max_size=60))
def test_nothing_is_dropped_in_silence(rest: bytes) -> None:
    found = rows(b"* LIST " + rest.replace(b"\n", b"") + b"\r\n")
    assert len(found.rows) + len(found.unreadable) == 1 or (b"noselect" in rest.lower() or b"nonexist" in rest.lower())


NUMBERS = FolderStatus(2, 5, 77)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"* STATUS Deleted Items (MESSAGES 2 UIDNEXT 5 UIDVALIDITY 77)", b"Deleted Items"),
        (b'* STATUS "ab"cd" (MESSAGES 2 UIDNEXT 5 UIDVALIDITY 77)', b'ab"cd'),
        (b'* STATUS "a\\b" (MESSAGES 2 UIDNEXT 5 UIDVALIDITY 77)', b"a\\b"),
        (b"* STATUS Projects (old) (MESSAGES 2 UIDNEXT 5 UIDVALIDITY 77) ", b"Projects (old)"),
        (b"* status x  (messages 2 uidnext 5 uidvalidity 77 mailboxid (F1))", b"x"),
    ],
)
def test_the_name_in_a_status_is_read_like_one_in_a_list(line: bytes, name: bytes) -> None:
    assert read_status(reply(line + b"\r\n")) == (name, NUMBERS)


def test_a_status_with_a_literal() -> None:
    last = b" (MESSAGES 2 UIDNEXT 5 UIDVALIDITY 77)\r\n"
    assert read_status(reply(b"* STATUS {3}\r\n", Content.of(b"a b"), last)) == (b"a b", NUMBERS)


@pytest.mark.parametrize(
    "items",
    [
        b"MESSAGES 2 UIDNEXT 5",
        b"MESSAGES 2 UIDVALIDITY 18446744073709551615",
        b"MESSAGES " + b"9" * 6000 + b" UIDVALIDITY 7",
    ],
)
def test_numbers_that_cannot_be_kept_are_not_told(items: bytes) -> None:
    assert read_status(reply(b"* STATUS a (" + items + b")\r\n")) is None


def test_a_modseq_beyond_all_bounds_is_none() -> None:
    found = read_status(reply(b"* STATUS a (MESSAGES 2 UIDVALIDITY 7 HIGHESTMODSEQ 18446744073709551615)\r\n"))
    assert found == (b"a", FolderStatus(2, None, 7))
