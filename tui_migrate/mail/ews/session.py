"""A mailbox that is asked by Exchange Web Services, one request after the other, on a connection that is kept and made
anew where the server ends it."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from tui_migrate.errors import CommandRefused, Disconnected, LoginRefused, MailError, ProtocolViolation, Stalled
from tui_migrate.mail.credentials import credentials
from tui_migrate.mail.ews import faults, logins, requests
from tui_migrate.mail.ews.answers import Answer, Element
from tui_migrate.mail.ews.traced import EwsRules
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.stream import Valve
from tui_migrate.mail.token import log_in
from tui_migrate.mail.trace import Tracer
from tui_migrate.mail.web.connection import Response, WebConnection
from tui_migrate.model import EwsServer, Login, Secret
from tui_migrate.model.tokens import Provider
from tui_migrate.timing import USUAL, Timing

_LOG = logging.getLogger(__name__)

_OPERATION = re.compile(r"<m:(\w+)")
_TYPE = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}


class EwsSession:
    """Of one mailbox; without a `login`, of a server that was reached. Belongs to one thread, but for `abort`."""

    def __init__(
        self,
        server: EwsServer,
        login: Login | None,
        spool_folder: Path | None = None,
        *,
        timing: Timing = USUAL,
        sock: socket.socket | None = None,
        lessons: Lessons | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """`sock`: on this new socket. Raises MailError."""
        self.server = server
        self._spool_folder = spool_folder
        self._timing = timing
        self._lessons = lessons or Lessons()
        self._tracer = tracer
        self._mask = Mask()
        self._valve: Valve | None = None
        self._aborted = False
        self._login: Login | None = None
        self._impersonated = ""
        self._way = ""
        """How it logs in: Negotiate, NTLM, Basic, Bearer; empty: not yet."""
        self._password = logins.Password("", "")
        self._field = ""
        """Authorization of every request, where it is not the connection that was logged in."""
        self._bound = False
        """True when this connection was logged in."""
        self._token_is_tried = False
        """True while it is found out if the server takes it."""
        self._answered = False
        """True when something was answered on this connection."""
        self._offers: tuple[str, ...] | None = None
        self.version = requests.VERSIONS[0]
        """Of requests."""
        self.build = ""
        """The server's, once it has answered."""
        self.greeting = ""
        """What the web server calls itself."""
        self._connection = self._connected(sock)
        try:
            if login is None:
                self._learned_offers()
            else:
                self.log_in(login)
        except BaseException:
            self.close()
            raise

    # Logging in

    @property
    def encrypted(self) -> ssl.SSLSocket | None:
        """The socket."""
        return self._connection.encrypted

    @property
    def capabilities(self) -> frozenset[str]:
        """The ways to log in that are offered, and the version that requests are understood in."""
        offers = frozenset(self._offers or ())
        return offers | {self.version} if self._login is not None else offers

    @property
    def way(self) -> str:
        """How it has logged in."""
        return self._way

    def check_way_in(self, login: Login | None = None) -> None:
        """Raises LoginRefused where nobody can log in as it is set."""
        way = login or self.server
        if way.admin is not None and way.admin.style != "authzid":
            error = LoginRefused("With Exchange Web Services an admin impersonates the mailbox.")
            error.what_to_do = "Set the admin's style to authzid."
            raise error
        if way.token is None:
            logins.best(self._learned_offers())

    def log_in(self, login: Login, way: str = "") -> None:
        """Open the mailbox. `way`: by this one alone, of those for a password. Raises LoginRefused, NoToken, and other
        MailErrors."""
        self._login = login
        if login.token is not None:
            self._way = "Bearer"
            of_app = login.token.provider is Provider.MICROSOFT and not login.token.by_person
            self._impersonated = login.user if of_app else ""
            self._log_in_by_token(login)
        else:
            self.check_way_in(login)
            self._impersonated, name, secret = credentials(login, self.server)
            self._password = logins.Password(name, secret)
            self._way = way or logins.best(self._learned_offers())
            self._field = logins.basic(self._password) if self._way == "Basic" else ""
            self._mask.hide(secret, login.user, name, self.server.host, blobs=[self._field.partition(" ")[2]])
            self._prove()
        _LOG.info("%s: logged in as %s by %s; %s, %s", self.server.key, login.user, self._way, self.version, self.build)

    def _log_in_by_token(self, login: Login) -> None:
        """With a token that the server takes: one that has ended is replaced. Raises MailError."""
        self._token_is_tried = True
        try:
            log_in(login, self.server, self._with_token, self._tracer)
        finally:
            self._token_is_tried = False

    def _with_token(self, token: Secret) -> None:
        self._field = f"Bearer {token.reveal()}"
        self._mask.hide(token.reveal(), blobs=[token.reveal()])
        self._prove()

    def _prove(self) -> None:
        """Look at the inbox, in the first version that the server understands."""
        assert self._login is not None
        for version in requests.VERSIONS:
            self.version = version
            try:
                self.ask_one(requests.get_folder(requests.INBOX))
            except CommandRefused as error:
                if error.code in faults.VERSION and version != requests.VERSIONS[-1]:
                    continue
                raise faults.login_error(error, self._login, self.server.host) from None
            return

    def _learned_offers(self) -> tuple[str, ...]:
        if self._offers is None:
            response = self._sent_to_end(b"", {})
            if response.status != 401 and (error := faults.status_error(response, self.server.where, "POST")):
                raise error
            self._offers = logins.offered(response.asks_for)
        return self._offers

    def ping(self) -> None:
        """One round trip, whatever is answered."""
        self._sent_to_end(b"", {})

    # Questions

    def ask(self, operation: str) -> Iterator[Element]:
        """The response messages of an operation, as they come. Whoever takes one closes it where there are octets in
        it. Raises MailError, among them CommandRefused with the code of a fault."""
        found = _OPERATION.match(operation)
        assert found is not None
        name, answered = found[1], False
        with self._mask.covering():
            response = self._logged_in(requests.envelope(operation, self.version, self._impersonated), name)
            answer = Answer(response.chunks(), self.server.where, self._spool_folder)
            for element in answer.elements(f"{name}ResponseMessage", "Fault", "ServerVersionInfo"):
                if element.name == "ServerVersionInfo":
                    self.build = _build(element.attributes)
                    continue
                if element.name == "Fault" and (error := faults.refusal(element, name)):
                    raise error
                answered = True
                yield element
            if not answered:
                raise ProtocolViolation(f"{self.server.where} does not answer {name} as Exchange does.")

    def ask_one(self, operation: str) -> Element:
        """The one response message of an operation. Raises MailError for any but a success."""
        (element, *_) = self.ask(operation)
        found = _OPERATION.match(operation)
        if error := faults.refusal(element, found[1] if found else ""):
            self._mask.cover_error(error)
            raise error
        return element

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

    def _logged_in(self, body: bytes, operation: str) -> Response:
        """The answer to a request that was let in. One that is no more, because the token or what the connection is
        bound to has ended meanwhile, is made once more. Raises MailError."""
        before = self._bound or (self._way == "Bearer" and not self._token_is_tried)
        response = self._asked(body)
        if response.status == 401 and before and self._login is not None:
            response.read()
            if self._way == "Bearer":
                self._log_in_by_token(self._login)
            else:
                self._connect_again()
            response = self._asked(body)
        if response.status == 401 and self._login is not None:
            words = f"HTTP 401; it offers {', '.join(logins.offered(response.asks_for)) or 'nothing else'}"
            response.read()
            raise faults.refused_login(self._login, self.server.host, words, f"{operation} ({self._way})")
        if error := faults.status_error(response, self.server.where, operation):
            with contextlib.suppress(MailError):
                response.read()
            raise error
        return response

    def _asked(self, body: bytes) -> Response:
        """The answer, whatever it is. A connection that has answered before may have been ended while it was idle: then
        the request was never heard, and is made on a new one: it changes nothing at the server. Raises MailError."""
        try:
            return self._sent(body)
        except Stalled:
            raise
        except Disconnected:
            if not self._answered or self._aborted:
                raise
            self._connect_again()
            return self._sent(body)

    def _sent(self, body: bytes) -> Response:
        if not self._connection.usable:
            self._connect_again()
        if self._way in ("Negotiate", "NTLM") and not self._bound:
            return self._shake_hands(body)
        return self._post(body, {"Authorization": self._field} if self._field else {})

    def _shake_hands(self, body: bytes) -> Response:
        """The answer to a request with which this connection is logged in. The first leg goes without it (MS-NTHT)."""
        certificate = self._connection.encrypted.getpeercert(binary_form=True)
        handshake = logins.Handshake(self._way, self._password, self.server.host, certificate)
        response = self._post(b"", {"Authorization": handshake.step()})
        if response.status == 401:
            response.read()
            if field := handshake.step(response.asks_for):
                response = self._post(body, {"Authorization": field})
        elif faults.status_error(response, self.server.where, "") is None:  # let in by one leg, as with Kerberos
            response.read()
            response = self._post(body, {})
        self._bound = response.status != 401
        return response

    def _post(self, body: bytes, fields: Mapping[str, str]) -> Response:
        anchor = self._impersonated or (self._login.user if self._login and "@" in self._login.user else "")
        named = {"X-AnchorMailbox": anchor} if anchor.isascii() and anchor.isprintable() and anchor else {}
        response = self._connection.ask("POST", self.server.url_path, {**_TYPE, **named, **fields}, body)
        self._answered = True
        self.greeting = self.greeting or response.headers.get("server", "")[:100]
        return response

    def _sent_to_end(self, body: bytes, fields: Mapping[str, str]) -> Response:
        if not self._connection.usable:
            self._connect_again()
        response = self._post(body, fields)
        response.read()
        return response

    def _connect_again(self) -> None:
        self._connection.close()
        if self._aborted:
            raise Disconnected("Reading was stopped.")
        self._answered = self._bound = False
        self._connection = self._connected(None)
        self._heed_abort()

    def _heed_abort(self) -> None:
        """Of what has been told while a connection was made."""
        if self._aborted:
            self._connection.abort()

    def _connected(self, sock: socket.socket | None) -> WebConnection:
        connection = WebConnection(
            self.server, self._timing, self._tracer, EwsRules, self._lessons.line, sock, self._mask
        )
        if self._valve is not None:
            connection.through(self._valve)
        return connection


def _build(told: Mapping[str, str]) -> str:
    """A server's version, as `15.2.2562.17`."""
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    return ".".join(told[name] for name in names if told.get(name, "").isdecimal())
