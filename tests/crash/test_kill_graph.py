"""The engine killed with -9 while it copies out of Microsoft Graph: all arrives, and nothing twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.killing import MESSAGES_A_KILL, mailbox, run_and_kill
from tests.crash.support import TripwireProxy, run_here, wait_for
from tests.crash.waits import QUIET
from tests.engine.support import plain, write_plan
from tests.servers.certificates import Certificates
from tests.servers.graph.contents import expected, fill
from tests.servers.graph.mailbox import GraphMailbox
from tests.servers.graph.support import tenant
from tests.servers.maildir import read_maildir

ANNA = "anna@old.example"


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.nightly)])
def test_by_graph_nothing_is_lost_and_nothing_comes_twice(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kills: int,
) -> None:
    draw = random.Random(kills)
    box = GraphMailbox(ANNA, "nl")
    fill(box, mailbox(kills * MESSAGES_A_KILL, kills))
    server, user = dovecot_factory(), unique_user()
    root = server.add_user(user, "secret")
    rows = [{"Source": ANNA, "Destination": user, "Destination Password": "secret"}]
    with tenant(certificates, monkeypatch, box) as here, TripwireProxy(server.port) as proxy:
        plan = write_plan(tmp_path, here.keys_of_another_process(tmp_path), plain(proxy.port), rows)
        assert run_here("import-plan", plan, "--data-dir", tmp_path / "data").returncode == 0
        for _ in range(kills):
            run_and_kill(draw, proxy, plan, tmp_path / "data", QUIET)
            wait_for(lambda: not proxy.busy)
        proxy.wire = None
        last = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert last.returncode == 0, last.stdout + last.stderr
    assert read_maildir(root, "/") == expected(box)
