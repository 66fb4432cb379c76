"""One account by hand: added, or corrected. Nothing is stored before both servers have accepted its logins, unless the
admin says so."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import BadInput, MailError, MigrateError, Problem
from tui_migrate.model import Account, AccountSpec, Login, Migration, Secret, Side
from tui_migrate.service import Service
from tui_migrate.service.account_lists import Heading as Heading
from tui_migrate.service.logins import Inside, logins
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.proofs import login_problem
from tui_migrate.ui.screens.account_fields import FORM_KEYS, AccountFields
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.table import Column, Table

PASSWORDS = (Heading.PASSWORD, Heading.DESTINATION_PASSWORD)
BUSY, LOOKING = "Logging in to both servers…", "Looking at both mailboxes…"
TO_HEED = "▲"
LOGINS_PROVEN, OPENED = "Both logins are accepted.", "Both mailboxes can be opened."
NEXT = "space excludes a folder, ^s stores the account."


def _to_heed(remarks: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What of the remarks on a mailbox has to be done something about, as sentences."""
    return (f"{label}: {text}." for label, text in remarks if text.startswith(TO_HEED))


class AccountForm(AccountFields, inherit_bindings=False):
    """The fields of an account, and the folders of its source once the login is proven."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.PROVE, commands.TICK, commands.UNPROVEN, *FORM_KEYS]
    FIRST = "^s proves both sides, then shows the folders. Nothing is stored before."

    def __init__(self, service: Service, migration: Migration, start: AccountSpec) -> None:
        super().__init__(service, migration, start)
        self._folders: list[str] = []
        self._proven: tuple[Login, Login] | None = None
        self._busy = False

    def body(self) -> Iterable[Widget]:
        yield from super().body()
        columns: list[Column[str]] = [Column("Folder", lambda name, _: Cell(name)), Column("", self._fate, 12)]
        folders: Table[str] = Table(columns, str, empty="The source has no folders.", id="folders")
        folders.display = False
        yield folders

    @property
    def _served(self) -> bool:
        """False where one side is files: nobody logs in to them."""
        return all(each.kind.traits.is_served for each in (self.migration.source, self.migration.destination))

    # Folders

    def _fate(self, name: str, width: int) -> Cell:
        return Cell("✖ excluded", Tone.CARE) if name in self._excluded else Cell("✔ copied", Tone.GOOD)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Folders can be left out where they are listed."""
        return action != "tick" or isinstance(self.focused, Table)

    def action_tick(self) -> None:
        table = self.query_one("#folders", Table)
        if table.current is not None:
            self._excluded ^= {table.current}
            table.show(self._folders)
            table.marked += 1

    # Proving and storing

    def action_prove(self) -> None:
        """The account is stored when its logins are proven."""
        spec = None if self._busy else self._checked()
        if spec is None:
            return
        if self._proven == logins(self.migration, spec):
            self._store(spec, proven=True)
        else:
            self._prove(spec)

    @work(group="prove")
    async def _prove(self, spec: AccountSpec) -> None:
        """Prove both sides, the source first: its folders are wanted."""
        self._busy = True
        self._say(BUSY if self._served else LOOKING)
        self.say_blackout(self.migration)
        pair = logins(self.migration, spec)
        servers = (self.migration.source, self.migration.destination)
        refused: list[Problem] = []
        found: list[Inside] = []
        for side, heading, server, login in zip(Side, PASSWORDS, servers, pair, strict=True):
            try:
                found.append(await aside(partial(self.service.logins.prove, side, self.migration, login)))
            except MailError as error:
                refused.append(login_problem(heading, error, has_password=server.own_passwords))
        self._busy = False
        done = LOGINS_PROVEN if self._served else OPENED
        self._say(self.FIRST if refused else " ".join([done, NEXT, *_to_heed(found[0].remarks)]))
        self._complain(refused)
        if not refused:
            self._proven = pair
            self._folders = [*found[0].folders]
            self.query_one("#excluded").display = False
            table = self.query_one("#folders", Table)
            table.display = True
            table.show(self._folders)
            table.focus()

    def _say(self, text: str) -> None:
        self.query_one("#status", Prose).say(text)

    def action_unproven(self) -> None:
        if spec := self._checked():
            self._ask_unproven(spec)

    def _ask_unproven(self, spec: AccountSpec) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._store(spec, proven=False)

        question = f"Store {spec.source_user} although its logins are not proven?"
        self.app.push_screen(Ask(question, "Whether they work is seen when the account is copied.", "store"), answered)

    @work(group="act")
    async def _store(self, spec: AccountSpec, *, proven: bool) -> None:
        try:
            done = await aside(partial(self._save, spec, proven=proven))
        except BadInput as error:
            self._complain(error.problems)
        except (MigrateError, OSError) as error:
            self.complain(error)
        else:
            self._done = True
            self.notify(f"{spec.source_user}: {done}", markup=False, timeout=3)
            self.dismiss()

    @abstractmethod
    def _save(self, spec: AccountSpec, *, proven: bool) -> str:
        """Store the account. Called in a thread. Returns what was done, in words. Raises BadInput."""


class AddAccountScreen(AccountForm):
    """The form of a new account."""

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service, migration, AccountSpec("", Secret(""), ""))

    def path(self) -> list[str]:
        return [self.migration.title, "Add an account"]

    def _check(self, spec: AccountSpec) -> None:
        self.service.lists.check(self.migration, spec)

    def _save(self, spec: AccountSpec, *, proven: bool) -> str:
        self.service.accounts.add(self.migration.id, spec, proven=proven)
        return "stored"


class EditAccountScreen(AccountForm):
    """The form of a stored account. Its passwords stay where none is typed."""

    def __init__(self, service: Service, migration: Migration, account: Account) -> None:
        start = AccountSpec(
            account.source_user,
            Secret(""),
            account.destination_user,
            priority=account.priority,
            excluded_folders=tuple(sorted(account.excluded_folders)),
            notify=account.notify,
            path=account.path,
        )
        super().__init__(service, migration, start)
        self._account_id = account.id

    def path(self) -> list[str]:
        return [self.migration.title, self._start.source_user, "Edit"]

    def _complete(self, typed: AccountSpec) -> AccountSpec:
        return self.service.accounts.completed(self._account_id, typed)

    def _check(self, spec: AccountSpec) -> None:
        self.service.lists.check(self.migration, spec, self._account_id)

    def _save(self, spec: AccountSpec, *, proven: bool) -> str:
        waited = self.service.accounts.get(self._account_id).needs_admin
        self.service.accounts.change(self._account_id, spec, proven=proven)
        goes_on = waited and not self.service.accounts.get(self._account_id).needs_admin
        return "stored, and it goes on" if goes_on else "stored"
