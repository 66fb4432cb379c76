"""A password that is changed at a server while its mailbox is copied: one try, a question, and on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, MANY, Office, beats
from tests.crash.support import Child, TripwireProxy, Wire, wait_for
from tests.engine.support import plain, run_here, write_plan
from tests.servers.proxies import CapabilityProxy
from tui_migrate.model import Account, AccountSpec, AccountState, Secret
from tui_migrate.service import Service, open_service

NEW = "another secret"


@dataclass
class Refused:
    """An engine that works on two accounts, of which the first has just been refused in the middle."""

    office: Office
    service: Service
    port: int
    changed: str
    """The mailbox whose password is another one now."""

    @property
    def account(self) -> Account:
        (overview,) = self.service.migrations.listing()
        accounts = {each.source_user: each for each in self.service.accounts.listing(overview.migration.id)}
        return accounts[self.office.users[0]]

    @property
    def tries(self) -> int:
        """Logins of this mailbox that the server has refused, but for the tries of `set_password`."""
        lines = self.office.server.log.splitlines()
        return sum("auth failed" in line and f"user=<{self.changed}>" in line for line in lines)


@contextmanager
def refused(office: Office, folder: Path, side: str) -> Iterator[Refused]:
    """The line to the destination breaks in the middle, and when it is back the password is another one."""
    changed = office.pairs[0][0 if side == "source" else 1]

    def strike() -> None:
        line.wire = None
        office.server.set_password(changed, NEW)

    with CapabilityProxy(office.server.port, {"MULTIAPPEND"}) as one_by_one, TripwireProxy(one_by_one.port) as line:
        line.wire = Wire(40_000, strike)
        with closing(open_service(folder / "data")) as service:
            write_plan(folder, plain(office.server.port), plain(line.port), office.pairs)
            assert run_here("import-plan", folder / "plan.toml", "--data-dir", folder / "data").returncode == 0
            (overview,) = service.migrations.listing()
            service.migrations.start(overview.migration.id, with_engine=False)
            with Child("engine", "--data-dir", folder / "data"):
                case = Refused(office, service, line.port, changed)
                wait_for(lambda: case.account.needs_admin)
                yield case


def new_password_by_hand(case: Refused, side: str, folder: Path) -> None:
    account = case.account
    source, destination = (Secret(NEW), None) if side == "source" else (Secret(""), Secret(NEW))
    typed = AccountSpec(account.source_user, source, account.destination_user, destination)
    case.service.accounts.change(account.id, case.service.accounts.completed(account.id, typed), proven=True)


def new_password_in_the_list(case: Refused, side: str, folder: Path) -> None:
    rows = [
        {"Source": source, "Password": "secret", "Destination": copy, "Destination Password": "secret"}
        for source, copy in case.office.pairs
    ]
    rows[0]["Password" if side == "source" else "Destination Password"] = NEW
    write_plan(folder, plain(case.office.server.port), plain(case.port), rows)
    assert run_here("import-plan", folder / "plan.toml", "--data-dir", folder / "data").returncode == 0


@pytest.mark.parametrize(
    ("side", "give"),
    [("source", new_password_by_hand), ("destination", new_password_by_hand), ("source", new_password_in_the_list)],
)
def test_the_account_asks_for_the_new_password_and_goes_on_with_it(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    tmp_path: Path,
    side: str,
    give: Callable[[Refused, str, Path], None],
) -> None:
    office = Office(dovecot_factory(), [unique_user(), unique_user()], [MANY, FEW])
    with refused(office, tmp_path, side) as case:
        account, service = case.account, case.service
        said = "Login refused: give its new password, and it goes on by itself."
        assert account.detail == f"{said} 127.0.0.1 refused the login of {case.changed}."
        assert account.server_words.startswith("NO [AUTHENTICATIONFAILED]")
        assert account.counts.copied > 0, "what was done stays on the screen"
        (failure,) = service.failures.listing()
        assert (failure.account, failure.kind) == (account.source_user, "login refused")
        assert any(f"{account.source_user}: paused. {said}" in event.what for event in service.logs.events())
        (other,) = [each for each in service.accounts.listing(account.migration_id) if each.id != account.id]
        wait_for(lambda: service.accounts.get(other.id).state is AccountState.DONE)
        beats(service, 3)
        assert case.tries == 1, "a second one with the same password only brings the mailbox nearer to being locked"
        give(case, side, tmp_path)
        wait_for(lambda: service.accounts.get(account.id).state is AccountState.DONE)
        counts = service.accounts.get(account.id).counts
        assert counts.copied + counts.brought == counts.listed == len(MANY)
        assert service.accounts.get(account.id).pass_number == 1, "it is the same pass"
        assert service.failures.listing() == []
        assert case.tries == 1
    office.assert_exact()
