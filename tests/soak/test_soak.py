"""A hundred seeds, each a test of its own, so that they spread over workers. `make soak` plays as many as one likes."""

from __future__ import annotations

import pytest

from tests.soak.__main__ import play
from tests.soak.generate import generate

SEEDS = range(1, 101)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_comes_twice_without_a_word(seed: int) -> None:
    found = play(generate(seed))
    assert not found, f"python -m tests.soak {seed}\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("seed", [1, 77, 4711])
def test_a_seed_is_always_the_same_scenario(seed: int) -> None:
    assert repr(generate(seed)) == repr(generate(seed))
