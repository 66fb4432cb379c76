"""A source that gives UIDs to other messages under the same UIDVALIDITY: nothing is lost by it, nothing doubled.

Courier does so with mail that its user has not seen yet, each time that the folder is opened by EXAMINE.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.support import migrate, plan_between
from tests.servers.faults.fault import Fault
from tests.servers.imap.server import MODERN, OLD, ImapDouble
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tui_migrate.service import open_service

LISTED_EACH_TIME = MODERN.replace(" CONDSTORE", "")


def add(folder: Folder, number: int, uid: int) -> None:
    """A message of a size and a date of its own."""
    octets = b"Subject: %d\r\n\r\n%s\r\n" % (number, b"x" * number)
    folder.add(octets, {"kw"}, date=f"{number:02}-Jan-2020 10:00:00 +0000", uid=uid)
    folder.messages.sort(key=lambda message: message.uid)


def subjects(mailbox: Mailbox) -> list[bytes]:
    """Of the messages in the inbox."""
    return sorted(message.octets.splitlines()[0] for message in mailbox.folder("INBOX").messages)


@pytest.mark.parametrize("capabilities", [LISTED_EACH_TIME, OLD], ids=["modern", "old"])
@pytest.mark.parametrize("gone", [None, 3], ids=["one comes before others", "one goes and one comes"])
def test_other_messages_under_known_uids(tmp_path: Path, gone: int | None, capabilities: str) -> None:
    here, there = Mailbox(), Mailbox()
    inbox = here.folder("INBOX")
    there.folder("INBOX").permanent_flags = ("\\Seen",)
    for number in range(1, 6):
        add(inbox, number, number)
    with ImapDouble(here, capabilities=capabilities) as source, ImapDouble(there) as destination:
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, tmp_path / "data").code == 0
        if gone is None:
            inbox.messages[-1].uid = 6
            add(inbox, 9, 5)
        else:
            del inbox.messages[gone - 1]
            for uid, message in enumerate(inbox.messages, 1):
                message.uid = uid
            add(inbox, 9, 5)
        ended = [migrate(plan, tmp_path / "data") for _ in range(2)]
    assert subjects(there) == [b"Subject: %d" % number for number in (1, 2, 3, 4, 5, 9)]
    with closing(open_service(tmp_path / "data")) as service:
        kept = [(each.what, each.messages) for each in service.passes.remarks()]
    assert kept == [("kw", 6)], "what was copied without its flag stays without it"
    assert [(each.code, each.counts.copied) for each in ended] == [(0, 1), (0, 0)]


class HeaderEndsAtCRs(Fault):
    """The header that is handed out ends at the first line of nothing but CRs, as Courier's does."""

    def fetched(self, message: StoredMessage, items: dict[str, bytes]) -> None:
        end = re.search(rb"\n\r*\n", message.octets)
        if "BODY[HEADER]" in items and end:
            items["BODY[HEADER]"] = b"{%d}\r\n%s" % (end.end(), message.octets[: end.end()])


def test_mail_with_doubled_crs_is_known_again(tmp_path: Path) -> None:
    """A message file that was given CRs by two programs is handed out with CR CR LF, and nothing before its text ends
    with an empty line as RFC 5322 has it."""
    here, there = Mailbox(), Mailbox()
    inbox = here.folder("INBOX")
    octets = b"Subject: 1\r\r\n\r\r\ntext\r\r\n"
    inbox.add(octets, date="01-Jan-2020 10:00:00 +0000", uid=1)
    with (
        ImapDouble(here, [HeaderEndsAtCRs()], capabilities=LISTED_EACH_TIME) as source,
        ImapDouble(there) as destination,
    ):
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, tmp_path / "data").code == 0
        inbox.messages[0].uid = 2
        add(inbox, 9, 1)
        ended = [migrate(plan, tmp_path / "data") for _ in range(2)]
    assert subjects(there) == [b"Subject: 1", b"Subject: 9"]
    assert [(each.code, each.counts.copied) for each in ended] == [(0, 1), (0, 0)]
