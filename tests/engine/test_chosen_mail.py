"""What the admin chooses is copied, in the order he chooses, and the rest is counted and listed."""

from __future__ import annotations

import email
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from tests.conftest import DovecotFactory, Imap
from tests.engine.support import Ended, Keys, migrate, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.reading import FolderReader
from tui_migrate.errors import CommandRefused
from tui_migrate.model import LeftOut
from tui_migrate.service import open_service
from tui_migrate.timing import USUAL, Timing

DAY = 86_400
FIRST = 1_577_836_800
"""2020-01-01 00:00 UTC."""


def item(folder: str, day: int, size: int = 100) -> MailItem:
    """Arrived so many days after the first of January 2020, at midnight."""
    head = b"Subject: day %d\r\n\r\n" % day
    return MailItem(folder, head + b"x" * (size - len(head) - 2) + b"\r\n", frozenset(), FIRST + day * DAY)


MAIL = [item(folder, day, 100 if day % 3 else 5000) for folder in ("INBOX", "Work") for day in range(12)]


class Case:
    """One mailbox, moved as often as wanted with other choices."""

    def __init__(self, server: Dovecot, user: str, folder: Path) -> None:
        self.server, self.user, self.folder = server, user, folder
        self.timing = USUAL
        self.source = server.add_user(user, "secret")
        self.destination = server.add_user(f"new-{user}", "secret")
        write_maildir(self.source, "/", MAIL)

    def run(self, source: Keys | None = None, **choices: object) -> Ended:
        keys = source or plain(self.server.port), plain(self.server.port)
        plan = write_plan(self.folder, *keys, [(self.user, f"new-{self.user}")])
        content: dict[str, Any] = tomllib.loads(plan.read_text())
        content["migration"] |= choices
        plan.write_text(tomli_w.dumps(content))
        return migrate(plan, self.folder / "data", self.timing)

    def arrived(self) -> list[MailItem]:
        return [*read_maildir(self.destination, "/").elements()]


