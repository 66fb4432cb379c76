"""Another pass costs what has changed, misses nothing of it, and its numbers add up; all passes are on record."""

from __future__ import annotations

import imaplib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.second_run import change, delete, item
from tests.engine.support import HOST, PASSWORD, migrate, plain, run_here, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.demo import demo_servers
from tui_migrate.model import AccountState, Counts
from tui_migrate.service import open_service

FOLDERS = ("INBOX", "Sent", "Archive", "Old/2019", "Old/2020", "Lists")
EACH = 120


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


class Moving:
    """A user whose mail has been copied once, and what the source is asked from then on."""

    def __init__(self, server: Dovecot, user: str, folder: Path, source: CapabilityProxy) -> None:
        self.server, self.user, self.source = server, user, source
        self.items = {name: [item(name, at * EACH + n) for n in range(EACH)] for at, name in enumerate(FOLDERS)}
        write_maildir(server.add_user(user, "secret"), "/", [each for some in self.items.values() for each in some])
        server.add_user(f"new-{user}", "secret")
        self.data = folder / "data"
        self.plan = write_plan(folder, plain(source.port), plain(server.port), [(user, f"new-{user}")])
        first = migrate(self.plan, self.data)
        assert (first.code, first.counts.copied) == (0, EACH * len(FOLDERS)), str(first)
        self.asked()

    def asked(self) -> list[bytes]:
        """The commands since the last call, without their tags."""
        commands = [command.partition(b" ")[2] for command in self.source.commands]
        self.source.commands.clear()
        return commands

    def arrived(self) -> dict[MailItem, int]:
        return read_maildir(self.server.maildir(f"new-{self.user}"), "/")


@pytest.fixture
def moving(server: Dovecot, unique_user: Callable[[], str], tmp_path: Path) -> Iterator[Moving]:
    with CapabilityProxy(server.port) as source:
        yield Moving(server, unique_user(), tmp_path, source)


def append(client: imaplib.IMAP4, folder: str, number: int) -> MailItem:
    new = item(folder, number)
    assert client.append(f'"{folder}"', "", imaplib.Time2Internaldate(FIRST_OF_JULY + number), new.content)[0] == "OK"
    return new


def test_one_new_message_and_one_flag_cost_a_few_short_answers(moving: Moving, imap: Imap) -> None:
    old = imap(moving.server.port, moving.user)
    new = append(old, "INBOX", 9001)
    change(old, "Sent", EACH + 3, "+", "\\Flagged")
    old.unselect()
    ended = migrate(moving.plan, moving.data)
    total = EACH * len(FOLDERS)
    assert (ended.code, ended.counts) == (0, Counts(listed=total + 1, copied=1, brought=total)), str(ended)
    asked = moving.asked()
    assert sum(line.startswith((b"LOGIN", b"AUTHENTICATE")) for line in asked) == 1
    opened = [line for line in asked if line.startswith(b"EXAMINE")]
    assert {*opened} == {b'EXAMINE "INBOX"', b'EXAMINE "Sent"'}
    fetches = [line.split(b" ", 2)[2] for line in asked if line.startswith(b"UID FETCH")]
    items = b"(UID FLAGS INTERNALDATE RFC822.SIZE)"
    above, bodies = b"%d:* %s" % (EACH + 1, items), b"(UID BODY.PEEK[])"
    assert sorted(each for each in fetches if b"CHANGEDSINCE" not in each) == [b"121 " + bodies, above, above]
    assert [each.split(b" (CHANGEDSINCE")[0] for each in fetches if b"CHANGEDSINCE" in each] == [b"1:120 " + items] * 2
    assert len(asked) < 20, asked
    moved = {**moving.items, "INBOX": [*moving.items["INBOX"], new]}
    moved["Sent"] = [
        replace(each, flags=frozenset({"\\Flagged"} if n == 3 else ())) for n, each in enumerate(moved["Sent"])
    ]
    assert moving.arrived() == counted(each for some in moved.values() for each in some)


