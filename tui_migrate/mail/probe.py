"""A look at a server before it is trusted with a migration: can it be reached, may it be trusted, what can it do."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace

from tui_migrate.errors import CertificateRefused, MailError, Outlook
from tui_migrate.mail import tls
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Wire
from tui_migrate.mail.lessons import Learned, Lessons
from tui_migrate.mail.pop.maildrop import count_messages
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.stream import Stream
from tui_migrate.mail.tls import Certificate
from tui_migrate.model import DEFAULT_PORTS, Login, Protocol, Security, Server
from tui_migrate.timing import USUAL, Timing

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
    messages: int | None = None
    """In the mailbox that was logged in to, where the protocol tells at once (POP)."""
    lessons: tuple[Learned, ...] = ()
    """The second ways in which it wants to be asked."""
    imap: Server | None = None
    """The IMAP server on the host of a POP server, if there is one that can be used."""


def probe(server: Server, login: Login | None = None, timing: Timing = USUAL, lessons: Lessons | None = None) -> Probe:
    """What the server shows of itself, with a `login` also what it shows to a mailbox, and whether that is so.
    `lessons`: what it has taught before. What stands in the way is part of the answer and not raised. Takes as long as
    connecting may take."""
    lessons = lessons or Lessons()
    seen = replace(_looked_at(server, login, timing, lessons), lessons=lessons.learned)
    return seen if server.protocol is Protocol.IMAP else replace(seen, imap=_imap_beside(server, timing))


def _looked_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    seen = Probe(server)
    try:
        sock = open_socket(server, timing.connect)
        seen = replace(seen, reached=True)
        session = _SESSIONS[server.protocol](server, None, timing=timing, sock=sock, lessons=lessons)
    except CertificateRefused as error:
        return replace(
            _refused(seen, error), certificate=_look_at_certificate(server, timing) if seen.reached else None
        )
    except MailError as error:
        return _refused(seen, error)
    try:
        seen = _introduced(seen, session)
        session.check_way_in()
        if login is not None:
            session.log_in(login)
            seen = replace(seen, logged_in=True, capabilities=session.capabilities)
            if isinstance(session, PopSession):
                seen = replace(seen, messages=count_messages(session)[0])
            else:
                _try_out(session)
        seen = replace(seen, round_trip=min(_round_trip(session) for _ in range(_ROUNDS)))
    except MailError as error:
        return _refused(seen, error)
    finally:
        session.close()
    return seen


def _try_out(session: Session) -> None:
    """Ask as a migration does: what is not known is learned."""
    tree = list_tree(session, with_status=True)
    session.examine_all([folder.name for folder in tree.folders if folder.path == ("INBOX",)])


_SESSIONS: dict[Protocol, type[Session] | type[PopSession]] = {Protocol.IMAP: Session, Protocol.POP: PopSession}


def _introduced(seen: Probe, session: Session | PopSession) -> Probe:
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
    return replace(seen, refusal=error.sentence, server_words=error.server_words, advice=error.advise(Outlook.SEEN))


def _round_trip(session: Session | PopSession) -> float:
    began = time.perf_counter()
    session.ping()
    return time.perf_counter() - began


def _imap_beside(server: Server, timing: Timing) -> Server | None:
    """An IMAP server with a good certificate at the usual ports of this host."""
    for security in (Security.TLS, Security.STARTTLS):
        port = DEFAULT_PORTS[Protocol.IMAP, security]
        other = Server(server.host, security=security, port=port, ca_file=server.ca_file)
        with contextlib.suppress(MailError):
            Session(other, None, timing=timing, sock=open_socket(other, timing.neighbour)).hang_up()
            return other
    return None


def _look_at_certificate(server: Server, timing: Timing) -> Certificate | None:
    try:
        sock = open_socket(server, timing.connect)
    except MailError:
        return None
    try:
        if server.security is Security.STARTTLS:
            stream = Stream(sock, server.host)
            stream.readline()  # the greeting
            if server.protocol is Protocol.POP:
                stream.write(b"STLS\r\n")
                stream.readline()
            else:
                Wire(stream).run(b"STARTTLS")
    except MailError:
        sock.close()
        return None
    return tls.refused_certificate(sock, server)
