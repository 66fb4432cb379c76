"""The pipelined reader against a server that refuses, forgets, mixes, cuts and lies: every message of the source is
read once and whole, or named with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from tests.mail.reading import (
    LISTING,
    again,
    bodies,
    body,
    examine,
    folder,
    listing,
    read,
    rows,
    searched,
    source,
    told,
)
from tests.servers.loopback_server import Chunk, Cut, Stall, Swallow
from tests.servers.scripted import Rule
from tui_migrate.errors import Contradicted, Disconnected, ProtocolViolation, Throttled
from tui_migrate.mail.imap.source import ImapSource
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import (
    FolderEnd,
    FolderRefused,
    Step,
    Unreadable,
)
from tui_migrate.timing import USUAL, Timing


def old_form(uid: int, reply: bytes) -> Rule:
    return Rule(rf"UID FETCH {uid} \(UID RFC822\.PEEK\)", reply)


def test_messages_come_out_of_any_order_once_each() -> None:
    mixed = bodies(9) + b"* 2 FETCH (FLAGS (\\Seen))\r\n* 3 EXISTS\r\n" + bodies(4, 4, 1, 77) + b"TAG OK done\r\n"
    with source(examine("a", 3), listing(1, 4, 9), body("1,4,9", mixed)) as opened:
        assert told(read(opened, folder("a"))) == [
            ("a", "read", 9),
            ("a", "read", 4),
            ("a", "read", 1),
            ("a", "end", None),
        ]


def test_a_set_that_is_refused_is_read_one_by_one_and_the_culprit_named() -> None:
    words = b"TAG NO [SERVERBUG] cannot read\r\n"
    rules = (
        examine("a", 3),
        listing(1, 2, 3),
        body("1:3", bodies(1) + words),
        body("2", words),
        body("3", bodies(3) + b"TAG OK done\r\n"),
    )
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [
            ("a", "read", 1),
            ("a", "NO [SERVERBUG] cannot read", 2),
            ("a", "read", 3),
            ("a", "end", None),
        ]


def test_a_server_that_asks_for_patience_has_no_bad_messages() -> None:
    refusal = b"TAG NO [THROTTLED] Suggested Backoff Time: 4000 milliseconds\r\n"
    with source(examine("a", 2), listing(1, 2), body("1:2", refusal)) as opened:
        with pytest.raises(Throttled) as raised:
            read(opened, folder("a"))
        assert raised.value.seconds == 4


def test_what_vanished_between_listing_and_reading_is_gone() -> None:
    rules = (
        examine("a", 3),
        listing(1, 2, 3),
        body("1:3", bodies(1, 3) + b"TAG OK done\r\n"),
        body("2", b"TAG OK done\r\n"),
        again("2:3", rows(3) + b"TAG OK\r\n"),
        searched("2", b"* SEARCH\r\nTAG OK done\r\n"),
    )
    with source(*rules) as opened:
        assert told(read(opened, folder("a")))[-2:] == [("a", "gone", (2,)), ("a", "end", None)]


def test_a_single_message_that_the_server_calls_expunged_is_gone() -> None:
    issued = b"TAG NO [EXPUNGEISSUED] some messages are no more\r\n"
    rules = (examine("a", 1), listing(5), body("5", issued), again("5:6", b"TAG OK done\r\n"))
    with source(*rules, searched("5", b"TAG OK done\r\n")) as opened:
        assert told(read(opened, folder("a"))) == [("a", "gone", (5,)), ("a", "end", None)]


def test_what_a_search_finds_is_not_gone_though_nothing_lists_it() -> None:
    nothing = b"TAG OK done\r\n"
    rules = (examine("a", 2), listing(5, 6), body("5:6", nothing), again("5:7", nothing))
    asked_alone = (body("6", bodies(6) + nothing), body("5", nothing), old_form(5, nothing))
    with source(*rules, searched("5:6", b"* SEARCH 5 6\r\nTAG OK done\r\n"), *asked_alone) as opened:
        assert told(read(opened, folder("a"))) == [("a", "OK done", 5), ("a", "read", 6), ("a", "end", None)]


def test_a_refused_search_does_not_say_that_a_message_is_gone() -> None:
    nothing = b"TAG OK done\r\n"
    rules = (examine("a", 1), listing(5), body("5", nothing), again("5:6", nothing))
    with source(*rules, searched("5", b"TAG NO not now\r\n")) as opened:
        assert told(read(opened, folder("a"))) == [("a", "NO not now", 5), ("a", "end", None)]


@pytest.mark.parametrize("reply", [b"* 1 FETCH (UID 5 BODY[] NIL)\r\n", b"", b"* 1 FETCH (UID 5)\r\n"])
@pytest.mark.parametrize("last", [b"* 1 FETCH (UID 5 RFC822 NIL)\r\nTAG OK done\r\n", b"TAG BAD what is that\r\n"])
def test_a_message_without_a_body_is_there_and_named(reply: bytes, last: bytes) -> None:
    rules = (examine("a", 1), listing(5), body("5", reply + b"TAG OK done\r\n"), old_form(5, last))
    with source(*rules, again("5:6", rows(5) + b"TAG OK done\r\n")) as opened:
        (unreadable, end) = read(opened, folder("a"))
    assert isinstance(unreadable, Unreadable)
    assert unreadable.listed.uid == 5
    assert unreadable.error.sentence == "The source lists the message and does not return it."
    assert isinstance(end, FolderEnd)


def test_an_empty_body_is_asked_for_again_and_never_copied() -> None:
    empty = b"* 1 FETCH (UID 5 BODY[] {0}\r\n)\r\nTAG OK done\r\n"
    rules = (examine("a", 1), listing(5), body("5", empty), old_form(5, b"TAG BAD what is that\r\n"))
    with source(*rules, again("5:6", rows(5) + b"TAG OK done\r\n")) as opened:
        (unreadable, _) = read(opened, folder("a"))
    assert isinstance(unreadable, Unreadable)
    assert unreadable.error.sentence == "The source returned an empty message."


@pytest.mark.parametrize("way", ["alone", "old"])
def test_a_message_that_comes_when_it_is_asked_for_again_is_read(way: str) -> None:
    empty = body("5", b"TAG OK done\r\n")
    empty.left = 1 if way == "alone" else None
    old = bodies(5).replace(b"BODY[]", b"RFC822")
    rules = [
        examine("a", 1),
        listing(5),
        empty,
        body("5", bodies(5) + b"TAG OK done\r\n"),
        again("5:6", rows(5) + b"TAG OK done\r\n"),
        old_form(5, old + b"TAG OK done\r\n"),
    ]
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [("a", "read", 5), ("a", "end", None)]


def test_a_refused_question_is_not_taken_for_gone() -> None:
    rules = (examine("a", 1), listing(5), body("5", b"TAG OK done\r\n"), again("5:6", b"TAG NO [INUSE2] busy\r\n"))
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [("a", "NO [INUSE2] busy", 5), ("a", "end", None)]


def test_a_message_expunged_during_the_listing_is_not_missed() -> None:
    listed = Rule(LISTING, rows(3, 4) + b"* 1 EXPUNGE\r\nTAG OK done\r\n")
    with source(examine("a", 3), listed, body("3:4", bodies(3, 4) + b"TAG OK done\r\n")) as opened:
        assert "missing" not in [what for _, what, _ in told(read(opened, folder("a")))]


def test_what_follows_a_refused_folder_is_not_taken_for_its_mail() -> None:
    """After a failed EXAMINE some servers go on with the folder before, and our commands are on their way already."""
    rules = (
        examine("a", 1),
        Rule('EXAMINE "b"', b"TAG NO [NOPERM] not yours\r\n"),
        examine("c", 1),
        listing(1),
        body("1", bodies(1) + b"TAG OK done\r\n"),
    )
    with source(*rules) as opened:
        assert sorted(told(read(opened, folder("a"), folder("b"), folder("c"))), key=repr) == [
            ("a", "end", None),
            ("a", "read", 1),
            ("b", "refused", "NO [NOPERM] not yours"),
            ("c", "end", None),
            ("c", "read", 1),
        ]


def test_a_folder_that_is_refused_on_the_second_visit_is_not_complete() -> None:
    rules = (
        examine("a", 1, times=1),
        Rule('EXAMINE "a"', b"TAG NO [NONEXISTENT] gone meanwhile\r\n"),
        examine("b", 0),
        listing(1, times=1),
        listing(),
        body("1", bodies(1) + b"TAG OK done\r\n"),
    )
    with source(*rules) as opened:
        steps = told(read(opened, folder("a"), folder("b")))
    assert steps == [("a", "refused", "NO [NONEXISTENT] gone meanwhile"), ("b", "end", None)]


def test_a_folder_that_is_replaced_between_two_visits_is_not_read() -> None:
    """Its UIDs name other messages now: they would be stored with the old ones' dates and flags."""
    rules = (
        examine("a", 1, uidvalidity=7, times=1),
        examine("a", 1, uidvalidity=8),
        examine("b", 0),
        listing(1, times=1),
        listing(),
        body("1", bodies(1) + b"TAG OK done\r\n"),
    )
    with source(*rules) as opened:
        (refused, _) = read(opened, folder("a"), folder("b"))
    assert isinstance(refused, FolderRefused)
    assert isinstance(refused.error, Contradicted)
    assert "replaced" in refused.error.sentence


