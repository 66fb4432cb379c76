"""Blackouts by the clock on the wall, against a model that looks at that clock minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_migrate.config.values import read_blackout
from tui_migrate.engine.turns.hours import Rest, rest, spell
from tui_migrate.model import Blackout

ZONES = ("Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
"""In Brussels."""
LEAPS = (
    SPRING,
    AUTUMN,
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2011, 12, 30, tzinfo=UTC),  # a day that there was not in Samoa
)
MINUTE = 60
WINDOW = 5 * 24 * 60
"""Minutes to either side that the model looks at: longer than any single blackout."""

clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
blackouts = st.builds(Blackout, st.frozensets(st.integers(0, 6), min_size=1), clocks, clocks, st.sampled_from(ZONES))
instants = st.builds(
    lambda leap, minutes: leap.timestamp() + minutes * MINUTE, st.sampled_from(LEAPS), st.integers(-2000, 4000)
)


def model(blackout: Blackout, at: float) -> set[int]:
    """The minutes around `at` that belong to this blackout, as somebody sees it who watches the clock all the time."""
    zone = ZoneInfo(blackout.time_zone)
    start = int(at) - WINDOW * MINUTE
    shown = [datetime.fromtimestamp(start + n * MINUTE, zone).replace(tzinfo=None) for n in range(2 * WINDOW)]
    day, found = shown[0].date() - timedelta(2), set[int]()
    while day <= shown[-1].date():
        if day.weekday() in blackout.weekdays:
            begins = datetime.combine(day, blackout.begins)
            ends = datetime.combine(day + timedelta(blackout.ends <= blackout.begins), blackout.ends)
            on = [number for number, clock in enumerate(shown) if clock >= begins]
            off = [number for number, clock in enumerate(shown) if clock < ends]
            if on and off:
                found |= set(range(on[0], off[-1] + 1))
        day += timedelta(1)
    return found


@given(blackouts, instants)
@example(read_blackout("daily 02:30-03:30 Europe/Brussels"), SPRING.timestamp() + 3600)
@example(read_blackout("sun 02:10-02:40 Europe/Brussels"), SPRING.timestamp() + 3600)
@example(read_blackout("sun 01:00-02:30 Europe/Brussels"), AUTUMN.timestamp() + 3 * 1800)
@example(read_blackout("daily 00:00-24:00 Pacific/Apia"), datetime(2011, 12, 30, 10, tzinfo=UTC).timestamp())
def test_it_is_as_the_clock_on_the_wall_says(blackout: Blackout, at: float) -> None:
    minutes, now = model(blackout, at), WINDOW
    found = rest([blackout], at)
    assert (found is not None) == (now in minutes)
    if found is not None:
        end = next((number for number in range(now, 2 * WINDOW) if number not in minutes), None)
        assert found.time_zone == blackout.time_zone
        assert end is None or found.until == at + (end - now) * MINUTE


@given(st.lists(blackouts, max_size=4), instants)
def test_what_overlaps_or_adjoins_is_one(several: list[Blackout], at: float) -> None:
    found = rest(several, at)
    assert (found is not None) == any(rest([each], at) for each in several)
    if found is not None:
        assert found.until > at
        assert found.until == inf or rest(several, found.until) is None
        if found.until < at + 86400:
            assert all(rest(several, at + n) for n in range(0, int(found.until - at), 3600))


@pytest.mark.parametrize(
    ("texts", "at", "until"),
    [
        (["mon-fri 22:00-06:00 Europe/Brussels"], "2026-11-24 23:30", "2026-11-25 06:00"),
        (["mon-fri 22:00-06:00 Europe/Brussels"], "2026-11-28 05:59", "2026-11-28 06:00"),  # Friday's goes on
        (["mon-fri 22:00-06:00 Europe/Brussels"], "2026-11-28 23:00", None),
        (["mon-fri 22:00-06:00 Europe/Brussels"], "2026-11-25 06:00", None),
        (["sun 12:00-12:00 Europe/Brussels"], "2026-11-30 11:59", "2026-11-30 12:00"),
        (["mon 00:00-24:00 Europe/Brussels"], "2026-11-23 13:00", "2026-11-24 00:00"),
        (
            ["mon 08:00-12:00 Europe/Brussels", "mon 12:00-14:00 Europe/Brussels"],
            "2026-11-23 09:00",
            "2026-11-23 14:00",
        ),
        (["mon 08:00-12:00 Europe/Brussels", "mon 10:00-12:00 UTC"], "2026-11-23 09:00", "2026-11-23 13:00"),
        ([], "2026-11-23 09:00", None),
    ],
)
def test_until_when(texts: list[str], at: str, until: str | None) -> None:
    zone = ZoneInfo("Europe/Brussels")
    found = rest(map(read_blackout, texts), datetime.fromisoformat(at).replace(tzinfo=zone).timestamp())
    assert (found and datetime.fromtimestamp(found.until, zone).strftime("%Y-%m-%d %H:%M")) == until


def test_a_server_without_a_free_hour_rests_for_good() -> None:
    always = [read_blackout("daily 00:00-12:00 UTC"), read_blackout("daily 12:00-24:00 UTC")]
    assert rest(always, SPRING.timestamp()) == Rest(inf, "UTC")


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        ("2026-11-24 06:00", "Europe/Brussels", "06:00 CET"),
        ("2026-11-25 06:00", "Europe/Brussels", "Wed 06:00 CET"),
        ("2026-11-30 06:00", "Europe/Brussels", "Mon 06:00 CET"),
        ("2026-12-24 22:00", "Europe/Brussels", "2026-12-24 22:00 CET"),
        ("2027-07-01 06:00", "Europe/Brussels", "2027-07-01 06:00 CEST"),
        ("2026-11-24 20:00", "Asia/Tashkent", "20:00 UTC+05"),
    ],
)
def test_it_is_spelled_by_the_blackout_s_own_clock(at: str, zone: str, words: str) -> None:
    now = datetime(2026, 11, 24, 5, 0, tzinfo=ZoneInfo(zone)).timestamp()
    assert spell(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).timestamp(), zone, now) == words
