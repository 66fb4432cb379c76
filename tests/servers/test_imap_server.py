"""The IMAP server in memory, seen by Python's own client and by one run of the program."""

from __future__ import annotations

import base64
import imaplib
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Imap
from tests.engine.support import migrate, plan_between, write_plan
from tests.servers.certificates import Certificates
from tests.servers.imap.server import MODERN, OLD, ImapDouble
from tests.servers.mailbox import DATE, Mailbox
from tests.support.nasty_mail import nasty
from tests.support.raw_client import RawClient
from tests.support.sample_mail import mixed

MAIL = b"Subject: a\r\n\r\nbody\r\n"


def filled() -> Mailbox:
    """Three messages in INBOX, and an empty folder."""
    mailbox = Mailbox()
    for number in range(3):
        mailbox.folder("INBOX").add(MAIL + b"%d" % number, {"\\Seen"} if number else ())
    mailbox.add_folder("Sent/2024", "\\Sent", subscribed=False)
    return mailbox


@pytest.mark.parametrize("capabilities", [MODERN, OLD, "IMAP4rev1 AUTH=PLAIN LITERAL- UIDPLUS NAMESPACE"])
def test_the_program_copies_from_one_to_another(tmp_path: Path, capabilities: str) -> None:
    old, new = Mailbox(), Mailbox(prefix="INBOX.", delimiter=".")
    old.fill(item for item in mixed(200, 6, 1_000_000))
    with ImapDouble(old, capabilities=capabilities) as source, ImapDouble(new, capabilities=capabilities) as target:
        plan = plan_between(tmp_path, source, target)
        ended = migrate(plan, tmp_path / "data")
        assert ended.code == 0, ended
        assert new.contents() == old.contents()
        assert migrate(plan, tmp_path / "data").counts.copied == 0
        assert new.contents() == old.contents()
        assert not source.unexpected + target.unexpected


def test_nasty_octets_stay_what_they_are(tmp_path: Path) -> None:
    old, new = Mailbox(), Mailbox()
    sample = nasty()
    for folder in sample.empty_folders:
        old.add_folder(folder)
    old.fill(sample.items)
    with ImapDouble(old) as source, ImapDouble(new) as target:
        plan = plan_between(tmp_path, source, target)
        assert migrate(plan, tmp_path / "data").code == 0
    # The program spells some names otherwise: `%` and `*` are LIST's own.
    assert Counter(octets for _, octets in new.octets().elements()) == Counter(
        octets for _, octets in old.octets().elements()
    )
    assert len(new.folder_names()) == len(old.folder_names())


def test_a_client_sees_what_was_put_there(imap: Imap) -> None:
    with ImapDouble(filled()) as server:
        client = imap(server.port, "user")
        assert client.list()[1] == [b'(\\HasNoChildren) "/" "INBOX"', b'(\\HasNoChildren \\Sent) "/" "Sent/2024"']
        assert client.lsub()[1] == [b'() "/" "INBOX"']
        assert client.list('""', "%")[1] == [b'(\\HasNoChildren) "/" "INBOX"']
        assert client.status("INBOX", "(MESSAGES UNSEEN UIDNEXT)")[1] == [b'"INBOX" (MESSAGES 3 UNSEEN 1 UIDNEXT 4)']
        assert client.select("inbox", readonly=True) == ("OK", [b"3"])
        assert client.uid("SEARCH", "UID 2:*")[1] == [b"2 3"]
        assert client.uid("FETCH", "2", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])")[1] == [
            (f'2 (UID 2 FLAGS (\\Seen) INTERNALDATE "{DATE}" RFC822.SIZE 21 BODY[HEADER] {{14}}'.encode(), MAIL[:14]),
            b")",
        ]


def test_a_client_changes_it(imap: Imap) -> None:
    mailbox = filled()
    with ImapDouble(mailbox) as server:
        client = imap(server.port, "user")
        client.create("New")
        assert client.append("New", "(\\Seen $Label1)", f'"{DATE}"', MAIL)[1] == [b"[APPENDUID 1700000003 1] stored"]
        assert client.append("Missing", "", "", MAIL)[0] == "NO"
        client.select("INBOX")
        client.store("1", "+FLAGS", "(\\Deleted)")
        client.uid("COPY", "2:3", "New")
        assert client.response("COPYUID")[1] == [b"1700000003 2:3 2:3"]
        assert client.expunge()[1] == [b"1"]
        client.subscribe("New")
        client.delete("Sent/2024")
    new = mailbox.folder("New")
    assert [(each.uid, each.octets, each.flags, each.date) for each in new.messages][:2] == [
        (1, MAIL, frozenset({"\\Seen", "$Label1"}), DATE),
        (2, MAIL + b"1", frozenset({"\\Seen"}), DATE),
    ]
    assert [message.uid for message in mailbox.folder("INBOX").messages] == [2, 3]
    assert mailbox.folder_names() == {"INBOX", "New"}
    assert mailbox.subscriptions == {"INBOX", "New"}


def test_another_session_tells_of_what_came_and_went(imap: Imap) -> None:
    mailbox = filled()
    with ImapDouble(mailbox) as server:
        client = imap(server.port, "user")
        client.select("INBOX", readonly=True)
        with server.lock:
            mailbox.folder("INBOX").remove(2)
            mailbox.folder("INBOX").add(MAIL)
        assert client.uid("FETCH", "2", "(FLAGS)") == ("OK", [None])
        client.noop()
        assert client.untagged_responses["EXISTS"][-1] == b"3"
        assert client.uid("SEARCH", "ALL")[1] == [b"1 3 4"]


