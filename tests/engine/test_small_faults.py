"""A fault stays as small as it is: a message's own, a folder's own, an account's own."""

from __future__ import annotations

import errno
import logging
import os
import re
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.support import Ended, migrate, plain, write_plan
from tests.servers.faults.commands import CutCommand, RefuseCommand, RefusePipelining
from tests.servers.faults.fault import Fault, matches
from tests.servers.faults.replies import HugeNumbers, MessageLimit, ShortFetch, WrongAppendUid
from tests.servers.imap.server import OLD, ImapDouble
from tests.servers.loopback_server import Chunk, Cut, Stall
from tests.servers.mailbox import Mailbox
from tests.servers.session import Command, Session
from tui_migrate.engine.copying.tally import PassTally
from tui_migrate.engine.faults import report
from tui_migrate.engine.log import logging_to
from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import Listed, Message
from tui_migrate.model import AccountState, Scope
from tui_migrate.model.journal import Entry
from tui_migrate.model.progress import Tally
from tui_migrate.store import journal
from tui_migrate.store.database import Transaction
from tui_migrate.timing import Timing
from tui_migrate.uidset import parse_uids

QUICK = Timing(tick=0.02, save=0.02, poll=0.02, settle=0.01, late=0.01, longest_wait=0.05)


def filled(messages: int = 30, user: str = "user") -> Mailbox:
    """An INBOX, and a folder behind it."""
    mailbox = Mailbox(user)
    for name, number in (("INBOX", messages), ("Projects", 5)):
        folder = mailbox.folder(name) if name == "INBOX" else mailbox.add_folder(name)
        for each in range(number):
            folder.add(
                b"Message-ID: <%d@%s>\r\nSubject: %d\r\n\r\nbody %d\r\n" % (each, (user + name).encode(), each, each)
            )
    return mailbox


def run(tmp_path: Path, old: Mailbox, new: Mailbox, *faults: Fault, timing: Timing = QUICK) -> Ended:
    with ImapDouble(old, faults) as source, ImapDouble(new) as target:
        plan = write_plan(tmp_path, plain(source.port), plain(target.port), [old.user])
        return migrate(plan, tmp_path / "data", timing)


def missing(old: Mailbox, new: Mailbox) -> list[tuple[str, bytes]]:
    assert not new.octets() - old.octets(), "more arrived than there was"
    return sorted((old.octets() - new.octets()).elements())


def named(ended: Ended) -> list[tuple[Scope, str, int | None]]:
    return sorted((each.scope, each.folder, each.uid) for each in ended.failures)


class Poison(Fault):
    """What is said when a message of INBOX is handed out: BODY[] with the wrong length, nothing more, or an end."""

    def __init__(self, texts: Collection[bytes], end: str) -> None:
        self.texts = texts
        self.end = end
        self.over = threading.Event()

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        for text in self.texts:
            if text in reply:
                start = reply[: reply.index(text)]
                ends: dict[str, Sequence[Chunk]] = {
                    "cut": [start, text[:9], Cut()],
                    "bye": [b"* BYE internal error\r\n", Cut()],
                    "unreadable": [b"* 1 FETCH (BODY[] {5}\r\n" + text + b")\r\n"],
                    "stall": [start, text[:9], Stall(self.over)],
                }
                return ends[self.end]
        return [reply]


ONE, TEN = [3], [1, 2, 3, 4, 5, 17, 18, 25, 29, 30]


@pytest.mark.parametrize(
    ("end", "uids"),
    [
        ("cut", ONE),
        ("cut", TEN),
        ("bye", ONE),
        ("unreadable", ONE),
        pytest.param("unreadable", TEN, marks=pytest.mark.nightly),
        ("stall", [3, 17]),
    ],
)
def test_messages_that_end_connections_are_named_and_all_others_arrive(
    tmp_path: Path, end: str, uids: list[int]
) -> None:
    old, new = filled(), Mailbox()
    texts = [old.folder("INBOX").messages[uid - 1].octets for uid in uids]
    poison = Poison(texts, end)
    timing = QUICK if end != "stall" else replace(QUICK, stall=0.5, stall_again=0.2)
    with ImapDouble(old, [poison]) as source, ImapDouble(new) as target:
        plan = write_plan(tmp_path, plain(source.port), plain(target.port), [old.user])
        ended = migrate(plan, tmp_path / "data", timing)
    assert missing(old, new) == sorted(("INBOX", text) for text in texts)
    assert named(ended) == [(Scope.MESSAGE, "INBOX", uid) for uid in uids], ended
    assert (ended.code, ended.accounts[0].state) == (1, AccountState.DONE_WITH_FAILURES)
    # Each is asked for once with others and twice alone; a busy machine may cost another connection.
    assert 3 * len(uids) < source.logins <= 4 * len(uids) + 2


