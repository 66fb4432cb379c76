"""The disk of the store is full in the middle of a run: the engine ends with a clear word, and loses nothing."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, MANY, Office
from tests.crash.support import Child, run_here
from tests.servers.maildir import MailItem
from tests.support.sample_mail import message

BIG = [MailItem("INBOX", message(random.Random(1), 1, 1_500_000_000, 3_000_000), frozenset(), 1_500_000_000)]
"""Passes through a spool file."""


@pytest.fixture
def office(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> Office:
    return Office(dovecot_factory(), [unique_user(), unique_user()], [MANY, FEW + BIG])


def limit_files(child: Child, octets: int) -> None:
    """No file of this process grows beyond `octets` any more: what a full disk is to it."""
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))


def test_no_room_for_the_store(office: Office, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with office.slow_line() as line:
        plan = office.plan(tmp_path, line.port)
        with Child("run", plan, "--data-dir", data) as child:
            assert line.full.wait(120)
            limit_files(child, 4096)
            line.drain.set()
            assert child.wait() == 3, child.out + child.err
        (told,) = child.err.splitlines()
        assert told.startswith(f"The store {data / 'store.db'} cannot be used: ")
        again = run_here("run", plan, "--data-dir", data)
    assert again.returncode == 0, again.stdout + again.stderr
    office.assert_exact()


def test_no_room_for_a_big_message(office: Office, tmp_path: Path) -> None:
    data = tmp_path / "data"
    plan = office.plan(tmp_path, office.server.port)
    with Child("run", plan, "--data-dir", data) as child:
        limit_files(child, 2_000_000)
        assert child.wait() == 3, child.out + child.err
    (told,) = child.err.splitlines()
    assert told.startswith(f"A message of {len(BIG[0].content)} bytes cannot be kept in {data / 'spool'}: ")
    again = run_here("run", plan, "--data-dir", data)
    assert again.returncode == 0, again.stdout + again.stderr
    office.assert_exact()
