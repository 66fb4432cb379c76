"""Two folders compared: what is missing, extra or different, whatever the order, and twins counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.audit.compare import compare, reconsidered
from tui_migrate.engine.audit.findings import (
    Aspect,
    ComparedMail,
    Finding,
    FindingKind,
    Sum,
    in_words,
    summed,
    told_apart,
)
from tui_migrate.mail.census import Carries, Evidence, evidence
from tui_migrate.mail.message import Content

SEEN = frozenset({"\\Seen"})


def mail(uid: int, header: bytes = b"h", **changes: object) -> ComparedMail:
    """`body`: its octets were read, and are a header and this."""
    values: dict[str, Any] = {"size": 10, "instant": 1000, "flags": SEEN, "header": header, **changes}
    if body := values.pop("body", b""):
        values["octets"] = read(b"Subject: a\r\n\r\n" + body)
    return ComparedMail(uid, **values)


def read(octets: bytes) -> Evidence:
    return evidence(Content.of(octets))


def told(findings: Iterable[Finding]) -> list[tuple[FindingKind, int | None, int | None, tuple[Aspect, ...]]]:
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
    assert found == [(FindingKind.MISSING, 1, None, ()), (FindingKind.EXTRA, None, 2, ())]


@pytest.mark.parametrize(
    ("changes", "aspects"),
    [
        ({"flags": frozenset()}, (Aspect.FLAGS,)),
        ({"flags": SEEN | {"Work"}}, (Aspect.FLAGS,)),
        ({"flags": frozenset({"\\SEEN"})}, ()),
        ({"instant": 1001}, (Aspect.DATE,)),
        ({"instant": 0}, (Aspect.DATE,)),
        ({"instant": -5}, (Aspect.DATE,)),
        ({"instant": None}, (Aspect.UNTOLD,)),
        ({"flags": None}, (Aspect.UNTOLD,)),
        ({"size": 11}, (Aspect.SIZE,)),
        ({"size": None}, (Aspect.SIZE,)),
        ({"body": b"jody"}, (Aspect.BYTES,)),
        ({"size": 11, "body": b"body"}, ()),
        ({"header": b"another", "body": b"body"}, ()),
        ({"size": 11, "instant": 5, "flags": frozenset()}, (Aspect.FLAGS, Aspect.DATE, Aspect.SIZE)),
    ],
    ids=[
        "flag",
        "more flags",
        "case",
        "date",
        "1970-01-01",
        "before 1970",
        "no date",
        "no flags",
        "size",
        "no size",
        "bytes",
        "size that errs",
        "header that errs",
        "three",
    ],
)
def test_what_differs(changes: dict[str, Any], aspects: tuple[Aspect, ...]) -> None:
    """A flag's case says nothing, nor do a server's size and header where the bytes are known; 1970-01-01 is a date,
    and what is not told is not the same."""
    one = mail(1, body=b"body") if "body" in changes else mail(1)
    other = mail(9, **{"header": b"h", **changes})
    found = told(compare([one], [other]))
    assert found == ([(FindingKind.DIFFERENT, 1, 9, aspects)] if aspects else [])


def test_of_twins_the_likest_belong_together() -> None:
    mine = [mail(1, flags=frozenset()), mail(2), mail(3, instant=5), mail(4, size=7)]
    theirs = [mail(10, size=7), mail(11, instant=5), mail(12)]
    assert told(compare(mine, theirs)) == [(FindingKind.MISSING, 1, None, ())]
    assert told(compare(theirs, mine)) == [(FindingKind.EXTRA, None, 1, ())]


def test_twins_whose_bodies_are_known_are_told_apart_by_them() -> None:
    mine = [mail(1, body=b"a", instant=1), mail(2, body=b"b", instant=2)]
    theirs = [mail(1, body=b"b", instant=1), mail(2, body=b"c", instant=1)]
    assert told(compare(mine, theirs)) == [
        (FindingKind.DIFFERENT, 2, 1, (Aspect.DATE,)),
        (FindingKind.DIFFERENT, 1, 2, (Aspect.BYTES,)),
    ]


def rewritten(uid: int, octets: bytes, **changes: object) -> ComparedMail:
    """As it is read whole, with the fingerprint of its own header."""
    found = read(octets)
    return mail(uid, found.header, octets=found, size=len(octets), **changes)


def pair(finding: Finding) -> tuple[FindingKind, int | None, int | None, tuple[Aspect, ...]]:
    return told([finding])[0]


MAIL = b"Message-ID: <1@a>\r\nSubject: one\r\nDate: today\r\n\r\nhello\r\n"
BARE = b"Received: here\r\n\r\nsomething that has neither name nor date\r\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "aspects"),
    [
        (MAIL, b"X-Seen: yes\r\n" + MAIL, (Aspect.HEADER,)),
        (MAIL, MAIL.replace(b"Subject: one", b"Subject: =?utf-8?q?one?="), (Aspect.HEADER,)),
        (MAIL, MAIL.replace(b"Message-ID: <1@a>\r\n", b""), (Aspect.HEADER,)),
        (MAIL, b"X-Seen: yes\r\n" + MAIL + b"sent by a list\r\n", (Aspect.SIZE, Aspect.HEADER, Aspect.BYTES)),
        (BARE, b"X-Seen: yes\r\n" + BARE, (Aspect.HEADER,)),
    ],
    ids=["added", "encoded", "taken away", "and more text", "known by text and date"],
)
def test_a_message_whose_header_was_rewritten_is_known(mine: bytes, theirs: bytes, aspects: tuple[Aspect, ...]) -> None:
    """It is neither missing nor extra; in what it differs is told."""
    found = list(compare([rewritten(1, mine)], [rewritten(9, theirs)]))
    assert told(found) == [(FindingKind.MISSING, 1, None, ()), (FindingKind.EXTRA, None, 9, ())]
    (finding,) = reconsidered(found)
    assert pair(finding) == (FindingKind.DIFFERENT, 1, 9, aspects)
    assert "header rewritten" in in_words(finding)


def test_what_is_lost_is_not_explained_away_by_another_message() -> None:
    """Twins count, a text that many share says nothing by itself, and one whose octets were not read stays missing."""
    twins = [rewritten(number, MAIL) for number in (1, 2)]
    found = reconsidered(compare(twins, [rewritten(9, b"X: y\r\n" + MAIL)]))
    assert [each.kind for each in found] == [FindingKind.DIFFERENT, FindingKind.MISSING]
    others = [rewritten(9, MAIL.replace(b"<1@a>", b"<2@a>").replace(b"one", b"two"), instant=7)]
    assert [each.kind for each in reconsidered(compare(twins[:1], others))] == [FindingKind.MISSING, FindingKind.EXTRA]
    unread = mail(3, b"of another header")
    assert [each.kind for each in reconsidered(compare([unread], others))] == [FindingKind.MISSING, FindingKind.EXTRA]


def test_octets_are_the_first_thing_to_be_paired_by() -> None:
    """Where a server shows other headers than its messages have, all of which are alike."""
    mine = [mail(number, b"alike", body=b"text %d" % number) for number in range(1, 4)]
    theirs = [mail(number, b"of %d" % number, body=b"text %d" % number) for number in range(1, 4)]
    assert [*compare(mine, theirs)] == []


POP = Carries(flags=False, dates=False, last_line_end=False)


def test_a_pop_source_adds_the_last_line_end_and_knows_neither_flags_nor_dates() -> None:
    one = mail(1, body=b"text\r\n", flags=None, instant=None)
    other = mail(9, body=b"text")
    assert told(compare([one], [other], POP)) == [(FindingKind.DIFFERENT, 1, 9, (Aspect.LINE_END,))]
    assert told(compare([one], [other])) == [(FindingKind.DIFFERENT, 1, 9, (Aspect.SIZE, Aspect.BYTES, Aspect.UNTOLD))]
    more = mail(9, body=b"tex")
    assert told(compare([one], [more], POP)) == [(FindingKind.DIFFERENT, 1, 9, (Aspect.SIZE, Aspect.BYTES))]
    by_size = [mail(1, size=10, flags=None), mail(2, b"x", size=20, flags=None)]
    there = [mail(1, size=12), mail(2, b"x", size=23)]
    assert told(compare(by_size, there, POP)) == [
        (FindingKind.DIFFERENT, 1, 1, (Aspect.LINE_END,)),
        (FindingKind.DIFFERENT, 2, 2, (Aspect.SIZE,)),
    ]


def test_what_is_not_handed_out_is_not_called_the_same() -> None:
    found = told(compare([mail(1, b"")], [mail(2, b"")]))
    assert found == [(FindingKind.UNREAD, 1, None, ()), (FindingKind.UNREAD, None, 2, ())]


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
    wrong = (
        FindingKind.MISSING,
        FindingKind.EXTRA,
        FindingKind.UNREAD,
        FindingKind.DIFFERENT,
        Aspect.FLAGS,
        Aspect.DATE,
    )
    assert total == Sum(3, 2, Counter(wrong), left_out=4)
    assert (total + total).source == 6


few = st.sampled_from
mails = st.lists(
    st.builds(
        ComparedMail,
        uid=st.integers(1, 9),
        size=few([1, 2]),
        instant=few([0, 1, 2]),
        flags=few([frozenset(), SEEN]),
        header=few([b"a", b"b"]),
        octets=st.none(),
    ),
    max_size=12,
)


@given(mails, mails)
def test_every_message_is_counted_once(mine: list[ComparedMail], theirs: list[ComparedMail]) -> None:
    findings = [*compare(mine, theirs)]
    missing = sum(f.kind is FindingKind.MISSING for f in findings)
    extra = sum(f.kind is FindingKind.EXTRA for f in findings)
    assert len(mine) - missing == len(theirs) - extra, "what is left is paired"
    for header in (b"a", b"b"):
        one, other = (sum(each.header == header for each in side) for side in (mine, theirs))
        found = [f for f in findings if (f.source or f.destination or mail(0)).header == header]
        assert sum(f.kind is FindingKind.MISSING for f in found) == max(0, one - other)
        assert sum(f.kind is FindingKind.EXTRA for f in found) == max(0, other - one)
    assert not Counter(f.source for f in findings if f.source) - Counter(mine)
    assert not Counter(f.destination for f in findings if f.destination) - Counter(theirs)


@given(
    mails, mails, st.lists(few([b"a: x\r\n\r\nhi", b"a: y\r\n\r\nhi", b"message-id: 1\r\n\r\nho", b""]), min_size=24)
)
def test_nothing_is_lost_on_the_way_to_what_was_read(
    mine: list[ComparedMail], theirs: list[ComparedMail], texts: list[bytes]
) -> None:
    """Whatever is paired by its octets, as many are missing and extra as the numbers of messages say."""
    known = iter(texts)
    one, other = (
        [each._replace(octets=read(text) if (text := next(known)) else None) for each in side]
        for side in (mine, theirs)
    )
    before = [*compare(one, other)]
    findings = [*reconsidered(before)]
    for some in (before, findings):
        kinds = Counter(each.kind for each in some)
        assert len(one) - kinds[FindingKind.MISSING] == len(other) - kinds[FindingKind.EXTRA]
    assert not Counter(f.source for f in findings if f.source) - Counter(one)
    assert not Counter(f.destination for f in findings if f.destination) - Counter(other)


@given(mails, st.randoms())
def test_a_copy_in_any_order_is_the_same(mine: list[ComparedMail], chance: object) -> None:
    theirs = [*mine]
    chance.shuffle(theirs)  # type: ignore[attr-defined]
    assert [*compare(mine, theirs)] == []
