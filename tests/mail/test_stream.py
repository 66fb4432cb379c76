"""When what was received is acknowledged at once, for servers that wait for it with the rest of an answer; and what is
heard of a peer that has gone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, repeat

import pytest

from tui_migrate.errors import Disconnected
from tui_migrate.mail.stream import Stream

acknowledges = pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="the system has no such option")


class Wire(socket.socket):
    """Writes down what is done with it. What was said is received in these pieces."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(fileno=connected.detach())
        self.done: list[str] = []
        self.most: Iterator[int] = repeat(1 << 20)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        piece = super().recv(min(size, next(self.most)), flags)
        self.done.append("received" if len(piece) < size else "received all of it")
        return piece

    def sendall(self, data: object, flags: int = 0, /) -> None:
        super().sendall(data, flags)  # type: ignore[arg-type]
        self.done.append("sent")

    def setsockopt(self, *option: object) -> None:
        super().setsockopt(*option)  # type: ignore[call-overload]
        if option == (socket.IPPROTO_TCP, getattr(socket, "TCP_QUICKACK", None), 1):
            self.done.append("acknowledged")


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """Ours, and the server's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    with closing(Wire(ours)) as wire, closing(theirs):
        yield wire, theirs


@acknowledges
def test_an_answer_in_pieces_is_acknowledged_piece_by_piece(ends: tuple[Wire, socket.socket]) -> None:
    wire, server = ends
    stream = Stream(wire, "server")
    stream.write(b"a STATUS\r\n")
    wire.most = chain([9], repeat(1 << 20))
    server.sendall(b"* STATUS\r\na OK\r\n")
    assert (stream.readline(), stream.readline()) == (b"* STATUS\r\n", b"a OK\r\n")
    assert wire.done == ["sent", "received", "acknowledged", "received"]


@acknowledges
def test_a_command_carries_the_acknowledgement_of_the_answer_before_it(ends: tuple[Wire, socket.socket]) -> None:
    wire, server = ends
    stream = Stream(wire, "server")
    for _ in range(2):
        stream.write(b"NOOP\r\n")
        server.sendall(b"+OK\r\n")
        stream.readline()
    assert wire.done == ["sent", "received"] * 2


@acknowledges
def test_whoever_waits_without_reading_acknowledges_too(ends: tuple[Wire, socket.socket]) -> None:
    wire, server = ends
    stream = Stream(wire, "server")
    server.sendall(b"+OK\r\n")
    stream.readline()
    assert not stream.ready(0)
    assert not stream.ready(0)
    assert wire.done == ["received", "acknowledged"]


@acknowledges
def test_of_a_large_answer_nothing_is_acknowledged_that_more_has_come_behind(ends: tuple[Wire, socket.socket]) -> None:
    wire, server = ends
    stream = Stream(wire, "server")
    server.sendall(b"x" * 100_000)
    wire.settimeout(30)
    pieces: list[bytes] = []
    wire.most = chain([1], repeat(1 << 20))
    stream.pump(1, pieces.append)
    stream.pump(1, pieces.append)
    assert b"".join(pieces) == b"xx"
    assert wire.done == ["received all of it"] * 2


def test_what_is_no_tcp_connection_is_read_all_the_same() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        stream = Stream(ours, "server")
        theirs.sendall(b"one\r\n")
        assert stream.readline() == b"one\r\n"
        theirs.sendall(b"two\r\n")
        assert stream.readline() == b"two\r\n"


def test_what_a_server_has_said_before_it_went_is_heard_by_whoever_still_sends() -> None:
    """A write that fails says nothing of the commands before it, nor why the server has gone."""
    ours, theirs = socket.socketpair()
    with closing(ours):
        stream = Stream(ours, "server")
        stream.write(b"a FETCH\r\n")
        theirs.sendall(b"a OK\r\n* BYE too busy\r\n")
        theirs.recv(100)
        theirs.close()
        for _ in range(2):
            stream.write(b"b FETCH\r\n")
        assert (stream.readline(), stream.readline()) == (b"a OK\r\n", b"* BYE too busy\r\n")
        with pytest.raises(Disconnected, match="while sending"):
            stream.readline()


def test_whoever_goes_on_with_a_connection_that_was_closed_is_told_so() -> None:
    near, far = socket.socketpair()
    with closing(near), closing(far):
        stream = Stream(near, "peer")
        stream.close()
        stream.write(b"x NOOP\r\n")  # what the server has said before is heard first
        for use in (lambda: stream.ready(0.0), stream.readline):
            with pytest.raises(Disconnected):
                use()
