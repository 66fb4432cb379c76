"""Small mail, and the program killed with -9 while it copies it."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from pathlib import Path

from tests.crash.support import KILLED, Child, TripwireProxy, Wire
from tests.servers.maildir import MailItem
from tests.support.sample_mail import plain as plain_mail

FOLDERS = 8
MESSAGES_A_KILL = 150
FARTHEST = 80_000
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


def run_and_kill(
    draw: random.Random, proxy: TripwireProxy, plan: Path, data: Path, settle: float, farthest: int = FARTHEST
) -> None:
    """Start the program, and kill it after a random number of octets, or (every fifth time) of seconds."""
    by_time = draw.random() < 0.2
    octets = farthest if by_time else draw.randrange(farthest)
    late = draw.choice((0, draw.randrange(farthest // 4)))
    proxy.wire = Wire(octets, lambda: child.kill(), late, draw.uniform(0, 1.5))
    with Child("run", plan, "--data-dir", data, settle=settle) as child:
        if by_time:
            with contextlib.suppress(TimeoutError):
                child.wait(draw.uniform(0.2, 2.5))
            child.kill()
        assert child.wait() == KILLED, child.out + child.err
