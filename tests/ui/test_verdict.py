"""The result of a migration: numbers that add up, and each cause once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.ui.office import MB, NOW
from tests.ui.values import COPYING, failure, overview
from tui_migrate.model import Account, AccountState, Counts, Moved
from tui_migrate.model.causes import causes
from tui_migrate.ui.verdict import LINES, is_over, short_verdict, sum_line, verdict

DONE = replace(
    COPYING, state=AccountState.DONE, detail="", started_at=NOW - 4000, finished_at=NOW - 400, counts=Counts(10, 10)
)
SUMS = Counts(3700, 3600, there=30, excluded=40, failed=10, brought=20)
ALL_DONE = replace(
    overview({AccountState.DONE: 2}), counts=SUMS, bytes_copied=360 * MB, moved=Moved(3620, 362 * MB), passes=2
)


def lines(accounts: list[Account], *words: str) -> list[str]:
    found = causes(failure(number, each) for number, each in enumerate(words, 1))
    return ["".join(cell.text for cell in line) for line in verdict(ALL_DONE, accounts, found, 120)]


@pytest.mark.parametrize(
    ("states", "over"),
    [
        ({}, False),
        ({AccountState.DONE: 2, AccountState.FAILED: 1}, True),
        ({AccountState.DONE: 2, AccountState.PAUSED: 1}, False),
        ({AccountState.COPYING: 1}, False),
    ],
)
def test_it_is_over_when_every_account_has_ended(states: Mapping[AccountState, int], over: bool) -> None:
    assert is_over(overview(states)) is over


def test_all_went_well() -> None:
    later = replace(DONE, started_at=NOW - 3000, finished_at=NOW - 400)
    assert lines([DONE, later]) == [
        "3,700 listed = 3,600 copied + 20 brought earlier + 30 already there + 40 excluded + 10 failed",
        "3,620 messages, 362 MB moved in all passes · last passes took 1h00m, first start to last end: 100 kB/s, "
        "1.0 messages/s",
        "✔ Nothing needs attention.",
    ]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (93, "3,700 listed = 3,600 copied + 20 brought earlier + 30 already there + 40 excluded + 10 failed"),
        (78, "3,700 listed = 3,600 copied + 20 earlier + 30 there + 40 excluded + 10 failed"),
    ],
)
def test_the_sum_is_not_cut_where_there_is_less_room(width: int, shown: str) -> None:
    assert "".join(cell.text for cell in sum_line(SUMS, width)) == shown


def test_what_never_began_has_no_time() -> None:
    assert lines([replace(DONE, started_at=None, finished_at=None)])[1] == "3,620 messages, 362 MB moved in all passes"


def test_each_cause_is_named_once_with_the_key_that_leads_there() -> None:
    assert lines([DONE], "NO size 1", "NO size 2", "NO never")[2:] == [
        "Needs attention · f opens the failures",
        "✖ 2 × message refused in 1 account · NO size 2",
        "✖ 1 × message refused in 1 account · NO never",
    ]


@pytest.mark.parametrize(
    ("detail", "words", "begins"),
    [
        ("", ["NO size 1", "NO never"], "✖ f: 2 failures, 2 causes"),
        ("flag not kept: $Label1 on 3.", [], "▲ 1 remark"),
        ("", [], "✔ all well"),
    ],
)
def test_in_one_line_what_needs_attention_comes_before_the_sum(detail: str, words: list[str], begins: str) -> None:
    found = causes(failure(number, each) for number, each in enumerate(words, 1))
    line = short_verdict(ALL_DONE, [replace(DONE, detail=detail)], found, 120)
    assert "".join(cell.text for cell in line).startswith(f"{begins} · 3,700 listed = 3,600 copied")


def test_however_much_went_wrong_it_stays_short() -> None:
    remarked = replace(DONE, detail="flag not kept: $Label1 on 3.")
    shown = lines([remarked], *(f"NO {word}" for word in "abcdefg"))
    assert len(shown) == LINES
    assert shown[-2:] == [
        "  … and 3 more causes",
        "▲ 1 account · flag not kept: $Label1 on 3.",
    ]
