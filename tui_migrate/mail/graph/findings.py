"""What a look at Graph means for a migration, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.mail.graph.forecast import forecast
from tui_migrate.mail.probe import Probe
from tui_migrate.model import Side
from tui_migrate.model.kinds.graph import KIND
from tui_migrate.printable import plural


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.messages is not None:
        yield "Mailbox", f"✔ {plural(probe.messages, 'message')}"
        yield from forecast(probe.messages)
    yield (
        "IMAP",
        "▲ where it is on for these mailboxes, choose it: it has no such limit, and is faster",
    )
    yield "What comes", f"▲ {KIND.not_carried}"
