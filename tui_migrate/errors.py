"""Everything that can go wrong, as one tree. Translated once, at the bottom (mail/, store/, config/),
shown as it is at the top.

MigrateError                 an error an admin can read
├── BadInput                 a file or a form is wrong; carries every mistake with its place
├── StoreUnusable            the database cannot be opened or written
├── LockHeld                 another engine works on this store
├── NotFound                 no such migration or account
├── StillRunning             not while it is being copied
└── MailError                a mail server said or did something
    ├── CannotConnect        unknown host, refused, unreachable, timed out before the greeting     server   retry
    ├── CertificateRefused   self-signed, expired, wrong name, unknown issuer                      server
    ├── StartTlsMissing      STARTTLS wanted and not offered                                       server
    ├── LoginRefused         the server does not accept this login                                 account
    │   ├── AdminRefused     … of the admin for this mailbox                                       account
    │   └── TokenRefused     … with the token that the command gave                                account
    ├── NoToken              the token command cannot be run, or prints none                       account
    │   └── TokenCommandFailed  it failed, or took too long: the network may be behind it          account  retry
    ├── Disconnected         the connection ended or stalled                                       account  retry
    ├── TooManyConnections   the server's ceiling is below ours                                    server   retry
    ├── Throttled            the server asks for a pause; carries seconds                          account  retry
    │   ├── DayUsedUp        the account's bytes of a day are used up                              account  retry
    │   └── MailboxInUse     another session has the POP mailbox open                              account  retry
    ├── OverQuota            the destination mailbox is full                                       account
    ├── WouldNotFit          the destination mailbox has not the room for all                      account
    ├── CommandRefused       NO or BAD to a command that was about no message                      folder
    ├── MessageRefused       NO or BAD to one message                                              message
    ├── Poisoned             BAD behind a non-synchronising literal: the connection must not live  account  retry
    ├── MailboxChanged       UIDVALIDITY is another one: what we knew of the folder is void        folder
    ├── LetterRefused        the SMTP server does not take a mail to a user                         message
    │   └── LetterDelayed    … not now                                                             message  retry
    ├── LetterInDoubt        the SMTP server took a mail to a user, or did not: no answer came     message
    └── ProtocolViolation    a reply that no RFC allows                                            account  retry
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tui_migrate.model import Scope


class MigrateError(Exception):
    """An error that an admin can read: what happened, and what to do about it."""

    kind: ClassVar[str] = "error"
    advice: ClassVar[str] = ""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in an input, with its place (`plan.toml: source.prot`, `accounts.csv line 7`)."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class BadInput(MigrateError):
    """A file or a form has mistakes; `problems` has all of them. Nothing was stored."""

    kind = "bad input"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class StoreUnusable(MigrateError):
    """The store cannot be opened, read or written."""

    kind = "store unusable"


class LockHeld(MigrateError):
    """Another engine holds this store."""

    kind = "store in use"


class NotFound(MigrateError):
    """There is no such migration or account."""

    kind = "not found"


class StillRunning(MigrateError):
    """This cannot be done while the migration is being copied."""

    kind = "still running"


class MailError(MigrateError):
    """A mail server said or did something that stops a message, a folder, an account or a server.

    `server_words` is the verbatim reply, `command` the command it answers, without secrets.
    """

    kind = "mail error"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    retry: ClassVar[bool] = False
    """True if trying again later, changed by nobody, can help."""

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "") -> None:
        super().__init__(sentence)
        self.server_words = server_words
        self.command = command
        self.server = ""
        """Key of the server that said it, where that is known."""


class CannotConnect(MailError):
    """No connection: unknown host, refused, unreachable, or no greeting in time."""

    kind = "cannot connect"
    scope = Scope.SERVER
    retry = True
    advice = "Check host name, port and security of the server, and that this machine may reach it."


class CertificateRefused(MailError):
    """The server's certificate is not to be trusted."""

    kind = "certificate refused"
    scope = Scope.SERVER
    advice = (
        "Have the server's certificate renewed, use the host name that it is made for, or name the file of its CA's "
        "certificate as private CA file (ca_file in a plan)."
    )


class StartTlsMissing(MailError):
    """STARTTLS is wanted and the server does not offer it."""

    kind = "STARTTLS not offered"
    scope = Scope.SERVER
    advice = "Use security tls (port 993, POP 995) if the server has it; none would send passwords in the clear."


class LoginRefused(MailError):
    """The server does not accept this login."""

    kind = "login refused"
    advice = "Correct the user or the password and retry the account; some providers want an app password."
    asks: ClassVar[str] = "give its new password, and it goes on by itself."
    """What an account that had worked waits for, as the rest of a sentence."""


class AdminRefused(LoginRefused):
    """The server does not accept the admin's login for this mailbox."""

    advice = (
        "Check that the mailbox exists under this name, and the admin's user, password and style in the migration's "
        "form or plan; then retry the account."
    )
    asks = "give the migration the admin's new password, and it goes on by itself."


