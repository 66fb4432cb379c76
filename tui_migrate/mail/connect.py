"""Server and login to a source or a destination, of whatever kind: the one factory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tui_migrate.errors import Unpipelined
from tui_migrate.mail.behaviour import Settled, Surroundings, behaviour_of
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.protocols import MailDestination, MailSource, Ordinals
from tui_migrate.mail.states import States
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Kind, Login, Server
from tui_migrate.timing import USUAL, Timing

T = TypeVar("T")

WAYS = 3
"""Times that what looks at two servers begins anew, when one has just taught that it takes one command at a time."""


def begun_anew(action: Callable[[], T]) -> T:
    """What `action` returns, which opens connections itself; called again when a server takes one command at a time.
    Raises what it raises the last time."""
    for _ in range(WAYS - 1):
        with contextlib.suppress(Unpipelined):
            return action()
    return action()


def get_ready(kind: Kind) -> None:
    """Begin what the first mailbox of this kind would wait for when it is opened as a source."""
    if not kind.traits.is_served:
        from tui_migrate.mail.files.readers import READERS

        READERS.get_ready(kind.behaviour)


def open_source(
    server: Server,
    login: Login,
    spool_folder: Path | None = None,
    ordinals: Ordinals | None = None,
    timing: Timing = USUAL,
    lessons: Lessons | None = None,
    tracer: Tracer | None = None,
    states: States | None = None,
    settled: Settled | None = None,
) -> MailSource:
    """Connect and log in to a source mailbox, in these surroundings. Raises MailError."""
    around = Surroundings(spool_folder, ordinals, timing, lessons, tracer, states, settled)
    return behaviour_of(server.kind).open_source(server, login, around)


def open_destination(
    server: Server,
    login: Login,
    spool_folder: Path | None = None,
    timing: Timing = USUAL,
    lessons: Lessons | None = None,
    tracer: Tracer | None = None,
) -> MailDestination:
    """Connect and log in to a destination mailbox, in these surroundings. Raises MailError."""
    around = Surroundings(spool_folder, None, timing, lessons, tracer)
    return behaviour_of(server.kind).open_destination(server, login, around)
