"""A store that is older than the destination: a restored backup, a second store, one from before marks were kept.
What was brought in the time that it does not know of is not brought once more, and nothing of it is lost."""

from __future__ import annotations

import imaplib
import random
import sqlite3
from collections.abc import Callable, Collection
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.older_store import BackupProxy, Backups, back_up
from tests.crash.support import differences
from tests.engine.support import Ended, migrate, new_uidvalidity, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.service import open_service
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.1, late=0.1)
WITHOUT = [
    (),
    ("UIDPLUS", "MULTIAPPEND"),
    pytest.param(("CONDSTORE", "QRESYNC", "UIDNEXT"), marks=pytest.mark.nightly),
]
MESSAGES = 400
BACKUPS = [4, pytest.param(20, marks=pytest.mark.nightly)]
"""So many instants of a copy."""


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


def with_twins(items: list[MailItem], seed: int) -> list[MailItem]:
    """Some of them twice, some but for their body."""
    draw = random.Random(seed)
    twins = draw.sample(items, 20)
    mixed = [*items, *twins, *(replace(item, content=item.content[:-4] + b"==\r\n") for item in twins)]
    draw.shuffle(mixed)
    return mixed


FIRST = with_twins(plain_mail(MESSAGES, 3, size=500), 1)
LATER = with_twins(plain_mail(150, 3, size=500, seed=7), 2)
USERS = plain_mail(12, 3, size=450, seed=8)
"""What somebody sends to the destination meanwhile."""


class Move:
    """A mailbox, the one that it goes to, and a line to that on which copies of the store are made."""

    def __init__(self, server: Dovecot, user: str, folder: Path, without: Collection[str] = ()) -> None:
        self.server, self.user, self.folder, self.data = server, user, folder, folder / "data"
        self.source = server.add_user(user, "secret")
        self.destination = server.add_user(f"new-{user}", "secret")
        self._stack = ExitStack()
        self.source_line = self._stack.enter_context(CapabilityProxy(server.port, without))
        self.line = self._stack.enter_context(BackupProxy(server.port, without))
        pairs = [(user, f"new-{user}")]
        self.plan = write_plan(folder, plain(self.source_line.port), plain(self.line.port), pairs)
        self.want: list[MailItem] = []

    def __enter__(self) -> Move:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def comes(self, items: list[MailItem]) -> None:
        """To the source."""
        write_maildir(self.source, "/", items)
        self.want += items

    def user_receives(self, items: list[MailItem]) -> None:
        """At the destination."""
        with imaplib.IMAP4("127.0.0.1", self.server.port) as client:
            client.login(f"new-{self.user}", "secret")
            for item in items:
                flags = f"({' '.join(sorted(item.flags))})"
                client.append(f'"{item.folder}"', flags, imaplib.Time2Internaldate(item.instant), item.content)
        self.want += items

    def run(self, data: Path | None = None) -> Ended:
        return migrate(self.plan, data or self.data, QUICK)

    def run_with_backups(self, seed: int, most: int, chance: float = 0.04) -> list[Path]:
        """One run, and copies of its store at random instants of it."""
        backups = Backups(self.data, self.folder, random.Random(seed), most, chance)
        self.line.pass_by = backups.pass_by
        ended = self.run()
        self.line.pass_by = None
        assert ended.code == 0, ended
        self.assert_exact()
        assert len(backups.taken) >= most / 2, "too few instants of the copy were hit"
        return backups.taken

    def assert_exact(self) -> None:
        assert differences(read_maildir(self.destination, "/"), counted(self.want)) == ([], [])


def said(data: Path) -> list[str]:
    """What the events say of mail that was there."""
    with closing(open_service(data)) as service:
        return [
            event.what for event in service.logs.events() if "destination" in event.what and "messages" in event.what
        ]


@pytest.mark.parametrize("number", BACKUPS)
@pytest.mark.parametrize("without", WITHOUT, ids=lambda names: "+".join(names) or "everything offered")
def test_a_store_of_any_instant_of_the_first_pass(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, without: Collection[str], number: int
) -> None:
    with Move(server, unique_user(), tmp_path, without) as move:
        move.comes(FIRST)
        # The store is there before the copy, as the backups are of it.
        for turn, backup in enumerate(move.run_with_backups(len(without), number)):
            if turn == 1:
                move.user_receives(USERS)
            ended = move.run(backup)
            assert (ended.code, ended.counts.failed, ended.counts.pending) == (0, 0, 0), ended
            move.assert_exact()


@pytest.mark.parametrize("number", BACKUPS)
@pytest.mark.parametrize("without", WITHOUT, ids=lambda names: "+".join(names) or "everything offered")
def test_a_store_of_any_instant_of_a_delta_pass(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, without: Collection[str], number: int
) -> None:
    with Move(server, unique_user(), tmp_path, without) as move:
        move.comes(FIRST)
        assert move.run().code == 0
        before = back_up(move.data, tmp_path / "before")
        move.comes(LATER)
        backups = [before, *move.run_with_backups(3, number, chance=0.1)]
        for turn, backup in enumerate(backups):
            if turn == 2:
                move.user_receives(USERS)
            ended = move.run(backup)
            assert (ended.code, ended.counts.failed, ended.counts.pending) == (0, 0, 0), ended
            move.assert_exact()
        assert sum("had been brought" in each for each in said(before)) == 1
        late = [replace(item, content=b"X: late\r\n" + item.content) for item in LATER[:5]]
        move.comes(late)
        assert move.run(before).counts.copied == len(late)
        move.assert_exact()


