"""Accounts as they stand in a list: their columns, and the line of their totals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from tui_migrate.errors import LoginRefused, PasswordLost
from tui_migrate.model import (
    ENDED_STATES,
    HELD_STATES,
    Account,
    AccountLine,
    AccountState,
    Counts,
    Migration,
    MigrationOverview,
    Wanted,
)
from tui_migrate.ui.format import (
    RATE_WINDOW,
    UNKNOWN,
    Cell,
    Tone,
    bar,
    left,
    moved,
    plural,
    progress,
    rate,
    seconds_left,
    share,
    size,
    some,
)
from tui_migrate.ui.states import Shown, account_state, reason
from tui_migrate.ui.widgets.line import joined
from tui_migrate.ui.widgets.table import Column


def wants_password(account: Account) -> bool:
    """True for an account that goes on when it is given its new password, which the engine then says first."""
    said = tuple(f"{each.kind.capitalize()}: {each.asks}" for each in (LoginRefused, PasswordLost))
    return account.needs_admin and account.detail.startswith(said)


class AccountRow:
    """An account as it stands in the list."""

    __slots__ = ("_account", "_make", "failures", "line", "state")

    def __init__(
        self,
        line: AccountLine | Account,
        state: Shown,
        failures: int,
        make: Callable[[AccountLine], Account] | None = None,
    ) -> None:
        """`failures`: open ones. `make`: the account of a line, as it is; None: the line is it."""
        self.line, self.state, self.failures = line, state, failures
        self._make = make
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        """All of it, read when it is first asked for: of many thousands few are seen."""
        if self._account is None:
            self._account = self._make(cast(AccountLine, self.line)) if self._make else cast(Account, self.line)
        return self._account

    def tell(self, account: Account) -> None:
        """Take this for the account, as it is: it was read with others."""
        self._account = account

    @property
    def id(self) -> int:
        """Of the account."""
        return self.line.id

    @property
    def counted(self) -> bool:
        """True when its messages have been listed, be they none."""
        return self.account.counts.listed > 0 or self.account.state is AccountState.DONE

    def destination(self, width: int) -> Cell:
        """The destination user; quiet where it is the source user."""
        account = self.account
        tone = Tone.QUIET if account.destination_user == account.source_user else Tone.PLAIN
        return Cell(account.destination_user, tone)

    def messages(self, width: int) -> Cell:
        """Messages whose fate is known, of all."""
        if not self.counted:
            return Cell(UNKNOWN, Tone.QUIET)
        return Cell(progress(self.account.counts, exact=width > 12))

    def bar(self, width: int) -> Cell:
        """How far the account is, as a bar."""
        if not self.counted:
            return Cell("")
        return Cell(bar(share(self.account.counts, ended=self.account.state.ended), width), self.state.tone)

    def octets(self, width: int) -> Cell:
        """Bytes moved in all passes."""
        return Cell(size(self.account.moved.bytes) if self.counted else "")

    def rate(self, width: int) -> Cell:
        """Bytes per second, while it copies."""
        return Cell(rate(self.account.rate_bytes) if self.account.state is AccountState.COPYING else "")

    def left(self, width: int) -> Cell:
        """Time left, while it copies."""
        return Cell(left(seconds_left(self.account)) if self.account.state is AccountState.COPYING else "")

    @property
    def can_retry(self) -> bool:
        """True when something of it did not work."""
        return self.failures > 0 or self.account.state is AccountState.FAILED

    def names(self) -> list[Cell]:
        """Both users, in full."""
        return [Cell(f"{self.account.source_user} → {self.account.destination_user}")]

    def about(self, *, wide: bool) -> list[Cell]:
        """What there is no column for."""
        account = self.account
        cells = []
        if self.counted:
            cells.append(Cell(moved(account, wide=wide)))
        if account.pass_number > 1:
            cells.append(Cell(f"pass {account.pass_number}"))
        return cells

    def way_on(self) -> str:
        """What the account waits for, where that is the admin alone."""
        if self.account.state is AccountState.PAUSED:
            return "Paused by hand: s goes on with it"
        if self.account.state is AccountState.NOT_STARTED:
            return "Not started: s starts it, or all of them in the list of migrations"
        return ""

    def reason(self) -> list[Cell]:
        """Why the state is what it is, and the server's words behind it."""
        words, said = self.account.server_words, reason(self.account)
        if self.account.state in HELD_STATES:
            said = self.state.word
        elif said != self.account.detail:
            said = f"{self.state.word}: {said}"
        said = said or self.way_on()
        if not said and self.failures:
            said = f"{plural(self.failures, 'open failure')}: enter shows why, r tries again"
        if wants_password(self.account):
            said = f"e: new password · {said}"
        return joined([Cell(said, self.state.tone), Cell(f"“{words}”" if words else "", Tone.QUIET)])


