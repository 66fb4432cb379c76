"""IMAP mailboxes, as `mail.behaviour` wants them."""

from __future__ import annotations

from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.imap.destination import ImapDestination
from tui_migrate.mail.imap.findings import findings
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.source import ImapSource
from tui_migrate.mail.imap.wire import Wire
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.probe import Manner, Probe, look_across
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.mail.stream import Stream
from tui_migrate.model import ImapServer, Login, Server
from tui_migrate.timing import Timing

__all__ = ["findings", "look_at", "open_destination", "open_source"]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    return ImapSource(_session(server, login, around))


def open_destination(server: Server, login: Login, around: Surroundings) -> MailDestination:
    return ImapDestination(_session(server, login, around))


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    return look_across(server, login, timing, lessons, Manner(Session, _start_tls, _try_out))


def _session(server: Server, login: Login, around: Surroundings) -> Session:
    assert isinstance(server, ImapServer)
    return Session(
        server, login, around.spool_folder, timing=around.timing, lessons=around.lessons, tracer=around.tracer
    )


def _start_tls(stream: Stream) -> None:
    Wire(stream).run(b"STARTTLS")


def _try_out(session: Session, seen: Probe) -> Probe:
    """Ask as a migration does: what is not known is learned."""
    tree = list_tree(session, with_status=True)
    session.examine_all([folder.name for folder in tree.folders if folder.path == ("INBOX",)])
    return seen
