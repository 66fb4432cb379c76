"""Sizes, days, moments and blackouts as they are typed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.config.values import (
    read_blackout,
    read_day,
    read_moment,
    read_size,
    spell_blackout,
    spell_moment,
    spell_size,
)
from tui_migrate.model import Blackout


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("", 0),
        ("0", 0),
        ("500 MB", 500_000_000),
        ("2.5GB", 2_500_000_000),
        ("2 m", 2_000_000),
        ("10 kB", 10_000),
        ("123", 123),
        ("123 bytes", 123),
    ],
)
def test_sizes(text: str, octets: int) -> None:
    assert read_size(text) == octets


@given(st.integers(0, 10**15))
def test_a_size_is_spelled_as_it_is_read(octets: int) -> None:
    assert read_size(spell_size(octets)) == octets


@given(
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Brussels", "UTC", "America/New_York"]),
)
def test_a_blackout_is_spelled_as_it_is_read(days: frozenset[int], begins: time, ends: time, zone: str) -> None:
    blackout = Blackout(days, begins, ends, zone)
    assert read_blackout(spell_blackout(blackout)) == blackout


def test_blackouts() -> None:
    work = read_blackout("mon-fri 8:00-18:00 Europe/Brussels")
    assert work == Blackout(frozenset(range(5)), time(8), time(18), "Europe/Brussels")
    assert read_blackout("Sat,Sun 00:00 to 24:00 UTC") == Blackout(frozenset({5, 6}), time(0), time(0), "UTC")
    assert read_blackout("fri-mon 22:00-06:00 UTC").weekdays == frozenset({4, 5, 6, 0})
    assert read_blackout("daily 22:00-06:00").time_zone


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mon-fri", "must be days, hours and a time zone"),
        ("mon-fri 08:00-25:00 UTC", "hours that no clock shows"),
        ("maa-vri 08:00-18:00 UTC", "a day that is none of"),
        ("mon 08:00-18:00 Europe/Gent", "a time zone that is not known"),
        ("mon 08:00-18:00 ../../etc/passwd", "a time zone that is not known"),
    ],
)
def test_a_wrong_blackout_is_told_what_is_right(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_blackout(text)


def test_days_and_moments() -> None:
    assert read_day("2026-12-31") == date(2026, 12, 31)
    assert read_day(" ") is None
    at = read_moment("2026-07-01 22:00 Europe/Brussels")
    assert at == datetime(2026, 7, 1, 20, tzinfo=UTC).timestamp()
    assert read_moment(spell_moment(at)) == at
    assert read_moment("") is None
    for text in ("31/12/2026", "2026-13-01", "2026-01-01 25:00"):
        with pytest.raises(ValueError, match="must be"):
            read_moment(text)
