"""A POP3 session: greeting, STLS, capabilities, login. Nothing is ever deleted, so it has no DELE."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from tui_migrate.errors import CannotConnect, Disconnected, LoginRefused, MailError, ProtocolViolation, StartTlsMissing
from tui_migrate.mail import dial, sasl, tls
from tui_migrate.mail.credentials import credentials, obstacle
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.pop.codes import greeting_error, login_error, patience
from tui_migrate.mail.pop.traced import PopRules
from tui_migrate.mail.pop.wire import PopReply, PopWire
from tui_migrate.mail.sasl import Exchange
from tui_migrate.mail.stream import Stream
from tui_migrate.mail.token import log_in
from tui_migrate.mail.trace import Gate, Tracer
from tui_migrate.model import Login, NetworkServer, Secret, Security
from tui_migrate.timing import USUAL, Timing

_LOG = logging.getLogger(__name__)

_TIMES_ASKED = 2
"""A connection may end over CAPA by chance."""


class _EndedOverCapa(Disconnected):
    """The connection ended when the server was asked what it can do."""


class PopSession:
    """A connection that is logged in; without a `login`, one that waits for `log_in`. `sock`: on this new socket, which
    it closes. Raises the MailError that says why there is none."""

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
        self.server = server
        self.timing = timing
        self.lessons = lessons or Lessons()
        self.greeting = ""
        """The server's first words, verbatim."""
        self.capabilities: frozenset[str] = frozenset()
        """Each as CAPA tells it, upper case, its arguments behind it: `SASL PLAIN LOGIN`."""
        self.untouched = True
        """False once a message has been asked for: a QUIT then tells some servers that we are done with it."""
        self._spool_folder = spool_folder
        self._tracer = tracer
        self._gate: Gate | None = None
        self._mask = Mask()
        self._where = f"{server.host} port {server.port}"
        self._asks = not self.lessons.knows(Lesson.NO_CAPA)
        """What the server can do. False: it ends the connection then."""
        self._ended = ""
        """How, when it has done so here."""
        self._take(sock or dial.open_socket(server, timing.connect))
        try:
            self._arrive()
            self.lessons.meet(self.capabilities)
            _LOG.info("%s greets: %s", server.key, self.greeting)
            self.wire.stream.sock.settimeout(timing.login)
            if login is not None:
                self.log_in(login)
        except BaseException:
            self.hang_up()
            raise

    def has(self, capability: str) -> bool:
        """True when the server announces this capability."""
        return capability in self.capabilities or any(each.startswith(f"{capability} ") for each in self.capabilities)

    def argument(self, capability: str) -> list[str]:
        """What stands behind a capability in the server's list."""
        return next((each.split()[1:] for each in self.capabilities if each.split()[0] == capability), [])

    @property
    def _listed(self) -> str:
        return ", ".join(sorted(self.capabilities)) or "nothing that it tells"

    @property
    def ahead(self) -> bool:
        """True where commands may be sent before the one ahead is answered (RFC 2449 section 6.6)."""
        return self.has("PIPELINING") and not self.lessons.knows(Lesson.ONE_AT_A_TIME)

    @property
    def keeps_nothing(self) -> bool:
        """True when a QUIT deletes all that was fetched (EXPIRE 0, RFC 2449 section 6.7)."""
        return self.argument("EXPIRE")[:1] == ["0"]

    @property
    def encrypted(self) -> ssl.SSLSocket | None:
        """The socket under TLS; None without."""
        sock = self.wire.stream.sock
        return sock if isinstance(sock, ssl.SSLSocket) else None

    def ping(self) -> None:
        """One round trip. Before the login there is no NOOP, and a refusal is a round trip as well."""
        self.wire.run(b"NOOP")

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self.wire.stream.abort()

    def close(self) -> None:
        """QUIT, and wait a moment for the answer: until then the mailbox is locked for everybody else."""
        self.wire.stream.release()
        until = time.monotonic() + self.timing.goodbye
        with contextlib.suppress(MailError, OSError):
            self.wire.stream.sock.settimeout(self.timing.goodbye)
            self.wire.send(b"QUIT")
            while self.wire.stream.ready(max(0.0, until - time.monotonic())):
                self.wire.stream.readline()
        self.wire.stream.close(deliver=True)
        _LOG.info("%s: closed", self.server.key)

    def hang_up(self) -> None:
        """Close without a QUIT: the server changes nothing (RFC 1939 section 6)."""
        self.wire.stream.close()

    def log_in(self, login: Login) -> None:
        """Log in. Raises LoginRefused, NoToken and other MailErrors."""
        self.check_way_in(login)
        if self.has("UTF8"):  # else a mail with 8-bit headers is replaced by some (RFC 6856 section 2.1)
            self._heed(self.wire.run(b"UTF8"), "UTF8")
        if login.token is not None:
            log_in(login, self.server, lambda token: self._with_token(login, token), self._tracer)
        else:
            self._with_password(login)
        self.wire.stream.sock.settimeout(self.timing.stall)
        if self.capabilities:
            self._learn_capabilities()
        elif self._ended:
            self.lessons.learn(Lesson.NO_CAPA, self._ended)
        _LOG.info("%s: logged in as %s; it offers %s", self.server.key, login.user, self._listed)

    def check_way_in(self, login: Login | None = None) -> None:
        """Raises LoginRefused where nobody can log in so, or in the way that is set for the server."""
        # A server without CAPA knows USER: it is older than anything else. Not to announce it is how one says that it
        # takes no passwords in the clear.
        takes_passwords = self.has("USER") or not self.capabilities or self.encrypted is not None
        if sentence := obstacle(login or self.server, self.server, self._offers, takes_passwords=takes_passwords):
            raise LoginRefused(sentence, server_words=", ".join(sorted(self.capabilities)))

    def _heed(self, reply: PopReply, command: str) -> None:
        """Raises the error of a server that asks for patience: it has not said that it does not know this."""
        if error := patience(reply, self._where, command):
            raise error

    def _offers(self, mechanism: str) -> bool:
        return mechanism in self.argument("SASL")

    def _with_password(self, login: Login) -> None:
        authzid, name, secret = credentials(login, self.server)
        exchange = sasl.plain(authzid, name, secret)
        self.wire.mask.hide(secret, login.user, name, self.server.host, blobs=[exchange.response.decode()])
        if self._offers("PLAIN") and not (self.lessons.knows(Lesson.USER_PASS) and not authzid):
            reply, unheard = self._authenticate(exchange)
            # What has not been heard was not judged: another try brings no mailbox nearer to being locked.
            status = "BAD" if unheard else "NO"
            if reply.ok or authzid or not sasl.not_known(status, reply.code, reply.words, responded=not unheard):
                self._check(reply, "AUTH PLAIN", login, unheard)
                return
            self._check(self._user_and_pass(name, secret), "PASS", login)
            self.lessons.learn(Lesson.USER_PASS, reply.words)
        else:
            self._check(self._user_and_pass(name, secret), "PASS", login)

    def _with_token(self, login: Login, token: Secret) -> None:
        exchange = sasl.bearer(sasl.best_bearer(self._offers), self.server, login.user, token)
        self.wire.mask.hide(token.reveal(), login.user, blobs=[token.reveal(), exchange.response.decode()])
        reply, unheard = self._authenticate(exchange)
        self._check(reply, f"AUTH {exchange.mechanism}", login, unheard)

    def _authenticate(self, exchange: Exchange) -> tuple[PopReply, bool]:
        """AUTH (RFC 5034) without an initial response: a line with one may be too long, and older servers know none.
        Returns: what ended it, and whether that was before the server had heard the response."""
        self.wire.send(f"AUTH {exchange.mechanism}".encode())
        answers = iter([exchange.response])
        unheard = True
        told: list[str] = []
        while isinstance(answer := self.wire.answer(), str):
            if answer:
                told.append(sasl.challenge_text(answer))
            self.wire.respond(next(answers, exchange.apology))
            unheard = False
        return replace(answer, words=self.wire.mask.cover(" ".join([answer.words, *told]))), unheard

    def _check(self, reply: PopReply, command: str, login: Login, unheard: bool = False) -> None:
        if not reply.ok:
            delay = next((float(each) for each in self.argument("LOGIN-DELAY")[:1] if each.isdigit()), None)
            raise login_error(reply, command, login, self.server.host, delay, unheard=unheard)

    def _user_and_pass(self, name: str, secret: str) -> PopReply:
        if any(sign in name + secret for sign in "\r\n\0"):
            raise LoginRefused("A user name or password with a line end in it cannot be sent.")
        user = b"USER " + name.encode()
        try:
            reply = self.wire.run(user)
        except Disconnected as error:
            if self.capabilities or not self._asks:
                raise
            self._arrive_unasked(error)  # one that refuses CAPA may hang up over it, too
            reply = self.wire.run(user)
        return self.wire.run(b"PASS " + secret.encode()) if reply.ok else reply

    def _arrive(self) -> None:
        """Be greeted, and be told what the server can do. One that ends the connection when it is asked for that, each
        time, is asked no more: it is older than CAPA (RFC 2449)."""
        for _ in range(_TIMES_ASKED if self._asks else 0):
            try:
                self._greet()
                return
            except _EndedOverCapa as error:
                self._ended = error.sentence
                self.hang_up()
                self._take(dial.open_socket(self.server, self.timing.connect))
        self._asks = False
        self._greet()

    def _arrive_unasked(self, error: Disconnected) -> None:
        """Connect again, and do not ask what the server can do."""
        self._asks, self._ended = False, error.sentence
        self.hang_up()
        self._take(dial.open_socket(self.server, self.timing.connect))
        self._greet()

    def _take(self, sock: socket.socket) -> None:
        if self._tracer:
            self._gate = self._tracer.gate(self.server.key, PopRules)
            self._gate.mask = self._mask
        self._speak_on(sock)

    def _speak_on(self, sock: socket.socket) -> None:
        stream = Stream(sock, self.server.host, self._gate)
        stream.line = self.lessons.line
        self.wire = PopWire(stream, self._spool_folder, self._mask)
        self.wire.unpipelined = partial(self.lessons.learn, Lesson.ONE_AT_A_TIME)

    def _greet(self) -> None:
        try:
            if self.server.security is Security.TLS:
                self._encrypt()
            self._hear_greeting()
            self._learn_capabilities()
            if self.server.security is Security.STARTTLS:
                reply = self.wire.run(b"STLS")  # also where it is not announced: the list may be short
                self._heed(reply, "STLS")
                if not reply.ok:
                    does = "offers STARTTLS and refuses it" if self.has("STLS") else "does not offer STARTTLS (STLS)"
                    raise StartTlsMissing(f"{self._where} {does}.", server_words=reply.words)
                tls.refuse_clear_text(self.wire.stream.ahead, self.server)
                self._encrypt()
                self._learn_capabilities()
        except ssl.SSLError as error:
            raise tls.translate(error, self.server) from error
        except _EndedOverCapa:
            raise
        except Disconnected as error:
            raise dial.no_greeting(self.server, error) from error
        except OSError as error:
            raise dial.unreachable(self.server, error, self.timing.connect) from error

    def _encrypt(self) -> None:
        encrypted = tls.context(self.server).wrap_socket(self.wire.stream.sock, server_hostname=self.server.host)
        self._speak_on(encrypted)

    def _hear_greeting(self) -> None:
        try:
            reply = self.wire.reply()
        except ProtocolViolation as error:
            sentence = f"{self._where} does not answer as a POP3 server."
            words = error.server_words.removeprefix("‹").removesuffix("›")  # no mail comes before a login
            raise CannotConnect(sentence, server_words=words) from error
        self.greeting = reply.words
        if not reply.ok:
            raise greeting_error(reply, self._where)

    def _learn_capabilities(self) -> None:
        """Ask for the capabilities, after the login too: some are only told to a mailbox (RFC 2449 section 5)."""
        if not self._asks:
            return
        try:
            ((reply, lines),) = self.wire.run_all([b"CAPA"], ahead=False)
        except Disconnected as error:
            raise _EndedOverCapa(error.sentence) from error
        self._heed(reply, "CAPA")
        if reply.ok:
            told = (line.decode("latin-1").upper() for line in lines)
            self.capabilities = frozenset(" ".join(each.split()) for each in told if each.strip())
