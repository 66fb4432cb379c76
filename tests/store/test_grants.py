"""What somebody has allowed: kept sealed, used by one at a time, and never lost between two tokens."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tui_migrate.errors import Disconnected, SignInNeeded
from tui_migrate.model import Secret
from tui_migrate.store import migrations
from tui_migrate.store.database import Database
from tui_migrate.store.grants import HOLD_SECONDS, StoredGrants
from tui_migrate.store.vault import Vault

HOLDS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from tui_migrate.store.database import Database
from tui_migrate.store.grants import StoredGrants
from tui_migrate.store.vault import Vault
folder = Path(sys.argv[1])
grants = StoredGrants(Database(folder / "store.db"), Vault(folder / "vault.key"), int(sys.argv[2]), "source", ("b",))
with grants.hold("anna") as held:
    assert held.refresh_token.reveal() == "first"
    os.kill(os.getpid(), signal.SIGKILL)
"""


class Clock:
    """Tells the time, which passes when somebody waits for a grant."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def grants(database: Database, vault: Vault, migration_id: int, clock: Clock) -> StoredGrants:
    return StoredGrants(database, vault, migration_id, "source", ("b",), clock, clock.pause)


def kept(grants: StoredGrants, owner: str = "anna") -> str:
    with grants.hold(owner) as held:
        return held.refresh_token.reveal()


def test_the_new_token_is_kept_in_the_place_of_the_old(grants: StoredGrants) -> None:
    grants.put("anna", Secret("first"))
    with grants.hold("anna") as held:
        held.renew(Secret("second"))
        other = Database(grants.database.path)  # on disk while it is held
        with closing(other), other.read() as connection:
            row = StoredGrants(other, grants.vault, grants.migration_id, "source", ("b",))._row(connection, "anna")
            assert row is not None
            assert grants.vault.open(row.secret, ("grant", "b", "anna")) == Secret("second")
    assert kept(grants) == "second"
    assert b"second" not in grants.database.path.read_bytes()


def test_who_waits_takes_what_the_other_has_stored(grants: StoredGrants, clock: Clock) -> None:
    grants.put("anna", Secret("first"))
    holding = grants.hold("anna")
    held = holding.__enter__()

    def finish() -> None:
        clock.meanwhile = lambda: None
        held.renew(Secret("second"))
        holding.__exit__(None, None, None)

    clock.meanwhile = finish
    assert kept(grants) == "second"


def test_who_holds_it_for_ever_is_not_waited_for(grants: StoredGrants, clock: Clock) -> None:
    grants.put("anna", Secret("first"))

    def again() -> None:
        with grants.database.write() as connection:
            connection.exec_driver_sql('UPDATE "grant" SET held_until = ?', (clock.now + HOLD_SECONDS / 2,))

    clock.meanwhile = again
    with grants.hold("anna"), pytest.raises(Disconnected, match="in use elsewhere"):
        kept(grants)


def test_the_hold_of_one_that_was_killed_ends(grants: StoredGrants, tmp_path: Path) -> None:
    grants.put("anna", Secret("first"))
    command = [sys.executable, "-c", HOLDS_AND_DIES, str(tmp_path), str(grants.migration_id)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    waited: list[float] = []
    ours = StoredGrants(grants.database, grants.vault, grants.migration_id, "source", ("b",), pause=waited.append)

    def stop(seconds: float) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        kept(replace(ours, pause=stop))
    assert kept(replace(ours, clock=lambda: ours.clock() + HOLD_SECONDS)) == "first"
    assert kept(replace(ours, clock=lambda: 1.0)) == "first", "the machine was started anew meanwhile"


def test_who_was_taken_for_dead_changes_nothing(grants: StoredGrants, clock: Clock) -> None:
    grants.put("anna", Secret("first"))
    with grants.hold("anna") as slow:
        clock.now += HOLD_SECONDS
        with grants.hold("anna") as other:
            other.renew(Secret("second"))
            with pytest.raises(Disconnected, match="another one"):
                slow.renew(Secret("stale"))
            with pytest.raises(Disconnected, match="another one"):
                slow.end("stale")
    assert kept(grants) == "second"


def test_who_signs_in_anew_meanwhile_counts(grants: StoredGrants) -> None:
    grants.put("anna", Secret("first"))
    with grants.hold("anna") as held:
        grants.put("anna", Secret("anew"))
        with pytest.raises(Disconnected):
            held.renew(Secret("stale"))
    assert kept(grants) == "anew"


def test_what_has_ended_is_not_tried_again(grants: StoredGrants) -> None:
    with pytest.raises(SignInNeeded, match="Nobody has signed in for anna"):
        kept(grants)
    grants.put("anna", Secret("first"))
    with grants.hold("anna") as held:
        held.end("AADSTS700082: expired")
    with pytest.raises(SignInNeeded, match="has ended") as caught:
        kept(grants)
    assert caught.value.server_words == "AADSTS700082: expired"
    assert [each.ended for each in grants.listing()] == ["AADSTS700082: expired"]
    grants.put("anna", Secret("anew"))
    assert kept(grants) == "anew"


def test_it_is_used_for_what_it_was_given_for(grants: StoredGrants) -> None:
    grants.put("anna", Secret("first"))
    with pytest.raises(SignInNeeded, match="for another app or server"):
        kept(replace(grants, bond=("elsewhere",)))
    with pytest.raises(SignInNeeded, match="Nobody"):
        kept(replace(grants, side="destination"))


def test_whose_grant_opens_a_mailbox(grants: StoredGrants) -> None:
    assert grants.owner("anna") == "anna"
    grants.put("", Secret("admin"))
    assert grants.owner("anna") == ""
    grants.put("anna", Secret("own"))
    assert (grants.owner("anna"), grants.owner("bob")) == ("anna", "")
    with grants.hold("anna") as held:
        held.end("revoked")
    assert grants.owner("anna") == ""
    with grants.hold("") as held:
        held.end("revoked too")
    assert (grants.owner("anna"), grants.owner("bob")) == ("anna", ""), "whose end is told"


def test_it_goes_with_its_migration(grants: StoredGrants) -> None:
    grants.put("anna", Secret("first"))
    with grants.database.write() as connection:
        migrations.delete(connection, grants.migration_id)
    assert grants.listing() == []
