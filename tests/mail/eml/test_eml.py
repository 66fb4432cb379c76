"""Messages as files of their own: what of a file is the message, and what it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.eml import found_in, left_out, mail, write_tree
from tui_migrate.mail.message import SPOOL_ABOVE

MAIL = mail("one", "Hello\r\n\r\nFrom here\r\n")
LF = MAIL.replace(b"\r\n", b"\n")
CR = MAIL.replace(b"\r\n", b"\r")
BOM = b"\xef\xbb\xbf"
SEPARATOR = b"From a@example.org Mon Mar  2 10:00:00 2020"
MIXED = MAIL.replace(b"Hello\r\n", b"Hello\n\r") + b"\n\n"


def only(folder: Path, file: bytes) -> tuple[bytes, frozenset[str]]:
    """Octets and flags of a message that is this file."""
    (found,) = found_in(write_tree(folder, {"1.eml": file}), folder)
    assert found.instant is None
    return found.octets, found.flags


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (MAIL, MAIL),
        (LF, MAIL),
        (CR, MAIL),
        (MIXED, MIXED),
        (BOM + MAIL, MAIL),
        (BOM + LF, MAIL),
        (SEPARATOR + b"\n" + LF, MAIL),
        (SEPARATOR + b"\r\n" + MAIL, MAIL),
        (b"\n\n" + LF, MAIL),
        (b"Subject: no end", b"Subject: no end"),
        (b"Subject: no body\n", b"Subject: no body\r\n"),
        (b"odd line\nSubject: two\n\nx", b"odd line\r\nSubject: two\r\n\r\nx"),
    ],
)
def test_the_message_in_a_file(tmp_path: Path, file: bytes, message: bytes) -> None:
    assert only(tmp_path, file)[0] == message


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("before", [b"", BOM, SEPARATOR + b"\n"])
def test_a_large_message_in_a_file(tmp_path: Path, line_end: bytes, before: bytes) -> None:
    line = b"x" * 63 + b"\r\n"
    message = mail("large") + line * (SPOOL_ABOVE // len(line) + 5000)
    file = before.replace(b"\n", line_end) + message.replace(b"\r\n", line_end)
    assert only(tmp_path, file)[0] == message


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (b"", {"\\Seen"}),
        (b"X-Unsent: 1\n", {"\\Seen", "\\Draft"}),
        (b"X-Unsent: 0\n", {"\\Seen"}),
        (b"Status: RO\n", {"\\Seen"}),
        (b"Status: O\n", set()),
        (b"status: RO\r\nX-Status: AF\r\n", {"\\Seen", "\\Answered", "\\Flagged"}),
        (b"X-Mozilla-Status: 0000\n", set()),
        (b"X-Mozilla-Status: 1007\n", {"\\Seen", "\\Answered", "\\Flagged", "$Forwarded"}),
        (b"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 10000000\nX-Unsent: 1\n", {"\\Seen", "\\Draft"}),
        (b"Status: resolved\n", {"\\Seen"}),
        (b"X-Mozilla-Status: x\n", {"\\Seen"}),
        (b"Received: " + b"x" * 40_000 + b"\nStatus: O\n", set()),
    ],
)
def test_flags_are_what_the_header_tells_else_it_is_read(tmp_path: Path, header: bytes, flags: set[str]) -> None:
    assert only(tmp_path, header + b"Subject: x\n\nStatus: O\nX-Unsent: 1\n")[1] == flags


def test_a_file_without_a_header_is_no_mail(tmp_path: Path) -> None:
    files = (b"", b"\0" * 5000, b"\n\nhello\n", b"From nobody\n\nx: y", b"just text", BOM, b"\xff\xfeS\0u\0b\0")
    write_tree(tmp_path, {f"{number}.eml": each for number, each in enumerate(files)})
    assert left_out(tmp_path) == {"INBOX": {"no mail": len(files)}}
