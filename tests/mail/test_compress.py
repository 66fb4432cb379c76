"""Connections that are compressed (RFC 4978): when they are, that nothing else is different, and what a peer may do to
them."""

from __future__ import annotations

import logging
import socket
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.reading import folder, read
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.loopback_server import Stall
from tests.servers.mailbox import Mailbox
from tests.servers.scripted import Rule
from tests.support.append_server import batch, message
from tui_migrate.errors import Disconnected, ProtocolViolation, Stalled
from tui_migrate.mail import deflate
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.deflate import Deflate, pays
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.traced import ImapRules
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.line import Line
from tui_migrate.mail.protocols import NewFolder, Read, Stored
from tui_migrate.mail.stream import Stream
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import ImapServer, Login, Secret, Security
from tui_migrate.model.kinds.imap import Compress
from tui_migrate.timing import USUAL

OFFERED = f"{MODERN} COMPRESS=DEFLATE"
SLOW, FAST = 1e5, 1e9
"""Octets a second."""


def raw(octets: bytes) -> bytes:
    """Deflated, up to a point at which all can be read."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(octets) + deflater.flush(zlib.Z_SYNC_FLUSH)


def line(rate: float) -> Line:
    """One on which this was seen."""
    seen = Line()
    seen.came(int(rate * 10), 10.0)
    return seen


def lessons(rate: float | None = None) -> Lessons:
    """Of a server with such a line."""
    made = Lessons()
    if rate is not None:
        made.line = line(rate)
    return made


@pytest.fixture
def ends() -> Iterator[tuple[Stream, socket.socket]]:
    """A stream that is compressed from now on, and its peer."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.settimeout(30)
        stream = Stream(ours, "peer")
        stream.compress()
        yield stream, theirs


# The stream


@given(st.lists(st.binary(max_size=3000), max_size=20), st.integers(1, 700))
def test_what_is_deflated_comes_out_again_in_pieces_of_any_size(pieces: list[bytes], most: int) -> None:
    here, there, came = Deflate(), Deflate(), b""
    for number, piece in enumerate(pieces):
        there.take(here.deflate(piece, whole=number == len(pieces) - 1))
        while inflated := there.inflate(most):
            assert len(inflated) <= most
            came += inflated
    assert came == b"".join(pieces)


def test_what_came_behind_the_agreement_in_the_same_read_is_compressed() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        stream = Stream(ours, "peer")
        theirs.sendall(b"T1 OK active\r\n" + raw(b"* 3 EXISTS\r\n"))
        assert stream.readline() == b"T1 OK active\r\n"
        stream.compress()
        assert stream.ready(0)
        assert stream.readline() == b"* 3 EXISTS\r\n"
        stream.write(b"T2 NOOP\r\n")
        assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(theirs.recv(1 << 16)) == b"T2 NOOP\r\n"


def test_nothing_is_ready_where_octets_have_come_that_stand_for_none(ends: tuple[Stream, socket.socket]) -> None:
    """Whoever waits for two connections at once must not be caught by one of them."""
    stream, peer = ends
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    peer.sendall(deflater.flush(zlib.Z_SYNC_FLUSH))
    assert not stream.ready(30)
    peer.sendall(deflater.compress(b"* OK\r\n") + deflater.flush(zlib.Z_SYNC_FLUSH))
    assert stream.ready(30)
    assert stream.readline() == b"* OK\r\n"
    assert not stream.ready(0)


def test_what_fills_a_read_to_its_last_octet_leaves_nothing_behind(ends: tuple[Stream, socket.socket]) -> None:
    stream, peer = ends
    size = 1 << 18
    peer.sendall(raw(b"x" * (size - 1) + b"\n"))
    assert len(stream.readline()) == size
    assert not stream.ready(0)


def test_a_bomb_is_bounded_as_octets_are_that_come_as_they_are(ends: tuple[Stream, socket.socket]) -> None:
    stream, peer = ends
    bomb = Deflate(raw(b"x" * (64 << 20)))
    assert len(bomb.inflate(1000)) == 1000
    peer.sendall(raw(b"x" * (20 << 20)))
    with pytest.raises(ProtocolViolation, match="a line of more than"):
        stream.readline()


