"""Everything that can go wrong, as one tree. Translated once, at the bottom (mail/, store/, config/),
shown as it is at the top.

MigrateError                 an error an admin can read
├── BadInput                 a file or a form is wrong; carries every mistake with its place
├── StoreUnusable            the database cannot be opened or written
├── LockHeld                 another engine works on this store
├── NotFound                 no such migration or account
├── NotStorable              a value that the store does not take
├── StillRunning             not while it is being copied
└── MailError                a mail server said or did something
    ├── CannotConnect        unknown host, refused, unreachable, timed out before the greeting     server   retry
    │   └── TlsTooOld        no version of TLS or no cipher in common                              server   retry
    ├── CertificateRefused   self-signed, expired, wrong name, unknown issuer                      server
    ├── StartTlsMissing      STARTTLS wanted and not offered                                       server
    ├── LoginRefused         the server does not accept this login                                 account
    │   ├── AdminRefused     … of the admin for this mailbox                                       account
    │   └── TokenRefused     … with the token that the command gave                                account
    ├── LoginTrouble         the server cannot log in anybody, for a reason of its own                account  retry
    ├── NoToken              the token command cannot be run, or prints none                       account
    │   └── TokenCommandFailed  it failed, or took too long: the network may be behind it          account  retry
    ├── Disconnected         the connection ended                                                  account  retry
    │   ├── Stalled          … because the server said nothing for too long                        account  retry
    │   ├── Unpipelined      … because the server takes one command at a time                       account  retry
    │   └── Contradicted     a folder is told to be another one in two places                      folder   retry
    ├── TooManyConnections   the server's ceiling is below ours                                    server   retry
    ├── Throttled            the server asks for a pause; carries seconds                          account  retry
    │   ├── DayUsedUp        the account's bytes of a day are used up                              account  retry
    │   └── MailboxInUse     another session has the POP mailbox open                              account  retry
    ├── OverQuota            the destination mailbox is full                                       account
    ├── WouldNotFit          the destination mailbox has not the room for all                      account
    ├── CommandRefused       NO or BAD to a command that was about no message                      folder
    │   └── FolderNotMade    … to CREATE                                                           folder
    │       └── NameRefused  … because of the folder's name                                        folder
    ├── MessageRefused       NO or BAD to one message                                              message
    ├── Poisoned             BAD behind a non-synchronising literal: the connection must not live  account  retry
    ├── ListingDoubted       folders that the server lists, or may have, and that we cannot make out      folder
    ├── MailboxChanged       UIDVALIDITY is another one: what we knew of the folder is void        folder
    ├── LetterRefused        the SMTP server does not take a mail to a user                         message
    │   └── LetterDelayed    … not now                                                             message  retry
    ├── LetterInDoubt        the SMTP server took a mail to a user, or did not: no answer came     message
    ├── ProtocolViolation    a reply that no RFC allows                                            account  retry
    ├── MessageEndsConnections  … at this message, also alone                                      message
    ├── FolderEndsConnections   … at this folder                                                   folder
    └── InternalFault        ours, and of this account alone                                       account
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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


class NotStorable(MigrateError):
    """The store works, and does not take this: a value or an operation of ours is at fault."""

    kind = "not storable"


class StillRunning(MigrateError):
    """This cannot be done while the migration is being copied."""

    kind = "still running"


class Outlook(StrEnum):
    """What will be done about an error without the admin, in the state in which he reads of it. Nothing ever is where
    advice is read: an account that is tried again says when, and has no failure."""

    GIVEN_UP = "given up"
    """Nothing, until somebody asks for another try or another pass."""
    HELD = "held"
    """The account is paused for it, and goes on when it is given what it waits for."""
    SEEN = "seen"
    """It was tried because the admin wanted to see it: a test, a check, a preview."""


class MailError(MigrateError):
    """A mail server said or did something that stops a message, a folder, an account or a server.

    `server_words` is the verbatim reply, `command` the command it answers, without secrets.
    """

    kind = "mail error"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    advice: ClassVar[str] = "Read the server's words."
    """What the admin can do about it, true in any state. Where it is shown, `advise` says it."""
    then_retry: ClassVar[bool] = True
    """False where the advice says itself what comes after it."""
    asks: ClassVar[str] = ""
    """What an account that had worked waits for, as the rest of a sentence; empty: it waits for nothing."""
    retry: ClassVar[bool] = False
    """True if trying again later, changed by nobody, can help."""

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "") -> None:
        super().__init__(sentence)
        self.server_words = server_words
        self.command = command
        self.server = ""
        """Key of the server that said it, where that is known."""

    def advise(self, outlook: Outlook, scope: Scope | None = None) -> str:
        """What to do, as it is true for what happens next. `scope`: what it stopped, where that is not its own: a
        connection that was lost may have ended a single message."""
        if scope is Scope.MESSAGE and self.scope is not Scope.MESSAGE:
            return _AT_A_MESSAGE
        if outlook is Outlook.HELD and self.asks:
            return f"{self.advice} {self.asks[0].upper()}{self.asks[1:]}"
        if not self.then_retry:
            return self.advice
        return f"{self.advice} {'Then try again.' if outlook is Outlook.SEEN else 'Then retry the account.'}"


_AT_A_MESSAGE = (
    "Read the server's words: this came each time that the message was tried. Retry the account to try it once more; "
    "write the message to a file and store it by hand; or skip it."
)


class CannotConnect(MailError):
    """No connection: unknown host, refused, unreachable, or no greeting in time."""

    kind = "cannot connect"
    scope = Scope.SERVER
    retry = True
    advice = "Check host name, port and security of the server, and that this machine may reach it."


class TlsTooOld(CannotConnect):
    """The server has no version of TLS, or no cipher or key exchange, that this machine still takes."""

    kind = "TLS too old"
    advice = (
        "Have TLS 1.2 or newer with a modern key exchange (ECDHE) switched on at the server, or put a proxy that has "
        "it (such as stunnel) beside the server and give its name and port here."
    )


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
    advice = "Correct the user or the password; some providers want an app password."
    asks = "give its new password, and it goes on by itself."

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", clear: bool = True) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.clear = clear
        """False where the server has not said that the login is wrong: it may be in trouble itself."""

    def advise(self, outlook: Outlook, scope: Scope | None = None) -> str:
        """The password is not blamed where the server does not."""
        said = super().advise(outlook, scope)
        return said if self.clear else f"The server gives no reason: it may be in trouble itself. {said}"


class AdminRefused(LoginRefused):
    """The server does not accept the admin's login for this mailbox."""

    advice = (
        "Check that the mailbox exists under this name, and the admin's user, password and style in the migration's "
        "form or plan."
    )
    asks = "give the migration the admin's new password, and it goes on by itself."