def test_what_has_changed_since(imap: Imap) -> None:
    mailbox = filled()
    with ImapDouble(mailbox) as server:
        before = mailbox.folder("INBOX").highest_modseq
        mailbox.folder("INBOX").change_flags(mailbox.folder("INBOX").messages[0], {"\\Flagged"})
        client = imap(server.port, "user")
        client.select("INBOX")
        told = client.uid("FETCH", "1:*", "(FLAGS)", f"(CHANGEDSINCE {before})")[1]
        assert told == [b"1 (UID 1 FLAGS (\\Flagged) MODSEQ (%d))" % (before + 1)]


def test_commands_in_one_packet_are_answered_in_their_order() -> None:
    with ImapDouble(filled()) as server, RawClient(server.port, "user") as client:
        client.say(b"1 EXAMINE INBOX\r\n2 UID SEARCH RETURN (COUNT ALL) ALL\r\n3 BOGUS\r\n4 LOGOUT\r\n")
        lines = client.rest().splitlines()
        assert [line for line in lines if not line.startswith(b"* OK")][-6:] == [
            b"1 OK [READ-ONLY] opened",
            b'* ESEARCH (TAG "2") UID COUNT 3 ALL 1:3',
            b"2 OK done",
            b"3 BAD unknown command",
            b"* BYE see you",
            b"4 OK done",
        ]
        assert server.unexpected == [b"BOGUS"]


def test_several_messages_in_one_command() -> None:
    mailbox = Mailbox()
    with ImapDouble(mailbox) as server, RawClient(server.port, "user") as client:
        client.say(b"1 APPEND INBOX (\\Seen) {3+}\r\nabc () {4+}\r\nline\r\n")
        assert client.until(b"1 ") == b"1 OK [APPENDUID 1700000001 1:2] stored\r\n"
        client.say(b"2 APPEND INBOX () {3}\r\n")
        assert client.until(b"+") == b"+ go on\r\n"
        client.say(b"xyz\r\n")
        assert client.until(b"2 ").startswith(b"2 OK")
    assert [message.octets for message in mailbox.folder("INBOX").messages] == [b"abc", b"line", b"xyz"]


@pytest.mark.parametrize(
    ("capabilities", "line"),
    [
        (OLD, b"1 APPEND INBOX {3+}\r\nabc\r\n"),
        ("IMAP4rev1 LITERAL-", b"1 APPEND INBOX {4097+}\r\n" + b"x" * 4097 + b"\r\n"),
        ("IMAP4rev1 LITERAL+", b"1 APPEND INBOX {3+}\r\nabc {3+}\r\nabc\r\n"),
        ("IMAP4rev1 LITERAL+", b"1 APPEND INBOX (\\Bogus\\) {3+}\r\nabc\r\n"),
    ],
)
def test_what_was_not_offered_is_refused(capabilities: str, line: bytes) -> None:
    mailbox = Mailbox()
    with ImapDouble(mailbox, capabilities=capabilities) as server, RawClient(server.port, "user") as client:
        client.say(line)
        assert client.until(b"1 ").startswith(b"1 BAD")
    assert not mailbox.contents()


def test_what_is_full_or_too_large_is_refused(imap: Imap) -> None:
    mailbox = Mailbox()
    mailbox.quota = 1
    with ImapDouble(mailbox, capabilities=f"{MODERN} APPENDLIMIT=2000") as server:
        client = imap(server.port, "user")
        assert client.append("INBOX", "", "", b"x" * 2001) == ("NO", [b"[TOOBIG] larger than APPENDLIMIT (RFC 7889)"])
        assert client.append("INBOX", "", "", b"x" * 1025) == ("NO", [b"[OVERQUOTA] the mailbox is full"])
        assert client.getquotaroot("INBOX")[1] == [[b'"INBOX" "user"'], [b'"user" (STORAGE 0 1)']]


def test_ways_in(imap: Imap) -> None:
    mailboxes = [Mailbox(), Mailbox("another", "pass word")]
    with ImapDouble(mailboxes) as server:
        client = imap(server.port)
        assert client.login("another", "pass word")[0] == "OK"
        client = imap(server.port)
        assert client.authenticate("PLAIN", lambda _: b"\0user\0secret")[0] == "OK"
        client = imap(server.port)
        assert client.authenticate("XOAUTH2", lambda _: b"user=user\x01auth=Bearer secret\x01\x01")[0] == "OK"
        client = imap(server.port)
        answers = iter([b"user=user\x01auth=Bearer no\x01\x01", b""])
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            client.authenticate("XOAUTH2", lambda _: next(answers))
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            imap(server.port).login("user", "wrong")
        assert server.logins == 3
        assert b"secret" not in b"".join(server.commands)
        assert b"pass" not in b"".join(server.commands)


def test_an_initial_response_where_it_is_offered() -> None:
    response = base64.b64encode(b"\0user\0secret")
    for capabilities, answer in ((MODERN, b"1 OK"), ("IMAP4rev1 AUTH=PLAIN", b"1 BAD")):
        with ImapDouble(Mailbox(), capabilities=capabilities) as server, RawClient(server.port, "user") as client:
            client.say(b"1 AUTHENTICATE PLAIN " + response + b"\r\n")
            assert client.until(b"1 ").startswith(answer)


def test_starttls(certificates: Certificates, tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    context = certificates.good.context()
    with ImapDouble(old, starttls=context) as source, ImapDouble(new, tls=context) as target:
        keys = {"host": "127.0.0.1", "ca_file": str(certificates.ca_file)}
        plan = write_plan(
            tmp_path,
            {**keys, "port": source.port, "security": "starttls"},
            {**keys, "port": target.port, "security": "tls"},
            ["user"],
        )
        assert migrate(plan, tmp_path / "data").code == 0
        assert source.commands[0] == b"STARTTLS"
    assert new.contents() == old.contents()
