"""Servers that say one thing to a copy and another to who asks again: `verify` and `check` ask again, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.liars import BOX, FIVE, PLAIN, Item, asked, box, checked, imap, item, kinds, result, verified
from tests.servers.faults.commands import RefusePipelining
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeItem, ChangeReply, HideFromList, MessageLimit, ShortFetch
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.loopback_server import Chunk
from tests.servers.session import Command, Session

FOUR = [each for each in FIVE if each.uid != 3]

# Folders


@pytest.mark.parametrize("hides", ["LIST .*RETURN", "LIST"], ids=["the extended listing", "every listing"])
def test_a_folder_that_the_listing_hides_is_compared(tmp_path: Path, hides: str) -> None:
    source = imap({**BOX, "Work": [item(11), item(12)]}, HideFromList({"Work"}, to=hides))
    account = verified(tmp_path, source, imap(BOX))
    assert (account["folders"][1]["source"], account["folders"][1]["folder_missing"]) == ("Work", True)
    assert kinds(account) == [("missing", 11, []), ("missing", 12, [])]


LONG_ONES = r'(LIST|LSUB) "" "\*"'
"""Listings that a copy goes by."""


@pytest.mark.parametrize("capabilities", [MODERN, PLAIN], ids=["modern", "plain"])
def test_a_folder_that_no_long_listing_shows_is_found_and_named(tmp_path: Path, capabilities: str) -> None:
    hides = HideFromList({"Work"}, to=LONG_ONES)
    source = imap({**BOX, "Work": [item(11), item(12)]}, hides, capabilities=capabilities)
    account = verified(tmp_path, source, imap(BOX))
    work = account["folders"][1]
    assert (work["source"], work["folder_missing"], work["found_by"]) == ("Work", True, "LIST by level")
    assert kinds(account) == [("missing", 11, []), ("missing", 12, [])]
    assert account["notes"] == ["Not in the source's own listing, but shown by LIST by level: Work."]


def test_a_folder_below_another_is_found_level_by_level(tmp_path: Path) -> None:
    hides = HideFromList({"Work/Deep"}, to=LONG_ONES)
    source = imap({**BOX, "Work": [], "Work/Deep": [item(11)]}, hides, capabilities=PLAIN)
    assert kinds(verified(tmp_path, source, imap({**BOX, "Work": []}))) == [("missing", 11, [])]


def test_inbox_exists_whatever_the_listing_says(tmp_path: Path) -> None:
    source = imap({**BOX, "Work": []}, HideFromList({"INBOX"}, to="LIST|LSUB"))
    account = verified(tmp_path, source, imap({"INBOX": FIVE[1:], "Work": []}))
    assert kinds(account) == [("missing", 1, [])]


def test_a_folder_at_the_destination_that_its_listing_hides_is_not_called_missing(tmp_path: Path) -> None:
    folders = {**BOX, "Work": [item(11)]}
    there = imap(folders, HideFromList({"Work"}, to=LONG_ONES))
    assert verified(tmp_path, imap(folders), there)["same"] is True


def test_the_folders_of_others_and_dead_subscriptions_are_nobodys_loss(tmp_path: Path) -> None:
    """By whole components: `#Publications` is the user's own, `#Public` is not."""
    others = {"#Users/bert": [item(21)], "#Public": [item(22)], "#Public/x": [item(23)], "#Publications": [item(24)]}
    mine = box({**BOX, **others})
    mine.namespaces = '(("" "/")) (("#Users/" "/")) (("#Public" NIL))'
    mine.subscriptions.add("Dead")
    account = verified(tmp_path, ImapDouble(mine, [HideFromList({*others}, to="LIST")]), imap(BOX))
    assert [folder["source"] for folder in account["folders"]] == ["INBOX", "#Publications"]
    assert kinds(account) == [("missing", 24, [])]