COLUMNS: list[Column[AccountRow]] = [
    Column("Prio", lambda row, _: Cell(str(row.account.priority), Tone.QUIET), 4, right=True, least=120),
    Column("User", lambda row, _: Cell(row.account.source_user)),
    Column("Destination user", AccountRow.destination, least=100),
    Column("State", lambda row, width: row.state.cell(width), 13, wide=20),
    Column("Messages", AccountRow.messages, 11, wide=15, right=True, least=44),
    Column("", AccountRow.bar, 6, least=72),
    Column("Moved", AccountRow.octets, 6, right=True, least=100),
    Column("Rate 10s", AccountRow.rate, 8, right=True, least=56),
    Column("Failed", lambda row, _: Cell(some(row.failures), Tone.BAD), 6, right=True, least=50),
    Column("Left", AccountRow.left, 6, right=True, least=72),
]


def outline(line: AccountLine, migration: Migration) -> Account:
    """What a line says of an account, without most of its numbers."""
    names = (line.source_user, line.destination_user, line.priority, line.position, migration.excluded_folders)
    so = (Wanted(line.wanted), AccountState(line.state), line.detail, "", line.pass_number)
    return Account(line.id, migration.id, *names, *so, Counts(line.listed), 0, 0, 0.0, 0.0, None, None)


@dataclass(frozen=True, slots=True)
class Alike:
    """What is shown of accounts of which the same is so."""

    state: AccountState
    shown: Shown
    counted: bool
    """True when their messages have been counted in full."""


_SAID = frozenset({AccountState.PAUSED, AccountState.THROTTLED, *HELD_STATES})
"""States that are shown with what the account says of them."""


def alike_of(
    lines: Iterable[AccountLine], make: Callable[[AccountLine], Account], migration: Wanted
) -> tuple[list[Alike], Counter[Alike]]:
    """What is shown of each of these accounts of a migration that is wanted so, and of how many. `make`: the
    account of a line, as it is."""
    known: dict[tuple[object, ...], Alike] = {}
    each_alike = []
    for line in lines:
        state, begun = line.state, line.pass_number > 0
        key = (state, line.wanted, begun, line.detail if state in _SAID else "")
        if (alike := known.get(key)) is None:
            account = make(line)
            counted = begun and account.state is not AccountState.CHECKING
            alike = known[key] = Alike(account.state, account_state(account, migration), counted)
        each_alike.append(alike)
    by_id = Counter(map(id, each_alike))  # to compare what they are costs more
    numbers: Counter[Alike] = Counter()
    for alike in known.values():
        numbers[alike] += by_id[id(alike)]
    return each_alike, numbers


_GOES_ON = (*ENDED_STATES, AccountState.COPYING, AccountState.WAITING)


def totals(accounts: Mapping[Alike, int], overview: MigrationOverview, width: int, *, moves: bool) -> list[Cell]:
    """The numbers of all accounts together, as many as `width` cells hold; time left only when every account has been
    counted and none is held up: nobody knows for how long. `moves`: an engine is at work, and its rates are of now."""
    ended = sum(number for each, number in accounts.items() if each.state.ended)
    uncounted = not all(each.counted for each in accounts)
    counts = overview.counts
    cells = [
        Cell(f"{ended:,}/{plural(sum(accounts.values()), 'account')}"),
        Cell(f"{progress(counts, more=uncounted)} messages" if counts.listed or not uncounted else ""),
    ]
    if moves and overview.rate_messages > 0:
        cells.append(Cell(f"{rate(overview.rate_bytes)} ({RATE_WINDOW})"))
        if not uncounted and all(each.state in _GOES_ON for each in accounts):
            cells.append(Cell(f"{left(seconds_left(overview))} left"))
    cells.append(Cell(f"{size(overview.moved.bytes)} moved"))
    if sum(len(cell.text) for cell in joined(cells)) > width:
        cells.pop()
    return joined(cells)
