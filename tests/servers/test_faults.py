"""Each fault, as a client of the server that has it sees it."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.servers.faults.commands import (
    Answer,
    CutCommand,
    CutLiteral,
    RefuseCommand,
    RefuseLiteral,
    RefusePipelining,
    StallCommand,
    ThrottleAfter,
)
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import (
    ChangeItem,
    ChangeReply,
    CutReply,
    HideFromList,
    HugeNumbers,
    MessageLimit,
    ReplyGarbage,
    ShortFetch,
    WrongAppendUid,
)
from tests.servers.faults.storage import (
    ChangeDates,
    DropFlags,
    LateCommit,
    NormaliseNames,
    Renumber,
    RewriteHeaders,
)
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import DATE, Mailbox
from tests.servers.session import Proceed
from tests.support.raw_client import RawClient

MAIL = b"Subject: a\r\n\r\nbody\r\n"
UIDS = "1:*"


def filled() -> Mailbox:
    """Three messages in INBOX, and one in another folder."""
    mailbox = Mailbox()
    for _ in range(3):
        mailbox.folder("INBOX").add(MAIL, {"\\Seen"})
    mailbox.add_folder("Sent").add(MAIL)
    return mailbox


@contextmanager
def faulty(*faults: Fault) -> Iterator[tuple[Mailbox, imaplib.IMAP4]]:
    """A client, logged in with INBOX open, of a server with these faults."""
    mailbox = filled()
    with ImapDouble(mailbox, faults) as server:
        client = imaplib.IMAP4("127.0.0.1", server.port)
        try:
            client.login("user", "secret")
            client.select("INBOX")
            yield mailbox, client
        finally:
            client.shutdown()


def fetched(client: imaplib.IMAP4, items: str = "(FLAGS)") -> list[Any]:
    """What FETCH tells of INBOX."""
    return client.uid("FETCH", UIDS, items)[1]


def append(client: imaplib.IMAP4) -> tuple[str, Sequence[Any]]:
    """One more message into INBOX."""
    return client.append("INBOX", "(\\Seen $Label1)", f'"{DATE}"', MAIL)


def test_a_command_is_refused_so_many_times() -> None:
    with faulty(RefuseCommand("UID FETCH", reply=b"NO [UNAVAILABLE] later", nth=2, times=1)) as (_, client):
        assert [client.uid("FETCH", "1", "(FLAGS)")[0] for _ in range(3)] == ["OK", "NO", "OK"]


def test_a_command_is_refused_until_another_has_come() -> None:
    with faulty(RefuseCommand("STATUS", reply=b"NO Unsafe Login", until="ID")) as (_, client):
        assert client.status("Sent", "(MESSAGES)") == ("NO", [b"Unsafe Login"])
        client.xatom("ID", "NIL")
        assert client.status("Sent", "(MESSAGES)")[0] == "OK"


def test_one_user_alone_has_a_fault() -> None:
    with ImapDouble([filled(), Mailbox("bad")], [RefuseCommand("STATUS").only_for("bad")]) as server:
        for user, answer in (("user", b"1 OK"), ("bad", b"1 NO")):
            with RawClient(server.port, user) as client:
                client.say(b"1 STATUS INBOX (MESSAGES)\r\n")
                assert client.until(b"1 ").startswith(answer)


def test_any_answer_in_a_commands_place() -> None:
    with faulty(Answer("NOOP", chunks=[b"* 9 EXISTS\r\n", Proceed()])) as (_, client):
        assert client.noop()[0] == "OK"
        assert client.untagged_responses["EXISTS"][-1] == b"9"


def test_a_command_stalls_until_the_test_says() -> None:
    event = threading.Event()
    with ImapDouble(filled(), [StallCommand("NOOP", event=event)]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 NOOP\r\n2 CAPABILITY\r\n")
        with RawClient(server.port, "user"):
            event.set()
        assert client.until(b"1 OK")
        assert client.until(b"2 OK")


def test_a_server_that_stalls_can_be_stopped() -> None:
    with ImapDouble(filled(), [StallCommand("NOOP")]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 NOOP\r\n")
        server.__exit__()
        assert not client.until(b"1 OK")


@pytest.mark.parametrize(
    "fault", [CutCommand("NOOP", words=b"* BYE\r\n"), CutReply("NOOP"), CutReply("NOOP", octets=3)]
)
def test_the_connection_is_cut_at_a_command(fault: Fault) -> None:
    with ImapDouble(filled(), [fault]) as server:
        with RawClient(server.port, "user") as client:
            client.say(b"1 NOOP\r\n")
            assert b"1 OK" not in client.rest()
        with RawClient(server.port, "user") as client:
            client.say(b"1 NOOP\r\n")
            assert client.until(b"1 OK")


def test_the_connection_is_cut_within_a_literal_that_is_sent() -> None:
    with ImapDouble(filled(), [CutReply("UID FETCH", octets=60)]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 EXAMINE INBOX\r\n2 UID FETCH 1:* (BODY.PEEK[])\r\n")
        client.until(b"1 OK")
        assert len(client.rest()) == 60


def test_the_connection_is_cut_within_a_literal_that_is_taken() -> None:
    mailbox = Mailbox()
    with ImapDouble(mailbox, [CutLiteral(octets=5)]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 APPEND INBOX {10}\r\n")
        assert client.until(b"+")
        client.say(b"12345")
        assert not client.rest()
    assert not mailbox.contents()


def test_a_refused_line_makes_commands_of_the_mail_behind_it() -> None:
    mail = b"a DELETE Sent\r\n"
    with ImapDouble(filled(), [RefuseLiteral("APPEND .*odd")]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 APPEND INBOX (odd) {%d+}\r\n%b\r\n2 NOOP\r\n" % (len(mail), mail))
        assert client.until(b"1 BAD")
        assert client.until(b"a OK")
        assert server.said("DELETE")


@pytest.mark.parametrize("drop", [False, True])
def test_commands_behind_another_are_not_carried_out(drop: bool) -> None:
    with ImapDouble(filled(), [RefusePipelining(drop=drop)]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 EXAMINE INBOX\r\n2 UID SEARCH ALL\r\n")
        assert client.until(b"" if drop else b"2 BAD")
        assert client.until(b"1 OK")
        client.say(b"3 UID SEARCH ALL\r\n")
        assert client.until(b"* SEARCH") == b"* SEARCH 1 2 3\r\n"
        assert len(server.said("UID SEARCH")) == 1


def test_too_much_at_once_is_refused_for_a_while() -> None:
    with faulty(ThrottleAfter(octets=10_000, times=2)) as (_, client):
        answers = [client.append("INBOX", "", "", b"x" * 6000)[0] for _ in range(6)]
        assert answers == ["OK", "NO", "NO", "OK", "NO", "NO"]


def test_replies_are_changed() -> None:
    twice = ChangeReply(rb'(\* LIST .*"Sent"\r\n)', rb"\1\1", to="LIST")
    gone = ChangeReply(rb".*", b"", to="LSUB")
    with faulty(twice, gone) as (_, client):
        assert len(client.list()[1]) == 3


@pytest.mark.parametrize(
    ("fault", "command", "said"),
    [
        (ChangeReply(rb'"(Sent)"', rb"\1", to="LIST"), b'LIST "" "S*"', b'* LIST (\\HasNoChildren) "/" Sent\r\n'),
        (
            ChangeReply(rb'(.*)"INBOX"', rb'\1"Inbox"\r\n\1"INBOX"', to="LIST"),
            b'LIST "" "I*"',
            b'* LIST (\\HasNoChildren) "/" "Inbox"\r\n* LIST (\\HasNoChildren) "/" "INBOX"\r\n',
        ),
        (ChangeReply(rb"\* LIST .*", b"", to="LIST .* RETURN"), b'LIST "" "*" RETURN (CHILDREN)', b""),
        (
            ChangeReply(rb"UIDVALIDITY \d+ ?", b""),
            b"STATUS Sent (UIDVALIDITY UIDNEXT)",
            b'* STATUS "Sent" (UIDNEXT 2)\r\n',
        ),
        (
            ChangeReply(rb"\)\r\n\Z", rb"\r\n)\r\n", to="UID FETCH"),
            b"UID FETCH 1 (BODY.PEEK[HEADER])",
            b"* 1 FETCH (UID 1 BODY[HEADER] {14}\r\nSubject: a\r\n\r\n\r\n)\r\n",
        ),
        (
            ChangeReply(rb"\{20\}", b"{4020}"),
            b"UID FETCH 1 (BODY.PEEK[])",
            b"* 1 FETCH (UID 1 BODY[] {4020}\r\n" + MAIL + b")\r\n",
        ),
        (
            ChangeReply(rb"\(UID 1 (.*)\)\r\n", rb"(\1)\r\n* 1 FETCH (UID 1)\r\n"),
            b"UID FETCH 1 (FLAGS)",
            b"* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1)\r\n",
        ),
    ],
)
def test_what_was_seen_in_the_field_is_said_in_a_line(fault: Fault, command: bytes, said: bytes) -> None:
    with ImapDouble(filled(), [fault]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 EXAMINE INBOX\r\n2 " + command + b"\r\n3 LOGOUT\r\n")
        client.until(b"1 OK")
        assert client.rest().partition(b"2 OK")[0] == said


def test_items_of_a_fetch_are_changed() -> None:
    faults = ChangeItem("RFC822.SIZE", None, {2}), ChangeItem("INTERNALDATE", b'"yesterday"', {2})
    with faulty(*faults) as (_, client):
        assert fetched(client, "(RFC822.SIZE INTERNALDATE)")[:2] == [
            f'1 (UID 1 RFC822.SIZE 20 INTERNALDATE "{DATE}")'.encode(),
            b'2 (UID 2 INTERNALDATE "yesterday")',
        ]


def test_a_folder_is_not_listed_and_can_be_opened() -> None:
    with faulty(HideFromList({"Sent"})) as (_, client):
        assert client.list()[1] == [b'(\\HasNoChildren) "/" "INBOX"']
        assert len(client.lsub()[1]) == 2
        assert client.select("Sent")[1] == [b"1"]


def test_messages_are_left_out() -> None:
    with faulty(ShortFetch(most=2)) as (_, client):
        assert [fetched(client), fetched(client)] == [[b"1 (UID 1 FLAGS (\\Seen))", b"2 (UID 2 FLAGS (\\Seen))"]] * 2
    with faulty(ShortFetch(uids={2}, items="BODY")) as (_, client):
        assert len(fetched(client)) == 3
        assert len(fetched(client, "(BODY.PEEK[])")) == 4


def test_the_limit_of_messages_in_a_command() -> None:
    with ImapDouble(filled(), [MessageLimit(2)]) as server, RawClient(server.port, "user") as client:
        client.say(b"1 EXAMINE INBOX\r\n2 UID FETCH 1:* (FLAGS)\r\n")
        client.until(b"1 OK")
        assert client.until(b"* 3 FETCH") == b"* 3 FETCH (UID 3 FLAGS (\\Seen))\r\n"
        assert client.until(b"2 ") == b"2 OK [MESSAGELIMIT 2 2] done\r\n"
        client.say(b"3 UID FETCH 1:1 (FLAGS)\r\n")
        assert client.until(b"3 ") == b"3 OK done\r\n"


def test_a_wrong_appenduid() -> None:
    with faulty(WrongAppendUid()) as (_, client):
        assert append(client)[1] == [b"[APPENDUID 4 1700000001] stored"]


def test_garbage_in_the_place_of_a_message() -> None:
    with faulty(ReplyGarbage(2, b"* 2 FETCH (BODY[] what\r\n")) as (_, client):
        assert len(fetched(client)) == 3
        assert b"2 (BODY[] what" in fetched(client, "(BODY.PEEK[])")


def test_huge_numbers() -> None:
    faults = [HugeNumbers(word, 2**70) for word in ("UIDNEXT", "EXISTS", "RFC822.SIZE", "MODSEQ")]
    with faulty(*faults) as (_, client):
        assert client.select("INBOX")[1] == [b"%d" % 2**70]
        assert client.response("UIDNEXT")[1] == [b"%d" % 2**70]
        assert b"RFC822.SIZE %d MODSEQ (%d)" % (2**70, 2**70) in fetched(client, "(RFC822.SIZE MODSEQ)")[0]


def test_what_is_stored_is_changed() -> None:
    faults = (
        RewriteHeaders(lambda header: b"X-Seen: yes\r\n" + header),
        DropFlags({"$Label1"}),
        ChangeDates("01-Jan-1970 00:00:00 +0000"),
    )
    with faulty(*faults) as (mailbox, client):
        append(client)
        stored = mailbox.folder("INBOX").messages[-1]
        assert (stored.octets, stored.flags, stored.instant) == (b"X-Seen: yes\r\n" + MAIL, frozenset({"\\Seen"}), 0)


def test_a_message_arrives_after_the_connection_has_ended() -> None:
    late = LateCommit()
    with faulty(late) as (mailbox, client):
        with pytest.raises(imaplib.IMAP4.abort):
            append(client)
        assert len(mailbox.folder("INBOX").messages) == 3
        late.commit()
        assert len(mailbox.folder("INBOX").messages) == 4


def test_a_message_arrives_after_so_many_looks() -> None:
    mailbox = Mailbox()
    with ImapDouble(mailbox, [LateCommit(looks=2)]) as server:
        with RawClient(server.port, "user") as client:
            client.say(b"1 APPEND INBOX {3+}\r\nabc\r\n")
            assert not client.rest()
        with RawClient(server.port, "user") as client:
            client.say(b"1 STATUS INBOX (MESSAGES)\r\n" * 3)
            seen = [client.until(b"* STATUS") for _ in range(3)]
        assert [line[-4:-3] for line in seen] == [b"0", b"0", b"1"]


@pytest.mark.parametrize(
    ("fault", "one", "another"),
    [
        (NormaliseNames(form="NFC"), "&AMk-", "E&AwE-"),
        (NormaliseNames(fold_case=True), "case", "CASE"),
        (NormaliseNames(strip=True), "a", '"a "'),
        (NormaliseNames(max_length=3), "abcd", "abce"),
    ],
)
def test_two_names_are_one_folder(fault: Fault, one: str, another: str) -> None:
    with faulty(fault) as (_, client):
        assert client.create(one)[0] == "OK"
        assert client.create(another) == ("NO", [b"[ALREADYEXISTS] it is there already"])
        assert client.select(another)[0] == "OK"


def test_a_folder_is_renumbered() -> None:
    with faulty(Renumber(nth=2)) as (_, client):
        before = client.response("UIDVALIDITY")[1]
        client.select("INBOX")
        assert client.response("UIDVALIDITY")[1] != before
        assert client.uid("SEARCH", "ALL")[1] == [b"4 5 6"]
