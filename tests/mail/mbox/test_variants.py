"""The variants of mbox: what is taken for a message, what is given back, and what an admin is told about it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files.mbox import Letter, Quoting, expected, mail, mbox, messages, separator
from tui_migrate.mail.mbox.archive import MboxArchive

LINES = "From the start.\n>From a reply\n>>From deeper\n\nFrom here on\nFrom: me\n\nFrom 2019 to 2020\nend\n"
LETTERS = [mail("one", LINES), mail("two", "From nobody\n"), mail("three")]
WORDS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=60)
LIKE_A_SEPARATOR = mail(
    "log", "A copy:\n\nFrom bob@old.example Mon Jan  6 10:00:00 2020\nSubject: not a message\n\nx\n"
)


def variant(path: Path) -> str:
    with closing(MboxArchive(path)) as archive:
        return next((text for _, text in archive.remarks()), "")


@pytest.mark.parametrize("quoting", [Quoting.MBOXRD, Quoting.MBOXCL2, Quoting.NONE])
def test_what_can_be_given_back_to_the_byte_is(tmp_path: Path, quoting: Quoting) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox(LETTERS, quoting))
    assert messages(path) == expected(LETTERS)


@given(
    bodies=st.lists(
        st.lists(st.sampled_from(["", "From me", ">From you", separator(), "Subject: no", "a: b"]) | WORDS), max_size=4
    )
)
@pytest.mark.parametrize("quoting", [Quoting.MBOXRD, Quoting.MBOXCL2])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_makes_another_message(tmp_path: Path, quoting: Quoting, bodies: list[list[str]]) -> None:
    letters = [LETTERS[0], *(mail("x", "".join(f"{line}\n" for line in lines)) for lines in bodies)]
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters, quoting))
    assert messages(path) == expected(letters)


@pytest.mark.parametrize("quoting", [Quoting.MBOXO, Quoting.MBOXCL])
def test_lines_that_may_have_been_quoted_stay_as_they_are(tmp_path: Path, quoting: Quoting) -> None:
    letters = [mail("one", "From me\n>From you\n\nFrom us\n"), mail("two")]
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters, quoting))
    assert messages(path) == expected([mail("one", ">From me\n>From you\n\n>From us\n"), mail("two")])


def test_content_length_holds_what_else_would_be_two_messages(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([LIKE_A_SEPARATOR, mail("two")], Quoting.MBOXCL2))
    assert messages(path) == expected([LIKE_A_SEPARATOR, mail("two")])


@pytest.mark.parametrize("length", ["3", "0", "99999999", "-1", "x", "9" * 400])
def test_a_content_length_at_whose_end_nothing_ends_is_not_believed(tmp_path: Path, length: str) -> None:
    letters: list[Letter | bytes] = [Letter(mail("one"), f"Content-Length: {length}\n"), mail("two")]
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters))
    assert messages(path) == expected([mail("one"), mail("two")])


def test_a_content_length_of_the_next_message_is_not_believed_of_one_that_was_cut_off(tmp_path: Path) -> None:
    line = b"From - Mon Jan 06 10:00:00 2020\n"
    whole = mbox([Letter(mail("two"), separator=line.decode().rstrip())], Quoting.MBOXCL2)
    path = tmp_path / "anna"
    path.write_bytes(line + b"Subject: torn\n" + whole)
    assert messages(path) == expected([b"Subject: torn\n", mail("two")])


@pytest.mark.parametrize(
    ("letters", "quoting", "told"),
    [
        ([mail("a", "From me\n")], Quoting.MBOXO, "mboxo:"),
        (LETTERS, Quoting.MBOXRD, "mboxrd:"),
        ([mail("a", "From me\n")], Quoting.MBOXCL, "mboxcl:"),
        ([mail("a", "From me\n")], Quoting.MBOXCL2, "mboxcl2:"),
        ([mail("a")], Quoting.MBOXCL2, "mboxcl or mboxcl2:"),
        ([mail("a", "From me\n")], Quoting.NONE, "no quoting:"),
        ([mail("a")], Quoting.NONE, ""),
    ],
)
def test_the_variant_is_said(tmp_path: Path, letters: list[bytes], quoting: Quoting, told: str) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters, quoting))
    assert variant(path).startswith(told)
    assert bool(variant(path)) == bool(told)


def test_line_ends_become_those_of_mail(tmp_path: Path) -> None:
    letters = [mail("one", "a\nb\n"), mail("two")]
    for name, data in (("lf", mbox(letters)), ("crlf", mbox(letters).replace(b"\n", b"\r\n"))):
        (tmp_path / name).write_bytes(data)
        assert messages(tmp_path / name) == expected(letters)


def test_separators_with_crlf_over_mail_with_lf(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one"), mail("two")]).replace(b"2020\n", b"2020\r\n"))
    assert messages(path) == expected([mail("one"), mail("two")])


def test_a_carriage_return_within_a_line_stays(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one", "a\rb\r\r\nc\n")]))
    assert messages(path) == expected([mail("one", "a\rb\r\r\nc\n")])


def test_empty_lines_at_the_end_of_a_message_are_its_own_but_for_one(tmp_path: Path) -> None:
    letters = [mail("one", "a\n\n\n"), mail("two", "\n"), mail("three", "a\n\n")]
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters))
    assert messages(path) == expected(letters)


def test_a_message_without_a_body_keeps_the_line_that_ends_its_header(tmp_path: Path) -> None:
    letters = [mail("one", ""), mail("two", "")]
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters).replace(b"\n\n\nFrom", b"\n\nFrom"))
    assert messages(path) == expected(letters)


def test_a_file_that_was_cut_off_has_the_messages_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one"), mail("two")])[:-10])
    assert messages(path) == expected([mail("one"), mail("two")[:-9]])


def test_an_empty_file_is_an_empty_inbox(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.touch()
    with closing(MboxArchive(path)) as archive:
        assert [each.path for each in archive.folders()] == [("INBOX",)]
        assert len(archive.contents(b"INBOX").items) == 0


def test_what_stands_before_the_first_separator_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(b"torn\n\n" + mbox([mail("one")]))
    with closing(MboxArchive(path)) as archive:
        inside = archive.contents(b"INBOX")
        assert (len(inside.items), inside.missing) == (1, 1)
        assert inside.damage is not None
        assert "separator" in inside.damage.sentence


def test_a_mark_of_byte_order_and_empty_lines_may_stand_first(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(b"\xef\xbb\xbf\r\n\n" + mbox([mail("one")]))
    assert messages(path) == expected([mail("one")])
