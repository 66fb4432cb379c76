"""Work that nobody does is never shown as if it only had to wait."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui import office
from tests.ui.dashboard import compare, dashboard, line, press, screen, shows, until
from tests.ui.values import RUNNING
from tui_migrate.model import Wanted
from tui_migrate.service import Service, open_service
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import engine_trouble

MISSING = "✖ No engine works on what you have started: f5 starts one."


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "LOOK_SECONDS", 0.05)


@pytest.mark.parametrize("keys", [(), ("enter",), ("enter", "j", "enter"), ("f",), ("f", "enter"), ("l",), ("?",)])
async def test_every_screen_says_it_and_one_key_helps(service: office.OfficeService, keys: tuple[str, ...]) -> None:
    async with dashboard(service, *keys) as pilot:
        await shows(pilot, MISSING)
        await press(pilot, "f5")
        await shows(pilot, "The engine is starting")
        assert service.engine.starts == 1
        assert service.logs.events()[0].what == "started the engine"
        with office.engine_at_work(service, rates=(0.0, 0.0)):
            await until(pilot, lambda: MISSING not in screen(pilot))
            await press(pilot, "f5")
            assert service.engine.starts == 1


async def test_screen(service: office.OfficeService) -> None:
    async with dashboard(service) as pilot:
        compare(pilot, "engine-missing")


async def test_where_nothing_is_wanted_nothing_is_missing(service: office.OfficeService) -> None:
    for overview in service.migrations.listing():
        service.migrations.pause(overview.migration.id)
    async with dashboard(service, "f5") as pilot:
        assert "○ engine not running" in screen(pilot)
        assert "f5" not in screen(pilot)
        assert service.engine.starts == 0
        await press(pilot, "question_mark")
        assert "Start the engine" not in screen(pilot)


async def test_help_and_palette_have_the_key_while_it_helps(service: office.OfficeService) -> None:
    async with dashboard(service, "question_mark", "pagedown") as pilot:
        await shows(pilot, "Start the engine that works on it all")
        await press(pilot, "escape", "ctrl+p", *"engine")
        await shows(pilot, "Start the engine that works")
        await press(pilot, "enter")
        await shows(pilot, "The engine is starting")


async def test_a_migration_that_needs_an_engine_does_not_look_as_if_it_waited(service: office.OfficeService) -> None:
    async with dashboard(service) as pilot:
        assert "▲ no engine" in line(pilot, "Head office")
        assert "□ not started" in line(pilot, "Branch Ghent")


async def test_of_an_engine_that_hangs_it_is_said_what_to_do(service: office.OfficeService) -> None:
    with office.engine_at_work(service, office.NOW - 11, rates=(0.0, 0.0)):
        async with dashboard(service, "enter") as pilot:
            await shows(pilot, f"▲ The engine (process {os.getpid()} on jump1)")
            assert f"`kill -9 {os.getpid()}`" in " ".join(screen(pilot).split())
            assert "engine silent since 14:01" in screen(pilot)


def test_an_engine_that_beats_is_no_trouble() -> None:
    assert engine_trouble(RUNNING, office.NOW, False, "") == ""
    assert engine_trouble(replace(RUNNING, beat_at=office.NOW - 10), office.NOW, False, "") == ""
    assert "kill -9 4711" in engine_trouble(replace(RUNNING, beat_at=office.NOW - 11), office.NOW, False, "")


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Service]:
    """A service that starts real engines, on a store with one account that is wanted to run."""
    filled = office.open_service(tmp_path / "data")
    office.add_migration(filled, "One", ["a@old.example"], ("127.0.0.1", "127.0.0.1"), Wanted.RUN)
    filled.close()
    service = open_service(tmp_path / "data")
    yield service
    service.engine.stop()
    service.close()


async def test_an_engine_that_fails_at_once_says_why_on_the_screen(
    real: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "now", lambda room: time.time())  # a real engine's beats are no older
    real.store.paths.spool_dir.rmdir()
    real.store.paths.spool_dir.touch()
    async with dashboard(real, size=(120, 40)) as pilot:
        await shows(pilot, MISSING)
        await press(pilot, "f5")
        await shows(pilot, "The last one ended with: The data folder")
        assert "File exists" in screen(pilot)
        assert "f5 starts one" in screen(pilot)
        assert "▲ no engine" in line(pilot, "One")
        real.store.paths.spool_dir.unlink()
        await press(pilot, "f5")
        await shows(pilot, "● engine")
        assert "The last one ended" not in screen(pilot)


async def test_what_an_engine_before_the_last_one_said_is_history(real: Service) -> None:
    (real.store.paths.log_dir / "engine.out").write_text("Something was wrong long ago.\n")
    os.utime(real.store.paths.log_dir / "engine.out", (office.NOW - 60, office.NOW - 60))
    office.beat(real, office.NOW, connections=0, rates=(0.0, 0.0))
    assert real.engine.is_missing()
    assert real.engine.trouble() == ""
    async with dashboard(real) as pilot:
        await shows(pilot, MISSING)
