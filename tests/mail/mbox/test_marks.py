"""What programs write into a header is read, and is no part of the mail."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.files.mbox import Letter, expected, mail, mbox, messages, read_back
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.mbox.archive import MboxArchive


@pytest.mark.parametrize(
    ("stored", "flags"),
    [
        ("", set()),
        ("Status: RO\n", {"\\Seen"}),
        ("Status: O\n", set()),
        ("Status: R\nX-Status: AFDT\n", {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"}),
        ("X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n", {"\\Seen"}),
        ("X-Mozilla-Status: 0007\n", {"\\Seen", "\\Answered", "\\Flagged"}),
        ("X-Mozilla-Status: 1001\n", {"\\Seen", "$Forwarded"}),
        ("X-Mozilla-Status: zz\n", set()),
        ("X-Mozilla-Keys: $label1 NonJunk                    \n", {"$label1", "NonJunk"}),
        ("X-Keywords: later (soon) 50%\n\tmore\n", {"later", "_soon_", "50_", "more"}),
        ("STATUS: RO\nX-UID: 17\nX-IMAPbase: 1 17 later\nContent-Length: 5\n", {"\\Seen"}),
    ],
)
def test_fields_of_the_store(tmp_path: Path, stored: str, flags: set[str]) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([Letter(mail("one"), stored)]))
    (item,) = read_back(path)
    assert item.flags == flags
    assert {item.content: 1} == expected([mail("one")])


@pytest.mark.parametrize(
    "field", ["Status: resolved, closed\n", "X-Statusline: x\n", "X-Gmail-Labels: Inbox\n", "X-Mozilla-News-Host: x\n"]
)
def test_fields_of_the_sender(tmp_path: Path, field: str) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one", fields=field)]))
    assert messages(path) == expected([mail("one", fields=field)])


def test_fields_in_the_body_are_text(tmp_path: Path) -> None:
    letter = mail("one", "Status: RO\nX-UID: 1\n\nX-Mozilla-Status: 0008\n")
    path = tmp_path / "anna"
    path.write_bytes(mbox([letter]))
    assert messages(path) == expected([letter])


def test_what_thunderbird_has_expunged_stays_behind(tmp_path: Path) -> None:
    letters = [Letter(mail("gone"), "X-Mozilla-Status: 0009\n"), Letter(mail("here"), "X-Mozilla-Status: 0001\n")]
    path = tmp_path / "Inbox"
    path.write_bytes(mbox(letters))
    assert messages(path) == expected([mail("here")])
    with closing(MboxArchive(path)) as archive:
        (left_out,) = archive.contents(b"INBOX").excluded
        assert left_out == LeftOut("expunged", 1, len(mail("gone")) + len("X-Mozilla-Status: 0009\n"))


def test_the_note_of_a_program_to_itself_stays_behind(tmp_path: Path) -> None:
    subject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
    letters: list[Letter | bytes] = [
        Letter(mail(subject), "X-IMAP: 1577880000 0000000003\nStatus: RO\n"),
        mail("one"),
        mail(subject),
    ]
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters))
    assert messages(path) == expected([mail("one"), mail(subject)])
