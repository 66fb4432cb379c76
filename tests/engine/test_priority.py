"""A priority that is changed while the engine works: who waits is put in the new order, who runs is left alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, MANY, Office, beats
from tests.crash.support import wait_for
from tests.engine.clockwork import Clock, Clockwork
from tests.engine.support import plain, write_plan
from tui_migrate.config.plan import load_plan
from tui_migrate.model import AccountState
from tui_migrate.service import open_service


def test_the_account_that_was_raised_is_the_next_one_and_nobody_is_stopped_for_it(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user() for _ in range(4)], [MANY, FEW, FEW, FEW])
    with office.slow_line() as line, closing(open_service(tmp_path / "data")) as service:
        keys = plain(office.server.port, max_connections=1), plain(line.port)
        migration, _ = service.plans.save(load_plan(write_plan(tmp_path, *keys, office.pairs)))
        service.migrations.start(migration, with_engine=False)
        with Clockwork(service, Clock()):
            assert line.full.wait(120)
            first, second, third, fourth = service.accounts.listing(migration)
            service.accounts.set_priority([fourth.id], 1)
            service.accounts.set_priority([second.id], 9)
            beats(service)
            assert service.accounts.get(first.id).state is AccountState.COPYING
            assert service.accounts.get(fourth.id).state is AccountState.WAITING
            line.drain.set()
            wait_for(lambda: all(each.state is AccountState.DONE for each in service.accounts.listing(migration)))
        told = [event.what for event in reversed(service.logs.events()) if ": done." in event.what]
        assert service.accounts.get(first.id).pass_number == 1
    ran = [line.partition(":")[0] for line in told]
    assert ran == [each.source_user for each in (first, fourth, third, second)]
    office.assert_exact()
