"""All ways to find the servers of a mail address, side by side, and a try of each server that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import TypeVar

from tui_migrate.errors import (
    CannotConnect,
    MailError,
    ProxyForbids,
    ProxyLoginRefused,
    ProxyUnreachable,
    UnreachableByProxy,
)
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.discovery import autoconfig, exchange, names, presets
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.model import KINDS, EwsServer, ImapServer, NetworkServer, PopServer, Security, Side
from tui_migrate.model.discovery import Discovery, Found, Way
from tui_migrate.timing import USUAL, Timing

T = TypeVar("T")
Server = type[ImapServer] | type[PopServer]

_RECORDS: Sequence[tuple[str, Server, Security]] = (
    ("_imaps._tcp", ImapServer, Security.TLS),
    ("_imap._tcp", ImapServer, Security.STARTTLS),
    ("_pop3s._tcp", PopServer, Security.TLS),
    ("_pop3._tcp", PopServer, Security.STARTTLS),
)
"""RFC 6186 section 3. `_imap` is never used in the clear."""
_USUAL: Sequence[tuple[str, Server]] = (
    ("imap.", ImapServer),
    ("mail.", ImapServer),
    ("", ImapServer),
    ("pop.", PopServer),
    ("mail.", PopServer),
)

_NOWHERE = (CannotConnect, UnreachableByProxy, ProxyForbids)
"""What a guess ends with that leads to no server; their subclasses have met one."""
_KINDS: Sequence[type[NetworkServer]] = (ImapServer, EwsServer, PopServer)
"""The most faithful first: Exchange makes mail anew, and POP has neither folders nor flags."""
_LEVELS = 2
"""Of domains above a host that takes mail: mx1.mail.host.example is one of host.example, or of mail.host.example."""


def find(address: str, side: Side, like: NetworkServer | None = None, timing: Timing = USUAL) -> Discovery:
    """The servers that may hold, or take, the mailbox of this address, or of this domain alone. Raises CannotConnect
    for what is no mail domain, and where there is no way through the proxy.

    `like`: whose private CA is trusted, and whose proxy leads there; then the DNS is not asked, which would be beside
    the proxy. Takes as long as the slowest of the servers, half a minute at worst. Nobody logs in.
    """
    domain = names.domain_of(address)
    ways: list[Callable[[], list[Found]]] = [
        partial(presets.of_domain, domain),
        partial(_by_usual_names, domain),
        *(partial(_by_autoconfig, *place, like) for place in autoconfig.addresses(address.strip(), domain)),
    ]
    unheard: list[str] = []
    by_proxy = bool(like and like.proxy)
    if side is Side.SOURCE:
        ways += [partial(_by_exchange, domain, address.strip(), like, ask_dns=not by_proxy)]
    if by_proxy:
        unheard.append("The DNS was not asked (SRV, MX): it is not reached by the proxy.")
    else:
        ways += [
            partial(_by_exchangers, domain, like),
            partial(_by_autodiscover, domain),
            *(partial(_by_record, domain, *record) for record in _RECORDS),
        ]

    def ask(way: Callable[[], list[Found]]) -> list[Found]:
        try:
            return way()
        except MailError as error:
            unheard.append(error.sentence)
            return []

    said = [found for each in _abreast([partial(ask, way) for way in ways]) for found in each]
    here = [each for each in said if side in KINDS[each.server.kind_name].sides]
    tried = _abreast([partial(_tried, each, side, like, timing) for each in _each_once(here)])
    there = sorted(filter(None, tried), key=_worth)
    return Discovery(domain, tuple(there), tuple(dict.fromkeys(unheard)))


def _abreast(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What comes of each, all called at once. In threads that nobody waits for when the program ends meanwhile."""
    futures: list[Future[T]] = [Future() for _ in calls]

    def run(future: Future[T], call: Callable[[], T]) -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised where the result is taken
            future.set_exception(error)

    for future, call in zip(futures, calls, strict=True):
        Thread(target=run, args=(future, call), name="discovery", daemon=True).start()
    return [future.result() for future in futures]


def _worth(found: Found) -> tuple[bool, int, int, bool]:
    """What is less is better."""
    return (
        bool(found.refusal),
        _KINDS.index(type(found.server)),
        [*Way].index(found.way),
        found.server.security is not Security.TLS,
    )


