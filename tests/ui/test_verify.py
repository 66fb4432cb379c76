"""Source and destination compared in the dashboard, on a real server: how far, what differs, and which messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.conftest import DovecotFactory
from tests.engine.support import memory_disk, plain, write_plan
from tests.engine.verify_mail import DAY, ITEMS, item
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import write_maildir
from tests.ui import office
from tests.ui.dashboard import SMALL, compare_at_both_sizes, dashboard, line, press, screen, shows
from tui_migrate.config.plan import load_plan
from tui_migrate.service.verifications import Verifying

CHANGED = [
    replace(ITEMS[0], flags=frozenset(), instant=DAY + 3600),
    *ITEMS[2:7],
    item("mail 2", "Work", body="jello"),
    *ITEMS[8:],
    item("new"),
    item("strange", "Theirs"),
]
SECOND_PASSWORD = "of carla"


class Mailboxes:
    """Three accounts: one changed at the destination, one the same, one whose password is another by now."""

    def __init__(self, server: Dovecot, folder: Path) -> None:
        mine = [*ITEMS, item("gone", "Trash")]
        for user, there in (("anna", CHANGED), ("bert", ITEMS), ("carla", ITEMS)):
            write_maildir(server.add_user(user, "secret"), "/", mine)
            password = SECOND_PASSWORD if user == "carla" else "secret"
            write_maildir(server.add_user(f"{user}@new", password), "/", there)
        rows = [(user, f"{user}@new") for user in ("anna", "bert", "carla")]
        plan = write_plan(folder, plain(server.port), plain(server.port), rows, excluded=["Trash"], title="Office")
        self.service = office.open_service(folder / "data")
        self.migration_id, _ = self.service.plans.save(load_plan(plan))


@pytest.fixture(scope="module")
def mailboxes(dovecot_factory: DovecotFactory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailboxes]:
    """On a server of their own, so that their names are the same in every picture. Nothing here changes them."""
    server = dovecot_factory(DovecotOptions(root=memory_disk()), fresh=True)
    made = Mailboxes(server, tmp_path_factory.mktemp("verify"))
    yield made
    made.service.close()
    server.stop()


@asynccontextmanager
async def verified(
    mailboxes: Mailboxes, *keys: str, size: tuple[int, int] = SMALL, ascii_only: bool = False
) -> AsyncIterator[Pilot[object]]:
    """The comparison of all accounts when it is over, after these further keys."""
    async with dashboard(mailboxes.service, "enter", "A", "V", size=size, ascii_only=ascii_only) as pilot:
        await shows(pilot, "of 3 accounts")
        await press(pilot, *keys)
        yield pilot


async def test_what_differs_in_all_accounts(mailboxes: Mailboxes) -> None:
    async with verified(mailboxes, "g") as pilot:  # whichever account was compared first
        await compare_at_both_sizes(pilot, "verify")
        await press(pilot, "G")
        await compare_at_both_sizes(pilot, "verify-refused")


async def test_the_messages_of_a_folder_and_their_subjects(mailboxes: Mailboxes) -> None:
    async with verified(mailboxes, "g", "enter") as pilot:
        assert "mail 1" not in screen(pilot), "private until it is asked for"
        await press(pilot, "u")
        await shows(pilot, "mail 1")
        await compare_at_both_sizes(pilot, "verify-folder")
        await press(pilot, "j")
        assert "\\Seen lost; date 2020-09-13 12:26:40Z, there 2020-09-13 13:26:40Z" in " ".join(screen(pilot).split())


async def test_in_ascii(mailboxes: Mailboxes) -> None:
    async with verified(mailboxes, ascii_only=True) as pilot:
        assert screen(pilot).isascii()
        assert line(pilot, "anna         INBOX").lstrip(" >").startswith("x")


async def test_one_account_with_all_its_folders_and_every_byte(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, "enter", "V") as pilot:
        await shows(pilot, "not the same")
        assert "✔ Work/2019" in screen(pilot)
        assert "✔ Work " in screen(pilot), "its header is the same"
        assert "excluded, so not compared: Trash" in screen(pilot)
        await press(pilot, "b")
        await shows(pilot, "▲ Work ")
        await press(pilot, "a")
        assert "Work/2019" not in screen(pilot)
        await press(pilot, "G")
        assert "only at the destination" in line(pilot, "anna · Theirs")


async def test_one_that_is_the_same(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, "enter", "j", "enter", "V") as pilot:
        await shows(pilot, "✔ the same at both ends · 1 account, 15 messages  headers, flags, dates, sizes")
        await press(pilot, "enter")
        await shows(pilot, "There is no message in it that is not the same.")


async def test_leaving_ends_it(mailboxes: Mailboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Verifying] = []
    begin = mailboxes.service.verifications.begin

    def noted(account_ids: list[int], *, deep: bool) -> Verifying:
        begun.append(begin(account_ids, deep=deep))
        return begun[-1]

    monkeypatch.setattr(mailboxes.service.verifications, "begin", noted)
    async with dashboard(mailboxes.service, "enter", "V", "r", "escape", "V") as pilot:
        await press(pilot, "escape")
        assert len(begun) == 3
        assert all(each.wait(120) for each in begun)
