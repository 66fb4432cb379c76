"""Faults that only POP servers have. `commands` and `replies` are for both protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.servers.faults.fault import Fault
from tests.servers.loopback_server import Chunk
from tests.servers.pop.session import stuffed
from tests.servers.session import Command, Session


@dataclass
class NoticeForUtf8(Fault):
    """RETR of a message with an 8-bit header is answered with this notice, unless the client has sent UTF8
    (RFC 6856 section 2.1): Courier does so."""

    notice: bytes = b"Subject: this message cannot be shown\r\n\r\nYour mail program does not support UTF-8.\r\n"

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        status, _, message = reply.partition(b"\r\n")
        header = message.partition(b"\r\n\r\n")[0]
        if command.name not in ("RETR", "TOP") or header.isascii() or b"UTF8" in map(bytes.upper, session.said):
            return [reply]
        return [status + b"\r\n" + stuffed(self.notice)]
