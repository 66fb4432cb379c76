"""Repairs of faults that were found, each to be switched off by its name: the soak must find every one of them.

Nothing in the program knows of this: names in its modules are replaced, in a process of its own. `python -m
tests.soak.switched_off NAME…` says within how many seeds each is found; without names, of all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import delete

from tests.soak.scenario import Scenario
from tui_migrate.engine import supervisor
from tui_migrate.engine.copying import (
    account_run,
    doubts,
    naming,
    outage,
    reading,
    recover,
    unclaimed,
    work,
)
from tui_migrate.errors import MailboxChanged
from tui_migrate.mail.imap import append_command, folders, look, pipeline, prepare, reader, walk
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.pop import sizes
from tui_migrate.mail.protocols import Gone, Step
from tui_migrate.model.journal import NOBODY
from tui_migrate.store.schema import remark

MOST = 500
"""Seeds within which each must be found."""
_SWITCHES: dict[str, Callable[[], None]] = {}
_SHOWN_BY: dict[str, frozenset[str]] = {}


def _switch(name: str, *shown_by: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """`shown_by`: quirks and changes, one of which a scenario must have to show it; others are passed over."""

    def named(switch: Callable[[], None]) -> Callable[[], None]:
        _SWITCHES[name], _SHOWN_BY[name] = switch, frozenset(shown_by)
        return switch

    return named


def _has(scenario: Scenario) -> frozenset[str]:
    """What happens in it, by name."""
    parts = [scenario.source.quirks, scenario.destination.quirks]
    for phase in scenario.phases:
        parts += [phase.source, phase.destination]
    names = {quirk.name for part in parts for quirk in part}
    names |= {change.name for phase in scenario.phases for change in phase.before}
    return frozenset(names | ({"two sources"} if len(scenario.boxes) > 1 else set()))


def _replace(owner: Any, name: str, by: object) -> None:
    assert hasattr(owner, name), f"{owner} has no {name} any more"
    setattr(owner, name, by)


def _gives(value: object) -> Callable[..., Any]:
    return lambda *_, **__: value


@_switch("claims of other sources", "two sources")
def _claims() -> None:
    """Mail that another source has brought, or has on its way, is taken for one's own."""
    _replace(doubts, "claims", _gives(NOBODY))
    _replace(unclaimed, "claims", _gives(NOBODY))


@_switch("one at a time for each mailbox", "two sources")
def _turns() -> None:
    _replace(supervisor.Supervisor, "_one_for_each_mailbox", lambda self, wishes, known: wishes)
    true = unclaimed.Unclaimed._compare

    def hasty(self: Any, run: Any, known: int, first: bool) -> Any:
        if first:
            unclaimed.claims, before = _gives(NOBODY), unclaimed.claims  # type: ignore[attr-defined]
            try:
                return true(self, run, known, first)
            finally:
                unclaimed.claims = before  # type: ignore[attr-defined]
        return true(self, run, known, first)

    _replace(unclaimed.Unclaimed, "_compare", hasty)


@_switch("marks of what is known", "restore")
def _marks() -> None:
    """What has come to the destination since is not looked at, unless the folder is met for the first time."""
    true = unclaimed.Unclaimed.compare
    _replace(unclaimed.Unclaimed, "compare", lambda self, run, *, first=False: first and true(self, run, first=first))


@_switch("sent last", "late", "late kill")
def _sent_last() -> None:
    """What is in doubt is sent again at once."""
    _replace(doubts.Doubts, "hold_back", _gives(None))


@_switch("twins at the end", "too late")
def _twins() -> None:
    _replace(doubts.Doubts, "look_for_twins", _gives(None))


@_switch("signs of rewritten mail", "rewrites")
def _signs() -> None:
    _replace(recover, "match_rewritten", _gives({}))


@_switch("missing sizes", "untold size")
def _sizes() -> None:
    """A row without a size is no message."""
    true = reader.Reader._take_listing

    def strict(self: Any, of: Any, command: Any, **more: Any) -> Iterator[Step]:
        for uid in [uid for uid, row in command.rows.items() if row.size is None]:
            del command.rows[uid]
        return true(self, of, command, **more)

    _replace(reader.Reader, "_take_listing", strict)


@_switch("MESSAGELIMIT", "limit")
def _limit() -> None:
    """What an answer leaves out is not asked for because it says so."""
    _replace(reader.Reader, "_cut_short", _gives(False))
    _replace(look, "left_over", _gives([]))


@_switch("gone by a new listing alone", "withheld", "garbage")
def _gone() -> None:
    """What was asked for and has not come is gone."""

    def hasty(self: Any, of: Any, command: Any, reply: Reply) -> Iterator[Step]:
        yield Gone(of.folder.name, tuple(command.missing()))

    _replace(reader.Reader, "_did_not_come", hasty)


@_switch("answers that are cut short", "short answers", "unlisted")
def _short_answers() -> None:
    """A listing is believed to be whole."""
    true = reader.Reader._take_listing

    def trusting(self: Any, of: Any, command: Any, **more: Any) -> Iterator[Step]:
        of.told.exists = 0
        return true(self, of, command, **more)

    _replace(reader.Reader, "_take_listing", trusting)


