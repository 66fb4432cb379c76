"""Replies that break the grammar and leave one meaning: it is taken. Where two are left, neither is, and the message is
named."""

from __future__ import annotations

import pytest

from tests.mail.reading import RECOUNT, again, bodies, body, examine, folder, listing, read, rows, source, told
from tests.servers.scripted import Rule
from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.imap.flags import Keeping, appendable
from tui_migrate.mail.imap.walk import BEYOND
from tui_migrate.mail.protocols import FolderRefused, Listed, Read

LISTING = r"UID FETCH 1:\* \(UID FLAGS INTERNALDATE RFC822\.SIZE\)"
DATE = b'INTERNALDATE "01-Jan-2020 10:00:00 +0000"'
INSTANT = 1_577_872_800
DONE = b"TAG OK done\r\n"


def listed(rows_of_two: bytes) -> list[Listed]:
    """What the reader takes from the listing of a folder of two messages, which are handed out."""
    rules = (
        examine("a", 2),
        Rule(LISTING, rows_of_two + DONE),
        body("1:2", bodies(1, 2) + DONE),
        body("1", bodies(1) + DONE),
        body("2", bodies(2) + DONE),
    )
    with source(*rules) as opened:
        seen = [step.message.listed for step in read(opened, folder("a")) if isinstance(step, Read)]
    return sorted(seen, key=lambda each: each.uid)


WHOLE = [Listed(uid, frozenset({"\\Seen"}), b'" 1-Jan-2020 10:00:00 +0000"', INSTANT, 9) for uid in (1, 2)]


@pytest.mark.parametrize(
    "told_so",
    [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 %s)\r\n* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n" % DATE,
        b"* 1 FETCH (UID 1 RFC822.SIZE 9 %s)\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n" % DATE,
        b"* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1)\r\n* 1 FETCH (%s)\r\n* 1 FETCH (RFC822.SIZE 9)\r\n" % DATE,
        b"\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) %s RFC822.SIZE 9)\r\n\r\n\r\n" % DATE,
        b"*  1 FETCH  (UID 1  FLAGS (\\Seen)  %s  RFC822.SIZE 9 ) \r\n" % DATE,
    ],
)
def test_the_items_of_a_message_may_come_in_any_number_of_replies(told_so: bytes) -> None:
    other = told_so.replace(b"* 1 ", b"* 2 ").replace(b"*  1 ", b"*  2 ").replace(b"UID 1", b"UID 2")
    assert listed(told_so + other) == WHOLE


@pytest.mark.parametrize("size", [b"", b" RFC822.SIZE NIL", b" RFC822.SIZE -1", b" RFC822.SIZE 18446744073709551615"])
def test_a_size_that_is_not_told_is_an_unknown_size(size: bytes) -> None:
    row = b"* 2 FETCH (UID 2 FLAGS (\\Seen) %s%s)\r\n" % (DATE, size)
    first, second = listed(rows(1) + row)
    assert (first.size, second.size) == (9, 0)
    assert second.instant == INSTANT


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        (b'"12-Feb-2018 19:50:00 +0300 MSK"', 1518454200),
        (b'"05-Mai-2019 08:00:00 +0200"', 1557036000),
        (b'"2019-05-08T10:33:00Z"', 1557311580),
        (b"01-Jan-2020 10:00:00 +0000", INSTANT),
    ],
)
def test_an_instant_that_is_there_is_kept_whatever_its_form(date: bytes, instant: int) -> None:
    _, second = listed(rows(1) + b"* 2 FETCH (UID 2 FLAGS () INTERNALDATE %s RFC822.SIZE 9)\r\n" % date)
    assert (second.instant, second.odd_date) == (instant, b"")


@pytest.mark.parametrize("date", [b"07-Oct-2012 17:49:28", b"Tue, 31 Dec 2024 23:00:02 +9900"])
def test_a_date_of_which_the_instant_is_not_certain_is_said_to_be_replaced(date: bytes) -> None:
    reply = b'* 2 FETCH (UID 2 FLAGS () INTERNALDATE "%s" RFC822.SIZE 9)\r\n' % date
    rules = (examine("a", 1), Rule(LISTING, reply + DONE), body("2", bodies(2) + DONE))
    with source(*rules) as opened:
        (step, _) = read(opened, folder("a"))
    assert isinstance(step, Read)
    assert step.message.listed.odd_date == date
    assert step.message.date_replaced


NAMELESS = b"* 2 FETCH (UID 0 FLAGS (\\Seen) %s RFC822.SIZE 9)\r\n" % DATE


def test_a_message_without_a_uid_is_counted_and_the_others_are_read() -> None:
    search = Rule("UID SEARCH ALL", b"* SEARCH 1\r\n" + DONE)
    rules = (examine("a", 2), Rule(LISTING, rows(1) + NAMELESS + DONE), search, body("1", bodies(1) + DONE))
    with source(*rules, RECOUNT) as opened:
        steps = [*opened.read([folder("a")], lambda listing: listing.messages)]
    assert told(steps) == [("a", "read", 1), ("a", "missing", 1), ("a", "end", None)]
    assert "under no UID" in str([getattr(step, "error", "") for step in steps])


