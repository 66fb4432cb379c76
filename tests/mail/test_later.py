"""A server that asks for patience has not said that something is not there, is all, or is not known: IMAP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.mail.reading import LISTING, again, bodies, body, examine, folder, listing, read, rows, source, told
from tests.servers.faults.commands import RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeReply, HideFromList, ShortFetch
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.ports import HOST
from tests.servers.scripted import Rule
from tui_migrate.errors import FolderNotMade, MailError, NameRefused
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.protocols import MailDestination, MailSource, NewFolder, Opened, Role
from tui_migrate.model import ImapServer, Login, Secret, Security

LOGIN = Login("user", Secret("secret"))
OLDER = "IMAP4rev1 AUTH=PLAIN NAMESPACE"
LATER = b"NO [UNAVAILABLE] later"
ILL = [b"NO [SERVERBUG] internal error", b"NO System I/O error", b"NO Server is busy, please try again"]


def mailbox(*names: str, prefix: str = "") -> Mailbox:
    made = Mailbox(delimiter="." if prefix else "/", prefix=prefix)
    for name in names:
        made.add_named(name)
    for number in range(5):
        made.folder("INBOX").add(b"Subject: %d\r\n\r\nx\r\n" % number)
    return made


@contextmanager
def at_source(
    mail: Mailbox, *faults: Fault, capabilities: str = MODERN, lessons: Lessons | None = None
) -> Iterator[MailSource]:
    with ImapDouble(mail, faults, capabilities=capabilities) as server:
        there = ImapServer(HOST, security=Security.NONE, port=server.port)
        with closing(open_source(there, LOGIN, lessons=lessons)) as opened:
            yield opened


@contextmanager
def at_destination(
    mail: Mailbox, *faults: Fault, capabilities: str = MODERN, lessons: Lessons | None = None
) -> Iterator[MailDestination]:
    with ImapDouble(mail, faults, capabilities=capabilities) as server:
        there = ImapServer(HOST, security=Security.NONE, port=server.port)
        with closing(open_destination(there, LOGIN, lessons=lessons)) as opened:
            yield opened


@contextmanager
def asked_for_patience() -> Iterator[None]:
    with pytest.raises(MailError) as refused:
        yield
    assert refused.value.retry


# What lies in a folder


@pytest.mark.parametrize("reply", [LATER, b"NO [SERVERBUG] internal error"])
def test_what_a_short_listing_leaves_out_is_not_absent_because_no_search_is_answered(reply: bytes) -> None:
    faults = ShortFetch(most=2), RefuseCommand("UID SEARCH", reply=reply)
    with at_destination(mailbox(), *faults) as opened, pytest.raises(MailError):
        opened.look().listing(b"INBOX")


def test_what_has_not_come_is_not_gone_because_it_is_listed_again_in_part() -> None:
    rules = [
        examine("a", 3),
        listing(1, 2, 3),
        body("1:3", b"TAG OK done\r\n"),
        again("1:4", rows(1) + b"TAG OK done\r\n"),
        again("2:3", rows(2, 3) + b"TAG OK done\r\n"),
        *(body(str(uid), bodies(uid) + b"TAG OK done\r\n") for uid in (1, 2, 3)),
    ]
    with source(*rules) as opened:
        assert told(read(opened, folder("a"))) == [*(("a", "read", uid) for uid in (1, 2, 3)), ("a", "end", None)]


def test_flags_and_dates_are_asked_for_one_by_one_where_those_of_several_messages_are_refused() -> None:
    no = b"TAG NO [SERVERBUG] internal error\r\n"
    rules = [
        examine("a", 2),
        Rule(LISTING, no),
        Rule("UID SEARCH ALL", b"* SEARCH 1 2\r\nTAG OK done\r\n"),
        again("1:2", no),
        again("1", rows(1) + b"TAG OK done\r\n"),
        again("2", no),
        body("1", bodies(1) + b"TAG OK done\r\n"),
        body("2", bodies(2) + b"TAG OK done\r\n"),
    ]
    with source(*rules) as opened:
        steps = read(opened, folder("a"))
    assert told(steps) == [("a", "read", 1), ("a", "read", 2), ("a", "end", None)]
    assert [bool(step.message.listed.flags) for step in steps if hasattr(step, "message")] == [True, False]


def test_a_folder_that_does_not_tell_how_much_it_holds_is_not_taken_to_be_empty() -> None:
    with at_destination(mailbox(), ChangeReply(rb"\* \d+ EXISTS\r\n", b"", to="SELECT")) as opened:
        opened.tree()
        result = opened.prepare([NewFolder(b"INBOX", "INBOX", create=False, subscribe=False)])[b"INBOX"]
    assert isinstance(result, Opened)
    assert result.messages


# Which folders there are


@pytest.mark.parametrize("reply", [b"NO Server busy, try again later", b"NO [THROTTLED] slow down"])
def test_a_subscribed_folder_that_opens_later_is_not_gone(reply: bytes) -> None:
    faults = HideFromList({"Projects"}), RefuseCommand('(STATUS|EXAMINE) "Projects"', reply=reply)
    with at_source(mailbox("Projects"), *faults, capabilities=OLDER) as opened, asked_for_patience():
        opened.tree()


@pytest.mark.parametrize("reply", [LATER, b"NO [SERVERBUG] oops", b"NO System I/O error"])
def test_a_folder_that_one_list_says_can_be_opened_is_named_when_it_cannot_be_now(reply: bytes) -> None:
    faults = (
        ChangeReply(rb'\(([^)]*)\) "/" "Projects"', rb'(\\Noselect \1) "/" "Projects"', to='LIST "" "\\*"$'),
        RefuseCommand('(STATUS|EXAMINE) "Projects"', reply=reply),
    )
    with at_source(mailbox("Projects"), *faults, capabilities=MODERN.replace("LIST-STATUS ", "")) as opened:
        found = opened.tree()
    assert "Projects" in found.doubts[0].sentence


def test_folders_that_only_a_listing_shows_which_a_server_is_too_ill_for_are_in_doubt() -> None:
    faults = HideFromList({"Projects"}), RefuseCommand("LSUB", reply=b"NO [SERVERBUG] internal error")
    with at_source(mailbox("Projects"), *faults, capabilities=OLDER) as opened:
        (doubt,) = opened.tree().doubts
    assert doubt.server_words == "NO [SERVERBUG] internal error"


@pytest.mark.parametrize("command", ["NAMESPACE", "CAPABILITY"])
def test_a_prefix_that_is_told_later_is_not_an_empty_one(command: str) -> None:
    mail = mailbox("Sent", prefix="INBOX.")
    untold = ChangeReply(rb"\[CAPABILITY [^]]*\] logged", b"logged", to="LOGIN|AUTHENTICATE")
    with asked_for_patience(), at_destination(mail, untold, RefuseCommand(command, reply=LATER)) as opened:
        opened.tree()


@pytest.mark.parametrize(
    "question", ['LIST "" "\\*"$', 'LIST "" "%"', 'LIST "" "Archive/%"', "LSUB", "NAMESPACE", 'EXAMINE "Archive/one"']
)
def test_a_count_of_folders_that_is_refused_for_now_is_no_count(question: str) -> None:
    fault = RefuseCommand(question, reply=LATER)
    with at_source(mailbox("Archive", "Archive/one"), fault) as opened, asked_for_patience():
        opened.census().unknown_folders({b"INBOX", b"Archive"})


# Folders that are made


def sent(opened: MailDestination, role: Role | None = Role.SENT) -> Opened | MailError:
    opened.tree()
    return opened.prepare([NewFolder(b"Sent", "Sent", create=True, subscribe=False, role=role)])[b"Sent"]


def test_a_special_use_is_given_later_where_the_server_asks_for_patience() -> None:
    fault = RefuseCommand(r"CREATE .*USE", reply=LATER)
    with at_destination(mailbox(), fault, capabilities=f"{MODERN} CREATE-SPECIAL-USE") as opened:
        result = sent(opened)
    assert isinstance(result, MailError)
    assert result.retry


def test_a_folder_that_is_there_and_opens_later_gets_no_other_name() -> None:
    faults = RefuseCommand("CREATE", reply=b"NO Mailbox exists"), RefuseCommand('SELECT "Sent"', reply=LATER)
    with at_destination(mailbox("Sent"), HideFromList({"Sent"}), *faults) as opened:
        result = sent(opened)
    assert isinstance(result, MailError)
    assert result.retry


@pytest.mark.parametrize("reply", ILL[:2])
def test_a_name_is_not_refused_by_a_server_that_is_ill(reply: bytes) -> None:
    with at_destination(mailbox(), RefuseCommand("CREATE", reply=reply)) as opened:
        result = sent(opened, role=None)
    assert isinstance(result, FolderNotMade)
    assert not isinstance(result, NameRefused)


# What is learned


@pytest.mark.parametrize("reply", ILL[:2])
def test_a_listing_that_fails_once_teaches_nothing(reply: bytes) -> None:
    lessons = Lessons()
    fault = RefuseCommand(r'LIST "" "\*" RETURN', times=1, reply=reply)
    with at_source(mailbox("Projects"), fault, lessons=lessons) as opened:
        assert {each.display for each in opened.tree().folders} == {"INBOX", "Projects"}
    assert lessons.learned == ()


@pytest.mark.parametrize("reply", [b"BAD [SERVERBUG] oops", b"BAD Request is throttled. Suggested Backoff Time: 9 sec"])
def test_a_folder_that_is_not_opened_once_teaches_nothing(reply: bytes) -> None:
    lessons = Lessons()
    fault = RefuseCommand("EXAMINE", times=1, reply=reply)
    with at_source(mailbox(), fault, lessons=lessons) as opened, pytest.raises(MailError):
        opened.look().listing(b"INBOX")
    assert lessons.learned == ()


def test_a_command_that_is_throttled_behind_another_one_teaches_nothing() -> None:
    lessons = Lessons()
    busy = b"BAD Request is throttled. Suggested Backoff Time: 9 sec"
    fault = RefuseCommand("UID FETCH", times=1, reply=busy)
    with at_source(mailbox(), fault, lessons=lessons) as opened, asked_for_patience():
        list(opened.read([folder("INBOX")], lambda listing: listing.messages))
    assert lessons.learned == ()
