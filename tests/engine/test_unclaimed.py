"""What a look at mail that came to the destination from elsewhere costs, and how often it is told of."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.second_run import item
from tests.engine.support import PASSWORD, Ended, migrate, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.service import open_service

ITEMS = b"(UID FLAGS INTERNALDATE RFC822.SIZE)"


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


class Moved:
    """A mailbox that was copied, whose user gets mail at the new server already."""

    def __init__(
        self, server: Dovecot, user: str, folder: Path, size: int, lines: tuple[CapabilityProxy, CapabilityProxy]
    ) -> None:
        self.server, self.user, self.data = server, user, folder / "data"
        self.want = [item(name, 1000 * at + n) for at, name in enumerate(("INBOX", "Sent")) for n in range(size)]
        write_maildir(server.add_user(user, PASSWORD), "/", self.want)
        self.there = server.add_user(f"new-{user}", PASSWORD)
        self.source, self.destination = lines
        ends = plain(self.source.port), plain(self.destination.port)
        self.plan = write_plan(folder, *ends, [(user, f"new-{user}")])
        assert self.run().counts.copied == 2 * size

    def run(self) -> Ended:
        ended = migrate(self.plan, self.data)
        assert ended.code == 0, ended
        assert read_maildir(self.there, "/") == counted(self.want)
        return ended

    def comes(self, user: str, folder: str, *numbers: int) -> None:
        """Mail, to the source or to the destination."""
        with imaplib.IMAP4("127.0.0.1", self.server.port) as client:
            client.login(user, PASSWORD)
            for number in numbers:
                new = item(folder, number)
                client.append(folder, "", imaplib.Time2Internaldate(FIRST_OF_JULY + number), new.content)
                self.want.append(new)

    def told(self) -> list[str]:
        with closing(open_service(self.data)) as service:
            return [event.what for event in service.logs.events(text="from elsewhere")]


@pytest.fixture
def lines(server: Dovecot) -> Iterator[tuple[CapabilityProxy, CapabilityProxy]]:
    with CapabilityProxy(server.port) as source, CapabilityProxy(server.port) as destination:
        yield source, destination


def fetches(line: CapabilityProxy) -> list[bytes]:
    """The FETCH commands since the last call, without their tags."""
    found = [command.split(b" ", 3)[3] for command in line.commands if b" UID FETCH " in command]
    line.commands.clear()
    return found


@pytest.mark.parametrize("size", [40, 400])
def test_mail_from_elsewhere_costs_a_look_at_that_mail_whatever_the_folder_holds(
    server: Dovecot,
    unique_user: Callable[[], str],
    tmp_path: Path,
    lines: tuple[CapabilityProxy, CapabilityProxy],
    size: int,
) -> None:
    moved = Moved(server, unique_user(), tmp_path, size, lines)
    moved.comes(f"new-{moved.user}", "INBOX", 90001, 90002)
    moved.comes(f"new-{moved.user}", "Sent", 90003)
    fetches(moved.source), fetches(moved.destination)
    # Nothing is new at the source: nothing that lies there can be ours.
    assert moved.run().counts.copied == 0
    assert (fetches(moved.source), fetches(moved.destination), moved.told()) == ([], [], [])
    moved.comes(moved.user, "INBOX", 9004)
    moved.comes(f"new-{moved.user}", "INBOX", 90005)
    moved.comes(f"new-{moved.user}", "Sent", 90006)
    assert moved.run().counts.copied == 1
    first, *sample = fetches(moved.destination)
    assert first == b"%d:* %s" % (size + 3, ITEMS)
    assert len(sample) <= 1, "one message of those that were brought"
    assert fetches(moved.source)[0] == b"%d:* %s" % (size + 1, ITEMS)
    assert moved.run().counts.copied == 0
    assert fetches(moved.destination) == []


def test_it_is_told_once_for_all_folders(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, lines: tuple[CapabilityProxy, CapabilityProxy]
) -> None:
    moved = Moved(server, unique_user(), tmp_path, 30, lines)
    for number, folder in enumerate(("INBOX", "Sent")):
        moved.comes(moved.user, folder, 9000 + number)
        moved.comes(f"new-{moved.user}", folder, 90010 + number, 90020 + number)
    assert moved.run().counts.copied == 2
    assert moved.told() == [f"{moved.user}: mail has come to the destination from elsewhere: 4 messages"]