class TokenRefused(LoginRefused):
    """The server does not accept the token for this mailbox."""

    advice = (
        "Check that the token command gives a token for this mailbox with the right (scope) to use this protocol, and "
        "that the user's name is the one the provider knows; then retry the account."
    )
    asks = "mend the token command, then start it again."


class NoToken(MailError):
    """The command that is to print a mailbox's access token cannot be run, or prints none. `server_words` is the last
    line of what it complained of."""

    kind = "no token"
    advice = (
        "Run the token command by hand as the user that runs the engine; when it prints a token, retry the account."
    )
    asks: ClassVar[str] = TokenRefused.asks
    """What an account that had worked waits for, as the rest of a sentence."""


class TokenCommandFailed(NoToken):
    """The token command ended with an error, or did not end: what it asks may be away for a moment."""

    retry = True


class Disconnected(MailError):
    """The connection ended or made no progress."""

    kind = "connection lost"
    retry = True
    advice = "Nothing to do: the account is tried again by itself."


class TooManyConnections(MailError):
    """The server allows fewer connections than we tried to have."""

    kind = "too many connections"
    scope = Scope.SERVER
    retry = True
    advice = "Lower max_connections of this server, or close other clients of the mailbox."


class Throttled(MailError):
    """The server asks us to wait. `seconds` is the time it named, or None."""

    kind = "throttled"
    retry = True
    advice = "Nothing to do: the account goes on when the time the server named has passed."

    def __init__(
        self, sentence: str, *, server_words: str = "", command: str = "", seconds: float | None = None
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.seconds = seconds


class MailboxInUse(Throttled):
    """The login is right, and another session has the mailbox open: POP gives it to one at a time (RFC 2449
    section 8.1.2)."""

    kind = "mailbox in use"
    advice = "Nothing to do: the account is tried again by itself. A mail program that reads this mailbox delays it."


class DayUsedUp(Throttled):
    """What the admin allows an account to move in 24 hours has moved. `side`: source or destination."""

    kind = "daily limit used up"
    advice = "Nothing to do: the account goes on by itself. A higher limit of bytes a day lets it go on at once."

    def __init__(self, side: str, limit: int, seconds: float) -> None:
        amount = f"{limit / 1e6:,.0f} MB" if limit >= 1_000_000 else f"{limit:,} bytes"
        super().__init__(f"{amount} a day are used up at the {side}.", seconds=seconds)


class OverQuota(MailError):
    """The destination mailbox is full: every further message would fail too."""

    kind = "destination over quota"
    advice = "Raise the quota of the destination mailbox, then retry the account."


class WouldNotFit(MailError):
    """More is to be copied than the destination mailbox has room for: found before anything was copied."""

    kind = "does not fit"
    advice = (
        "Raise the quota of the destination mailbox and check the account again: it goes on by itself. Or let it start "
        "all the same (W, or tui-migrate check --waive): what another tool has copied there is not counted off here."
    )


class CommandRefused(MailError):
    """The server refused a command that concerns a folder. `code` is its response code (RFC 5530), upper case,
    or empty."""

    kind = "command refused"
    scope = Scope.FOLDER

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", code: str = "") -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.code = code


class MessageRefused(MailError):
    """The server refused one message, or cannot hand it out."""

    kind = "message refused"
    scope = Scope.MESSAGE
    advice = "Read the server's words; write the message to a file and store it by hand, or skip it."


class Poisoned(MailError):
    """BAD behind a non-synchronising literal.

    Dovecot then reads the message's own lines as commands, so the connection is closed at once and the destination
    looked at.
    """

    kind = "connection poisoned"
    retry = True
    advice = "Nothing to do: the message is sent again alone with a synchronising literal."

    def __init__(
        self, sentence: str, *, server_words: str = "", command: str = "", suspects: frozenset[tuple[bytes, int]]
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.suspects = suspects
        """Destination folder and source UID of the messages one of which did it."""


class MailboxChanged(MailError):
    """A folder's UIDVALIDITY is another one than the journal's, and its messages could not be recognised."""

    kind = "folder was replaced"
    scope = Scope.FOLDER
    advice = (
        "Nothing is copied into it, however often it is tried: its user may have deleted what is missing. If it was "
        "emptied or rebuilt, let it be filled again (F, or tui-migrate refill): all that is missing is then copied."
    )


class ProtocolViolation(MailError):
    """The server sent a reply that cannot be read."""

    kind = "unreadable reply"
    retry = True
    advice = "Tried again by itself; if it stays, report the server's words."


class LetterRefused(MailError):
    """The SMTP server does not take a letter: the recipient, the sender, or the text (5yz, RFC 5321 section 4.2.1)."""

    kind = "mail to user refused"
    scope = Scope.MESSAGE


class LetterDelayed(LetterRefused):
    """The SMTP server does not take a letter now (4yz)."""

    kind = "mail to user delayed"
    retry = True


class LetterInDoubt(MailError):
    """The whole letter was sent, and the connection ended before the server's answer."""

    kind = "mail to user in doubt"
    scope = Scope.MESSAGE
