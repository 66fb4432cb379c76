"""Accounts being verified, and what has come of them."""

from __future__ import annotations

from dataclasses import dataclass

from tui_migrate.engine.audit.findings import Sum
from tui_migrate.engine.audit.verify import FolderReport
from tui_migrate.errors import MailError, MigrateError
from tui_migrate.model import Account
from tui_migrate.service.sweep import Sweep


@dataclass(frozen=True, slots=True)
class AccountReport:
    """What one account has come to."""

    account: Account
    folders: tuple[FolderReport, ...] = ()
    excluded: tuple[str, ...] = ()
    """Source folders that are not copied, and were not compared."""
    notes: tuple[str, ...] = ()
    """What is to be said beside what is not the same: what was not compared, and what only looked different."""
    doubts: tuple[MailError, ...] = ()
    """Why there may be folders that were not compared."""
    error: MigrateError | None = None
    """Why not all of it could be compared."""

    @property
    def sum(self) -> Sum:
        """Of all folders."""
        return sum((folder.sum for folder in self.folders), Sum())

    @property
    def same(self) -> bool:
        """True when nothing is missing, extra, different or unknown."""
        return self.error is None and not self.doubts and all(folder.same for folder in self.folders)

    @property
    def whole(self) -> bool:
        """True when all mail is there, whatever has become of flags that cannot be kept, and of dates."""
        return self.error is None and not self.doubts and all(folder.whole for folder in self.folders)


class Verifying(Sweep[AccountReport]):
    """Accounts that are being verified."""
