"""What the store knows of an account before its mailboxes are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tui_migrate.engine.audit.findings import ComparedMail
from tui_migrate.engine.choosing.mapping import FolderPlan, Spelling, make_plan
from tui_migrate.engine.choosing.selection import left_out
from tui_migrate.mail.protocols import ListedFolder, Tree
from tui_migrate.model import FolderRule
from tui_migrate.model.journal import FolderRecord
from tui_migrate.service.mailboxes import Ends, Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import events, pairs, rules


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account and what the journal has of its folders; of its messages those that the admin has skipped."""

    ends: Ends
    rules: Sequence[FolderRule]
    records: Mapping[bytes, FolderRecord]
    """By the folder's name at the source."""
    skipped: Mapping[int, Set[int]]
    """UIDs by the id of a record."""
    spelling: Spelling
    """What is known of the destination's names."""

    def plan(self, tree: Tree, there: Tree) -> FolderPlan:
        """Where the folders go, as the next run would have it."""
        kept = {name: record.destination_name for name, record in self.records.items()}
        patterns = self.ends.account.excluded_of(self.ends.migration)
        return make_plan(tree, there, patterns, kept, self.rules, self.spelling)

    def leaves_out(self, folder: ListedFolder, mail: ComparedMail) -> bool:
        """True when the admin has said that this message is not to be copied."""
        if left_out(self.ends.migration.selection, mail.instant, mail.size or 0):
            return True
        record = self.records.get(folder.name)
        if record is None or folder.status is None or folder.status.uidvalidity != record.source_uidvalidity:
            return False  # UIDs mean other messages now
        return mail.uid in self.skipped.get(record.id, ())


def known_account(store: OpenStore, mailboxes: Mailboxes, account_id: int) -> KnownAccount:
    """An account as it is known now. Raises NotFound."""
    with store.read() as connection:
        ends = mailboxes.ends(connection, account_id)
        return KnownAccount(
            ends,
            rules.listing(connection, ends.migration.id, account_id),
            {each.source_name: each for each in pairs.listing(connection, account_id)},
            events.skipped(connection, account_id),
            Spelling.learned(mailboxes.lessons(ends.migration.destination).learned),
        )
