"""Mailboxes of Exchange, as `mail.behaviour` wants them."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.ews.findings import findings
from tui_migrate.mail.ews.folders import archive_of
from tui_migrate.mail.ews.logins import EXTRA, has_spnego
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.ews.source import EwsSource
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.probe import Manner, Probe, look_across
from tui_migrate.mail.protocols import MailSource
from tui_migrate.mail.stream import Stream
from tui_migrate.model import EwsServer, Login, Server
from tui_migrate.timing import Timing

__all__ = ["findings", "look_at", "open_source", "try_way"]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    assert isinstance(server, EwsServer)
    return EwsSource(server, login, around)


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`."""
    return look_across(server, login, timing, lessons, Manner(EwsSession, _start_tls, _tried))


def try_way(server: Server, login: Login, way: str) -> str:
    """Raises MailError."""
    assert isinstance(server, EwsServer)
    session = EwsSession(server, None)
    try:
        if way not in session.capabilities:
            return "not offered by the server"
        if way != "Basic" and not has_spnego():
            return f"not tried: this installation lacks a library ({EXTRA})"
        session.log_in(login, way)
        return ""
    finally:
        session.close()


def _start_tls(stream: Stream) -> None:
    raise NotImplementedError("TLS comes first")


def _tried(session: EwsSession, seen: Probe) -> Probe:
    assert isinstance(seen.server, EwsServer)
    remarks = [("Logged in by", f"✔ {session.way}")]
    if not seen.server.archive and archive_of(session):
        remarks.append(("Archive", "▲ there is an archive mailbox, which is not chosen"))
    return replace(seen, remarks=tuple(remarks), greeting=f"{seen.greeting} {session.build}".strip())
