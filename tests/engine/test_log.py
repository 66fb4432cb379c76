"""The engine's log: one can read from it what happened to an account, and nothing that is nobody's business."""

from __future__ import annotations

import logging
import re
import resource
from pathlib import Path

from click.testing import CliRunner

from tests.engine.liars import box, item
from tests.engine.support import migrate, plan_between
from tests.servers.faults.commands import CutCommand
from tests.servers.faults.replies import ReplyGarbage
from tests.servers.imap.server import ImapDouble
from tui_migrate.cli import main
from tui_migrate.engine.log import PrivateFile, logging_to
from tui_migrate.timing import Timing

QUICK = Timing(tick=0.02, save=0.02, poll=0.02, settle=0.01, late=0.01, longest_wait=0.05)
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
LINE = re.compile(TIME + r" (INFO|WARNING|ERROR) +\[(engine|account 1[^\]]*)\] \S.*")


def test_a_run_tells_its_story(tmp_path: Path) -> None:
    faults = [CutCommand("APPEND", words=b"* BYE [UNAVAILABLE] I am tired\r\n")]
    with ImapDouble(box({"INBOX": [item(1), item(2)]})) as old, ImapDouble(box({}), faults) as new:
        ended = migrate(plan_between(tmp_path, old, new), tmp_path / "data", QUICK)
    assert ended.code == 0, ended
    log = tmp_path / "data" / "log" / "engine.log"
    assert log.stat().st_mode & 0o777 == 0o600
    lines = log.read_text().splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    story = [
        "[engine] the engine begins: tui-migrate",
        f"[account 1 user] state: checking; pass 1 of Test: user at 127.0.0.1:{old.port} (imap) to user at",
        f"127.0.0.1:{new.port} greets: ",
        f"127.0.0.1:{new.port}: logged in as user; it offers ",
        "I am tired",
        "decided: throttled, tried again after ",
        "state: checking",
        "in doubt of INBOX: 2 messages",
        "state: done; 2 listed = ",
        "[engine] the engine has ended",
    ]
    rest = iter(lines)
    assert [part for part in story if not any(part in line for line in rest)] == []


def test_what_is_no_reply_may_be_mail_and_is_left_out(tmp_path: Path) -> None:
    garbage = ReplyGarbage(1, b"Subject: the salaries of everybody\r\n")
    with ImapDouble(box({"INBOX": [item(1)]}), [garbage]) as old, ImapDouble(box({})) as new:
        ended = migrate(plan_between(tmp_path, old, new), tmp_path / "data", QUICK)
    assert "salaries" in ended.failures[0].server_words, ended
    text = (tmp_path / "data" / "log" / "engine.log").read_text()
    assert "octets that are no reply" in text
    assert "salaries" not in text


def test_a_server_s_words_are_one_line_whatever_is_in_them(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        logging.getLogger("tui_migrate.mail").warning("%s", "\x1b[2Jgone\nINFO all is well")
    (_, line, _) = (tmp_path / "engine.log").read_text().splitlines()
    assert line.endswith("WARNING [engine] �[2Jgone�INFO all is well")


def test_only_so_much_is_kept(tmp_path: Path) -> None:
    handler = PrivateFile(tmp_path / "some.log", octets=1000, older=2)
    for number in range(100):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 0, f"{number} {'x' * 100}", None, None))
    handler.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["some.log", "some.log.1", "some.log.2"]
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
    assert "99 xxx" in (tmp_path / "some.log").read_text()


def test_debug_tells_more(tmp_path: Path) -> None:
    with ImapDouble(box({"INBOX": [item(1)]})) as old, ImapDouble(box({})) as new:
        plan = plan_between(tmp_path, old, new)
        log = tmp_path / "data" / "log" / "engine.log"
        for words, more in ([], False), (["--debug"], True):
            old.mailboxes["user"].folder("INBOX").add(b"Subject: y\r\n\r\n%d\r\n" % more)
            assert (
                CliRunner().invoke(main, ["run", str(plan), "--data-dir", str(tmp_path / "data"), *words]).exit_code
                == 0
            )
            assert ("DEBUG   [account 1 user] window" in log.read_text()) is more


def test_a_disk_that_is_full_ends_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = PrivateFile(tmp_path / "log")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        file.write("x" * 200)
        file.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.trouble == "File too large"
