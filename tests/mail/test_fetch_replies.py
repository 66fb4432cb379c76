"""FETCH replies, as servers send them and as the grammar lets them: nothing is missed, nothing is mistaken."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.imap.fetch import Fetched, Part, parse_fetch, parse_list
from tui_migrate.mail.imap.wire import Wire
from tui_migrate.mail.message import Content
from tui_migrate.mail.stream import Stream

DATE = b" 7-Jul-1996 02:44:25 -0700"


def parsed(*parts: Part) -> tuple[int | None, bytes | None, bytes | None, int | None, bytes | None]:
    """Everything that a reply said, the body as octets."""
    fetched: Fetched = parse_fetch(list(parts))
    body = None if fetched.body is None else b"".join(fetched.body.chunks())
    return fetched.uid, fetched.flags, fetched.date, fetched.size, body


METADATA = [
    b'* 3 FETCH (UID 7 FLAGS (\\Seen $Label1) INTERNALDATE "%s" RFC822.SIZE 42)\r\n' % DATE,
    b'* 3 FETCH (RFC822.SIZE 42 INTERNALDATE "%s" FLAGS (\\Seen $Label1) UID 7)\r\n' % DATE,
    b'* 3 FETCH (FLAGS (\\Seen $Label1) UID 7 RFC822.SIZE 42 INTERNALDATE "%s" MODSEQ (12))\r\n' % DATE,
    b'* 3 fetch (uid 7 flags (\\Seen $Label1) internaldate "%s" rfc822.size 42)\r\n' % DATE,
    b'* 3 FETCH (UID 7 FLAGS (\\Seen $Label1) INTERNALDATE "%s" RFC822.SIZE 42)\n' % DATE,
    b'* 3 FETCH (MODSEQ (12) UID 7 X-GM-MSGID 99 FLAGS (\\Seen $Label1) INTERNALDATE "%s" RFC822.SIZE 42)\r\n' % DATE,
]


@pytest.mark.parametrize("line", METADATA)
def test_a_listing_in_any_order_and_case(line: bytes) -> None:
    assert parsed(line) == (7, b"\\Seen $Label1", DATE, 42, None)


@pytest.mark.parametrize(
    "flags", [b"", b"(paren", b"a)b", b"a]b [c", b'quo"te', b"NIL 2024", b"{3+}", b"UID SIZE", b"caf\xc3\xa9", b"\\*"]
)
def test_flags_that_no_grammar_allows_hide_no_message(flags: bytes) -> None:
    line = b'* 3 FETCH (UID 7 FLAGS (%s) INTERNALDATE "%s" RFC822.SIZE 42)\r\n' % (flags, DATE)
    assert parsed(line) == (7, flags, DATE, 42, None)
    assert parsed(b"* 3 FETCH (UID 7 RFC822.SIZE 42 FLAGS (%s))\r\n" % flags) == (7, flags, None, 42, None)


def test_an_unsolicited_flag_change_names_no_uid() -> None:
    assert parsed(b"* 7 FETCH (FLAGS (\\Seen))\r\n") == (None, b"\\Seen", None, None, None)


@pytest.mark.parametrize(
    "parts",
    [
        (b"* 3 FETCH (UID 7 BODY[] {3}\r\n", b"a)\r", b")\r\n"),
        (b"* 3 FETCH (BODY[] {3}\r\n", b"a)\r", b" UID 7)\r\n"),
        (b"* 3 FETCH (UID 7 BODY[] ~{3}\r\n", b"a)\r", b")\r\n"),
        (b"* 3 FETCH (UID 7 RFC822 {3}\r\n", b"a)\r", b")\r\n"),
        (b"* 3 FETCH (UID 7 BODY[] {3}\r\n", b"a)\r", b" MODSEQ (5))\r\n"),
        (b"* 3 fetch (uid 7 body[] {3}\r\n", b"a)\r", b")\r\n"),
        (b'* 3 FETCH (UID 7 BODY[] "a)\r")\r\n',),
    ],
)
def test_a_body_wherever_its_uid_stands(parts: tuple[bytes, ...]) -> None:
    made: list[Part] = [Content.of(part) if number % 2 else part for number, part in enumerate(parts)]
    uid, _, _, _, body = parsed(*made)
    assert (uid, body) == (7, b"a)\r")


class Narrow:
    """Lets so many octets through at a time."""

    def __init__(self, most: int) -> None:
        self._most = most

    def piece(self, most: int) -> int:
        return min(self._most, most)

    def passed(self, octets: int) -> None:
        """Nobody counts them."""

    def spared(self, octets: int) -> None:
        """Nobody counts those either."""

    def release(self) -> None:
        """Nothing is held up."""


@pytest.mark.parametrize("most", [1, 7, 100, 1 << 20])
def test_replies_say_the_same_in_whatever_pieces_they_come(most: int) -> None:
    bodies = [b"* 3 FETCH (UID 7 BODY[] {%d}\r\n%b)\r\n" % (len(body), body) for body in (b"a)\r\n", b"", METADATA[0])]
    behind = [
        b"\r\n* 3 FETCH (BODY[] {2}\r\nhi UID 7)\r\n",
        b"* 3 FETCH (UID 7 FLAGS (a\rb))\r\n",
        METADATA[0][:-2] + b"\n",
    ]
    replies = [*METADATA, *bodies, *behind, METADATA[0]]
    near, far = socket.socketpair()
    with closing(near), closing(far):
        far.sendall(b"".join(replies))
        stream = Stream(near, "peer")
        stream.inward = Narrow(most)
        wire = Wire(stream)
        came = [wire.next() for _ in replies]
    said = [each for each in came if isinstance(each, Fetched)]
    octets = [b"".join(each.body.chunks()) for each in said if each.body is not None]
    assert {(each.uid, each.number) for each in said} == {(7, 3)}
    assert octets == [b"a)\r\n", b"", METADATA[0], b"hi"]
    assert [each.size for each in said if each.body is None] == [*[42] * 6, None, 42, 42]
    assert {each.flags for each in said} == {b"\\Seen $Label1", b"a\rb", None}


def test_flags_behind_the_body_are_read() -> None:
    flags = rb"\Seen [x] a]b {3+}"
    parts = (b"* 3 FETCH (UID 7 BODY[] {2}\r\n", Content.of(b"hi"), b" FLAGS (%s))\r\n" % flags)
    assert parsed(*parts) == (7, flags, None, None, b"hi")


def test_a_quoted_body_keeps_its_quotes_and_backslashes() -> None:
    assert parsed(b'* 1 FETCH (UID 1 BODY[] "a \\"b\\" \\\\ NIL")\r\n')[4] == b'a "b" \\ NIL'
    assert parsed(b'* 1 FETCH (UID 1 BODY[] "")\r\n')[4] == b""


@pytest.mark.parametrize("name", [b"BODY[]", b"BODY[HEADER]", b"RFC822"])
def test_nil_is_no_body(name: bytes) -> None:
    """QQ and others answer so for what they cannot hand out: it must never be stored as an empty message."""
    assert parsed(b"* 1 FETCH (UID 1 %s NIL)\r\n" % name) == (1, None, None, None, None)


def test_only_the_whole_message_is_a_body() -> None:
    section = b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (X-TUID DATE)] {2}\r\n"
    assert parsed(section, Content.of(b"\r\n"), b")\r\n")[4] is None
    assert parsed(b"* 1 FETCH (UID 1 BODY[TEXT]<0> {2}\r\n", Content.of(b"hi"), b" RFC822.SIZE -1)\r\n")[4] is None


@pytest.mark.parametrize(
    "parts",
    [
        (b"* 1 FETCH (UID 1 BODY[] {2}\r\n", Content.of(b"hi"), b"\r\n"),
        (b"* 1 FETCH (UID 1 BODY[] {2}\r\n", Content.of(b"hi"), b'"))\r\n'),
    ],
)
def test_an_unreadable_reply_is_said_to_be_one(parts: tuple[Part, ...]) -> None:
    with pytest.raises(ProtocolViolation) as raised:
        parse_fetch(list(parts))
    assert "hi" not in raised.value.server_words, "mail does not belong into a log"


def test_tokens_of_a_list() -> None:
    line = b'* LIST (\\A \\B) NIL "a\\"b" [Gmail] {3}\r\n'
    name = Content.of(b"x y")
    assert parse_list([line, name, b" (k (v))\r\n"]) == [
        b"*", b"LIST", [b"\\A", b"\\B"], None, b'a"b', b"[Gmail]", name, [b"k", [b"v"]],
    ]  # fmt: skip
