"""Notices: one to each user, and summaries. The state says who acts next; what was begun is written down before it is
done, so that nothing is sent twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from tui_migrate.model import ENDED_STATES, Notice, NoticeKind, NoticeState
from tui_migrate.store.schema import AT_ONCE, account, migration, notice
from tui_migrate.store.statement import OF, Statement, literals
from tui_migrate.uidset import chunks

_UNSENT = (NoticeState.HELD, NoticeState.DUE)
_AT_ONCE = 0.0
"""Due before any time that an engine's clock may show."""


def _next_due(*those: ColumnElement[bool]) -> Select[Any]:
    return select(func.min(notice.c.due_at)).select_from(notice.join(migration)).where(*_due(None), *those)


_NEXT_DUE = Statement(_next_due)
_NEXT_DUE_OF = Statement(lambda: _next_due(notice.c.migration_id == OF))
_GOING_ON = Statement(
    lambda: (
        select(account.c.id)
        .where(account.c.migration_id == OF, account.c.state.not_in(literals(ENDED_STATES)))
        .limit(1)
    )
)


def listing(connection: Connection, migration_id: int) -> list[Notice]:
    """All notices of a migration, the oldest first."""
    rows = connection.execute(select(notice).where(notice.c.migration_id == migration_id).order_by(notice.c.id))
    return [_notice(row) for row in rows]


def counts(connection: Connection, migration_id: int) -> Counter[NoticeState]:
    """How many there are of each state."""
    rows = connection.execute(
        select(notice.c.state, func.count().label("notices"))
        .where(notice.c.migration_id == migration_id)
        .group_by(notice.c.state)
    )
    return Counter({NoticeState(row.state): row.notices for row in rows})


def put(
    connection: Connection,
    migration_id: int,
    account_id: int | None,
    state: NoticeState,
    recipient: str,
    values: Mapping[str, str],
    at: float,
) -> None:
    """Note a notice to the user of this account, or a summary. One that is not sent yet gets the new numbers; one that
    is, or may be, stays the only one."""
    new = {"recipient": recipient, "state": state, "numbers": json.dumps(values), "at": at, "due_at": _AT_ONCE}
    if account_id is not None:
        mine = notice.c.account_id == account_id
        unsent = update(notice).where(mine, notice.c.state.in_(_UNSENT)).values(new)
        if connection.execute(unsent).rowcount or connection.execute(select(notice.c.id).where(mine)).first():
            return
    kind = NoticeKind.SUMMARY if account_id is None else NoticeKind.DONE
    new |= {"migration_id": migration_id, "account_id": account_id, "kind": kind, "attempts": 0, "last_error": ""}
    connection.execute(insert(notice).values(new))


def withdraw(connection: Connection, account_id: int) -> None:
    """Withdraw notices that are not sent yet: what they say is not true any more."""
    connection.execute(delete(notice).where(notice.c.account_id == account_id, notice.c.state.in_(_UNSENT)))


def to_send(connection: Connection, now: float, only: int | None) -> list[Notice]:
    """The notices that are to be sent now, of this migration or of all, where mail is to be sent at all."""
    due = select(notice).select_from(notice.join(migration)).where(*_due(only), notice.c.due_at <= now)
    return [_notice(row) for row in connection.execute(due.order_by(notice.c.id))]


def next_due(connection: Connection, only: int | None = None) -> float | None:
    """When the next notice is to be sent, by the engine's steady clock; None when none is. Cheap: the engine asks twice
    a second."""
    due = _NEXT_DUE.column(connection) if only is None else _NEXT_DUE_OF.column(connection, of=only)
    earliest: float | None = due[0]
    return earliest


def begin(connection: Connection, each: Notice, at: float) -> bool:
    """Note that a notice is being sent from now on. False when it is no longer to be sent."""
    mine = (notice.c.id == each.id, notice.c.state == NoticeState.DUE)
    sending = update(notice).where(*mine).values(state=NoticeState.SENDING, attempts=each.attempts + 1, at=at)
    return connection.execute(sending).rowcount > 0


def end(
    connection: Connection, each: Notice, state: NoticeState, at: float, error: str = "", due_at: float = 0.0
) -> None:
    """Note what has become of an attempt to send a notice."""
    new = {"state": state, "attempts": each.attempts + 1, "at": at, "last_error": error, "due_at": due_at}
    connection.execute(update(notice).where(notice.c.id == each.id).values(new))


def doubt(connection: Connection) -> list[Notice]:
    """Note that whoever was sending these notices is gone, and has not said whether they were sent. Returns them."""
    found = [_notice(row) for row in connection.execute(select(notice).where(notice.c.state == NoticeState.SENDING))]
    connection.execute(update(notice).where(notice.c.state == NoticeState.SENDING).values(state=NoticeState.IN_DOUBT))
    return found


def ask(
    connection: Connection, migration_id: int, states: Sequence[NoticeState], recipients: Mapping[int, str], at: float
) -> int:
    """Have the notices in these states sent now. `recipients`: by account, as they are now. Returns how many."""
    found = [each for each in listing(connection, migration_id) if each.state in states]
    for each in found:
        to = each.recipient if each.account_id is None else recipients.get(each.account_id, each.recipient)
        new = {"state": NoticeState.DUE, "recipient": to, "attempts": 0, "last_error": "", "at": at, "due_at": _AT_ONCE}
        connection.execute(update(notice).where(notice.c.id == each.id).values(new))
    return len(found)


def with_notice(connection: Connection, account_ids: Sequence[int]) -> set[int]:
    """Those of these accounts that have a notice."""
    return {
        account_id
        for some in chunks(account_ids, AT_ONCE)
        for account_id in connection.execute(select(notice.c.account_id).where(notice.c.account_id.in_(some))).scalars()
        if account_id is not None
    }


def all_ended(connection: Connection, migration_id: int) -> bool:
    """True when the engine does nothing more for any account of the migration."""
    return not _GOING_ON.column(connection, of=migration_id)


def final_pass_ahead(connection: Connection, migration_id: int) -> bool:
    """True when accounts that are done will be asked for one more pass."""
    row = connection.execute(select(migration).where(migration.c.id == migration_id)).one()
    return row.final_pass_at is not None and row.final_pass_at != row.final_asked_at


def _due(only: int | None) -> list[ColumnElement[bool]]:
    mine = [notice.c.migration_id == only] if only is not None else []
    return [notice.c.state == NoticeState.DUE, migration.c.mailing != "", *mine]


def _notice(row: Row[tuple[object, ...]]) -> Notice:
    return Notice(
        row.id,
        row.migration_id,
        row.account_id,
        NoticeKind(row.kind),
        row.recipient,
        NoticeState(row.state),
        row.attempts,
        row.last_error,
        row.at,
        row.due_at,
        json.loads(row.numbers),
    )
