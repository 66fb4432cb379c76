"""How long accounts will take: a figure where passes say enough for one, and what it stands on."""

from __future__ import annotations

import pytest

from tui_migrate.engine.audit.estimate import Speed, seconds, speed
from tui_migrate.model import Load


def load(messages: int, octets: int) -> Load:
    return Load(messages, octets, messages, octets)


def test_many_small_passes_measure_nothing() -> None:
    """A delta pass of two messages takes as long as looking around: a thousand of them are no speed."""
    assert speed([(2, 8000, 5.0)] * 1000) == Speed()
    assert seconds(load(85, 340_000), Speed()) == (
        None,
        "no pass between these servers has copied enough yet",
    )


def test_large_passes_are_a_measure_and_the_figure_says_what_it_stands_on() -> None:
    measured = speed([(1000, 4_000_000, 10.0), (2, 8000, 30.0), (1000, 4_000_000, 10.0), (500, 1000, 0.0)])
    found, basis = seconds(load(85, 340_000), measured)
    assert found == pytest.approx(0.85)
    assert basis == "2 passes with 2,000 messages of 4.0 kB"
    assert seconds(load(0, 0), measured) == (0.0, "")
    (few_and_large,) = [speed([(5, 60_000_000, 6.0)])]
    assert few_and_large.words == "1 pass with 5 messages of 12 MB"


def test_messages_of_another_size_are_not_reckoned_with_it() -> None:
    """345 messages of 2 kB in 8 s are no 86 kB/s: 85 messages of 1.5 MB would take 25 minutes by that."""
    measured = speed([(345, 690_000, 8.0)])
    assert seconds(load(85, 85 * 1_500_000), measured) == (
        None,
        "measured: 1 pass with 345 messages of 2.0 kB; these are of 1.5 MB",
    )
    assert seconds(load(85, 85 * 7_000), measured)[0] == pytest.approx(85 * 7_000 / (690_000 / 8))
    assert seconds(load(85, 85 * 100), measured)[0] is None
