"""Plans: read from files, stored, and written into files again."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

from tui_migrate.config.plan import Plan, StoredMigration, load_plan
from tui_migrate.model import MigrationSpec
from tui_migrate.model.lists import Imported, Novelty
from tui_migrate.service.migrations import Migrations
from tui_migrate.service.new_files import new_files, refuse_old
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, migrations, rules

__all__ = ["Plan", "Plans"]

PLAN, LIST = "plan.toml", "accounts.csv"
_HOW_TO = """\
# Written by tui-migrate, without passwords. Read it with:  tui-migrate import-plan plan.toml
# Where this migration is stored already, an empty Password in the list keeps the stored one. Elsewhere, fill in the
# passwords; an admin login, one under [mail] and one at a proxy need a password_file = "…" in their tables: a file with
# the password in it (chmod 600). A table oauth needs its secret_file = "…", unless somebody signs in.

"""


class Plans:
    """Migrations of an open store as files that can be read again."""

    def __init__(self, store: OpenStore, migrations: Migrations) -> None:
        self._store = store
        self._migrations = migrations

    def read(self, path: Path) -> Plan:
        """A plan with its list. What is stored of its migration keeps the passwords that they do not have. Raises
        BadInput with every mistake."""
        return load_plan(path, self._stored)

    def save(self, plan: Plan) -> tuple[int, Imported]:
        """Create or update the plan's migration and its accounts, in one transaction. Returns its id and what changed.
        Raises StillRunning as `Migrations.change` does."""
        with self._store.write() as connection:
            migration_id = migrations.titled(connection, plan.migration.title)
            if migration_id is None:
                migration_id = migrations.create(connection, plan.migration, self._store.vault)
            else:
                self._migrations.put(connection, migration_id, plan.migration)
            imported = accounts.save(connection, migration_id, plan.accounts, self._store.vault)
            for rule in plan.rules:
                rules.put(connection, migration_id, rule)
            for user, some in plan.account_rules.items():
                account_id = accounts.find(connection, migration_id, user)
                for rule in some:
                    rules.put(connection, migration_id, replace(rule, account_id=account_id))
            numbers = f"{len(imported.added)} added, {len(imported.changed)} changed, {len(imported.same)} unchanged"
            what = f"imported {plan.path.name}: accounts {numbers}"
            events.add(connection, self._store.who, what, migration_id=migration_id)
        return migration_id, imported

    def compare(self, plan: Plan) -> Counter[Novelty] | None:
        """How many accounts of the plan are new, changed and unchanged; None when the migration itself is new."""
        with self._store.read() as connection:
            migration_id = migrations.titled(connection, plan.migration.title)
            if migration_id is None:
                return None
            return Counter(accounts.compare(connection, migration_id, plan.accounts, self._store.vault).values())

    def export(self, migration_id: int, folder: Path) -> list[Path]:
        """Write a migration as a plan with its list, without passwords, into new files that their owner alone may read.
        `read` reads it back as the same. Returns them. Raises StoreUnusable when one of the files is there already or
        cannot be written; none is left behind then."""
        from tui_migrate.config.dump import dump_accounts, dump_plan
        from tui_migrate.report.tables import ENCODING

        vault = self._store.vault
        with self._store.read() as connection:
            migration = migrations.get(connection, migration_id, vault)
            specs = accounts.specs(connection, migration_id, vault)
            shared, own = rules.listing(connection, migration_id), rules.of_accounts(connection, migration_id)
        spec = MigrationSpec(**{each.name: getattr(migration, each.name) for each in fields(MigrationSpec)})
        with new_files(folder, {PLAN: "utf-8", LIST: ENCODING}) as files:
            files[PLAN].write(_HOW_TO + dump_plan(spec, LIST, shared, own))
            own_passwords = any(each.destination_password is not None for each in specs)
            dump_accounts(specs, files[LIST], destination_passwords=own_passwords)
        return [folder / name for name in files]

    def check_folder(self, folder: Path) -> None:
        """Raises StoreUnusable when no plan can be written there: another one is there already."""
        refuse_old(folder, [PLAN, LIST])

    def _stored(self, title: str) -> StoredMigration | None:
        vault = self._store.vault
        with self._store.read() as connection:
            migration_id = migrations.titled(connection, title)
            if migration_id is None:
                return None
            known = migrations.get(connection, migration_id, vault)
            specs = accounts.specs(connection, migration_id, vault)
        return StoredMigration(
            known.source, known.destination, {each.source_user: each for each in specs}, known.notices
        )
