"""Account lists: read from files, corrected row by row, compared with what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tui_migrate.config.accounts import (
    Heading,
    ListNeeds,
    ListRow,
    Mistake,
    check_account,
    load_rows,
    mark_doubles,
    read_list,
)
from tui_migrate.config.readings import EncodedList, readings
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AccountSpec, Migration
from tui_migrate.model.lists import Novelty
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts

__all__ = ["AccountLists", "EncodedList", "Heading", "ListRow", "Mistake", "Novelty"]


class AccountLists:
    """Lists of accounts, and single ones as they are typed, for the migrations in an open store."""

    def __init__(self, store: OpenStore) -> None:
        self._store = store

    def readings(self, migration: Migration, path: Path) -> list[EncodedList]:
        """The encodings among which the admin is to choose for an account list, with what its users are called in each;
        none where its own can be told. Raises BadInput when it is no text file."""
        return readings(read_list(path), path.name, _needs(migration))

    def read(self, migration: Migration, path: Path, encoding: str = "") -> list[ListRow]:
        """The good and the bad rows of an account list; an account that is stored already keeps its passwords where the
        list has none. `encoding`: the one that the admin says it has. Raises BadInput when it is no list at all."""
        with self._store.read() as connection:
            stored = {each.source_user: each for each in accounts.specs(connection, migration.id, self._store.vault)}
        return load_rows(path, _needs(migration), encoding=encoding, stored=stored)

    def corrected(self, migration: Migration, rows: Sequence[ListRow], changed: ListRow | None = None) -> list[ListRow]:
        """The rows of a list after one was changed or taken away."""
        if changed is not None:
            checked = replace(changed, mistakes=tuple(check_account(changed.spec, _needs(migration))))
            rows = [checked if row.line == changed.line else row for row in rows]
        return mark_doubles(rows)

    def compare(self, migration_id: int, specs: Sequence[AccountSpec]) -> dict[str, Novelty]:
        """Which of these accounts are new, which differ from what is stored, and which do not; by source user."""
        with self._store.read() as connection:
            return accounts.compare(connection, migration_id, specs, self._store.vault)

    def check(self, migration: Migration, spec: AccountSpec, account_id: int | None = None) -> None:
        """Raises BadInput with all that is wrong with an account that was typed, each problem's place a heading of
        account lists. `account_id`: it is to replace this account."""
        mistakes = check_account(spec, _needs(migration))
        problems = [Problem(mistake.column or "", mistake.text) for mistake in mistakes]
        with self._store.read() as connection:
            other = accounts.find(connection, migration.id, spec.source_user)
        if other not in (None, account_id):
            problems.append(Problem(Heading.SOURCE, "is an account of this migration already"))
        if problems:
            raise BadInput(problems)


def _needs(migration: Migration) -> ListNeeds:
    return ListNeeds.of(migration.source, migration.destination)
