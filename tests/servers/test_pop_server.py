"""The POP server in memory, seen by Python's own client and by one run of the program."""

from __future__ import annotations

import poplib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.engine.support import migrate, plan_between
from tests.servers.certificates import Certificates
from tests.servers.faults.commands import CutCommand, RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.pop import NoticeForUtf8
from tests.servers.faults.replies import ChangeReply, CutReply
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import USUAL, PopDouble

MAIL = b"Subject: a\r\n\r\n.body\r\nline\r\n"


class Pop(Protocol):
    """Connects, and logs in as `user` unless told not to; closes at the end of the test."""

    def __call__(self, server: PopDouble, *, log_in: bool = True) -> poplib.POP3: ...


@pytest.fixture
def pop() -> Iterator[Pop]:
    with ExitStack() as stack:

        def connect(server: PopDouble, *, log_in: bool = True) -> poplib.POP3:
            client = poplib.POP3("127.0.0.1", server.port)
            stack.callback(client.close)
            if log_in:
                client.user("user")
                client.pass_("secret")
            return client

        yield connect


def filled() -> Mailbox:
    mailbox = Mailbox()
    for extra in (b"", b"more\r\n", b"and more\r\n"):
        mailbox.folder("INBOX").add(MAIL + extra)
    return mailbox


def copy(folder: Path, server: PopDouble) -> tuple[int, Mailbox]:
    """Run the program from this server into an empty mailbox. Returns: its exit code, and that mailbox."""
    new = Mailbox()
    with ImapDouble(new) as target:
        plan = plan_between(folder, server, target)
        return migrate(plan, folder / "data").code, new


@pytest.mark.parametrize("capabilities", [USUAL, ("TOP", "UIDL", "USER"), ("USER", "UIDL")])
def test_the_program_copies_from_it(tmp_path: Path, capabilities: Sequence[str]) -> None:
    old = filled()
    with PopDouble(old, capabilities=capabilities) as server:
        code, new = copy(tmp_path, server)
        assert code == 0
        assert new.octets() == old.octets()
        assert not server.unexpected
        assert not server.said("DELE")


def test_a_client_sees_what_was_put_there(pop: Pop) -> None:
    with PopDouble(filled()) as server:
        client = pop(server)
        assert client.stat() == (3, 27 + 33 + 37)
        assert client.list()[1] == [b"1 27", b"2 33", b"3 37"]
        assert client.uidl()[1] == [b"1 u1", b"2 u2", b"3 u3"]
        assert client.uidl("2") == b"+OK 2 u2"
        assert client.retr(1)[1] == [b"Subject: a", b"", b".body", b"line"]
        assert client.top(2, 1)[1] == [b"Subject: a", b"", b".body"]
        assert client.capa()["SASL"] == ["PLAIN"]
        with pytest.raises(poplib.error_proto, match="no such message"):
            client.retr(4)


def test_what_is_deleted_is_gone_after_quit(pop: Pop) -> None:
    mailbox = filled()
    with PopDouble(mailbox) as server:
        client = pop(server)
        client.dele(1)
        client.rset()
        client.dele(2)
        assert client.list()[1] == [b"1 27", b"3 37"]
        client.quit()
    assert [message.uid for message in mailbox.folder("INBOX").messages] == [1, 3]


def test_what_was_not_offered_is_refused(pop: Pop) -> None:
    with PopDouble(filled(), capabilities=()) as server:
        client = pop(server)
        for command in (client.capa, client.uidl, client.utf8):
            with pytest.raises(poplib.error_proto):
                command()
        with pytest.raises(poplib.error_proto):
            client.top(1, 0)
        assert server.unexpected == [b"UIDL", b"UTF8", b"TOP 1 0"]


def test_no_secret_is_written_down(pop: Pop) -> None:
    with PopDouble(filled()) as server:
        client = pop(server, log_in=False)
        client.user("user")
        with pytest.raises(poplib.error_proto, match="AUTH"):
            client.pass_("a wrong one")
        pop(server)
        assert server.commands == [b"USER", b"PASS", b"USER", b"PASS"]
        assert server.logins == 1


def test_stls(certificates: Certificates, tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    with PopDouble(old, starttls=certificates.good.context()) as source, ImapDouble(new) as target:
        plan = plan_between(tmp_path, source, target, security="starttls", ca_file=str(certificates.ca_file))
        assert migrate(plan, tmp_path / "data").code == 0
        assert b"STLS" in source.commands
    assert new.octets() == old.octets()


def test_a_notice_in_the_place_of_a_message(pop: Pop) -> None:
    mailbox = Mailbox()
    mailbox.folder("INBOX").add("Subject: é\r\n\r\nbody\r\n".encode())
    with PopDouble(mailbox, [NoticeForUtf8()], capabilities=(*USUAL, "UTF8")) as server:
        assert b"does not support" in pop(server).retr(1)[1][-1]
        client = pop(server, log_in=False)
        client.utf8()
        client.user("user")
        client.pass_("secret")
        assert client.retr(1)[1][-1] == b"body"


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (RefuseCommand("RETR", reply=b"-ERR [SYS/TEMP] later"), "SYS/TEMP"),
        (RefuseCommand("PASS", reply=b"-ERR [LOGIN-DELAY] a minute"), "LOGIN-DELAY"),
        (CutCommand("RETR"), "EOF"),
        (CutReply("RETR", octets=20), "EOF"),
        (ChangeReply(rb"\+OK\r\nSubject", b"-ERR no\r\n", to="RETR"), "-ERR no"),
    ],
)
def test_faults(pop: Pop, fault: Fault, seen: str) -> None:
    with PopDouble(filled(), [fault]) as server, pytest.raises(poplib.error_proto, match=seen):
        pop(server).retr(1)