def _read_with_little_patience(opened: ImapSource, seconds: float) -> Iterator[Step]:
    """Patience ends with the first message: all that comes has come with it."""
    for step in opened.read([folder("a")], lambda listed: listed.messages):
        yield step
        opened._session.wire.stream.sock.settimeout(seconds)


@pytest.mark.parametrize("end", [Cut(), b"* BYE shutting down\r\n", None], ids=["cut", "BYE", "stall"])
@pytest.mark.parametrize("sent", [b"BODY[] {20}\r\nhalf", b"BODY[] {4}\r\nwhol", b""], ids=["half", "whole", "UID"])
def test_a_connection_that_ends_never_leaves_half_a_message(sent: bytes, end: Chunk | None) -> None:
    """Inside a literal nothing is protocol, not even BYE."""
    over = Event()
    reply = bodies(1) + b"* 2 FETCH (UID 2 " + sent
    with source(examine("a", 3), listing(1, 2, 3), body("1:3", reply, end or Stall(over), Cut())) as opened:
        steps: list[Step] = []
        assert isinstance(opened, ImapSource)
        with pytest.raises((Disconnected, ProtocolViolation)):
            steps.extend(_read_with_little_patience(opened, 0.01 if end is None else USUAL.stall))
        assert opened.died_at() == (b"a", 2)
        over.set()
    assert told(steps) == [("a", "read", 1)]


