"""Mail that moves from a POP server: all of it, once, octet by octet, whatever happens on the way."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import KILLED, Child, TripwireProxy, Wire, differences, open_windows, run_here
from tests.engine.pop_mail import mail, pop
from tests.engine.support import HOST, Keys, encrypted, migrate, plain, write_plan
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.loopback_server import Cut
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.pop.server import USUAL
from tests.servers.proxies import CapabilityProxy
from tests.servers.scripted_pop import Answer, ScriptedPop
from tests.support.line_proxy import LineProxy
from tui_migrate.model import Counts
from tui_migrate.service import open_service


def strange() -> list[MailItem]:
    """What POP can carry and clients stumble over."""
    return [
        mail(1, b".\r\n..\r\n...\r\n.hidden\r\n.\r\n"),
        mail(2, b"x" * 3_000_000 + b"\r\n.\r\n"),
        mail(3, b"8-bit \xe9\xff\r\n\r\n\r\n"),
        mail(4, b""),
        mail(5, b"".join(b"%09d %s\r\n" % (number, b"=" * 60) for number in range(40_000))),
        mail(6, header=b"Subject: " + b"long " * 2000 + b"\r\n"),
        *[mail(7, b"twins\r\n")] * 3,
        mail(7, b"a sibling of the twins\r\n"),
    ]


def expected(items: Iterable[MailItem]) -> list[MailItem]:
    """POP has no flags."""
    return [replace(item, flags=frozenset()) for item in items]


class Move:
    """One user's mailbox, read by POP, and the one that it goes to."""

    def __init__(self, server: Dovecot, user: str, folder: Path) -> None:
        self.server, self.user, self.folder = server, user, folder
        self.source = server.add_user(user, "secret")
        self.destination = server.add_user(f"new-{user}", "secret")
        self.items: list[MailItem] = []

    def arrives(self, *items: MailItem) -> None:
        """At the source."""
        write_maildir(self.source, "/", items)
        self.items += items

    def plan(self, source: Keys, destination_port: int = 0) -> Path:
        destination = plain(destination_port or self.server.port)
        return write_plan(self.folder, source, destination, [(self.user, f"new-{self.user}")])

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def assert_exact(self) -> None:
        assert differences(read_maildir(self.destination, "/"), counted(expected(self.items))) == ([], [])


@pytest.fixture
def move(
    dovecot_factory: DovecotFactory, certificates: Certificates, unique_user: Callable[[], str], tmp_path: Path
) -> Move:
    options = DovecotOptions(certificate=certificates.good, pop3=True)
    return Move(dovecot_factory(options), unique_user(), tmp_path)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_is_the_same_over_tls(move: Move, certificates: Certificates, security: str) -> None:
    move.arrives(*strange())
    port = move.server.pop3_tls_port if security == "tls" else move.server.pop3_port
    ended = migrate(move.plan(encrypted(port, certificates.ca_file, security, protocol="pop")), move.data)
    assert (ended.code, ended.counts) == (0, Counts(10, 10)), str(ended)
    move.assert_exact()
    assert list((move.data / "spool").iterdir()) == []


def test_a_later_pass_reads_and_stores_what_is_new_alone(move: Move) -> None:
    move.arrives(*strange())
    with LineProxy(move.server.pop3_port) as source, CapabilityProxy(move.server.port) as destination:
        plan = move.plan(pop(source.port), destination.port)
        assert migrate(plan, move.data).counts == Counts(10, 10)
        words = source.words()
        assert (words.count("RETR"), words.count("DELE"), words[-1]) == (10, 0, "QUIT")
        for new in ([], [mail(9), mail(10)]):
            destination.commands.clear()
            before = len(move.items)
            move.arrives(*new)
            ended = migrate(plan, move.data)
            assert (ended.code, ended.counts) == (0, Counts(before + len(new), len(new), brought=before)), str(ended)
            words = source.words()
            assert (words.count("RETR"), words.count("TOP"), words[-1]) == (len(new), 0, "QUIT")
            appended = [command for command in destination.commands if b" APPEND " in command]
            assert bool(appended) is bool(new)
    move.assert_exact()


def test_mail_that_was_there_before_us_is_recognised(move: Move) -> None:
    move.arrives(*strange())
    plan = move.plan(pop(move.server.pop3_port))
    assert migrate(plan, move.data).counts == Counts(10, 10)
    shutil.rmtree(move.data)
    ended = migrate(plan, move.data)
    assert (ended.code, ended.counts) == (0, Counts(10, there=10)), str(ended)
    move.assert_exact()


