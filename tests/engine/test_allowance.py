"""How much of an account may move in a day. The clock is given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.values import migration_of, server_of
from tui_migrate.engine.copying.allowance import DAY, HOUR, Allowance, Limits, day_limits, free_at, used
from tui_migrate.errors import DayUsedUp
from tui_migrate.mail.protocols import Listed
from tui_migrate.model.day_use import HourUse

NOON = 1_800_000_000 // HOUR * HOUR + 0.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def messages(*sizes: int) -> list[Listed]:
    return [Listed(uid, frozenset(), b"", None, size) for uid, size in enumerate(sizes, 1)]


def allowance(limits: Limits, *use: HourUse) -> tuple[Allowance, Clock]:
    clock = Clock()
    made = Allowance(use, clock)
    made.adopt(limits)
    made.begin()
    return made, clock


def test_both_servers_may_have_a_limit() -> None:
    migration = migration_of(server_of("old")(bytes_per_day=5), server_of("new")(bytes_per_day=7))
    assert day_limits(migration) == Limits(5, 7)


def test_no_more_is_granted_than_one_message_beyond_the_limit() -> None:
    mine, _ = allowance(Limits(read=1000))
    wanted = messages(*[300] * 10)
    assert mine.grant(wanted) == wanted[:4]
    assert mine.grant(wanted[4:]) == []


def test_the_stricter_side_counts() -> None:
    mine, _ = allowance(Limits(read=10_000, written=500))
    assert len(mine.grant(messages(*[300] * 10))) == 2


def test_without_a_limit_all_is_granted() -> None:
    mine, _ = allowance(Limits())
    wanted = messages(*[1 << 40] * 3)
    assert mine.grant(wanted) is wanted
    assert mine.spent() is None


def test_a_long_listing_uses_octets_too_but_the_first_message_is_always_granted() -> None:
    mine, _ = allowance(Limits(read=1000))
    mine.read(5000)
    assert mine.grant(messages(300, 300)) == messages(300)


def test_what_is_used_up_is_free_again_a_day_later() -> None:
    mine, clock = allowance(Limits(read=1000))
    mine.read(1000)
    error = mine.spent()
    assert isinstance(error, DayUsedUp)
    assert error.seconds == DAY + HOUR
    assert "1.0 kB a day have been moved at the source" in error.sentence
    clock.now += DAY + HOUR - 1
    assert mine.spent() is not None
    clock.now += 1
    assert mine.spent() is None
    assert len(mine.grant(messages(900, 900, 900))) == 2


def test_a_higher_limit_frees_at_once() -> None:
    mine, _ = allowance(Limits(written=1000))
    mine.written(1000)
    assert mine.spent() is not None
    mine.adopt(Limits(written=2000))
    assert mine.spent() is None


def test_what_an_engine_before_has_used_counts() -> None:
    hour = int(NOON) // HOUR
    mine, _ = allowance(Limits(read=1000), HourUse(hour - 3, 700, 0), HourUse(hour - 1, 400, 0))
    error = mine.spent()
    assert error is not None
    assert error.seconds == DAY - 2 * HOUR  # without the older hour it is below the limit


def test_what_has_not_been_saved_is_given_out_once() -> None:
    mine, clock = allowance(Limits())
    mine.read(5)
    mine.written(7)
    clock.now += HOUR
    mine.read(1)
    hour = int(NOON) // HOUR
    assert mine.take_unsaved() == [HourUse(hour, 5, 7), HourUse(hour + 1, 1, 0)]
    assert mine.take_unsaved() == []


USES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1000)), max_size=20)


@given(use=USES, limit=st.integers(1, 3000), now=st.floats(0, 100 * HOUR))
def test_it_is_free_at_the_first_moment_at_which_less_than_the_limit_counts(
    use: list[tuple[int, int]], limit: int, now: float
) -> None:
    when = free_at(use, limit, now)
    assert used(use, when) < limit
    assert when == now or used(use, when - 1) >= limit


@given(use=USES, now=st.floats(0, 100 * HOUR))
def test_what_was_used_in_the_last_24_hours_always_counts(use: list[tuple[int, int]], now: float) -> None:
    recent = sum(octets for hour, octets in use if (hour + 1) * HOUR > now - DAY)
    assert used(use, now) >= recent
