"""The command line as scripts and admins meet it: exit codes, JSON, numbers that add up, a line that lives."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import DovecotFactory
from tests.engine.support import plain, run_cli, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import DelayProxy
from tests.support import sample_mail
from tests.support.doorman import Doorman
from tui_migrate.cli import main
from tui_migrate.engine.process import Lock

EQUATION = re.compile(
    r"(\d+) listed = (\d+) copied \+ (\d+) brought earlier \+ (\d+) already there \+ "
    r"(\d+) excluded \+ (\d+) gone \+ (\d+) failed"
)
ITEMS = sample_mail.plain(30, 3, size=1000)
BIG = MailItem("INBOX", b"Subject: too big\r\n\r\n" + b"x" * 30_000, frozenset(), 1_400_000_000)


def run(*words: str | Path, env: dict[str, str] | None = None) -> Result:
    """The command in this process."""
    return CliRunner().invoke(main, [*map(str, words)], env=env)


@pytest.fixture
def mailboxes(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> tuple[Dovecot, Dovecot, list[str]]:
    """Three users with mail, and a destination that takes none of more than 20 KB."""
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(quota_storage="100M", max_mail_size="20K"))
    users = [unique_user() for _ in range(3)]
    for user in users:
        write_maildir(old.add_user(user, "secret"), "/", ITEMS)
        new.add_user(user, "secret")
    return old, new, users


def test_help_says_what_exit_codes_mean() -> None:
    shown = run("run", "--help")
    assert shown.exit_code == 0
    assert all(f"{code}:" in shown.output for code in (0, 1, 2, 3, 130))
    assert {"run", "status", "failures", "engine", "stop", "import-plan"} <= set(run("--help").output.split())


def test_a_bad_plan_is_told_in_full_and_nothing_is_stored(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[migration]\ntitle = ""\n[source]\nhst = "old.example"\n'
        '[destination]\nhost = "new.example"\nsecurity = "ssl"\n[accounts]\nfile = "accounts.csv"\n'
    )
    (tmp_path / "accounts.csv").write_text("Source,Password,Destination\nalice,secret,\nbob,,bob\n")
    ended = run_cli("run", plan, "--data-dir", tmp_path / "data")
    assert (ended.returncode, ended.stdout) == (2, "")
    first, *problems = ended.stderr.splitlines()
    assert first == f"Nothing was started. {len(problems)} to correct:"
    for mistake in ("title", "did you mean host?", "source.host", "security", "csv line 2", "csv line 3"):
        assert any(mistake in problem for problem in problems), mistake
    assert not (tmp_path / "data").exists()
    missing = run("run", tmp_path / "no-plan.toml", "--data-dir", tmp_path / "data")
    assert (missing.exit_code, missing.stdout) == (2, "")


def test_what_cannot_run_says_so(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, plain(1), plain(1), ["alice"])
    data = tmp_path / "data"
    assert run("import-plan", plan, "--data-dir", data).exit_code == 0
    with Lock(data / "engine.lock"):
        held = run("run", plan, "--data-dir", data)
    assert (held.exit_code, held.stdout) == (3, "")
    assert held.stderr.startswith(f"An engine works on this store already (process {os.getpid()})")
    (tmp_path / "file").write_text("")
    unusable = run("status", "--data-dir", tmp_path / "file" / "data")
    assert (unusable.exit_code, unusable.stdout) == (3, "")
    assert "cannot be used" in unusable.stderr
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "store.db").write_bytes(b"no database at all" * 100)
    broken = run("run", plan, "--data-dir", tmp_path / "other")
    assert (broken.exit_code, broken.stdout) == (3, "")
    assert broken.stderr


def test_an_account_list_imported_again_duplicates_nothing(tmp_path: Path) -> None:
    plan, data = write_plan(tmp_path, plain(1), plain(1), ["alice", "bob"]), tmp_path / "data"
    told = [run("import-plan", plan, "--data-dir", data).output for _ in range(2)]
    assert told == [
        "Test: 2 accounts added, 0 changed, 0 unchanged.\n",
        "Test: 0 accounts added, 0 changed, 2 unchanged.\n",
    ]
    write_plan(tmp_path, plain(2), plain(1), ["carol", ("bob", "robert"), "alice"])
    assert run("import-plan", plan, "--data-dir", data).output == "Test: 1 accounts added, 1 changed, 1 unchanged.\n"
    (migration,) = json.loads(run("status", "--json", "--data-dir", data).output)
    assert migration["source"] == "127.0.0.1:2"
    pairs = {each["source_user"]: each["destination_user"] for each in migration["accounts"]}
    assert pairs == {"alice": "alice", "bob": "robert", "carol": "carol"}
    assert len(migration["accounts"]) == 3


def adds_up(counts: dict[str, int]) -> bool:
    parts = ("copied", "brought", "there", "excluded", "gone", "failed")
    return counts["listed"] == sum(counts[part] for part in parts) and counts["pending"] == 0


def test_numbers_add_up_for_every_account(mailboxes: tuple[Dovecot, Dovecot, list[str]], tmp_path: Path) -> None:
    """With one message refused, one folder excluded, one login wrong; in the summary, in status, in JSON."""
    old, new, users = mailboxes
    write_maildir(old.maildir(users[0]), "/", [BIG])
    rows = [{"Source": user, "Password": "secret", "Destination": user, "Excluded Folders": ""} for user in users]
    rows[1]["Excluded Folders"] = "Folder 01"
    rows[2]["Password"] = "wrong"
    plan, data = write_plan(tmp_path, plain(old.port), plain(new.port), rows), tmp_path / "data"
    ended = run("run", plan, "--data-dir", data)
    assert (ended.exit_code, ended.stderr) == (1, "")
    lines = {line.split()[0]: line for line in ended.stdout.splitlines() if line.startswith("  ") and "listed" in line}
    found = {name: [*map(int, EQUATION.findall(line)[0])] for name, line in lines.items()}
    assert found == {
        users[0]: [31, 30, 0, 0, 0, 0, 1],
        users[1]: [30, 20, 0, 0, 10, 0, 0],
        users[2]: [0, 0, 0, 0, 0, 0, 0],
        "total": [61, 50, 0, 0, 10, 0, 1],
    }
    assert "2 failures:" in ended.stdout
    assert "\r" not in ended.stdout
    assert "\x1b" not in ended.stdout
    text = run("status", "--data-dir", data).stdout
    assert "Engine: not running." in text
    assert all(line in text for line in lines.values())
    (status,) = json.loads(run("status", "--json", "--data-dir", data).stdout)
    assert (status["title"], status["wanted"], status["failures"]) == ("Test", "run", 2)
    assert adds_up(status["counts"])
    states = [(each["source_user"], each["state"]) for each in status["accounts"]]
    assert states == [*zip(users, ["done with failures", "done", "failed"], strict=True)]
    assert all(adds_up(each["counts"]) for each in status["accounts"])
    failures = {each["account"]: each for each in json.loads(run("failures", "--json", "--data-dir", data).stdout)}
    assert set(failures) == {users[0], users[2]}
    refused, login = failures[users[0]], failures[users[2]]
    assert {"scope": "message", "folder": "INBOX", "subject": "too big", "attempts": 1}.items() <= refused.items()
    assert refused["size"] == len(BIG.content)
    assert refused["server_words"].startswith("NO [LIMIT]")
    assert {"scope": "account", "folder": "", "uid": None, "kind": "login refused"}.items() <= login.items()
    assert login["advice"]


@pytest.mark.parametrize("how", ["before", "after", "environment"])
def test_the_data_folder_is_where_it_is_said_to_be(tmp_path: Path, how: str) -> None:
    plan, data, other = write_plan(tmp_path, plain(1), plain(1), ["alice"]), tmp_path / "data", tmp_path / "other"
    assert run("import-plan", plan, "--data-dir", data).exit_code == 0
    shown = {
        "before": run("--data-dir", data, "status"),
        "after": run("--data-dir", other, "status", "--data-dir", data),
        "environment": run("status", env={"TUI_MIGRATE_DATA_DIR": str(data)}),
    }[how]
    assert (shown.exit_code, "alice" in shown.output) == (0, True)
    assert not other.exists()


def test_words_of_strangers_move_no_cursor(tmp_path: Path) -> None:
    with Doorman(answers={"AUTHENTICATE": b"TAG NO [AUTHENTICATIONFAILED] \x1b[2J\x07gone\r\n"}) as server:
        plan = write_plan(tmp_path, plain(server.port), plain(server.port), ["alice"])
        ended = run("run", plan, "--data-dir", tmp_path / "data")
    shown = ended.output + run("failures", "--data-dir", tmp_path / "data").output
    assert ended.exit_code == 1
    assert shown.count("[2J\ufffdgone") == 3
    assert "\x1b" not in shown


@contextmanager
def on_a_terminal(*words: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program on a terminal of 40 columns: the process, and what one reads from to see it."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 40))
    program = [sys.executable, "-m", "tui_migrate", *map(str, words)]
    env = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen(program, stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    try:
        yield process, master
    finally:
        process.kill()
        process.wait()
        os.close(master)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What the terminal shows until it has shown this, or ends."""
    shown = b""
    while wanted not in shown:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    return shown


def test_a_line_lives_on_a_terminal_and_ctrl_c_ends_in_good_order(
    mailboxes: tuple[Dovecot, Dovecot, list[str]], tmp_path: Path
) -> None:
    """To a server so far away that there is something to see."""
    old, new, users = mailboxes
    data = tmp_path / "data"
    with DelayProxy(new.port, 0.2) as far:
        plan = write_plan(tmp_path, plain(old.port), plain(far.port), users)
        with on_a_terminal("run", plan, "--data-dir", data) as (process, terminal):
            shown = read_until(terminal, b"/3 accounts, ")
            process.send_signal(signal.SIGINT)
            shown += read_until(terminal, b"for ever")
            assert process.wait() == 130, shown
    live = [line for line in re.split(rb"\r\x1b\[K|\r\n", shown) if b"/3 accounts, " in line]
    assert live
    assert all(len(line) < 40 for line in live)
    assert b"Stopped. The same command goes on where it was." in shown
    with DelayProxy(new.port, 0.0, port=far.port):
        assert run("run", plan, "--data-dir", data).exit_code == 0
    for user in users:
        assert read_maildir(new.maildir(user), "/") == counted(ITEMS)
