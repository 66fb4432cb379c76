"""The audit trail, and the failures that are still open."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from tui_migrate.model import Account, Event, NewFailure, Scope
from tui_migrate.model.failures import Place
from tui_migrate.model.progress import EVENTS_PAGE
from tui_migrate.store.looks.failures import each_failure as each_failure
from tui_migrate.store.looks.failures import failures as failures
from tui_migrate.store.schema import AT_ONCE, account, event, failure, folder
from tui_migrate.store.statement import OF, Statement
from tui_migrate.uidset import chunks

_ADD = Statement(lambda: insert(event))
_SKIPPED = Statement(
    lambda: select(failure.c.folder_id, failure.c.uid).where(failure.c.account_id == OF, failure.c.skipped == 1)
)
_FAILED = Statement(
    lambda: select(failure.c.folder_id, failure.c.uid).where(
        failure.c.account_id == OF, failure.c.skipped == 0, failure.c.uid.is_not(None)
    )
)
_FOLDERS = Statement(
    lambda: select(failure.c.folder_id).where(failure.c.account_id == OF, failure.c.folder_id.is_not(None))
)
_RESOLVE_SCOPE = Statement(
    lambda: delete(failure).where(failure.c.account_id == OF, failure.c.scope == bindparam("scope"))
)
_RESOLVE_FOLDER = Statement(lambda: delete(failure).where(failure.c.folder_id == OF, failure.c.skipped == 0))
_LEFT_IN_FOLDER = Statement(lambda: select(failure.c.uid).where(failure.c.folder_id == OF))


def add(
    connection: Connection, who: str, what: str, *, migration_id: int | None = None, account_id: int | None = None
) -> None:
    """One line of the audit trail: `who` did or saw `what`."""
    _ADD.run(connection, at=time.time(), who=who, what=what, migration_id=migration_id, account_id=account_id)


def add_each(connection: Connection, who: str, said: Iterable[tuple[str, Account]]) -> None:
    """A line for each of these accounts, thousands of them at the cost of a few."""
    now = time.time()
    rows = [
        {"at": now, "who": who, "what": what, "migration_id": each.migration_id, "account_id": each.id}
        for what, each in said
    ]
    _ADD.run_each(connection, rows)


def listing(
    connection: Connection,
    *,
    migration_id: int | None = None,
    account_id: int | None = None,
    who: str = "",
    text: str = "",
    after: int = 0,
    before: int | None = None,
    limit: int = EVENTS_PAGE,
) -> list[Event]:
    """The newest events first, between the ids `after` and `before`: by whoever's name begins with `who`, with this
    `text`. A page costs the same however many events there are, but for a `text` that hardly any of them has."""
    statement = select(event).where(event.c.id > after).order_by(event.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(event.c.id < before)
    if who:
        statement = statement.where(event.c.who.istartswith(who, autoescape=True))
    if text:
        statement = statement.where(event.c.what.icontains(text, autoescape=True))
    if migration_id is not None:
        statement = statement.where(event.c.migration_id == migration_id)
    if account_id is not None:
        statement = statement.where(event.c.account_id == account_id)
    return [
        Event(row.id, row.at, row.who, row.what, row.migration_id, row.account_id)
        for row in connection.execute(statement)
    ]


_SAME = ("account_id", "folder_id", "uid", "kind")


def record_failure(connection: Connection, new: NewFailure, by: Sequence[str] = _SAME) -> None:
    """A failure, or one more attempt of the same account, folder, message and kind."""
    now, values = time.time(), asdict(new)
    same = [failure.c[name] == values[name] for name in by]
    known = connection.execute(select(failure.c.id).where(*same)).scalar_one_or_none()
    if known is None:
        connection.execute(insert(failure).values(attempts=1, first_at=now, last_at=now, **values))
    else:
        connection.execute(
            update(failure).where(failure.c.id == known).values(attempts=failure.c.attempts + 1, last_at=now, **values)
        )


def record_doubts(connection: Connection, account_id: int, found: Sequence[NewFailure]) -> None:
    """Put on record what is wrong with folders that are in no journal, in the place of what was so before. There may be
    several of one kind; each has a sentence of its own."""
    mine = (failure.c.account_id == account_id, failure.c.folder_id.is_(None), failure.c.scope == Scope.FOLDER)
    said = [each.sentence for each in found]
    connection.execute(delete(failure).where(*mine, failure.c.sentence.not_in(said)))
    for each in found:
        record_failure(connection, each, (*_SAME, "sentence"))


def resolve_kinds(connection: Connection, account_id: int, kinds: Set[str]) -> int:
    """Resolve failures of these kinds, which are about no message. Returns how many there were."""
    return connection.execute(
        delete(failure).where(failure.c.account_id == account_id, failure.c.kind.in_(kinds), failure.c.uid.is_(None))
    ).rowcount


def with_failures(connection: Connection, account_ids: Sequence[int], kinds: Set[str]) -> set[int]:
    """Those of these accounts that have an open failure of these kinds which is about no message."""
    statement = select(failure.c.account_id).where(failure.c.kind.in_(kinds), failure.c.uid.is_(None))
    return {
        row.account_id
        for some in chunks(account_ids, AT_ONCE)
        for row in connection.execute(statement.where(failure.c.account_id.in_(some)))
    }


def failure_counts(connection: Connection, migration_id: int) -> dict[int, int]:
    """Open failures by account, for those that have any."""
    rows = connection.execute(
        select(failure.c.account_id, func.count().label("failures"))
        .select_from(failure.join(account))
        .where(account.c.migration_id == migration_id, failure.c.skipped == 0)
        .group_by(failure.c.account_id)
    )
    return {row.account_id: row.failures for row in rows}


def resolve_messages(connection: Connection, folder_id: int, uids: Sequence[int]) -> None:
    """Resolve the failures of these messages, which have arrived."""
    for some in chunks(uids, AT_ONCE):
        connection.execute(delete(failure).where(failure.c.folder_id == folder_id, failure.c.uid.in_(some)))


def resolve_folder(connection: Connection, folder_id: int, there: Set[int] = frozenset()) -> None:
    """Resolve the failures of a folder of which all is well. What the admin has skipped stays skipped while it is
    `there`, in source UIDs."""
    _RESOLVE_FOLDER.run(connection, of=folder_id)
    known = _LEFT_IN_FOLDER.column(connection, of=folder_id)
    resolve_messages(connection, folder_id, [uid for uid in known if uid not in there])


def folders_with_failures(connection: Connection, account_id: int) -> set[int]:
    """The folders of an account that have failures, also skipped ones."""
    return {*_FOLDERS.column(connection, of=account_id)}


def resolve_scope(connection: Connection, folder_id: int, scope: Scope, but: Set[str] = frozenset()) -> None:
    """Resolve a folder's failures of this scope, `but` those of these kinds."""
    mine = failure.c.folder_id == folder_id, failure.c.scope == scope
    connection.execute(delete(failure).where(*mine, failure.c.kind.not_in(but)))