def _each_once(said: Iterable[Found]) -> list[Found]:
    """Each server once, by the surest way."""
    best: dict[tuple[str, ...], Found] = {}
    for found in sorted(said, key=_worth):
        best.setdefault((found.server.kind_name, found.server.key, found.server.security), found)
    return [*best.values()]


def _tried(found: Found, side: Side, like: NetworkServer | None, timing: Timing) -> Found | None:
    """With what stands in its way: it is reached, its certificate verified, and its greeting heard. With the limits
    that are known of it. None for a guess that leads nowhere."""
    server = found.server.reached_like(like) if like else found.server
    # A guess may meet a firewall that says nothing.
    seconds = timing.neighbour if found.way is Way.USUAL else timing.connect
    try:
        greeting = _greeting(server, seconds, timing)
    except (ProxyUnreachable, ProxyLoginRefused):  # whatever it is that we ask for
        raise
    except MailError as error:
        if found.way is Way.USUAL and type(error) in _NOWHERE:
            return None
        return replace(found, server=server, refusal=error.sentence)
    preset = found.preset or presets.of_server(server, greeting)
    return replace(found, server=presets.within(server, preset, side) if preset else server, preset=preset)


def _greeting(server: NetworkServer, seconds: float, timing: Timing) -> str:
    """What it says first. Raises MailError."""
    sock = open_socket(server, seconds)
    if isinstance(server, EwsServer):
        exchange_session = EwsSession(server, None, timing=timing, sock=sock)
        exchange_session.close()
        exchange_session.check_way_in()
        return exchange_session.greeting
    if isinstance(server, ImapServer):
        session: Session | PopSession = Session(server, None, timing=timing, sock=sock)
    else:
        session = PopSession(server, None, timing=timing, sock=sock)
    session.hang_up()
    return session.greeting


def _by_record(domain: str, record: str, kind: Server, security: Security) -> list[Found]:
    return [
        Found(kind(each.host, security=security, port=each.port), Way.SRV, f"{record}.{domain}")
        for each in names.services(record, domain)
    ]


def _by_exchangers(domain: str, like: NetworkServer | None) -> list[Found]:
    """The servers of those who take a domain's mail: as we know them, else as Mozilla's collection does."""
    hosts = names.mail_exchangers(domain)
    if known := presets.of_exchangers(hosts, domain):
        return known
    what, url = autoconfig.COLLECTION
    for host in hosts[:1]:
        labels = host.split(".")
        for above in range(1, min(len(labels) - 1, 1 + _LEVELS)):
            address = url.format(domain=".".join(labels[above:]))
            if described := _by_autoconfig(what, address, like):
                return [replace(each, way=Way.MX, said_by=f"{host}; {each.said_by}") for each in described]
    return []


def _by_autodiscover(domain: str) -> list[Found]:
    """Whose customer a domain is by the record that Outlook asks for; the service that it names is not asked."""
    hosts = [each.host for each in names.services("_autodiscover._tcp", domain)]
    return presets.of_exchangers(hosts, domain, Way.SRV)


def _by_exchange(domain: str, address: str, like: NetworkServer | None, *, ask_dns: bool) -> list[Found]:
    """What the first host that tells says. Servers of providers that we know are found as theirs."""
    for host in exchange.hosts(domain, ask_dns=ask_dns):
        try:
            told = exchange.told(host, address, like)
        except CannotConnect:  # most domains have none
            continue
        if told is not None:
            where, server = told
            return [] if presets.of_server(server, "") else [Found(server, Way.AUTODISCOVER, where)]
    return []


def _by_autoconfig(what: str, url: str, like: NetworkServer | None) -> list[Found]:
    try:
        there, described = autoconfig.fetch(url, like)
    except CannotConnect:  # most domains have none
        return []
    return [Found(each.server, Way.AUTOCONFIG, f"{what}, {there}", each.local_part) for each in described]


def _by_usual_names(domain: str) -> list[Found]:
    """What is usual, whether it is there or not."""
    return [
        Found(kind(prefix + domain, security=security), Way.USUAL, prefix + domain)
        for prefix, kind in _USUAL
        for security in (Security.TLS, Security.STARTTLS)
    ]
