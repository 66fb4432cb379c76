"""What the engine writes while it works: states, counts, heartbeat."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter

from sqlalchemy import Connection, Update, bindparam, case, insert, select, update

from tui_migrate.errors import NotFound
from tui_migrate.model import (
    Account,
    AccountState,
    Counts,
    EngineStatus,
    FolderProgress,
    Migration,
    Pace,
    Stretch,
    Wait,
    Way,
)
from tui_migrate.model.clocks import Moment
from tui_migrate.model.progress import Tally
from tui_migrate.store import passes
from tui_migrate.store.schema import AT_ONCE, COUNT_COLUMNS, account, folder, heartbeat
from tui_migrate.store.statement import OF, Statement, literals
from tui_migrate.uidset import chunks

_NUMBERS = (*COUNT_COLUMNS, "bytes_listed", "bytes_copied")
_WAY = attrgetter(*(each.name for each in fields(Way)))
_NOTHING = dict.fromkeys(_NUMBERS, 0)


def _saving_account() -> Update:
    """The rates are saved while it is worked on."""
    at_work = account.c.state.in_(literals(state for state in AccountState if state.active))
    rates = {name: case((at_work, bindparam(f"now_{name}")), else_=0.0) for name in ("rate_messages", "rate_bytes")}
    return update(account).where(account.c.id == OF).values(rates)


_SET_ACCOUNT = Statement(lambda: update(account).where(account.c.id == OF))
_SAVE_ACCOUNT = Statement(_saving_account)
_COUNT_PASS = Statement(
    lambda: update(account).where(account.c.id == OF).values(pass_number=account.c.pass_number + 1, pace="")
)
_SET_FOLDER = Statement(lambda: update(folder).where(folder.c.id == OF))
_SET_FOLDERS = Statement(lambda: update(folder).where(folder.c.account_id == OF))
_PROVEN_FOR = Statement(lambda: select(account.c.proven_for).where(account.c.id == OF))
_BEAT = Statement(lambda: update(heartbeat).where(heartbeat.c.id == OF))
_FIRST_BEAT = Statement(lambda: insert(heartbeat))


def begin_pass(connection: Connection, account_id: int, at: float) -> None:
    """Note that a pass over this account begins: numbers start at 0."""
    _COUNT_PASS.run(connection, of=account_id, started_at=at, finished_at=None, **_NOTHING)
    _SET_FOLDERS.run(connection, of=account_id, **_NOTHING)
    passes.begin(connection, account_id, at)


def end_pass(connection: Connection, account_id: int, at: float, state: AccountState) -> None:
    """Note that the pass is over, with the numbers that were saved last."""
    _SET_ACCOUNT.run(connection, of=account_id, finished_at=at)
    passes.end(connection, account_id, at, state)


def save_account(connection: Connection, account_id: int, tally: Tally, rates: tuple[float, float]) -> None:
    """Save the account's numbers, and while it is worked on its messages and bytes per second: the end of a run may be
    written before the last rates that were measured in it."""
    messages, octets = rates
    values = {"now_rate_messages": messages, "now_rate_bytes": octets, **_values(tally)}
    _SAVE_ACCOUNT.run(connection, of=account_id, **values)


def save_pace(connection: Connection, account_id: int, pace: Pace) -> None:
    """Save where the account's time goes, and how fast it was lately."""
    ways = [_WAY(way) for way in (pace.source, pace.destination)]
    history = [[each.at, each.messages, each.octets] for each in pace.history]
    text = json.dumps([pace.spent, history, [*ways, pace.lanes, pace.turns, pace.answer]])
    _SET_ACCOUNT.run(connection, of=account_id, pace=text)


def pace(connection: Connection, account_id: int) -> Pace:
    """What `save_pace` has saved. Raises NotFound."""
    text = connection.execute(select(account.c.pace).where(account.c.id == account_id)).scalar_one_or_none()
    if text is None:
        raise NotFound(f"There is no account {account_id}.")
    spent, history, *rest = json.loads(text) if text else ({}, [])
    waits = {Wait(what): seconds for what, seconds in spent.items()}
    source, destination, *numbers = rest[0] if rest else ((), ())  # a store of before does not have them
    return Pace(waits, tuple(Stretch(*each) for each in history), Way(*source), Way(*destination), *numbers)


