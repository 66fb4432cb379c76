"""The engine killed with -9 at random instants, started again at once, until everything is copied: exactly once."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import KILLED, Child, TripwireProxy, Wire, differences, open_windows, run_here, wait_for
from tests.crash.waits import QUIET
from tests.engine.support import plain, write_plan
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.timing import USUAL

FOLDERS = 8
MESSAGES_A_KILL = 150
_FARTHEST = 80_000
"""Octets that a run may send before it is killed, at most: the runs have then not sent all."""


def mailbox(messages: int, seed: int) -> list[MailItem]:
    """Small messages, some of them twins: equal, equal but for the flags, equal but for a body of the same length."""
    draw = random.Random(seed)
    few = messages // 75
    items = plain_mail(messages - 3 * few, FOLDERS, size=450, seed=seed)
    twins = draw.sample(items, few)
    items += twins
    items += [replace(item, flags=item.flags ^ {"\\Seen"}) for item in twins]
    items += [replace(item, content=item.content[:-4] + b"==\r\n") for item in twins]
    draw.shuffle(items)
    return items


def run_and_kill(draw: random.Random, proxy: TripwireProxy, plan: Path, data: Path, settle: float) -> None:
    """Start the program, and kill it after a random number of octets, or (every fifth time) of seconds."""
    by_time = draw.random() < 0.2
    octets = _FARTHEST if by_time else draw.randrange(_FARTHEST)
    late = draw.choice((0, draw.randrange(_FARTHEST // 4)))
    proxy.wire = Wire(octets, lambda: child.kill(), late, draw.uniform(0, 1.5))
    with Child("run", plan, "--data-dir", data, settle=settle) as child:
        if by_time:
            with contextlib.suppress(TimeoutError):
                child.wait(draw.uniform(0.2, 2.5))
            child.kill()
        assert child.wait() == KILLED, child.out + child.err


MISSING: dict[str, Collection[str]] = {"full": (), "bare": ("UIDPLUS", "MULTIAPPEND")}
"""What a destination does not offer."""


@pytest.mark.parametrize(
    ("kills", "offers", "seed"),
    [
        (6, "full", 1),
        (6, "bare", 2),
        *(pytest.param(24, "full", seed, marks=pytest.mark.nightly) for seed in range(11, 19)),
        *(pytest.param(24, "bare", seed, marks=pytest.mark.nightly) for seed in range(21, 25)),
    ],
)
def test_killed_at_random_instants_nothing_is_lost_and_nothing_comes_twice(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    tmp_path: Path,
    kills: int,
    offers: str,
    seed: int,
) -> None:
    draw = random.Random(seed)
    server, user, copy = dovecot_factory(), unique_user(), unique_user()
    source, destination = server.add_user(user, "secret"), server.add_user(copy, "secret")
    items = mailbox(kills * MESSAGES_A_KILL, seed)
    write_maildir(source, "/", items)
    with CapabilityProxy(server.port, MISSING[offers]) as fewer, TripwireProxy(fewer.port) as proxy:
        plan = write_plan(tmp_path, plain(server.port), plain(proxy.port), [(user, copy)])
        assert run_here("import-plan", plan, "--data-dir", tmp_path / "data").returncode == 0
        hits, settle = 0, USUAL.settle
        for number in range(kills):
            run_and_kill(draw, proxy, plan, tmp_path / "data", settle)
            hits += open_windows(tmp_path / "data") > 0
            settle = USUAL.settle
            if number % 4:  # else the server is still at it when the program starts again
                wait_for(lambda: not proxy.busy)
                settle = QUIET
        assert hits > kills / 3, "too few of the kills have hit the copy"
        proxy.wire = None
        last = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert last.returncode == 0, last.stdout + last.stderr
    assert f"{len(items)} listed = {len(items)} copied + 0 brought earlier + 0 already there" in last.stdout
    assert differences(read_maildir(destination, "/"), counted(items)) == ([], [])
