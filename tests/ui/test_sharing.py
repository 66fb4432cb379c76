"""Reports, plans, and all migrations at once, by the keys of the list: where it was written, and what was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui import office
from tests.ui.dashboard import LARGE, compare_at_both_sizes, dashboard, press, screen, settle, shows
from tests.ui.office import OfficeService
from tui_migrate.model import Wanted
from tui_migrate.ui.screens.accounts import AccountsScreen
from tui_migrate.ui.screens.import_plan import ImportPlanScreen
from tui_migrate.ui.screens.migrations import MigrationsScreen

REPORT, PLAN = "tui-migrate-report-2025-03-12", "tui-migrate-plan-2025-03-12"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the dashboard was started."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def wanted(service: OfficeService) -> list[Wanted]:
    return [each.migration.wanted for each in service.migrations.listing()]


async def test_where_a_report_goes_is_asked(service: OfficeService) -> None:
    async with dashboard(service, "x") as pilot:
        await compare_at_both_sizes(pilot, "report-path")


@pytest.mark.parametrize("subjects", [False, True])
async def test_a_report_from_the_list(service: OfficeService, here: Path, subjects: bool) -> None:
    async with dashboard(service, "x", size=LARGE) as pilot:
        if subjects:
            await press(pilot, "ctrl+o")
            assert "With the subject lines" in screen(pilot)
        await press(pilot, "enter")
        await shows(pilot, "Report written to")
        assert isinstance(pilot.app.screen, MigrationsScreen)
    page = here / REPORT / "1-Head-office.html"
    assert ("Offerte [herzien]" in page.read_text("utf-8")) is subjects


async def test_a_second_report_of_a_day_has_a_folder_of_its_own(service: OfficeService, here: Path) -> None:
    async with dashboard(service, "x", "enter") as pilot:
        await shows(pilot, "Report written to")
        await press(pilot, "x")
        assert f"./{REPORT}-2" in screen(pilot)
        await press(pilot, "backspace", "backspace", "enter")
        assert f"There is a file {REPORT}/accounts.csv already" in screen(pilot)
        await press(pilot, "escape")
    assert [each.name for each in here.iterdir()] == [REPORT]


async def test_report_and_plan_from_the_accounts(service: OfficeService, here: Path) -> None:
    async with dashboard(service, "enter", "x", "enter", size=LARGE) as pilot:
        await shows(pilot, "Report written to")
        await press(pilot, "X", "enter")
        await shows(pilot, "Plan written to")
        assert isinstance(pilot.app.screen, AccountsScreen)
    assert sorted(each.name for each in (here / PLAN).iterdir()) == ["accounts.csv", "plan.toml"]
    assert (here / REPORT / "1-Head-office.html").is_file()


async def test_the_palette_has_them(service: OfficeService) -> None:
    async with dashboard(service, "ctrl+p", *"export") as pilot:
        await shows(pilot, "Write the migration as a plan with its list")


async def test_in_an_empty_list_there_is_nothing_to_write(empty_service: OfficeService, here: Path) -> None:
    async with dashboard(empty_service, "x", "X", "S", "P") as pilot:
        assert isinstance(pilot.app.screen, MigrationsScreen)
        assert "i imports a plan" in screen(pilot)
    assert list(here.iterdir()) == []


async def test_all_are_paused_and_go_on_after_a_question_that_names_them(service: OfficeService) -> None:
    async with dashboard(service, "S") as pilot:
        await shows(pilot, "No migration is paused.")
        await press(pilot, "P")
        await shows(pilot, "All migrations: pausing")
        assert wanted(service) == [Wanted.PAUSE, Wanted.IDLE, Wanted.PAUSE]
        await press(pilot, "S")
        assert "Head office, Test run. Nothing is tried again" in screen(pilot)
        await press(pilot, "n")
        assert wanted(service)[0] is Wanted.PAUSE
        await press(pilot, "S", "y")
        await shows(pilot, "All paused migrations: started")
        assert wanted(service) == [Wanted.RUN, Wanted.IDLE, Wanted.RUN]
        assert service.engine.starts == 1


# A plan read in


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[OfficeService]:
    """Another store, on another machine say."""
    made = office.open_service(tmp_path / "elsewhere")
    yield made
    made.close()


@pytest.fixture
def plan(service: OfficeService, here: Path) -> Path:
    """The plan of the first migration, without passwords."""
    service.plans.export(1, here / "plan")
    return here / "plan" / "plan.toml"


async def test_all_mistakes_are_shown_at_once(plan: Path, elsewhere: OfficeService) -> None:
    text = plan.read_text("utf-8").replace('security = "tls"', 'security = "tsl"').replace("port = 993", "port = 0")
    plan.write_text(text, encoding="utf-8")
    async with dashboard(elsewhere, "i", *"plan/plan.toml", "enter") as pilot:
        await settle(pilot)
        await compare_at_both_sizes(pilot, "import-plan-mistakes")
        assert "Nothing was stored. 22 to correct:" in screen(pilot)
        await press(pilot, "pagedown", "pagedown")
        assert "accounts.csv line 19: Password is empty" in screen(pilot)
    assert elsewhere.migrations.listing() == []


async def test_mended_it_is_stored_and_not_started(plan: Path, elsewhere: OfficeService) -> None:
    async with dashboard(elsewhere, "i", *"plan/plan.toml", "enter", size=LARGE) as pilot:
        await settle(pilot)
        assert "18 to correct" in screen(pilot)
        accounts = plan.with_name("accounts.csv")
        accounts.write_text(accounts.read_text("utf-8").replace("@old.example,,", "@old.example,secret,"), "utf-8")
        await press(pilot, "enter")
        await shows(pilot, "Head office: 18 accounts added, 0 changed. s starts it.")
        assert isinstance(pilot.app.screen, MigrationsScreen)
        assert "□ not started" in screen(pilot)
    assert wanted(elsewhere) == [Wanted.IDLE]
    assert elsewhere.engine.starts == 0


async def test_a_migration_that_is_there_is_changed_after_a_question(plan: Path, service: OfficeService) -> None:
    accounts = plan.with_name("accounts.csv")
    accounts.write_text(accounts.read_text("utf-8").replace("bob@new.example,5", "bob@new.example,1"), "utf-8")
    async with dashboard(service, "i", *"plan/plan.toml", "enter") as pilot:
        await settle(pilot)
        assert "Change Head office as the plan says?" in screen(pilot)
        assert "Accounts: 1 changed, 17 unchanged; those that it does not name stay." in " ".join(screen(pilot).split())
        await press(pilot, "n")
        assert isinstance(pilot.app.screen, ImportPlanScreen)
        await press(pilot, "enter", "y")
        await shows(pilot, "Head office: 0 accounts added, 1 changed")
    assert {each.source_user: each.priority for each in service.accounts.listing(1)}["bob@old.example"] == 1


async def test_the_way_in(service: OfficeService) -> None:
    async with dashboard(service, "i") as pilot:
        await compare_at_both_sizes(pilot, "import-plan")
