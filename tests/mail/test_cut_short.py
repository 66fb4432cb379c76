"""Answers that are cut short, with a word (MESSAGELIMIT, RFC 9738) or without: all of it is asked for in the end."""

from __future__ import annotations

import pytest

from tests.mail.reading import LISTING, RECOUNT, again, bodies, body, examine, folder, listing, read, rows, source, told
from tests.servers.scripted import Rule
from tui_migrate.mail.looking import FolderStatus


def test_a_set_that_is_answered_in_part_is_asked_for_until_all_has_come() -> None:
    """Servers that give no more than so many messages at a time, with a word (RFC 9738) or without."""
    rules = [
        examine("a", 5),
        listing(1, 2, 3, 4, 5),
        body("1:5", bodies(4, 5) + b"TAG OK [MESSAGELIMIT 2 4] enough\r\n"),
        body("1:3", bodies(1, 2) + b"TAG OK done\r\n"),
        body("3", bodies(3) + b"TAG OK done\r\n"),
    ]
    with source(*rules) as opened:
        steps = told(read(opened, folder("a")))
    assert sorted(steps, key=repr) == [("a", "end", None), *(("a", "read", uid) for uid in range(1, 6))]


def test_a_set_of_which_nothing_may_be_asked_for_at_once_is_halved() -> None:
    no = b"TAG NO [MESSAGELIMIT 2] too many\r\n"
    rules = [examine("a", 4), listing(1, 2, 3, 4), body("1:4", no)]
    rules += [body(f"{n}:{n + 1}", bodies(n, n + 1) + b"TAG OK done\r\n") for n in (1, 3)]
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [*(("a", "read", uid) for uid in range(1, 5)), ("a", "end", None)]


@pytest.mark.parametrize("first", ["highest", "lowest"])
def test_a_listing_that_is_cut_short_is_gone_on_with(first: str) -> None:
    cuts = {"highest": (rows(7, 9), 7, "1:6,10:\\*"), "lowest": (rows(3, 5), 5, "1:2,6:\\*")}
    came, uid, others = cuts[first]
    left = rows(3, 5) if first == "highest" else rows(7, 9)
    rules = [
        examine("a", 4),
        Rule(LISTING, came + b"TAG OK [MESSAGELIMIT 2 %d] that is all\r\n" % uid),
        again(others, left + b"TAG OK done\r\n"),
        body("3,5,7,9", bodies(3, 5, 7, 9) + b"TAG OK done\r\n"),
    ]
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [*(("a", "read", uid) for uid in (3, 5, 7, 9)), ("a", "end", None)]


def test_a_listing_that_is_too_long_for_the_server_is_halved() -> None:
    told_next = Rule(
        'EXAMINE "a"', b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] yes\r\n* OK [UIDNEXT 9] next\r\nTAG OK done\r\n"
    )
    rules = [
        told_next,
        Rule(LISTING, b"TAG NO [MESSAGELIMIT 1] too many\r\n"),
        again("1:4", rows(3) + b"TAG OK done\r\n"),
        again("5:\\*", rows(8) + b"TAG OK done\r\n"),
        body("3", bodies(3) + b"TAG OK done\r\n"),
        body("8", bodies(8) + b"TAG OK done\r\n"),
    ]
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [("a", "read", 3), ("a", "read", 8), ("a", "end", None)]


def test_a_limit_that_is_announced_is_kept_from_the_beginning() -> None:
    status = FolderStatus(messages=4, uidnext=9, uidvalidity=7)
    rules = [
        examine("a", 4),
        again("1:5", rows(1, 2) + b"TAG OK done\r\n"),
        again("6:\\*", rows(6, 7) + b"TAG OK done\r\n"),
        *(body(f"{n}:{n + 1}", bodies(n, n + 1) + b"TAG OK done\r\n") for n in (1, 6)),
    ]
    with source(*rules, capabilities="MESSAGELIMIT=2") as opened:
        steps = told(read(opened, folder("a", status)))
    assert steps == [*(("a", "read", uid) for uid in (1, 2, 6, 7)), ("a", "end", None)]


def test_what_a_listing_hides_is_found_by_a_search() -> None:
    rules = [
        examine("a", 3),
        listing(3),
        Rule("UID SEARCH ALL", b"* SEARCH 3 6 8\r\nTAG OK done\r\n"),
        again("6,8", rows(6) + b"TAG OK done\r\n"),
        again("8", b"TAG OK done\r\n"),
        *(body(f"{uid}", bodies(uid) + b"TAG OK done\r\n") for uid in (3, 6, 8)),
    ]
    with source(*rules) as opened:
        steps = told(read(opened, folder("a")))
    assert steps == [("a", "read", 3), ("a", "read", 6), ("a", "read", 8), ("a", "end", None)]


def test_what_no_question_shows_is_said_to_be_missing() -> None:
    search = Rule("UID SEARCH ALL", b"* SEARCH 3\r\nTAG OK done\r\n")
    rules = (examine("a", 3), listing(3), search, body("3", bodies(3) + b"TAG OK done\r\n"))
    with source(*rules, RECOUNT) as opened:
        assert told(read(opened, folder("a"))) == [("a", "read", 3), ("a", "missing", 2), ("a", "end", None)]


def test_a_listing_that_is_refused_for_one_message_hides_no_other() -> None:
    no = b"TAG NO [SERVERBUG] cannot size it\r\n"
    rules = [
        examine("a", 2),
        Rule(LISTING, rows(3) + no),
        Rule("UID SEARCH ALL", b"* SEARCH 3 6\r\nTAG OK done\r\n"),
        again("6", no),
        body("3", bodies(3) + b"TAG OK done\r\n"),
        body("6", bodies(6) + b"TAG OK done\r\n"),
    ]
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [("a", "read", 3), ("a", "read", 6), ("a", "end", None)]


def test_a_folder_that_is_not_listed_at_all_is_refused() -> None:
    no = b"TAG NO [NOPERM] not yours\r\n"
    with source(examine("a", 2), Rule(LISTING, no), Rule("UID SEARCH ALL", no)) as opened:
        assert told(read(opened, folder("a"))) == [("a", "refused", "NO [NOPERM] not yours")]
