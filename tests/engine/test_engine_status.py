"""What is known of an engine that is not there, not there yet, or there and mute."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tui_migrate.engine import process
from tui_migrate.model import EngineStatus
from tui_migrate.service import Service, open_service
from tui_migrate.store import progress


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(open_service(tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The data folders for which an engine was started; none really is."""
    started: list[Path] = []
    monkeypatch.setattr(process, "spawn", lambda data_dir, log_dir: started.append(data_dir))
    return started


def say(service: Service, words: str, at: float) -> None:
    """As an engine does that ends against its will."""
    file = service.store.paths.log_dir / "engine.out"
    file.write_text(words)
    os.utime(file, (at, at))


def beat(service: Service) -> None:
    with service.store.write() as connection:
        progress.beat(connection, EngineStatus(True, os.getpid(), "jump1"))


def test_one_that_was_just_started_is_not_missing(service: Service, spawned: list[Path]) -> None:
    assert service.engine.status() == EngineStatus(running=False)
    service.engine.start()
    assert spawned == [service.store.paths.data_dir]
    assert service.engine.status() == EngineStatus(running=True)
    assert service.logs.events()[0].what == "started the engine"


def test_one_that_was_started_and_never_came_is_missing(
    service: Service, spawned: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.engine.ensure_running()
    later = time.monotonic() + 11
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not service.engine.status().running


@pytest.mark.parametrize("jump", [86_400, -86_400])
def test_a_clock_that_is_set_while_one_starts_changes_nothing(
    service: Service, spawned: list[Path], monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    beat(service)
    then = time.time() + jump
    with monkeypatch.context() as day:
        day.setattr(time, "time", lambda: then)
        service.engine.ensure_running()
    assert service.engine.status().running
    say(service, "The store is full.\n", then)
    assert not service.engine.status().running


def test_one_that_has_done_its_work_is_not_starting(service: Service, spawned: list[Path]) -> None:
    service.engine.ensure_running()
    beat(service)
    assert not service.engine.status().running
    assert service.engine.trouble() == ""


def test_one_that_ends_at_once_has_said_why(service: Service, spawned: list[Path]) -> None:
    service.engine.ensure_running()
    say(service, "Traceback (most recent call last):\n  File\nThe store is full.\n\n", time.time() + 1)
    assert not service.engine.status().running
    assert service.engine.trouble() == "The store is full."
    assert process.last_words(service.store.paths.log_dir / "nowhere") == ("", 0.0)


def test_what_was_said_before_the_last_heartbeat_is_history(service: Service) -> None:
    say(service, "The store is full.\n", time.time() - 60)
    assert service.engine.trouble() == "The store is full."
    beat(service)
    assert service.engine.trouble() == ""


def test_of_a_long_story_the_end_is_read(service: Service) -> None:
    say(service, "Café " * 10_000 + "\nThe end.\n", time.time())
    assert service.engine.trouble() == "The end."


def test_one_that_holds_the_store_and_never_beats_is_noticed(service: Service) -> None:
    with process.Lock(service.store.paths.lock_file):
        assert service.engine.status() == EngineStatus(running=True, pid=os.getpid())
        since = time.time() - 60
        os.utime(service.store.paths.lock_file, (since, since))
        assert service.engine.status() == EngineStatus(running=True, pid=os.getpid(), beat_at=since)
        assert service.engine.trouble() == ""
        assert not service.engine.is_missing()