def skip(connection: Connection, failure_ids: Sequence[int]) -> dict[int, dict[str, list[int]]]:
    """Note that the admin does not want these messages: they count as excluded, and no later pass tries them.

    Returns their UIDs by account and folder. What is no message, or is skipped already, is left alone.
    """
    mine = (failure.c.scope == Scope.MESSAGE) & failure.c.uid.is_not(None) & (failure.c.skipped == 0)
    found: dict[tuple[int, int, str], set[int]] = defaultdict(set)
    columns = (failure.c.account_id, failure.c.folder_id, folder.c.source_display, failure.c.uid)
    statement = select(*columns).select_from(failure.join(folder, failure.c.folder_id == folder.c.id))
    for some in chunks(failure_ids, AT_ONCE):
        for row in connection.execute(statement.where(mine, failure.c.id.in_(some))):
            found[row.account_id, row.folder_id, row.source_display].add(row.uid)
    skipped: dict[int, dict[str, list[int]]] = defaultdict(dict)
    for (account_id, folder_id, name), uids in found.items():
        skipped[account_id][name] = sorted(uids)
        for some in chunks(skipped[account_id][name], AT_ONCE):
            where = mine & (failure.c.folder_id == folder_id) & failure.c.uid.in_(some)
            connection.execute(update(failure).where(where).values(skipped=1))
        for table, key in ((account, account_id), (folder, folder_id)):
            moved = case((table.c.failed < len(uids), table.c.failed), else_=len(uids))
            values = {"failed": table.c.failed - moved, "excluded": table.c.excluded + moved}
            connection.execute(update(table).where(table.c.id == key).values(values))
    return skipped


def skipped(connection: Connection, account_id: int) -> dict[int, set[int]]:
    """Source UIDs of the messages that the admin does not want, by folder id."""
    return _by_folder(_SKIPPED.rows(connection, of=account_id))


def places(connection: Connection, failure_ids: Sequence[int]) -> list[Place]:
    """Where the messages of these failures lie, by account; without those that are about no message, or settled."""
    columns = (failure.c.id, failure.c.account_id, folder.c.source_name, folder.c.source_uidvalidity, failure.c.uid)
    statement = select(*columns).select_from(failure.join(folder, failure.c.folder_id == folder.c.id))
    found = [
        Place(row.id, row.account_id, row.source_name, row.source_uidvalidity or 0, row.uid)
        for some in chunks(failure_ids, AT_ONCE)
        for row in connection.execute(statement.where(failure.c.id.in_(some), failure.c.uid.is_not(None)))
    ]
    return sorted(found, key=lambda place: (place.account_id, place.folder, place.uid))


def resolve(connection: Connection, account_id: int, scopes: Sequence[Scope]) -> None:
    """Resolve the failures of an account of these scopes."""
    for scope in scopes:
        _RESOLVE_SCOPE.run(connection, of=account_id, scope=scope)


def failed_messages(connection: Connection, account_id: int) -> dict[int, set[int]]:
    """Source UIDs of the messages that have failed, by folder id."""
    return _by_folder(_FAILED.rows(connection, of=account_id))


def _by_folder(rows: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for folder_id, uid in rows:
        found[folder_id].add(uid)
    return found
