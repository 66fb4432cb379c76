"""Reports: what has become of migrations, as tables and pages in files."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tui_migrate.model import Account, Migration, MigrationOverview, as_it_is
from tui_migrate.report.book import AccountEntry, Book
from tui_migrate.report.page import page
from tui_migrate.report.tables import ENCODING, HEADINGS, write_tables
from tui_migrate.service.engine import Engine
from tui_migrate.service.new_files import new_files, refuse_old
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, migrations, passes, progress, remarks
from tui_migrate.store.database import Transaction
from tui_migrate.uidset import chunks

_UNSAFE = re.compile(r"[^\w-]+")
_NAME_LIMIT = 60
_AT_ONCE = 200
"""Accounts whose folders are in memory together."""


class Reports:
    """Reports about the migrations in an open store."""

    def __init__(self, store: OpenStore, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def write(self, migration_ids: Sequence[int], folder: Path, *, subjects: bool = False) -> list[Path]:
        """Write what has become of these migrations into new files that their owner alone may read: five tables and a
        page for each. Returns them.

        `subjects`: with the subject lines of messages that failed. Raises StoreUnusable when one of the files is there
        already or cannot be written; none is left behind then."""
        runs = self._engine.status().running
        with self._store.read() as connection:
            found = [migrations.overview(connection, each, self._store.vault) for each in sorted(migration_ids)]
            books = [_book(connection, each, runs, subjects) for each in found]
            pages = {page_name(each.overview.migration): each for each in books}
            encodings = dict.fromkeys(HEADINGS, ENCODING) | dict.fromkeys(pages, "utf-8")
            with new_files(folder, encodings) as files:
                write_tables(books, {name: files[name] for name in HEADINGS}, subjects=subjects)
                for name, book in pages.items():
                    files[name].writelines(page(book))
        return [folder / name for name in files]

    def check_folder(self, folder: Path) -> None:
        """Raises StoreUnusable when no report can be written there: another one is there already."""
        refuse_old(folder, [*HEADINGS])


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


def _entries(connection: Transaction, found: Sequence[Account]) -> Iterator[AccountEntry]:
    for some in chunks(found, _AT_ONCE):
        ids = [each.id for each in some]
        folders, walks = progress.folders_of(connection, ids), passes.listing(connection, ids)
        yield from (AccountEntry(each, tuple(folders[each.id]), tuple(walks[each.id])) for each in some)
