"""The states of a source's folder: that of the last complete walk, and the latest."""

from __future__ import annotations

from tui_migrate.model.journal import Marks, Pair
from tui_migrate.store import accounts, journal, ordinals, pairs, states
from tui_migrate.store.database import Database

INBOX = b"INBOX"


def keep(database: Database, account_id: int, state: bytes, folder: bytes = INBOX) -> str:
    with database.write() as connection:
        return states.keep(connection, account_id, folder, state)


def kept(database: Database, account_id: int, folder: bytes = INBOX) -> bytes | None:
    with database.read() as connection:
        found = states.kept(connection, account_id, folder)
    return found[1] if found else None


def test_the_state_of_the_last_complete_walk_is_kept_beside_the_latest(database: Database, account_id: int) -> None:
    assert kept(database, account_id) is None
    keep(database, account_id, b"first")
    token = keep(database, account_id, b"second")
    assert len(token) == 32
    assert kept(database, account_id) == b"second"
    with database.write() as connection:
        (record,) = pairs.save(connection, account_id, [Pair(INBOX, INBOX, ("INBOX", "INBOX"))])
        journal.complete_folder(connection, record.id, Marks(1, None, token, 7))
    for state in (b"third", b"fourth", b"second", b"fifth"):
        keep(database, account_id, state)
        assert kept(database, account_id) == b"second"
    assert kept(database, account_id, b"Sent") is None
    with database.write() as connection:
        journal.forget_folder(connection, record.id)
    keep(database, account_id, b"sixth")
    assert kept(database, account_id) == b"sixth"
    with database.write() as connection:
        accounts.delete(connection, [account_id])
    assert kept(database, account_id) is None


def test_names_that_are_some_of_many_are_of_the_series(database: Database, account_id: int) -> None:
    with database.write() as connection:
        assert ordinals.series_of(connection, account_id, INBOX) == 1
        ordinals.give(connection, account_id, INBOX, ["a", "b"])
        assert ordinals.give(connection, account_id, INBOX, ["x", "y"]) == (2, [3, 4])
        assert ordinals.give_some(connection, account_id, INBOX, ["z", "y", "z", "a"]) == (2, [5, 4, 5, 6])
        assert ordinals.known(connection, account_id, INBOX, ["z", "b", "new"]) == {"z": 5}
        assert ordinals.names(connection, account_id, INBOX, [4, 6, 9]) == {4: "y", 6: "a"}
        assert ordinals.series_of(connection, account_id, INBOX) == 2
