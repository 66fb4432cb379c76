"""The engine as a process: told to stop, already there, left behind by whoever started it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, MANY, Office, beats
from tests.crash.support import Child, open_windows, wait_for
from tests.engine.support import run_here
from tui_migrate.cli import main
from tui_migrate.engine import process
from tui_migrate.errors import LockHeld
from tui_migrate.model import AccountState
from tui_migrate.service import open_service

START = """
import pathlib, sys
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service
plan, data = map(pathlib.Path, sys.argv[1:])
service = open_service(data)
service.migrations.start(service.plans.save(load_plan(plan))[0])
sys.stdin.read()
"""


@pytest.fixture
def office(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> Office:
    return Office(dovecot_factory(), [unique_user(), unique_user()], [MANY, FEW])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_good_order_and_the_same_command_goes_on(
    office: Office, tmp_path: Path, number: signal.Signals
) -> None:
    data = tmp_path / "data"
    with office.slow_line() as line:
        plan = office.plan(tmp_path, line.port)
        with Child("run", plan, "--data-dir", data) as child:
            assert line.full.wait(120)
            child.signal(number)
            with closing(open_service(data)) as service:
                beats(service)
            line.drain.set()
            assert child.wait() == 130, child.out + child.err
        assert "Stopped. The same command goes on where it was." in child.err
        assert open_windows(data) == 0
        assert 0 < sum(office.arrived(0).values()) < len(MANY)
        again = run_here("run", plan, "--data-dir", data)
    assert again.returncode == 0, again.stdout + again.stderr
    office.assert_exact()


def test_a_second_engine_is_refused_and_told_who_is_there(office: Office, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with office.slow_line() as line:
        plan = office.plan(tmp_path, line.port)
        with Child("run", plan, "--data-dir", data) as child:
            assert line.full.wait(120)
            for command in (["run", str(plan)], ["engine"], ["engine", "--until-idle"]):
                second = run_here(*command, "--data-dir", data)
                assert (second.returncode, second.stdout) == (3, "")
                assert f"(process {child.pid})" in second.stderr
            line.drain.set()
            assert child.wait() == 0, child.out + child.err
    office.assert_exact()


def test_a_background_engine_outlives_the_session_that_started_it_and_ends_when_nothing_is_left(
    office: Office, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with office.slow_line() as line:
        plan = office.plan(tmp_path, line.port)
        with subprocess.Popen(
            [sys.executable, "-c", START, plan, data],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as terminal:
            assert line.full.wait(120)
            os.killpg(terminal.pid, signal.SIGHUP)
            os.killpg(terminal.pid, signal.SIGKILL)
        with closing(open_service(data)) as service:
            engine = service.engine.status()
            assert engine.running
            assert engine.pid != terminal.pid
            line.drain.set()
            wait_for(lambda: not service.engine.status().running)
            (overview,) = service.migrations.listing()
            assert {each.state for each in service.accounts.listing(overview.migration.id)} == {AccountState.DONE}
    office.assert_exact()


def test_stop_ends_the_background_engine_and_start_goes_on(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with office.slow_line() as line, closing(open_service(data)) as service:
        assert run_here("import-plan", office.plan(tmp_path, line.port), "--data-dir", data).returncode == 0
        (overview,) = service.migrations.listing()
        service.migrations.start(overview.migration.id)
        assert line.full.wait(120)
        kill = os.kill

        def kill_and_drain(pid: int, number: int) -> None:
            """Only when the engine has been told to stop may the line take more."""
            kill(pid, number)
            if number == signal.SIGTERM:
                beats(service)
                line.drain.set()

        with monkeypatch.context() as patch:
            patch.setattr(os, "kill", kill_and_drain)
            stop = CliRunner().invoke(main, ["stop", "--data-dir", str(data)])
        assert (stop.exit_code, stop.stdout) == (0, "The engine has stopped.\n"), stop.stderr
        assert open_windows(data) == 0
        assert not service.engine.status().running
        assert 0 < sum(office.arrived(0).values()) < len(MANY)
        again = run_here("stop", "--data-dir", data)
        assert (again.returncode, again.stdout) == (0, "No engine was running.\n")
        service.migrations.start(overview.migration.id)
        wait_for(
            lambda: {each.state for each in service.accounts.listing(overview.migration.id)} == {AccountState.DONE}
        )
        wait_for(lambda: not service.engine.status().running)
    office.assert_exact()


def test_asking_who_holds_the_lock_keeps_no_engine_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_PATIENCE_SECONDS", 30)
    path = tmp_path / "engine.lock"
    path.touch()
    asking = os.open(path, os.O_RDWR)
    fcntl.flock(asking, fcntl.LOCK_SH)
    lock = process.Lock(path)
    starting = threading.Thread(target=lock.acquire)
    starting.start()
    os.close(asking)
    starting.join()
    assert process.holder(path) == os.getpid()
    lock.release()
    assert process.holder(path) is None


def test_a_lock_that_is_held_is_refused(tmp_path: Path) -> None:
    with (
        process.Lock(tmp_path / "engine.lock"),
        pytest.raises(LockHeld, match=f"process {os.getpid()}"),
        process.Lock(tmp_path / "engine.lock"),
    ):
        pass
    assert process.holder(tmp_path / "engine.lock") is None
    assert process.holder(tmp_path / "never.lock") is None
