"""What is printed: whatever the terminal, the locale, the pipe and the disk make of it, the exit code tells of mail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.engine.support import plain, write_plan
from tests.servers.ports import free_port
from tests.support.doorman import CAPABILITIES, Doorman
from tui_migrate.cli.output import prepare_output, say

TITLE = "Zürich – 東京"
REFUSAL = "TAG NO [AUTHENTICATIONFAILED] Zugriff verweigert: größe дата\r\n".encode()
NO_UTF8 = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "LANG": "C"}


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "tui_migrate", *map(str, words)]


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    return {**rest, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan, and a data folder in which it has been carried out: the one account could not log in."""
    tmp_path = tmp_path_factory.mktemp("refused")
    with Doorman(CAPABILITIES, {"AUTHENTICATE": REFUSAL}) as server:
        plan = write_plan(tmp_path, plain(server.port), plain(free_port()), ["anna"], title=TITLE)
        ran = subprocess.run(
            command("run", plan, "--data-dir", tmp_path / "data"),
            capture_output=True,
            check=False,
            env=surroundings({**NO_UTF8, "PYTHONIOENCODING": "ascii"}),
        )
    assert ran.returncode == 1, ran.stderr
    assert b"Traceback" not in ran.stderr
    assert b"gr\\xf6\\xdfe \\u0434" in ran.stdout
    return tmp_path / "data"


WORDS = [("status",), ("status", "--json"), ("failures",), ("failures", "--json")]


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        *((words, "ascii") for words in WORDS),
        *((("status",), encoding) for encoding in ("latin-1", "utf-8")),
        *(
            pytest.param(words, encoding, marks=pytest.mark.nightly)
            for words in WORDS
            if words != ("status",)
            for encoding in ("latin-1", "utf-8")
        ),
    ],
)
def test_a_locale_that_lacks_the_letters(refused: Path, words: tuple[str, ...], encoding: str) -> None:
    ended = subprocess.run(
        command(*words, "--data-dir", refused),
        capture_output=True,
        check=False,
        env=surroundings({**NO_UTF8, "PYTHONIOENCODING": encoding}),
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    shown = ended.stdout.decode(encoding)
    if words == ("status",):
        title = {"ascii": "Z\\xfcrich - \\u6771\\u4eac", "latin-1": "Zürich - \\u6771\\u4eac"}.get(encoding, TITLE)
        assert title in shown


@pytest.mark.parametrize("words", [("status",), ("failures",), ("failures", "--json")])
def test_a_disk_that_is_full_is_named_and_changes_nothing(refused: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            command(*words, "--data-dir", refused),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=surroundings({}),
        )
    assert ended.returncode == 0
    assert ended.stderr.decode().splitlines() == ["What is said here cannot be written: No space left on device."]


def test_a_run_that_nobody_can_read_ends_as_any_other(tmp_path: Path) -> None:
    for number, where in enumerate(("full", "pipe", "closed")):
        with Doorman(CAPABILITIES, {"AUTHENTICATE": REFUSAL}) as server:
            plan = write_plan(tmp_path, plain(server.port), plain(free_port()), ["anna"])
            words = command("run", plan, "--data-dir", tmp_path / str(number))
            shell = {"full": '"$@" >/dev/full 2>/dev/full', "closed": '"$@" >&- 2>&-'}.get(where, '"$@"')
            out, into = os.pipe()
            os.close(out)  # nobody reads
            target = into if where == "pipe" else None
            ended = subprocess.run(
                ["/bin/sh", "-c", shell, "sh", *words], stdout=target, check=False, env=surroundings({})
            )
            os.close(into)
        assert ended.returncode == 1, where


def test_a_reader_of_a_pipe_that_has_seen_enough(refused: Path) -> None:
    out, into = os.pipe()
    os.close(out)
    ended = subprocess.run(
        command("status", "--data-dir", refused), stdout=into, stderr=subprocess.PIPE, check=False, env=surroundings({})
    )
    os.close(into)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_nothing_that_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    prepare_output()
    say("a\x1b[2J\u202eb\nc\td", "second")
    assert capsys.readouterr().out == "a\ufffd[2J\ufffdb\ufffdc\ufffdd\nsecond\n"
