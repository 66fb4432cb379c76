"""What a server does otherwise than it should, once or from some request on."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from tests.servers.exchange import soap
from tests.servers.exchange.http import Answer, Request
from tests.servers.exchange.items import ExchangeItem
from tests.servers.exchange.words import Refusal
from tests.servers.loopback_server import Chunk, Cut, Stall


class Fault:
    """Overrides what it needs. A server calls all of it under its lock, so nothing here may wait."""

    users: frozenset[str] = frozenset()
    """Whose mailboxes it concerns; empty: all."""

    def only_for(self, *users: str) -> Self:
        """Other mailboxes do not see it."""
        self.users = frozenset(user.lower() for user in users)
        return self

    def asked(self, request: Request) -> Answer | None:
        """The answer to a request in the place of the true one; None: the next fault decides, and then the server."""

    def refuses(self, request: Request, at: int) -> Refusal | None:
        """The refusal of the thing at this place in the request."""

    def told(self, request: Request, octets: bytes) -> list[Chunk] | None:
        """What becomes of an answer, which is status, headers and body; None: nothing."""


@dataclass
class Turns(Fault):
    """Has its turn from the `nth` request for this operation on, so many `times`; None: for ever."""

    operation: str = ".*"
    """An expression."""
    nth: int = 1
    times: int | None = 1
    met: int = field(default=0, init=False)
    """Requests for it that have come."""

    def is_turn(self, request: Request) -> bool:
        """Count a request. Returns: True when it is one of those."""
        if not request.operation or not re.fullmatch(self.operation, request.operation):
            return False
        self.met += 1
        return self.met >= self.nth and (self.times is None or self.met < self.nth + self.times)


@dataclass
class Refused(Turns):
    """A SOAP fault with HTTP 500."""

    code: str = "ErrorInternalServerError"
    values: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def asked(self, request: Request) -> Answer | None:
        if not self.is_turn(request):
            return None
        refusal = Refusal(self.code, self.text, self.values)
        return Answer([soap.fault(refusal)], 500, [("Content-Type", "text/xml; charset=utf-8")])


def busy(milliseconds: int | None = 300, operation: str = ".*", nth: int = 1, times: int | None = 1) -> Refused:
    """ErrorServerBusy as a SOAP fault, with how long the client shall wait; None: that is not said."""
    values = {} if milliseconds is None else {"BackOffMilliseconds": str(milliseconds)}
    return Refused(operation, nth, times, code="ErrorServerBusy", values=values)


@dataclass
class Unavailable(Turns):
    """An answer of IIS, or of a machine before it: HTTP 503, 429 or another."""

    status: int = 503
    retry_after: str = ""
    """Seconds or an HTTP date (RFC 9110 section 10.2.3)."""

    def asked(self, request: Request) -> Answer | None:
        if not self.is_turn(request):
            return None
        told = [("Retry-After", self.retry_after)] if self.retry_after else []
        return Answer([b"<html>Service Unavailable</html>"], self.status, [("Content-Type", "text/html"), *told])


@dataclass
class RefusedThings(Turns):
    """Response messages of class Error, for what stands at some places of a request."""

    code: str = "ErrorInternalServerTransientError"
    values: dict[str, str] = field(default_factory=dict)
    begin: int = 0
    """The first place; those before it are answered."""
    end: int | None = None
    """The place behind the last one; None: all that follow."""
    _now: Request | None = field(default=None, init=False, repr=False)

    def asked(self, request: Request) -> Answer | None:
        self._now = request if self.is_turn(request) else self._now
        return None

    def refuses(self, request: Request, at: int) -> Refusal | None:
        if request is not self._now or at < self.begin or (self.end is not None and at >= self.end):
            return None
        return Refusal(self.code, values=self.values)


@dataclass
class Stopped(RefusedThings):
    """The thing at the first place is refused, and those behind it have not been tried."""

    def refuses(self, request: Request, at: int) -> Refusal | None:
        refusal = super().refuses(request, at)
        return Refusal("ErrorBatchProcessingStopped") if refusal is not None and at > self.begin else refusal


@dataclass
class RefusedItems(Fault):
    """Response messages of class Error, for certain items, each so many `times`; None: for ever."""

    items: Iterable[ExchangeItem]
    code: str = "ErrorItemCorrupt"
    times: int | None = None
    operation: str = "GetItem"
    _met: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def refuses(self, request: Request, at: int) -> Refusal | None:
        if request.operation != self.operation or request.ids[at] not in {item.id for item in self.items}:
            return None
        met = self._met[request.ids[at]] = self._met.get(request.ids[at], 0) + 1
        return Refusal(self.code) if self.times is None or met <= self.times else None


@dataclass
class Broken(Turns):
    """An answer of which so many octets are sent; then the connection ends, or nothing more is said until `until`."""

    octets: int = 1000
    until: threading.Event | None = None

    def told(self, request: Request, octets: bytes) -> list[Chunk] | None:
        if not self.is_turn(request):
            return None
        return (
            [octets[: self.octets], Stall(self.until), octets[self.octets :]]
            if self.until
            else [octets[: self.octets], Cut()]
        )


@dataclass
class Rewritten(Turns):
    """An answer of which the octets become others; the length is said anew by whoever writes them."""

    change: Callable[[bytes], bytes] = bytes

    def told(self, request: Request, octets: bytes) -> list[Chunk] | None:
        return [self.change(octets)] if self.is_turn(request) else None
