"""Folders of accounts: how far they are, what will become of them, and the admin's own word on that."""

from __future__ import annotations

from contextlib import closing

from tui_migrate.config.folders import mistake_in
from tui_migrate.engine.choosing.mapping import Spelling
from tui_migrate.engine.choosing.preview import FolderMapping, FolderPreview, Trees, preview
from tui_migrate.errors import BadInput, Problem
from tui_migrate.mail.connect import begun_anew
from tui_migrate.model import FolderProgress, FolderRule
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, journal, migrations, pairs, progress, rules

__all__ = ["FolderMapping", "FolderPreview", "Folders", "Trees"]


class Folders:
    """The folders of accounts in an open store."""

    def __init__(self, store: OpenStore, mailboxes: Mailboxes) -> None:
        self._store = store
        self._mailboxes = mailboxes

    def listing(self, account_id: int) -> list[FolderProgress]:
        """The folders of an account with the numbers of its last pass."""
        with self._store.read() as connection:
            return progress.folder_progress(connection, account_id)

    def trees(self, account_id: int) -> Trees:
        """The account's folders at both servers. Waits for them, seconds. Raises MailError."""
        with self._store.read() as connection:
            ends = self._mailboxes.ends(connection, account_id)

        def asked() -> Trees:
            with closing(self._mailboxes.open_source(ends)) as source:
                tree = source.tree()
            with closing(self._mailboxes.open_destination(ends)) as destination:
                return Trees(tree, destination.tree())

        return begun_anew(asked)

    def preview(self, account_id: int, trees: Trees) -> FolderPreview:
        """What the next run would do with these folders, by the rules of now. Asks no server."""
        with self._store.read() as connection:
            account = accounts.get(connection, account_id)
            migration = migrations.get(connection, account.migration_id, self._store.vault)
            kept = pairs.kept(connection, account_id)
            found = rules.listing(connection, migration.id, account_id)
            copied = journal.copied_to(connection, account_id)
        spelling = Spelling.learned(self._mailboxes.lessons(migration.destination).learned)
        return preview(trees, account.excluded_of(migration), kept, found, copied, spelling)

    # What the admin says

    def rules(self, account_id: int) -> list[FolderRule]:
        """The admin's words on this account's folders: those for all accounts first, its own behind them."""
        with self._store.read() as connection:
            return rules.listing(connection, accounts.get(connection, account_id).migration_id, account_id)

    def path_mistake(self, path: str) -> str:
        """What is wrong with a destination path that is being typed, as the rest of a sentence; empty: nothing."""
        return mistake_in(path)

    def set_rule(self, migration_id: int, rule: FolderRule) -> None:
        """Say where a folder goes with what lies in it, or that it stays behind. Holds from the next run on; mail that
        was copied before stays where it is. Raises BadInput."""
        if rule.target is not None and (mistake := mistake_in(rule.target)):
            raise BadInput([Problem("destination folder", mistake)])
        with self._store.write() as connection:
            rules.put(connection, migration_id, rule)
            what, account_id = _told(rule), rule.account_id
            events.add(connection, self._store.who, what, migration_id=migration_id, account_id=account_id)

    def share_rule(self, migration_id: int, rule: FolderRule) -> None:
        """Let the rule of one account hold for all accounts of the migration that have no rule of their own."""
        shared = FolderRule(rule.source, rule.target)
        with self._store.write() as connection:
            rules.put(connection, migration_id, shared)
            rules.remove(connection, migration_id, rule.source, rule.account_id)
            events.add(connection, self._store.who, _told(shared), migration_id=migration_id)

    def remove_rule(self, migration_id: int, source: str, account_id: int | None = None) -> None:
        """Take a rule back. A folder that was copied by it stays where it is."""
        with self._store.write() as connection:
            if rules.remove(connection, migration_id, source, account_id):
                what = f"folder {source}: {'all accounts: ' if account_id is None else ''}the rule was taken back"
                events.add(connection, self._store.who, what, migration_id=migration_id, account_id=account_id)


def _told(rule: FolderRule) -> str:
    """A rule in words, for the audit trail."""
    whose = "all accounts: " if rule.account_id is None else ""
    return f"folder {rule.source}: {whose}{f'goes to {rule.target}' if rule.target else 'stays behind'}"
