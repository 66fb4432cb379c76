"""What the module of each kind of mailbox gives, under the name that its `Kind` tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.protocols import MailDestination, MailSource, Ordinals, Since
from tui_migrate.mail.states import States
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Kind, Login, Server, Side
from tui_migrate.timing import USUAL, Timing

if TYPE_CHECKING:
    from tui_migrate.mail.probe import Probe


Settled = Callable[[], Mapping[bytes, Since]]
"""Where walks over folders have ended, by the source folder's name; of others something is left to do."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a mailbox is opened in."""

    spool_folder: Path | None = None
    """Messages above a megabyte pass through it."""
    ordinals: Ordinals | None = None
    """Keeps the names of messages that have no UIDs; without it, they have UIDs for one session alone."""
    timing: Timing = USUAL
    lessons: Lessons | None = None
    """What the server has taught so far; it may teach more."""
    tracer: Tracer | None = None
    """Of the account."""
    states: States | None = None
    """Remembers more of folders than ordinals; without it, a source tells no tokens."""
    settled: Settled | None = None
    """A source may say of a folder what was said then, where it can tell without listing it that it is as it was."""


class Behaviour(Protocol):
    """A module. One whose mailboxes cannot be a destination has no `open_destination`, and the same for a source."""

    def open_source(self, server: Server, login: Login, around: Surroundings) -> MailSource:
        """Connect and log in. Raises MailError."""

    def open_destination(self, server: Server, login: Login, around: Surroundings) -> MailDestination:
        """Connect and log in. Raises MailError."""

    def try_way(self, server: Server, login: Login, way: str) -> str:
        """Of a kind with `password_ways`: log in by this one alone. Returns: why it cannot be gone, as the server or
        this installation does not have it; empty: the mailbox was opened. Raises MailError."""

    def look_at(self, server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
        """See `probe`."""

    def findings(self, side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
        """What a look means for a migration: label and text of each thing that an admin wants to know of this kind."""


def behaviour_of(kind: Kind) -> Behaviour:
    """The module of a kind of mailbox, imported when the first mailbox of the kind is opened."""
    return cast(Behaviour, import_module(kind.behaviour))