def test_an_extra_empty_folder_is_told_and_is_no_difference(tmp_path: Path) -> None:
    account = verified(tmp_path, imap(BOX), imap({**BOX, "Theirs": []}))
    assert account["same"] is True
    assert account["notes"] == ["Only at the destination, and empty: Theirs."]
    assert account["folders"][1]["destination"] == "Theirs"


def test_what_a_listing_says_and_nobody_can_read_is_in_doubt(tmp_path: Path) -> None:
    """There may be a folder that is not compared."""
    odd = ChangeReply(rb'(\* LIST .*"INBOX"\r\n)', rb'\1* LIST () "/" "un"finished\r\n', to="LIST")
    account = verified(tmp_path, imap(BOX, odd), imap(BOX))
    assert (account["same"], kinds(account)) == (False, [])
    assert len(account["doubts"]) == 1
    code, text = asked(tmp_path, imap(BOX, odd), imap(BOX), "verify")
    assert code == 1
    assert "in doubt: " in text
    assert "in doubt" in result(checked(tmp_path, imap(BOX, odd), roomy()), "folder names")[1]


# Messages

HIDDEN = ShortFetch(uids={3}, items="RFC822.SIZE")
TAKEN_FOR_ANOTHER = ChangeReply(rb"UID 3 (?=.*RFC822\.SIZE)", b"UID 2 ", to="UID FETCH")


@pytest.mark.parametrize("fault", [HIDDEN, TAKEN_FOR_ANOTHER], ids=["left out", "another twice"])
def test_a_message_that_is_found_and_not_listed_is_named(tmp_path: Path, fault: Fault) -> None:
    account = verified(tmp_path, imap(BOX, fault), imap({"INBOX": FOUR}))
    (hidden,) = account["folders"][0]["hidden"]
    numbers = {"STATUS": 5, "EXAMINE": 5, "SEARCH": 5, "listed": 4}
    assert hidden == {"end": "source", "messages": 1, "uids": [3], "numbers": numbers}
    assert kinds(account) == [("missing", 3, [])], "it can be read all the same"
    _, text = asked(tmp_path, imap(BOX, fault), imap({"INBOX": FOUR}), "verify")
    words = "not listed: 1 message that a server says it holds"
    assert f"{words} (source: STATUS 5, EXAMINE 5, SEARCH 5, listed 4; UID 3)" in text


def test_a_message_that_is_found_and_not_listed_is_compared(tmp_path: Path) -> None:
    account = verified(tmp_path, imap(BOX, HIDDEN), imap(BOX))
    assert kinds(account) == [("different", 3, ["not told"])]
    nowhere = ShortFetch(uids={3})
    assert kinds(verified(tmp_path, imap(BOX, nowhere), imap({"INBOX": FOUR}))) == [("not handed out", 3, [])]


def test_a_server_that_takes_one_command_at_a_time_is_compared(tmp_path: Path) -> None:
    assert verified(tmp_path, imap(BOX, RefusePipelining()), imap(BOX, RefusePipelining()))["same"] is True


def test_a_check_of_a_server_that_takes_one_command_at_a_time(tmp_path: Path) -> None:
    assert checked(tmp_path, imap(BOX, RefusePipelining()), roomy())["load"]["messages"] == 5


def test_a_number_of_messages_that_is_more_than_can_be_found(tmp_path: Path) -> None:
    source = imap(BOX, ChangeReply(rb"\* 5 EXISTS", b"* 7 EXISTS", to="EXAMINE"))
    account = verified(tmp_path, source, imap(BOX))
    assert (account["same"], account["folders"][0]["unlisted"]) == (False, 2)
    assert account["folders"][0]["hidden"][0]["numbers"]["EXAMINE"] == 7


def test_one_uid_for_two_messages_is_a_contradiction(tmp_path: Path) -> None:
    twofold = ChangeReply(rb"(\* 3 FETCH .*RFC822\.SIZE )(\d+)(\)\r\n)", rb"\1\2\3\g<1>1\3", to="UID FETCH")
    account = verified(tmp_path, imap(BOX, twofold), imap(BOX))
    assert account["folders"][0]["doubts"] == ["source: UID 3 is listed twice, and not as the same message"]
    assert account["same"] is False


