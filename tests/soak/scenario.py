"""What is drawn from a seed: plain values, which print themselves so that they can be pasted into a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from pprint import pformat

from tests.servers.imap.server import MODERN
from tests.servers.mailbox import DATE

Argument = int | str | bytes | bool | None | tuple["Argument", ...]


@dataclass(frozen=True)
class Letter:
    """A message as it lies in a mailbox."""

    octets: bytes
    flags: str = ""
    date: str = DATE


@dataclass(frozen=True)
class Filled:
    """A folder and its mail. Readable name, `/` between levels."""

    name: str
    letters: tuple[Letter, ...] = ()
    subscribed: bool = True


@dataclass(frozen=True)
class Quirk:
    """Something that a server does otherwise, by its name in `tests.soak.quirks`."""

    name: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Change:
    """Something that happens between two runs, by its name in `tests.soak.changes`."""

    name: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Side:
    """A server as it always is."""

    capabilities: str = MODERN
    quirks: tuple[Quirk, ...] = ()
    delimiter: str = "/"
    prefix: str = ""


@dataclass(frozen=True)
class Kill:
    """`kill -9` when a server has received so many octets. What is on the line then still reaches it."""

    destination: bool
    octets: int


@dataclass(frozen=True)
class Phase:
    """Runs until one comes to its own end: one more than there are kills."""

    before: tuple[Change, ...] = ()
    source: tuple[Quirk, ...] = ()
    destination: tuple[Quirk, ...] = ()
    kills: tuple[Kill, ...] = ()
    largest: int = 0
    """Octets of a message above which it is left behind; 0: none."""


@dataclass(frozen=True)
class Scenario:
    """All that happens. After the last phase both servers are well, and two more runs must end so."""

    seed: int
    boxes: tuple[tuple[Filled, ...], ...]
    """One or two mailboxes at the source, for one mailbox at the destination."""
    there: tuple[Filled, ...] = ()
    """What another tool has copied already."""
    source: Side = field(default_factory=Side)
    destination: Side = field(default_factory=Side)
    phases: tuple[Phase, ...] = (Phase(),)
    pop: bool = False
    lanes: int = 1
    portion: int = 500
    """Messages that a lane takes at once."""
    late: float = 0.05
    """Seconds for which what is in doubt is waited for."""
    stall: float = 60.0
    """Seconds without an octet after which a connection is given up."""

    def __str__(self) -> str:
        return pformat(self, width=118)
