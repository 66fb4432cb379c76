"""What a pass could not have saved, and what it was waited for most, from what was seen of both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.model import Pace, Wait, Way
from tui_migrate.model.pace import ROUND_TRIPS, Floor, Limit, floor, limit

MB = 1_000_000
NEAR, FAR = Way(50 * MB, 0, 0.0002), Way(50 * MB, 0, 0.05)
NARROW = Way(50 * MB, 0, 0.02, 2.0 * MB)


def test_the_least_is_round_trips_octets_at_their_rate_and_answers() -> None:
    pace = Pace({}, (), NARROW, Way(40 * MB, 10 * MB, 0.05, 4 * MB), lanes=2, answer=0.25)
    assert floor(pace) == pytest.approx(Floor(ROUND_TRIPS * 0.05, 12.5, 0.2))
    assert floor(Pace({}, ())) == Floor(0.0, 0.0, 0.0)


def test_where_each_message_waits_its_round_trips_are_added() -> None:
    """The way is part of an answer's time, and counted once."""
    pace = Pace({}, (), NEAR, FAR, lanes=3, turns=3000, answer=0.06)
    least = floor(pace)
    assert least.round_trips == pytest.approx(ROUND_TRIPS * 0.05 + 1000 * 0.05)
    assert least.answers == pytest.approx(1000 * 0.01)


@pytest.mark.parametrize(
    ("pace", "seconds", "found"),
    [
        (Pace({Wait.HERE: 6.0, Wait.SOURCE: 2.0}, (), NEAR, NEAR), 9, Limit.HERE),
        (Pace({Wait.SOURCE: 24.0, Wait.HERE: 1.0}, (), NARROW, FAR), 26, Limit.SOURCE_LINE),
        (Pace({Wait.DESTINATION: 24.0, Wait.HERE: 1.0}, (), FAR, NARROW), 26, Limit.DESTINATION_LINE),
        (Pace({Wait.SOURCE: 60.0}, (), NARROW, FAR), 70, Limit.SOURCE),
        (Pace({Wait.DESTINATION: 60.0}, (), FAR, FAR), 70, Limit.DESTINATION),
        (Pace({Wait.DESTINATION: 60.0}, (), FAR, FAR, turns=1000), 70, Limit.TURNS),
        (Pace({Wait.THROTTLED: 60.0, Wait.SOURCE: 50.0}, (), NARROW, FAR), 120, Limit.THROTTLE),
        (Pace({Wait.PAUSED: 60.0, Wait.BLACKOUT: 60.0, Wait.SOURCE: 70.0}, (), NARROW, FAR), 200, Limit.REST),
        (Pace({Wait.SOURCE: 4.0, Wait.HERE: 2.0}, (), FAR, FAR), 31, Limit.PREPARING),
        (Pace({Wait.DESTINATION: 0.4}, (), FAR, FAR), 0.6, Limit.NOTHING),
    ],
)
def test_what_most_of_the_time_was_waited_for(pace: Pace, seconds: float, found: Limit) -> None:
    assert limit(pace, seconds) is found


@given(
    st.dictionaries(st.sampled_from(Wait), st.floats(0, 1e6)),
    st.builds(
        Way, st.integers(0, 10**13), st.integers(0, 10**12), st.none() | st.floats(0, 10), st.none() | st.floats(1, 1e9)
    ),
    st.floats(0, 1e6),
    st.integers(1, 20),
    st.integers(0, 10**7),
)
def test_any_figures_have_a_least_and_a_limit(
    spent: dict[Wait, float], way: Way, seconds: float, lanes: int, turns: int
) -> None:
    pace = Pace(spent, (), way, way, lanes, turns, 0.1)
    assert floor(pace).total >= 0
    assert limit(pace, seconds) in Limit
    assert 0 <= way.share <= 1
