"""What a look at a server means for a migration, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tui_migrate.model import NetworkServer, Security, Side
from tui_migrate.model.kinds.files import FileServer
from tui_migrate.printable import plural
from tui_migrate.service.servers import AtProxy, Certificate, Probe
from tui_migrate.ui.lessons import lesson_findings

SOON_DAYS = 21
"""A certificate that expires sooner may do so while mail is copied."""


_AT_PROXY = {
    AtProxy.NOT_REACHED: "✖ not reached",
    AtProxy.NOT_LET_IN: "✖ reached, and it does not let us in",
    AtProxy.LET_IN: "✔ reached",
}


def findings(side: Side, probe: Probe, now: float) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know; `now` is epoch seconds."""
    if isinstance(probe.server, NetworkServer) and probe.at_proxy in _AT_PROXY:
        yield "Proxy", f"{_AT_PROXY[probe.at_proxy]}: {probe.server.proxy}"
    link = "Folder" if isinstance(probe.server, FileServer) else "Connection"
    yield link, f"✔ reached {probe.server.where}" if probe.reached else "✖ not reached"
    if probe.refusal:
        yield "Refused", f"✖ {probe.refusal}"
        yield "Verbatim", probe.server_words
        yield "What to do", probe.advice
    if probe.reached:
        yield from _encryption(probe)
    if probe.certificate:
        yield from _certificate(probe.certificate, now)
    yield "Greeting", probe.greeting
    if probe.round_trip is not None:
        yield "Round trip", f"{probe.round_trip * 1000:.1f} ms"
        yield "Login", "✔ accepted" if probe.logged_in else "not tried: no mailbox to test with was named"
    yield from lesson_findings(probe.lessons)
    yield from probe.findings(side)


def _encryption(probe: Probe) -> Iterator[tuple[str, str]]:
    if probe.tls_version:
        yield "Encryption", f"✔ {probe.tls_version.replace('TLSv', 'TLS ')}"
    elif isinstance(probe.server, NetworkServer):
        unsafe = probe.server.security is Security.NONE
        text = "▲ none: passwords and mail can be read by all on the way"
        yield "Encryption", text if unsafe else "✖ not established: no password was sent"


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