def save_folders(connection: Connection, tallies: Mapping[int, Tally]) -> None:
    """Save the numbers of folders by id."""
    numbers = [{"of": folder_id, **_values(tally)} for folder_id, tally in tallies.items()]
    _SET_FOLDER.run_each(connection, numbers)


def tallies(connection: Connection, mine: Account) -> dict[int, Tally]:
    """The numbers of an account's folders by id; under 0 what belongs to none of them."""
    found = {
        each.id: Tally(each.counts, each.bytes_listed, each.bytes_copied)
        for each in folder_progress(connection, mine.id)
    }
    inside = sum((each.counts for each in found.values()), Counts())
    excluded = max(0, mine.counts.excluded - inside.excluded)
    return {0: Tally(Counts(listed=excluded, excluded=excluded), 0, 0), **found}


def folder_progress(connection: Connection, account_id: int) -> list[FolderProgress]:
    """The folders of an account with the numbers of the last pass."""
    return folders_of(connection, [account_id])[account_id]


def folders_of(connection: Connection, account_ids: Sequence[int]) -> dict[int, list[FolderProgress]]:
    """The folders of several accounts with the numbers of the last pass, by account."""
    found: dict[int, list[FolderProgress]] = {each: [] for each in account_ids}
    names = ("id", "account_id", "source_display", "destination_display", "bytes_listed", "bytes_copied")
    columns = [folder.c[name] for name in (*names, *COUNT_COLUMNS)]
    for some in chunks(account_ids, AT_ONCE):
        rows = connection.execute(select(*columns).where(folder.c.account_id.in_(some)).order_by(folder.c.id))
        # Columns by name take twice as long, and a report reads hundreds of thousands of rows.
        for folder_id, account_id, source, destination, listed, copied, *numbers in rows:
            tally = (Counts(**dict(zip(COUNT_COLUMNS, numbers, strict=True))), listed, copied)
            found[account_id].append(FolderProgress(folder_id, account_id, source, destination, *tally))
    return found


def proven_for(connection: Connection, account_id: int) -> str:
    """The pair of mailboxes that the account's journal speaks of, empty before its first login. Raises NotFound."""
    for pair in _PROVEN_FOR.column(connection, of=account_id):
        return str(pair)
    raise NotFound(f"There is no account {account_id}.")


def pair(mine: Account, of: Migration) -> str:
    """The two mailboxes of an account, as its journal names them."""
    source, destination = of.source.mailbox(mine.source_user, mine.path), of.destination.mailbox(mine.destination_user)
    return f"{source} > {destination}"


def set_proven(connection: Connection, account_id: int, pair: str) -> None:
    """Note that both logins of this account were accepted, for this pair of mailboxes."""
    _SET_ACCOUNT.run(connection, of=account_id, proven_for=pair)


def beat(connection: Connection, status: EngineStatus, at: Moment | None = None) -> None:
    """Note that the engine lives, holds so many connections, and moves so much. `at`: now, for the next engine to go on
    from."""
    values = {
        "boot": at.boot if at else "",
        "up": at.up if at else None,
        "steady": at.steady if at else None,
        "pid": status.pid,
        "host": status.host,
        "beat_at": at.wall if at else time.time(),
        "connections": status.connections,
        "rate_messages": status.rate_messages,
        "rate_bytes": status.rate_bytes,
        "shares": json.dumps(
            {
                "servers": {key: (use.used, use.allowed, use.taught) for key, use in status.servers.items()},
                "lanes": status.lanes,
                "most": status.most_connections,
            }
        ),
    }
    if not _BEAT.run(connection, of=1, **values):
        _FIRST_BEAT.run(connection, id=1, **values)


def last_moment(connection: Connection) -> Moment | None:
    """When an engine was last heard of; None when there was none, or one that could not tell."""
    row = connection.execute(
        select(heartbeat).where(heartbeat.c.id == 1, heartbeat.c.steady.is_not(None))
    ).one_or_none()
    return None if row is None else Moment(row.boot, row.up, row.beat_at, row.steady)


def _values(tally: Tally) -> dict[str, int]:
    values = {name: getattr(tally.counts, name) for name in COUNT_COLUMNS}
    return {**values, "bytes_listed": tally.bytes_listed, "bytes_copied": tally.bytes_copied}
