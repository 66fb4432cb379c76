"""`tui-migrate log`: the last lines, those of an account, those that matter, a trace."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.engine.liars import BOX, box
from tests.engine.support import plan_between
from tests.servers.imap.server import ImapDouble
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service

LOG = """\
2026-11-29T08:00:00.001Z INFO    [engine] the engine begins
2026-11-29T08:00:01.002Z INFO    [account 1 user] state: checking
2026-11-29T08:00:02.003Z WARNING [account 1 user lane 2] the lane does not begin
2026-11-29T08:00:03.004Z ERROR   [account 11 other] state: failed
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with ImapDouble(box(BOX)) as old, ImapDouble(box({})) as new:
        plan = plan_between(tmp_path, old, new)
    with closing(open_service(tmp_path / "data")) as service:
        service.plans.save(load_plan(plan))
        for path, text in (
            (service.store.paths.log_file, LOG),
            (service.store.paths.trace_file(1), "2026-11-29T08:00:00.001Z [old:993 #1] C: T1 NOOP\n"),
        ):
            path.touch(mode=0o600)
            path.write_text(text)
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ([], [0, 1, 2, 3]),
        (["--level", "warning"], [2, 3]),
        (["--account", "user"], [1, 2]),
        (["--account", "user", "--level", "error"], []),
    ],
)
def test_log(data: Path, words: list[str], lines: list[int]) -> None:
    ended = CliRunner().invoke(main, ["log", *words, "--data-dir", str(data)])
    assert ended.exit_code == 0
    assert ended.stdout.splitlines() == [LOG.splitlines()[number] for number in lines]


def test_trace(data: Path) -> None:
    ended = CliRunner().invoke(main, ["log", "--trace", "--account", "user", "--data-dir", str(data)])
    assert ended.stdout == "2026-11-29T08:00:00.001Z C:      [old:993 #1] T1 NOOP\n"
    assert CliRunner().invoke(main, ["log", "--trace", "--data-dir", str(data)]).exit_code == 2
