"""The engine killed with -9 while it copies out of Exchange: all arrives, and nothing twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.killing import MESSAGES_A_KILL, mailbox, run_and_kill
from tests.crash.support import TripwireProxy, run_here, wait_for
from tests.crash.waits import QUIET
from tests.engine.exchange_mail import fill, source_keys, wanted
from tests.engine.support import plain, write_plan
from tests.servers.certificates import Certificates
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.maildir import counted, read_maildir


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.nightly)])
def test_out_of_exchange_nothing_is_lost_and_nothing_comes_twice(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    certificates: Certificates,
    tmp_path: Path,
    kills: int,
) -> None:
    draw = random.Random(kills)
    box = ExchangeMailbox()
    fill(box, mailbox(kills * MESSAGES_A_KILL, kills))
    server, user = dovecot_factory(), unique_user()
    root = server.add_user(user, "secret")
    rows = [{"Source": box.user, "Password": box.password, "Destination": user, "Destination Password": "secret"}]
    with ExchangeDouble(box, tls=certificates.good.context()) as here, TripwireProxy(server.port) as proxy:
        plan = write_plan(tmp_path, source_keys(here, certificates), plain(proxy.port), rows)
        assert run_here("import-plan", plan, "--data-dir", tmp_path / "data").returncode == 0
        for _ in range(kills):
            run_and_kill(draw, proxy, plan, tmp_path / "data", QUIET)
            wait_for(lambda: not proxy.busy)
        proxy.wire = None
        last = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert last.returncode == 0, last.stdout + last.stderr
    assert read_maildir(root, "/") == counted(wanted(box).elements())
