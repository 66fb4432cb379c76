"""What the terminal and the line can do, read before Textual is."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tui_migrate.ui.environment import is_ascii_only, prepare_environment

FULL = {"TERM": "xterm-256color"}


def test_a_local_terminal_is_left_alone() -> None:
    environ = dict(FULL)
    prepare_environment(environ)
    assert environ == FULL


def test_over_ssh_there_are_few_frames_and_no_animation() -> None:
    environ = FULL | {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    prepare_environment(environ)
    assert environ["TEXTUAL_FPS"] == "15"
    assert environ["TEXTUAL_ANIMATIONS"] == "none"
    assert environ["TEXTUAL_SMOOTH_SCROLL"] == "0"


def test_what_the_admin_has_set_stays() -> None:
    environ = {"TERM": "screen", "SSH_TTY": "/dev/pts/3", "TEXTUAL_FPS": "5", "TEXTUAL_THEME": "nord"}
    prepare_environment(environ)
    assert (environ["TEXTUAL_FPS"], environ["TEXTUAL_THEME"]) == ("5", "nord")


@pytest.mark.parametrize(
    ("environ", "few"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "linux"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True),
        ({}, True),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "xterm-kitty"}, False),
    ],
)
def test_few_colours_are_the_terminals_own(environ: dict[str, str], few: bool) -> None:
    prepared = dict(environ)
    prepare_environment(prepared)
    assert (prepared.get("TEXTUAL_THEME") == "ansi-dark") == few


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C.utf8"}, False),
        ({"LANG": "C"}, True),
        ({}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),  # set by Python itself, PEP 538
        ({"LANG": "nl_BE.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "en_US.ISO-8859-1", "LC_CTYPE": "en_US.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C.UTF-8"}, False),
    ],
)
def test_a_locale_without_utf8_gets_ascii(environ: dict[str, str], ascii_only: bool) -> None:
    assert is_ascii_only(environ) == ascii_only


def test_the_environment_can_be_prepared_before_textual_is_loaded() -> None:
    code = "import sys, tui_migrate.ui.environment\nassert 'textual' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("missing", ["keyboard", "screen", "both", "closed"])
def test_without_a_terminal_there_is_no_dashboard_and_that_is_said(missing: str, tmp_path: Path) -> None:
    """It would draw into a file for ever, with nobody to leave it."""
    master, terminal = pty.openpty()
    program = [sys.executable, "-m", "tui_migrate", "--data-dir", str(tmp_path / "data")]
    if missing == "closed":
        program = ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *program]
    try:
        with (tmp_path / "said").open("wb") as said:
            screen = terminal if missing == "keyboard" else said
            keyboard = terminal if missing == "screen" else subprocess.DEVNULL
            code = subprocess.run(
                program, stdin=keyboard, stderr=screen, stdout=said, timeout=60, check=False
            ).returncode
        words = os.read(master, 4096) if missing == "keyboard" else (tmp_path / "said").read_bytes()
    finally:
        os.close(master)
        os.close(terminal)
    assert code == 2
    assert words.startswith(b"The dashboard needs a terminal, and there is none here.")
    assert b"\x1b" not in words
    assert not (tmp_path / "data").exists()
