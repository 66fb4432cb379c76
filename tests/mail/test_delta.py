"""What has changed in a folder, from a server's answers: right, or not said at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.imap.delta import changes
from tui_migrate.mail.imap.fetch import Fetched, parse_fetch
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.protocols import Changes, ListedFolder, Since

Replies = list[Reply | Fetched]
DATE = b'INTERNALDATE " 1-Jul-2012 06:05:54 +0000"'


def untagged(text: str) -> Reply:
    code, _, argument = text.partition("[")[2].partition("]")[0].partition(" ")
    status = "OK" if text.startswith("OK") else ""
    return Reply(b"*", status, code, argument.encode(), [f"* {text}\r\n".encode()])


def fetched(number: int, uid: int, flags: str = "") -> Fetched:
    line = b"* %d FETCH (UID %d FLAGS (%s) %s RFC822.SIZE 7 MODSEQ (9))\r\n" % (number, uid, flags.encode(), DATE)
    return parse_fetch([line])


@dataclass
class Wire:
    """Gives the answers to four commands for each folder: a list of replies, and whether it is OK."""

    answers: deque[tuple[list[Reply | Fetched], bool]]
    peer: str = "old.example"
    sent: list[bytes] = field(default_factory=list)
    waiting: deque[Reply | Fetched] = field(default_factory=deque)

    def send_all(self, commands: Sequence[bytes]) -> list[bytes]:
        tags = []
        for command in commands:
            replies, ok = self.answers.popleft()
            tags.append(b"T%d" % len(self.sent))
            self.sent.append(command)
            self.waiting.extend([*replies, Reply(tags[-1], "OK" if ok else "BAD", "", b"", [b"T OK\r\n"])])
        return tags

    def next(self) -> Reply | Fetched:
        return self.waiting.popleft()


@dataclass
class FakeSession:
    wire: Wire
    capabilities: tuple[str, ...] = ("ESEARCH",)
    examine: bytes = b"EXAMINE"

    def has(self, name: str) -> bool:
        return name in self.capabilities


def ask(
    since: Since, examine: Iterable[str], old: Replies, left: str, new: Replies, *, ok: bool = True
) -> Changes | None:
    count = untagged(f'ESEARCH (TAG "T2") COUNT {left}')
    wire = Wire(deque([([untagged(line) for line in examine], True), (old, ok), ([count], True), (new, True)]))
    folder = ListedFolder(b"A", ("A",))
    found = changes(cast(Session, FakeSession(wire)), [(folder, since)])
    assert wire.sent[1].endswith(b"(CHANGEDSINCE %s)" % since.token.encode())
    return found.get(b"A")


@dataclass(frozen=True)
class History:
    """Messages of a folder at the end of a walk, and what happened then."""

    old: tuple[int, ...]
    gone: frozenset[int]
    flagged: frozenset[int]
    new: tuple[int, ...]

    @property
    def since(self) -> Since:
        return Since(77, max(self.old, default=0) + 1, "5", len(self.old))

    @property
    def now(self) -> list[int]:
        return [uid for uid in self.old if uid not in self.gone] + [*self.new]

    @property
    def examine(self) -> list[str]:
        return [f"{len(self.now)} EXISTS", "OK [UIDVALIDITY 77] Valid"]

    @property
    def left(self) -> str:
        return str(len(self.old) - len(self.gone))

    @property
    def changed(self) -> Replies:
        return [fetched(n, uid, "\\Seen") for n, uid in enumerate(self.now, 1) if uid in self.flagged]

    @property
    def latest(self) -> Replies:
        """`n:*` names the last message in any case."""
        now = self.now
        wanted = {*self.new, *now[-1:]}
        return [fetched(n, uid) for n, uid in enumerate(now, 1) if uid in wanted]

    def answered(self) -> Changes | None:
        return ask(self.since, self.examine, self.changed, self.left, self.latest)


@st.composite
def histories(draw: st.DrawFn) -> History:
    old = sorted(draw(st.sets(st.integers(1, 40), max_size=12)))
    some = st.sets(st.sampled_from(old)) if old else st.just(set[int]())
    gone = draw(some)
    flagged = draw(some) - gone
    first = max(old, default=0) + 1
    new = sorted(draw(st.sets(st.integers(first, first + 20), max_size=6)))
    return History(tuple(old), frozenset(gone), frozenset(flagged), tuple(new))


@given(histories())
def test_an_honest_server_is_understood(history: History) -> None:
    found = history.answered()
    assert found is not None
    assert {*history.flagged, *history.new} <= {each.uid for each in found.messages}
    assert found.unlisted + len(found.messages) == found.exists == len(history.now)


@given(histories().filter(lambda each: len(each.new) > 0), st.data())
def test_a_new_message_that_is_not_shown_is_missed_by_nobody(history: History, data: st.DataObject) -> None:
    """Whatever has vanished besides."""
    hidden = data.draw(st.sampled_from(history.new))
    shown: Replies = [each for each in history.latest if isinstance(each, Fetched) and each.uid != hidden]
    assert ask(history.since, history.examine, history.changed, history.left, shown) is None


HISTORY = History((1, 2, 3), frozenset({2}), frozenset({3}), (7, 9))


def test_what_vanishes_between_two_answers_makes_them_worthless() -> None:
    assert HISTORY.answered() is not None
    for word in ("2 EXPUNGE", "VANISHED 2"):
        assert ask(HISTORY.since, HISTORY.examine, [untagged(word), *HISTORY.changed], "2", HISTORY.latest) is None


def test_a_refusal_and_another_uidvalidity_mean_a_whole_listing() -> None:
    assert ask(HISTORY.since, HISTORY.examine, [], "2", HISTORY.latest, ok=False) is None
    assert ask(HISTORY.since, ["4 EXISTS", "OK [UIDVALIDITY 78] Valid"], HISTORY.changed, "2", HISTORY.latest) is None


def test_more_old_messages_than_there_were_mean_a_whole_listing() -> None:
    since = Since(77, 4, "5", 1)
    assert ask(since, HISTORY.examine, HISTORY.changed, "2", HISTORY.latest) is None


def test_mail_that_arrives_between_two_answers_is_counted_in() -> None:
    later: Replies = [untagged("5 EXISTS"), *HISTORY.latest, fetched(5, 10)]
    found = ask(HISTORY.since, HISTORY.examine, HISTORY.changed, "2", later)
    assert found is not None
    assert [each.uid for each in found.messages] == [3, 7, 9, 10]
    assert (found.unlisted, found.exists) == (1, 5)


def test_a_flag_change_of_this_moment_is_left_to_the_next_pass() -> None:
    live = parse_fetch([b"* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (12))\r\n"])
    found = ask(HISTORY.since, HISTORY.examine, [live, *HISTORY.changed], "2", HISTORY.latest)
    assert found is not None
    assert [each.uid for each in found.messages] == [3, 7, 9]


def test_a_name_that_cannot_be_asked_for_is_left_out_and_the_others_are_told() -> None:
    examine: Replies = [untagged(line) for line in HISTORY.examine]
    count: Replies = [untagged('ESEARCH (TAG "T2") COUNT 2')]
    wire = Wire(deque((replies, True) for replies in (examine, HISTORY.changed, count, HISTORY.latest)))
    folders = [(ListedFolder(name, ("x",)), HISTORY.since) for name in (b"A\r\nB", b"C")]
    assert [*changes(cast(Session, FakeSession(wire)), folders)] == [b"C"]


def test_a_server_that_does_not_count_is_not_asked() -> None:
    wire = Wire(deque())
    session = cast(Session, FakeSession(wire, ()))
    assert changes(session, [(ListedFolder(b"A", ("A",)), HISTORY.since)]) == {}
    assert wire.sent == []


@pytest.mark.parametrize("left", ["0", "1", "3", "NONE"])
def test_a_count_that_does_not_fit_means_a_whole_listing(left: str) -> None:
    assert ask(HISTORY.since, HISTORY.examine, HISTORY.changed, left, HISTORY.latest) is None
