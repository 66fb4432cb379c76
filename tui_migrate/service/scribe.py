"""The use cases about files that a migration is written into. Part of the service."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import partial
from itertools import count
from pathlib import Path

from tui_migrate.config.dump import dump_accounts, dump_plan
from tui_migrate.config.plan import Plan, Stored, load_plan
from tui_migrate.model import Account, Migration, MigrationOverview, MigrationSpec, as_it_is
from tui_migrate.report.book import Book, Entry
from tui_migrate.report.page import page
from tui_migrate.report.tables import ENCODING, HEADINGS, write_tables
from tui_migrate.service.keeper import Keeper
from tui_migrate.service.new_files import new_files, refuse_old
from tui_migrate.store import accounts, events, migrations, passes, progress, remarks, rules
from tui_migrate.store.accounts import Novelty
from tui_migrate.store.database import Transaction
from tui_migrate.uidset import chunks

__all__ = ["Plan", "Scribe"]

PLAN, LIST = "plan.toml", "accounts.csv"
_HOW_TO = """\
# Written by tui-migrate, without passwords. Read it with:  tui-migrate import-plan plan.toml
# Where this migration is stored already, an empty Password in the list keeps the stored one. Elsewhere, fill in the
# passwords; an admin login, and one under [mail], needs a password_file = "…" in its table: a file with the password
# in it (chmod 600).

"""
_UNSAFE = re.compile(r"[^\w-]+")
_NAME_LIMIT = 60
_AT_ONCE = 200
"""Accounts whose folders are in memory together."""


class Scribe(Keeper):
    """Files about the migrations in an open store. Raises StoreUnusable, NotFound."""

    def report(self, migration_ids: Sequence[int], folder: Path, *, subjects: bool = False) -> list[Path]:
        """Write what has become of these migrations into new files that their owner alone may read: five tables and a
        page for each. Returns them.

        `subjects`: with the subject lines of messages that failed. Raises StoreUnusable when one of the files is there
        already or cannot be written; none is left behind then."""
        runs = self.engine().running
        with self.database.read() as connection:
            overviews = migrations.overviews(connection, self.vault)
            books = [
                _book(connection, each, runs, subjects) for each in overviews if each.migration.id in migration_ids
            ]
            pages = {page_name(each.overview.migration): each for each in books}
            encodings = dict.fromkeys(HEADINGS, ENCODING) | dict.fromkeys(pages, "utf-8")
            with new_files(folder, encodings) as files:
                write_tables(books, {name: files[name] for name in HEADINGS}, subjects=subjects)
                for name, book in pages.items():
                    files[name].writelines(page(book))
        return [folder / name for name in files]

    def check_report(self, folder: Path) -> None:
        """Raises StoreUnusable when no report can be written there: another one is there already."""
        refuse_old(folder, [*HEADINGS])

    # Plans

    def read_plan(self, path: Path) -> Plan:
        """A plan with its list. What is stored of its migration keeps the passwords that they do not have. Raises
        BadInput with every mistake."""
        return load_plan(path, self._known)

    def export(self, migration_id: int, folder: Path) -> list[Path]:
        """Write a migration as a plan with its list, without passwords, into new files that their owner alone may read.
        `read_plan` reads it back as the same. Returns them. Raises StoreUnusable as `report` does."""
        with self.database.read() as connection:
            migration = migrations.get(connection, migration_id, self.vault)
            specs = accounts.specs(connection, migration_id, self.vault)
            shared, own = rules.listing(connection, migration_id), rules.of_accounts(connection, migration_id)
        spec = MigrationSpec(**{each.name: getattr(migration, each.name) for each in fields(MigrationSpec)})
        with new_files(folder, {PLAN: "utf-8", LIST: ENCODING}) as files:
            files[PLAN].write(_HOW_TO + dump_plan(spec, LIST, shared, own))
            own_passwords = any(each.destination_password is not None for each in specs)
            dump_accounts(specs, files[LIST], destination_passwords=own_passwords)
        return [folder / name for name in files]

    def check_export(self, folder: Path) -> None:
        """Raises StoreUnusable when no plan can be written there: another one is there already."""
        refuse_old(folder, [PLAN, LIST])

    def _known(self, title: str) -> Stored | None:
        with self.database.read() as connection:
            migration_id = migrations.titled(connection, title)
            if migration_id is None:
                return None
            known = migrations.get(connection, migration_id, self.vault)
            specs = accounts.specs(connection, migration_id, self.vault)
        return Stored(known.source, known.destination, {each.source_user: each for each in specs}, known.mailing)

    def novelties(self, plan: Plan) -> Counter[Novelty] | None:
        """How many accounts of the plan are new, changed and unchanged; None when the migration itself is new."""
        with self.database.read() as connection:
            migration_id = migrations.titled(connection, plan.migration.title)
            if migration_id is None:
                return None
            return Counter(accounts.compare(connection, migration_id, plan.accounts, self.vault).values())

    @staticmethod
    def new_folder(kind: str, at: float, ending: str = "") -> Path:
        """The name of a folder, or of a file with this ending, that is not here yet, by the day of `at`:
        `tui-migrate-report-2025-03-12`, with a number behind it for a second one."""
        plain = f"tui-migrate-{kind}-{time.strftime('%Y-%m-%d', time.localtime(at))}"
        names = (Path(f"{plain}{ending}" if number == 1 else f"{plain}-{number}{ending}") for number in count(1))
        return next(name for name in names if not os.path.lexists(name))


def page_name(migration: Migration) -> str:
    """`7-Head-office.html`: the number tells titles apart that differ in signs that no file name can have."""
    title = _UNSAFE.sub("-", migration.title).strip("-")[:_NAME_LIMIT]
    return f"{migration.id}-{title}.html" if title else f"{migration.id}.html"


def _book(connection: Transaction, overview: MigrationOverview, runs: bool, subjects: bool) -> Book:
    migration_id = overview.migration.id
    listed = accounts.listing(connection, migration_id)
    found = [as_it_is(each, overview.migration.wanted, engine=runs) for each in listed]
    return Book(
        overview,
        time.time(),
        passes.totals(connection, migration_id),
        found,
        events.failure_counts(connection, migration_id),
        partial(_entries, connection, found),
        partial(events.each_failure, connection, migration_id=migration_id),
        partial(remarks.listing, connection, migration_id=migration_id),
        subjects,
    )


def _entries(connection: Transaction, found: Sequence[Account]) -> Iterator[Entry]:
    for some in chunks(found, _AT_ONCE):
        ids = [each.id for each in some]
        folders, walks = progress.folders_of(connection, ids), passes.listing(connection, ids)
        yield from (Entry(each, tuple(folders[each.id]), tuple(walks[each.id])) for each in some)
