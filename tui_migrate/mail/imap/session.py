"""An IMAP session: IMAPClient's connection, TLS and capabilities, our wire on the same socket."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tui_migrate import __version__
from tui_migrate.errors import (
    Disconnected,
    LoginRefused,
    LoginTrouble,
    MigrateError,
)
from tui_migrate.mail import deflate, numbers, sasl
from tui_migrate.mail.credentials import credentials, obstacle
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.imap.client import connect
from tui_migrate.mail.imap.codes import login_error, may_be_unknown, passes, throttle
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.traced import ImapRules
from tui_migrate.mail.imap.wire import Reply, Wire
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.sasl import Exchange
from tui_migrate.mail.token import log_in
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import ImapServer, Login, Secret
from tui_migrate.model.kinds.imap import Compress
from tui_migrate.timing import USUAL, Timing

_LOG = logging.getLogger(__name__)


class Session:
    """A connection that is logged in; without a `login`, one that waits for `log_in`. `sock`: on this new socket, which
    it closes. Raises the MailError that says why there is none."""

    def __init__(
        self,
        server: ImapServer,
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
        self._stall = timing.login
        self._asked_to_compress = False
        """True when COMPRESS was asked for, whatever came of it."""
        self._tracer = tracer
        gate = tracer.gate(server.key, ImapRules) if tracer else None
        self._client = connect(server, sock or open_socket(server, timing.connect), timing, gate)
        try:
            self.wire = Wire(self._client.octets(), spool_folder)
            self.wire.stream.line = self.lessons.line
            if gate:
                gate.mask = self.wire.mask
            self.capabilities = frozenset(self._client.known_capabilities())
            self.lessons.meet(self.capabilities)
            self.wire.pipeline.one_at_a_time = self.lessons.knows(Lesson.ONE_AT_A_TIME)
            self.wire.taught = partial(self.lessons.learn, Lesson.ONE_AT_A_TIME)
            self.wire.misunderstood = partial(self.lessons.learn, Lesson.PLAIN)
            self._client.socket().settimeout(timing.login)
            _LOG.info("%s greets: %s", server.key, self.greeting)
            if login is not None:
                self.log_in(login)
        except BaseException:
            self._client.octets().close()
            raise

    def has(self, capability: str) -> bool:
        """True when the server announces this capability."""
        return capability in self.capabilities

    @property
    def message_limit(self) -> int | None:
        """Messages that one command may be about (RFC 9738 section 3.1); None where no limit is announced."""
        told = (each.removeprefix("MESSAGELIMIT=") for each in self.capabilities if each.startswith("MESSAGELIMIT="))
        return next((numbers.count(each.encode()) for each in told), None) or None

    def await_message(self, message: bool) -> None:
        """What is read next is a message, or is not: how long it may be kept waiting for differs."""
        seconds = self.timing.message_stall if message else self.timing.stall
        if seconds != self._stall:
            self._stall = seconds
            self.wire.stream.sock.settimeout(seconds)

    @property
    def examine(self) -> bytes:
        """What opens a folder for reading: EXAMINE, or SELECT where that is not known. Messages are read with PEEK, so
        that neither changes anything."""
        return b"SELECT" if self.lessons.knows(Lesson.SELECT) else b"EXAMINE"

    def examine_all(self, folders: Sequence[bytes]) -> list[tuple[Reply, list[Reply]]]:
        """Open these folders one after the other for reading, all in flight together."""
        word = self.examine
        results = self.wire.run_all([word + b" " + quote(folder) for folder in folders])
        unknown = [
            at
            for at, (final, _) in enumerate(results)
            if word == b"EXAMINE" and may_be_unknown(final.status, final.code, final.words)
        ]
        again = self.wire.run_all([b"SELECT " + quote(folders[at]) for at in unknown])
        for at, result in zip(unknown, again, strict=True):
            if result[0].ok:
                self.lessons.learn(Lesson.SELECT, results[at][0].words)
            results[at] = result
        return results

    @property
    def greeting(self) -> str:
        """The server's first words, verbatim."""
        return self._client.greeting

    @property
    def encrypted(self) -> ssl.SSLSocket | None:
        """The socket under TLS; None without."""
        sock = self._client.octets().sock
        return sock if isinstance(sock, ssl.SSLSocket) else None

    def ping(self) -> None:
        """One round trip."""
        self.wire.run(b"NOOP")

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self.wire.stream.abort()

    def close(self) -> None:
        """LOGOUT, wait a moment for the server to close, and close: until then it counts us against its limit."""
        self.wire.stream.release()
        until = time.monotonic() + self.timing.goodbye
        with contextlib.suppress(MigrateError, OSError):
            self._client.socket().settimeout(self.timing.goodbye)
            self.wire.stream.write(self.wire.tag() + b" LOGOUT\r\n")  # whatever it has not answered yet
            while self.wire.stream.ready(max(0.0, until - time.monotonic())):
                self.wire.stream.readline()
        self.wire.stream.close(deliver=True)
        gain = ""
        if self.wire.stream.compressed:
            gain = f"; {self.wire.stream.stood_for} octets were compressed to {self.wire.stream.moved}"
        _LOG.info("%s: closed%s", self.server.key, gain)

    def hang_up(self) -> None:
        """Close, and let nothing more arrive of what was sent."""
        self.wire.stream.close()

    def log_in(self, login: Login) -> None:
        """Log in. Raises LoginRefused, NoToken and other MailErrors."""
        self.check_way_in(login)
        if login.token is not None:
            final, untagged = log_in(login, self.server, lambda token: self._with_token(login, token), self._tracer)
        else:
            final, untagged = self._with_password(login)
        announced = self.capabilities
        self._learn_capabilities(final, untagged)
        if "ID" in self.capabilities | announced:  # some open no folder for who has not said who it is (RFC 2971)
            self.wire.tell([b'ID ("name" "tui-migrate" "version" "%s")' % __version__.encode()])
        _LOG.info("%s: logged in as %s; it offers %s", self.server.key, login.user, _listed(self.capabilities))
        self._client.socket().settimeout(self.timing.stall)
        self._stall = self.timing.stall
        if self.should_compress:
            self.compress()

    @property
    def should_compress(self) -> bool:
        """True when `compress` is to be called as soon as nothing is in flight: it is offered, was not asked for here,
        and the server's line has been seen to gain by it."""
        if "COMPRESS=DEFLATE" not in self.capabilities or self._asked_to_compress:
            return False
        if (wish := self.server.compress) is Compress.OFF:
            return False
        if wish is Compress.AUTO:  # asked for each message that is read: cheap things first
            line = self.lessons.line.slowest
            if line is None or not deflate.pays(line, deflate.speed()):
                return False
        return not self.lessons.knows(Lesson.PLAIN)

    def compress(self) -> list[Reply]:
        """COMPRESS (RFC 4978): nothing may be sent before it is answered, and nothing that is awaited be in flight.
        Returns the untagged replies that have come meanwhile."""
        self._asked_to_compress = True
        final, untagged = self.wire.run(b"COMPRESS DEFLATE")
        if final.ok:
            self.wire.stream.compress()
            line = self.lessons.line.slowest
            seen = f"; {line / 1e6:.1f} MB a second were seen on a connection" if line else ""
            _LOG.info("%s: compressed from here on%s", self.server.key, seen)
        else:
            _LOG.info("%s does not compress: %s", self.server.key, final.words)
        return untagged

    def check_way_in(self, login: Login | None = None) -> None:
        """Raises LoginRefused where nobody can log in so, or in the way that is set for the server."""
        if self._client.preauthenticated:
            sentence = f"{self.server.host} logs everybody in as one user (PREAUTH): it cannot be used here."
            raise LoginRefused(sentence)
        takes_passwords = not self.has("LOGINDISABLED")
        if sentence := obstacle(login or self.server, self.server, self._offers, takes_passwords=takes_passwords):
            raise LoginRefused(sentence, server_words=" ".join(sorted(self.capabilities)))

    def _offers(self, mechanism: str) -> bool:
        return self.has(f"AUTH={mechanism}")

    def _with_password(self, login: Login) -> tuple[Reply, list[Reply]]:
        authzid, name, secret = credentials(login, self.server)
        exchange = sasl.plain(authzid, name, secret)
        self.wire.mask.hide(secret, login.user, name, self.server.host, blobs=[exchange.response.decode()])
        takes_login = not authzid and not self.has("LOGINDISABLED")
        if self._offers("PLAIN") and not (takes_login and self.lessons.knows(Lesson.LOGIN)):
            final, others = self._authenticate(exchange)
            responded = any(reply.tag == b"+" for reply in others)
            unknown = not final.ok and sasl.not_known(final.status, final.code, final.words, responded=responded)
            if not (takes_login and unknown):
                return self._accepted(final, others, exchange, login)
            with self._teaching(final.words):
                return self._logged_in(name, secret, login)
        return self._logged_in(name, secret, login)

    @contextlib.contextmanager
    def _teaching(self, words: str) -> Iterator[None]:
        """LOGIN in the place of an AUTHENTICATE that the server has refused with these words: it is better from now on,
        also where the server has ended the connection over it."""
        try:
            yield
        except Disconnected:
            self.lessons.learn(Lesson.LOGIN, words)
            raise
        self.lessons.learn(Lesson.LOGIN, words)

    def _with_token(self, login: Login, token: Secret) -> tuple[Reply, list[Reply]]:
        exchange = sasl.bearer(sasl.best_bearer(self._offers), self.server, login.user, token)
        self.wire.mask.hide(token.reveal(), login.user, blobs=[token.reveal(), exchange.response.decode()])
        return self._accepted(*self._authenticate(exchange), exchange, login)

    def _authenticate(self, exchange: Exchange) -> tuple[Reply, list[Reply]]:
        """AUTHENTICATE (RFC 3501 section 6.2.2), with an initial response where the server takes one (RFC 4959)."""
        command = f"AUTHENTICATE {exchange.mechanism}".encode()
        if self.has("SASL-IR"):
            return self._finish(self.wire.send(command + b" " + exchange.response), [], exchange.apology)
        return self._finish(self.wire.send(command), [exchange.response], exchange.apology)

    def _accepted(
        self, final: Reply, others: list[Reply], exchange: Exchange, login: Login
    ) -> tuple[Reply, list[Reply]]:
        """The reply to a login that was accepted. Raises the error that any other one stands for."""
        if not final.ok:
            told = [sasl.challenge_text(reply.words) for reply in others if reply.tag == b"+" and reply.words]
            unheard = not self.has("SASL-IR") and not any(reply.tag == b"+" for reply in others)
            command, words = f"AUTHENTICATE {exchange.mechanism}", self.wire.mask.cover(" ".join([final.words, *told]))
            raise login_error(final.code, words, command, login, self.server.host, unheard=unheard)
        return final, others

    def _logged_in(self, name: str, secret: str, login: Login) -> tuple[Reply, list[Reply]]:
        final, untagged = self._login(name, secret)
        if not final.ok:
            raise login_error(final.code, final.words, "LOGIN", login, self.server.host)
        return final, untagged

    def _login(self, name: str, secret: str) -> tuple[Reply, list[Reply]]:
        """LOGIN, with literals where a quoted string cannot carry the text (8-bit)."""
        pieces: list[bytes] = [b"LOGIN"]
        for raw in (name.encode(), secret.encode()):
            if raw.isascii():
                try:
                    pieces[-1] += b" " + quote(raw)
                except ValueError:
                    raise LoginRefused("A user name or password with a line end in it cannot be sent.") from None
            else:
                pieces[-1] += b" {%d}" % len(raw)
                pieces.append(raw)
        tag = self.wire.send(pieces[0])
        return self._finish(tag, pieces[1:])

    def _finish(self, tag: bytes, answers: list[bytes], last: bytes = b"*") -> tuple[Reply, list[Reply]]:
        """Give one answer for each `+`, and `last` where there are no more, until the tagged reply."""
        untagged: list[Reply] = []
        waiting = iter(answers)
        while True:
            reply = self.wire.next()
            if isinstance(reply, Fetched):
                continue
            if reply.tag == tag:
                return reply, untagged
            untagged.append(reply)
            if reply.tag == b"+":
                self.wire.stream.write(next(waiting, last) + b"\r\n")

    def _learn_capabilities(self, final: Reply, untagged: list[Reply]) -> None:
        """Learn what is offered after the login: it is another list than before it (RFC 3501 section 6.2)."""
        told = _capabilities_in([final, *untagged])
        if told is None:
            final, untagged = self.wire.run(b"CAPABILITY")
            told = _capabilities_in([final, *untagged])
        if told is not None:
            self.capabilities = told
        elif passes(final.code, final.words):  # it would be used, and folders named, by less than it can do
            sentence = f"{self.server.host} does not tell now what it can do."
            words = final.words
            raise throttle(final.code, words, "CAPABILITY") or LoginTrouble(sentence, server_words=words)


def _capabilities_in(replies: list[Reply]) -> frozenset[str] | None:
    for reply in replies:
        if reply.code == "CAPABILITY":
            return frozenset(reply.argument.decode("latin-1").upper().split())
        words = reply.words.upper()
        if not reply.status and words.startswith("CAPABILITY "):
            return frozenset(words.split()[1:])
    return None


def _listed(capabilities: frozenset[str]) -> str:
    return " ".join(sorted(capabilities))
