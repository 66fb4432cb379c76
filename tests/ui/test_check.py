"""Looking before the start in the dashboard, on real servers: trouble first, each item in words, waiving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import DovecotFactory
from tests.engine.sized_mail import item
from tests.engine.support import memory_disk, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import write_maildir
from tests.ui import office
from tests.ui.dashboard import compare, compare_at_both_sizes, dashboard, line, press, screen, shows
from tui_migrate.config.plan import load_plan
from tui_migrate.engine.outcome import turn_away
from tui_migrate.model import AccountState, Wanted
from tui_migrate.service import checks
from tui_migrate.service.checks import Checking
from tui_migrate.store import accounts, migrations
from tui_migrate.store import checks as stored_checks
from tui_migrate.ui.rows.check_rows import LANGUAGE, CheckRow, in_order

USERS = ("anna", "bert", "carla", "dora", "emil")


@pytest.fixture(scope="module")
def servers(dovecot_factory: DovecotFactory) -> Iterator[tuple[Dovecot, Dovecot]]:
    """Anna is well; Bert's mail does not fit; Carla's folders differ in case; Dora's password is another one; Emil has
    no mail. On servers of their own, so that their names are the same in every picture; nothing here changes them."""
    old = dovecot_factory(DovecotOptions(root=memory_disk()), fresh=True)
    new = dovecot_factory(DovecotOptions(root=memory_disk(), quota_storage="100M"), fresh=True)
    mail = {"anna": [item(2000)] * 3, "bert": [item(15_000)] * 4, "carla": [item(900, "Plans"), item(900, "PLANS")]}
    for user in USERS:
        write_maildir(old.add_user(user, "secret"), "/", mail.get(user, []))
        new.add_user(user, "another" if user == "dora" else "secret")
    new.set_quota("bert", "50K")
    yield old, new
    old.stop()
    new.stop()


@pytest.fixture
def service(
    servers: tuple[Dovecot, Dovecot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[office.OfficeService]:
    """A migration of the five that nobody has started."""
    for module in (checks, stored_checks):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: office.NOW))
    made = office.open_service(tmp_path / "data")
    old, new = servers
    made.plans.save(load_plan(write_plan(tmp_path, plain(old.port), plain(new.port), USERS, title="Office")))
    yield made
    made.close()


async def test_all_accounts_of_a_migration(service: office.OfficeService) -> None:
    async with dashboard(service, "c") as pilot:
        await shows(pilot, "2 held back · 1 with warnings · 2 fit")
        await compare_at_both_sizes(pilot, "check")
        await press(pilot, "enter")
        await compare_at_both_sizes(pilot, "check-quota")


async def test_in_ascii(service: office.OfficeService) -> None:
    async with dashboard(service, "c", ascii_only=True) as pilot:
        await shows(pilot, "2 held back")
        assert screen(pilot).isascii()


def test_what_can_be_looked_for(service: office.OfficeService) -> None:
    everyone = service.accounts.listing(1)
    assert service.checks.begin([each.id for each in everyone]).wait(120)
    found = service.checks.last([each.id for each in everyone])
    rows = in_order([CheckRow(each, found.get(each.id)) for each in everyone])
    assert [row.account.source_user for row in rows] == ["bert", "dora", "carla", "anna", "emil"]

    def shown(text: str) -> str:
        wanted = LANGUAGE.parse(text)
        return " ".join(row.account.source_user for row in rows if wanted.matches(row))

    assert shown("login:refused") == "dora"
    assert shown("quota:no") == "bert"
    assert shown("quota:yes") == "carla anna emil"
    assert shown("quota:unknown") == "dora"
    assert shown("folders:>0") == "carla"
    assert shown("messages:<3 login:ok") == "carla emil"
    assert shown("large:>=0") == "", "what is not known is no number"
    assert shown("state:held") == "bert dora"
    assert shown("A state:fit") == "anna"
    assert LANGUAGE.parse("quota:").wrong == "quota: which one? As in quota:no"
    assert "known are login:, quota:, state:, messages:, large:, folders:." in LANGUAGE.parse("size:1").wrong


async def test_some_of_them(service: office.OfficeService) -> None:
    async with dashboard(service, "c") as pilot:
        await shows(pilot, "2 held back")
        await press(pilot, "slash", *"login:refused", "enter")
        assert "1 of 5 match" in line(pilot, "dora → dora")
        assert " carla " not in screen(pilot)
        await press(pilot, "escape")
        assert " carla " in screen(pilot)


async def test_waiving_lets_it_start(service: office.OfficeService) -> None:
    """One that was turned away already goes on by itself."""
    (overview,) = service.migrations.listing()
    bert = service.accounts.listing(overview.migration.id)[1]
    async with dashboard(service, "c") as pilot:
        await shows(pilot, "2 held back")
        with service.store.write() as connection:
            migrations.want(connection, overview.migration.id, Wanted.RUN)
            turn_away(connection, [bert.id], {overview.migration.id: overview.migration}, office.NOW)
        assert service.accounts.get(bert.id).state is AccountState.FAILED
        await press(pilot, "W", "n")
        assert service.accounts.get(bert.id).state is AccountState.FAILED
        await press(pilot, "W")
        compare(pilot, "check-waive")
        await press(pilot, "y")
        await shows(pilot, "waived by admin 14:02")
        assert service.accounts.get(bert.id).state is AccountState.WAITING
        assert service.failures.listing() == []
        assert service.engine.starts == 1
        (event,) = service.logs.events(text="waived")
        assert (event.who, event.account_id) == ("admin", bert.id)
        await press(pilot, "enter")
        await shows(pilot, "◇ waived · it may start")


async def test_an_account_that_was_turned_away_says_why(service: office.OfficeService) -> None:
    (overview,) = service.migrations.listing()
    ids = [each.id for each in service.accounts.listing(overview.migration.id)]
    assert service.checks.begin(ids).wait(120)
    with service.store.write() as connection:
        turn_away(connection, ids, {overview.migration.id: overview.migration}, office.NOW)
    async with dashboard(service, "enter", "j") as pilot:
        assert "✖ failed" in screen(pilot)
        assert "Check: Does not fit: 60 kB to copy, 51 kB free." in screen(pilot)
        await press(pilot, "A", "W", "y")
        await shows(pilot, "2 accounts waived")
        assert [each.state for each in service.accounts.listing(overview.migration.id)] == [AccountState.WAITING] * 5


async def test_what_is_fit_is_asked_again_only_by_hand(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Checking] = []
    begin = service.checks.begin

    def noted(account_ids: list[int]) -> Checking:
        begun.append(begin(account_ids))
        return begun[-1]

    monkeypatch.setattr(service.checks, "begin", noted)
    async with dashboard(service, "enter", "A", "c") as pilot:
        await shows(pilot, "2 held back")
        await press(pilot, "escape", "c")
        await shows(pilot, "2 held back · 1 with warnings · 2 fit")
        await press(pilot, "r")
        await press(pilot, "escape")
        assert [len(each.accounts) for each in begun] == [5, 2, 5]
        assert all(each.wait(120) for each in begun)


async def test_a_server_that_is_away(service: office.OfficeService, tmp_path: Path) -> None:
    service.plans.save(load_plan(write_plan(tmp_path, plain(1), plain(1), USERS, title="Away")))
    async with dashboard(service, "j", "c") as pilot:
        await shows(pilot, "Ended early.")
        assert "127.0.0.1 port 1 cannot be reached" in screen(pilot)


async def test_without_accounts(service: office.OfficeService) -> None:
    with service.store.write() as connection:
        accounts.delete(connection, [each.id for each in accounts.listing(connection, 1)])
    async with dashboard(service, "c") as pilot:
        assert "No accounts yet." in screen(pilot)
