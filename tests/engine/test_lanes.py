"""Several lanes for one account: the copy is as exact as with one, and what stops a lane stops nobody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.office import Office
from tests.crash.support import Child, wait_for
from tests.doubles.moving import QUICK, Move
from tests.doubles.places import Fault, Moment
from tests.engine.support import Ended, migrate, plain, write_plan
from tests.engine.values import SYNCHRONISING
from tests.servers.loopback_proxy import Link
from tests.servers.proxies import CapabilityProxy, CutReply, CuttingProxy, DelayProxy
from tests.support.counting_proxy import CountingProxy
from tests.support.eager import all_that_is_left
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.config.plan import load_plan
from tui_migrate.engine.turns import sharing
from tui_migrate.errors import TooManyConnections
from tui_migrate.model import AccountState, Counts
from tui_migrate.service import Service, open_service
from tui_migrate.timing import Timing


@contextmanager
def far_and_slow(port: int, seconds: float = 0.01) -> Iterator[tuple[CountingProxy, DelayProxy]]:
    """A destination that takes one message a round trip, and counts who comes."""
    with (
        CapabilityProxy(port, SYNCHRONISING) as fewer,
        DelayProxy(fewer.port, seconds) as far,
        CountingProxy(far.port) as counting,
    ):
        yield counting, far


LITTLE = Timing(tick=0.05, lane_trial=0.0, portion_messages=20, settle=0.3, late=0.5)
"""Lanes take little at a time, and are given soon."""
SOON = replace(QUICK, portion_messages=20)
"""The same in memory, where nothing is late."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes begin as soon as there is something to do for them."""
    monkeypatch.setattr(sharing, "spare_for_another", all_that_is_left)


def run(office: Office, old: CountingProxy, new: CountingProxy, folder: Path, **keys: object) -> Ended:
    plan = write_plan(folder, plain(old.port, **keys), plain(new.port, **keys), office.pairs)
    return migrate(plan, folder / "data", LITTLE)


@pytest.fixture
def slow(memory: None, eager: None, tmp_path: Path) -> Move:
    """A mailbox in memory whose mail goes to where lanes are worth while."""
    move = Move(tmp_path, {"ann": plain_mail(300, 12, size=500)})
    move.new.waits_for_each = True
    return move


def once(so: Callable[[], bool]) -> Callable[[], bool]:
    """True when it is so, and when that has not come for long: then the test says what is missing."""
    deadline = time.monotonic() + 120
    return lambda: so() or time.monotonic() > deadline


def test_three_lanes_copy_what_one_would(slow: Move) -> None:
    slow.new.opens = once(lambda: slow.new.most == 3)
    ended = slow.run(SOON)
    assert (slow.old.most, slow.new.most) == (3, 3)
    assert (ended.code, ended.counts) == (0, Counts(listed=300, copied=300)), ended
    slow.assert_exact()
    again = slow.run(SOON)
    assert (again.code, again.counts) == (0, Counts(listed=300, brought=300)), again
    slow.assert_exact()


def test_three_lanes_share_one_folder(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, eager: None
) -> None:
    office = Office(dovecot_factory(), [unique_user()], [plain_mail(300, 1, size=500)])
    with CountingProxy(office.server.port) as old, far_and_slow(office.server.port) as (new, _):
        ended = run(office, old, new, tmp_path)
        assert (old.most, new.most) == (3, 3)
        assert (ended.code, ended.counts.listed, ended.counts.copied) == (0, 300, 300), ended
        office.assert_exact()
        again = run(office, old, new, tmp_path)
        assert (again.code, again.counts.brought, again.counts.copied) == (0, 300, 0), again
    office.assert_exact()


def test_no_more_lanes_than_either_side_allows_an_account(slow: Move) -> None:
    plan = slow.plan.read_text(encoding="utf-8").replace("[source]", "[source]\naccount_connections = 5")
    plan = plan.replace("[destination]", "[destination]\naccount_connections = 2")
    slow.plan.write_text(plan, encoding="utf-8")
    slow.new.opens = once(lambda: slow.new.most == 2)
    assert slow.run(SOON).code == 0
    assert (slow.old.most, slow.new.most) == (2, 2)
    slow.assert_exact()


def test_lanes_make_room_for_an_account_that_wants_to_start(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user(), unique_user()], [plain_mail(900, 6, size=500)] * 2)
    with CountingProxy(office.server.port) as old, far_and_slow(office.server.port, 0.02) as (new, far):
        limits = plain(old.port, max_connections=3), plain(new.port, max_connections=3)
        with copying(write_plan(tmp_path, *limits, office.pairs), tmp_path) as (service, first, second):
            service.accounts.pause([second])
            wait_for(lambda: new.now == 3 and service.accounts.get(second).state is AccountState.PAUSED)
            service.accounts.start([second])
            wait_for(lambda: service.accounts.get(second).counts.copied > 0)
            assert service.accounts.get(first).state is AccountState.COPYING
            far.delay_seconds = 0.0
            wait_for(lambda: all(service.accounts.get(each).state is AccountState.DONE for each in (first, second)))
        assert (old.most, new.most) == (3, 3)
    office.assert_exact()


