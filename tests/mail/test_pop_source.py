"""A POP mailbox as a source: what is read, what is said of what cannot be, and what is left behind at the server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from tests.mail.pop_reading import MESSAGES, Ordinals, octets, read
from tests.servers.loopback_server import Cut
from tests.servers.pop.server import USUAL
from tests.servers.pop.session import stuffed
from tests.servers.scripted_pop import Answer, ScriptedPop
from tui_migrate.errors import CommandRefused, Disconnected, MailboxInUse, MailError, Throttled
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.message import header_print
from tui_migrate.mail.pop.source import PopSource
from tui_migrate.mail.protocols import FolderEnd, Gone, Incomplete, Listed, Read, Unreadable
from tui_migrate.model import Login, PopServer, Secret, Security


def source(pop: ScriptedPop, ordinals: Ordinals | None = None) -> PopSource:
    server = PopServer(pop.host, security=Security.NONE, port=pop.port)
    opened = open_source(server, Login("alice", Secret("secret")), None, ordinals or Ordinals())
    assert isinstance(opened, PopSource)
    return opened


@pytest.mark.parametrize("missing", [(), ("PIPELINING",), ("TOP", "PIPELINING"), USUAL], ids="+".join)
def test_all_octets_come(missing: Sequence[str]) -> None:
    capabilities = [each for each in USUAL if each not in missing]
    with ScriptedPop(MESSAGES, capabilities=capabilities) as pop, closing(source(pop)) as opened:
        steps = read(opened)
        assert octets(steps) == dict(enumerate(MESSAGES, 1))
        assert steps[-1] == FolderEnd(b"INBOX")
        assert bool(pop.ahead) is ("PIPELINING" in capabilities)
        assert pop.most_open == 1


def test_the_folder_and_its_numbers() -> None:
    with ScriptedPop(MESSAGES) as pop, closing(source(pop)) as opened:
        tree = opened.tree()
        assert [(folder.name, folder.display, folder.selectable) for folder in tree.folders] == [
            (b"INBOX", "INBOX", True)
        ]
        (folder,) = tree.folders
        assert folder.status is not None
        assert (folder.status.messages, folder.status.token) == (5, "")


def test_the_date_is_that_of_the_topmost_received_line() -> None:
    with ScriptedPop(MESSAGES[4:]) as pop, closing(source(pop)) as opened:
        (step, _) = read(opened)
        assert isinstance(step, Read)
        assert step.message.date == b'" 2-Jul-2019 10:00:00 +0000"'


def test_what_is_known_is_not_asked_for() -> None:
    ordinals = Ordinals()
    with ScriptedPop(MESSAGES[:2]) as pop:
        with closing(source(pop, ordinals)) as opened:
            octets(read(opened))
        pop.messages = [MESSAGES[4], MESSAGES[1]]
        pop.uidls = ["new", "u2"]
        pop.commands.clear()
        with closing(source(pop, ordinals)) as opened:
            assert octets(read(opened, known=[1, 2])) == {3: MESSAGES[4]}
        assert pop.said("RETR") == [b"RETR 1"]
        assert pop.said("TOP") == []


def test_what_was_chosen_before_is_not_chosen_anew() -> None:
    with ScriptedPop(MESSAGES[:2] * 2) as pop, closing(source(pop)) as opened:
        (folder,) = opened.tree().folders
        chosen = tuple(Listed(uid, frozenset(), b"", None, 10) for uid in (2, 3, 9))
        steps = list(opened.read([replace(folder, chosen=chosen)], lambda _: [], newest_first=True))
        assert steps[0] == Gone(b"INBOX", (9,))
        assert list(octets(steps)) == [3, 2]
        assert steps[-1] == FolderEnd(b"INBOX")


def test_equal_messages_may_share_a_name() -> None:
    ordinals = Ordinals()
    with ScriptedPop([MESSAGES[0]] * 3 + [MESSAGES[1]], uidls=["same", "same", "same", "other"]) as pop:
        with closing(source(pop, ordinals)) as opened:
            assert octets(read(opened)) == {1: MESSAGES[0], 2: MESSAGES[0], 3: MESSAGES[0], 4: MESSAGES[1]}
        pop.messages, pop.uidls = pop.messages[1:], pop.uidls[1:]
        with closing(source(pop, ordinals)) as opened:
            assert octets(read(opened, known=[1, 2, 3, 4])) == {}


@pytest.mark.parametrize("top", [True, False], ids=["top", "no top"])
def test_a_server_without_uidl_is_recognised_by_what_it_holds(top: bool) -> None:
    capabilities = [each for each in USUAL if each != "UIDL" and (top or each != "TOP")]
    ordinals = Ordinals()
    twin = MESSAGES[3].replace(b"no message-id", b"another body ")
    with ScriptedPop([MESSAGES[0], MESSAGES[3], twin], uidls=[], capabilities=capabilities) as pop:
        with closing(source(pop, ordinals)) as opened:
            assert len(octets(read(opened))) == 3
        read_before = MESSAGES[0].replace(b"\r\n\r\n", b"\r\nStatus: RO\r\nX-UIDL: 7\r\n\r\n")
        pop.messages = [twin, read_before, MESSAGES[1]]
        with closing(source(pop, ordinals)) as opened:
            assert octets(read(opened, known=[1, 2, 3])) == {4: MESSAGES[1]}


def test_a_size_may_be_unknown_and_a_line_may_say_more() -> None:
    listing = b"+OK\r\n1 what\r\n2 %d octets\r\n.\r\n" % len(MESSAGES[1])
    with ScriptedPop(MESSAGES[:2], replies={"LIST": listing}) as pop, closing(source(pop)) as opened:
        assert octets(read(opened)) == dict(enumerate(MESSAGES[:2], 1))


def test_what_is_counted_and_not_listed_is_told() -> None:
    replies: dict[str, Answer | list[Answer]] = {"STAT": b"+OK 4 1000\r\n"}
    with ScriptedPop(MESSAGES[:2], replies=replies) as pop, closing(source(pop)) as opened:
        steps = read(opened)
        (incomplete,) = (step for step in steps if isinstance(step, Incomplete))
        assert incomplete.missing == 2
        assert incomplete.error.server_words == "STAT 4, 2 listed"
        assert len(octets(steps)) == 2


def test_an_empty_mailbox() -> None:
    with ScriptedPop([]) as pop, closing(source(pop)) as opened:
        assert read(opened) == [FolderEnd(b"INBOX")]


def test_one_refusal_is_one_messages() -> None:
    replies: dict[str, Answer | list[Answer]] = {
        "RETR 2": b"-ERR Message 2 expunged.\r\n",
        "RETR 3": b"-ERR virus found\r\n",
        "RETR 4": b"-ERR [SYS/TEMP] cannot read it\r\n",
        "RETR 5": b"+OK\r\n.\r\n",
    }
    small = [MESSAGES[0]] * 6
    with ScriptedPop(small, replies=replies) as pop, closing(source(pop)) as opened:
        steps = read(opened)
    assert octets(steps) == {1: MESSAGES[0], 6: MESSAGES[0]}
    assert [step.uids for step in steps if isinstance(step, Gone)] == [(2,)]
    unreadable = {step.listed.uid: step.error for step in steps if isinstance(step, Unreadable)}
    assert {uid: (error.sentence, error.retry) for uid, error in unreadable.items()} == {
        3: ("The source refused to return the message.", False),
        4: ("The source cannot return the message now.", False),
        5: ("The source returned an empty message.", False),
    }
    assert unreadable[3].server_words == "-ERR virus found"
    assert unreadable[3].command == "RETR 3"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(b"-ERR [SYS/TEMP] disk away\r\n", Throttled), (b"-ERR [IN-USE] opened elsewhere\r\n", MailboxInUse)],
)
def test_a_mailbox_that_hands_out_nothing_for_now_is_tried_again(reply: bytes, kind: type[MailError]) -> None:
    with ScriptedPop([MESSAGES[0]] * 20, replies={"RETR": reply}) as pop, closing(source(pop)) as opened:
        with pytest.raises(kind) as raised:
            read(opened)
        assert raised.value.server_words == reply.decode().strip()


def test_a_listing_that_is_refused_is_told() -> None:
    replies: dict[str, Answer | list[Answer]] = {"LIST": b"-ERR no\r\n"}
    refused = pytest.raises(CommandRefused, match="does not list its messages")
    with ScriptedPop(MESSAGES[:1], replies=replies) as pop, closing(source(pop)) as opened, refused:
        opened.tree()
    with ScriptedPop([], replies={"STAT": b"-ERR [SYS/TEMP] no\r\n"}) as pop, pytest.raises(Throttled):
        source(pop)


@pytest.mark.parametrize(
    "answer", [Cut(), (b"+OK\r\nSubject: half", Cut()), (b"+OK\r\n" + stuffed(MESSAGES[0])[:-2], Cut())]
)
def test_a_cut_connection_names_the_message_that_was_next(answer: Answer) -> None:
    with ScriptedPop(MESSAGES[:2] * 2, replies={"RETR 3": answer}) as pop:
        opened = source(pop)
        with pytest.raises(Disconnected):
            read(opened)
        assert opened.died_at() == (b"INBOX", 3)
        opened.close()
        assert pop.said("QUIT") == []


def test_a_goodbye_is_only_said_when_all_has_arrived() -> None:
    with ScriptedPop(MESSAGES[:2]) as pop:
        for arrived, times in ((False, 0), (True, 1)):
            opened = source(pop)
            octets(read(opened))
            if arrived:
                opened.all_arrived()
            opened.close()
            assert len(pop.said("QUIT")) == times
        opened = source(pop)
        opened.tree()
        opened.close()
        assert len(pop.said("QUIT")) == 2
        pop.capabilities = (*USUAL, "EXPIRE 0")
        opened = source(pop)
        octets(read(opened))
        opened.all_arrived()
        opened.close()
        assert len(pop.said("QUIT")) == 2
        assert {command.split()[0] for command in pop.commands} <= {
            *(b"CAPA", b"AUTH", b"STAT", b"LIST", b"UIDL", b"RETR", b"QUIT")
        }


def test_what_is_left_half_read_is_hung_up_on() -> None:
    with ScriptedPop(MESSAGES[:2] * 50) as pop:
        opened = source(pop)
        steps = opened.read(opened.tree().folders, lambda listing: listing.messages)
        assert isinstance(next(steps), Read)
        opened.all_arrived()
        opened.close()
        assert pop.said("QUIT") == []


@pytest.mark.parametrize("missing", [(), ("TOP",)], ids=["top", "no top"])
def test_a_look_tells_sizes_dates_and_fingerprints(missing: Sequence[str]) -> None:
    capabilities = [each for each in USUAL if each not in missing]
    with ScriptedPop(MESSAGES, capabilities=capabilities) as pop, closing(source(pop)) as opened:
        look = opened.look()
        present = {each.uid: (each.size, each.instant) for each in look.listing(b"INBOX")}
        assert present == {uid: (len(m), 1562061600 if uid == 5 else None) for uid, m in enumerate(MESSAGES, 1)}
        assert [each.uid for each in look.listing(b"INBOX", 4)] == [4, 5]
        prints = look.headers(b"INBOX", [1, 5, 77])
        assert prints == {uid: header_print(MESSAGES[uid - 1].partition(b"\r\n\r\n")[0]) for uid in (1, 5)}
        assert len({each.body for each in look.fingerprints(b"INBOX", [1, 2, 3]).values()}) == 3
        assert look.numbers([b"INBOX"])[b"INBOX"].messages == 5
