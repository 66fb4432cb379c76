"""What a look at an IMAP server means for a migration, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.mail.probe import Probe
from tui_migrate.model import Side

_LABELS_OF_ONE_SIDE = {Side.SOURCE: ("CONDSTORE",), Side.DESTINATION: ("UIDPLUS",)}
_MEANINGS = {
    "UIDPLUS": "stored messages must be found again before a later pass can change their flags",
    "CONDSTORE": "a later pass lists every message, also of folders in which nothing changed",
    "LIST-STATUS": "folders are asked for their numbers one by one, so an account begins more slowly",
    "SPECIAL-USE": "Sent, Trash, Junk and Drafts are recognised by their names alone",
    "NAMESPACE": "the path prefix is not found by itself: type it if all folders lie below one",
}
"""What is missed where a server does not have it."""
_OF_BOTH = ("LIST-STATUS", "SPECIAL-USE", "NAMESPACE")


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.refusal or not probe.capabilities:
        return
    if side is Side.DESTINATION:
        yield "Speed", _speed(probe)
    yield "Compression", _compression(probe)
    yield from _missing(side, probe)


def _speed(probe: Probe) -> str:
    offered = probe.capabilities
    if "LITERAL+" in offered:
        if "MULTIAPPEND" in offered:
            return "✔ best: many messages in one command, and none waits for an answer (LITERAL+, MULTIAPPEND)"
        if probe.logged_in:
            return "✔ good: no message waits for an answer (LITERAL+), each is a command of its own (no MULTIAPPEND)"
        return "✔ good: no message waits for an answer (LITERAL+)"
    if "LITERAL-" in offered:
        return "▲ fair: messages of more than 4096 bytes wait one round trip each (LITERAL-)"
    if probe.logged_in:
        trip = probe.round_trip or 0.0
        most = f", {1 / trip:,.0f} a second on each connection at best" if trip > 0.001 else ""
        return f"▲ slow: every message waits one round trip (no LITERAL+){most}"
    return "not known without a login"


def _compression(probe: Probe) -> str:
    if "COMPRESS=DEFLATE" in probe.capabilities:
        return "✔ offered: connections are compressed where the line is slow (COMPRESS=DEFLATE)"
    return "not offered" if probe.logged_in else "not known without a login"


def _missing(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    missing = [name for name in (*_LABELS_OF_ONE_SIDE[side], *_OF_BOTH) if name not in probe.capabilities]
    if not probe.logged_in and missing:
        yield "May be missing", f"{', '.join(missing)}: many servers show them after a login only; test with a mailbox"
        return
    if not missing:
        yield "Missing", "✔ nothing that matters here"
    for name in missing:
        yield f"No {name}", f"▲ {_MEANINGS[name]}"