def test_one_message_in_several_replies_is_one_message(tmp_path: Path) -> None:
    row = rb"(\* \d+ FETCH \(UID \d+ )(FLAGS \(.*?\) INTERNALDATE \".*?\") (RFC822\.SIZE \d+\)\r\n)"
    in_parts = ChangeReply(row, rb"\1\2)\r\n\1\3\1\2 \3", to="UID FETCH")
    assert verified(tmp_path, imap(BOX, in_parts), imap(BOX))["same"] is True


class Cutting(MessageLimit):
    """Deals with two messages at a time, in SEARCH too."""

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        return super().told(session, command, reply.replace(b" ALL 1:5", b" ALL 4:5"))


def test_answers_that_are_cut_short_are_asked_for_in_parts(tmp_path: Path) -> None:
    for words in ((), ("--deep",)):
        assert verified(tmp_path, imap(BOX, Cutting(2)), imap(BOX), *words)["same"] is True
    account = verified(tmp_path, imap(BOX, Cutting(2)), imap({"INBOX": FIVE[1:]}))
    assert kinds(account) == [("missing", 1, [])]


# What is not told


@pytest.mark.parametrize("words", [(), ("--deep",)], ids=["headers", "octets"])
def test_messages_that_were_not_asked_for_are_no_reason_to_ask_on(tmp_path: Path, words: Sequence[str]) -> None:
    """As of a server that gives other UIDs each time that the folder is opened. Forty times are not for ever."""
    fresh = iter(range(1000, 1040))
    renumbered = ChangeReply(rb"UID (\d+)", lambda found: b"UID %d" % next(fresh, int(found[1])), to="UID FETCH .*BODY")
    account = verified(tmp_path, imap(BOX), imap(BOX, renumbered), *words)
    assert (account["same"], account["unread"]) == (False, 5)


def test_where_sizes_are_not_told_the_octets_are_read(tmp_path: Path) -> None:
    sizeless = ChangeItem("RFC822.SIZE", b"-1")
    account = verified(tmp_path, imap(BOX, sizeless), imap(BOX))
    assert account["same"] is True
    assert account["notes"] == [
        "5 messages are the same byte for byte, though one end tells another size or header, or none."
    ]
    account = verified(tmp_path, imap(BOX, sizeless), imap({"INBOX": [item(1, "hell"), *FIVE[1:4]]}))
    assert kinds(account) == [("missing", 5, []), ("different", 1, ["size"])]


@pytest.mark.parametrize(
    ("date", "there", "differs"),
    [
        ("01-Jan-1970 00:00:00 +0000", "29-Nov-2026 00:00:00 +0000", ["date"]),
        ("31-Dec-1969 23:00:00 +0000", "29-Nov-2026 00:00:00 +0000", ["date"]),
        ("01-Jan-1970 00:00:00 +0000", "31-Dec-1969 23:00:00 -0100", []),
        ("yesterday", "13-Sep-2020 12:26:40 +0000", ["not told"]),
    ],
)
def test_dates(tmp_path: Path, date: str, there: str, differs: list[str]) -> None:
    mine, theirs = (imap({"INBOX": [item(1, date=each)]}) for each in (date, there))
    assert kinds(verified(tmp_path, mine, theirs)) == ([("different", 1, differs)] if differs else [])


def test_a_destination_that_stores_other_dates_and_drops_keywords(tmp_path: Path) -> None:
    mine = [item(1, flags="\\Seen Work", date="13-Sep-2019 12:26:40 +0000"), item(2, flags="\\Flagged")]
    there = box({"INBOX": [item(1), item(2, flags="")]})
    there.folder("INBOX").permanent_flags = ("\\Seen",)
    account = verified(tmp_path, imap({"INBOX": mine}), ImapDouble(there))
    assert kinds(account) == [("different", 1, ["flags not kept", "date"]), ("different", 2, ["flags not kept"])]
    assert (account["flags_not_kept"], account["date"]) == (2, 1)
    assert (account["whole"], account["same"]) == (True, False)


