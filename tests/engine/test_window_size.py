"""Windows grow with what a destination takes, and stay small where it is slow or refuses."""

from __future__ import annotations

import pytest

from tui_migrate.engine.copying.window_size import MESSAGES, MOST_MESSAGES, MOST_OCTETS, OCTETS, WindowSize


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("a_second", "messages"), [(10, MESSAGES), (900, 90), (5_000, 500), (9_999, 999), (50_000, MOST_MESSAGES)]
)
def test_a_window_is_a_tenth_of_a_second_of_what_arrives(a_second: int, messages: int) -> None:
    clock = Clock()
    size = WindowSize(clock)
    clock.now += 1
    size.arrived(a_second, a_second)
    assert (size.messages, size.octets) == (messages, OCTETS)


def test_large_mail_makes_large_windows_within_bounds() -> None:
    clock = Clock()
    size = WindowSize(clock)
    clock.now += 1
    size.arrived(100, 30 << 20)
    assert (size.messages, size.octets) == (MESSAGES, 3 << 20)
    clock.now += 1
    size.arrived(1000, 500 << 20)
    assert (size.messages, size.octets) == (100, MOST_OCTETS)


def test_who_becomes_slow_is_given_less() -> None:
    clock = Clock()
    size = WindowSize(clock)
    for a_second, messages in ((8000, 800), (1000, 100), (10, MESSAGES)):
        clock.now += 1
        size.arrived(a_second, 0)
        assert size.messages == messages


def test_after_a_refusal_windows_are_small_again() -> None:
    clock = Clock()
    size = WindowSize(clock)
    clock.now += 1
    size.arrived(8000, 100 << 20)
    size.refused()
    assert (size.messages, size.octets) == (MESSAGES, OCTETS)
