"""The engine killed with -9 at random instants, started again at once, until everything is copied: exactly once."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.killing import FARTHEST, MESSAGES_A_KILL, mailbox, run_and_kill
from tests.crash.support import TripwireProxy, differences, open_windows, run_here, wait_for
from tests.crash.waits import QUIET
from tests.engine.support import plain, write_plan
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tui_migrate.timing import USUAL

MISSING: dict[str, Collection[str]] = {"full": (), "bare": ("UIDPLUS", "MULTIAPPEND")}
"""What a destination does not offer."""
COMPRESSED = "compressed"
"""Connections to both ends are, from the login on."""


def log_of(data: Path) -> str:
    """All that the engines have logged."""
    return "".join(path.read_text() for path in data.rglob("*.log"))


@pytest.mark.parametrize(
    ("kills", "offers", "seed"),
    [
        (6, "full", 1),
        (6, "bare", 2),
        (6, COMPRESSED, 3),
        *(pytest.param(24, "full", seed, marks=pytest.mark.nightly) for seed in range(11, 19)),
        *(pytest.param(24, "bare", seed, marks=pytest.mark.nightly) for seed in range(21, 25)),
        *(pytest.param(24, COMPRESSED, seed, marks=pytest.mark.nightly) for seed in range(31, 33)),
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
    compressed = offers == COMPRESSED
    server, user, copy = dovecot_factory(DovecotOptions(compress=compressed)), unique_user(), unique_user()
    keys = {"compress": "on"} if compressed else {}
    source, destination = server.add_user(user, "secret"), server.add_user(copy, "secret")
    items = mailbox(kills * MESSAGES_A_KILL, seed)
    write_maildir(source, "/", items)
    with ExitStack() as stack:
        # What reads along cannot read what is compressed.
        port = server.port if compressed else stack.enter_context(CapabilityProxy(server.port, MISSING[offers])).port
        proxy = stack.enter_context(TripwireProxy(port))
        plan = write_plan(tmp_path, plain(server.port, **keys), plain(proxy.port, **keys), [(user, copy)])
        assert run_here("import-plan", plan, "--data-dir", tmp_path / "data").returncode == 0
        hits, settle = 0, USUAL.settle
        for number in range(kills):
            run_and_kill(draw, proxy, plan, tmp_path / "data", settle, FARTHEST // (4 if compressed else 1))
            hits += open_windows(tmp_path / "data") > 0
            settle = USUAL.settle
            if number % 4:  # else the server is still at it when the program starts again
                wait_for(lambda: not proxy.busy)
                settle = QUIET
        assert hits > kills / 3, "too few of the kills have hit the copy"
        proxy.wire = None
        last = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert last.returncode == 0, last.stdout + last.stderr
    assert ("octets were compressed to" in log_of(tmp_path / "data")) is compressed
    assert f"{len(items)} listed = {len(items)} copied + 0 brought earlier + 0 already there" in last.stdout
    assert differences(read_maildir(destination, "/"), counted(items)) == ([], [])
