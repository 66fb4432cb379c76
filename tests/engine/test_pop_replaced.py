"""Whole runs from POP servers that answer with something else than a message, or than a yes or a no."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.support import Ended, migrate, plan_between
from tests.servers.faults.commands import RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.pop import NoticeForUtf8
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import USUAL, PopDouble
from tui_migrate.timing import Timing

SOON = Timing(longest_wait=0.05, throttle_first=0.05, longest_throttle=0.05)


def filled() -> Mailbox:
    mailbox = Mailbox()
    for number in range(6):
        subject = f"Grüße {number}" if number % 2 else f"greetings {number}"
        mailbox.folder("INBOX").add(f"Message-ID: <{number}>\r\nSubject: {subject}\r\n\r\ntext {number}\r\n".encode())
    return mailbox


def moved(folder: Path, old: Mailbox, new: Mailbox, *faults: Fault, utf8: bool = True) -> Ended:
    """One run into `new`."""
    capabilities = (*USUAL, "UTF8 USER") if utf8 else USUAL
    with PopDouble(old, faults, capabilities=capabilities) as source, ImapDouble(new) as target:
        return migrate(plan_between(folder, source, target), folder / "data", SOON)


def test_mail_with_8_bit_headers_comes_as_it_is_where_it_can_be_asked_for(tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    ended = moved(tmp_path, old, new, NoticeForUtf8())
    assert (ended.code, ended.failures) == (0, []), str(ended)
    assert new.octets() == old.octets()


def test_a_notice_in_its_place_is_not_copied_and_named_and_the_mail_comes_later(tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    plain = [message.octets for message in old.folder("INBOX").messages if message.octets.isascii()]
    ended = moved(tmp_path, old, new, NoticeForUtf8(), utf8=False)
    assert (ended.code, ended.counts.copied, ended.counts.failed) == (1, 3, 3), str(ended)
    assert sorted(message.octets for message in new.folder("INBOX").messages) == plain
    assert [failure.uid for failure in ended.failures] == [2, 4, 6]
    assert all("another text, “this message cannot be shown”" in each.sentence for each in ended.failures)
    ended = moved(tmp_path, old, new, NoticeForUtf8())
    assert (ended.code, ended.counts.copied, ended.failures) == (0, 3, []), str(ended)
    assert new.octets() == old.octets()


@pytest.mark.parametrize("command", ["PASS", "LIST", "RETR"])
def test_an_error_of_the_servers_own_is_a_failure_with_its_words_and_tried_later(tmp_path: Path, command: str) -> None:
    words = "+ERR Server error: Failed to fetch messages in Inbox."
    old, new = filled(), Mailbox()
    kept = [each for each in USUAL if command != "PASS" or not each.startswith("SASL")]
    with PopDouble(old, capabilities=kept) as source, ImapDouble(new) as target:
        plan = plan_between(tmp_path, source, target)
        source.faults.append(RefuseCommand(command, reply=words.encode()))
        ended = migrate(plan, tmp_path / "data", SOON)
        assert ended.code == 1, str(ended)
        (first, *_) = ended.failures
        assert words in first.server_words, str(ended)
        assert "refused the login" not in first.sentence
        assert "does not answer as" not in first.sentence
        assert len(source.said(command)) > 1, "it was not tried again"
        source.faults.clear()
        ended = migrate(plan, tmp_path / "data", SOON)
    assert (ended.code, ended.failures) == (0, []), str(ended)
    assert new.octets() == old.octets()


@pytest.mark.parametrize("command", ["AUTH", "STAT", "UIDL"])
def test_where_there_is_a_second_way_it_is_taken(tmp_path: Path, command: str) -> None:
    old, new = filled(), Mailbox()
    ended = moved(tmp_path, old, new, RefuseCommand(command, reply=b"+ERR Server error: no such thing here"))
    assert (ended.code, ended.failures) == (0, []), str(ended)
    assert new.octets() == old.octets()


def test_what_a_server_has_taught_is_kept(tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    with PopDouble(old, [RefuseCommand("UIDL", reply=b"-ERR Unknown command")]) as source, ImapDouble(new) as target:
        plan = plan_between(tmp_path, source, target)
        for copied in (6, 0):
            assert migrate(plan, tmp_path / "data", SOON).counts.copied == copied
        assert len(source.said("UIDL")) == 2  # once more alone, and never in the second run
    assert new.octets() == old.octets()