class TokenRefused(LoginRefused):
    """The server does not accept the token for this mailbox."""

    advice = (
        "Check that the token command gives a token for this mailbox with the right (scope) to use this protocol, and "
        "that the user's name is the one the provider knows."
    )
    asks = "mend the token command, then start it again."


class LoginTrouble(MailError):
    """The server cannot log in anybody, or not this user, for a reason of its own: nothing is said of the login."""

    kind = "no login just now"
    retry = True
    advice = "Read the server's words, and have its log looked at: the user and the password may well be right."


class NoToken(MailError):
    """The command that is to print a mailbox's access token cannot be run, or prints none. `server_words` is the last
    line of what it complained of."""

    kind = "no token"
    advice = "Run the token command by hand as the user that runs the engine, until it prints a token."
    asks = TokenRefused.asks


class TokenCommandFailed(NoToken):
    """The token command ended with an error, or did not end: what it asks may be away for a moment."""

    retry = True


class Disconnected(MailError):
    """The connection ended or made no progress."""

    kind = "connection lost"
    retry = True
    advice = "Look at the network between this machine and the server, and have the server's log looked at."


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
    advice = "Leave the server alone for the time that it asks for, or have its limits raised."

    def __init__(
        self, sentence: str, *, server_words: str = "", command: str = "", seconds: float | None = None
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.seconds = seconds


class MailboxInUse(Throttled):
    """The login is right, and another session has the mailbox open: POP gives it to one at a time (RFC 2449
    section 8.1.2)."""

    kind = "mailbox in use"
    advice = "Close the mail programs that have this mailbox open."


class DayUsedUp(Throttled):
    """What the admin allows an account to move in 24 hours has moved. `side`: source or destination."""

    kind = "daily limit used up"
    advice = "Set a higher limit of bytes a day, or wait until the day is over."

    def __init__(self, side: str, limit: int, seconds: float) -> None:
        amount = f"{limit / 1e6:,.0f} MB" if limit >= 1_000_000 else f"{limit:,} bytes"
        super().__init__(f"{amount} a day are used up at the {side}.", seconds=seconds)


class OverQuota(MailError):
    """The destination mailbox is full: every further message would fail too."""

    kind = "destination over quota"
    advice = "Raise the quota of the destination mailbox."


class WouldNotFit(MailError):
    """More is to be copied than the destination mailbox has room for: found before anything was copied."""

    kind = "does not fit"
    advice = (
        "Raise the quota of the destination mailbox and check the account again: then it may start. Or let it start "
        "all the same (W, or tui-migrate check --waive): what another tool has copied there is not counted off here."
    )
    then_retry = False


class CommandRefused(MailError):
    """The server refused a command that concerns a folder. `code` is its response code (RFC 5530), upper case,
    or empty."""

    kind = "command refused"
    scope = Scope.FOLDER
    advice = "Read the server's words: the folder may need other rights or another name, or may have to stay behind."

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", code: str = "") -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.code = code


class FolderNotMade(CommandRefused):
    """The destination does not make a folder."""

    kind = "folder not made"
    advice = (
        "Make it by hand at the destination, or say under folders (m) where its mail is to go instead; then retry the "
        "account."
    )
    then_retry = False


class NameRefused(FolderNotMade):
    """The destination cannot have a folder of this name. `taken`: it takes the name for that of another folder.
    `instead`: the name, as on the wire, under which it has made the folder."""

    kind = "folder name refused"

    def __init__(
        self,
        sentence: str,
        *,
        server_words: str = "",
        command: str = "",
        code: str = "",
        taken: bool = False,
        instead: bytes | None = None,
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command, code=code)
        self.taken = taken
        self.instead = instead


class MessageRefused(MailError):
    """The server refused one message, or cannot hand it out."""

    kind = "message refused"
    scope = Scope.MESSAGE
    advice = "Read the server's words; write the message to a file and store it by hand, or skip it."
    then_retry = False

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", own: bool = True) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.own = own
        """False when the server has named nothing that is wrong with the message: it may be ill itself."""


class Poisoned(MailError):
    """BAD behind a non-synchronising literal.

    Dovecot then reads the message's own lines as commands, so the connection is closed at once and the destination
    looked at.
    """

    kind = "connection poisoned"
    retry = True
    advice = "Read the server's words: it reads a message as commands. Have its log looked at."

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
    advice = "If the folder was emptied or rebuilt on purpose, retry it: what is missing is then copied again."
    then_retry = False


class ListingDoubted(MailError):
    """There may be folders that are not listed, or not so that they could be read."""

    kind = "folder list in doubt"
    scope = Scope.FOLDER
    advice = (
        "Compare the folders that a mail program shows in this mailbox with those that were copied. One whose name the "
        "server does not tell well can be renamed there; then run the account again."
    )


class ProtocolViolation(MailError):
    """The server sent a reply that cannot be read."""

    kind = "unreadable reply"
    retry = True
    advice = "Report the server's words to those who run it: no mail program can read this reply."


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