class Endless(Fault):
    """The connection ends whenever a folder is listed, or opened."""

    def __init__(self, name: str) -> None:
        self.name = name.encode()

    def asked(self, session: Session, command: Command) -> Sequence[Chunk] | None:
        opened = next((each for each in reversed(session.said) if each.startswith(b"EXAMINE")), b"")
        return [Cut()] if command.name == "UID FETCH" and self.name in opened else None


def test_a_folder_that_ends_connections_is_named_and_all_others_arrive(tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, Endless("INBOX"))
    assert {folder for folder, _ in missing(old, new)} == {"INBOX"}
    assert named(ended) == [(Scope.FOLDER, "INBOX", None)], ended
    assert ended.code == 1


def test_a_server_that_ends_all_connections_alike_is_not_asked_for_ever(tmp_path: Path) -> None:
    class Gibberish(Fault):
        def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
            return [b"?? %d\r\n" % 7] if command.name == "LIST" else [reply]

    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, Gibberish())
    assert named(ended) == [(Scope.ACCOUNT, "", None)], ended
    assert "4 times" in ended.failures[0].sentence
    assert (ended.code, ended.accounts[0].state) == (1, AccountState.FAILED)


@pytest.mark.parametrize("word", ["UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ", "RFC822.SIZE", "MESSAGES"])
@pytest.mark.parametrize("number", [2**63, pytest.param(2**64 - 1, marks=pytest.mark.nightly), 10**30])
def test_numbers_that_cannot_be_cost_nothing(tmp_path: Path, word: str, number: int) -> None:
    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, HugeNumbers(word, number))
    assert (ended.code, missing(old, new)) == (0, []), ended


