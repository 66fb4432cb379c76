"""A message comes through POP octet by octet, however it is cut into pieces on the way."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.servers.pop.session import stuffed
from tui_migrate.errors import Disconnected, ProtocolViolation, StoreUnusable
from tui_migrate.mail.message import SPOOL_ABOVE
from tui_migrate.mail.pop.wire import PopWire
from tui_migrate.mail.stream import Stream

BODIES = st.lists(
    st.sampled_from([b"\r\n", b"\n", b"\r", b".", b"..", b"\n.\n", b"\r\n.\n", b"\r\n.\r", b".\r", b"a", b"text "])
).map(b"".join)


class Pieces(Stream):
    """A stream that gives what is given to it, cut into pieces of this many octets."""

    def __init__(self, data: bytes, size: int) -> None:
        with socket.socket() as nothing:
            super().__init__(nothing, "server")
        self._pieces = (data[start : start + size] for start in range(0, len(data), size))

    def _receive(self, size: int, *, amid: bool = False) -> bytes:
        piece = next(self._pieces, b"")
        if not piece:
            raise Disconnected("server closed the connection.")
        return piece


def octets(wire: PopWire) -> bytes:
    assert wire.reply().ok
    with closing(wire.message()) as content:
        data = b"".join(content.chunks())
        assert len(data) == content.length
        return data


def ended(message: bytes) -> bytes:
    """RFC 1939 has no way to send a message whose last line does not end."""
    return message if message.endswith(b"\r\n") or not message else message + b"\r\n"


@given(st.lists(BODIES, min_size=1, max_size=4), st.integers(1, 40))
@example([b"", b"\r\n", b".", b".\r\n", b"..\r\n.\r\n..\r\n"], 1)
@example([b"a\n.\nb\r\n", b"\n.\n", b".\n", b"a\r\n.\n.\r\n"], 2)
@example([b"a\r\r\n.\r\r\n", b"\r"], 3)
def test_messages_are_what_was_sent(messages: list[bytes], size: int) -> None:
    sent = b"".join(b"+OK here\r\n" + stuffed(message) for message in messages)
    wire = PopWire(Pieces(sent + b"-ERR the next reply\r\n", size))
    assert [octets(wire) for _ in messages] == [ended(message) for message in messages]
    assert wire.reply().words == "-ERR the next reply"


def test_dots_that_a_careless_server_has_not_doubled_are_kept() -> None:
    wire = PopWire(Pieces(b"+OK\r\n.hidden\r\n.profile\r\n.\r\n", 4))
    assert octets(wire) == b".hidden\r\n.profile\r\n"


@pytest.mark.parametrize("size", [1 << 18, 4093])
def test_a_line_of_five_megabytes_goes_through_a_file(tmp_path: Path, size: int) -> None:
    line = os.urandom(5 << 20).replace(b"\n", b"").replace(b"\r", b"")
    wire = PopWire(Pieces(b"+OK\r\n" + stuffed(b"." + line), size), tmp_path)
    assert wire.reply().ok
    with closing(wire.message()) as content:
        assert content.weight < content.length
        assert b"".join(content.chunks()) == b"." + line + b"\r\n"
        assert content.head() == (b"." + line)[:SPOOL_ABOVE]
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_told_of(tmp_path: Path) -> None:
    wire = PopWire(Pieces(b"+OK\r\n" + stuffed(bytes(2 << 20)), 1 << 18), tmp_path / "absent")
    assert wire.reply().ok
    with pytest.raises(StoreUnusable, match=r"cannot be kept in .*absent: No such file"):
        wire.message()


@pytest.mark.parametrize("rest", [b"half a mess", b"all but the end\r\n", b"all but the end\r\n.\r", b""])
def test_a_message_that_breaks_off_is_none(rest: bytes) -> None:
    wire = PopWire(Pieces(b"+OK\r\n" + rest, 3))
    assert wire.reply().ok
    with pytest.raises(Disconnected):
        wire.message()


@pytest.mark.parametrize("line", [b"* OK IMAP4rev1 ready\r\n", b"+OKAY\r\n", b"220 smtp\r\n", b"\r\n", b"+OK bare\n"])
def test_what_is_no_pop_is_told_of(line: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        PopWire(Pieces(line, 100)).reply()


@pytest.fixture(params=[1, 7, 1000])
def listing(request: pytest.FixtureRequest) -> PopWire:
    return PopWire(Pieces(b"+ok 2 messages\r\n1 a\r\n2 ..b\r\n..c\r\n.\r\n-err [SYS/TEMP] later\r\n", request.param))


def test_lines_and_codes(listing: PopWire) -> None:
    assert listing.reply().ok
    assert list(listing.lines()) == [b"1 a", b"2 ..b", b".c"]
    refused = listing.reply()
    assert (refused.ok, refused.code, refused.words) == (False, "SYS/TEMP", "-err [SYS/TEMP] later")
