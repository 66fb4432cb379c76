"""Where a destination has rewritten the headers, messages are recognised by what outlasts that; and by nothing less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_migrate.engine.copying.delays import Delays
from tui_migrate.engine.copying.match import Candidate, SoughtMessage
from tui_migrate.engine.copying.rewritten import WITHOUT_TEXT, match_rewritten, worth_reading
from tui_migrate.mail.message import Head
from tui_migrate.model import Fingerprint, Signs
from tui_migrate.timing import Timing

ALL = Signs(b"identity", b"topic", b"trace", b"text")


def sent(key: int, signs: Signs | None = ALL, body: bytes = b"b", instant: int = 5, length: int = 100) -> SoughtMessage:
    return SoughtMessage(key, Fingerprint(length, instant, b"header", body, signs))


def there(uid: int, signs: Signs = ALL, instant: int = 5, size: int = 120) -> Candidate:
    return Candidate(uid, size, instant, frozenset(), Head(b"another", b"", signs))


@pytest.mark.parametrize(
    "kept",
    [
        ALL,
        replace(ALL, trace=b""),
        replace(ALL, topic=b"other"),
        replace(ALL, identity=b""),
        replace(ALL, identity=b"", trace=b""),
        replace(ALL, text=b"other"),
        replace(ALL, identity=b"", topic=b"", trace=b""),
    ],
)
def test_one_message_is_known_by_what_is_left_of_it(kept: Signs) -> None:
    assert match_rewritten([sent(1)], [there(7, kept)]) == {1: 7}


@pytest.mark.parametrize(
    ("signs", "instant", "size"),
    [
        (replace(ALL, identity=b"other"), 5, 120),
        (Signs(trace=b"trace"), 5, 120),
        (replace(ALL, identity=b"", topic=b"", trace=b""), 6, 120),
        (replace(ALL, text=b"other"), 5, 100_000),
        (Signs(text=b"other"), 5, 100),
    ],
    ids=["another Message-ID", "date and size alone", "text alone", "identity and another size", "size and date"],
)
def test_weak_signs_are_not_enough(signs: Signs, instant: int, size: int) -> None:
    assert match_rewritten([sent(1)], [there(7, signs, instant, size)]) == {}


def test_a_window_of_an_older_store_has_no_signs() -> None:
    assert match_rewritten([sent(1, None)], [there(7)]) == {}
    assert worth_reading([sent(1, None)], [there(7)]) == []


def test_equal_messages_are_as_many_as_are_there() -> None:
    assert match_rewritten([sent(1), sent(2), sent(3)], [there(7), there(8)]) == {1: 7, 2: 8}


def test_of_one_identity_and_two_texts_the_right_one_is_found() -> None:
    other = sent(1, replace(ALL, text=b"other"), b"c")
    assert match_rewritten([other, sent(2)], [there(7)]) == {2: 7}


def test_copies_that_nothing_tells_apart_are_in_doubt_together_and_nobody_elses() -> None:
    copies = [sent(1, replace(ALL, trace=b"one"), b"b"), sent(2, replace(ALL, trace=b"two"), b"c")]
    third = sent(3, Signs(text=b"text"), b"d")
    left = there(7, replace(ALL, trace=b""))
    assert match_rewritten([*copies, third], [left]) == {}
    assert match_rewritten([*copies, third], [left, there(8, replace(ALL, trace=b""))]) == {1: 7, 2: 8}
    assert match_rewritten(copies, [left], whichever=True) == {1: 7}


def test_flags_tell_twins_apart() -> None:
    seen = frozenset({"\\Seen"})
    found = match_rewritten([sent(1), replace(sent(2), flags=seen)], [replace(there(7), flags=seen)])
    assert found == {2: 7}


def test_what_is_there_for_certain_is_found_unread() -> None:
    assert match_rewritten([sent(1)], [there(7, replace(ALL, text=b""))], WITHOUT_TEXT) == {1: 7}


def test_only_texts_that_may_tell_are_read() -> None:
    stranger = there(8, Signs(b"else", b"where"), instant=9)
    assert worth_reading([sent(1)], [there(7), stranger, there(9, Signs(b"else", b"topic"))]) == [7]


def test_patience_follows_what_a_server_has_been_seen_to_take_for_such_sizes() -> None:
    delays, timing = Delays(), Timing(settle=2.0, settle_times=3.0, longest_settle=60.0)
    delays.note("a", 1_000, 0.1)
    delays.note("a", 20_000_000, 6.0)
    delays.note("b", 1_000, 1000.0)
    patience = [
        delays.patience(server, octets, timing) for server, octets in (("a", 2_000), ("a", 30_000_000), ("b", 1_000))
    ]
    assert patience == [2.0, 18.0, 60.0]
    assert delays.patience("unknown", 1, timing) == 2.0
