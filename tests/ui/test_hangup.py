"""A terminal that goes takes the dashboard with it, at once, and nothing else."""

from __future__ import annotations

import signal
import termios

import pytest

from tests.ui import office
from tests.ui.terminal import PATIENCE_SECONDS, Terminal

LEFT_THE_SCREEN = b"\x1b[?1049l"
_LOCAL_FLAGS = 3


@pytest.mark.parametrize("options", [(), ("--deaf",)], ids=["with SIGHUP", "without"])
def test_a_closed_terminal_ends_it(service: office.OfficeService, options: tuple[str, ...]) -> None:
    with Terminal(service.store.paths.data_dir, *options) as terminal:
        terminal.shows("Branch Ghent")
        terminal.close()
        assert terminal.process.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP


def test_a_closed_terminal_ends_it_whatever_it_is_doing(service: office.OfficeService) -> None:
    with Terminal(service.store.paths.data_dir, "--freeze") as terminal:
        terminal.until(terminal.frozen.exists)
        terminal.close()
        assert terminal.process.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it_and_the_terminal_is_as_before(service: office.OfficeService, number: signal.Signals) -> None:
    with Terminal(service.store.paths.data_dir) as terminal:
        terminal.shows("Branch Ghent")
        assert not terminal.mode()[_LOCAL_FLAGS] & termios.ECHO
        terminal.process.send_signal(number)
        terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 128 + number
        assert LEFT_THE_SCREEN in terminal.output
        assert terminal.mode() == terminal.before


def test_a_signal_ends_it_while_its_loop_stands_still(service: office.OfficeService) -> None:
    with Terminal(service.store.paths.data_dir, "--freeze") as terminal:
        terminal.until(terminal.frozen.exists)
        terminal.process.send_signal(signal.SIGHUP)
        terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 128 + signal.SIGHUP
        assert LEFT_THE_SCREEN in terminal.output
        assert terminal.mode() == terminal.before


def test_a_signal_ends_it_on_a_line_that_has_stalled(service: office.OfficeService) -> None:
    with Terminal(service.store.paths.data_dir) as terminal:
        terminal.shows("Branch Ghent")
        terminal.stall()
        terminal.press("j")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.process.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP
        assert terminal.mode() == terminal.before


def test_leaving_by_key_says_that_the_engine_goes_on(service: office.OfficeService, engine: None) -> None:
    with Terminal(service.store.paths.data_dir) as terminal:
        terminal.shows("engine silent")
        terminal.press("q")
        terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 0
        assert b"The engine goes on in the background." in terminal.output.partition(LEFT_THE_SCREEN)[2]
        assert terminal.mode() == terminal.before
