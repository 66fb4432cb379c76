"""A limit of open files (ulimit -n) that is short: fewer connections, all mail, and a word about it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import plain, run_here, write_plan
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, read_maildir, write_maildir
from tui_migrate.engine.turns import descriptors
from tui_migrate.engine.turns.admission import ALL_SERVERS, Holder, WaitingAccount, admit, share

PROJECT = Path(__file__).parents[2]
MESSAGES = [
    MailItem("INBOX", b"Subject: small\r\n\r\nsmall\r\n", frozenset(), 1_234_567_890),
    MailItem("INBOX", b"Subject: large\r\n\r\n" + b"x" * 78 + b"\r\n" * 600_000, frozenset(), 1_234_567_891),
]
ACCOUNTS = 30


def test_few_files_and_many_accounts(dovecot_factory: DovecotFactory, tmp_path: Path) -> None:
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(separator="."))
    users = [f"files{number}" for number in range(ACCOUNTS)]
    arrived = {}
    for number, user in enumerate(users):
        write_maildir(old.add_user(user, "secret"), "/", MESSAGES[: 2 if number % 3 == 0 else 1])
        arrived[user] = new.add_user(user, "secret")
    keys = {"max_connections": 60}
    plan, data = write_plan(tmp_path, plain(old.port, **keys), plain(new.port, **keys), users), tmp_path / "data"
    program = [sys.executable, "-m", "tui_migrate", "run", str(plan), "--data-dir", str(data)]
    ran = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -n 64 && exec "$@"', "sh", *program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "The engine may open 64 files (ulimit -n), enough for 2 connections in all" in ran.stdout
    for number, user in enumerate(users):
        assert len(read_maildir(arrived[user], ".")) == (2 if number % 3 == 0 else 1)
    assert "0 failed" in run_here("status", "--data-dir", data).stdout


def test_the_limit_is_raised_as_far_as_it_goes() -> None:
    program = "from tui_migrate.engine.turns.descriptors import limit, raise_limit; raise_limit(); print(limit())"
    shell = 'ulimit -Sn 40 && ulimit -Hn 90 && exec "$@"'
    ran = subprocess.run(
        ["/bin/sh", "-c", shell, "sh", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert ran.stdout == "90\n", ran.stderr


@pytest.mark.parametrize(("files", "most"), [(20, 2), (64, 2), (1024, 82), (resource.RLIM_INFINITY, 87_378)])
def test_what_files_are_enough_for(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert descriptors.connections() == most


def test_all_servers_together_have_a_limit_too() -> None:
    candidates = [WaitingAccount(number, ("old", f"new{number}")) for number in range(5)]
    limits = {"old": 10, ALL_SERVERS: 6, **{f"new{number}": 10 for number in range(5)}}
    assert admit(candidates, Counter(), limits) == [0, 1, 2]
    assert admit(candidates, Counter(old=2, new7=2), limits) == [0]
    holders = [Holder(0, ("old", "new0"), 1, 5, 1000)]
    assert share(holders, [], {"old": 1, "new0": 1}, limits) == {0: 3}
    assert share(holders, candidates[1:2], {"old": 1, "new0": 1}, limits) == {0: 2}
