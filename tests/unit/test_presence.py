"""What a command says of an account is what is so now: what waits for you does not wait for its turn, and what a dead
engine left behind is not being copied."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ui import office
from tests.ui.office import MB, OfficeService
from tui_migrate.cli import reports
from tui_migrate.model import AccountState, Counts, Wanted

USERS = [f"{name}@old.example" for name in ("amy", "ben", "cas", "dot")]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OfficeService]:
    with closing(office.open_service(tmp_path / "data")) as service:
        yield service


def add(service: OfficeService, wanted: Wanted) -> list[int]:
    return office.add_migration(service, "T", USERS, ("old", "new"), wanted)


def said(service: OfficeService) -> dict[str, str]:
    """States by user, as JSON has them; the text says the same."""
    (migration,) = json.loads(json.dumps(reports.status(service)))
    text = "\n".join(reports.status_lines(service))
    states = {}
    for each in migration["accounts"]:
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {each['source_user']}")]
        assert f"  {each['state']}" in line
        states[each["source_user"].partition("@")[0]] = each["state"]
    return states


def test_the_others_of_one_that_is_started_alone_are_not_started(service: OfficeService) -> None:
    amy, *others = add(service, Wanted.IDLE)
    assert {*said(service).values()} == {"not started"}
    service.accounts.start([amy])
    assert said(service) == {"amy": "waiting", "ben": "not started", "cas": "not started", "dot": "not started"}
    assert service.migrations.get(1).accounts_by_state == {AccountState.WAITING: 1, AccountState.NOT_STARTED: 3}
    service.accounts.start(others)
    assert {*said(service).values()} == {"waiting"}
    service.migrations.start(1, with_engine=False)
    assert service.migrations.get(1).accounts_by_state == {AccountState.WAITING: 4}


def test_one_that_had_begun_when_others_were_started_alone_is_paused(service: OfficeService) -> None:
    amy, ben, *_ = add(service, Wanted.PAUSE)
    office.set_account(service, ben, AccountState.WAITING, Counts(100, 40), (MB, MB))
    service.accounts.start([amy])
    assert said(service) == {"amy": "waiting", "ben": "paused", "cas": "not started", "dot": "not started"}


def test_what_a_dead_engine_left_is_interrupted(service: OfficeService, tmp_path: Path) -> None:
    amy, ben, cas, dot = add(service, Wanted.RUN)
    for each, state in ((amy, AccountState.COPYING), (ben, AccountState.CHECKING), (cas, AccountState.DONE)):
        office.set_account(service, each, state, Counts(100, 40), (MB, MB), rates=(9.0, 9.0))
    office.set_account(service, dot, AccountState.BLACKOUT, Counts(), (0, 0), why=("until 06:00 CET", ""))
    with office.engine_at_work(service, rates=(9.0, 9.0)):
        assert said(service) == {"amy": "copying", "ben": "checking", "cas": "done", "dot": "blackout"}
    assert said(service) == {"amy": "interrupted", "ben": "interrupted", "cas": "done", "dot": "waiting"}
    assert "  interrupted: no engine runs" in "\n".join(reports.status_lines(service))
    (migration,) = reports.status(service)
    assert isinstance(migration["accounts"], list)
    assert [each["rate_bytes"] for each in migration["accounts"][:2]] == [0.0, 0.0]
    service.reports.write([1], tmp_path / "out")
    page = (tmp_path / "out" / "1-T.html").read_text("utf-8")
    assert "1 waiting, 1 done, 2 interrupted" in page


def test_without_an_engine_what_is_paused_is_paused(service: OfficeService) -> None:
    for each in add(service, Wanted.PAUSE):
        office.set_account(service, each, AccountState.COPYING, Counts(100, 40), (MB, MB))
    assert Counter(said(service).values()) == {"paused": 4}
