"""The mailboxes that are moved, and what moving them is to cost at most beside other tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.servers.maildir import MailItem
from tests.support.sample_mail import mixed, plain

MBSYNC, DSYNC = frozenset({"mbsync"}), frozenset({"dsync", "dsync-1000"})
PEERS = MBSYNC | DSYNC
SCRIPT = frozenset({"script"})


@dataclass(frozen=True)
class Target:
    """Seconds of ours divided by those of the fastest of `peers`, at this distance or at any."""

    peers: frozenset[str]
    most: float
    round_trip_ms: float | None = None


@dataclass(frozen=True)
class Corpus:
    """Mailboxes of sample mail, the same on every machine."""

    key: str
    """What `--corpora` calls it, and the beginning of the names of the source users that have it."""
    title: str
    messages: int
    """Of all accounts together."""
    make: Callable[[], list[MailItem]]
    """The mail of one account."""
    accounts: int = 1
    at_once: int = 16
    """So many accounts are moved side by side, with a connection each to either server."""
    delays_ms: tuple[float, ...] = (0.0, 20.0, 50.0)
    tls: bool = False
    """Measured over TLS too."""
    long: bool = False
    """Takes minutes: run once, and watched for its first message."""
    targets: tuple[Target, ...] = ()
    again_seconds: float | None = None
    """What a second run with nothing to do is to take at most."""
    cpu_ms: float | None = None
    """What each message is to cost at most, in milliseconds of CPU, without the program's start."""
    peak_bytes: int = 120_000_000
    """What it is to use at most."""
    without: frozenset[str] = frozenset({"imapsync"})
    """Tools that would need hours."""


def _small(*by_delay: tuple[float, float]) -> tuple[Target, ...]:
    return (*(Target(PEERS, most, delay) for delay, most in by_delay), Target(SCRIPT, 1.3))


def _one_folder(messages: int, *targets: Target, without: frozenset[str] = frozenset({"imapsync"})) -> Corpus:
    title = f"{messages:,} messages of 1 KB in one folder"
    make = partial(plain, messages, 1, 1024)
    return Corpus(
        f"one-{messages}",
        title,
        messages,
        make,
        delays_ms=(0.0,),
        long=True,
        targets=targets,
        again_seconds=3.0,
        peak_bytes=150_000_000,
        without=without,
    )


CORPORA = (
    Corpus(
        "10000",
        "10,000 messages of 4 KB in 26 folders",
        10_000,
        partial(plain, 10_000, 26),
        delays_ms=(0.0, 20.0, 50.0, 100.0),
        tls=True,
        targets=_small((0.0, 1.2), (20.0, 0.5), (50.0, 0.33), (100.0, 0.33)),
        cpu_ms=0.06,
    ),
    Corpus(
        "2000",
        "2,000 messages of 4 KB in 6 folders",
        2_000,
        partial(plain, 2_000, 6),
        tls=True,
        targets=_small((0.0, 1.5), (20.0, 0.6), (50.0, 0.4)),
        without=frozenset(),
    ),
    Corpus(
        "mixed",
        "2,000 mixed messages, 50 MB, in 12 folders",
        2_000,
        mixed,
        tls=True,
        targets=_small((0.0, 1.5), (20.0, 0.6), (50.0, 0.4)),
        without=frozenset(),
    ),
    Corpus(
        "large",
        "12 messages, 160 MB",
        12,
        partial(plain, 12, 1, 160_000_000 // 12),
        delays_ms=(0.0, 20.0),
        targets=(Target(PEERS, 1.0),),
        cpu_ms=3.0 * 160 / 12,
    ),
    Corpus(
        "16x1000",
        "16 accounts of 1,000 messages of 4 KB, side by side",
        16_000,
        partial(plain, 1_000, 6),
        accounts=16,
        delays_ms=(20.0,),
        targets=(Target(DSYNC, 1.0), Target(MBSYNC, 0.25)),
        peak_bytes=130_000_000,
    ),
    Corpus(
        "64x250",
        "64 accounts of 250 messages of 4 KB, 16 at once",
        16_000,
        partial(plain, 250, 6),
        accounts=64,
        delays_ms=(20.0,),
        targets=(Target(DSYNC, 1.0), Target(MBSYNC, 0.25)),
        peak_bytes=130_000_000,
    ),
    _one_folder(20_000),
    _one_folder(50_000, Target(DSYNC, 1.5), Target(MBSYNC, 0.1)),
    _one_folder(200_000, without=frozenset({"imapsync", "mbsync"})),
    Corpus(
        "folders-2000",
        "4,000 messages of 4 KB in 2,000 folders",
        4_000,
        partial(plain, 4_000, 2_000),
        delays_ms=(0.0,),
        long=True,
        targets=(Target(PEERS, 0.7),),
        again_seconds=3.0,
        peak_bytes=150_000_000,
    ),
)
GROWTH = ("one-20000", "one-200000", 1.2)
"""From the first to the second, our time grows at most so many times as much as dsync's."""
EMPTY = Corpus("empty", "no message", 0, list)
"""What a program's own start costs: taken off where the fastest of the others needs less than two seconds."""
WARM_UP = Corpus("warm-up", "a few messages", 60, partial(plain, 60, 6))
"""Moved once by each tool, and not reported: it has Python's bytecode compiled, which installing does otherwise."""
