"""Commands before and around the login (RFC 3501 sections 6.1 and 6.2; RFC 2971, RFC 4959, RFC 5161)."""

from __future__ import annotations

import base64

from tests.servers.bearer import refusal
from tests.servers.imap.session import ImapConversation, Replies
from tests.servers.imap.syntax import ImapCommand, Refusal, argument, text_of
from tests.servers.loopback_server import Compress, Encrypt, Swallow
from tests.servers.mailbox import Mailbox
from tests.servers.session import Command

_WRONG = "NO [AUTHENTICATIONFAILED] wrong user or password"


class Logins(ImapConversation):
    """CAPABILITY, STARTTLS, LOGIN, AUTHENTICATE with PLAIN, XOAUTH2 and OAUTHBEARER, ID, ENABLE, NOOP, LOGOUT."""

    def hear(self, command: Command) -> Command:
        """AUTHENTICATE without an initial response gets it as a literal."""
        assert isinstance(command, ImapCommand)
        if command.name != "AUTHENTICATE" or len(words := command.text.split(b" ")) != 2:
            return command
        if not self.has("AUTH=" + words[1].decode("latin-1").upper()):
            return command
        self.peer.write(b"+ \r\n")
        response = self.peer.readline().rstrip(b"\r\n")
        return ImapCommand(command.tag, command.text + b" {%d}" % len(response), (response,))

    def do_capability(self, command: ImapCommand) -> Replies:
        yield f"* CAPABILITY {' '.join(self.capabilities)}\r\n".encode()
        yield self.ok(command)

    def do_noop(self, command: ImapCommand) -> Replies:
        yield self.ok(command)

    def do_id(self, command: ImapCommand) -> Replies:
        if not self.has("ID"):
            raise Refusal("BAD unknown command")
        yield b'* ID ("name" "in memory")\r\n'
        yield self.ok(command)

    def do_enable(self, command: ImapCommand) -> Replies:
        enabled = [text_of(each).upper() for each in command.arguments() if self.has(text_of(each).upper())]
        yield " ".join(["* ENABLED", *enabled]).encode() + b"\r\n"
        yield self.ok(command)

    def do_logout(self, command: ImapCommand) -> Replies:
        self.ended = True
        yield b"* BYE see you\r\n"
        yield self.ok(command)

    def do_starttls(self, command: ImapCommand) -> Replies:
        if self.server.starttls is None or self.encrypted:
            raise Refusal("BAD no TLS here")
        self.encrypted = True
        yield self.ok(command)
        yield Encrypt(self.server.starttls)

    def do_compress(self, command: ImapCommand) -> Replies:
        self.logged_in()
        if not self.has("COMPRESS=DEFLATE") or command.text.upper() != b"COMPRESS DEFLATE":
            raise Refusal("BAD unknown command")
        yield self.ok(command, "DEFLATE active")
        yield Compress()

    def do_login(self, command: ImapCommand) -> Replies:
        if self.has("LOGINDISABLED"):
            raise Refusal("NO [PRIVACYREQUIRED] not without TLS")
        arguments = command.arguments()
        # Names and passwords are UTF-8 whatever the RFC says.
        user, password = (text_of(argument(arguments, at)).encode("latin-1").decode() for at in (0, 1))
        self._let_in(self.server.mailbox_of(user, password))
        yield self._welcome(command)

    def do_authenticate(self, command: ImapCommand) -> Replies:
        arguments = command.arguments()
        mechanism = text_of(argument(arguments, 0)).upper()
        if not self.has(f"AUTH={mechanism}") or len(arguments) < 2:
            raise Refusal("NO this mechanism is not offered")
        if not command.literals and not self.has("SASL-IR"):
            raise Refusal("BAD an initial response was not offered")
        try:
            response = base64.b64decode(text_of(arguments[1]), validate=True).decode()
        except ValueError:
            raise Refusal("BAD no base64") from None
        if mechanism == "PLAIN":
            self._let_in(self._opened_by_password(response))
        elif (mailbox := self.server.mailbox_by_token(response)) is not None:
            self._let_in(mailbox)
        else:
            yield b"+ " + refusal(mechanism) + b"\r\n"
            yield Swallow()
            raise Refusal(_WRONG)
        yield self._welcome(command)

    def _opened_by_password(self, response: str) -> Mailbox | None:
        """RFC 4616. With a right password everybody may act for everybody."""
        authzid, user, password = response.split("\0")
        mailbox = self.server.mailbox_of(user, password)
        return self.server.mailboxes.get(authzid) if mailbox is not None and authzid else mailbox

    def _let_in(self, mailbox: Mailbox | None) -> None:
        if mailbox is None:
            raise Refusal(_WRONG)
        self.mailbox = mailbox
        self.server.logins += 1

    def _welcome(self, command: ImapCommand) -> bytes:
        return self.ok(command, f"[CAPABILITY {' '.join(self.capabilities)}] logged in")