def test_a_literal_of_a_bomb_comes_in_pieces(ends: tuple[Stream, socket.socket]) -> None:
    stream, peer = ends
    size = 30 << 20
    peer.sendall(raw(b"x" * size))
    pieces: list[int] = []
    stream.pump(size, lambda piece: pieces.append(len(piece)))
    assert sum(pieces) == size
    assert max(pieces) <= 1 << 18


@pytest.mark.parametrize(
    ("sent", "words", "misunderstood"),
    [
        (b"\xff\xff* BYE what is that?\r\n", "cannot be read", True),
        (zlib.compress(b"with a header\r\n"), "cannot be read", True),
        (raw(b"* OK he")[:-7], "closed the connection", False),
        (raw(b"* OK he"), "closed the connection", False),
        (zlib.compressobj(wbits=-zlib.MAX_WBITS).flush(zlib.Z_FINISH) + b"more", "the stream has ended", True),
    ],
)
def test_a_broken_or_cut_stream_is_the_end_of_the_connection(
    ends: tuple[Stream, socket.socket], sent: bytes, words: str, misunderstood: bool
) -> None:
    stream, peer = ends
    peer.sendall(sent)
    peer.close()
    with pytest.raises(Disconnected, match=words):
        stream.readline()
    assert stream.misunderstood is misunderstood


def test_a_trace_shows_what_was_said_and_not_how_it_went() -> None:
    lines: list[str] = []
    tracer = Tracer()
    tracer.switch(lines.append)
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        stream = Stream(ours, "peer", tracer.gate("old:993", ImapRules))
        stream.write(b"T1 COMPRESS DEFLATE\r\n")
        theirs.sendall(b"T1 OK active\r\n" + raw(b"* 3 EXISTS\r\n"))
        stream.readline()
        stream.compress()
        stream.write(b"T2 NOOP\r\n")
        stream.readline()
    assert [each.removeprefix("[old:993 #1] ") for each in lines[1:]] == [
        "C: T1 COMPRESS DEFLATE",
        "S: T1 OK active",
        "-- compressed from here on (DEFLATE)",
        "C: T2 NOOP",
        "S: * 3 EXISTS",
    ]


class Counting:
    """A valve that adds up."""

    def __init__(self) -> None:
        self.moved = self.more = 0

    def piece(self, most: int) -> int:
        return most

    def passed(self, octets: int) -> None:
        self.moved += octets

    def spared(self, octets: int) -> None:
        self.more += octets

    def release(self) -> None:
        pass


def test_limits_are_told_what_moves_and_what_it_stands_for(ends: tuple[Stream, socket.socket]) -> None:
    stream, peer = ends
    stream.inward, stream.outward = Counting(), Counting()
    text = b"to and fro " * 1000 + b"\n"
    stream.write(text)
    sent = peer.recv(1 << 16)
    peer.sendall(sent)
    assert stream.readline() == text
    for valve in (stream.inward, stream.outward):
        assert (valve.moved, valve.moved + valve.more) == (len(sent), len(text))
    assert (stream.moved, stream.stood_for) == (2 * len(sent), 2 * len(text))


# When


@pytest.mark.parametrize(("line", "deflating", "gains"), [(2e6, 4e7, True), (1e7, 4e7, True), (1.1e7, 4e7, False)])
def test_a_line_gains_that_takes_four_times_as_long_as_deflating(line: float, deflating: float, gains: bool) -> None:
    assert pays(line, deflating) is gains


def test_a_line_is_judged_by_what_was_waited_for() -> None:
    rates = []
    seen = Line()
    for octets, seconds in ((10 << 20, 0.5), (0, 0.5)):
        seen.came(octets, seconds)
        rates.append((seen.inward, seen.outward, seen.slowest))
    seen.went(1 << 20, 1.0)
    rates.append((seen.inward, seen.outward, seen.slowest))
    assert rates == [(None, None, None), (10 << 20, None, 10 << 20), (10 << 20, 1 << 20, 1 << 20)], "half a second"
    for _ in range(100):
        seen.went(9 << 20, 1.0)
    assert (seen.outward or 0) > 8 << 20, "what was long ago counts little"


@contextmanager
def server(*rules: Rule, offered: str = OFFERED) -> Iterator[ImapDouble]:
    mailbox = Mailbox()
    for number in range(40):
        mailbox.folder("INBOX").add(b"Subject: %d\r\n\r\n%s\r\n" % (number, b"text " * 400))
    with ImapDouble(mailbox, rules, capabilities=offered) as running:
        yield running