@pytest.mark.parametrize("sides", [("source",), ("destination",), ("source", "destination")], ids="+".join)
def test_under_another_uidvalidity(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, sides: tuple[str, ...]
) -> None:
    """The folders were rebuilt in the time that the store does not know of."""
    with Move(server, unique_user(), tmp_path) as move:
        move.comes(FIRST)
        assert move.run().code == 0
        before = back_up(move.data, tmp_path / "before")
        move.comes(LATER)
        assert move.run().code == 0
        move.user_receives(USERS)
        for side in sides:
            new_uidvalidity(move.source if side == "source" else move.destination)
        for data in (before, move.data):
            ended = move.run(data)
            assert (ended.code, ended.counts.copied) == (0, 0), ended
            move.assert_exact()


def test_mail_from_a_pop_server(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    server = dovecot_factory(DovecotOptions(pop3=True))
    inbox = [replace(item, folder="INBOX", flags=frozenset()) for item in FIRST[:120]]
    with Move(server, unique_user(), tmp_path) as move:
        source = {**plain(server.pop3_port), "protocol": "pop"}
        move.plan = write_plan(tmp_path, source, plain(move.line.port), [(move.user, f"new-{move.user}")])
        write_maildir(move.source, "/", inbox[:60])
        assert move.run().counts.copied == 60
        before = back_up(move.data, tmp_path / "before")
        write_maildir(move.source, "/", inbox[60:])
        assert move.run().counts.copied == 60
        arrived = read_maildir(move.destination, "/")
        assert arrived.total() == 120
        for _ in range(2):
            ended = move.run(before)
            assert (ended.code, ended.counts.copied) == (0, 0), ended
            assert read_maildir(move.destination, "/") == arrived


def test_a_second_store_for_the_same_mailboxes(server: Dovecot, unique_user: Callable[[], str], tmp_path: Path) -> None:
    """Two admins, or two machines, take turns."""
    other = tmp_path / "other"
    with Move(server, unique_user(), tmp_path) as move:
        move.comes(FIRST)
        assert move.run().counts.copied == len(FIRST)
        assert move.run(other).counts.copied == 0
        for turn, items in enumerate((LATER[:60], LATER[60:120], LATER[120:])):
            move.comes(items)
            move.user_receives(USERS[turn * 4 : turn * 4 + 4])
            first, second = (move.data, other) if turn % 2 else (other, move.data)
            assert move.run(first).counts.copied == len(items)
            move.assert_exact()
            ended = move.run(second)
            assert (ended.code, ended.counts.copied) == (0, 0), ended
            move.assert_exact()


def test_a_store_that_has_kept_no_marks(server: Dovecot, unique_user: Callable[[], str], tmp_path: Path) -> None:
    with Move(server, unique_user(), tmp_path) as move:
        move.comes(FIRST)
        assert move.run().code == 0
        before = back_up(move.data, tmp_path / "before")
        move.comes(LATER)
        backups = [before, *move.run_with_backups(5, most=3, chance=0.1)]
        move.user_receives(USERS)
        for backup in backups:
            with closing(sqlite3.connect(backup / "store.db")) as store, store:
                assert store.execute("UPDATE folder SET destination_uidnext = NULL").rowcount == 3
            ended = move.run(backup)
            assert (ended.code, ended.counts.failed) == (0, 0), ended
            move.assert_exact()


def test_two_sources_that_fill_one_mailbox(server: Dovecot, unique_user: Callable[[], str], tmp_path: Path) -> None:
    """Each has mail of its own that is there once, and what both have is there twice."""
    both = [replace(item, content=b"X: both\r\n" + item.content) for item in LATER[:20]]
    with Move(server, unique_user(), tmp_path) as move:
        other = f"{move.user}2"
        root = server.add_user(other, "secret")
        pairs = [(move.user, f"new-{move.user}"), (other, f"new-{move.user}")]
        move.plan = write_plan(tmp_path, plain(move.source_line.port), plain(move.line.port), pairs)
        move.comes(FIRST[:150])
        write_maildir(root, "/", FIRST[150:])
        move.want += FIRST[150:]
        assert move.run().code == 0
        move.assert_exact()
        before = back_up(move.data, tmp_path / "before")
        move.comes([*LATER[:70], *both])
        write_maildir(root, "/", [*LATER[70:], *both])
        move.want += [*LATER[70:], *both]
        for number, backup in enumerate([before, *move.run_with_backups(6, most=6, chance=0.1)]):
            if number == 2:
                move.user_receives(USERS)
            ended = move.run(backup)
            assert (ended.code, ended.counts.copied) == (0, 0) or number, ended
            move.assert_exact()


def test_what_was_left_out_then_and_brought_since(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """The selection was widened in the time that the store does not know of."""
    with Move(server, unique_user(), tmp_path) as move:
        move.comes(FIRST)
        everything = move.plan.read_text()
        few = everything.replace('title = "Test"', 'title = "Test"\nnewest_first = true\nsince = 2015-01-01')
        assert few != everything
        move.plan.write_text(few)
        narrow = move.run()
        assert 0 < narrow.counts.excluded < len(FIRST)
        before = back_up(move.data, tmp_path / "before")
        move.plan.write_text(everything)
        assert move.run().code == 0
        move.assert_exact()
        for text in (few, everything):
            move.plan.write_text(text)
            ended = move.run(before)
            assert (ended.code, ended.counts.copied, ended.counts.pending) == (0, 0, 0), ended
            move.assert_exact()
