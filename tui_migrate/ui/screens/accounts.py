"""The accounts of a migration while they are copied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from textual import on
from textual.widget import Widget

from tui_migrate.model import Account, AccountState, Migration, MigrationOverview
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import (
    UNKNOWN,
    Cell,
    Tone,
    bar,
    count,
    left,
    plural,
    progress,
    rate,
    seconds_left,
    share,
    size,
)
from tui_migrate.ui.screens.account import AccountScreen
from tui_migrate.ui.screens.failures import FailuresScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse, Shown, account_state, as_it_is, migration_state, tally
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look read."""

    overview: MigrationOverview
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An account as it stands in the list."""

    account: Account
    state: Shown

    def destination(self, width: int) -> Cell:
        """Quiet where it has the same name."""
        account = self.account
        tone = Tone.QUIET if account.destination_user == account.source_user else Tone.PLAIN
        return Cell(account.destination_user, tone)

    def messages(self, width: int) -> Cell:
        """Messages whose fate is known, of all."""
        if not self.account.pass_number:
            return Cell(UNKNOWN, Tone.QUIET)
        return Cell(progress(self.account.counts, exact=width > 12))

    def bar(self, width: int) -> Cell:
        """How far."""
        if not self.account.pass_number:
            return Cell("")
        return Cell(bar(share(self.account.counts, ended=self.account.state.ended), width), self.state.tone)

    def octets(self, width: int) -> Cell:
        """Bytes copied."""
        return Cell(size(self.account.bytes_copied) if self.account.pass_number else "")

    def failures(self, width: int) -> Cell:
        """Messages of this pass that failed."""
        number = self.account.counts.failed
        return Cell(f"{count(number)} ✖" if number else "", Tone.BAD)
