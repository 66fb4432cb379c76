"""What servers keep back, contradict themselves in or do not tell, as the dashboard says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.engine.liars import FIVE, box, imap, item
from tests.engine.support import plain, write_plan
from tests.servers.faults.replies import ChangeReply, HideFromList, ShortFetch
from tests.servers.imap.server import MODERN, ImapDouble
from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, press, screen, shows
from tui_migrate.config.plan import load_plan
from tui_migrate.service import checks

ODD = [item(6, date="yesterday"), item(7, date="01-Jan-1970 00:00:00 +0000")]
FAULTS = (
    HideFromList({"Work"}, to=r'(LIST|LSUB) "" "\*"'),
    ShortFetch(uids={3}, items="RFC822.SIZE"),
    ChangeReply(rb"(\* 4 FETCH .*RFC822\.SIZE )(\d+)(\)\r\n)", rb"\1\2\3\g<1>1\3", to="UID FETCH"),
)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[office.OfficeService]:
    """An account whose source keeps back and contradicts itself, and whose destination rewrites."""
    monkeypatch.setattr(checks, "time", SimpleNamespace(time=lambda: office.NOW))
    theirs = [replace(each, octets=b"X-Scanned: yes\r\n" + each.octets) for each in FIVE[1:]]
    there = box({"INBOX": [*theirs, item(6), item(7)], "Theirs": []})
    there.quota = 100
    source = imap({"INBOX": [*FIVE, *ODD], "Work": [item(11)]}, *FAULTS)
    with source, ImapDouble(there, capabilities=f"{MODERN} APPENDLIMIT=4000") as destination:
        made = office.open_service(tmp_path / "data")
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), ["user"], title="Office")
        made.plans.save(load_plan(plan))
        yield made
        made.close()


async def test_a_comparison(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "V") as pilot:
        await shows(pilot, "not the same")
        await compare_at_both_sizes(pilot, "verify-liars")
        await press(pilot, "enter")
        await compare_at_both_sizes(pilot, "verify-liars-folder")
        await press(pilot, "escape", "G")
        assert "▲ Theirs" in screen(pilot)


async def test_a_check(service: office.OfficeService) -> None:
    async with dashboard(service, "c") as pilot:
        await shows(pilot, "1 with warnings")
        await press(pilot, "enter")
        await compare_at_both_sizes(pilot, "check-liars")
