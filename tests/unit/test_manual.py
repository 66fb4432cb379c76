"""The manual page says all that `--help` says, and a program that shows manual pages has nothing to complain of."""

from __future__ import annotations

import re
import shutil
import subprocess

import click
import pytest

from tui_migrate import __version__
from tui_migrate.cli import main
from tui_migrate.cli.manual import manual_page

PAGE = manual_page(main)
COMMANDS = {f"tui-migrate {name}": command for name, command in main.commands.items()}


def read(page: str) -> str:
    """The text of a page in one line: without requests, fonts and escapes."""
    plain = re.sub(r"^\.(?:[A-Z]+ ?)", "", page, flags=re.M)
    for escape, sign in ((r"\fB", ""), (r"\fR", ""), (r"\-", "-"), (r"\(dq", '"'), (r"\&", ""), (r"\e", "\\")):
        plain = plain.replace(escape, sign)
    return " ".join(plain.split())


def shown(page: str) -> str:
    """What a reader sees, by groff."""
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    words = [groff, "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=500n"]
    told = subprocess.run(words, input=page, capture_output=True, text=True, check=True)
    assert told.stderr == ""
    return " ".join(told.stdout.replace("\u2010", "-").split())


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_there_with_its_options_and_exit_codes(path: str) -> None:
    command, text = COMMANDS[path], read(PAGE)
    assert path in text
    assert command.help
    assert " ".join(command.help.split()) in text
    assert " ".join((command.epilog or "").split()) in text
    for option in command.params:
        if isinstance(option, click.Option):
            assert max(option.opts, key=len) in text
            assert option.help
            assert option.help in text


def test_the_program_itself() -> None:
    text = read(PAGE)
    assert "NAME tui-migrate - move whole mailboxes between mail servers SYNOPSIS" in text
    assert f"tui-migrate {__version__}" in text
    assert all(option in text for option in ("-h, --help", "--version", "TUI_MIGRATE_DATA_DIR"))


def test_a_reader_sees_it_whole() -> None:
    text = shown(PAGE)
    assert all(path in text for path in COMMANDS)
    assert "--data-dir" in text


def test_no_word_is_taken_for_a_request() -> None:
    @click.group(help='.hidden is a file, "quoted" and C:\\new.\n\n\'tis the second paragraph.')
    def odd() -> None:
        """Nothing."""

    text = shown(manual_page(odd))
    assert '.hidden is a file, "quoted" and C:\\new.' in text
    assert "'tis the second paragraph." in text
