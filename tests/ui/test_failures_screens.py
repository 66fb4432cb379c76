"""Failures by cause, one whole, and what can be done about them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui import office
from tests.ui.dashboard import (
    LARGE,
    SMALL,
    compare,
    compare_at_both_sizes,
    dashboard,
    line,
    press,
    screen,
    settle,
    shows,
)
from tui_migrate.errors import Disconnected, LoginRefused, MailboxChanged, MigrateError
from tui_migrate.model import AccountState, Counts, Failure, NewFailure, Scope
from tui_migrate.store import events, progress

SCREENS = {
    "cause": ("f", "j", "j", "enter"),
    "skip-question": ("f", "G", "K"),
    "write-question": ("f", "G", "w"),
}

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("name", SCREENS)
async def test_screen(service: office.OfficeService, name: str) -> None:
    async with dashboard(service, *SCREENS[name]) as pilot:
        await compare_at_both_sizes(pilot, name)


@pytest.mark.parametrize("name", SCREENS)
async def test_in_ascii(service: office.OfficeService, name: str) -> None:
    async with dashboard(service, *SCREENS[name], ascii_only=True) as pilot:
        assert screen(pilot).isascii()


def account(service: office.OfficeService, name: str) -> int:
    return next(each.id for each in service.accounts.listing(1) if each.source_user.startswith(name))


async def test_a_thousand_refusals_are_one_line(service: office.OfficeService) -> None:
    dave, erin = account(service, "dave"), account(service, "erin")
    with service.store.write() as connection:
        for number in range(1000):
            words = f"NO [POLICY] message {number} is not wanted"
            found = NewFailure((dave, erin)[number % 2], Scope.MESSAGE, "message refused", "", words, "", "")
            events.record_failure(connection, replace(found, uid=number + 1, size=1))
    async with dashboard(service, "f") as pilot:
        assert "1,005 open failures · 5 causes · 5 accounts" in screen(pilot)
        assert "message refused        1,000        2 NO [POLICY]" in line(pilot, "[POLICY]")


async def test_retrying_a_cause_starts_its_accounts(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "r") as pilot:
        (first,) = [each for each in screen(pilot).splitlines() if "▸ " in each]
        who = "carol" if "OVERQUOTA" in first else "grace"
        await shows(pilot, f"{who}@old.example: tried again")
    assert service.accounts.get(account(service, who)).state is AccountState.WAITING
    assert service.engine.starts == 1


async def test_skipping_asks_and_counts_as_excluded(service: office.OfficeService) -> None:
    bob = account(service, "bob")
    async with dashboard(service, "f", "j", "j", "enter") as pilot:
        assert "NUL characters" in screen(pilot)
        await press(pilot, "K")
        assert "Skip 1 message for good?" in screen(pilot)
        await press(pilot, "n")
        assert service.accounts.get(bob).counts == Counts(18_240, 18_100, 0, 137, 0, 3)
        await press(pilot, "escape", "K")
        assert "Skip 2 messages for good?" in screen(pilot)
        await press(pilot, "y")
        await shows(pilot, "2 messages skipped")
        await shows(pilot, "3 open failures")
    assert service.accounts.get(bob).counts == Counts(18_240, 18_100, 0, 139, 0, 1)
    assert service.logs.events()[0].what == "bob@old.example: skipped 2 messages for good: Projecten.日本 88:89"
    assert service.logs.events()[0].who == "admin"


async def test_k_skips_on_the_page_of_one_message_and_moves_in_lists(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "G", "k", "k", "k") as pilot:
        assert "Skip" not in screen(pilot)
        await press(pilot, "G", "enter", "enter", "k")
        assert "Skip 1 message for good?" in screen(pilot)
        await press(pilot, "y")
        await shows(pilot, "This is no longer open")
        assert "What to do" not in screen(pilot)
        await press(pilot, "r", "k", "w", "h")
        assert "This is no longer open" in screen(pilot)
        assert "retry" not in screen(pilot)
    assert service.accounts.get(account(service, "bob")).counts.failed == 2


async def test_only_messages_are_skipped_and_written(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "K") as pilot:
        assert "for good?" not in screen(pilot)
        assert "write .eml" not in screen(pilot)
        await press(pilot, "G")
        assert "w write .eml" in screen(pilot)
        await press(pilot, "g")
        assert "K skip" not in screen(pilot)
        await press(pilot, "enter", "enter")
        assert "What to do" in screen(pilot)
        assert "write .eml" not in screen(pilot)
        assert "headers" not in screen(pilot)
        assert "r retry" in screen(pilot)


async def test_a_refused_login_leads_to_the_account_s_form(service: office.OfficeService) -> None:
    async with dashboard(service, "f") as pilot:
        if "login refused" not in line(pilot, "▸ "):
            await press(pilot, "j")
        await press(pilot, "enter", "enter")
        assert "e edit account" in screen(pilot)
        await press(pilot, "e")
        await shows(pilot, "grace@new.example")
        assert "^s" in screen(pilot)
        await press(pilot, "escape")
        assert "The server said" in screen(pilot)


async def test_a_message_is_written_where_it_is_said(
    service: office.OfficeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bob@old.example-1207.eml").touch()
    written: list[tuple[int, Path]] = []
    go = threading.Event()

    def save(failure_id: int, path: Path) -> None:
        assert go.wait(120)
        written.append((failure_id, path))

    monkeypatch.setattr(service.messages, "save", save)
    async with dashboard(service, "f", "G", "enter", "enter", "w") as pilot:
        assert "./bob@old.example-1207.eml" in screen(pilot)
        await press(pilot, "enter")
        assert "There is a file bob@old.example-1207.eml already" in screen(pilot)
        await press(pilot, *["backspace"] * 4, *"b.eml")
        assert "There is a file" not in screen(pilot)
        await pilot.press("enter")
        await shows(pilot, "◌ fetching the message from the source")
        await pilot.press("down", "w")  # nothing is blocked
        await shows(pilot, "being written already")
        go.set()
        await pilot.resize_terminal(300, 24)
        await shows(pilot, f"Written to {tmp_path}/bob@old.example-1207b.eml")
        assert "fetching" not in screen(pilot)
    assert [path for _, path in written] == [Path("bob@old.example-1207b.eml")]


async def test_all_messages_of_a_cause_are_written_and_what_is_not_is_said(
    service: office.OfficeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = threading.Semaphore(0)

    def save(failures: Sequence[Failure], folder: Path) -> Iterator[tuple[Failure, MigrateError | None]]:
        for failure in failures:
            assert step.acquire(timeout=120)
            yield failure, Disconnected("The line was cut.") if failure.uid == 88 else None

    monkeypatch.setattr(service.messages, "save_each", save)
    monkeypatch.chdir(tmp_path)
    async with dashboard(service, "f", "j", "j", "w", size=(300, 24)) as pilot:
        assert "Write 2 messages into the folder" in screen(pilot)
        assert "./failed-messages" in screen(pilot)
        await pilot.press("enter")
        await shows(pilot, "◌ writing 2 messages")
        step.release()
        await shows(pilot, "◌ 1 of 2 written")
        step.release()
        await shows(pilot, f"1 message written to {tmp_path}/failed-messages")
        await shows(pilot, "1 message not written. The first: The line was cut.")


async def test_leaving_ends_the_writing(service: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    step, ended = threading.Semaphore(0), threading.Event()
    asked: list[int] = []

    def save(failures: Sequence[Failure], folder: Path) -> Iterator[tuple[Failure, MigrateError | None]]:
        try:
            for failure in failures:
                asked.append(failure.id)
                assert step.acquire(timeout=120)
                yield failure, None
        finally:
            ended.set()

    monkeypatch.setattr(service.messages, "save_each", save)
    async with dashboard(service, "f", "j", "j", "w") as pilot:
        await pilot.press("enter")
        await shows(pilot, "◌ writing 2 messages")
        await pilot.press("escape")
        await shows(pilot, "Branch Ghent")
        step.release()
        assert ended.wait(120)
    assert len(asked) == 1


async def test_the_headers_are_fetched_while_the_screen_lives(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def headers(failure_id: int) -> str:
        assert go.wait(120)
        return "Subject: [bold]no markup[/bold]\nX-Long: " + "word " * 40 + "\nFrom: \x1b[2Jeve"

    monkeypatch.setattr(service.messages, "headers", headers)
    async with dashboard(service, "f", "G", "enter", "enter") as pilot:
        await pilot.press("h")
        await shows(pilot, "◌ fetching the message from the source")
        go.set()
        await shows(pilot, "Subject: [bold]no markup[/bold]")
        assert "From: ␛[2Jeve" in screen(pilot)


async def test_why_headers_cannot_be_had_is_said_in_the_servers_words(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def headers(failure_id: int) -> str:
        raise LoginRefused("The source does not accept this login.", server_words="NO [AUTHENTICATIONFAILED] nope")

    monkeypatch.setattr(service.messages, "headers", headers)
    async with dashboard(service, "f", "G", "enter", "enter", "h") as pilot:
        await shows(pilot, "✖ The source does not accept this login.")
        assert "The server said: NO [AUTHENTICATIONFAILED] nope" in screen(pilot)
        await press(pilot, "escape")
        assert "What to do" in screen(pilot)


async def test_a_cause_that_is_solved_meanwhile_says_so(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "G", "enter") as pilot:
        service.failures.skip([each.id for each in service.failures.listing()])
        await shows(pilot, "None of these is open any more.")
        assert "What happened" in screen(pilot)
        assert "What to do" not in screen(pilot)
        assert "retry" not in screen(pilot)
        await press(pilot, "enter", "r", "K", "w")
        assert "None of these is open any more." in screen(pilot)


def add_ended(service: office.OfficeService) -> tuple[int, int]:
    """A migration whose two accounts have ended, one of them with failures."""
    first, second = office.add_migration(service, "Ended", ["a@old.example", "b@old.example"], ("old", "new"))
    office.set_account(service, first, AccountState.DONE, Counts(900, 880, 10, 10), (9 * office.MB, 8 * office.MB))
    counts = Counts(100, 97, 0, 0, 1, 2)
    office.set_account(service, second, AccountState.DONE_WITH_FAILURES, counts, (office.MB, office.MB))
    inbox = office.add_folder(service, second, ("INBOX", "INBOX"), counts, (office.MB, office.MB))
    for uid in (3, 4):
        words = f"NO [LIMIT] {uid}000000 octets are too many"
        entry = {"uid": uid, "scope": Scope.MESSAGE, "kind": "message refused", "server_words": words}
        office.add_failure(service, second, office.NOW - uid, folder_id=inbox, **entry)
    with service.store.write() as connection:
        for each in (first, second):
            progress.end_pass(connection, each, office.NOW - 100, AccountState.DONE)
    return first, second


@pytest.mark.parametrize("size", [SMALL, LARGE, (80, 15), (60, 12)], ids=["small", "large", "low", "tiny"])
async def test_a_migration_that_has_ended_opens_on_its_verdict(
    service: office.OfficeService, size: tuple[int, int]
) -> None:
    add_ended(service)
    async with dashboard(service, "G", "enter", size=size) as pilot:
        compare(pilot, "verdict")
        await press(pilot, "f", "enter")
        assert "2 failures · 1 account" in screen(pilot)


async def test_a_verdict_takes_no_room_when_its_migration_goes_on(service: office.OfficeService) -> None:
    first, _ = add_ended(service)
    async with dashboard(service, "G", "enter") as pilot:
        assert "Needs attention" in screen(pilot)
        office.set_account(service, first, AccountState.COPYING, Counts(900, 880), (9 * office.MB, 8 * office.MB))
        await shows(pilot, "▶ copying")
        assert "User" in screen(pilot).splitlines()[2]
        await pilot.resize_terminal(80, 15)
        await settle(pilot)
        assert "User" in screen(pilot).splitlines()[2]


async def test_one_that_has_not_ended_has_no_verdict(service: office.OfficeService) -> None:
    async with dashboard(service, "enter") as pilot:
        assert "attention" not in screen(pilot)


async def test_a_replaced_folder_is_filled_again_after_a_yes(service: office.OfficeService) -> None:
    bob = account(service, "bob")
    async with dashboard(service, "f", "j", "j", "enter") as pilot:
        assert "fill again" not in screen(pilot)
        await press(pilot, "F")
        assert "again?" not in screen(pilot), "there is no folder that was replaced"
    with service.store.write() as connection:
        (inbox,) = [each.id for each in progress.folder_progress(connection, bob) if each.source_name == "INBOX"]
    replaced = {"kind": MailboxChanged.kind, "scope": Scope.FOLDER, "advice": MailboxChanged.advice}
    office.add_failure(service, bob, 1.0, folder_id=inbox, sentence="It was replaced.", **replaced)
    asked = service.accounts.get(bob)
    async with dashboard(service, "f") as pilot:
        while "F fill again" not in screen(pilot):
            await press(pilot, "j")
        await press(pilot, "enter")
        assert "all that is missing is then copied." in " ".join(screen(pilot).split()), "the advice is whole"
        await press(pilot, "enter")
        assert "F fill again" in screen(pilot)
        await press(pilot, "F")
        assert "Fill 1 folder again?" in screen(pilot)
        await press(pilot, "n")
        assert len(service.failures.replaced(asked.migration_id)) == 1
        await press(pilot, "F", "y")
        await shows(pilot, "1 folder filled again")
    assert service.failures.replaced(asked.migration_id) == []
    (agreed,) = service.logs.events(text="agreed")
    assert agreed.what == "bob@old.example: agreed that all is copied again that is missing in INBOX"
