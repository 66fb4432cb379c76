"""What can be done with accounts, the same on every screen that has some: start, pause, retry, prove, verify, more."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from textual import work

from tui_migrate.errors import MigrateError
from tui_migrate.model import Migration
from tui_migrate.service import Service
from tui_migrate.service.logins import Proof, Proving
from tui_migrate.ui.aside import aside
from tui_migrate.ui.format import plural
from tui_migrate.ui.proofs import Progress, ProofTold, ProvingEnded
from tui_migrate.ui.rows.account_rows import AccountRow
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.ask_priority import AskPriority
from tui_migrate.ui.screens.check import CheckScreen
from tui_migrate.ui.screens.verify import VerifyScreen
from tui_migrate.ui.screens.waiving import Waiving

S = TypeVar("S")


class AccountCommands(Waiving[S]):
    """A screen on which some accounts are meant."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.proving: Proving | None = None
        """While logins are being proven."""
        self.progress = Progress(0)
        """Of that, or of the last one."""

    migration: Migration

    @abstractmethod
    def targets(self) -> Sequence[AccountRow]:
        """What a command is about now."""

    def show_proving(self) -> None:
        """Say how far `progress` is, on a screen that has a place for that."""

    def on_unmount(self) -> None:
        if self.proving is not None:
            self.proving.stop()

    def action_start(self) -> None:
        self._act_on(self.targets(), self.service.accounts.start, "started")

    def action_pause(self) -> None:
        self._act_on(self.targets(), self.service.accounts.pause, "pausing")

    def action_retry(self) -> None:
        failed = [row for row in self.targets() if row.can_retry]
        if not failed:
            self.notify("Nothing has failed here; s starts another pass.", timeout=3)
        self._act_on(failed, self.service.accounts.start, "tried again")

    def action_another_pass(self) -> None:
        self._act_on(self.targets(), self.service.passes.another, "another pass")

    def action_priority(self, priority: int | None = None) -> None:
        """Asks for the priority where no digit was pressed."""
        rows = self.targets()
        if priority:
            wish = partial(self.service.accounts.set_priority, priority=priority)
            self._act_on(rows, wish, f"priority {priority}")
        elif priority is None and rows:
            self.app.push_screen(AskPriority(_named(rows)), self.action_priority_of)

    def action_priority_of(self, priority: int | None) -> None:
        self.action_priority(priority or 0)

    def action_delete(self) -> None:
        rows = self.targets()
        if not rows:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._act_on(rows, self.service.accounts.delete, "deleted")

        lost = "Our records of what was copied are lost with it: a later copy compares everything anew."
        question = f"Delete {_named(rows)} from this migration?"
        self.app.push_screen(Ask(question, f"{lost} No mail is touched, on neither server.", "delete"), answered)

    def _act_on(self, rows: Sequence[AccountRow], wish: Callable[[list[int]], object], done: str) -> None:
        if rows:
            self.act(partial(wish, [row.account.id for row in rows]), f"{_named(rows)}: {done}")

    def action_verify(self) -> None:
        if rows := self.targets():
            self.app.push_screen(VerifyScreen(self.service, self.migration, [row.account for row in rows]))

    def action_check(self) -> None:
        if rows := self.targets():
            self.app.push_screen(CheckScreen(self.service, self.migration, [row.account for row in rows]))

    def action_waive(self) -> None:
        self.ask_waiver([row.account for row in self.targets()])

    # Logins

    def action_prove_logins(self) -> None:
        rows = self.targets()
        if self.proving is not None:
            self.notify("Logins are being proven already; leaving the screen ends that.", timeout=3)
        elif rows:
            self._prove([row.account.id for row in rows])

    @work(group="act")
    async def _prove(self, account_ids: list[int]) -> None:
        self.progress = Progress(len(account_ids))
        try:
            proving = await aside(partial(self.service.logins.prove_stored, account_ids, self._told, self._ended))
        except MigrateError as error:
            self.complain(error)
        else:
            self.say_blackout(self.migration)
            self.proving = None if proving.is_over else proving
            self.show_proving()

    def _told(self, proof: Proof) -> None:
        """Called from a thread."""
        self.post_message(ProofTold(proof))

    def _ended(self) -> None:
        """Called from a thread."""
        self.post_message(ProvingEnded())

    def on_proof_told(self, message: ProofTold) -> None:
        self.progress.count(message.proof)
        self.show_proving()

    def on_proving_ended(self) -> None:
        self.proving = None
        said, refused = self.progress.verdict(), bool(self.progress.refused)
        which = " The events (l) say which, and why." if refused else ""
        self.notify(said + which, severity="warning" if refused else "information", markup=False)
        self.refresh_now()


def _named(rows: Sequence[AccountRow]) -> str:
    """`dave@old.example`, or `12 accounts`."""
    return rows[0].account.source_user if len(rows) == 1 else plural(len(rows), "account")
