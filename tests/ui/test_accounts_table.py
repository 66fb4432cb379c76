"""The list of accounts under an admin's keys: filter, order, selection, and what is done to several at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, line, press, screen, shows, until
from tui_migrate.model import Account, AccountState, Wanted
from tui_migrate.ui.screens import accounts
from tui_migrate.ui.screens.accounts import AccountsScreen


def users(text: str) -> list[str]:
    """The source users on the screen, from above."""
    words = [line.lstrip(" ▸●").split("@")[0] for line in text.splitlines() if "@old." in line]
    return [word for word in words if " " not in word and word][: text.count("\n")]


def account(service: office.OfficeService, user: str) -> Account:
    return next(each for each in service.accounts.listing(1) if each.source_user.startswith(f"{user}@"))


@pytest.mark.usefixtures("engine")
async def test_the_filter_shows_what_fits_while_it_is_typed(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "slash", *"state:fail") as pilot:
        assert "2 of 18 match state:fail" in screen(pilot)
        assert "bob@" in screen(pilot)
        assert "grace@" in screen(pilot)
        assert "alice@" not in screen(pilot)
        await press(pilot, *"ed", "enter")
        assert "1 of 18 match state:failed" in screen(pilot)
        assert "✖ failed" in line(pilot, "▸ grace@")
        await press(pilot, "escape")
        assert "alice@" in screen(pilot)
        assert "match" not in screen(pilot)


async def test_escape_in_the_filter_shows_all_again(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "slash", *"grace", "escape") as pilot:
        assert "alice@" in screen(pilot)
        assert "▸ grace@" in screen(pilot)
        await press(pilot, "k")
        assert "▸ frank@" in screen(pilot)


async def test_a_filter_that_is_not_understood_says_why(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "slash", *"failures:>") as pilot:
        assert "failures: wants a number, as in failures:>0" in screen(pilot)
        await press(pilot, "0")
        assert "3 of 18 match failures:>0" in screen(pilot)


async def test_a_filter_that_fits_nothing_says_so(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "slash", *"nobody", "enter", *"sprdv", "space", "A", "j") as pilot:
        assert "No account matches; esc shows all." in screen(pilot)


@pytest.mark.usefixtures("engine")
async def test_sorting_keeps_ones_place(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "j", "j", "j", *"ooo") as pilot:
        assert "by messages" in screen(pilot)
        assert users(screen(pilot))[:4] == ["bob", "dave", "carol", "heidi"]
        assert "▸ dave@" in screen(pilot)
        await press(pilot, "O")
        assert "by messages, reversed" in screen(pilot)
        assert users(screen(pilot))[-1] == "dave"
        await press(pilot, "o", "o", "o")
        assert users(screen(pilot))[:3] == ["alice", "bob", "carol"]
        assert "▸ dave@" in screen(pilot)


@pytest.mark.usefixtures("engine")
async def test_selected_accounts_are_paused_together(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "j", "j", "j", "space", "space") as pilot:
        assert " ●dave@" in screen(pilot)
        assert " ●erin@" in screen(pilot)
        assert "2 selected" in screen(pilot)
        await press(pilot, "p")
        await shows(pilot, "2 accounts: pausing")
        assert account(service, "dave").wanted is account(service, "erin").wanted is Wanted.PAUSE
        assert account(service, "frank").wanted is Wanted.RUN
        await press(pilot, "escape")
        assert "●dave" not in screen(pilot)
        assert "selected" not in screen(pilot)


async def test_all_that_match_are_selected_and_not_the_others(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "slash", *"failures:>0", "enter", "A") as pilot:
        assert "3 selected" in screen(pilot)
        await press(pilot, "slash", *"alice", "enter")
        assert "3 selected, 3 of them not shown" in screen(pilot)
        await press(pilot, "1")
        await shows(pilot, "3 accounts: priority 1")
        first = {each.source_user.split("@")[0] for each in service.accounts.listing(1) if each.priority == 1}
        assert first == {"bob", "carol", "grace"}


async def test_a_selects_all_and_none(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "A") as pilot:
        assert "18 selected" in screen(pilot)
        await press(pilot, "A")
        assert "selected" not in screen(pilot)


async def test_of_a_long_list_the_first_accounts_are_shown_while_the_others_are_read(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[int, bool]] = []
    show = AccountsScreen.show

    def noted(screen: AccountsScreen, seen: Any) -> None:
        show(screen, seen)
        shown.append((len(seen.rows), screen.partial))

    monkeypatch.setattr(accounts, "FIRST", 4)
    monkeypatch.setattr(AccountsScreen, "show", noted)
    async with dashboard(service, "enter") as pilot:
        await until(pilot, lambda: len(shown) > 1)
        assert shown[:2] == [(4, True), (18, False)]
        await press(pilot, "A")
        assert "18 selected" in screen(pilot)


async def test_retry_takes_only_what_failed_of_the_selection(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "r") as pilot:
        await shows(pilot, "Nothing has failed here")
        assert service.engine.starts == 0
        await press(pilot, "A", "r")
        await shows(pilot, "3 accounts: tried again")
        assert account(service, "grace").state is AccountState.WAITING
        assert account(service, "alice").state is AccountState.DONE
        assert service.engine.starts == 1


async def test_the_priority_is_asked_for_where_no_digit_was_pressed(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "number_sign") as pilot:
        assert "Priority of alice@old.example?" in screen(pilot)
        await press(pilot, "escape")
        assert account(service, "alice").priority == 5
        await press(pilot, "number_sign", "9")
        await shows(pilot, "alice@old.example: priority 9")
        assert account(service, "alice").priority == 9
        assert "▸ alice@" in screen(pilot)


async def test_deleting_asks_and_says_what_is_lost(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "space", "space", "d") as pilot:
        assert "Delete 2 accounts from this migration?" in screen(pilot)
        assert "No mail is touched" in screen(pilot)
        await press(pilot, "n")
        assert len(service.accounts.listing(1)) == 18
        await press(pilot, "d", "y")
        await shows(pilot, "2 accounts: deleted")
        assert len(service.accounts.listing(1)) == 16
        assert "selected" not in screen(pilot)
        assert service.logs.events(migration_id=1)[0].what == "deleted the account bob@old.example"


@pytest.mark.usefixtures("engine")
async def test_what_is_being_copied_is_not_deleted(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "A", "d", "y") as pilot:
        await shows(pilot, "Not deleted while being copied: dave@old.example and 2 more")
        assert len(service.accounts.listing(1)) == 18


@pytest.mark.usefixtures("engine")
async def test_a_selection_in_a_filtered_list(service: office.OfficeService) -> None:
    keys = ("enter", "o", "o", "slash", *"failures:>0", "enter", "j", "space")
    async with dashboard(service, *keys) as pilot:
        await compare_at_both_sizes(pilot, "accounts-selected")


async def test_the_marked_account_says_why_it_stands(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "j") as pilot:
        assert "3 open failures: enter shows why, r tries again" in screen(pilot)
        await press(pilot, "j")
        assert "The destination mailbox is full." in screen(pilot)
        await press(pilot, *"jjjjjjj", "p")
        await shows(pilot, "Paused by hand: s goes on with it")
        await press(pilot, "s")
        await shows(pilot, ": started")
        assert "Paused by hand" not in screen(pilot)


async def test_an_empty_migration_says_what_comes_first(service: office.OfficeService) -> None:
    for each in service.accounts.listing(2):
        service.accounts.delete([each.id])
    async with dashboard(service, "j", "enter") as pilot:
        assert "No accounts yet: i imports a list, a adds one by hand." in screen(pilot)
