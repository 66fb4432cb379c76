"""What a look at a server means for a migration, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tui_migrate.model import Protocol, Security
from tui_migrate.service.servers import Certificate, Probe
from tui_migrate.ui.format import plural
from tui_migrate.ui.lessons import lesson_findings
from tui_migrate.ui.pop_findings import pop_findings

SOON_DAYS = 21
"""A certificate that expires sooner may do so while mail is copied."""

_LABELS_OF_ONE_SIDE = {"source": ("CONDSTORE",), "destination": ("UIDPLUS",)}
_MEANINGS = {
    "UIDPLUS": "stored messages must be found again before a later pass can change their flags",
    "CONDSTORE": "a later pass lists every message, also of folders in which nothing changed",
    "LIST-STATUS": "folders are asked for their numbers one by one, so an account begins more slowly",
    "SPECIAL-USE": "Sent, Trash, Junk and Drafts are recognised by their names alone",
    "NAMESPACE": "the path prefix is not found by itself: type it if all folders lie below one",
}
"""What is missed where a server does not have it."""
_OF_BOTH = ("LIST-STATUS", "SPECIAL-USE", "NAMESPACE")


def findings(side: str, probe: Probe, now: float) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know; `now` is epoch seconds."""
    yield "Connection", f"✔ reached {probe.server.host} port {probe.server.port}" if probe.reached else "✖ not reached"
    if probe.refusal:
        yield "Refused", f"✖ {probe.refusal}"
        yield "Verbatim", probe.server_words
        yield "What to do", probe.advice
    if probe.reached:
        yield "Encryption", _encryption(probe)
    if probe.certificate:
        yield from _certificate(probe.certificate, now)
    yield "Greeting", probe.greeting
    if probe.round_trip is not None:
        yield "Round trip", f"{probe.round_trip * 1000:.1f} ms"
        yield "Login", "✔ accepted" if probe.logged_in else "not tried: no mailbox to test with was named"
    yield from lesson_findings(probe.lessons)
    if probe.server.protocol is Protocol.POP:
        yield from pop_findings(probe)
    elif probe.capabilities and not probe.refusal:
        if side == "destination":
            yield "Speed", _speed(probe)
        yield from _missing(side, probe)


def _encryption(probe: Probe) -> str:
    if probe.tls_version:
        return f"✔ {probe.tls_version.replace('TLSv', 'TLS ')}"
    if probe.server.security is Security.NONE:
        return "▲ none: passwords and mail can be read by all on the way"
    return "✖ not established: no password was sent"


def _certificate(certificate: Certificate, now: float) -> Iterator[tuple[str, str]]:
    yield "Certificate for", certificate.subject
    yield "Issued by", certificate.issuer
    days = int((certificate.expires_at - now) // 86_400)
    date = time.strftime("%Y-%m-%d", time.localtime(certificate.expires_at))
    if certificate.expires_at < now:
        yield "Expired", f"✖ on {date}"
    else:
        glyph = "▲" if days < SOON_DAYS else "✔"
        yield "Expires", f"{glyph} on {date}, in {plural(days, 'day')}"


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


def _missing(side: str, probe: Probe) -> Iterator[tuple[str, str]]:
    missing = [name for name in (*_LABELS_OF_ONE_SIDE[side], *_OF_BOTH) if name not in probe.capabilities]
    if not probe.logged_in and missing:
        yield "May be missing", f"{', '.join(missing)}: many servers show them after a login only; test with a mailbox"
        return
    if not missing:
        yield "Missing", "✔ nothing that matters here"
    for name in missing:
        yield f"No {name}", f"▲ {_MEANINGS[name]}"
