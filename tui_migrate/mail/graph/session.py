"""Questions to Graph for one mailbox, one after the other, on a connection that is made anew where it was ended."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from tui_migrate.errors import Disconnected, MessageRefused, ProtocolViolation, Stalled
from tui_migrate.mail.graph.codes import Refused, login_error
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.message import Content
from tui_migrate.mail.spool import gather
from tui_migrate.mail.stream import Valve
from tui_migrate.mail.token import log_in
from tui_migrate.mail.trace import Tracer
from tui_migrate.mail.web.connection import Response, WebConnection
from tui_migrate.model import Login, NetworkServer, Secret
from tui_migrate.timing import USUAL, Timing

Json = dict[str, Any]

_IMMUTABLE = 'IdType="ImmutableId"'
"""Ids then survive moves within a mailbox."""
_MOST = 1 << 24
"""Octets of a page: a thousand messages take one megabyte of it."""


class Page(NamedTuple):
    """A part of what was asked for."""

    values: list[Json]
    next: str
    """Leads to the next one; empty: there is none."""
    later: str
    """Leads to what has changed by then (a delta's last page alone)."""


class GraphSession:
    """A mailbox that was logged in to; without a `login`, a server that was reached. `sock`: on this new socket."""

    greeting = ""
    capabilities: frozenset[str] = frozenset()

    def __init__(
        self,
        server: NetworkServer,
        login: Login | None,
        spool_folder: Path | None = None,
        *,
        timing: Timing = USUAL,
        sock: socket.socket | None = None,
        lessons: Lessons | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """Raises MailError."""
        self.server = server
        self._timing = timing
        self._spool_folder = spool_folder
        self._lessons = lessons or Lessons()
        self._tracer = tracer
        self._login = login
        self._token: Secret | None = None
        self._mask = Mask()
        self._valve: Valve | None = None
        self._aborted = False
        self._answered = False
        self._connection = self._connected(sock)
        try:
            if login is not None:
                self.log_in(login)
        except BaseException:
            self.close()
            raise

    @property
    def encrypted(self) -> ssl.SSLSocket | None:
        """The socket."""
        return self._connection.encrypted

    def check_way_in(self) -> None:
        """Any token may be right."""

    def log_in(self, login: Login) -> None:
        """See that a token opens the mailbox, and ask with it from now on. Raises MailError."""
        self._login = login
        self._token = log_in(login, self.server, self._try, self._tracer)

    def ping(self) -> None:
        """One round trip, whatever is answered."""
        self._asked("/v1.0/me?$select=id", None).read()

    # Questions

    def path(self, *steps: str) -> str:
        """Of something in the mailbox."""
        assert self._login is not None
        return "/".join(["/v1.0/users", *(quote(each, safe="$") for each in (self._login.user, *steps))])

    def json(self, target: str, *, page: int = 0) -> Json:
        """What is answered. `page`: entries of a page that are wanted at most. Raises MailError, among them Refused."""
        response = self._ask(target, page)
        try:
            found = json.loads(response.read(_MOST))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ProtocolViolation(f"{self.server.where} answers with something that is no JSON object.")
        return found

    def page(self, target: str, size: int) -> Page:
        """A page of a list. Raises MailError, among them Refused."""
        found = self.json(target, page=size)
        values = found.get("value")
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            raise ProtocolViolation(f"{self.server.where} answers with something that is no list.")
        beyond, later = (self._target(found.get(f"@odata.{each}Link")) for each in ("next", "delta"))
        if beyond == target:
            raise ProtocolViolation(f"{self.server.where} names a page as the one behind itself.")
        return Page(values, beyond, later)

    def pages(self, target: str, size: int) -> Iterator[Json]:
        """All entries of a list. Raises MailError, among them Refused."""
        while target:
            page = self.page(target, size)
            yield from page.values
            target = page.next

    def content(self, target: str) -> Content:
        """The octets behind this, which have an end that is certain. Raises MailError, among them Refused."""
        response = self._ask(target, 0)

        def pump(take: Any) -> None:
            for piece in response.chunks():
                take(piece)

        content = gather(pump, self._spool_folder)
        if not content.length:
            raise MessageRefused("The source returned an empty message.", command=_shown(target))
        return content

    # The connection

    def through(self, valve: Valve) -> None:
        """All octets that are received pass through this valve from now on."""
        self._valve = valve
        self._connection.through(valve)

    def abort(self) -> None:
        """Cut the connection from another thread; there is no other one then."""
        self._aborted = True
        self._connection.abort()

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def _ask(self, target: str, page: int) -> Response:
        """The answer, which is a success. A token that has ended meanwhile is replaced. Raises MailError."""
        response = self._asked(target, self._token, page)
        if response.status == 401 and self._login is not None:
            response.read()
            self.log_in(self._login)
            response = self._asked(target, self._token, page)
        if response.status < 300:
            return response
        refused = self._refused(response, target)
        if self._login is not None and refused.status in (401, 403):
            raise login_error(refused, self._login, self.server.host)
        raise refused.patience() or refused

    def _try(self, token: Secret) -> Secret:
        """Look at the inbox with this token. Raises MailError."""
        assert self._login is not None
        self._mask.hide(token.reveal(), self._login.user, blobs=[token.reveal()])
        target = self.path("mailFolders", "inbox") + "?$select=id"
        response = self._asked(target, token)
        if response.status >= 300:
            raise login_error(self._refused(response, target), self._login, self.server.host)
        response.read()
        return token

    def _refused(self, response: Response, target: str) -> Refused:
        refused = Refused.of(response, _shown(target), self.server.host)
        refused.server_words = self._mask.cover(refused.server_words)
        return refused

    def _asked(self, target: str, token: Secret | None, page: int = 0) -> Response:
        """The answer, whatever it is. A connection that has answered before may have been ended while it was idle: then
        the question was never heard, and is asked on a new one. Raises MailError."""
        fields = {"Accept": "application/json", "Prefer": _IMMUTABLE}
        if page:
            fields["Prefer"] += f", odata.maxpagesize={page}"
        if token is not None:
            fields["Authorization"] = f"Bearer {token.reveal()}"
        if self._answered and not self._connection.usable:
            self._connect_again()
        try:
            response = self._connection.ask("GET", target, fields)
        except Stalled:
            raise
        except Disconnected:
            if not self._answered or self._aborted:
                raise
            self._connect_again()
            response = self._connection.ask("GET", target, fields)
        self._answered = True
        return response

    def _connect_again(self) -> None:
        self._connection.close()
        self._answered = False
        self._connection = self._connected(None)
        if self._aborted:
            self._connection.abort()

    def _connected(self, sock: socket.socket | None) -> WebConnection:
        line = self._lessons.line
        connection = WebConnection(self.server, self._timing, self._tracer, line=line, sock=sock)
        if self._valve is not None:
            connection.through(self._valve)
        return connection

    def _target(self, link: object) -> str:
        """Path and query of a link to this server; empty where there is none. Raises ProtocolViolation for one that
        leads elsewhere."""
        if not link:
            return ""
        with contextlib.suppress(ValueError):
            parts = urlsplit(str(link))
            same = (parts.hostname or "").lower() == self.server.host.lower() and parts.scheme == "https"
            if same and str(link).isascii() and not set(str(link)) & set(" \r\n"):
                return f"{parts.path}?{parts.query}"
        raise ProtocolViolation(f"{self.server.where} names a page that is not its own.")


def _shown(target: str) -> str:
    """A request for an admin."""
    return f"GET {target.partition('?')[0]}"
