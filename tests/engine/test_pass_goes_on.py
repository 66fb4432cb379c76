"""A pass that was interrupted goes on: what it had copied before counts as copied, wherever it was interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.crash.office import Office, beats
from tests.crash.support import Child, SlowLine
from tests.engine.support import migrate
from tests.servers.maildir import MailItem, crlf
from tests.servers.proxies import CapabilityProxy
from tests.support.sample_mail import plain as plain_mail
from tests.support.sample_mail import without_keywords
from tui_migrate.model import Moved
from tui_migrate.service import open_service

ONE_FOLDER_AND_A_HALF = 150_000
"""Octets; what is in flight behind them is less than the rest of the second folder."""


def size(item: MailItem) -> int:
    return len(crlf(item.content))


def test_folders_that_were_done_before_the_stop_count_as_copied(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user()], [without_keywords(plain_mail(400, 2, size=500))])
    data = tmp_path / "data"
    with (
        CapabilityProxy(office.server.port, {"MULTIAPPEND"}) as one_by_one,
        SlowLine(one_by_one.port, ONE_FOLDER_AND_A_HALF) as line,
    ):
        plan = office.plan(tmp_path, line.port)
        with Child("run", plan, "--data-dir", data) as child:
            assert line.full.wait(120)
            child.signal(signal.SIGTERM)
            with closing(open_service(data)) as service:
                beats(service)
            line.drain.set()
            assert child.wait() == 130, child.out + child.err
        assert 200 < sum(office.arrived(0).values()) < 400
        ended = migrate(plan, data)
    assert (ended.counts.copied, ended.counts.brought) == (400, 0), ended
    octets = sum(map(size, office.items[0]))
    assert [(each.bytes_copied, each.moved) for each in ended.accounts] == [(octets, Moved(400, octets))]
    office.assert_exact()


def test_the_numbers_stand_while_a_new_engine_finds_out_what_is_there(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """The screen must not fall back to 0 after a crash: that would look like a loss."""
    office = Office(dovecot_factory(), [unique_user()], [without_keywords(plain_mail(400, 2, size=500))])
    data = tmp_path / "data"
    with (
        CapabilityProxy(office.server.port, {"MULTIAPPEND"}) as one_by_one,
        SlowLine(one_by_one.port, ONE_FOLDER_AND_A_HALF) as line,
    ):
        plan = office.plan(tmp_path, line.port)
        with closing(open_service(data)) as service:
            with Child("run", plan, "--data-dir", data) as child:
                assert line.full.wait(120)
                beats(service)
                child.kill()
                child.wait()
            (account,) = service.accounts.listing(1)
            before = account.counts.settled
            assert before > 100
            with Child("run", plan, "--data-dir", data) as child:  # the line takes nothing: it cannot log in
                beats(service)
                (account,) = service.accounts.listing(1)
                assert (account.counts.settled, account.counts.listed) == (before, 400)
                line.drain.set()
                child.wait()
    office.assert_exact()
