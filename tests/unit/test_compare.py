"""Two folders compared: what is missing, extra or different, whatever the order, and twins counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.audit.compare import Aspect, Finding, Kind, Mail, Sum, compare, summed, told_apart

SEEN = frozenset({"\\Seen"})


def mail(uid: int, header: bytes = b"h", **changes: object) -> Mail:
    values = {"size": 10, "instant": 1000, "flags": SEEN, "header": header, **changes}
    return Mail(uid, **values)  # type: ignore[arg-type]


def told(findings: Iterable[Finding]) -> list[tuple[Kind, int | None, int | None, tuple[Aspect, ...]]]:
    return [
        (f.kind, f.source.uid if f.source else None, f.destination.uid if f.destination else None, f.aspects)
        for f in findings
    ]


def test_the_same_mail_under_other_uids_is_the_same() -> None:
    mine = [mail(number, b"%d" % number) for number in range(1, 50)]
    theirs = [each._replace(uid=each.uid + 700) for each in reversed(mine)]
    assert [*compare(mine, theirs)] == []


def test_missing_and_extra() -> None:
    found = told(compare([mail(1, b"a"), mail(2, b"b")], [mail(1, b"b"), mail(2, b"c")]))
    assert found == [(Kind.MISSING, 1, None, ()), (Kind.EXTRA, None, 2, ())]


@pytest.mark.parametrize(
    ("changes", "aspects"),
    [
        ({"flags": frozenset()}, (Aspect.FLAGS,)),
        ({"flags": SEEN | {"Work"}}, (Aspect.FLAGS,)),
        ({"flags": frozenset({"\\SEEN"})}, ()),
        ({"instant": 1001}, (Aspect.DATE,)),
        ({"instant": 0}, ()),
        ({"size": 11}, (Aspect.SIZE,)),
        ({"body": b"other"}, (Aspect.BYTES,)),
        ({"body": b""}, ()),
        ({"size": 11, "body": b"body"}, ()),
        ({"size": 11, "instant": 5, "flags": frozenset()}, (Aspect.FLAGS, Aspect.DATE, Aspect.SIZE)),
    ],
    ids=["flag", "more flags", "case", "date", "no date", "size", "bytes", "not read", "size that errs", "three"],
)
def test_what_differs(changes: dict[str, Any], aspects: tuple[Aspect, ...]) -> None:
    """A flag's case says nothing, nor a date that cannot be read, nor a server's size where the bytes are known."""
    one = mail(1, body=b"body") if "body" in changes else mail(1)
    other = one._replace(uid=9)._replace(**changes)
    found = told(compare([one], [other]))
    assert found == ([(Kind.DIFFERENT, 1, 9, aspects)] if aspects else [])


def test_of_twins_the_likest_belong_together() -> None:
    mine = [mail(1, flags=frozenset()), mail(2), mail(3, instant=5), mail(4, size=7)]
    theirs = [mail(10, size=7), mail(11, instant=5), mail(12)]
    assert told(compare(mine, theirs)) == [(Kind.MISSING, 1, None, ())]
    assert told(compare(theirs, mine)) == [(Kind.EXTRA, None, 1, ())]


def test_twins_whose_bodies_are_known_are_told_apart_by_them() -> None:
    mine = [mail(1, body=b"a", instant=1), mail(2, body=b"b", instant=2)]
    theirs = [mail(1, body=b"b", instant=1), mail(2, body=b"c", instant=2)]
    assert told(compare(mine, theirs)) == [
        (Kind.DIFFERENT, 2, 1, (Aspect.DATE,)),
        (Kind.DIFFERENT, 1, 2, (Aspect.DATE, Aspect.BYTES)),
    ]


def test_what_is_not_handed_out_is_not_called_the_same() -> None:
    found = told(compare([mail(1, b"")], [mail(2, b"")]))
    assert found == [(Kind.UNREAD, 1, None, ()), (Kind.UNREAD, None, 2, ())]


def test_a_flag_that_cannot_be_kept_is_not_called_lost() -> None:
    (found,) = compare([mail(1, flags=SEEN | {"Work", "Old"})], [mail(1, flags=frozenset({"Old"}))])
    assert found.lost == {"\\Seen", "Work"}
    both = told_apart(found, {"Work", "Unasked"})
    assert both.aspects == (Aspect.FLAGS, Aspect.UNKEPT)
    assert (both.lost, both.unkept) == (frozenset({"\\Seen"}), frozenset({"Work"}))
    all_of_them = told_apart(found, {"Work", "\\Seen"})
    assert all_of_them.aspects == (Aspect.UNKEPT,)
    assert not all_of_them.lost
    assert told_apart(found, {"Old"}) is found


def test_numbers() -> None:
    findings = [
        *compare([mail(1), mail(2, b"x"), mail(3, b"")], [mail(1, flags=frozenset(), instant=1), mail(2, b"y")])
    ]
    total = summed(3, 2, findings, left_out=4)
    assert total == Sum(3, 2, missing=1, extra=1, flags=1, date=1, unread=1, different=1, left_out=4)
    assert (total + total).source == 6


few = st.sampled_from
mails = st.lists(
    st.builds(
        Mail,
        uid=st.integers(1, 9),
        size=few([1, 2]),
        instant=few([0, 1, 2]),
        flags=few([frozenset(), SEEN]),
        header=few([b"a", b"b"]),
        body=few([b"", b"x", b"y"]),
    ),
    max_size=12,
)


@given(mails, mails)
def test_every_message_is_counted_once(mine: list[Mail], theirs: list[Mail]) -> None:
    findings = [*compare(mine, theirs)]
    missing = sum(f.kind is Kind.MISSING for f in findings)
    extra = sum(f.kind is Kind.EXTRA for f in findings)
    assert len(mine) - missing == len(theirs) - extra, "what is left is paired"
    for header in (b"a", b"b"):
        one, other = (sum(each.header == header for each in side) for side in (mine, theirs))
        found = [f for f in findings if (f.source or f.destination or mail(0)).header == header]
        assert sum(f.kind is Kind.MISSING for f in found) == max(0, one - other)
        assert sum(f.kind is Kind.EXTRA for f in found) == max(0, other - one)
    assert not Counter(f.source for f in findings if f.source) - Counter(mine)
    assert not Counter(f.destination for f in findings if f.destination) - Counter(theirs)


@given(mails, st.randoms())
def test_a_copy_in_any_order_is_the_same(mine: list[Mail], chance: object) -> None:
    theirs = [*mine]
    chance.shuffle(theirs)  # type: ignore[attr-defined]
    assert [*compare(mine, theirs)] == []
