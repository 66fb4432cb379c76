"""POP mailboxes, as `mail.behaviour` wants them."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from tui_migrate.errors import MailError
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.pop.findings import findings
from tui_migrate.mail.pop.maildrop import count_messages
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.pop.source import PopSource
from tui_migrate.mail.probe import Manner, Probe, look_across
from tui_migrate.mail.protocols import MailSource
from tui_migrate.mail.stream import Stream
from tui_migrate.model import ImapServer, Login, PopServer, Security, Server
from tui_migrate.timing import Timing

__all__ = ["findings", "look_at", "open_source"]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    assert isinstance(server, PopServer)
    return PopSource(server, login, around.spool_folder, around.ordinals, around.timing, around.lessons, around.tracer)


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`; besides, whether there is an IMAP server on the host, which carries more."""
    assert isinstance(server, PopServer)
    seen = look_across(server, login, timing, lessons, Manner(PopSession, _start_tls, _counted))
    return replace(seen, beside=_imap_beside(server, timing))


def _start_tls(stream: Stream) -> None:
    stream.write(b"STLS\r\n")
    stream.readline()


def _counted(session: PopSession, seen: Probe) -> Probe:
    return replace(seen, messages=count_messages(session)[0])


def _imap_beside(server: PopServer, timing: Timing) -> ImapServer | None:
    """An IMAP server with a good certificate at the usual ports of this host."""
    for security in (Security.TLS, Security.STARTTLS):
        other = ImapServer(server.host, security=security).reached_like(server)
        with contextlib.suppress(MailError):
            Session(other, None, timing=timing, sock=open_socket(other, timing.neighbour)).hang_up()
            return other
    return None
