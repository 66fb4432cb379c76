"""The engine killed with -9 while it copies out of files: what arrives is what one run without kills brings."""

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
from tests.files.archives import ARCHIVES
from tests.servers.maildir import read_maildir


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        ("mbox", 2),
        ("pst", 2),
        *(pytest.param(kind, 25, marks=pytest.mark.nightly) for kind in ARCHIVES),
    ],
)
def test_out_of_files_nothing_is_lost_and_nothing_comes_twice(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, kind: str, kills: int
) -> None:
    draw = random.Random(kills)
    items = mailbox(kills * MESSAGES_A_KILL, kills)
    ARCHIVES[kind](tmp_path / "archive", items)
    source = {"protocol": kind, "folder": str(tmp_path), "path": "archive"}
    server, straight, killed = dovecot_factory(), unique_user(), unique_user()
    wanted, found = server.add_user(straight, "secret"), server.add_user(killed, "secret")
    rows = [{"Source": user, "Destination": user, "Destination Password": "secret"} for user in (straight, killed)]
    (tmp_path / "straight").mkdir()
    plan = write_plan(tmp_path / "straight", source, plain(server.port), rows[:1])
    assert run_here("run", plan, "--data-dir", tmp_path / "straight/data").returncode == 0
    with TripwireProxy(server.port) as proxy:
        plan = write_plan(tmp_path, source, plain(proxy.port), rows[1:])
        assert run_here("import-plan", plan, "--data-dir", tmp_path / "data").returncode == 0
        for _ in range(kills):
            run_and_kill(draw, proxy, plan, tmp_path / "data", QUIET)
            wait_for(lambda: not proxy.busy)
        proxy.wire = None
        last = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert last.returncode == 0, last.stdout + last.stderr
    assert sum(read_maildir(wanted, "/").values()) == len(items)
    assert read_maildir(found, "/") == read_maildir(wanted, "/")
