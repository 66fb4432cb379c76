"""When refusals are the messages' own, and when the server is ill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.support import migrate, plain, write_plan
from tests.servers.faults.commands import RefuseCommand
from tests.servers.imap.server import OLD, ImapDouble, ImapSession
from tests.servers.imap.syntax import Refusal
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tui_migrate.engine.copying.outage import Outage
from tui_migrate.errors import MessageRefused
from tui_migrate.timing import Timing

ILL = MessageRefused("no", server_words="NO [SERVERBUG] Internal error 4711", own=False)


def note(failed: list[int], number: int) -> Callable[[], None]:
    return lambda: failed.append(number)


def test_a_few_in_a_row_are_an_outage_and_no_failures() -> None:
    outage, failed = Outage("destination", 3, 4), list[int]()
    found = [outage.refused(n, ILL, note(failed, n)) for n in range(3)]
    assert [each is None for each in found] == [True, True, False]
    assert (failed, outage.lasts) == ([], True)
    assert outage.refused(9, ILL, note(failed, 9)) is not None, "the next one is tried alone"
    outage.took()
    assert (failed, outage.lasts) == ([], False)


def test_a_single_one_among_those_that_are_taken_is_its_own_fault() -> None:
    outage, failed = Outage("destination", 3, 4), list[int]()
    assert outage.refused(1, ILL, note(failed, 1)) is None
    assert outage.refused(2, ILL, note(failed, 2)) is None
    assert failed == []
    outage.took()
    assert failed == [1, 2]


def test_what_is_refused_again_while_others_were_taken_is_its_own_fault() -> None:
    outage, failed = Outage("destination", 3, 4), list[int]()
    for number in range(3):
        outage.refused(number, ILL, note(failed, number))
    outage.took(5)
    assert [outage.refused(number, ILL, note(failed, number)) for number in range(3)] == [None] * 3
    assert failed == [0, 1, 2]


def test_a_message_is_given_up_in_the_end() -> None:
    outage, failed = Outage("destination", 1, 3), list[int]()
    assert [outage.refused(1, ILL, note(failed, 1)) is None for _ in range(3)] == [False, False, True]
    assert failed == [1]


def test_a_fault_that_the_server_names_is_the_message_s() -> None:
    outage, failed = Outage("destination", 1, 4), list[int]()
    virus = MessageRefused("no", server_words="NO virus", own=True)
    assert [outage.refused(n, virus, note(failed, n)) for n in range(5)] == [None] * 5
    assert failed == [0, 1, 2, 3, 4]


def test_messages_that_have_failed_before_are_no_outage() -> None:
    """However many are refused again. Others that are refused with them are one, and then none is given up."""
    outage, failed = Outage("destination", 3, 4), list[int]()
    assert [outage.refused(n, ILL, note(failed, n), failed=True) for n in range(9)] == [None] * 9
    outage.over()
    assert failed == [*range(9)]
    outage, failed = Outage("destination", 3, 4), list[int]()
    found = [outage.refused(n, ILL, note(failed, n), failed=n < 5) for n in range(8)]
    assert [each is not None for each in found] == [False] * 7 + [True]
    assert failed == []


def test_what_is_open_at_the_end_is_a_failure() -> None:
    outage, failed = Outage("destination", 3, 4), list[int]()
    outage.refused(1, ILL, note(failed, 1))
    outage.over()
    assert failed == [1]


class Picky(ImapSession):
    """Refuses what is marked."""

    def admit(self, folder: Folder, messages: list[StoredMessage]) -> None:
        if any(b"bad" in message.octets for message in messages):
            raise Refusal("NO [SERVERBUG] Internal error")


@pytest.mark.parametrize(
    "words", [b"NO [SERVERBUG] Internal error", b"NO System I/O error", b"NO Server Unavailable. 15"]
)
def test_an_outage_of_the_destination_costs_no_message(tmp_path: Path, words: bytes) -> None:
    """Twelve refusals one after the other, then it is well again."""
    old, new = Mailbox(), Mailbox()
    for number in range(40):
        old.folder("INBOX").add(b"Subject: %d\r\n\r\nx\r\n" % number)
    with ImapDouble(old) as source, ImapDouble(new, faults=[RefuseCommand("APPEND", times=12, reply=words)]) as there:
        plan = write_plan(tmp_path, plain(source.port), plain(there.port), ["user"])
        ended = migrate(plan, tmp_path / "data", Timing(throttle_first=0.01))
    assert (ended.code, ended.failures, ended.counts.copied) == (0, [], 40), ended
    assert new.octets() == old.octets()


def test_a_few_messages_that_are_always_refused_do_not_keep_the_others_waiting(tmp_path: Path) -> None:
    old, new = Mailbox(), Mailbox()
    for number in range(40):
        mark = b"bad" if number in (0, 1, 2, 3, 20) else b"good"
        old.folder("INBOX").add(b"Subject: %s %d\r\n\r\n%s\r\n" % (mark, number, mark * 100))

    with ImapDouble(old) as source, ImapDouble(new, session=Picky) as there:
        plan = write_plan(tmp_path, plain(source.port), plain(there.port), ["user"])
        ended = migrate(plan, tmp_path / "data", Timing(throttle_first=0.01))
    assert (ended.code, ended.counts.copied, len(ended.failures)) == (1, 35, 5), ended
    assert {each.server_words for each in ended.failures} == {"NO [SERVERBUG] Internal error"}


def test_another_run_does_not_wait_for_messages_that_are_refused_each_time(tmp_path: Path) -> None:
    """Nothing else is new, so nothing is taken between them: each is tried once, and stays a failure."""
    old, new, refused = Mailbox(), Mailbox(), list[bytes]()

    class Counting(ImapSession):
        def admit(self, folder: Folder, messages: list[StoredMessage]) -> None:
            refused.extend(each.octets for each in messages if b"bad" in each.octets)
            if any(b"bad" in each.octets for each in messages):
                raise Refusal("NO APPEND [TRYCREATE] failed")

    for number in range(20):
        mark = b"bad" if number % 4 == 0 else b"good"
        old.folder("INBOX").add(b"Subject: %s %d\r\n\r\nx\r\n" % (mark, number))
    with ImapDouble(old) as source, ImapDouble(new, session=Counting, capabilities=OLD) as there:
        plan = write_plan(tmp_path, plain(source.port), plain(there.port), ["user"])
        first = migrate(plan, tmp_path / "data", Timing(throttle_first=0.01))
        assert (first.code, first.counts.copied, len(first.failures)) == (1, 15, 5), first
        refused.clear()
        second = migrate(plan, tmp_path / "data", Timing(throttle_first=0.01))
    assert (second.code, second.counts.copied, len(second.failures)) == (1, 0, 5), second
    assert sorted(refused) == sorted(each.octets for each in old.folder("INBOX").messages if b"bad" in each.octets)
