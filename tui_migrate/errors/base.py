"""What every error is made of, and those that concern no mail server."""

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
    said: ClassVar[str] = "The server said"
    """Whose the words are, before a colon."""

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "") -> None:
        super().__init__(sentence)
        self.server_words = server_words
        self.command = command
        self.what_to_do = self.advice
        """Its advice, unless more is known of this one."""
        self.server = ""
        """Key of the server that said it, where that is known."""

    def advise(self, outlook: Outlook, scope: Scope | None = None) -> str:
        """What to do, as it is true for what happens next. `scope`: what it stopped, where that is not its own: a
        connection that was lost may have ended a single message."""
        if scope is Scope.MESSAGE and self.scope is not Scope.MESSAGE:
            return _AT_A_MESSAGE
        if outlook is Outlook.HELD and self.asks:
            return f"{self.what_to_do} {self.asks[0].upper()}{self.asks[1:]}"
        if not self.then_retry:
            return self.what_to_do
        return f"{self.what_to_do} {'Then try again.' if outlook is Outlook.SEEN else 'Then retry the account.'}"


_AT_A_MESSAGE = (
    "Read the server's words: this happened each time that the message was tried. Retry the account to try it once "
    "more; write the message to a file and store it by hand; or skip it."
)


class InternalFault(MailError):
    """Something in this program that nobody foresaw. It ends the account that met it, and no other."""

    kind = "internal fault, please report"
    advice = (
        "Report it with the file that the command in the sentence makes: there are no passwords and no mail in it. "
        "Then retry the account: it goes on where it was."
    )
    then_retry = False
