"""`tui-migrate completion SHELL`: what the script is, and what a shell gets that uses it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tui_migrate.cli import main
from tui_migrate.cli.completion import PROGRAM, SHELLS, VARIABLE


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the command in it, as an installation has one."""
    command = tmp_path / PROGRAM
    started = "import sys; from tui_migrate.cli import main; sys.argv[0] = 'tui-migrate'; main()"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(started)} "$@"\n')
    command.chmod(0o755)
    return tmp_path


def asked(installed: Path, shell: str, *words: str) -> str:
    """What the command answers to a shell's script when the last of these words is to be completed."""
    last = words[-1] if shell == "fish" else str(len(words))  # fish hands over the word, others its number
    environment = {
        **os.environ,
        VARIABLE: f"{shell}_complete",
        "COMP_WORDS": shlex.join([PROGRAM, *words[:-1]]) + f" {words[-1]}",
        "COMP_CWORD": last,
    }
    command = [installed / PROGRAM]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_options_and_choices_are_completed(installed: Path, shell: str) -> None:
    assert "status" in asked(installed, shell, "sta")
    assert "--follow" in asked(installed, shell, "log", "--fo")
    assert "warning" in asked(installed, shell, "log", "--level", "wa")
    assert "file" in asked(installed, shell, "run", "pla"), "the shell itself knows the files"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_as_the_command_listens(shell: str) -> None:
    printed = CliRunner().invoke(main, ["completion", shell])
    assert printed.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in printed.output
    assert PROGRAM in printed.output


def test_a_shell_that_is_not_known_is_refused() -> None:
    refused = CliRunner().invoke(main, ["completion", "csh"])
    assert refused.exit_code == 2
    assert all(shell in refused.output for shell in SHELLS)


def test_bash_fills_the_word_in(installed: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    script = (
        f'source <({PROGRAM} completion bash); complete -p {PROGRAM}; COMP_WORDS=({PROGRAM} "import-"); COMP_CWORD=1; '
        f'_tui_migrate_completion {PROGRAM}; echo "${{COMPREPLY[@]}}"'
    )
    environment = {**os.environ, "PATH": f"{installed}:{os.environ['PATH']}"}
    told = subprocess.run([bash, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    declared, filled_in = told.stdout.splitlines()
    assert declared.endswith(f" {PROGRAM}")
    assert filled_in == "import-plan"
