"""Start, pause, report, export and import as scripts give them: no screen, clear words, exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ui import office
from tests.ui.office import OfficeService
from tui_migrate.cli import main
from tui_migrate.model import Wanted
from tui_migrate.service.engine import Engine


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The office's store, in a folder where commands are given; engines are counted in `engines`, not started."""
    monkeypatch.chdir(tmp_path)
    service = office.open_service(tmp_path / "data")
    office.fill(service)
    service.close()
    return tmp_path / "data"


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """One for each time that an engine should have been started."""
    asked: list[Engine] = []
    monkeypatch.setattr(Engine, "ensure_running", lambda engine: asked.append(engine))
    return asked


@pytest.fixture
def service(data: Path) -> Iterator[OfficeService]:
    """To look at what a command has done."""
    made = office.open_service(data)
    yield made
    made.close()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


def wanted(service: OfficeService) -> list[Wanted]:
    return [each.migration.wanted for each in service.migrations.listing()]


def test_pause_and_start_one(data: Path, service: OfficeService, engines: list[Engine]) -> None:
    paused = run("pause", "Head office", "--data-dir", data)
    assert (paused.exit_code, paused.output) == (0, "Head office: pausing.\n")
    assert wanted(service) == [Wanted.PAUSE, Wanted.IDLE, Wanted.RUN]
    assert engines == []
    started = run("start", "1", "--data-dir", data)
    assert (started.exit_code, started.output.splitlines()[0]) == (0, "Head office: started.")
    assert wanted(service) == [Wanted.RUN, Wanted.IDLE, Wanted.RUN]
    assert len(engines) == 1
    assert [event.what for event in service.logs.events(limit=2)] == ["started the migration", "paused the migration"]


def test_pause_all_and_start_all_leave_what_was_never_started(
    data: Path, service: OfficeService, engines: list[Engine]
) -> None:
    before = [(each.state, each.counts) for each in service.accounts.listing(1)]
    assert run("pause", "--all", "--data-dir", data).output == "Head office: pausing.\nTest run: pausing.\n"
    assert wanted(service) == [Wanted.PAUSE, Wanted.IDLE, Wanted.PAUSE]
    assert run("pause", "--all", "--data-dir", data).output == "No migration is started.\n"
    assert engines == []
    lines = run("start", "--all", "--data-dir", data).output.splitlines()
    assert lines[:2] == ["Head office: started.", "Test run: started."]
    assert wanted(service) == [Wanted.RUN, Wanted.IDLE, Wanted.RUN]
    assert len(engines) == 1
    assert [(each.state, each.counts) for each in service.accounts.listing(1)] == before
    assert run("start", "--all", "--data-dir", data).output == "No migration is paused.\n"
    assert len(engines) == 1


@pytest.mark.parametrize("command", ["start", "pause"])
@pytest.mark.parametrize("words", [[], ["Head office", "--all"]])
def test_it_is_one_or_all(data: Path, service: OfficeService, command: str, words: list[str]) -> None:
    done = run(command, *words, "--data-dir", data)
    assert done.exit_code == 2
    assert "MIGRATION: name one, by its title or number, or give --all" in done.output
    assert wanted(service) == [Wanted.RUN, Wanted.IDLE, Wanted.RUN]


@pytest.mark.parametrize("command", ["start", "pause", "export", "report"])
def test_a_migration_that_there_is_not(data: Path, command: str) -> None:
    done = run(command, "Nowhere", "--data-dir", data)
    assert done.exit_code == 2
    assert "there is none called Nowhere; there are: Head office, Branch Ghent, Test run" in done.output


def test_a_report_says_where_it_lies(data: Path, tmp_path: Path) -> None:
    done = run("report", "--data-dir", data)
    assert done.exit_code == 0
    written = [Path(line) for line in done.output.splitlines()]
    assert len(written) == 8
    assert {each.parent.parent for each in written} == {tmp_path}
    assert all(each.is_file() for each in written)
    assert "Offerte" not in "".join(each.read_text("utf-8") for each in written)
    again = run("report", "--data-dir", data)
    assert {Path(line).parent for line in again.output.splitlines()} == {Path(f"{written[0].parent}-2")}
    one = run("report", "Test run", "--out", "mine", "--subjects", "--data-dir", data)
    assert sorted(each.name for each in (tmp_path / "mine").iterdir()) == sorted(
        Path(line).name for line in one.output.splitlines()
    )
    assert len(one.output.splitlines()) == 6
    refused = run("report", "Test run", "--out", "mine", "--data-dir", data)
    assert refused.exit_code == 3
    assert "There is a file mine/accounts.csv already: choose another folder." in refused.output


def test_export_and_import_again(data: Path, tmp_path: Path) -> None:
    done = run("export", "Head office", "--out", "plan", "--data-dir", data)
    assert done.output.splitlines() == [str(tmp_path / "plan" / name) for name in ("plan.toml", "accounts.csv")]
    plan = tmp_path / "plan" / "plan.toml"
    again = run("import-plan", plan, "--data-dir", data)
    assert (again.exit_code, again.output) == (0, "Head office: 0 accounts added, 0 changed, 18 unchanged.\n")
    elsewhere = run("import-plan", plan, "--data-dir", tmp_path / "elsewhere")
    assert elsewhere.exit_code == 2
    assert "18 to correct" in elsewhere.output
    assert "accounts.csv line 19: Password is empty" in elsewhere.output
    assert run("status", "--data-dir", tmp_path / "elsewhere").output.endswith("tui-migrate run PLAN.toml\n")
