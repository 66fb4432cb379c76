"""What the threads that prove logins tell a screen. Messages are what another thread may send to a screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui_migrate.errors import LoginRefused, MailError, MigrateError, Outlook, Problem, quoted
from tui_migrate.model import Scope
from tui_migrate.service.account_lists import Heading as Heading
from tui_migrate.service.logins import Proof
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.widgets.line import joined


class ProofTold(Message):
    """The logins of one account were tried."""

    def __init__(self, proof: Proof) -> None:
        super().__init__()
        self.proof = proof


class ProvingEnded(Message):
    """No login is being tried any more."""


def is_refused(proof: Proof) -> bool:
    """True when something is the matter with this account. What a server says to everybody is no verdict on it."""
    return proof.trouble is not None or any(error.scope is not Scope.SERVER for error in proof.errors)


def login_problem(heading: Heading, error: MailError, *, has_password: bool) -> Problem:
    """What a server said to a login, at the field that it is about; `heading`: that of the side's password."""
    if not (has_password and isinstance(error, LoginRefused)):
        heading = Heading.SOURCE if heading is Heading.PASSWORD else Heading.DESTINATION
    return Problem(heading, answer(error))


def answer(error: MigrateError) -> str:
    """What happened, and the words behind it."""
    return f"{error.sentence} {quoted(error)}".rstrip()


@dataclass(slots=True)
class Progress:
    """How far a proving is."""

    total: int
    passed: int = 0
    refused: int = 0
    halted: str = ""
    """Why it ended before its time, and what to do: what a server said that every account would hear."""

    def count(self, proof: Proof) -> None:
        """Count one more proof."""
        if is_refused(proof):
            self.refused += 1
        elif not proof.errors:
            self.passed += 1
        if (error := proof.of_server) is not None:
            self.halted = f"{error.sentence} {error.advise(Outlook.SEEN)}"

    def cells(self) -> list[Cell]:
        """How far the proving is, in a few words."""
        known = Cell(f"proving logins {self.passed + self.refused:,}/{self.total:,}", Tone.BUSY)
        return joined([known, Cell(f"{self.refused:,} refused" if self.refused else "", Tone.BAD)])

    def numbers(self) -> str:
        """What a proving that is over has come to, in numbers."""
        said = f"{plural(self.passed, 'account')} proven, {self.refused:,} refused"
        untried = self.total - self.passed - self.refused
        if untried:
            said += f", {untried:,} not tried"
        return f"{said}."

    def verdict(self) -> str:
        """What a proving that is over has come to, and why it ended too early."""
        return f"{self.numbers()} {self.halted}".rstrip()