def at(running: ImapDouble, compress: Compress = Compress.AUTO) -> tuple[ImapServer, Login]:
    (mailbox,) = running.mailboxes.values()
    there = ImapServer(running.host, security=Security.NONE, port=running.port, compress=compress)
    return there, Login(mailbox.user, Secret(mailbox.password))


@pytest.mark.parametrize(
    ("wish", "seen", "compressed"),
    [
        (Compress.AUTO, None, False),
        (Compress.AUTO, FAST, False),
        (Compress.AUTO, SLOW, True),
        (Compress.ON, FAST, True),
        (Compress.OFF, SLOW, False),
    ],
)
def test_it_begins_after_the_login_where_the_line_is_known(
    wish: Compress, seen: float | None, compressed: bool
) -> None:
    with server() as running:
        with closing(Session(*at(running, wish), lessons=lessons(seen))) as session:
            session.ping()
            assert session.wire.stream.compressed is compressed
        assert len(running.said("COMPRESS")) == compressed
        assert running.unexpected == []


def test_what_is_not_offered_is_not_asked_for() -> None:
    with server(offered=MODERN) as running:
        with closing(Session(*at(running, Compress.ON))) as session:
            session.ping()
        assert running.said("COMPRESS") == []


def test_a_server_that_says_no_goes_on_as_it_is() -> None:
    with server(Rule("COMPRESS DEFLATE", b"TAG NO [COMPRESSIONACTIVE] TLS does it\r\n")) as running:
        with closing(Session(*at(running, Compress.ON))) as session:
            session.ping()
            assert not session.should_compress
        assert len(running.said("COMPRESS")) == 1


@pytest.mark.parametrize("answer", [b"TAG OK yes\r\n* BYE what is that?\r\n", b"TAG OK yes\r\n"])
def test_a_server_that_cannot_be_read_then_is_not_asked_again(answer: bytes) -> None:
    with server(Rule("COMPRESS DEFLATE", answer, Stall(Event()))) as running:
        learned = Lessons()
        timing = replace(USUAL, stall=0.2, goodbye=0.1)
        session = Session(*at(running, Compress.ON), lessons=learned, timing=timing)
        with closing(session), pytest.raises((Disconnected, Stalled)):
            session.ping()
        assert learned.knows(Lesson.PLAIN)
        with closing(Session(*at(running, Compress.ON), lessons=learned)) as session:
            session.ping()
        assert len(running.said("COMPRESS")) == 1


def test_a_reader_begins_to_compress_when_its_line_turns_out_to_be_slow() -> None:
    """All that it has asked for is answered first: nothing may be under way."""
    with server() as running:
        known = lessons()
        with closing(open_source(*at(running), lessons=known)) as source:
            found: list[bytes] = []
            for step in source.read([folder("INBOX")], lambda listed: listed.messages):
                if isinstance(step, Read):
                    found.append(b"".join(step.message.content.chunks()))
                known.line = line(SLOW)
        (mailbox,) = running.mailboxes.values()
        assert found == [each.octets for each in mailbox.folder("INBOX").messages]
        assert running.unexpected == []


def test_an_appender_begins_to_compress_when_its_line_turns_out_to_be_slow() -> None:
    with server() as running:
        known = lessons()
        with closing(open_destination(*at(running), lessons=known)) as destination:
            destination.prepare([NewFolder(b"INBOX", "INBOX", create=False, subscribe=False)])
            stored = 0
            for key in range(6):
                sent = replace(batch(*(message(10 * key + n) for n in range(3))), key=key, folder=b"INBOX")
                destination.send(sent)
                known.line.went(int(SLOW * 10), 10.0)
            while destination.in_flight():
                stored += sum(len(each.positions) for each in destination.poll(5) if isinstance(each, Stored))
        (mailbox,) = running.mailboxes.values()
        assert (stored, len(mailbox.folder("INBOX").messages)) == (18, 58)
        assert len(running.said("COMPRESS")) == 1
        assert running.unexpected == []


def test_the_log_says_that_and_what_it_gained(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with server() as running, closing(open_source(*at(running), lessons=lessons(SLOW))) as source:
        read(source, folder("INBOX"))
    assert "compressed from here on; 0.1 MB a second were seen on a connection" in caplog.text
    assert "octets were compressed to" in caplog.text


def test_what_this_machine_deflates_is_measured_once() -> None:
    assert deflate.speed() == deflate.speed() > 1e5