def test_whatever_happens_in_the_folders_the_numbers_add_up(moving: Moving, imap: Imap) -> None:
    """Messages vanish, come and vanish, come and stay, and change, several of it in one folder."""
    old = imap(moving.server.port, moving.user)
    for number in range(3):
        delete(old, "INBOX", number)
    new = [append(old, "INBOX", 9000 + n) for n in range(4)]
    delete(old, "INBOX", 9000)
    delete(old, "INBOX", 9002)
    change(old, "INBOX", 50, "+", "\\Seen", "$Todo")
    delete(old, "Archive", 2 * EACH)
    new.append(append(old, "Old/2019", 9100))
    for number in range(4 * EACH, 5 * EACH):
        change(old, "Old/2020", number, "+", "\\Answered")
    old.unselect()
    ended = migrate(moving.plan, moving.data)
    there = EACH * len(FOLDERS) - 4
    assert (ended.code, ended.counts) == (0, Counts(listed=there + 3, copied=3, brought=there)), str(ended)
    asked = moving.asked()
    assert not [line for line in asked if line.startswith(b"UID FETCH 1:*")], "nothing had to be listed as a whole"
    assert sum(line.startswith((b"LOGIN", b"AUTHENTICATE")) for line in asked) == 1
    moved = [*moving.items["INBOX"], *(new[n] for n in (1, 3, 4))]
    moved[50] = replace(moved[50], flags=frozenset({"\\Seen", "$Todo"}))
    moved += [replace(each, flags=frozenset({"\\Answered"})) for each in moving.items["Old/2020"]]
    moved += [each for name in ("Sent", "Archive", "Old/2019", "Lists") for each in moving.items[name]]
    assert moving.arrived() == counted(moved)
    third = migrate(moving.plan, moving.data)
    assert (third.code, third.counts) == (0, Counts(listed=there + 3, brought=there + 3)), str(third)
    assert not [line for line in moving.asked() if line.startswith((b"EXAMINE", b"UID FETCH"))]


def test_a_server_that_does_not_count_is_listed_as_a_whole(moving: Moving, imap: Imap, tmp_path: Path) -> None:
    new = append(imap(moving.server.port, moving.user), "INBOX", 9001)
    moving.source.removed = frozenset({"ESEARCH"})
    ended = migrate(moving.plan, moving.data)
    assert (ended.code, ended.counts.copied) == (0, 1), str(ended)
    assert [line for line in moving.asked() if line.startswith(b"UID FETCH 1:*")]
    assert new in moving.arrived()


def test_passes_are_on_record_with_their_numbers(moving: Moving, imap: Imap) -> None:
    append(imap(moving.server.port, moving.user), "INBOX", 9001)
    migrate(moving.plan, moving.data)
    total = EACH * len(FOLDERS)
    with closing(open_service(moving.data)) as service:
        (overview,) = service.migrations.listing()
        (account,) = service.accounts.listing(overview.migration.id)
        first, second = service.passes.of_account(account.id)
    assert (first.number, first.state, first.counts) == (1, AccountState.DONE, Counts(listed=total, copied=total))
    assert (second.number, second.counts) == (2, Counts(listed=total + 1, copied=1, brought=total))
    assert first.ended is not None
    assert second.ended is not None
    assert first.began <= first.ended <= second.began <= second.ended
    assert first.bytes_copied > second.bytes_copied > 0
    shown = json.loads(run_here("status", "--json", "--data-dir", moving.data).stdout)[0]["accounts"][0]["passes"]
    assert [(each["number"], each["counts"]["copied"], each["state"]) for each in shown] == [
        (1, total, "done"),
        (2, 1, "done"),
    ]


def test_a_server_without_any_of_this_gets_its_passes_too(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    user = unique_user()
    server.add_user(user, PASSWORD)
    with demo_servers({"femke": 60}) as demo:
        name, password = demo.accounts[0]
        row = {"Source": name, "Password": password, "Destination": user, "Destination Password": PASSWORD}
        plan = write_plan(tmp_path, plain(demo.source_port), plain(server.port), [row])
        first = migrate(plan, tmp_path / "data")
        with imaplib.IMAP4(HOST, demo.source_port) as client:
            client.login(name, password)
            client.append("INBOX", "", "", b"Subject: new\r\n\r\n")
        second = migrate(plan, tmp_path / "data")
    total = first.counts.copied
    assert (second.code, second.counts) == (0, Counts(listed=total + 1, copied=1, brought=total)), str(second)
