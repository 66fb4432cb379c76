"""Speed and time as lines: every bar in its place, every number with what it is of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.office import MB, NOW
from tests.ui.test_format import COPYING
from tui_migrate.model import Pace, Stretch, Wait
from tui_migrate.ui.format import took
from tui_migrate.ui.pace import bars, speed_line, time_line


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
    shown, about = speed_line(pace, 30, NOW, active=True)
    assert shown.text == "█" * 30, "what is out of the window sets no scale"
    assert about.text == " 5 min, peak 2.0 MB/s"
    assert speed_line(pace, 30, NOW + 3600, active=False)[1].text == " 5 min until 14:02, peak 2.0 MB/s"
    assert speed_line(Pace({}, ()), 30, NOW, active=True)[0].text == "No throughput measured yet."


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
    ("seconds", "shown"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h00m"), (35_999, "9h59m"), (36_000, "10h"),
     (259_199, "71h"), (259_200, "3d")],
)  # fmt: skip
def test_time_that_has_passed(seconds: float, shown: str) -> None:
    assert took(seconds) == shown
