"""What servers do otherwise, and what each may cost: this is the one table of what the oracle forgives.

A failure or remark of a kind that no quirk of the scenario allows is a finding, and so is each difference that none
names. Where a server's lie cannot be found out by any question, `Cost` says so as narrowly as it can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tests.servers.faults.commands import (
    CutCommand,
    CutLiteral,
    RefuseCommand,
    RefuseLiteral,
    RefusePipelining,
)
from tests.servers.faults.fault import Fault
from tests.servers.faults.pop import NoticeForUtf8
from tests.servers.faults.replies import (
    ChangeReply,
    CutReply,
    HideFromList,
    HugeNumbers,
    MessageLimit,
    ReplyGarbage,
    ShortFetch,
    WrongAppendUid,
)
from tests.servers.faults.storage import ChangeDates, LateCommit, NormaliseNames, RewriteHeaders
from tests.servers.mailbox import Mailbox
from tests.soak.faults import (
    CommitAfter,
    EndsAt,
    ForMessages,
    Hang,
    InFolder,
    LateKill,
    Meanwhile,
    NoUidNext,
    NthStored,
    RefuseContent,
    RefuseMessages,
    ThrottleRounds,
)
from tests.soak.rewriting import REWRITES
from tests.soak.scenario import Quirk


class World(Protocol):
    """What faults may do beside their server."""

    def kill(self) -> None:
        """The engine, with -9."""

    def back_up(self) -> None:
        """The store, as it is now."""

    def stranger(self, mailbox: Mailbox) -> None:
        """The user receives a mail at the destination."""

    def arrive(self, mailbox: Mailbox) -> None:
        """The user receives a mail at the source."""

    def expunge(self, mailbox: Mailbox, folder: str, number: int) -> None:
        """The user deletes this message at the source."""

    def renumber(self, mailbox: Mailbox, folder: str) -> None:
        """The folder gets another UIDVALIDITY, and its messages other UIDs."""


@dataclass(frozen=True)
class Cost:
    """What may come of a quirk and is no finding."""

    failures: frozenset[str] = frozenset()
    """Kinds that may be named, in the run and until the next."""
    remarks: frozenset[str] = frozenset()
    """Kinds that may be listed, from then on."""
    dates: bool = False
    """True: dates differ, and nothing that a server is asked can tell."""
    flags: bool = False
    """The same for flags."""
    pauses: bool = False
    """True: the account may be paused or fail until the quirk is over."""
    commands: bool = False
    """True: the server may take a mail for commands."""


NOTHING = Cost()
POP = Cost(remarks=frozenset({"date not kept"}), dates=True)
"""It tells neither dates nor flags."""
UNSAID = frozenset({"flag not kept", "date not kept"})
"""Remarks of these kinds are made when a server answers: where a connection or the engine ends before, or a store is
lost that has them, what has arrived all the same is without them."""


@dataclass(frozen=True)
class Kind:
    """A quirk: how the fault is made, and what it costs."""

    make: Callable[..., list[Fault]]
    cost: Cost = NOTHING


def _may(*failures: str, remarks: str = "", **more: bool) -> Cost:
    return Cost(frozenset(failures), frozenset(filter(None, [remarks])), **more)


_NOTICE = b"Subject: this message cannot be shown\r\n\r\n" + b"Your mail program does not support UTF-8.\r\n" * 13
_REFUSED, _ENDS = "message refused", "connection ends at message"
_UNREAD = _may(_REFUSED, _ENDS, "unreadable reply")


def _each(make: Callable[..., Fault]) -> Callable[..., list[Fault]]:
    return lambda world, *arguments: [make(*arguments)]


def _busy(world: World, pattern: str, nth: int, times: int, reply: bytes) -> list[Fault]:
    # Who has logged in asks what there is only where he is not told at once.
    untold = ChangeReply(rb"\[CAPABILITY [^]]*\] logged", b"logged", to="LOGIN|AUTHENTICATE")
    return [RefuseCommand(pattern, nth, times, reply=reply), *([untold] if pattern == "CAPABILITY" else [])]


def _pop_error(world: World, pattern: str, nth: int, times: int, reply: bytes = b"-ERR internal") -> list[Fault]:
    return [RefuseCommand(pattern, nth, times, reply=reply)]


SOURCE: Mapping[str, Kind] = {
    # Lasting: none of these may cost anything, but for what stands beside it.
    "no command": Kind(_each(lambda name, reply: RefuseCommand(name, reply=reply))),
    "short list": Kind(_each(lambda names, to: HideFromList(frozenset(names), to))),
    "untold size": Kind(_each(lambda octets: ForMessages(frozenset(octets), "RFC822.SIZE", None))),
    "date": Kind(
        _each(lambda octets, told: ForMessages(frozenset(octets), "INTERNALDATE", told)),
        _may(remarks="date not kept"),
    ),
    "items apart": Kind(
        _each(
            lambda: ChangeReply(
                rb"^(\* \d+ FETCH \()(UID \d+) (FLAGS \([^)]*\)) ([^\r]*)\)\r\n$",
                rb"\1\2 \3)\r\n\1\2 \4)\r\n",
                to="UID FETCH",
            )
        )
    ),
    "bare names": Kind(_each(lambda: ChangeReply(rb' "([^"\\()]+)"\r\n$', rb" \1\r\n", to="LIST|LSUB"))),
    "limit": Kind(_each(MessageLimit)),
    "short answers": Kind(_each(lambda most: ShortFetch(most=most))),
    "unlisted": Kind(  # what no listing tells has neither flags nor date
        _each(lambda folder, uids: InFolder(folder, ShortFetch(uids=frozenset(uids), items="RFC822.SIZE"))),
        _may("command refused", remarks="date not kept", flags=True),
    ),
    "withheld": Kind(
        _each(lambda folder, uids: InFolder(folder, ShortFetch(uids=frozenset(uids), items="BODY"))), _UNREAD
    ),
    "garbage": Kind(_each(lambda folder, uid, line: InFolder(folder, ReplyGarbage(uid, line))), _UNREAD),
    "deadly message": Kind(  # where mail is there already, the texts of some are asked for, as for `bad message`
        _each(lambda folder, uid: InFolder(folder, EndsAt(uid))), _may(*_UNREAD.failures, "connection ends at folder")
    ),
    "huge number": Kind(_each(HugeNumbers)),
    "modseq": Kind(
        _each(lambda number: HugeNumbers("HIGHESTMODSEQ", number)), Cost(flags=True)
    ),  # one that stands still
    "one at a time": Kind(_each(lambda reply: RefusePipelining(reply=reply))),
    "bad message": Kind(  # where mail is there already, headers are asked for in sets: the folder fails for one of them
        _each(lambda folder, uids, reply: RefuseMessages(folder, frozenset(uids), reply)),
        _may(*_UNREAD.failures, "command refused"),
    ),
    "two validities": Kind(_each(lambda to: ChangeReply(rb"UIDVALIDITY \d+", b"UIDVALIDITY 77", to=to))),
    # For one phase
    "cut command": Kind(_each(lambda pattern, nth, times: CutCommand(pattern, nth, times))),
    "cut reply": Kind(_each(lambda pattern, nth, octets: CutReply(pattern, nth, octets=octets))),
    "throttle": Kind(
        _each(lambda octets, times: ThrottleRounds(octets, times, b"NO [LIMIT] too much, try again later"))
    ),
    "ill": Kind(  # fewer refusals than `outage_after` are taken to be the messages' own, until the next run
        _each(lambda pattern, nth, times, reply: RefuseCommand(pattern, nth, times, reply=reply)),
        Cost(frozenset({_REFUSED, "command refused"}), UNSAID),  # a line is tried without what is new in it
    ),
    "no folders": Kind(  # an account that cannot log in, list or open its folders fails
        _each(lambda pattern, nth, times, reply: RefuseCommand(pattern, nth, times, reply=reply)),
        _may(
            "command refused",
            "folder not made",
            "folder name refused",
            "folder list in doubt",
            "no login just now",
            pauses=True,
        ),
    ),
    "busy": Kind(_busy),
    "goodbye": Kind(_each(lambda pattern, nth, times, words: CutCommand(pattern, nth, times, words=words))),
    "hang": Kind(_each(lambda pattern, nth: Hang(pattern, nth))),
    "renumbered": Kind(
        lambda world, pattern, nth, folder: [
            Meanwhile(pattern, nth, happens=lambda mailbox: world.renumber(mailbox, folder))
        ]
    ),
    "mail comes": Kind(lambda world, pattern, nth: [Meanwhile(pattern, nth, happens=world.arrive)]),
    "mail goes": Kind(
        lambda world, pattern, nth, folder, number: [
            Meanwhile(pattern, nth, happens=lambda mailbox: world.expunge(mailbox, folder, number))
        ]
    ),
    # POP
    "notice": Kind(  # of another size than any message: one that agrees to a few octets cannot be told by it
        _each(lambda: NoticeForUtf8(_NOTICE)), _may(_REFUSED)
    ),
    "pop error": Kind(_pop_error),
    # As `ill`; and where no UIDL names a message it is read to be listed.
    "no message": Kind(_pop_error, _may(_REFUSED, "command refused")),
    "pop busy": Kind(_each(lambda pattern, nth, times, reply: RefuseCommand(pattern, nth, times, reply=reply))),
    "no list": Kind(_pop_error, _may("command refused", pauses=True)),  # as `no folders`
}

DESTINATION: Mapping[str, Kind] = {
    # Lasting
    "rewrites": Kind(_each(lambda how: RewriteHeaders(REWRITES[how])), _may(remarks="mail rewritten")),
    "own dates": Kind(_each(ChangeDates), _may(remarks="mail rewritten", dates=True)),
    "names": Kind(
        # Where names are cut short, so is the number that would tell one from the other.
        _each(lambda form, fold, strip, longest: NormaliseNames(form, fold, strip, longest)),
        _may("folder name refused", remarks="folder renamed"),
    ),
    "sign": Kind(
        _each(lambda sign: RefuseCommand(rf"CREATE .*{sign}", reply=b"NO [CANNOT] invalid name")),
        _may(remarks="folder renamed"),
    ),
    "bad keyword": Kind(
        _each(lambda word: RefuseLiteral(rf"APPEND .*{word}", reply=b"BAD invalid flag")),
        _may(remarks="flag not kept"),
    ),
    "few flags": Kind(
        _each(
            lambda: ChangeReply(
                rb"PERMANENTFLAGS \([^)]*\)",
                rb"PERMANENTFLAGS (\\Answered \\Deleted \\Draft \\Flagged \\Seen)",
                to="SELECT|EXAMINE",
            )
        ),
        _may(remarks="flag not kept"),
    ),
    "wrong uids": Kind(_each(WrongAppendUid)),
    "no uidnext": Kind(_each(NoUidNext)),
    "short list": SOURCE["short list"],
    "one at a time": SOURCE["one at a time"],
    "limit": SOURCE["limit"],
    "refuses": Kind(_each(RefuseContent), _may(_REFUSED)),
    # For one phase
    "cut command": SOURCE["cut command"],
    "cut reply": SOURCE["cut reply"],
    "cut literal": Kind(_each(lambda nth, octets: CutLiteral("APPEND", nth, octets=octets))),
    "throttle": SOURCE["throttle"],
    "ill": SOURCE["ill"],
    "no folders": SOURCE["no folders"],
    "outage": Kind(  # long enough to be one, and not so long that a message is given up
        _each(lambda pattern, nth, times, reply: RefuseCommand(pattern, nth, times, reply=reply)),
        Cost(remarks=UNSAID),
    ),
    "busy": SOURCE["busy"],
    "goodbye": SOURCE["goodbye"],
    "hang": SOURCE["hang"],
    "poison": Kind(  # a line like those that it has taken before: nobody can foresee that, and keep a mail from it
        _each(lambda nth: RefuseLiteral("APPEND", nth, 1)), Cost(frozenset({_REFUSED}), UNSAID, commands=True)
    ),
    "quota": Kind(
        _each(lambda nth: RefuseCommand("APPEND", nth, reply=b"NO [OVERQUOTA] full")),
        _may("destination over quota", pauses=True),
    ),
    "late": Kind(_each(lambda nth, looks: LateCommit(nth=nth, looks=looks))),
    "late kill": Kind(lambda world, nth, looks: [LateKill(nth=nth, looks=looks, strike=world.kill)]),
    "too late": Kind(lambda world, nth, appends: _too_late(nth, appends), _may("arrived twice")),
    "renumbered": SOURCE["renumbered"],
    "mail comes": Kind(lambda world, nth: [NthStored(nth, world.stranger)]),
    "backup": Kind(lambda world, nth: [NthStored(nth, lambda mailbox: world.back_up())]),
    "strike": Kind(lambda world, nth: [NthStored(nth, lambda mailbox: world.kill())]),
}


def _too_late(nth: int, appends: int) -> list[Fault]:
    late = LateCommit(nth=nth)
    return [late, CommitAfter(late, appends)]


def faults_of(table: Mapping[str, Kind], quirks: tuple[Quirk, ...], world: World) -> list[Fault]:
    """Made anew."""
    return [fault for quirk in quirks for fault in table[quirk.name].make(world, *quirk.arguments)]


def cost_of(table: Mapping[str, Kind], quirks: tuple[Quirk, ...]) -> Cost:
    """Of all of them together."""
    costs = [table[quirk.name].cost for quirk in quirks]
    return together(costs)


def together(costs: list[Cost]) -> Cost:
    """All that any of these allows."""
    return Cost(
        frozenset(kind for cost in costs for kind in cost.failures),
        frozenset(kind for cost in costs for kind in cost.remarks),
        any(cost.dates for cost in costs),
        any(cost.flags for cost in costs),
        any(cost.pauses for cost in costs),
        any(cost.commands for cost in costs),
    )
