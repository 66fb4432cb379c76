"""Octets in and out of one socket, blocking, with one buffer of our own.

imaplib's buffered file is bypassed: it is dead after one timeout, gives no way to see what is buffered, and changed in
Python 3.14. One stream belongs to one thread; only `abort` may be called from another.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import select
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from typing import Protocol

from tui_migrate.errors import Disconnected, ProtocolViolation, Stalled
from tui_migrate.mail.deflate import Deflate
from tui_migrate.mail.line import Line
from tui_migrate.mail.trace import Gate

_RECEIVE = 1 << 17
"""Octets: more at a time is not faster, and each connection would hold on to it."""
_TLS_RECORD = 1 << 14
"""TLS gives no more at a time, and Python would make room for all that is asked for."""
_BUFFERED = 1 << 16
"""Octets up to which a literal is read through the buffer: one system call then brings several messages."""
_SEND = 1 << 18
_LINE_LIMIT = 1 << 24
_NOT_SENT = 0x894B
"""SIOCOUTQNSD of Linux, for which Python has no name."""
_ACKNOWLEDGE_NOW: int | None = getattr(socket, "TCP_QUICKACK", None)
"""A socket option, where the system has it (Linux)."""


class Valve(Protocol):
    """What octets pass through on their way, one way or the other. It may hold them up."""

    def piece(self, most: int) -> int:
        """How many may move at once, at most `most`."""

    def passed(self, octets: int) -> None:
        """Note that so many have moved. Returns when more may."""

    def spared(self, octets: int) -> None:
        """Note that so many more would have moved without compressing; fewer, where it is below zero."""

    def release(self) -> None:
        """Hold up nothing any more; from any thread."""


class Stream:
    """A connected socket. Every method raises Disconnected when the peer is gone or no octet moves for the socket's
    timeout."""

    def __init__(self, sock: socket.socket, peer: str, gate: Gate | None = None) -> None:
        """`gate`: into a trace of what passes here."""
        self.sock = sock
        self.peer = peer
        self._gate = gate
        self._trace: Gate | None = None
        """The gate, while the trace is on."""
        if gate is not None:
            gate.bind(self._switch)
            gate.note(_way(sock))
        self.inward: Valve | None = None
        """For the octets that are received."""
        self.outward: Valve | None = None
        """For the octets that are sent."""
        self.line = Line()
        """Of the server; told what is seen here."""
        self.moved = self.stood_for = 0
        """Octets that have passed in both directions since the connection is compressed, and what they stood for."""
        self.misunderstood = False
        """True when the peer has agreed to compress, and then was silent or could not be read."""
        self._deflate: Deflate | None = None
        self._inflated = False
        """True when something that was compressed has been read."""
        self._buffer = b""
        self._at = 0
        self._owes = False
        """True when what has come last was not followed by anything from us."""
        self._broken: Disconnected | None = None
        """How sending has ended."""
        self._received = _TLS_RECORD if isinstance(sock, ssl.SSLSocket) else _RECEIVE
        """The most that is received at once."""
        self._piece = self._received
        """The most that is read at once."""

    def compress(self) -> None:
        """All octets are compressed from here on, in both directions; those too that have come ahead."""
        self._deflate = Deflate(self._buffer[self._at :])
        self._buffer, self._at = b"", 0
        self._piece = _RECEIVE
        if self._trace is not None:
            self._trace.note("compressed from here on (DEFLATE)")

    @property
    def compressed(self) -> bool:
        """True where octets are compressed."""
        return self._deflate is not None

    def readline(self) -> bytes:
        """One line with its line end."""
        searched = self._at
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer) - self._at
            self._more()
            if searched > _LINE_LIMIT:
                raise ProtocolViolation(f"{self.peer} sent a line of more than {_LINE_LIMIT} octets.")
        line = self._buffer[self._at : end + 1]
        self._at = end + 1
        if self._trace is not None:
            self._trace.heard(line)
        return line

    def read(self, size: int) -> bytes:
        """Exactly `size` octets."""
        if size <= _BUFFERED:
            while len(self._buffer) - self._at < size:
                self._more(amid=True)
            self._at += size
            if self._trace is not None:
                self._trace.octets(size)
            return self._buffer[self._at - size : self._at]
        pieces: list[bytes] = []
        self.pump(size, pieces.append)
        return b"".join(pieces)

    def pump(self, size: int, sink: Callable[[bytes], object]) -> None:
        """Exactly `size` octets into `sink`, piece by piece."""
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        left = size
        while True:
            sink(piece)
            left -= len(piece)
            if not left:
                break
            piece = self._receive(min(self._piece, left), amid=True)
        if self._trace is not None:
            self._trace.octets(size)

    def pump_until(self, end: bytes, sink: Callable[[bytes], object]) -> None:
        """Octets into `sink`, piece by piece, up to `end`, which is taken from the line and not given."""
        size = 0
        while (found := self._buffer.find(end, self._at)) < 0:
            # The end may have come in part: so much of it stays in the buffer.
            cut = max(self._at, len(self._buffer) - len(end) + 1)
            sink(self._buffer[self._at : cut])
            size += cut - self._at
            self._at = cut
            self._more()
        sink(self._buffer[self._at : found])
        if self._trace is not None:
            self._trace.octets(size + found - self._at)
        self._at = found + len(end)

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """What a pattern finds where the next line begins, in what has come: its `string` is that. None also while a
        trace is on, which is told line by line what is read."""
        return pattern.match(self._buffer, self._at) if self._trace is None else None

    def skip_to(self, end: int) -> None:
        """Go on reading at this place in the `string` of what was found."""
        self._at = end

    def step_back(self, octets: int) -> None:
        """Read the last octets of the line that was just read once more."""
        self._at -= octets

    @property
    def ahead(self) -> bytes:
        """What has been received and not been asked for."""
        return self._buffer[self._at :]

    def write(self, data: bytes) -> None:
        """All of `data`, in pieces: the socket's timeout is for one piece, so a slow line is not taken for a dead one.

        A peer that takes it no more is raised by the read behind all that it has said: its reasons stand there, and the
        answers to what it has taken."""
        if self._broken is not None:
            return
        if self._trace is not None:
            self._trace.sent(data)
        view = memoryview(data)
        self._owes = False  # what is sent carries the acknowledgement
        try:
            if self._deflate is None:
                self._send(view)
            else:
                for at in range(0, len(view), _SEND):
                    piece = view[at : at + _SEND]
                    deflated = self._deflate.deflate(piece, whole=at + _SEND >= len(view))
                    self._send(memoryview(deflated))
                    self._count(len(deflated), len(piece), self.outward)
        except TimeoutError:
            self._broken = self._ended(Disconnected(f"{self.peer} took no data for {self.sock.gettimeout():.0f} s."))
        except OSError as error:
            sentence = f"The connection to {self.peer} broke while sending: {error.strerror or error}."
            self._broken = self._ended(Disconnected(sentence))

    def ready(self, timeout: float, waker: int | None = None) -> bool:
        """True when a read will find octets; waits up to `timeout` seconds for them or for the descriptor `waker`."""
        if self._at < len(self._buffer) or self._inflate_ahead():
            return True
        within = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0
        found = within or self._wait(timeout, waker)
        if found and self._deflate is not None:  # what has come need not stand for a single octet
            self._deflate.take(self._take(self._received))
            return self._inflate_ahead()
        return found

    def _wait(self, timeout: float, waker: int | None) -> bool:
        self._acknowledge()
        poll = select.poll()
        before, began = self._unsent(), time.monotonic()
        try:
            poll.register(self.sock, select.POLLIN)
            if waker is not None:
                poll.register(waker, select.POLLIN)
            found = any(handle == self.sock.fileno() for handle, _ in poll.poll(timeout * 1000))
        except (OSError, ValueError) as error:
            raise Disconnected(f"The connection to {self.peer} is closed.") from error
        if before and (after := self._unsent()):  # the line was busy all the time
            self.line.went(before - after, time.monotonic() - began)
        return found

    def abort(self) -> None:
        """Cut the connection, whatever another thread is doing with it; that thread gets Disconnected."""
        self.release()
        with contextlib.suppress(OSError):
            # Not the SSL object's own shutdown: another thread may be inside it.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def release(self) -> None:
        """Hold up nothing any more, whatever the valves; from any thread."""
        for valve in (self.inward, self.outward):
            if valve:
                valve.release()

    def close(self, deliver: bool = False) -> None:
        """Close the socket. What is not on the line yet is thrown away, unless `deliver`."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", not deliver, 0))
        self.abort()
        with contextlib.suppress(OSError):
            self.sock.close()

    def _send(self, view: memoryview) -> None:
        while view:
            piece = view[: self.outward.piece(_SEND) if self.outward else _SEND]
            before, began = self._unsent(), time.monotonic()
            self.sock.sendall(piece)
            self.line.went(len(piece) + before - self._unsent(), time.monotonic() - began)
            view = view[len(piece) :]
            if self.outward:
                self.outward.passed(len(piece))

    def _unsent(self) -> int:
        """Octets that the system has taken from us, and for which the line has no room; 0 where it does not tell."""
        with contextlib.suppress(OSError, ValueError):  # the latter of a socket that is closed: who writes is told so
            return int.from_bytes(fcntl.ioctl(self.sock, _NOT_SENT, bytes(4)), sys.byteorder)
        return 0

    def _more(self, *, amid: bool = False) -> None:
        piece = self._receive(self._piece, amid=amid or self._at < len(self._buffer))
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0

    def _switch(self, gate: Gate | None) -> None:
        self._trace = gate

    def _ended(self, error: Disconnected) -> Disconnected:
        """The error for a connection that has ended, once the trace has been told."""
        if self._trace is not None:
            self._trace.note(error.sentence)
        return error

    def _acknowledge(self) -> None:
        """Acknowledge what was received, before more is waited for. A server that writes an answer in pieces, and has
        not switched off Nagle's algorithm, sends none before the one ahead of it is acknowledged; our system puts that
        off for 40 ms when we say nothing ourselves. The option holds for one acknowledgement."""
        if self._owes and _ACKNOWLEDGE_NOW is not None:
            with contextlib.suppress(OSError):  # not TCP
                self.sock.setsockopt(socket.IPPROTO_TCP, _ACKNOWLEDGE_NOW, 1)
        self._owes = False

    def _receive(self, size: int, *, amid: bool = False) -> bytes:
        """Octets, at most so many. `amid`: an answer has begun of which they are more."""
        if self._deflate is None:
            piece = self._take(size, amid=amid)
        else:
            while not (piece := self._inflate(size)):
                self._deflate.take(self._take(self._received, amid=amid))
        return piece

    def _inflate_ahead(self) -> bool:
        """True when what has come stands for more, which is in the buffer then."""
        if self._deflate is None or not (piece := self._inflate(self._piece)):
            return False
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return True

    def _inflate(self, most: int) -> bytes:
        assert self._deflate is not None
        try:
            piece = self._deflate.inflate(most)
        except ValueError as error:
            self.misunderstood = True
            sentence = f"What {self.peer} sends compressed cannot be read: {error}."
            raise self._broken or self._ended(Disconnected(sentence)) from error
        self._inflated = self._inflated or bool(piece)
        self._count(0, len(piece), self.inward)
        return piece

    def _count(self, moved: int, stood_for: int, valve: Valve | None) -> None:
        self.moved += moved
        self.stood_for += stood_for
        if valve:
            valve.spared(stood_for - moved)

    def _take(self, size: int, *, amid: bool = False) -> bytes:
        """Octets as they come, at most so many."""
        self._acknowledge()
        size = self.inward.piece(size) if self.inward else size
        began = time.monotonic()
        try:
            piece = self.sock.recv(size)
        except TimeoutError as error:
            self.misunderstood = self._deflate is not None and not self._inflated
            sentence = f"{self.peer} sent nothing for {self.sock.gettimeout():.0f} s."
            raise self._broken or self._ended(Stalled(sentence)) from error
        except OSError as error:
            sentence = f"The connection to {self.peer} broke: {error.strerror or error}."
            raise self._broken or self._ended(Disconnected(sentence)) from error
        if not piece:
            raise self._broken or self._ended(Disconnected(f"{self.peer} closed the connection."))
        self._owes = len(piece) < size  # else there is more already, and acknowledged as it comes
        if amid:
            self.line.came(len(piece), time.monotonic() - began)
        if self.inward:
            self.inward.passed(len(piece))
        if self._deflate is not None:
            self._count(len(piece), 0, self.inward)
        return piece


def _way(sock: socket.socket) -> str:
    """Where a connection leads, and how, for a trace."""
    peer: object = None
    with contextlib.suppress(OSError):  # it has ended already
        peer = sock.getpeername()
    where = f"to {peer[0]} port {peer[1]}" if isinstance(peer, tuple) else "to nowhere"
    return f"connected {where}" + (f" under {sock.version()}" if isinstance(sock, ssl.SSLSocket) else "")
