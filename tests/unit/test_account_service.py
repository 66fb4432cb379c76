"""Accounts of the service, on a real store and without servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui import office
from tui_migrate.errors import BadInput, LoginRefused, NotFound, StillRunning
from tui_migrate.model import Account, AccountSpec, AccountState, Counts, Secret, Wanted
from tui_migrate.service import proofs
from tui_migrate.service.account_lists import Novelty
from tui_migrate.service.logins import Proof
from tui_migrate.service.proofs import NOT_PROVEN

ALICE = AccountSpec("alice", Secret("one"), "alice@new", Secret("two"), 3, ("Junk",))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[office.OfficeService]:
    """A migration with three accounts: ann, bob, cas."""
    service = office.open_service(tmp_path / "data")
    office.add_migration(service, "Test", ["ann", "bob", "cas"], ("old.example", "new.example"))
    yield service
    service.close()


def account(service: office.OfficeService, user: str) -> Account:
    return next(each for each in service.accounts.listing(1) if each.source_user == user)


def said(service: office.OfficeService) -> list[str]:
    return [event.what for event in reversed(service.logs.events(migration_id=1))]


def test_an_account_is_added_then_changed_then_left_alone(service: office.OfficeService) -> None:
    assert service.lists.compare(1, [ALICE]) == {"alice": Novelty.NEW}
    service.accounts.add(1, ALICE, proven=True)
    added = account(service, "alice")
    assert (added.destination_user, added.priority, added.excluded_folders) == ("alice@new", 3, ("Junk",))
    assert (added.state, added.detail, added.position) == (AccountState.WAITING, "", 4)
    assert service.lists.compare(1, [ALICE]) == {"alice": Novelty.SAME}
    service.accounts.add(1, ALICE, proven=True)
    changed = AccountSpec("alice", Secret("new"), "alice@new", Secret("two"), 3, ("Junk",))
    assert service.lists.compare(1, [changed]) == {"alice": Novelty.CHANGED}
    service.accounts.add(1, changed, proven=False)
    assert account(service, "alice").detail == NOT_PROVEN
    assert said(service) == ["added alice, its logins proven", "changed alice, its logins not proven"]


def test_what_is_stored_without_proof_says_so(service: office.OfficeService) -> None:
    service.accounts.add_unproven(1, [ALICE, AccountSpec("zoe", Secret("x"), "zoe")])
    assert [account(service, user).detail for user in ("alice", "zoe")] == [NOT_PROVEN, NOT_PROVEN]
    assert said(service)[-1] == "added zoe, its logins not proven"


def test_nothing_is_added_to_a_migration_that_is_gone(service: office.OfficeService) -> None:
    service.migrations.delete(1)
    with pytest.raises(NotFound):
        service.accounts.add(1, ALICE, proven=True)


def test_a_change_keeps_the_passwords_that_are_not_typed(service: office.OfficeService) -> None:
    service.accounts.add(1, ALICE, proven=True)
    number = account(service, "alice").id
    typed = AccountSpec("alice", Secret(""), "other@new", None, 1)
    complete = service.accounts.completed(number, typed)
    assert (complete.source_password, complete.destination_password) == (Secret("one"), Secret("two"))
    service.accounts.change(number, complete, proven=True)
    assert account(service, "alice").destination_user == "other@new"
    assert service.lists.compare(1, [complete]) == {"alice": Novelty.SAME}


def test_an_account_does_not_take_the_source_of_another(service: office.OfficeService) -> None:
    ann = account(service, "ann")
    taken = AccountSpec("bob", Secret("x"), "ann")
    with pytest.raises(BadInput, match="another account"):
        service.accounts.change(ann.id, taken, proven=True)
    migration = service.migrations.get(1).migration
    with pytest.raises(BadInput, match="already"):
        service.lists.check(migration, taken, ann.id)
    service.lists.check(migration, AccountSpec("ann", Secret("x"), "ann"), ann.id)


def test_what_is_being_copied_is_not_deleted_and_then_nothing_is(service: office.OfficeService) -> None:
    ann, bob, cas = service.accounts.listing(1)
    office.set_account(service, bob.id, AccountState.COPYING, Counts(9, 1), (9, 1))
    with office.engine_at_work(service, rates=(0.0, 0.0)):
        with pytest.raises(StillRunning, match="bob"):
            service.accounts.delete([ann.id, bob.id])
        assert len(service.accounts.listing(1)) == 3
        service.accounts.delete([ann.id])
    service.accounts.delete([bob.id])  # the engine that copied it is gone
    assert [each.id for each in service.accounts.listing(1)] == [cas.id]
    assert said(service) == ["deleted the account ann", "deleted the account bob"]


def test_several_are_started_paused_and_put_first(service: office.OfficeService) -> None:
    ann, bob, cas = service.accounts.listing(1)
    service.accounts.pause([ann.id, cas.id])
    assert [each.wanted for each in service.accounts.listing(1)] == [Wanted.PAUSE, Wanted.RUN, Wanted.PAUSE]
    service.accounts.start([ann.id])
    assert account(service, "ann").wanted is Wanted.RUN
    assert service.engine.starts == 1
    service.accounts.set_priority([cas.id, bob.id], 1)
    assert [each.source_user for each in service.accounts.listing(1)] == ["bob", "cas", "ann"]
    assert said(service) == ["paused ann", "paused cas", "started ann", "bob: priority 1", "cas: priority 1"]


def test_a_thousand_are_acted_on_at_once(service: office.OfficeService) -> None:
    specs = [AccountSpec(f"user{number:05}", Secret("x"), "x") for number in range(1000)]
    service.accounts.add_unproven(1, specs)
    everyone = [each.id for each in service.accounts.listing(1)]
    service.accounts.set_priority(everyone, 2)
    assert {each.priority for each in service.accounts.listing(1)} == {2}
    service.accounts.delete(everyone)
    assert service.accounts.listing(1) == []


def test_a_refused_login_becomes_a_failure_that_the_next_proof_ends(service: office.OfficeService) -> None:
    ann = account(service, "ann")
    error = LoginRefused("old.example refused the login.", server_words="NO nope", command="LOGIN")
    prove(service, Proof(ann.id, error, None))
    (failure,) = service.failures.listing(account_id=ann.id)
    assert (failure.kind, failure.server_words) == ("login refused", "NO nope")
    assert service.failures.counts(1) == {ann.id: 1}
    failed = account(service, "ann")
    assert (failed.state, failed.detail, failed.server_words) == (AccountState.FAILED, error.sentence, "NO nope")
    prove(service, Proof(ann.id, None, None))
    assert service.failures.listing(account_id=ann.id) == []
    assert "accepted now" in account(service, "ann").detail
    assert said(service) == ["ann: login not proven. old.example refused the login.", "ann: both logins proven"]


def test_an_account_that_has_copied_keeps_its_state_and_its_other_failures(service: office.OfficeService) -> None:
    ann = account(service, "ann")
    office.set_account(service, ann.id, AccountState.DONE, Counts(9, 9), (9, 9))
    office.add_failure(service, ann.id, office.NOW, kind="destination over quota")
    prove(service, Proof(ann.id, None, LoginRefused("new.example refused the login.")))
    assert account(service, "ann").state is AccountState.DONE
    prove(service, Proof(ann.id, None, None))
    assert [failure.kind for failure in service.failures.listing(account_id=ann.id)] == ["destination over quota"]


def prove(service: office.OfficeService, proof: Proof) -> None:
    """Record a proof, as the threads of a proving do."""
    with service.store.write() as connection:
        proofs.record(connection, proof, service.store.who)