def test_a_limit_lowered_while_running_ends_lanes_and_raised_begins_them(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user()], [plain_mail(1500, 6, size=500)])
    with CountingProxy(office.server.port) as old, far_and_slow(office.server.port, 0.02) as (new, far):
        plan = write_plan(tmp_path, plain(old.port), plain(new.port), office.pairs)
        with copying(plan, tmp_path) as (service, account, _):
            wait_for(lambda: (old.now, new.now) == (3, 3))
            allow(service, plan, 1)
            wait_for(lambda: (old.now, new.now) == (1, 1))
            assert service.accounts.get(account).state is AccountState.COPYING
            allow(service, plan, 2)
            wait_for(lambda: (old.now, new.now) == (2, 2))
            far.delay_seconds = 0.0
            wait_for(lambda: service.accounts.get(account).state is AccountState.DONE)
            counts = service.accounts.get(account).counts
            assert (counts.listed, counts.copied) == (1500, 1500)
    office.assert_exact()


def test_a_connection_that_dies_among_several_costs_no_message(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, eager: None
) -> None:
    office = Office(dovecot_factory(), [unique_user()], [plain_mail(300, 1, size=500)])
    cut = CuttingProxy(office.server.port, CutReply(nth=120))
    with cut, CountingProxy(office.server.port) as old, far_and_slow(cut.port) as (new, _):
        ended = run(office, old, new, tmp_path)
        assert cut.cut.is_set()
        assert (old.most, new.most) == (3, 3)
        assert (ended.code, ended.counts.listed, ended.counts.copied) == (0, 300, 300), ended
    office.assert_exact()


def test_a_server_that_refuses_the_third_connection_is_no_failure(slow: Move) -> None:
    slow.write_plan([{"Source": "ann", "Destination": "ann"}], account_connections=5)
    refused = threading.Event()

    def refuse() -> None:
        refused.set()
        raise TooManyConnections("Two are enough.", server_words="no")

    slow.new.faults.append(Fault(Moment.LOG_IN, refuse, nth=3, times=None))
    slow.new.opens = once(refused.is_set)
    ended = slow.run(SOON)
    assert refused.is_set()
    assert (ended.code, ended.failures) == (0, []), ended
    with closing(open_service(slow.data)) as service:
        assert [event.what for event in service.logs.events() if "throttled" in event.what] == []
    slow.assert_exact()


@contextmanager
def copying(plan: Path, folder: Path) -> Iterator[tuple[Service, int, int]]:
    """A real engine process at work. Yields: the first and the last account."""
    with closing(open_service(folder / "data")) as service:
        migration, _ = service.plans.save(load_plan(plan))
        accounts = service.accounts.listing(migration)
        service.migrations.start(migration, with_engine=False)
        with Child("engine", "--data-dir", folder / "data"):
            yield service, accounts[0].id, accounts[-1].id


def allow(service: Service, plan: Path, lanes: int) -> None:
    """Change the limit of one side while it runs."""
    plan.write_text(plan.read_text().replace("[destination]", f"[destination]\naccount_connections = {lanes}", 1))
    service.plans.save(load_plan(plan))
    plan.write_text(plan.read_text().replace(f"\naccount_connections = {lanes}", "", 1))


class Boasting(CountingProxy):
    """Says of the folder that it opens that it holds three messages more than it does, so many times."""

    times = 0

    async def down(self, server: asyncio.StreamReader, link: Link) -> None:
        while data := await server.read(1 << 16):
            if b"\r\n* 90 EXISTS" in data and self.times:
                self.times -= 1
                data = data.replace(b"\r\n* 90 EXISTS", b"\r\n* 93 EXISTS")
            link.client.write(data)
        link.client.write_eof()


@pytest.mark.parametrize("times", [1, 99])
def test_a_folder_whose_parts_do_not_add_up_is_looked_at_as_a_whole(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    tmp_path: Path,
    times: int,
) -> None:
    office = Office(dovecot_factory(), [unique_user()], [plain_mail(90, 1, size=500)])
    with Boasting(office.server.port) as old:
        old.times = times
        plan = write_plan(tmp_path, plain(old.port), plain(office.server.port), office.pairs)
        ended = migrate(plan, tmp_path / "data", LITTLE)
    if times == 1:
        assert (ended.code, ended.failures, ended.counts.equation) == (0, [], all_copied(90))
    else:
        (failure,) = ended.failures
        assert "holds 3 messages that it does not list" in failure.sentence
        assert (ended.counts.listed, ended.counts.copied, ended.counts.failed) == (93, 90, 3)
    office.assert_exact()


def all_copied(number: int) -> str:
    """The sum of a pass in which everything was copied."""
    return Counts(number, number).equation
