"""What a look at a POP server means for a migration, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.mail.probe import Probe
from tui_migrate.model import Security, Side
from tui_migrate.model.kinds.pop import KIND
from tui_migrate.printable import plural

_MEANINGS = {
    "UIDL": "every pass reads the headers of all messages to know them again",
    "PIPELINING": "every message waits one round trip",
    "TOP": "all messages are read to compare them with mail that is at the destination already",
}
"""What is missed where a server does not have it."""


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.messages is not None:
        yield "Mailbox", f"✔ {plural(probe.messages, 'message')}"
    if (imap := probe.beside) is not None:
        how = "TLS" if imap.security is Security.TLS else "STARTTLS"
        yield "IMAP too", f"▲ on port {imap.port} with {how}: choose IMAP, which carries everything"
    yield "What comes", f"▲ {KIND.not_carried}"
    if not probe.capabilities or probe.refusal:
        return
    told = {name: arguments for name, _, arguments in (each.partition(" ") for each in probe.capabilities)}
    for name, meaning in _MEANINGS.items():
        if name not in told:
            yield f"No {name}", f"▲ {meaning}"
    if told.get("EXPIRE", "").split()[:1] == ["0"]:
        yield "Expiry", "▲ deletes what was fetched (EXPIRE 0); sessions are ended so that it does not"
    if delay := told.get("LOGIN-DELAY"):
        yield "Login delay", f"▲ {delay.split()[0]} s between two logins of a mailbox: a retry waits so long"
