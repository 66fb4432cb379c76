"""Numbers that never shrink: what earlier passes brought stays theirs, what somebody else brought is told apart, and
what was moved in all passes only grows."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.second_run import delete, item
from tests.engine.support import Ended, migrate, new_uidvalidity, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, counted, crlf, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.model import Counts, Moved

ADOPTED, OURS = range(4), range(4, 20)


class Half:
    """A user of whose mail another tool has brought some before us."""

    def __init__(self, server: Dovecot, user: str, folder: Path, port: int) -> None:
        self.server, self.user, self.data = server, user, folder / "data"
        self.source = server.add_user(user, "secret")
        self.destination = server.add_user(f"new-{user}", "secret")
        self.items = [item("INBOX", number) for number in (*ADOPTED, *OURS)]
        write_maildir(self.source, "/", self.items)
        write_maildir(self.destination, "/", self.items[: len(ADOPTED)])
        self.plan = write_plan(folder, plain(port), plain(server.port), [(user, f"new-{user}")])

    def run(self) -> Ended:
        ended = migrate(self.plan, self.data)
        assert ended.code == 0, str(ended)
        return ended

    def moved(self) -> Moved:
        (account,) = self.run().accounts
        return account.moved


def octets(items: list[MailItem]) -> int:
    return sum(len(crlf(each.content)) for each in items)


def append(client: imaplib.IMAP4, number: int) -> MailItem:
    new = item("INBOX", number)
    client.append("INBOX", "", imaplib.Time2Internaldate(FIRST_OF_JULY + number), new.content)
    return new


def delete_all(port: int, user: str) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(user, "secret")
        client.select()
        client.store("1:*", "+FLAGS", "(\\Deleted)")
        client.expunge()


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


@pytest.mark.parametrize(
    "without", [(), ("CONDSTORE", "QRESYNC"), ("ESEARCH",)], ids=lambda names: "+".join(names) or "-"
)
def test_who_brought_a_message_is_told_apart_in_every_pass(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, imap: Imap, without: tuple[str, ...]
) -> None:
    with CapabilityProxy(server.port, without) as source:
        half = Half(server, unique_user(), tmp_path, source.port)
        assert half.run().counts == Counts(20, 16, there=4)
        assert half.run().counts == Counts(20, brought=16, there=4), "nothing has happened"
        old = imap(server.port, half.user)
        new = append(old, 30)
        assert half.run().counts == Counts(21, 1, brought=16, there=4), "one is new"
        for gone in (ADOPTED[1], *OURS[:3]):  # how many have vanished is easily told, which of them is not
            delete(old, "INBOX", gone)
        newer = append(old, 31)
        assert half.run().counts == Counts(18, 1, brought=14, there=3)
        last = half.run()
        assert last.counts == Counts(18, brought=15, there=3)
    (account,) = last.accounts
    brought = [*half.items[len(ADOPTED) :], new, newer]
    assert account.moved == Moved(len(brought), octets(brought)), (
        "what has left the source since was moved all the same"
    )


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_rebuilt_folder_forgets_nobody_s_work(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, side: str
) -> None:
    half = Half(server, unique_user(), tmp_path, server.port)
    half.run()
    new_uidvalidity(half.source if side == "source" else half.destination)
    ended = half.run()
    assert ended.counts == Counts(20, brought=16, there=4)
    assert half.run().counts == ended.counts
    assert [each.moved.messages for each in ended.accounts] == [16]
    assert read_maildir(half.destination, "/") == counted(half.items)


def test_what_was_moved_stays_so_whatever_the_user_deletes(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    half = Half(server, unique_user(), tmp_path, server.port)
    assert half.moved() == Moved(16, octets(half.items[len(ADOPTED) :]))
    delete_all(server.port, f"new-{half.user}")
    delete_all(server.port, half.user)
    assert half.moved() == Moved(16, octets(half.items[len(ADOPTED) :]))