def test_a_server_that_renames_all_its_messages_brings_none_twice(move: Move) -> None:
    move.arrives(*strange())
    plan = move.plan(pop(move.server.pop3_port))
    assert migrate(plan, move.data).counts == Counts(10, 10)
    move.arrives(mail(11))
    (move.source / "dovecot-uidlist").unlink()
    for index in move.source.glob("dovecot.*index*"):
        index.unlink()
    ended = migrate(plan, move.data)
    assert (ended.code, ended.counts) == (0, Counts(11, 1, brought=10)), str(ended)
    move.assert_exact()
    assert migrate(plan, move.data).counts == Counts(11, brought=11)


def test_killed_at_random_instants_nothing_is_lost_and_nothing_comes_twice(move: Move) -> None:
    draw = random.Random(3)
    items = [mail(number, b"%09d\r\n" % draw.randrange(10**9) * 30) for number in range(600)]
    move.arrives(*items, *draw.sample(items, 20))
    hits = 0
    with TripwireProxy(move.server.port) as proxy:
        plan = move.plan(pop(move.server.pop3_port), proxy.port)
        for octets in (2_000, 100_000, 150_000):
            proxy.wire = Wire(octets, lambda: child.kill(), draw.choice((0, 9000)))
            with Child("run", plan, "--data-dir", move.data) as child:
                assert child.wait() == KILLED, child.out + child.err
            hits += open_windows(move.data) > 0
        assert hits > 1, "too few of the kills have hit the copy"
        proxy.wire = None
        last = run_here("run", plan, "--data-dir", move.data)
    assert last.returncode == 0, last.stdout + last.stderr
    move.assert_exact()


def test_a_message_that_is_not_handed_out_fails_alone_and_is_fetched_later(move: Move) -> None:
    move.items = [mail(1), mail(2), mail(3)]
    messages = [item.content for item in move.items]
    with ScriptedPop(messages, replies={"RETR 2": b"-ERR cannot read this one\r\n"}) as source:
        plan = move.plan(pop(source.port))
        ended = migrate(plan, move.data)
        assert (ended.code, ended.counts) == (1, Counts(3, 2, failed=1)), str(ended)
        (failure,) = ended.failures
        assert (failure.folder, failure.uid, failure.server_words) == ("INBOX", 2, "-ERR cannot read this one")
        assert source.said("QUIT") == []  # Gmail would not show the second one again
        source.replies.clear()
        service = open_service(move.data)
        service.messages.save(failure.id, move.folder / "second.eml")
        assert (move.folder / "second.eml").read_bytes() == messages[1]
        assert source.said("QUIT") == []
        service.close()
        ended = migrate(plan, move.data)
        assert (ended.code, ended.counts, ended.failures) == (0, Counts(3, 1, brought=2), []), str(ended)
        assert len(source.said("QUIT")) == 1
        assert source.said("RETR")[-1] == b"RETR 2"
        assert source.most_open == 1
    move.assert_exact()


def test_a_mailbox_that_is_not_to_be_had_at_once_is_tried_again(move: Move) -> None:
    move.items = [mail(number) for number in range(40)]
    replies: dict[str, Answer | list[Answer]] = {
        "AUTH": [b"-ERR [LOGIN-DELAY] too soon\r\n"],
        "RETR 30": [(b"+OK\r\nReceived: half a mess", Cut())],
    }
    capabilities = (*USUAL, "LOGIN-DELAY 0")
    messages = [item.content for item in move.items]
    with ScriptedPop(messages, capabilities=capabilities, replies=replies) as source:
        ended = migrate(move.plan(pop(source.port)), move.data)
        assert (ended.code, ended.counts, ended.failures) == (0, Counts(40, 40), []), str(ended)
        assert source.replies == {"AUTH": [], "RETR 30": []}
        assert len(source.said("QUIT")) == 1
    move.assert_exact()


def test_a_refused_login_says_whose_it_was(move: Move) -> None:
    move.arrives(mail(1))
    names = {"Source": move.user, "Destination": f"new-{move.user}"}
    row = {**names, "Password": "wrong", "Destination Password": "secret"}
    ended = migrate(write_plan(move.folder, pop(move.server.pop3_port), plain(move.server.port), [row]), move.data)
    assert ended.code == 1
    (failure,) = ended.failures
    assert failure.sentence == f"{HOST} refused the login of {move.user}."
    assert failure.server_words == "-ERR [AUTH] Authentication failed."
