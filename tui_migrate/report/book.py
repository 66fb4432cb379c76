"""What a report is made of. Accounts come one by one: a report on hundreds of thousands of folders holds a few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_migrate.model import Account, Counts, Failure, FolderProgress, MigrationOverview, Pass, PassTotals, Remark

COUNTS = ("Listed", "Copied", "Brought earlier", "Already there", "Excluded", "Gone", "Failed", "To go")
"""Headings of `numbers`."""


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """An account with all that is to be said of it."""

    account: Account
    folders: tuple[FolderProgress, ...]
    passes: tuple[Pass, ...]

    @property
    def left_behind(self) -> int:
        """Messages in folders that are excluded as a whole: they count for the account, and for none of its folders."""
        inside = sum(folder.counts.excluded for folder in self.folders)
        return max(0, self.account.counts.excluded - inside)


@dataclass(frozen=True, slots=True)
class Book:
    """One migration at one moment."""

    overview: MigrationOverview
    written_at: float
    """Epoch seconds."""
    rounds: Sequence[PassTotals]
    accounts: Sequence[Account]
    """In the order in which they run."""
    failure_counts: Mapping[int, int]
    """Open failures by account, for those that have any."""
    entries: Callable[[], Iterable[AccountEntry]]
    """The same accounts with all the rest; from the start each time it is called."""
    failures: Callable[[], Iterable[Failure]]
    """The open ones, the oldest first."""
    remarks: Callable[[], Iterable[Remark]]
    """What is not as it was and is no failure."""
    subjects: bool
    """Whether subject lines may be shown."""

    @property
    def title(self) -> str:
        """The title of the migration."""
        return self.overview.migration.title


def seconds(began: float | None, ended: float | None) -> float | None:
    """How long something took, rests included; None before its end, and where the clock was set back."""
    return ended - began if began is not None and ended is not None and ended > began else None


def numbers(counts: Counts) -> tuple[int, int, int, int, int, int, int, int]:
    """The numbers of a row, one below each of `COUNTS`: what was listed, where it went, what is still to go."""
    settled = (counts.copied, counts.brought, counts.there, counts.excluded, counts.gone, counts.failed)
    return (counts.listed, *settled, counts.pending)
