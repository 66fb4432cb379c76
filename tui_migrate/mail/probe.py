"""A look at a server before it is trusted with a migration: can it be reached, may it be trusted, what can it do."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

from tui_migrate.errors import (
    CertificateRefused,
    MailError,
    Outlook,
    ProxyForbids,
    ProxyLoginRefused,
    UnreachableByProxy,
)
from tui_migrate.mail import tls
from tui_migrate.mail.behaviour import behaviour_of
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.lessons import Learned, Lessons
from tui_migrate.mail.stream import Stream
from tui_migrate.mail.tls import Certificate
from tui_migrate.model import Login, NetworkServer, Security, Server, Side
from tui_migrate.timing import USUAL, Timing

_ROUNDS = 3
"""Round trips measured; the best one is without the server's own delays."""


class AtProxy(Enum):
    """How far one came with the proxy that leads to a server."""

    NO_PROXY = auto()
    NOT_REACHED = auto()
    NOT_LET_IN = auto()
    """It wants another login, or one."""
    LET_IN = auto()


@dataclass(frozen=True, slots=True)
class Probe:
    """How far one came with a server, and what it showed of itself on the way."""

    server: Server
    reached: bool = False
    """A connection was made."""
    at_proxy: AtProxy = AtProxy.NO_PROXY
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
    remarks: tuple[tuple[str, str], ...] = ()
    """What there is to say of the mailbox beside: labels and texts."""
    lessons: tuple[Learned, ...] = ()
    """The second ways in which it wants to be asked."""
    beside: NetworkServer | None = None
    """A server of another kind on the same host that can be used, and carries more."""

    def findings(self, side: Side) -> Iterator[tuple[str, str]]:
        """What the look means on this side of a migration, as far as it is of this kind of mailbox: labels and
        texts."""
        return behaviour_of(self.server.kind).findings(side, self)

    def refused(self, error: MailError) -> Probe:
        """The look with what stood in its way."""
        advice = error.advise(Outlook.SEEN)
        return replace(self, refusal=error.sentence, server_words=error.server_words, advice=advice)


def probe(server: Server, login: Login | None = None, timing: Timing = USUAL, lessons: Lessons | None = None) -> Probe:
    """What the server shows of itself, with a `login` also what it shows to a mailbox, and whether that is so.
    `lessons`: what it has taught before. What stands in the way is part of the answer and not raised. Takes as long as
    connecting may take."""
    lessons = lessons or Lessons()
    return replace(behaviour_of(server.kind).look_at(server, login, timing, lessons), lessons=lessons.learned)


class ProbedSession(Protocol):
    """A connection, as one looks at a server with it."""

    @property
    def greeting(self) -> str:
        """The server's first words."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it announces."""

    @property
    def encrypted(self) -> ssl.SSLSocket | None:
        """The socket, where it is encrypted."""

    def check_way_in(self) -> None:
        """Raises MailError where nobody can log in as it is set."""

    def log_in(self, login: Login) -> None:
        """Raises MailError."""

    def ping(self) -> None:
        """One round trip."""

    def close(self) -> None:
        """Say goodbye."""


S = TypeVar("S", bound=ProbedSession)


@dataclass(frozen=True, slots=True)
class Manner(Generic[S]):
    """How a kind of server is looked at across a network."""

    session: Callable[..., S]
    start_tls: Callable[[Stream], None]
    """Ask for TLS behind the greeting."""
    try_out: Callable[[S, Probe], Probe]
    """In a mailbox."""


def look_across(server: Server, login: Login | None, timing: Timing, lessons: Lessons, manner: Manner[S]) -> Probe:
    """What a server across a network shows of itself."""
    assert isinstance(server, NetworkServer)
    seen = Probe(server)
    if server.proxy:
        seen = replace(seen, at_proxy=AtProxy.NOT_REACHED)
    try:
        sock = open_socket(server, timing.connect)
        seen = replace(seen, reached=True, at_proxy=AtProxy.LET_IN if server.proxy else AtProxy.NO_PROXY)
        session = manner.session(server, None, timing=timing, sock=sock, lessons=lessons)
    except CertificateRefused as error:
        shown = _look_at_certificate(server, timing, manner.start_tls) if seen.reached else None
        return replace(seen.refused(error), certificate=shown)
    except ProxyLoginRefused as error:
        return replace(seen.refused(error), at_proxy=AtProxy.NOT_LET_IN)
    except (ProxyForbids, UnreachableByProxy) as error:
        return replace(seen.refused(error), at_proxy=AtProxy.LET_IN)
    except MailError as error:
        return seen.refused(error)
    try:
        seen = _introduced(seen, session)
        session.check_way_in()
        if login is not None:
            session.log_in(login)
            seen = manner.try_out(session, replace(seen, logged_in=True, capabilities=session.capabilities))
        seen = replace(seen, round_trip=min(_round_trip(session) for _ in range(_ROUNDS)))
    except MailError as error:
        return seen.refused(error)
    finally:
        session.close()
    return seen


def _introduced(seen: Probe, session: ProbedSession) -> Probe:
    encrypted = session.encrypted
    der = encrypted.getpeercert(binary_form=True) if encrypted else None
    return replace(
        seen,
        tls_version=(encrypted.version() or "") if encrypted else "",
        certificate=tls.describe(der) if der else None,
        greeting=session.greeting,
        capabilities=session.capabilities,
    )


def _round_trip(session: ProbedSession) -> float:
    began = time.perf_counter()
    session.ping()
    return time.perf_counter() - began


def _look_at_certificate(
    server: NetworkServer, timing: Timing, start_tls: Callable[[Stream], None]
) -> Certificate | None:
    try:
        sock = open_socket(server, timing.connect)
    except MailError:
        return None
    try:
        if server.security is Security.STARTTLS:
            stream = Stream(sock, server.host)
            stream.readline()  # the greeting
            start_tls(stream)
    except MailError:
        sock.close()
        return None
    return tls.refused_certificate(sock, server)