def test_behind_a_large_message_the_next_one_has_been_asked_for() -> None:
    """Else the line is idle for a round trip before each."""
    large = rows(1, 2).replace(b"SIZE 9", b"SIZE 13333333") + b"TAG OK done\r\n"
    first = body("1", Swallow(), bodies(1) + b"TAG OK done\r\n", Cut())  # it must hear more before it answers
    steps: list[Step] = []
    rules, timing = (examine("a", 2), Rule(LISTING, large), first), Timing(stall=5)
    with source(*rules, timing=timing) as opened, pytest.raises(Disconnected):
        steps.extend(opened.read([folder("a")], lambda listed: listed.messages))
    assert told(steps) == [("a", "read", 1)]


def test_a_folder_of_many_ranges_is_read_once() -> None:
    """`69:*` names the last message also when its UID is below 69 (RFC 3501 section 6.4.8)."""
    ranges = {r"1:34": rows(1, 2), r"35:68": rows(40, 60), r"69:\*": rows(60)}
    rules = [
        Rule(rf"UID FETCH {uids} \(UID FLAGS INTERNALDATE RFC822\.SIZE\)", reply + b"TAG OK done\r\n")
        for uids, reply in ranges.items()
    ]
    sets = [
        body(uids, bodies(*numbers) + b"TAG OK done\r\n")
        for uids, numbers in {"1:2": (1, 2), "40,60": (40, 60)}.items()
    ]
    status = FolderStatus(messages=5, uidnext=101, uidvalidity=7)
    with source(examine("a", 4), *rules, *sets, timing=Timing(listed_ahead=2)) as opened:
        steps = told(read(opened, folder("a", status)))
    assert steps == [*(("a", "read", uid) for uid in (1, 2, 40, 60)), ("a", "end", None)]


@pytest.mark.parametrize("status", [FolderStatus(50_000, 1, 7), FolderStatus(50_000, None, 7), None])
def test_numbers_that_cannot_be_are_no_reason_to_miss_mail(status: FolderStatus | None) -> None:
    with source(examine("a", 1), listing(5), body("5", bodies(5) + b"TAG OK done\r\n")) as opened:
        assert told(read(opened, folder("a", status))) == [("a", "read", 5), ("a", "end", None)]


def test_a_name_that_no_command_can_carry_costs_that_folder_alone() -> None:
    with source(examine("a", 1), listing(5), body("5", bodies(5) + b"TAG OK done\r\n")) as opened:
        steps = told(read(opened, folder("x\r\ny"), folder("a")))
    assert steps == [("x\r\ny", "refused", ""), ("a", "read", 5), ("a", "end", None)]


def test_words_that_end_like_a_literal_keep_nobody_waiting() -> None:
    with source(Rule("EXAMINE .*", b"TAG NO There is no lit {5}\r\n"), listing()) as opened:
        assert told(read(opened, folder("lit {5}"))) == [("lit {5}", "refused", "NO There is no lit {5}")]
