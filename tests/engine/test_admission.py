"""Connection limits are never exceeded, and nobody waits who need not."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.turns.admission import (
    BUSY_PROCESSOR,
    Holder,
    WaitingAccount,
    admit,
    share,
    spare_for_another,
    surplus,
)

SERVERS = ["old:993", "new:993", "other:993"]

server = st.sampled_from(SERVERS)
waiting = st.lists(st.tuples(server, server), max_size=20).map(
    lambda pairs: [WaitingAccount(number, pair) for number, pair in enumerate(pairs)]
)
limits = st.fixed_dictionaries({key: st.integers(1, 5) for key in SERVERS})
busy = st.fixed_dictionaries({key: st.integers(0, 6) for key in SERVERS}).map(Counter)


@given(waiting, busy, limits)
def test_no_limit_is_exceeded(candidates: list[WaitingAccount], used: Counter[str], limit: dict[str, int]) -> None:
    admitted = admit(candidates, used, limit)
    by_id = {candidate.account_id: candidate for candidate in candidates}
    new = Counter(key for account_id in admitted for key in by_id[account_id].servers)
    assert all(used[key] + number <= limit[key] for key, number in new.items())


@given(waiting, busy, limits)
def test_an_account_waits_only_for_those_before_it(
    candidates: list[WaitingAccount], used: Counter[str], limit: dict[str, int]
) -> None:
    admitted = admit(candidates, used, limit)
    assert admitted == sorted(admitted)
    total = Counter(used)
    for candidate in candidates:
        needed = Counter(candidate.servers)
        room = all(total[key] + number <= limit[key] for key, number in needed.items())
        assert room == (candidate.account_id in admitted)
        if room:
            total += needed


def test_a_move_within_one_server_needs_two_of_its_connections() -> None:
    within = WaitingAccount(1, ("old:993", "old:993"))
    assert admit([within], Counter(), {"old:993": 1}) == []
    assert admit([within], Counter(), {"old:993": 2}) == [1]


def test_who_needs_another_server_passes_those_who_wait() -> None:
    queue = [
        WaitingAccount(1, ("old:993", "new:993")),
        WaitingAccount(2, ("old:993", "new:993")),
        WaitingAccount(3, ("a:1", "b:1")),
    ]
    assert admit(queue, Counter(), {"old:993": 1, "new:993": 9, "a:1": 1, "b:1": 1}) == [1, 3]


@st.composite
def holders(draw: st.DrawFn) -> list[Holder]:
    """Accounts that run, with as many lanes as they like."""
    numbers = range(100, 100 + draw(st.integers(0, 8)))
    lanes, most, spare = st.integers(1, 4), st.integers(1, 5), st.sampled_from([0, 1, 50, 10_000])
    return [Holder(key, (draw(server), draw(server)), draw(lanes), draw(most), draw(spare)) for key in numbers]


def using(lanes: dict[int, int], running: list[Holder]) -> Counter[str]:
    return Counter(key for each in running for key in each.servers * lanes[each.account_id])


def held(running: list[Holder]) -> Counter[str]:
    return using({each.account_id: each.lanes for each in running}, running)


@given(holders(), waiting, limits)
def test_lanes_keep_all_limits(running: list[Holder], candidates: list[WaitingAccount], limit: dict[str, int]) -> None:
    given = share(running, candidates, held(running), limit)
    ones = using({each.account_id: 1 for each in running}, running)
    assert all(number <= max(limit[key], ones[key]) for key, number in using(given, running).items())
    assert all(1 <= given[each.account_id] <= max(1, each.most) for each in running)
    stay = [each for each in running if each.account_id not in surplus(running, limit)]
    assert all(number <= limit[key] for key, number in using({each.account_id: 1 for each in stay}, stay).items())
    more = {each.account_id: max(each.lanes, given[each.account_id]) for each in running}
    before = held(running)
    for key, number in using(more, running).items():  # before those that are to end have ended
        assert number <= max(limit[key], before[key])


@given(holders(), limits)
def test_no_connection_lies_idle_where_there_is_work(running: list[Holder], limit: dict[str, int]) -> None:
    lanes = share(running, [], held(running), limit)
    free = {key: limit[key] - number for key, number in (held(running) | using(lanes, running)).items()}
    for each in running:
        full = any(free[key] < number for key, number in Counter(each.servers).items())
        fewer = lanes[each.account_id] < each.lanes
        assert full or fewer or not each.spare or lanes[each.account_id] >= each.most


@given(holders(), waiting, limits)
def test_nobody_waits_for_an_extra_lane(
    running: list[Holder], candidates: list[WaitingAccount], limit: dict[str, int]
) -> None:
    lanes = share(running, candidates, held(running), limit)
    ones = {key: min(1, number) for key, number in lanes.items()}
    ended = using(lanes, running)
    assert admit(candidates, ended, limit) == admit(candidates, using(ones, running), limit)


def test_who_has_most_left_gets_the_free_connections() -> None:
    pair = ("old:993", "new:993")
    running = [Holder(1, pair, 1, 3, 900), Holder(2, pair, 1, 3, 5000), Holder(3, pair, 1, 3, 0)]
    assert share(running, [], held(running), {"old:993": 5, "new:993": 9}) == {1: 1, 2: 3, 3: 1}
    assert share(running, [], held(running), {"old:993": 6, "new:993": 9}) == {1: 2, 2: 3, 3: 1}


def test_a_lowered_limit_ends_lanes_first_and_then_the_account_that_is_last() -> None:
    pair = ("old:993", "new:993")
    running = [Holder(1, pair, 1, 3, 900), Holder(2, pair, 3, 3, 5000)]
    assert share(running, [], held(running), {"old:993": 3, "new:993": 9}) == {1: 1, 2: 2}
    assert surplus(running, {"old:993": 3, "new:993": 9}) == set()
    assert share(running, [], held(running), {"old:993": 1, "new:993": 9}) == {1: 1, 2: 1}
    assert surplus(running, {"old:993": 1, "new:993": 9}) == {2}


def test_another_lane_is_worth_its_logins_or_is_not_begun() -> None:
    assert spare_for_another(5000, 20.0, 0.1) == 5000
    assert spare_for_another(5000, 2000.0, 0.1) == 0, "done in a moment"
    assert spare_for_another(5000, 20.0, BUSY_PROCESSOR + 0.1) == 0, "it is we who are slow"
    assert spare_for_another(5000, None, 0.1) == 0, "nobody knows yet"
    assert spare_for_another(5000, 0.0, 0.1) == 5000
    assert spare_for_another(0, 0.0, 0.1) == 0
