"""Speed and time as lines: every bar in its place, every number with what it is of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.office import MB, NOW
from tests.ui.values import COPYING
from tui_migrate.model import AccountState, Pace, Stretch, Wait, Way
from tui_migrate.ui.format import took
from tui_migrate.ui.pace import bars, least_line, parts, speed_line, time_line


def history(*octets: float | None) -> tuple[Stretch, ...]:
    """One stretch after the other, the last ends now; None: not at work."""
    ages = range(len(octets) - 1, -1, -1)
    return tuple(Stretch(NOW - 10 * age, 1.0, each) for age, each in zip(ages, octets, strict=True) if each is not None)


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        ((), ""),
        ((7.0,), "    █"),
        ((0.0, 3.5, 7.0), "  ▁▅█"),
        ((7.0, None, None, 7.0), " █  █"),
        ((9.0, 1.0, 1.0, 1.0, 1.0, 2.0), "▂▂▂▂▃"),
        ((0.0, 0.0), "   ▁▁"),
        ((0.001, 1000.0), "   ▂█"),
    ],
)
def test_a_bar_for_each_ten_seconds(octets: tuple[float | None, ...], shown: str) -> None:
    assert bars(history(*octets), 5) == shown


def test_the_bars_say_their_window_and_their_peak() -> None:
    pace = Pace({}, history(9 * MB, *[2 * MB] * 30))
    copying, done = replace(COPYING, rate_bytes=MB), replace(COPYING, state=AccountState.DONE, rate_bytes=0.0)
    shown, about = speed_line(copying, pace, 30, NOW)
    assert shown.text == "█" * 30, "what is out of the window sets no scale"
    assert about.text == " 5 min, peak 2.0 MB/s (10 s)"
    assert speed_line(done, pace, 30, NOW + 3600)[1].text == " 5 min until 14:02, peak 2.0 MB/s (10 s)"
    assert speed_line(copying, Pace({}, ()), 30, NOW)[0].text == "No throughput measured yet."
    assert speed_line(done, Pace({}, history(0.0, 0.0)), 30, NOW)[0].text == "No throughput was measured."


def test_no_peak_is_lower_than_the_rate_of_now() -> None:
    """The ten seconds of now end now; those of the bars end when they end."""
    fast = replace(COPYING, rate_bytes=6 * MB)
    assert speed_line(fast, Pace({}, history(2 * MB)), 30, NOW)[1].text == " 5 min, peak 6.0 MB/s (10 s)"


def test_the_time_adds_up() -> None:
    pace = Pace({Wait.SOURCE: 600.0, Wait.DESTINATION: 2400.0, Wait.THROTTLED: 0.9}, ())
    account = replace(COPYING, started_at=NOW - 4000, finished_at=None)
    assert [cell.text for cell in time_line(account, pace, NOW, wide=True)] == [
        "1h06m in this pass",
        "destination 40m 60%",
        "source 10m 15%",
        "other 16m 25%",
    ]
    ended = replace(account, finished_at=NOW - 1000)
    assert time_line(ended, pace, NOW, wide=True) == time_line(ended, pace, NOW + 3600, wide=True)
    assert time_line(replace(account, started_at=None), pace, NOW, wide=True) == []
    assert [cell.text for cell in time_line(account, Pace({}, ()), NOW, wide=True)] == ["1h06m in this pass"]
    assert [cell.text for cell in time_line(account, pace, NOW, wide=False)] == [
        "1h06m",
        "destination 60%",
        "source 15%",
        "other 25%",
    ]


@pytest.mark.parametrize(
    ("total", "spent", "told"),
    [
        (3600, (1900, 640, 300, 120), ["32m 53%", "11m 18%", "5m 8%", "2m 3%", "10m 18%"]),
        (3600, (1200, 1200, 1199), ["20m 34%", "20m 33%", "20m 33%", "0m <1%"]),
        (100, (90, 60), ["1m 60%", "0m 40%", "0m <1%"]),
        (50, (20, 2), ["20s 40%", "2s 4%", "28s 56%"]),
        (90_000, (40_000, 20_000), ["11h 45%", "6h 22%", "8h 33%"]),
    ],
)
def test_shares_make_up_the_whole_as_they_are_written(total: int, spent: tuple[int, ...], told: list[str]) -> None:
    waits = (Wait.DESTINATION, Wait.SOURCE, Wait.THROTTLED, Wait.PAUSED)
    pace = Pace(dict(zip(waits, map(float, spent), strict=False)), ())
    account = replace(COPYING, started_at=NOW - total, finished_at=NOW)
    _, *cells = [cell.text for cell in time_line(account, pace, NOW, wide=True)]
    assert [cell.partition(" ")[2] for cell in cells] == told


@given(st.lists(st.floats(0, 1e6), max_size=6), st.integers(0, 1000))
def test_parts_make_up_the_whole(amounts: list[float], whole: int) -> None:
    found = parts(amounts, whole)
    assert sum(found) == (whole if sum(amounts) else 0)
    assert all(each >= 0 for each in found)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h00m"), (35_999, "9h59m"), (36_000, "10h"),
     (259_199, "71h"), (259_200, "3d")],
)  # fmt: skip
def test_time_that_has_passed(seconds: float, shown: str) -> None:
    assert took(seconds) == shown


LINE = Way(int(50 * MB), int(20 * MB), 0.02, 2 * MB)


@pytest.mark.parametrize(
    ("pace", "wide", "shown"),
    [
        (
            Pace({Wait.SOURCE: 28.0}, (), LINE, Way(0, 0, 0.02)),
            True,
            "At least 25s, source compressed to 71%: 10 round trips of 20 ms, 50 MB on the line. "
            "The line from the source is the limit, 2.0 MB/s on a connection.",
        ),
        (
            Pace({Wait.DESTINATION: 28.0}, (), Way(), replace(LINE, spared=0)),
            False,
            "At least 25s. The line to the destination is the limit, 2.0 MB/s on a connection; compressing may help.",
        ),
        (
            Pace({Wait.HERE: 28.0}, (), Way(), Way()),
            True,
            "At least a second. This machine is the limit: give it a faster processor or disk, or run fewer accounts "
            "at once.",
        ),
        (
            Pace({Wait.DESTINATION: 28.0}, (), LINE, LINE),
            False,
            "At least 25s, source compressed to 71%, destination compressed to 71%. The line to the destination is the "
            "limit, 2.0 MB/s on a connection.",
        ),
        (Pace({}, ()), True, ""),
    ],
)
def test_the_least_and_what_to_do_about_the_rest(pace: Pace, wide: bool, shown: str) -> None:
    account = replace(COPYING, started_at=NOW - 30, finished_at=None)
    assert least_line(account, pace, NOW, wide=wide) == shown
    assert least_line(replace(account, started_at=NOW - 2), pace, NOW, wide=wide) == "", "of two seconds"