def test_a_message_whose_uid_a_search_knows_alone_is_read() -> None:
    rules = (
        examine("a", 2),
        Rule(LISTING, rows(1) + NAMELESS + DONE),
        Rule("UID SEARCH ALL", b"* SEARCH 1 2\r\n" + DONE),
        again("2", NAMELESS + DONE),
        body("1", bodies(1) + DONE),
        body("2", bodies(2) + DONE),
    )
    with source(*rules) as opened:
        read_ = [step.message.listed for step in read(opened, folder("a")) if isinstance(step, Read)]
    assert read_ == WHOLE


@pytest.mark.parametrize("uid", [4_294_967_296, (1 << 63) - 1])
def test_uids_beyond_32_bits_are_uids(uid: int) -> None:
    with source(examine("a", 1), listing(uid), body(str(uid), bodies(uid) + DONE)) as opened:
        assert told(read(opened, folder("a"))) == [("a", "read", uid), ("a", "end", None)]


def one_body(*replies: bytes) -> list[tuple[str, str, object]]:
    rules = (examine("a", 1), listing(5), body("5", b"".join(replies) + DONE), again("5:6", rows(5) + DONE))
    with source(*rules) as opened:
        return told(read(opened, folder("a")))


@pytest.mark.parametrize(
    "reply",
    [
        b"* 1 FETCH (UID 5 BODY[] {8}\r\nbody 5\r\n\r\n)\r\n",
        b"* 1 FETCH (UID 5 BODY[] {8}\r\nbody 5\r\n\r\n\r\n FLAGS (\\Seen))\r\n",
        b"\r\n\r\n* 1 FETCH (UID 5 BODY[] {8}\r\nbody 5\r\n)\r\n\r\n",
        b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n* 1 FETCH (UID 5)\r\n* 1 FETCH (UID 5 BODY[] {8}\r\nbody 5\r\n)\r\n",
        b"* 1 FETCH (UID 5)\r\n* 1 FETCH (BODY[] {8}\r\nbody 5\r\n)\r\n",
        b"* 1 FETCH (BODY[] {8}\r\nbody 5\r\n)\r\n* 1 FETCH (UID 5)\r\n",
        b"* 1 FETCH (BODY[] {8}\r\nbody 5\r\n)\r\n",
    ],
)
def test_a_body_is_read_whatever_stands_around_it(reply: bytes) -> None:
    assert one_body(reply) == [("a", "read", 5), ("a", "end", None)]


def test_of_two_bodies_without_a_uid_neither_is_taken() -> None:
    """They are asked for again alone, where only one message can be meant."""
    nameless = bodies(1).replace(b"UID 1 ", b"") + bodies(2).replace(b"UID 2 ", b"").replace(b"* 1 ", b"* 2 ")
    rules = (
        examine("a", 2),
        listing(1, 2),
        body("1:2", nameless + DONE),
        again("1:3", rows(1, 2) + DONE),
        body("1", bodies(1).replace(b"UID 1 ", b"") + DONE),
        body("2", bodies(2).replace(b"UID 2 ", b"") + DONE),
    )
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [("a", "read", 1), ("a", "read", 2), ("a", "end", None)]


@pytest.mark.parametrize(
    "reply",
    [
        b"* 1 FETCH (UID 5 BODY[] {4}\r\nbody 5\r\n)\r\n",
        b"* 1 FETCH (UID 5 BODY[] {99999999999999}\r\nbody 5\r\n)\r\n",
        b"* 1 FETCH (UID 5 BODY[] {8}\r\nbody 5\r\nT99 (\r\n",
    ],
)
def test_a_reply_that_cannot_be_read_is_said_to_be_that_messages(reply: bytes) -> None:
    rules = (examine("a", 3), listing(4, 5, 6), body("4:6", bodies(4) + reply + bodies(6) + DONE))
    with source(*rules) as opened:
        with pytest.raises(ProtocolViolation):
            read(opened, folder("a"))
        assert opened.died_at() == (b"a", 5)


def test_words_without_end_stay_outside() -> None:
    flags = b"\\Seen " + b"x" * 100_000 + b" " + b" ".join(b"k%d" % number for number in range(5000))
    _, second = listed(rows(1) + b"* 2 FETCH (UID 2 FLAGS (%s) %s RFC822.SIZE 9)\r\n" % (flags, DATE))
    assert "\\Seen" in second.flags
    assert len(second.flags) <= 2001
    assert max(map(len, second.flags)) < 300
    assert appendable(second.flags, Keeping())[1] == (BEYOND.decode(),)  # named like what is not kept
    words = b"TAG NO [X] " + b"long" * 100_000 + b"\0\r\n"
    with source(Rule("EXAMINE .*", words), listing()) as opened:
        (refused,) = read(opened, folder("a"))
    assert isinstance(refused, FolderRefused)
    assert len(refused.error.server_words) < 70_000
    with source(Rule("EXAMINE .*", b"TAG NO a\0b\r\n"), listing()) as opened:
        (refused,) = read(opened, folder("a"))
    assert isinstance(refused, FolderRefused)
    assert "\0" not in refused.error.server_words