def test_the_strict_end_with_1_for_what_was_not_kept(tmp_path: Path) -> None:
    there = box({"INBOX": [item(1, flags="")]})
    there.folder("INBOX").permanent_flags = ("\\Seen",)
    servers = imap({"INBOX": [item(1, flags="Work")]}), ImapDouble(there)
    code, text = asked(tmp_path, *servers, "verify", "--strict")
    assert (code, "All mail is at both ends." in text) == (1, True), text


# Headers


def test_a_destination_that_rewrites_headers_has_neither_lost_nor_added_mail(tmp_path: Path) -> None:
    theirs = [replace(each, octets=b"X-Scanned: yes\r\n" + each.octets) for each in FIVE[1:]]
    account = verified(tmp_path, imap(BOX), imap({"INBOX": theirs}))
    assert kinds(account) == [("missing", 1, []), *(("different", uid, ["header"]) for uid in range(2, 6))]
    assert (account["missing"], account["extra"], account["header"], account["size"]) == (1, 0, 4, 0)


def test_8_bit_octets_of_a_header_that_a_destination_has_crossed_out_are_known(tmp_path: Path) -> None:
    def of(name: bytes) -> Item:
        return item(1, octets=b"From: " + name + b"\r\nMessage-ID: <1@old>\r\n\r\nhello\r\n")

    account = verified(tmp_path, imap({"INBOX": [of("Müller".encode())]}), imap({"INBOX": [of(b"MXXller")]}))
    assert (account["missing"], account["extra"]) == (0, 0)
    assert "size" not in str(kinds(account)), "the octets are as many"


def test_a_header_that_is_not_that_of_the_message_says_nothing(tmp_path: Path) -> None:
    other = ChangeReply(rb"Subject: mail", b"Subject: male", to="UID FETCH .*HEADER")
    for words in ((), ("--deep",)):
        assert verified(tmp_path, imap(BOX), imap(BOX, other), *words)["same"] is True
    account = verified(tmp_path, imap(BOX), imap({"INBOX": FIVE[1:]}, other), "--deep")
    assert kinds(account) == [("missing", 1, [])]


# Before the start


def roomy() -> ImapDouble:
    """A destination with a quota and a limit for a message."""
    there = box({})
    there.quota = 100
    return ImapDouble(there, capabilities=f"{MODERN} APPENDLIMIT=4000")


def test_a_check_counts_folders_that_the_listing_hides_and_names_them(tmp_path: Path) -> None:
    source = imap({**BOX, "Work": [item(11)]}, HideFromList({"Work"}, to=LONG_ONES))
    account = checked(tmp_path, source, roomy())
    assert account["load"]["messages"] == 6
    said = "1 not in the source's own listing, but shown by LIST by level (Work)."
    assert result(account, "folder names")[:2] == ("warning", said)
    assert account["folders"] == 1


def test_a_check_says_what_is_counted_and_not_listed(tmp_path: Path) -> None:
    """Then nobody knows that all of it fits."""
    account = checked(tmp_path, imap(BOX, HIDDEN), roomy())
    assert (account["load"]["messages"], result(account, "quota")[0]) == (5, "unknown")
    assert result(account, "message size")[1] == "The source does not tell how large 1 message is."
    account = checked(tmp_path, imap(BOX, ChangeReply(b"ALL 1:5", b"ALL 1:8", to="UID SEARCH")), roomy())
    assert result(account, "folder names") == (
        "warning",
        "1 cannot be read in full (INBOX: 8 messages are said to be there, 5 are listed).",
        "STATUS 5, EXAMINE 5, SEARCH 8",
    )
    assert (account["load"], result(account, "quota")[0]) == (None, "unknown")