@pytest.fixture
def case(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Case:
    return Case(dovecot_factory(DovecotOptions(pop3=True)), unique_user(), tmp_path)


def test_days_and_sizes_are_chosen_exactly_and_the_numbers_add_up(case: Case) -> None:
    ended = case.run(since="2020-01-03", before="2020-01-11", max_message_size=4000)
    assert (ended.code, ended.failures) == (0, []), ended
    chosen = [each for each in MAIL if 2 <= (each.instant - FIRST) // DAY < 10 and len(each.content) <= 4000]
    assert counted(case.arrived()) == counted(chosen)
    (account,) = ended.accounts
    assert (account.counts.listed, account.counts.copied) == (len(MAIL), len(chosen))
    assert account.counts.excluded == len(MAIL) - len(chosen)
    with closing(open_service(case.folder / "data")) as service:
        left = service.passes.left_out(account.id)
    found = {(each.folder, each.reason): each.messages for each in left.selection}
    expected = {LeftOut.TOO_OLD: 2, LeftOut.TOO_NEW: 2, LeftOut.TOO_LARGE: 3}
    assert found == {(folder, why): number for folder in ("INBOX", "Work") for why, number in expected.items()}
    large = [each for each in MAIL if each.instant in (FIRST + 3 * DAY, FIRST + 6 * DAY, FIRST + 9 * DAY)]
    assert {(each.folder, each.size, each.instant) for each in left.too_large} == {
        (each.folder, len(each.content), each.instant) for each in large
    }
    assert (left.in_excluded_folders, left.skipped) == (0, 0)


def test_a_larger_limit_brings_the_rest_in_the_next_pass_and_nothing_twice(case: Case) -> None:
    assert case.run(max_message_size=4000).counts.excluded == 8
    again = case.run(max_message_size=4000)
    assert (again.counts.copied, again.counts.brought, again.counts.excluded) == (0, 16, 8)
    assert again.counts.pending == 0
    new = [item("INBOX", 100), item("INBOX", 102, 5000)]
    write_maildir(case.source, "/", new)
    more = case.run(max_message_size=4000)
    assert (more.counts.copied, more.counts.brought, more.counts.excluded) == (1, 16, 9)
    assert more.counts.pending == 0
    larger = case.run(max_message_size=6000)
    assert (larger.counts.copied, larger.counts.brought, larger.counts.excluded) == (9, 17, 0)
    assert counted(case.arrived()) == counted([*MAIL, *new])
    smaller = case.run(max_message_size=10)  # what has arrived stays there
    assert (smaller.counts.copied, smaller.counts.brought, smaller.counts.excluded) == (0, 26, 0)
    assert counted(case.arrived()) == counted([*MAIL, *new])


def order(case: Case, imap: Imap, folder: str) -> list[str]:
    """Subjects at the destination in ascending UID."""
    client = imap(case.server.port, f"new-{case.user}")
    assert client.select(folder, readonly=True)[0] == "OK"
    _, data = client.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    return [email.message_from_bytes(each[1])["Subject"] for each in data if isinstance(each, tuple)]


@pytest.mark.parametrize("ahead", [20_000, 4])
def test_newest_first_each_folder_arrives_from_its_last_message_to_its_first(
    case: Case, imap: Imap, ahead: int
) -> None:
    """With a listing in one stretch, and in several."""
    case.timing = Timing(listed_ahead=ahead)
    assert case.run(newest_first=True).code == 0
    assert counted(case.arrived()) == counted(MAIL)
    for folder in ("INBOX", "Work"):
        assert order(case, imap, folder) == [f"day {day}" for day in reversed(range(12))]


def test_newest_first_a_second_pass_brings_only_what_is_new(case: Case) -> None:
    assert case.run(newest_first=True).counts.copied == len(MAIL)
    new = [item("INBOX", day) for day in (100, 101)]
    write_maildir(case.source, "/", new)
    again = case.run(newest_first=True)
    assert (again.counts.copied, again.counts.brought) == (2, len(MAIL))
    assert counted(case.arrived()) == counted([*MAIL, *new])


def test_a_pop_mailbox_is_chosen_from_by_the_dates_in_its_messages(case: Case) -> None:
    dated = [
        MailItem(
            "INBOX", b"Date: Wed, %02d Jul 2020 10:00:00 +0000\r\nSubject: d\r\n\r\nx\r\n" % day, frozenset(), FIRST
        )
        for day in (1, 8, 15)
    ]
    user = case.server.add_user(f"{case.user}pop", "secret")
    write_maildir(user, "/", dated)
    case.user += "pop"
    case.destination = case.server.add_user(f"new-{case.user}", "secret")
    ended = case.run(plain(case.server.pop3_port, protocol="pop"), since="2020-07-08", newest_first=True)
    assert (ended.code, ended.counts.copied, ended.counts.excluded) == (0, 2, 1), ended
    assert sorted(each.content for each in case.arrived()) == sorted(each.content for each in dated[1:])


def test_what_a_broken_off_walk_has_not_come_to_is_left_out_still(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.timing = Timing(portion_messages=3, ahead_at_first=1)
    choices: dict[str, Any] = {"max_message_size": 4000, "newest_first": True}  # the last ones are small
    assert case.run(**choices).counts.excluded == 8
    write_maildir(case.source, "/", [item("INBOX", 400), item("Work", 400)])

    def end_portion(reading: FolderReader, run: FolderRun) -> None:
        whole(reading, run)
        raise CommandRefused("Something goes wrong behind the first messages.")

    whole = FolderReader._end_portion
    with monkeypatch.context() as broken:
        broken.setattr(FolderReader, "_end_portion", end_portion)
        assert case.run(**choices).code == 1
    again = case.run(**choices)
    assert (again.counts.listed, again.counts.excluded) == (len(MAIL) + 2, 8), again