@_switch("short lists", "short list")
def _short_lists() -> None:
    """An extended LIST is believed."""
    true = folders._ask
    _replace(folders, "_ask", lambda session, thoroughly, answers: true(session, False, answers))


@_switch("subscriptions", "short list")
def _subscriptions() -> None:
    """What LIST does not name is not there."""
    _replace(folders, "_note_subscriptions", _gives(None))


@_switch("INBOX that is not listed", "short list")
def _inbox() -> None:
    _replace(folders, "_add_inbox", _gives(None))


@_switch("two folders that become one", "names")
def _one_folder() -> None:
    _replace(prepare, "_taken_for_others", _gives({}))


@_switch("names that are refused", "sign")
def _names() -> None:
    _replace(naming, "learn", lambda found, refused, before, *, first=True: before)


@_switch("isolation of one message", "garbage", "deadly message")
def _isolation() -> None:
    _replace(work.Work, "ended_at", _gives(None))


@_switch("keywords with care", "bad keyword")
def _keywords() -> None:
    """A keyword that the server has not taken before goes in front of a literal that does not wait."""
    _replace(append_command.AppendCommands, "carefully", lambda self, command: [command])


@_switch("without what is refused", "bad keyword")
def _again() -> None:
    """A line that is refused is not tried without the keyword."""
    _replace(append_command.AppendCommands, "_attempts", lambda self, command: iter(()))


@_switch("pauses in an outage", "outage")
def _outage() -> None:
    def hasty(self: Any, key: object, error: object, fail: Callable[[], None]) -> None:
        fail()

    _replace(outage.Outage, "refused", hasty)


@_switch("SELECT for EXAMINE", "no command")
def _select() -> None:
    _replace(reader.Reader, "_select_instead", _gives(False))


@_switch("items in several replies", "items apart")
def _items() -> None:
    """The first reply for a message is all that is told of it."""
    _replace(walk.MessageRows, "gather", lambda self, uid, fetched: self.setdefault(uid, fetched))


@_switch("consent", "replace")
def _consent() -> None:
    """A folder that was emptied and numbered anew is filled again."""
    true = account_run.AccountRun._after_change

    def refilled(self: Any, run: Any, source: Any, destination: Any) -> bool:
        try:
            return true(self, run, source, destination)
        except MailboxChanged:
            self._replace_known(run, {})
            return False

    _replace(account_run.AccountRun, "_after_change", refilled)


@_switch("one command at a time", "one at a time")
def _one_command() -> None:
    _replace(pipeline.Pipeline, "answered", lambda self, tag, status: bool(_answered(self, tag, status)) or True)


_answered = pipeline.Pipeline.answered


@_switch("a UIDVALIDITY of its own", "two validities", "renumbered")
def _contradiction() -> None:
    """Of two UIDVALIDITYs the first that is told is believed."""
    _replace(reading, "_ASKED_AGAIN", 1)


@_switch("what POP gives in a message's place", "notice")
def _replaced() -> None:
    _replace(sizes, "_compare", _gives(sizes._Size.TRUE))


@_switch("what was not compared", "garbage", "withheld", "bad message")
def _compared() -> None:
    """The mark goes past what could not be compared."""
    true = recover.adopt
    _replace(unclaimed, "adopt", lambda *ends, **more: (true(*ends, **more)[0], True))


@_switch("names that stand", "names", "sign")
def _forgets() -> None:
    """A journal that begins anew forgets what the same walk has just named, whether or not it is on record yet."""
    true = account_run.AccountRun._replace_known

    def forgetful(self: Any, run: Any, by_pass: Any) -> None:
        true(self, run, by_pass)
        for (folder_id, *named), messages in self._work.remarks.take_unsaved().items():
            if folder_id != run.id:
                self._work.remarks.add(folder_id, *named, messages)
        mine = delete(remark).where(remark.c.folder_id == run.id)
        self._tools.write(lambda connection: connection.execute(mine)).result()

    _replace(account_run.AccountRun, "_replace_known", forgetful)


NAMES = tuple(_SWITCHES)


def switch_off(name: str) -> None:
    """In this process, for good."""
    _SWITCHES[name]()


def found_at(name: str, seeds: Iterable[int]) -> tuple[int, str] | None:
    """The first of these seeds that finds it, and what it finds."""
    from tests.soak.__main__ import play
    from tests.soak.generate import generate

    for seed in seeds:
        scenario = generate(seed)
        if _SHOWN_BY[name] and not _SHOWN_BY[name] & _has(scenario):
            continue
        found = play(scenario, name)
        if found and not play(scenario):
            return seed, str(found[0])
    return None


def main(names: Sequence[str]) -> int:
    """The table."""
    missed = 0
    with ProcessPoolExecutor(2) as pool:
        search = partial(found_at, seeds=range(1, MOST + 1))
        for name, found in zip(names, pool.map(search, names), strict=True):
            missed += found is None
            print(f"{name:40} {'not found' if found is None else f'{found[0]:4}  {found[1][:150]}'}", flush=True)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*islice(NAMES, None)]))
