"""Remarks in the store: what adds up, and what each walk finds anew."""

from __future__ import annotations

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.model import Remark, RemarkKind
from tui_migrate.model.remarks import in_words
from tui_migrate.store import accounts, journal, migrations, remarks
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


def test_what_was_copied_without_its_flag_adds_up_and_names_are_those_of_the_last_walk(
    database: Database, vault: Vault
) -> None:
    with database.write() as connection:
        migration_id = migrations.save(connection, samples.migration(), vault)
        accounts.save(connection, migration_id, [samples.mailbox()], vault)
        (account,) = accounts.listing(connection, migration_id)
        folder = save_folder(connection, account.id, (b"a", b"b"), ("a", "b")).id
        for _ in range(2):
            remarks.begin_walk(connection, account.id)
            numbers = {
                (folder, RemarkKind.FLAG, "$Label1"): 2,
                (folder, RemarkKind.RENAMED, "a.b becomes a_b"): 0,
                (folder + 1, RemarkKind.FLAG, "of a folder that is gone"): 1,
                (0, RemarkKind.OTHERS, "user/bob"): 5,
            }
            remarks.add(connection, account.id, numbers)
        found = remarks.listing(connection, account_id=account.id)
        user = account.source_user
        assert found == [
            Remark(user, RemarkKind.FLAG, "a", "$Label1", 4),
            Remark(user, RemarkKind.RENAMED, "a", "a.b becomes a_b", 0),
            Remark(user, RemarkKind.OTHERS, "", "user/bob", 5),
        ]
        assert in_words(found) == (
            "flag not kept: $Label1 on 4; folder renamed: a.b becomes a_b; other people's folder: user/bob on 5"
        )
        journal.forget_folder(connection, folder)  # the walk that begins the journal anew has named it already
        left = [each.kind for each in remarks.listing(connection, migration_id=migration_id)]
        assert left == [RemarkKind.RENAMED, RemarkKind.OTHERS]
