"""One row of an account list, to be corrected before it is proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AccountSpec, Migration, Secret
from tui_migrate.service import Service
from tui_migrate.service.account_lists import ListRow
from tui_migrate.ui import commands
from tui_migrate.ui.screens.account_fields import FORM_KEYS, AccountFields


class EditRowScreen(AccountFields, inherit_bindings=False):
    """The row's fields, and at each what was wrong with it. The file stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.KEEP_ROW, *FORM_KEYS]
    FIRST = "^s takes the correction over; the row is then proven with the others."

    def __init__(
        self,
        service: Service,
        migration: Migration,
        row: ListRow,
        problems: Sequence[Problem],
        done: Callable[[ListRow], None],
    ) -> None:
        """`problems`: what is wrong with it to begin with, each at its heading."""
        super().__init__(service, migration, row.spec)
        self._row = row
        self._problems = problems
        self._tell = done

    def path(self) -> list[str]:
        return [self.migration.title, "Import", f"Line {self._row.line}"]

    def on_mount(self) -> None:
        super().on_mount()
        self._complain(self._problems)

    def _complete(self, typed: AccountSpec) -> AccountSpec:
        """A password that is not typed stays."""
        kept = self._row.spec
        source = typed.source_password if typed.source_password != Secret("") else kept.source_password
        destination = typed.destination_password or kept.destination_password
        return replace(typed, source_password=source, destination_password=destination)

    def _check(self, spec: AccountSpec) -> None:
        changed = ListRow(self._row.line, spec)
        (checked,) = self.service.lists.corrected(self.migration, [self._row], changed)
        if checked.mistakes:
            raise BadInput([Problem(mistake.column or "", mistake.text) for mistake in checked.mistakes])

    def action_keep(self) -> None:
        if spec := self._checked():
            self._done = True
            self._tell(ListRow(self._row.line, spec))
            self.dismiss()
