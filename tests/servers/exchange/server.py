"""Exchange on loopback, over TLS: mailboxes, whom it lets in, what it is asked, and faults that may take over."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from tests.servers.exchange import autodiscover, soap
from tests.servers.exchange.asking import Asking, Directory
from tests.servers.exchange.faults import Fault
from tests.servers.exchange.http import Answer, Request, read_request
from tests.servers.exchange.logins import Accounts, Login
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.operations import OPERATIONS
from tests.servers.exchange.versions import SE, Release
from tests.servers.exchange.words import Refusal, local
from tests.servers.loopback_server import LoopbackServer, Peer

EWS = "/EWS/Exchange.asmx"
_XML = ("Content-Type", "text/xml; charset=utf-8")
_CHUNKED_FROM = 1 << 16
"""Octets from which on a body is sent in chunks, as IIS does it."""


class ExchangeDouble(LoopbackServer):
    """A server with mailboxes and faults. Both may be changed while it runs, under its `lock`."""

    def __init__(
        self,
        mailboxes: Iterable[ExchangeMailbox] | ExchangeMailbox,
        faults: Iterable[Fault] = (),
        *,
        tls: ssl.SSLContext,
        accounts: Accounts | None = None,
        public: ExchangeMailbox | None = None,
        release: Release = SE,
        delay: float = 0.0,
        state_size: int = 0,
    ) -> None:
        super().__init__(tls=tls)
        mailboxes = [mailboxes] if isinstance(mailboxes, ExchangeMailbox) else list(mailboxes)
        self.directory = Directory(mailboxes, public)
        self.accounts = accounts or Accounts()
        """Who is let in, and how."""
        self.faults = list(faults)
        """Asked in this order."""
        self.release = release
        self.delay = delay
        """Seconds that pass before each answer."""
        self.state_size = state_size
        """Octets that a SyncState takes at least."""
        self.generation = 0
        """Another one: no SyncState that was given holds any more."""
        self.autodiscover = autodiscover.Autodiscover(self.url())
        self.at_most: int | None = None
        """Requests that may be answered at the same time; more of them are refused."""
        self.lock = threading.RLock()
        self.asked: list[Request] = []
        """Every request, without credentials."""
        self.items: Counter[str] = Counter()
        """Items that were told, by operation."""
        self.octets_said = 0
        self.octets_heard = 0
        """Of bodies."""
        self.most_at_once = 0
        """Requests that were being answered at the same time."""
        self._at_once = 0

    def url(self, path: str = EWS) -> str:
        """The address of this path here."""
        return f"https://{self.host}:{self.port}{path}"

    def requests(self, operation: str) -> list[Request]:
        """Those that asked for this."""
        return [request for request in self.asked if request.operation == operation]

    @property
    def operations(self) -> Counter[str]:
        """How often each was asked for."""
        return Counter(request.operation for request in self.asked if request.operation)

    def converse(self, peer: Peer) -> None:
        """Request by request, on a connection that is kept."""
        login = self.accounts.login(self.directory)
        with self.lock:
            number = self.connections
        while (request := read_request(peer)) is not None:
            request.connection = number
            with self._answering(request):
                answer = self._answer(request, login)
                answer.headers += login.answer
                if self.delay:
                    time.sleep(self.delay)
                self._say(peer, request, answer)
            if request.headers.get("connection", "").lower() == "close":
                return

    def _say(self, peer: Peer, request: Request, answer: Answer) -> None:
        with self.lock:
            self.octets_said += sum(map(len, answer.parts))
            faults = self._faults(request)
        if faults:
            self._say_by(faults, peer, request, b"".join(answer.pieces()))
        else:
            for piece in answer.pieces():
                peer.write(piece)

    def _say_by(self, faults: list[Fault], peer: Peer, request: Request, octets: bytes) -> None:
        with self.lock:
            turns = [chunks for fault in faults if (chunks := fault.told(request, octets)) is not None]
        if turns:
            self.perform(peer, turns[0])
        else:
            peer.write(octets)

    def _answer(self, request: Request, login: Login) -> Answer:
        if (refused := login.challenge(request)) is not None:
            return refused
        if request.target.lower() == autodiscover.PATH:
            with self.lock:
                return self.autodiscover.answer(request.body, self.directory)
        if request.method != "POST" or request.target.lower() != EWS.lower():
            return Answer(status=404)
        with self.lock:
            try:
                parts = self._carry_out(request, login)
            except Refusal as refusal:
                return Answer([soap.fault(refusal)], 500, [_XML])
            except _Instead as instead:
                return instead.answer
        return Answer(parts, headers=[_XML], chunked=sum(map(len, parts)) >= _CHUNKED_FROM)

    def _carry_out(self, request: Request, login: Login) -> list[bytes]:
        envelope = soap.opened(request.body)
        request.operation = local(envelope.operation)
        if self.at_most is not None and self._at_once > self.at_most:
            raise Refusal("ErrorExceededConnectionCount", as_fault=True)
        version = self.release.understands(envelope.version)
        if version is None:
            raise Refusal("ErrorInvalidServerVersion", as_fault=True)
        request.user = self.accounts.acts_for(login, envelope.impersonates)
        asking = Asking(
            self.directory, request.user, version, envelope.operation, self.state_size, generation=self.generation
        )
        if (operation := OPERATIONS.get(request.operation)) is None:
            raise Refusal("ErrorInvalidRequest", as_fault=True)
        things = operation.things(asking)
        request.ids = [thing.get("Id", "") for thing in things]
        for fault in self._faults(request):
            if (answer := fault.asked(request)) is not None:
                raise _Instead(answer)
        messages = list(self._messages(request, asking, things))
        self.items[request.operation] += asking.items
        return soap.answer(self.release, request.operation, messages)

    def _messages(self, request: Request, asking: Asking, things: list[Element]) -> Iterator[list[bytes]]:
        operation = OPERATIONS[request.operation]
        for at, thing in enumerate(things):
            try:
                for fault in self._faults(request):
                    if (refusal := fault.refuses(request, at)) is not None:
                        raise refusal
                yield soap.success(request.operation, operation.answer(asking, thing))
            except Refusal as refusal:
                if refusal.as_fault:
                    raise
                yield soap.failure(request.operation, refusal, operation.empty)

    def _faults(self, request: Request) -> list[Fault]:
        return [fault for fault in self.faults if not fault.users or request.user in fault.users]

    def _answering(self, request: Request) -> _Answering:
        return _Answering(self, request)


class _Instead(Exception):
    """A fault has taken over."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class _Answering:
    """Counts a request while it is answered."""

    def __init__(self, server: ExchangeDouble, request: Request) -> None:
        self._server = server
        self._request = request

    def __enter__(self) -> None:
        server = self._server
        with server.lock:
            server.asked.append(self._request)
            server.octets_heard += len(self._request.body)
            server._at_once += 1
            server.most_at_once = max(server.most_at_once, server._at_once)

    def __exit__(self, *_: object) -> None:
        with self._server.lock:
            self._server._at_once -= 1
