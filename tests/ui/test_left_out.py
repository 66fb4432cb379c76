"""What was left out of an account: by folder and reason, and one by one where it is too large."""

from __future__ import annotations

from datetime import date

import pytest

from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, press, screen
from tui_migrate.model import AccountState, Counts, LeftOut, MigrationSpec, RemarkKind, Selection
from tui_migrate.store import left_out, migrations, pairs, remarks

DAVE = ("enter", "j", "j", "j", "enter")

pytestmark = pytest.mark.usefixtures("engine")


def leave_out(service: office.OfficeService) -> None:
    """Dave's mail before 2020 and above 25 MB."""
    dave = next(each for each in service.accounts.listing(1) if each.source_user.startswith("dave"))
    inbox = office.add_folder(service, dave.id, ("INBOX", "INBOX"), Counts(9_000, 7_000, 0, 1_503), (0, 0))
    sent = office.add_folder(service, dave.id, ("Gesendet", "Sent"), Counts(3_880, 3_870, 0, 10), (0, 0))
    office.set_account(service, dave.id, AccountState.COPYING, Counts(12_900, 10_870, 0, 1_533), (0, 0))
    with service.store.write() as connection:
        large = [(48_000_000, 7_001, 1_600_000_000), (31_000_000, 12, 0), (26_000_000, 4_711, 1_500_000_000)]
        counts: dict[str, tuple[int, int]] = {LeftOut.TOO_OLD: (1_500, 90_000_000), LeftOut.TOO_LARGE: (3, 105_000_000)}
        left_out.save(connection, inbox, counts, large)
        left_out.save(connection, sent, {LeftOut.TOO_OLD: (10, 700_000)}, ())
        now = migrations.get(connection, 1, service.store.vault)
        selection = Selection(since=date(2020, 1, 1), max_size=25_000_000)
        spec = MigrationSpec(now.title, now.source, now.destination, now.excluded_folders, selection)
        migrations.change(connection, 1, spec, service.store.vault)


async def test_what_was_left_out_and_why(service: office.OfficeService) -> None:
    leave_out(service)
    async with dashboard(service, *DAVE, "o") as pilot:
        await compare_at_both_sizes(pilot, "left-out")
        await press(pilot, "escape")
        assert "Folders" in screen(pilot)


async def test_what_is_not_as_it_was_stands_below(service: office.OfficeService) -> None:
    leave_out(service)
    dave = next(each for each in service.accounts.listing(1) if each.source_user.startswith("dave"))
    with service.store.write() as connection:
        inbox = pairs.listing(connection, dave.id)[0].id
        numbers = {
            (inbox, RemarkKind.FLAG, "$Label1"): 1_204,
            (inbox, RemarkKind.RENAMED, "v1.2 becomes v1_2"): 0,
            (0, RemarkKind.OTHERS, "user/bob"): 31,
        }
        remarks.add(connection, dave.id, numbers)
    async with dashboard(service, *DAVE, "o") as pilot:
        await compare_at_both_sizes(pilot, "remarks")


async def test_nothing_was_left_out(service: office.OfficeService) -> None:
    async with dashboard(service, *DAVE, "o") as pilot:
        assert "0 messages excluded" in screen(pilot)
        assert "Mail of all days and sizes is copied." in screen(pilot)


async def test_until_when_an_account_is_throttled_is_said_in_list_and_account(service: office.OfficeService) -> None:
    dave = next(each for each in service.accounts.listing(1) if each.source_user.startswith("dave"))
    why = ("until 14:05 CET: The server asks for a pause of 300 s.", "NO Suggested Backoff Time: 300000 milliseconds")
    office.set_account(service, dave.id, AccountState.THROTTLED, Counts(10, 5), (100, 50), why=why)
    async with dashboard(service, *DAVE[:-1]) as pilot:
        assert "throttled until 14:05 CET: The server asks for a pause of 300 s." in screen(pilot)
        assert "2 throttled" in screen(pilot)
        await press(pilot, "enter")
        assert "◇ throttled until 14:05 CET" in screen(pilot)
        assert "The server asks for a pause of 300 s." in screen(pilot)
