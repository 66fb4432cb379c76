"""The journal gives back exactly what it was told: a flag, a date or a UID that changed in it would change mail."""

from __future__ import annotations

import string
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.store import samples
from tests.store.samples import entry
from tests.support.pairs import save_folder
from tui_migrate.errors import MailboxChanged
from tui_migrate.model import Fingerprint, Signs
from tui_migrate.model.journal import Entry, FolderRecord, Marks, Pair, Window
from tui_migrate.store import accounts, events, journal, migrations, pairs, progress
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

NAMES = (b"INBOX", b"INBOX")
UIDS = st.integers(1, 2**32 - 1)
KEYWORDS = st.one_of(
    st.sampled_from(["\\Seen", "\\Answered", "\\Flagged", "$Forwarded", "NIL", "2024", '"', "\\", "\\Foo"]),
    st.text(string.ascii_letters + "$&+-_", min_size=1, max_size=50),
    # 8-bit octets, of which each is a character: 0x85 and 0xA0 are blanks to Python, and to no mail server
    st.text([chr(number) for number in [*range(0x1C, 0x20), 0x85, 0xA0, 0xC3, 0xFF]], min_size=1, max_size=5),
)
PRINTS = st.builds(
    Fingerprint,
    st.integers(0, 2**40),
    st.integers(-(2**40), 2**40),  # a date before 1970 is a negative instant
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=16, max_size=16),
)
ENTRIES = st.lists(
    st.builds(Entry, UIDS, PRINTS, st.frozensets(KEYWORDS, max_size=5), st.none() | UIDS), max_size=64
).map(tuple)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One store for all examples: each takes away what it has put there."""
    folder: Path = tmp_path_factory.mktemp("journal")
    database, vault = Database(folder / "store.db"), Vault(folder / "vault.key")
    with database.write() as connection:
        migration_id = migrations.save(connection, samples.migration(), vault)
        accounts.save(connection, migration_id, [samples.mailbox()], vault)
        save_folder(connection, 1, NAMES, ("INBOX", "INBOX"))
    yield database
    database.close()


def only_window(connection: Connection, folder_id: int) -> Window:
    (window,) = journal.windows(connection, folder_id)
    return window


def folder(connection: Connection, account_id: int) -> FolderRecord:
    return next(each for each in pairs.listing(connection, account_id) if each.source_name == b"INBOX")


@given(ENTRIES, UIDS)
def test_a_window_comes_back_as_it_was(used: Database, entries: tuple[Entry, ...], low_uid: int) -> None:
    with used.write() as connection:
        window_id = journal.open_window(connection, 1, low_uid, entries)
        window = only_window(connection, 1)
        journal.close_window(connection, window_id, [])
    assert (window.id, window.done, window.low_uid) == (window_id, False, low_uid)
    assert window.entries == entries


@given(ENTRIES, st.data())
def test_closing_keeps_those_that_have_arrived(used: Database, entries: tuple[Entry, ...], data: st.DataObject) -> None:
    arrived = [
        replace(each, destination_uid=data.draw(st.none() | UIDS)) for each in entries if data.draw(st.booleans())
    ]
    with used.write() as connection:
        window_id = journal.open_window(connection, 1, 1, entries)
        unsettled = journal.open_window_folders(connection, 1)
        copied_before = journal.copied_uids(connection, 1)
        journal.close_window(connection, window_id, arrived)
        windows = list(journal.windows(connection, 1))
        copied = journal.copied_uids(connection, 1)
        still_unsettled = journal.open_window_folders(connection, 1)
        journal.close_window(connection, window_id, [])
    assert (unsettled, copied_before) == ({1}, set())
    assert (still_unsettled, copied) == (set(), {each.uid for each in arrived})
    assert [(window.done, window.entries) for window in windows] == ([(True, tuple(arrived))] if arrived else [])


@given(ENTRIES.filter(bool), st.data())
def test_a_window_of_which_all_has_arrived_is_closed_as_any_other(
    used: Database, entries: tuple[Entry, ...], data: st.DataObject
) -> None:
    uids = [data.draw(st.none() | UIDS) for _ in entries]
    arrived = [replace(each, destination_uid=uid) for each, uid in zip(entries, uids, strict=True)]
    octets, closed, moved = sum(each.fingerprint.length for each in entries), [], []
    with used.write() as connection:
        for briefly in (False, True):
            before = accounts.get(connection, 1).moved
            window_id = journal.open_window(connection, 1, 1, [replace(each, destination_uid=None) for each in entries])
            for _ in range(2):  # said twice it counts once
                if briefly:
                    journal.window_arrived(connection, window_id, uids, octets)
                else:
                    journal.close_window(connection, window_id, arrived)
            after = accounts.get(connection, 1).moved
            moved.append((after.messages - before.messages, after.bytes - before.bytes))
            closed.append((only_window(connection, 1).done, only_window(connection, 1).entries))
            journal.close_window(connection, window_id, [])
    assert closed == [(True, tuple(arrived))] * 2
    assert moved == [(len(entries), octets)] * 2


def test_windows_come_in_the_order_of_their_opening(database: Database, folder_id: int) -> None:
    with database.write() as connection:
        opened = [journal.open_window(connection, folder_id, uid, [entry(uid)]) for uid in (30, 10, 20)]
        journal.close_window(connection, opened[1], [entry(10, destination_uid=7)])
    with database.read() as connection:
        found = [(window.id, window.done, window.low_uid) for window in journal.windows(connection, folder_id)]
    assert found == list(zip(opened, [False, True, False], [30, 10, 20], strict=True))


def test_a_window_knows_when_it_was_opened(database: Database, folder_id: int) -> None:
    """What was sent long ago needs no waiting before it is looked for."""
    before = time.time()
    with database.write() as connection:
        window_id = journal.open_window(connection, folder_id, 1, [entry(1)])
        opened_at = only_window(connection, folder_id).opened_at
        journal.close_window(connection, window_id, [entry(1)])
        assert only_window(connection, folder_id).opened_at == opened_at
    assert before <= opened_at <= time.time()


def test_a_forgotten_window_lends_its_id_to_no_other(database: Database, folder_id: int) -> None:
    """An answer that comes late for a window must not settle another one."""
    with database.write() as connection:
        late = journal.open_window(connection, folder_id, 1, [entry(1)])
        journal.forget_folder(connection, folder_id)
        other = journal.open_window(connection, folder_id, 5, [entry(2)])
        journal.close_window(connection, late, [entry(1, destination_uid=5)])
        assert only_window(connection, folder_id) == Window(
            other, False, 5, only_window(connection, folder_id).opened_at, (entry(2),)
        )


def test_entries_change_and_the_window_stays(database: Database, folder_id: int) -> None:
    with database.write() as connection:
        window_id = journal.open_window(connection, folder_id, 9, [entry(1), entry(2)])
        journal.close_window(connection, window_id, [entry(1), entry(2)])
        changed = (entry(1, ["\\Seen"], 11), entry(2, [], 12))
        journal.change_entries(connection, window_id, changed)
        window = only_window(connection, folder_id)
    assert (window.id, window.done, window.low_uid, window.entries) == (window_id, True, 9, changed)


def test_what_was_found_there_counts_as_copied_but_not_by_this_pass(database: Database, folder_id: int) -> None:
    with database.write() as connection:
        journal.add_done(connection, folder_id, [entry(3, ["\\Seen"], 8), entry(4)])
        assert journal.copied_uids(connection, folder_id) == {3, 4}
        assert journal.open_window_folders(connection, 1) == set()
        assert only_window(connection, folder_id).opened_at == 0


def test_only_the_account_s_own_unsettled_folders_are_named(
    database: Database, vault: Vault, migration_id: int, account_id: int
) -> None:
    with database.write() as connection:
        accounts.save(connection, migration_id, [samples.mailbox("bob")], vault)
        bob = accounts.listing(connection, migration_id)[1].id
        ids = {
            (owner, name): save_folder(connection, owner, (name, name), ("", "")).id
            for owner in (account_id, bob)
            for name in (b"A", b"B", b"C")
        }
        for key in [(account_id, b"A"), (account_id, b"B"), (account_id, b"B"), (bob, b"C")]:
            journal.open_window(connection, ids[key], 1, [entry(1)])
        journal.add_done(connection, ids[account_id, b"C"], [entry(1)])
        assert journal.open_window_folders(connection, account_id) == {ids[account_id, b"A"], ids[account_id, b"B"]}
        assert journal.open_window_folders(connection, bob) == {ids[bob, b"C"]}


def test_a_new_folder_is_known_by_its_octets(database: Database, account_id: int) -> None:
    names = [(b"Priv&AOk-", b"Priv&AOk-"), (b"\xff\x00 a ", b"x"), (b"inbox", b"y"), (b"INBOX", b"z")]
    with database.write() as connection:
        saved = [save_folder(connection, account_id, pair, ("Privé", "Privé")) for pair in names]
    with database.read() as connection:
        assert pairs.listing(connection, account_id) == saved
    assert [(record.source_name, record.destination_name) for record in saved] == names
    assert not any(record.complete or record.source_uidvalidity or record.destination_uidvalidity for record in saved)


def test_saving_the_same_pair_again_keeps_all_that_is_known(
    database: Database, account_id: int, folder_id: int
) -> None:
    with database.write() as connection:
        journal.set_validity(connection, folder_id, 11, 22)
        journal.add_done(connection, folder_id, [entry(1)])
        journal.complete_folder(connection, folder_id, Marks(11, 2, "77", 1))
        before = folder(connection, account_id)
        assert save_folder(connection, account_id, NAMES, ("INBOX", "INBOX")) == before
        assert journal.copied_uids(connection, folder_id) == {1}
    assert before == FolderRecord(folder_id, *NAMES, 11, 2, "77", 1, 22, complete=True)


def test_another_destination_folder_voids_what_is_known_of_the_first(
    database: Database, account_id: int, folder_id: int
) -> None:
    with database.write() as connection:
        journal.set_validity(connection, folder_id, 11, 22)
        journal.add_done(connection, folder_id, [entry(1)])
        journal.open_window(connection, folder_id, 1, [entry(2)])
        journal.complete_folder(connection, folder_id, Marks(11, 2, "77", 1))
        record = save_folder(connection, account_id, (b"INBOX", b"Old"), ("INBOX", "Old"))
        assert list(journal.windows(connection, folder_id)) == []
        (shown,) = progress.folder_progress(connection, account_id)
    assert record == FolderRecord(folder_id, b"INBOX", b"Old", None, None, "", None, None, complete=False)
    assert shown.destination_name == "Old"


def test_a_source_folder_may_have_several_destinations_each_with_its_own_journal(
    database: Database, account_id: int, folder_id: int
) -> None:
    inbox, label = Pair(*NAMES, ("INBOX", "INBOX")), Pair(b"INBOX", b"Label", ("INBOX", "Label"))
    with database.write() as connection:
        journal.add_done(connection, folder_id, [entry(1)])
        first, second = pairs.save(connection, account_id, [inbox, label])
        assert (first.id, first.destination_name, second.destination_name) == (folder_id, b"INBOX", b"Label")
        journal.open_window(connection, second.id, 1, [entry(1)])
        assert journal.open_window_folders(connection, account_id) == {second.id}
        assert journal.copied_uids(connection, first.id) == {1}
        assert pairs.save(connection, account_id, [label, inbox]) == [second, first]


def test_of_several_destinations_one_is_sent_elsewhere(database: Database, account_id: int, folder_id: int) -> None:
    first, second, third = (Pair(b"INBOX", name, ("INBOX", name.decode())) for name in (b"INBOX", b"Label", b"Other"))
    with database.write() as connection:
        one, two = pairs.save(connection, account_id, [first, second])
        for each in (one, two):
            journal.add_done(connection, each.id, [entry(1)])
        kept, moved = pairs.save(connection, account_id, [first, third])
        assert (kept.id, moved.id) == (folder_id, two.id)
        assert journal.copied_uids(connection, kept.id) == {1}
        assert journal.copied_uids(connection, moved.id) == set()


def test_a_walk_is_complete_until_something_is_unsettled(database: Database, account_id: int, folder_id: int) -> None:
    with database.write() as connection:
        journal.set_validity(connection, folder_id, 11, 22)
        journal.complete_folder(connection, folder_id, Marks(11, None, "", 0))
        assert folder(connection, account_id) == FolderRecord(folder_id, *NAMES, 11, None, "", 0, 22, complete=True)
        journal.incomplete_folder(connection, folder_id)
        assert not folder(connection, account_id).complete


def test_forgetting_a_folder_forgets_failures_of_its_messages_too(
    database: Database, account_id: int, folder_id: int
) -> None:
    """Their UIDs may mean other messages from now on, so that nothing would ever resolve them."""
    with database.write() as connection:
        events.record_failure(connection, samples.failure(account_id, folder_id, 5))
        events.record_failure(connection, samples.failure(account_id, folder_id, kind="folder was replaced"))
        journal.forget_folder(connection, folder_id)
        assert [each.kind for each in events.failures(connection)] == ["folder was replaced"]


def test_folders_whose_uids_are_still_to_be_learned_are_named(database: Database, account_id: int) -> None:
    """A server without UIDPLUS does not tell them; those that were looked for in vain are not looked for again."""
    with database.write() as connection:
        told, untold, looked_for, unsettled = (
            save_folder(connection, account_id, (name, name), ("", "")).id for name in (b"A", b"B", b"C", b"D")
        )
        journal.add_done(connection, told, [entry(1, destination_uid=5)])
        journal.add_done(connection, untold, [entry(1), entry(2)])
        journal.add_done(connection, looked_for, [entry(1), entry(2, destination_uid=6)])
        journal.open_window(connection, unsettled, 1, [entry(1)])
        assert journal.unlearned_folders(connection, account_id) == {untold}
        assert journal.unlearned_folders(connection, account_id + 1) == set()


def test_folders_that_were_replaced_begin_anew_and_the_others_do_not(database: Database, account_id: int) -> None:
    with database.write() as connection:
        replaced, other = (
            save_folder(connection, account_id, (name, name), (name.decode(), name.decode())).id
            for name in (b"A", b"B")
        )
        for each in (replaced, other):
            journal.add_done(connection, each, [entry(1)])
            events.record_failure(connection, samples.failure(account_id, each, 5))
        events.record_failure(connection, samples.failure(account_id, replaced, kind=MailboxChanged.kind))
        ids = [each.id for each in events.failures(connection)]
        assert journal.forget_replaced(connection, ids) == {account_id: ["A"]}
        assert journal.copied_uids(connection, replaced) == set()
        assert journal.copied_uids(connection, other) == {1}
        assert [(each.kind, each.uid) for each in events.failures(connection)] == [("message refused", 5)]


def test_forgetting_an_account_leaves_the_others_alone(
    database: Database, vault: Vault, migration_id: int, account_id: int, folder_id: int
) -> None:
    with database.write() as connection:
        accounts.save(connection, migration_id, [samples.mailbox("bob")], vault)
        bob = accounts.listing(connection, migration_id)[1].id
        kept = save_folder(connection, bob, NAMES, ("INBOX", "INBOX"))
        for each in (folder_id, kept.id):
            journal.add_done(connection, each, [entry(1)])
        events.record_failure(connection, samples.failure(account_id, folder_id, 5))
        events.record_failure(connection, samples.failure(account_id, kind="login refused"))
        journal.forget_account(connection, account_id)
        assert pairs.listing(connection, account_id) == []
        assert progress.folder_progress(connection, account_id) == []
        assert [each.kind for each in events.failures(connection)] == ["login refused"]
        assert pairs.listing(connection, bob) == [kept]
        assert journal.copied_uids(connection, kept.id) == {1}
    assert samples.rows(database)["window"] == 1


def test_signs_stay_while_somebody_may_look_for_the_message(used: Database) -> None:
    signs = [Signs(b"identity", b"topic..1", b"", b"text...1"), None]
    entries = tuple(
        Entry(uid, Fingerprint(1, 2, b"h" * 16, b"b" * 16, each), frozenset()) for uid, each in enumerate(signs, 1)
    )
    with used.write() as connection:
        window_id = journal.open_window(connection, 1, 1, entries)
        open_ = only_window(connection, 1)
        journal.close_window(connection, window_id, [replace(each, destination_uid=7) for each in open_.entries])
        done = only_window(connection, 1)
        journal.close_window(connection, window_id, [])
    assert [each.fingerprint.signs for each in open_.entries] == [signs[0], Signs()]
    assert [each.fingerprint.signs for each in done.entries] == [None, None]
