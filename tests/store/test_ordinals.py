"""A message that has a name and no UID has one ordinal for good, in its folder."""

from __future__ import annotations

from tests.store import samples
from tui_migrate.store import accounts, ordinals
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


def give(database: Database, names: list[str], account_id: int = 1, folder: bytes = b"INBOX") -> tuple[int, list[int]]:
    with database.write() as connection:
        return ordinals.give(connection, account_id, folder, names)


def test_ordinals_ascend_and_stay(database: Database, vault: Vault, migration_id: int) -> None:
    with database.write() as connection:
        accounts.save(connection, migration_id, [samples.mailbox("a"), samples.mailbox("b")], vault)
    assert give(database, ["x", "y", "y 2"]) == (1, [1, 2, 3])
    assert give(database, ["z", "y", "x"]) == (1, [4, 2, 1])
    assert give(database, []) == (1, [])
    assert give(database, ["x", "X", "é"]) == (1, [1, 5, 6])
    assert give(database, ["x", "y"], account_id=2) == (1, [1, 2])
    with database.read() as connection:
        assert ordinals.foresee(connection, 1, b"INBOX", ["z", "new", "x"]) == (1, [4, 7, 1])


def test_names_that_are_all_new_are_another_series(database: Database, account_id: int) -> None:
    assert account_id == 1
    assert give(database, ["x", "y"]) == (1, [1, 2])
    assert give(database, ["p", "q"]) == (2, [3, 4])
    assert give(database, ["q", "r"]) == (2, [4, 5])
    assert give(database, ["x", "y"]) == (3, [6, 7])
    with database.read() as connection:
        assert ordinals.foresee(connection, 1, b"INBOX", ["p", "x"]) == (3, [8, 6])
        assert ordinals.foresee(connection, 1, b"INBOX", ["p"]) == (4, [8])
    with database.write() as connection:
        accounts.delete(connection, [1])
    with database.read() as connection:
        assert ordinals.foresee(connection, 1, b"INBOX", ["x"]) == (1, [1])


def test_each_folder_has_a_series_of_its_own(database: Database, account_id: int) -> None:
    assert give(database, ["x", "y"], account_id) == (1, [1, 2])
    assert give(database, ["y", "z"], account_id, b"Sent") == (1, [1, 2])
    assert give(database, ["p"], account_id, b"Sent") == (2, [3])
    assert give(database, ["x", "z"], account_id) == (1, [1, 3])
