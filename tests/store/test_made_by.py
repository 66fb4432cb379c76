"""Stores that earlier versions have made, finished or not: today's program upgrades them and copies what was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import migrate
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, read_maildir
from tests.store.made_by import NEW, OLD, Made, stores
from tui_migrate.errors import StoreUnusable
from tui_migrate.model import AccountState
from tui_migrate.service import open_service
from tui_migrate.store import accounts, migrations
from tui_migrate.store.looks.file import HEAD
from tui_migrate.timing import Timing

LARGEST = 2048
QUICK = Timing(settle=0.2, late=0.2)
"""Nobody is at work at the destination."""


def mail(server: Dovecot, made: Made) -> Counter[tuple[str, MailItem]]:
    """What both users have; of POP, what it can carry."""
    items = ((user, item) for user in made.users for item in read_maildir(server.maildir(user), "/").elements())
    if made.situation == "pop":
        items = ((user, replace(item, flags=frozenset(), instant=0)) for user, item in items)
    return Counter(items)


def test_there_are_stores_of_what_admins_have() -> None:
    assert {"0001", "0002", "0008"} <= {made.schema for made in stores()}


def _made() -> Iterator[object]:
    """Every schema and every situation; what a schema between the oldest and the newest repeats is for the night."""
    for made in stores():
        repeats = made.schema == "0002" and made.situation not in ("half", "pop")
        yield pytest.param(made, id=str(made), marks=[pytest.mark.nightly] if repeats else [])


@pytest.mark.parametrize("made", [*_made()])
def test_a_run_on_an_older_store_copies_what_was_left_and_nothing_twice(
    made: Made, dovecot_factory: DovecotFactory, tmp_path: Path
) -> None:
    old, new = dovecot_factory(OLD), dovecot_factory(NEW)
    plan = made.stand_up(old, new, tmp_path)
    everything, before = mail(old, made), mail(new, made)
    wanted = Counter({key: number for key, number in everything.items() if len(key[1].content) <= LARGEST})
    settled = made.situation in ("finished", "pop", "failures")
    assert (before == wanted) is settled
    assert not before - wanted
    for _ in range(2):
        ended = migrate(plan, tmp_path / "data", QUICK)
        assert mail(new, made) == wanted, ended
        if settled:
            assert ended.counts.copied == 0
        settled = True
    failed = made.situation == "failures"
    assert (ended.code, len(ended.failures)) == (failed, failed)
    done = AccountState.DONE_WITH_FAILURES if failed else AccountState.DONE
    assert [account.state for account in ended.accounts] == [done, AccountState.DONE]
    assert (tmp_path / "data" / f"store-{made.schema}-before-{HEAD}.db").exists() is (made.schema != HEAD)


def test_a_key_that_is_refused_leaves_an_older_store_as_it_is_and_loses_no_password(tmp_path: Path) -> None:
    data = Made("0008", "paused").lay_out(tmp_path)
    before = (data / "store.db").read_bytes()
    key = data / "private" / "vault.key"
    key.chmod(0o644)
    with pytest.raises(StoreUnusable, match="chmod 600"):
        open_service(data)
    assert (data / "store.db").read_bytes() == before
    key.chmod(0o600)
    with closing(open_service(data)) as service, service.store.database.read() as connection:
        (migration,) = migrations.listing(connection, service.store.vault)
        for account in accounts.listing(connection, migration.id):
            for login in accounts.logins(connection, account.id, migration, service.store.vault):
                assert login.password.reveal() == "secret"
