"""The engine's log and an account's trace on the screen: followed, filtered, by level."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, press, screen, shows
from tui_migrate.service.follow import TAIL_OCTETS
from tui_migrate.ui.screens.log import KEPT, LogFilter, LogScreen, parse
from tui_migrate.ui.widgets.table import Table

DAY = "2026-11-29T"
LOG = """\
08:00:00.001Z INFO    [engine] the engine begins: tui-migrate 0.1.0, Python 3.11.7, process 4711
08:00:01.002Z INFO    [account 2 bob@old.example] state: checking; pass 1 of Head office
08:00:02.003Z INFO    [account 2 bob@old.example] old.example:993: logged in as bob@old.example; it offers IDLE UIDPLUS
08:00:03.004Z WARNING [account 2 bob@old.example lane 2] the lane does not begin: too many connections: no more
08:00:04.005Z ERROR   [account 3 carol@old.example] state: failed; login refused: the server says no
"""
TRACE = """\
08:00:01.000Z -- the trace begins
08:00:01.100Z [old.example:993 #1] S: * OK ready
08:00:01.200Z [old.example:993 #1] C: T1 LOGIN {23 octets}
08:00:01.300Z [old.example:993 #1] S: T1 OK welcome
"""

pytestmark = pytest.mark.usefixtures("engine")


def write(service: office.OfficeService, text: str, *, trace: int | None = None) -> None:
    path = service.store.paths.trace_file(trace) if trace else service.store.paths.log_file
    path.touch(mode=0o600)
    with path.open("a") as file:
        file.write("".join(f"{DAY}{line}\n" for line in text.splitlines()))


async def test_log(service: office.OfficeService) -> None:
    write(service, LOG)
    async with dashboard(service, "L", "up") as pilot:
        await compare_at_both_sizes(pilot, "log")


async def test_trace(service: office.OfficeService) -> None:
    write(service, LOG)
    write(service, TRACE, trace=2)
    async with dashboard(service, "enter", "j", "enter", "T", "L") as pilot:
        assert service.accounts.get(2).traced
        await compare_at_both_sizes(pilot, "trace")
        await press(pilot, "tab")
        assert "bob@old.example › Log" in screen(pilot)
        assert "carol" not in screen(pilot)
        await press(pilot, "T")
        assert "not traced: T begins" in screen(pilot)
        assert not service.accounts.get(2).traced


async def test_an_account_that_is_traced_says_so(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "j", "enter") as pilot:
        assert "traced" not in screen(pilot)
        await press(pilot, "T")
        await shows(pilot, "traced; L shows it")


async def test_what_comes_is_followed_unless_one_reads(service: office.OfficeService) -> None:
    write(service, "".join(f"08:00:00.000Z INFO    [engine] line {number}\n" for number in range(100)))
    async with dashboard(service, "L") as pilot:
        assert "line 99" in screen(pilot)
        write(service, "08:00:00.000Z INFO    [engine] one more\n")
        await shows(pilot, "▸ 08:00:00 INFO    engine           one more")
        await press(pilot, "g")
        write(service, "08:00:00.000Z INFO    [engine] and another\n")
        await shows(pilot, "102 lines")
        assert "engine  line 0" in screen(pilot)


async def test_filter(service: office.OfficeService) -> None:
    write(service, LOG)
    async with dashboard(service, "L", "slash", *"level:warn", "enter") as pilot:
        assert "2 lines" in screen(pilot)
        assert "the lane does not begin" in screen(pilot)
        assert "the engine begins" not in screen(pilot)
        await press(pilot, "slash", "space", *"CAROL", "enter")
        assert "1 line" in screen(pilot)
        await press(pilot, "escape")
        assert "5 lines" in screen(pilot)


async def test_a_new_file_is_gone_on_with_and_only_so_much_is_kept(service: office.OfficeService) -> None:
    write(service, "".join(f"08:00:00.000Z INFO    [engine] line {number}\n" for number in range(KEPT + 100)))
    async with dashboard(service, "L") as pilot:
        assert f"{KEPT:,} lines" in screen(pilot)
        service.store.paths.log_file.rename(service.store.paths.log_dir / "engine.log.1")
        write(service, "08:00:00.000Z INFO    [engine] in a new file\n")
        await shows(pilot, "in a new file")


async def test_without_news_nothing_is_painted(service: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    write(service, LOG)
    async with dashboard(service, "L") as pilot:
        shown = pilot.app.screen
        assert isinstance(shown, LogScreen)
        monkeypatch.setattr(Table, "show", lambda *given: pytest.fail("nothing is new"))
        shown.refresh_now()
        await press(pilot)
        assert "5 lines" in screen(pilot)


def test_what_comes_faster_than_it_is_read_is_said_to_be_passed_over(service: office.OfficeService) -> None:
    followed = service.logs.log()
    write(service, LOG)
    assert len(followed.news()) == 5
    write(service, "08:00:00.000Z INFO    [engine] x\n" * (TAIL_OCTETS // 30))
    first, second, *_ = followed.news()
    assert "octets are passed over" in first.text
    assert second.text == "x"
    assert followed.news() == []


def test_parse() -> None:
    assert parse("a level:err b") == LogFilter("error", "a b")
    assert parse("level:") == parse("level:nonsense") == parse("") == LogFilter()


async def test_a_bundle_of_the_account(
    service: office.OfficeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with dashboard(service, "enter", "j", "enter", "B") as pilot:
        assert "Pack what is known about bob@old.example" in screen(pilot)
        await press(pilot, "enter")
        await shows(pilot, "Bundle written to")
    (file,) = tmp_path.glob("tui-migrate-bundle-*.zip")
    with ZipFile(file) as bundle:
        assert "ACCOUNT 2: bob@old.example" in bundle.read("SUMMARY.txt").decode()
