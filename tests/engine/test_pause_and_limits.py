"""Pausing in the middle, and sharing connections: who runs, when, and how many at once."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, MANY, Office, beats
from tests.crash.support import Child, SlowLine, open_windows, wait_for
from tests.engine.support import migrate, plain, run_here, write_plan
from tests.servers.dovecot import DovecotOptions
from tests.servers.loopback_proxy import Link
from tests.servers.maildir import MailItem
from tests.servers.proxies import DelayProxy
from tests.support.counting_proxy import CountingProxy
from tui_migrate.engine import supervisor
from tui_migrate.engine.turns.retry import Decision, decide
from tui_migrate.errors import MailError
from tui_migrate.model import AccountState
from tui_migrate.service import Service, open_service
from tui_migrate.timing import Timing


@pytest.fixture
def new_office(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> Callable[..., Office]:
    def make(*items: list[MailItem]) -> Office:
        return Office(dovecot_factory(), [unique_user() for _ in items], [*items])

    return make


@contextmanager
def copying(office: Office, folder: Path) -> Iterator[tuple[Service, Child, SlowLine]]:
    """A real engine process that is in the middle of the first account, which a slow line holds up."""
    with office.slow_line() as line, closing(open_service(folder / "data")) as service:
        plan = office.plan(folder, line.port)
        assert run_here("import-plan", plan, "--data-dir", folder / "data").returncode == 0
        (overview,) = service.migrations.listing()
        service.migrations.start(overview.migration.id, with_engine=False)
        with Child("engine", "--data-dir", folder / "data") as child:
            assert line.full.wait(120)
            yield service, child, line


def test_a_paused_account_stops_in_the_middle_and_the_others_go_on(
    new_office: Callable[..., Office], tmp_path: Path
) -> None:
    office = new_office(MANY, FEW)
    with copying(office, tmp_path) as (service, _, line):
        (migration,) = service.migrations.listing()
        first, second = service.accounts.listing(migration.migration.id)
        service.accounts.pause([first.id])
        beats(service)
        line.drain.set()
        wait_for(lambda: service.accounts.get(first.id).state is AccountState.PAUSED)
        wait_for(lambda: service.accounts.get(second.id).state is AccountState.DONE)
        assert 0 < service.accounts.get(first.id).counts.pending < len(MANY)
        assert open_windows(tmp_path / "data") == 0
        office.assert_exact(1)
        service.accounts.start([first.id])
        wait_for(lambda: service.accounts.get(first.id).state is AccountState.DONE)
        counts = service.accounts.get(first.id).counts
        assert (counts.listed, counts.copied) == (len(MANY), len(MANY))
        assert service.accounts.get(second.id).pass_number == 1
    office.assert_exact()


def test_a_paused_migration_stops_in_the_middle(new_office: Callable[..., Office], tmp_path: Path) -> None:
    office = new_office(MANY, FEW)
    with copying(office, tmp_path) as (service, _, line):
        (overview,) = service.migrations.listing()
        migration = overview.migration.id
        wait_for(lambda: service.accounts.listing(migration)[1].state is AccountState.DONE)
        service.migrations.pause(migration)
        beats(service)
        line.drain.set()
        wait_for(lambda: service.accounts.listing(migration)[0].state is AccountState.PAUSED)
        assert sum(office.arrived(0).values()) < len(MANY)
        service.migrations.start(migration)
        wait_for(lambda: all(each.state is AccountState.DONE for each in service.accounts.listing(migration)))
        assert [each.counts.copied + each.counts.brought for each in service.accounts.listing(migration)] == [
            len(MANY),
            len(FEW),
        ]
    office.assert_exact()


def test_limits_are_kept_and_accounts_run_by_priority_and_then_in_the_order_of_the_file(
    new_office: Callable[..., Office], tmp_path: Path
) -> None:
    office = new_office(*[FEW] * 6)
    priorities = [5, 9, 1, 5, 1, 9]
    rows = [
        {"Source": user, "Password": "secret", "Destination": copy, "Priority": str(priority)}
        for (user, copy), priority in zip(office.pairs, priorities, strict=True)
    ]
    with CountingProxy(office.server.port) as old, CountingProxy(office.server.port) as new:
        keys = plain(old.port, max_connections=1), plain(new.port, max_connections=3)
        assert migrate(write_plan(tmp_path, *keys, rows), tmp_path / "data").code == 0
        assert (old.most, new.most) == (1, 1)
    with closing(open_service(tmp_path / "data")) as service:
        told = [event.what for event in reversed(service.logs.events()) if ": done." in event.what]
    assert [line.partition(":")[0] for line in told] == [office.users[number] for number in (2, 4, 0, 3, 1, 5)]
    office.assert_exact()


def test_as_many_at_once_as_the_strictest_limit_allows(new_office: Callable[..., Office], tmp_path: Path) -> None:
    office = new_office(*[FEW] * 8)
    with CountingProxy(office.server.port) as old, CountingProxy(office.server.port) as new:
        keys = plain(old.port, max_connections=5), plain(new.port, max_connections=2)
        assert migrate(write_plan(tmp_path, *keys, office.pairs), tmp_path / "data").code == 0
        assert (old.most, new.most) == (2, 2)
    office.assert_exact()


def test_one_account_s_failure_touches_no_other(new_office: Callable[..., Office], tmp_path: Path) -> None:
    office = new_office(FEW, FEW, FEW, FEW)
    rows = [{"Source": user, "Password": "secret", "Destination": copy} for user, copy in office.pairs]
    rows[0]["Password"] = "wrong"
    rows[2]["Destination"] = "nobody-here"
    port = office.server.port
    keys = plain(port, max_connections=2), plain(port, max_connections=2)
    ended = migrate(write_plan(tmp_path, *keys, rows), tmp_path / "data")
    assert ended.code == 1
    states = [each.state for each in ended.accounts]
    assert states == [AccountState.FAILED, AccountState.DONE, AccountState.FAILED, AccountState.DONE]
    assert {each.account for each in ended.failures} == {office.users[0], office.users[2]}
    office.assert_exact(1, 3)


class StrictProxy(CountingProxy):
    """A server that says goodbye to whoever comes when two are there already."""

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        if self.now < 2:
            await super().relay(client, server, link)
        else:
            link.client.write(b"* BYE [ALERT] Too many simultaneous connections.\r\n")


def hurry(monkeypatch: pytest.MonkeyPatch, on_error: Callable[[], object]) -> None:
    """Waits of seconds last tenths; `on_error` is called before each."""

    def soon(error: MailError, tries: int, fruitless: float, worked_before: bool, timing: Timing) -> Decision:
        on_error()
        decision = decide(error, tries, fruitless, worked_before, timing)
        return replace(decision, wait=decision.wait and decision.wait / 10)

    monkeypatch.setattr(supervisor, "decide", soon)


def test_a_server_that_allows_fewer_connections_than_the_plan_gets_fewer(
    new_office: Callable[..., Office], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals: list[None] = []
    hurry(monkeypatch, lambda: refusals.append(None))
    office = new_office(*[FEW] * 6)
    with DelayProxy(office.server.port, 0.02) as far, StrictProxy(far.port) as strict:
        plan = write_plan(tmp_path, plain(office.server.port), plain(strict.port), office.pairs)
        assert migrate(plan, tmp_path / "data").code == 0
    assert len(refusals) == 4, "six come at once, two may stay, and from then on no third is sent"
    office.assert_exact()


def test_a_mailbox_that_is_in_use_waits_until_it_is_free(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, user = dovecot_factory(DovecotOptions(max_userip_connections=1)), unique_user()
    office = Office(server, [user], [FEW])
    with imaplib.IMAP4("127.0.0.1", server.port) as somebody:
        somebody.login(f"{user}new", "secret")
        hurry(monkeypatch, somebody.logout)
        ended = migrate(write_plan(tmp_path, plain(server.port), plain(server.port), office.pairs), tmp_path / "data")
    assert (ended.code, ended.failures) == (0, []), ended
    with closing(open_service(tmp_path / "data")) as service:
        (waited,) = [event.what for event in service.logs.events() if "throttled" in event.what]
    assert waited.startswith(f"{user}: throttled.")
    office.assert_exact()
