"""Mailboxes in memory, as kinds: one where nobody needs a password, and one that is locked. This module is their room.

They have no host and no port, and the program does not know their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

from tests.doubles.destination import MemoryDestination
from tests.doubles.places import PLACES, Moment, Place
from tests.doubles.source import MemorySource
from tests.servers.mailbox import Mailbox
from tui_migrate.errors import CannotConnect, LoginRefused, MailError
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.probe import Probe
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import KINDS, Kind, Login, LoginKind, Server, Side
from tui_migrate.model.declared import Section, Text, declares, setting
from tui_migrate.printable import plural
from tui_migrate.timing import Timing


@declares
class MemoryServer(Server):
    """A place in memory."""

    kind_name: ClassVar[str] = "memory"
    path: str = setting(
        Text(required=True, pattern="/.*", rule="must begin with /"),
        "Path",
        "Under which the test has put the mailboxes.",
        section=Section.WHERE,
        hint="such as /old",
        pinned=True,
        kw_only=False,
    )

    @property
    def key(self) -> str:
        """The path."""
        return self.path

    @property
    def place(self) -> str:
        """The path."""
        return self.path


@declares
class LockedServer(MemoryServer):
    """A place in memory in which each mailbox has a password."""

    kind_name: ClassVar[str] = "locked"


MEMORY = Kind("memory", "Memory", frozenset(Side), MemoryServer, __name__, logins=(LoginKind.NONE,))
LOCKED = Kind("locked", "Locked", frozenset(Side), LockedServer, __name__, logins=(LoginKind.OWN,))


@contextmanager
def memory_kinds() -> Iterator[None]:
    """Both are kinds of mailbox meanwhile. In the end the places are gone, too."""
    kinds = {each.name: each for each in (MEMORY, LOCKED)}
    KINDS.update(kinds)
    try:
        yield
    finally:
        PLACES.clear()
        for name in kinds:
            del KINDS[name]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    """Raises MailError."""
    return MemorySource(*_mailbox(server, login), around.ordinals, around.states)


def open_destination(server: Server, login: Login, around: Surroundings) -> MailDestination:
    """Raises MailError."""
    return MemoryDestination(*_mailbox(server, login))


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`."""
    seen = Probe(server)
    try:
        _place(server)
        seen = replace(seen, reached=True, round_trip=0.0)
        if login is not None:
            _, mailbox = _mailbox(server, login)
            messages = sum(len(folder.messages) for folder in mailbox.folders.values())
            seen = replace(seen, logged_in=True, messages=messages)
    except MailError as error:
        return seen.refused(error)
    return seen


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.messages is not None:
        yield "Mailbox", f"✔ {plural(probe.messages, 'message')}"


def _place(server: Server) -> Place:
    if (place := PLACES.get(server.key)) is None:
        raise CannotConnect(f"There is nothing under {server.where}.")
    return place


def _mailbox(server: Server, login: Login) -> tuple[Place, Mailbox]:
    place = _place(server)
    mailbox = place.mailboxes.get(login.user)
    with place.lock:
        place.meet(Moment.LOG_IN)
    if mailbox is None or (server.own_passwords and login.password.reveal() != mailbox.password):
        raise LoginRefused(f"{login.user} is not let in.", server_words="not known")
    return place, mailbox
