"""Mail of which Exchange makes no MIME: signed and encrypted mail has its octets in its one attachment."""

from __future__ import annotations

from pathlib import Path

from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.message import Content


def made(session: EwsSession, item: str, spool_folder: Path | None) -> Content | None:
    """The octets of an item; None where they cannot be made in this way either. Raises MailError."""
    return None
