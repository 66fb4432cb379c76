"""What the threads that prove logins tell a screen. Messages are what another thread may send to a screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui_migrate.service.roster import Proof
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.widgets.line import joined


class ProofTold(Message):
    """The logins of one account were tried."""

    def __init__(self, proof: Proof) -> None:
        super().__init__()
        self.proof = proof


class ProvingEnded(Message):
    """No login is being tried any more."""


@dataclass(slots=True)
class Progress:
    """How far a proving is."""

    total: int
    passed: int = 0
    refused: int = 0
    halted: str = ""
    """Why it ended before its time: what a server said that every account would hear."""

    def count(self, proof: Proof) -> None:
        """One more is known."""
        if proof.errors or proof.trouble:
            self.refused += 1
        else:
            self.passed += 1
        if proof.of_server is not None:
            self.halted = proof.of_server.sentence

    def cells(self) -> list[Cell]:
        """In a few words."""
        known = Cell(f"proving logins {self.passed + self.refused:,}/{self.total:,}", Tone.BUSY)
        return joined([known, Cell(f"{self.refused:,} refused" if self.refused else "", Tone.BAD)])

    def verdict(self) -> str:
        """When it is over."""
        said = f"{plural(self.passed, 'account')} proven, {self.refused:,} refused"
        untried = self.total - self.passed - self.refused
        if untried:
            said += f", {untried:,} not tried"
        return f"{said}. {self.halted}".rstrip()
