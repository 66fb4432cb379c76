"""Connection limits are never exceeded, and nobody waits who need not."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.admission import Candidate, admit

SERVERS = ["old:993", "new:993", "other:993"]

server = st.sampled_from(SERVERS)
waiting = st.lists(st.tuples(server, server), max_size=20).map(
    lambda pairs: [Candidate(number, pair) for number, pair in enumerate(pairs)]
)
limits = st.fixed_dictionaries({key: st.integers(1, 5) for key in SERVERS})
busy = st.fixed_dictionaries({key: st.integers(0, 6) for key in SERVERS}).map(Counter)


@given(waiting, busy, limits)
def test_no_limit_is_exceeded(candidates: list[Candidate], used: Counter[str], limit: dict[str, int]) -> None:
    admitted = admit(candidates, used, limit)
    by_id = {candidate.account_id: candidate for candidate in candidates}
    new = Counter(key for account_id in admitted for key in by_id[account_id].servers)
    assert all(used[key] + number <= limit[key] for key, number in new.items())


@given(waiting, busy, limits)
def test_an_account_waits_only_for_those_before_it(
    candidates: list[Candidate], used: Counter[str], limit: dict[str, int]
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
    within = Candidate(1, ("old:993", "old:993"))
    assert admit([within], Counter(), {"old:993": 1}) == []
    assert admit([within], Counter(), {"old:993": 2}) == [1]


def test_who_needs_another_server_passes_those_who_wait() -> None:
    queue = [Candidate(1, ("old:993", "new:993")), Candidate(2, ("old:993", "new:993")), Candidate(3, ("a:1", "b:1"))]
    assert admit(queue, Counter(), {"old:993": 1, "new:993": 9, "a:1": 1, "b:1": 1}) == [1, 3]
