"""POP servers that contradict themselves, and the last line end that POP adds to every message, under `verify`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.liars import FIVE, Item, box, imap, kinds, verified
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeReply
from tests.servers.pop.server import PopDouble

DATED = [replace(each, octets=each.octets.replace(b"Date: ", b"Delivery-date: ")) for each in FIVE]
NO_FLAGS = "The source keeps no flags: they were not compared."


def pop(*faults: Fault, items: Sequence[Item] = DATED) -> PopDouble:
    return PopDouble(box({"INBOX": items}), faults)


@pytest.mark.parametrize("words", [(), ("--deep",)], ids=["sizes", "bytes"])
def test_the_last_line_end_of_pop_is_said_once(tmp_path: Path, words: tuple[str, ...]) -> None:
    there = [replace(each, octets=each.octets.removesuffix(b"\r\n")) for each in DATED]
    account = verified(tmp_path, pop(), imap({"INBOX": there}), *words)
    assert (account["same"], kinds(account), account["line_ends"]) == (True, [], 5)
    said = "5 messages are the same but for the last line end, which POP adds: not counted as different."
    assert account["notes"] == [NO_FLAGS, said]


def test_a_pop_mailbox_that_counts_more_than_it_lists(tmp_path: Path) -> None:
    account = verified(tmp_path, pop(ChangeReply(rb"\+OK 5 ", b"+OK 7 ", to="STAT")), imap({"INBOX": DATED}))
    (hidden,) = account["folders"][0]["hidden"]
    numbers = {"STAT": 7, "LIST": 5, "UIDL": 5, "listed": 5}
    assert hidden == {"end": "source", "messages": 2, "uids": [], "numbers": numbers}
    assert account["same"] is False


def test_sizes_that_a_pop_server_reckons_otherwise_are_settled_by_reading(tmp_path: Path) -> None:
    """It counts bare line feeds; one message is really another one."""

    def bare(found: re.Match[bytes]) -> bytes:
        return b"%b %d\r\n" % (found[1], int(found[2]) - 5)

    there = [replace(DATED[0], octets=DATED[0].octets + b"and more\r\n"), *DATED[1:]]
    account = verified(tmp_path, pop(ChangeReply(rb"\b(\d) (\d+)\r\n", bare, to="LIST")), imap({"INBOX": there}))
    assert kinds(account) == [("different", 1, ["size"])]
    assert account["weighed"] == 4
