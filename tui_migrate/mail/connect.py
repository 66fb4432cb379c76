"""Server and login to a source or a destination: the one factory."""

from __future__ import annotations

from pathlib import Path

from tui_migrate.mail.imap.destination import ImapDestination
from tui_migrate.mail.imap.source import ImapSource
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import Login, Server


def open_source(server: Server, login: Login, spool_folder: Path | None = None) -> MailSource:
    """Connect and log in to a source mailbox. Messages above a megabyte pass through `spool_folder`.
    Raises MailError."""
    return ImapSource(server, login, spool_folder)


def open_destination(server: Server, login: Login, spool_folder: Path | None = None) -> MailDestination:
    """Connect and log in to a destination mailbox. Raises MailError."""
    return ImapDestination(server, login, spool_folder)
