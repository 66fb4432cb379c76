"""What the judge of the matrix takes for one message, and for two."""

from __future__ import annotations

import pytest

from tests.matrix.compare import compare
from tests.matrix.reader import INBOX, Mailbox, Message


def holding(octets: bytes) -> Mailbox:
    """An inbox with this one message."""
    return Mailbox({INBOX: [Message(octets, frozenset(), 1)]}, frozenset(), prefixed=False)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b"Subject: a\r\n\r\ntext\r\n", b"Subject: a\r\nX-UID: 2\r\n\r\ntext\r\n\r\n"),
        (b"Subject: header alone\r", b"Subject: header alone\r\r\nX-UID: 2\r\n\r\n\r\n"),
        (b"Subject: a\r\r\n\r\r\ntext\r\r\n", b"Subject: a\r\nX-UID: 2\r\n\r\ntext\r\n"),
        (b"Subject: a\n\ntext", b"Subject: a\r\n\r\ntext\r\n"),
    ],
    ids=["a field", "a field behind a CR", "CR CR LF", "line ends"],
)
def test_a_message_that_a_server_has_rewritten_is_one(sent: bytes, stored: bytes) -> None:
    found = compare(holding(sent), holding(stored), {INBOX: INBOX})[INBOX]
    assert (found.octets, found.missing, found.extra) == ([(sent, stored)], [], [])


def test_another_text_below_the_same_header_is_another_message() -> None:
    one, other = holding(b"Subject: a\r\n\r\ntext"), holding(b"Subject: a\r\n\r\nX-UID: 2")
    found = compare(one, other, {INBOX: INBOX})[INBOX]
    assert (found.missing, found.extra) == (one.folders[INBOX], other.folders[INBOX])
