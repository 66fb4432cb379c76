"""What arrived is recognised message by message, as a multiset: not one more, not one fewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.copying.match import UNKNOWN_BODY, Candidate, SoughtMessage, match, needs_bodies, with_bodies
from tui_migrate.mail.message import Head
from tui_migrate.model import Fingerprint, Signs

LENGTHS = {b"b1": 100, b"b2": 100, b"b3": 250}
"""By body: two of the bodies are of one length."""

fingerprints = st.builds(
    lambda header, body, instant: Fingerprint(LENGTHS[body], instant, header, body),
    st.sampled_from([b"h1", b"h2"]),
    st.sampled_from(sorted(LENGTHS)),
    st.sampled_from([1000, 2000]),
)
flag_sets = st.sampled_from([frozenset(), frozenset({"\\Seen"}), frozenset({"\\Seen", "todo"})])
sent = st.lists(st.builds(lambda print_, flags: (print_, flags), fingerprints, flag_sets), max_size=12)
Message = tuple[Fingerprint, frozenset[str]]


def look(wanted: list[SoughtMessage], there: list[tuple[Candidate, bytes]]) -> dict[int, int]:
    """As the engine does it: bodies are read only where `needs_bodies` says so."""
    candidates = [candidate for candidate, _ in there]
    unsure = needs_bodies(wanted, candidates)
    read = {c.uid: Fingerprint(c.size, 0, c.head.print, body) for c, body in there if c.uid in unsure}
    return match(wanted, with_bodies(candidates, read))


def candidate(
    uid: int, header: bytes, size: int = 100, instant: int = 1000, flags: frozenset[str] = frozenset()
) -> Candidate:
    return Candidate(uid, size, instant, flags, Head(header, b"", Signs()))


def stored(uid: int, message: Message) -> tuple[Candidate, bytes]:
    """A message as it lies in a folder, and its body."""
    print_, flags = message
    kept = frozenset(flag for flag in flags if flag.startswith("\\"))
    return candidate(uid, print_.header, print_.length, print_.instant, kept), print_.body


def count_by(kind: Callable[[Message], Hashable], messages: list[Message]) -> Counter[Hashable]:
    return Counter(map(kind, messages))


def everything(message: Message) -> Hashable:
    print_, flags = message
    return print_, "\\Seen" in flags


@given(sent, st.data())
def test_what_arrived_is_found_and_nothing_else(messages: list[Message], data: st.DataObject) -> None:
    wanted = [SoughtMessage(key, *message) for key, message in enumerate(messages)]
    arrived = data.draw(st.permutations(messages)) if messages else []
    arrived = arrived[: data.draw(st.integers(0, len(arrived)))]
    stranger = candidate(5, b"h3")
    there = [stored(uid, message) for uid, message in enumerate(arrived, 10)]
    found = look(wanted, [(stranger, b"b9"), *there])
    assert sorted(found.values()) == [candidate.uid for candidate, _ in there]
    assert count_by(everything, [messages[key] for key in found]) == count_by(everything, arrived)


@given(sent, st.data())
def test_a_server_that_loses_dates_hides_nothing(messages: list[Message], data: st.DataObject) -> None:
    wanted = [SoughtMessage(key, *message) for key, message in enumerate(messages)]
    arrived = messages[: data.draw(st.integers(0, len(messages)))]
    there = [stored(uid, (replace(print_, instant=777), flags)) for uid, (print_, flags) in enumerate(arrived, 10)]
    found = look(wanted, there)
    assert len(set(found.values())) == len(found) == len(arrived)
    by_content: Callable[[Message], Hashable] = lambda message: (message[0].header, message[0].body)  # noqa: E731
    assert count_by(by_content, [messages[key] for key in found]) == count_by(by_content, arrived)


@given(sent, st.data())
def test_a_server_that_rewrites_line_ends_hides_nothing(messages: list[Message], data: st.DataObject) -> None:
    wanted = [SoughtMessage(key, *message) for key, message in enumerate(messages)]
    arrived = messages[: data.draw(st.integers(0, len(messages)))]
    there = []
    for uid, (print_, flags) in enumerate(arrived, 10):
        candidate, body = stored(uid, (replace(print_, length=print_.length + 7), flags))
        there.append((candidate, body + b" rewritten"))
    found = look(wanted, there)
    assert len(set(found.values())) == len(found) == len(arrived)


def test_twins_pair_up_by_their_flags_and_then_in_order() -> None:
    print_ = Fingerprint(100, 1000, b"h1", b"b1")
    seen = frozenset({"\\Seen"})
    wanted = [
        SoughtMessage(1, print_),
        SoughtMessage(2, print_, seen),
        SoughtMessage(3, print_),
        SoughtMessage(4, print_),
    ]
    there = [candidate(11, b"h1", flags=seen), candidate(12, b"h1")]
    assert match(wanted, there) == {2: 11, 1: 12}


def test_flags_that_a_user_has_changed_hide_nothing() -> None:
    print_ = Fingerprint(100, 1000, b"h1", b"b1")
    there = [candidate(11, b"h1", flags=frozenset({"\\Answered"}))]
    assert match([SoughtMessage(1, print_, frozenset({"\\Seen"}))], there) == {1: 11}


def test_a_body_that_is_another_message_s_is_no_match_for_this_one() -> None:
    """Two monitoring mails of the same second and length: only the second has arrived."""
    wanted = [
        SoughtMessage(1, Fingerprint(100, 1000, b"h1", b"up")),
        SoughtMessage(2, Fingerprint(100, 1000, b"h1", b"down")),
    ]
    assert look(wanted, [(candidate(11, b"h1"), b"down")]) == {2: 11}


def test_of_two_that_differ_in_the_body_the_one_that_is_wanted_is_found() -> None:
    """Both lie there, and only the later one is ours."""
    wanted = [SoughtMessage(1, Fingerprint(100, 1000, b"h1", b"down"))]
    there = [(candidate(11, b"h1"), b"up"), (candidate(12, b"h1"), b"down")]
    assert look(wanted, there) == {1: 12}


def test_bodies_are_read_only_where_nothing_else_tells_two_apart() -> None:
    wanted = [
        SoughtMessage(1, Fingerprint(100, 1000, b"h1", b"b1")),
        SoughtMessage(2, Fingerprint(100, 1000, b"h2", b"b1")),
    ]
    there = [candidate(11, b"h1"), candidate(12, b"h2")]
    assert needs_bodies(wanted, there) == []
    adopted = [*wanted, SoughtMessage(3, Fingerprint(100, 1000, b"h2", UNKNOWN_BODY))]
    assert needs_bodies(adopted, there) == [12]
