"""A server that throws away what comes behind another command, though it has carried out such before."""

from __future__ import annotations

import socket
import threading

import pytest

from tui_migrate.errors import Stalled
from tui_migrate.mail.imap.wire import Wire
from tui_migrate.mail.stream import Stream


@pytest.mark.parametrize("there", [True, False], ids=["it answers the next", "it is gone"])
def test_silence_is_about_pipelining_when_a_command_alone_is_answered(there: bool) -> None:
    near, far = socket.socketpair()
    near.settimeout(0.3)
    taught: list[str] = []

    def serve() -> None:
        with far, far.makefile("rb") as lines:
            for line in lines:
                tag, _, command = line.partition(b" ")
                if command != b"LOST\r\n" and (there or command != b"NOOP\r\n"):
                    far.sendall(tag + b" OK done\r\n")

    server = threading.Thread(target=serve)
    server.start()
    wire = Wire(Stream(near, "peer"))
    wire.taught = taught.append
    for commands in ([b"LIST", b"LSUB"], [b"LIST", b"LOST"]):
        tags = wire.send_all(commands)
        replies = [wire.next() for _ in tags[:-1]]
        assert len(replies) == 1
        if commands[-1] == b"LSUB":
            wire.next()
    with pytest.raises(Stalled):
        wire.next()
    wire.stream.close()
    server.join()
    assert bool(taught) == there
