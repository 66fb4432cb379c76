"""A look at a server before it is trusted with a migration: can it be reached, may it be trusted, what can it do."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from tui_migrate.errors import CertificateRefused, MailError
from tui_migrate.mail import tls
from tui_migrate.mail.imap.session import Session, open_socket
from tui_migrate.mail.imap.stream import Stream
from tui_migrate.mail.imap.wire import Wire
from tui_migrate.mail.tls import Certificate
from tui_migrate.model import Login, Security, Server

_ROUNDS = 3
"""Round trips measured; the best one is without the server's own delays."""


@dataclass(frozen=True, slots=True)
class Probe:
    """How far one came with a server, and what it showed of itself on the way."""

    server: Server
    reached: bool = False
    """A connection was made."""
    refusal: str = ""
    """One sentence on what stands in the way of using it; empty: nothing was found."""
    server_words: str = ""
    """The verbatim reply behind the refusal, if there was one."""
    advice: str = ""
    tls_version: str = ""
    """Empty without TLS, or where it was refused."""
    certificate: Certificate | None = None
    """Of a server with TLS, a refused one too."""
    greeting: str = ""
    capabilities: frozenset[str] = frozenset()
    logged_in: bool = False
    """True: `capabilities` are all of them. Many servers show most of them to mailboxes only."""
    round_trip: float | None = None
    """Seconds from a command to its reply, the best of a few."""


def probe(server: Server, login: Login | None = None) -> Probe:
    """What the server shows of itself, with a `login` also what it shows to a mailbox. What stands in the way is part
    of the answer and not raised. Takes as long as connecting may take."""
    seen = Probe(server)
    try:
        sock = open_socket(server)
        seen = replace(seen, reached=True)
        session = Session(server, None, sock=sock)
    except CertificateRefused as error:
        return replace(_refused(seen, error), certificate=_look_at_certificate(server) if seen.reached else None)
    except MailError as error:
        return _refused(seen, error)
    try:
        seen = _introduced(seen, session)
        session.check_way_in()
        if login is not None:
            session.log_in(login)
            seen = replace(seen, logged_in=True, capabilities=session.capabilities)
        seen = replace(seen, round_trip=min(_round_trip(session) for _ in range(_ROUNDS)))
    except MailError as error:
        return _refused(seen, error)
    finally:
        session.close()
    return seen


def _introduced(seen: Probe, session: Session) -> Probe:
    encrypted = session.encrypted
    der = encrypted.getpeercert(binary_form=True) if encrypted else None
    return replace(
        seen,
        tls_version=(encrypted.version() or "") if encrypted else "",
        certificate=tls.describe(der) if der else None,
        greeting=session.greeting,
        capabilities=session.capabilities,
    )


def _refused(seen: Probe, error: MailError) -> Probe:
    return replace(seen, refusal=error.sentence, server_words=error.server_words, advice=error.advice)


def _round_trip(session: Session) -> float:
    began = time.perf_counter()
    session.wire.run(b"NOOP")
    return time.perf_counter() - began


def _look_at_certificate(server: Server) -> Certificate | None:
    try:
        sock = open_socket(server)
    except MailError:
        return None
    try:
        if server.security is Security.STARTTLS:
            wire = Wire(Stream(sock, server.host))
            wire.next()  # the greeting
            wire.run(b"STARTTLS")
    except MailError:
        sock.close()
        return None
    return tls.refused_certificate(sock, server)
