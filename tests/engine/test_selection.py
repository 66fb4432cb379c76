"""Which messages are chosen. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.choosing.selection import KEPT_LARGE, Sieve, left_out, signature
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import LeftOut, Selection

SINCE, BEFORE = date(2020, 1, 31), date(2024, 3, 1)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("2020-01-30T23:59:59", LeftOut.TOO_OLD),
        ("2020-01-31T00:00:00", None),
        ("2024-02-29T23:59:59", None),
        ("2024-03-01T00:00:00", LeftOut.TOO_NEW),
        ("1969-12-31T23:59:59", LeftOut.TOO_OLD),
    ],
)
def test_days_are_those_of_utc(moment: str, reason: LeftOut | None) -> None:
    assert left_out(Selection(since=SINCE, before=BEFORE), at(moment), 10) is reason


def test_sizes_up_to_the_limit_are_copied() -> None:
    selection = Selection(max_size=100)
    assert [left_out(selection, 1, size) for size in (100, 101)] == [None, LeftOut.TOO_LARGE]


def test_a_date_that_is_not_known_excludes_nothing_until_it_is_read() -> None:
    sieve = Sieve(Selection(since=SINCE))
    listed = Listed(1, frozenset(), b"", None, 10)
    assert not sieve.holds_back(listed)
    assert sieve.holds_back_read(listed, at("2019-01-01T00:00:00"))
    assert not sieve.holds_back_read(listed, at("2021-01-01T00:00:00"))
    assert sieve.result() == ({LeftOut.TOO_OLD: (1, 10)}, [])


@given(
    st.builds(
        Selection,
        since=st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)),
        before=st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)),
        max_size=st.integers(0, 1000),
    ),
    st.integers(-(1 << 31), 1 << 31),
    st.integers(0, 2000),
)
def test_against_the_calendar(selection: Selection, instant: int, size: int) -> None:
    day = datetime.fromtimestamp(instant, UTC).date()
    wanted = (
        (selection.since is None or day >= selection.since)
        and (selection.before is None or day < selection.before)
        and (not selection.max_size or size <= selection.max_size)
    )
    assert (left_out(selection, instant, size) is None) == wanted


def test_the_order_alone_makes_no_other_selection() -> None:
    assert signature(Selection()) == signature(Selection(newest_first=True)) == ""
    assert len({signature(s) for s in (Selection(max_size=1), Selection(since=SINCE), Selection(before=SINCE))}) == 3


def test_of_the_too_large_the_largest_are_kept_one_by_one() -> None:
    sieve = Sieve(Selection(max_size=10))
    for uid in range(1, KEPT_LARGE + 101):
        assert sieve.holds_back(Listed(uid, frozenset(), b"", 1, 10 + uid))
    counts, large = sieve.result()
    assert counts[LeftOut.TOO_LARGE][0] == KEPT_LARGE + 100
    assert large == [(10 + uid, uid, 1) for uid in range(KEPT_LARGE + 100, 100, -1)]
