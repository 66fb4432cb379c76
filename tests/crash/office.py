"""Accounts on one server, and a line that holds up the copying of one of them so that a test can step in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.support import SlowLine, differences, wait_for
from tests.engine.support import plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.service import Service

MANY = plain_mail(400, 2, size=500)
"""More than may be in flight without groups."""
FEW = plain_mail(20, 2, size=500)


class Office:
    """Users with mail at the source, who move to mailboxes of another name on the same server."""

    def __init__(self, server: Dovecot, users: list[str], items: list[list[MailItem]]) -> None:
        self.server, self.users, self.items = server, users, items
        self.pairs = [(user, f"{user}new") for user in users]
        for user, mine in zip(users, items, strict=True):
            write_maildir(server.add_user(user, "secret"), "/", mine)
            server.add_user(f"{user}new", "secret")

    def arrived(self, number: int) -> Counter[MailItem]:
        return read_maildir(self.server.maildir(f"{self.users[number]}new"), "/")

    def assert_exact(self, *numbers: int) -> None:
        for number in numbers or range(len(self.users)):
            assert differences(self.arrived(number), counted(self.items[number])) == ([], [])

    def plan(self, folder: Path, destination_port: int) -> Path:
        return write_plan(folder, plain(self.server.port), plain(destination_port), self.pairs)

    @contextmanager
    def slow_line(self) -> Iterator[SlowLine]:
        """To the destination: it fills up in the middle of a mailbox like `MANY`. One message an APPEND."""
        with (
            CapabilityProxy(self.server.port, {"MULTIAPPEND"}) as one_by_one,
            SlowLine(one_by_one.port, 20_000) as line,
        ):
            yield line


def beats(service: Service, number: int = 2) -> None:
    """Return when the engine has looked at what it is told so many times more."""
    for _ in range(number):
        before = service.engine.status().beat_at
        wait_for(lambda before=before: service.engine.status().beat_at != before)  # type: ignore[misc]
