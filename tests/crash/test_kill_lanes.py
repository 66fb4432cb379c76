"""The engine killed while three lanes copy one account: nothing is lost, nothing comes twice, nothing is changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.crash.support import KILLED, Child, differences, open_windows, pass_down, run_here
from tests.engine.support import plain, write_plan
from tests.engine.values import SYNCHRONISING
from tests.servers.loopback_proxy import Link
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy, DelayProxy
from tests.support.counting_proxy import CountingProxy
from tests.support.sample_mail import plain as plain_mail

KILLS = 3
QUICK = {"portion_messages": 50, "ahead_at_first": 100, "lane_trial": 0.0}
"""Timing with which a small folder is one that lanes share."""
ONE_WAY_SECONDS = 0.02


class ThirdLaneProxy(CountingProxy):
    """Strikes when three clients are there and have sent so many octets more, in the middle of one's message."""

    strike: Callable[[], None] | None = None
    left = 0

    async def up(self, client: asyncio.StreamReader, link: Link) -> None:
        while data := await client.read(1 << 14):
            if self.strike is not None and self.now >= 3:
                self.left -= len(data)
                if self.left <= 0:
                    strike, self.strike = self.strike, None
                    link.server.write(data[: self.left or None])
                    strike()
                    break
            link.server.write(data)
        link.server.write_eof()

    async def down(self, server: asyncio.StreamReader, link: Link) -> None:
        await pass_down(server, link)


def mailbox() -> list[MailItem]:
    """Two folders, one of them large enough to be read in ranges; with twins that differ in nothing, or in a flag."""
    draw = random.Random(7)
    items = plain_mail(400, 1, size=400) + plain_mail(80, 2, size=400, seed=8)
    twins = draw.sample(items, 20)
    items += twins + [replace(item, flags=item.flags ^ {"\\Seen"}) for item in twins]
    draw.shuffle(items)
    return items


def test_killed_with_three_lanes_at_work(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    draw, items = random.Random(5), mailbox()
    server, user, copy = dovecot_factory(), unique_user(), unique_user()
    source, destination = server.add_user(user, "secret"), server.add_user(copy, "secret")
    write_maildir(source, "/", items)
    with (
        CapabilityProxy(server.port, SYNCHRONISING) as fewer,
        DelayProxy(fewer.port, ONE_WAY_SECONDS) as far,
        ThirdLaneProxy(far.port) as proxy,
    ):
        plan = write_plan(tmp_path, plain(server.port), plain(proxy.port), [(user, copy)])
        hits = 0
        for _ in range(KILLS):
            proxy.left = draw.randrange(20_000)
            with Child("run", plan, "--data-dir", tmp_path / "data", eager=True, **QUICK) as child:
                proxy.strike = child.kill
                assert child.wait() == KILLED, child.out + child.err
            hits += open_windows(tmp_path / "data") > 1
        assert hits > KILLS / 2, "too few of the kills have hit several lanes"
        proxy.strike, far.delay_seconds = None, 0.0
        last = run_here("run", plan, "--data-dir", tmp_path / "data", **QUICK)
    assert last.returncode == 0, last.stdout + last.stderr
    assert f"{len(items)} listed = {len(items)} copied + 0 brought earlier + 0 already there" in last.stdout
    assert differences(read_maildir(destination, "/"), counted(items)) == ([], [])