def test_what_nobody_foresaw_ends_its_account_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it arises: where mail is read, in the store's writer, where all accounts' numbers are saved."""
    users = ["alice", "bob", "carol", "dave"]
    boxes = {user: filled(user=user) for user in users}
    there = [Mailbox(user) for user in users]
    huge, secret = 1 << 70, "Subject: bodies and passwords"

    def read(listed: Listed, content: Content) -> Message:
        if b"@bob" in b"".join(content.chunks()):
            raise ZeroDivisionError(secret)
        return made(listed, content)

    def window(connection: Transaction, folder_id: int, low_uid: int, entries: Sequence[Entry]) -> int:
        if any(entry.fingerprint.length == 61 for entry in entries):
            return opened(connection, folder_id, huge, entries)
        return opened(connection, folder_id, low_uid, entries)

    def total(self: PassTally) -> Tally:
        numbers = totalled(self)
        return replace(numbers, bytes_copied=huge) if numbers.counts.copied == 7 else numbers

    boxes["carol"].folder("INBOX").add(b"Subject: x\r\n\r\n".ljust(61, b"."))
    boxes["dave"].folder("INBOX").remove(*range(3, 31))
    made, opened, totalled = Message.of, journal.open_window, PassTally.total
    monkeypatch.setattr(Message, "of", read)
    monkeypatch.setattr(journal, "open_window", window)
    monkeypatch.setattr(PassTally, "total", total)
    with ImapDouble(boxes.values()) as source, ImapDouble(there) as target:
        plan = write_plan(tmp_path, plain(source.port), plain(target.port), users)
        ended = migrate(plan, tmp_path / "data", QUICK)
    states = {each.source_user: each.state for each in ended.accounts}
    assert states == {"alice": AccountState.DONE, **dict.fromkeys(users[1:], AccountState.FAILED)}, ended
    assert there[0].octets() == boxes["alice"].octets()
    assert ended.code == 1
    assert {each.kind for each in ended.failures} == {"internal fault, please report"}
    assert len(ended.failures) == 3
    log = tmp_path / "data" / "log" / "engine.log"
    text = log.read_text()
    assert str(log) in ended.failures[0].sentence
    last = {each.account: each.sentence.split("this makes: ")[1] for each in ended.failures}
    assert last == {user: f"tui-migrate bundle {user}" for user in last}
    assert "ZeroDivisionError" in text
    assert "OverflowError" in text
    assert secret not in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_log_is_no_way_to_another_file(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "engine.log").symlink_to(other)
    with pytest.raises(StoreUnusable, match="is a link"), logging_to(tmp_path):
        pass
    assert other.read_text() == "mine"


def test_a_log_that_takes_no_lines_is_said_to_take_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(record: logging.LogRecord) -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with logging_to(tmp_path) as log:
        monkeypatch.setattr(log, "shouldRollover", full)
        error = report(log, {"who": "account 3"}, ValueError("x"))
    assert error.sentence.endswith("engine.log cannot be written: No space left on device.")


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_server_that_wants_one_command_at_a_time_gets_it(tmp_path: Path, side: str, *, drop: bool) -> None:
    old, new = filled(), Mailbox()
    odd, timing = [RefusePipelining(drop=drop)], replace(QUICK, stall=0.5, login=5.0)
    with (
        ImapDouble(old, odd if side == "source" else []) as source,
        ImapDouble(new, odd if side == "destination" else []) as target,
    ):
        plan = write_plan(tmp_path, plain(source.port), plain(target.port), [old.user])
        ended = migrate(plan, tmp_path / "data", timing)
        assert (ended.code, missing(old, new)) == (0, []), ended
        before = source.logins + target.logins
        assert before <= 4, "it learns from the first refusal"
        assert migrate(plan, tmp_path / "data", timing).code == 0
        assert source.logins + target.logins == before + 2, "what was learned is kept"


class OtherValidity(Fault):
    """STATUS, also that of LIST-STATUS, or opening tells another UIDVALIDITY of INBOX, so many times."""

    def __init__(self, to: str, *, changing: bool = False, times: int = 1000) -> None:
        self.to = to
        self.changing = changing
        self.left = times
        self.now = 5

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        concerned = re.match(rb'\* STATUS "?INBOX|\* OK \[UIDVALIDITY', reply) and b"INBOX" in reply + command.text
        if concerned and matches(self.to, command.text) and self.left:
            self.left -= 1
            self.now += self.changing
            return [re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY %d" % self.now, reply)]
        return [reply]


@pytest.mark.parametrize("to", ["LIST", "LIST|STATUS", "EXAMINE"])
def test_of_two_uidvaliditys_the_one_of_opening_is_believed(tmp_path: Path, to: str) -> None:
    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, OtherValidity(to))
    assert (ended.code, missing(old, new)) == (0, []), ended
    assert run(tmp_path, old, new, OtherValidity(to)).code == 0
    assert missing(old, new) == []


def test_a_folder_with_another_uidvalidity_each_time_fails_alone(tmp_path: Path) -> None:
    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, OtherValidity("EXAMINE", changing=True))
    assert {folder for folder, _ in missing(old, new)} == {"INBOX"}
    assert named(ended) == [(Scope.FOLDER, "INBOX", None)], ended
    assert ended.code == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda validity, uids: (uids, validity),
        lambda validity, uids: (b"7", uids),
        lambda validity, uids: (validity, b"0"),
        lambda validity, uids: (b"%d" % 2**70, b"1:4294967295"),
    ],
    ids=["the wrong way round", "another", "no UID", "too large"],
)
def test_what_storing_tells_against_opening_is_not_believed(
    tmp_path: Path, change: Callable[[bytes, bytes], tuple[bytes, bytes]]
) -> None:
    old, new = filled(300), Mailbox()
    with ImapDouble(old) as source, ImapDouble(new, [WrongAppendUid(change)]) as target:
        plan = write_plan(tmp_path, plain(source.port), plain(target.port), [old.user])
        ended = migrate(plan, tmp_path / "data", QUICK)
        assert (ended.code, missing(old, new)) == (0, []), ended
        assert source.logins <= 3, "it is asked once more, and not for every folder and window"
        assert ended.counts.copied == 305
        again = migrate(plan, tmp_path / "data", QUICK)
        assert (again.code, again.counts.copied, missing(old, new)) == (0, 0, [])


ILL = [
    b"NO [SERVERBUG] internal",
    b"NO [LIMIT] slow down",
    b"NO [UNAVAILABLE] later",
    b"NO System I/O error",
    b"NO Server Unavailable. 15",
]


class Ill(Fault):
    """Bodies are refused: those of these messages, or all that are asked for until so many have been."""

    def __init__(self, reply: bytes, uids: Collection[int] = (), commands: int = 0) -> None:
        self.reply = reply
        self.uids = uids
        self.left = commands

    def asked(self, session: Session, command: Command) -> Sequence[Chunk] | None:
        if not matches(r"UID FETCH [\d:,]+ \(UID (BODY|RFC822)", command.text):
            return None
        asked = parse_uids(command.text.split(b" ")[2].decode())
        self.left -= self.left > 0
        ill = self.left > 0 or (bool(set(asked) & set(self.uids)) and self.opened(session) == "INBOX")
        return [command.tag + b" " + self.reply + b"\r\n"] if ill else None

    def opened(self, session: Session) -> str:
        names = [each for each in session.said if each.startswith(b"EXAMINE")]
        return names[-1].split(b" ", 1)[1].strip(b'"').decode() if names else ""


HURRIED = replace(QUICK, throttle_first=0.01, longest_throttle=0.05)


@pytest.mark.parametrize("reply", ILL)
def test_a_source_that_is_ill_for_a_while_has_no_bad_messages(tmp_path: Path, reply: bytes) -> None:
    old, new = filled(250), Mailbox()
    ended = run(tmp_path, old, new, Ill(reply, commands=12), timing=HURRIED)
    assert (ended.code, missing(old, new), ended.failures) == (0, [], []), ended


@pytest.mark.parametrize("reply", ILL)
@pytest.mark.parametrize("uids", [[7], [1, 2, 3, 4, 5, 6, 20]], ids=["one", "some in a row"])
def test_messages_that_are_refused_among_good_ones_are_named(tmp_path: Path, reply: bytes, uids: list[int]) -> None:
    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, Ill(reply, uids), timing=HURRIED)
    assert named(ended) == [(Scope.MESSAGE, "INBOX", uid) for uid in uids], ended
    assert len(missing(old, new)) == len(uids)
    assert ended.code == 1


@pytest.mark.parametrize("most", [1, 7, 20])
def test_a_limit_of_messages_for_each_command_loses_none(tmp_path: Path, most: int) -> None:
    old, new = filled(), Mailbox()
    ended = run(tmp_path, old, new, MessageLimit(most))
    assert (ended.code, missing(old, new)) == (0, []), ended


@pytest.mark.parametrize("most", [1, 4])
def test_answers_that_are_cut_short_without_a_word_lose_nothing(tmp_path: Path, most: int) -> None:
    old, new = filled(), Mailbox()
    for message in old.folder("INBOX").messages[::2]:
        message.flags, message.date = frozenset({"\\Seen", "$Label1"}), "03-Mar-2013 03:03:03 +0300"
    later = RefuseCommand("UID SEARCH", times=1, reply=b"NO [LIMIT] try again later")
    ended = run(tmp_path, old, new, ShortFetch(most), later)
    assert (ended.code, new.contents()) == (0, old.contents()), ended


def test_what_was_wrong_with_a_folder_is_history_once_it_is_read_whatever_its_messages_are(tmp_path: Path) -> None:
    old, new = filled(3), Mailbox("user")
    with ImapDouble(old) as source, ImapDouble(new, capabilities=OLD) as target:
        plan = write_plan(tmp_path, plain(source.port), plain(target.port), [old.user])
        source.faults.append(RefuseCommand('EXAMINE "?INBOX', reply=b"NO System I/O error"))
        assert named(migrate(plan, tmp_path / "data", QUICK)) == [(Scope.FOLDER, "INBOX", None)]
        source.faults.clear()
        target.faults.append(RefuseCommand("APPEND", times=1, reply=b"NO [CANNOT] not this one"))
        assert named(migrate(plan, tmp_path / "data", QUICK)) == [(Scope.MESSAGE, "INBOX", 1)]


def test_what_was_to_be_sent_again_has_failed_where_its_folder_cannot_be_read_any_more(tmp_path: Path) -> None:
    old, new = Mailbox("user"), Mailbox("user")
    old.folder("INBOX").add(b"Subject: 1\r\n\r\n1\r\n")
    with ImapDouble(old) as source, ImapDouble(new) as target:
        source.faults.append(RefuseCommand("EXAMINE", nth=3, reply=b"NO System I/O error"))
        target.faults.append(CutCommand("APPEND"))
        ended = migrate(
            write_plan(tmp_path, plain(source.port), plain(target.port), [old.user]), tmp_path / "data", QUICK
        )
    assert named(ended) == [(Scope.FOLDER, "INBOX", None)]
    assert (ended.counts.listed, ended.counts.failed, ended.counts.pending) == (1, 1, 0)
