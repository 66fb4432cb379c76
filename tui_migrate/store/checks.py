"""What accounts were found to be like before they started, and what the admin has waived of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, Row, delete, insert, literal_column, select, update

from tui_migrate.model import Check, CheckItem, CheckResult, Load, Verdict
from tui_migrate.store.schema import AT_ONCE, account, last_check
from tui_migrate.store.statement import OF, Statement
from tui_migrate.uidset import chunks

_FORGET_REFUSAL = Statement(
    lambda: delete(last_check).where(last_check.c.account_id == OF, last_check.c.refusal != literal_column("''"))
)


def listing(connection: Connection, account_ids: Sequence[int]) -> dict[int, Check]:
    """The last check of each of these accounts that has one."""
    return {
        row.account_id: _check(row)
        for some in chunks(account_ids, AT_ONCE)
        for row in connection.execute(select(last_check).where(last_check.c.account_id.in_(some)))
    }


def of_migration(connection: Connection, migration_id: int) -> dict[int, Check]:
    """The last check of each account of a migration that has one."""
    mine = select(last_check).select_from(last_check.join(account)).where(account.c.migration_id == migration_id)
    return {row.account_id: _check(row) for row in connection.execute(mine)}


def save(connection: Connection, found: Check) -> Check:
    """Put this in the place of the check before; what fails now and was waived then stays waived. Returns
    what is stored."""
    before = listing(connection, [found.account_id]).get(found.account_id)
    if before is not None and found.still_waived(before):
        found = replace(found, waived_by=before.waived_by, waived_at=before.waived_at)
    connection.execute(delete(last_check).where(last_check.c.account_id == found.account_id))
    connection.execute(
        insert(last_check).values(
            account_id=found.account_id,
            at=found.at,
            found=_text(found),
            refusal=found.refusal,
            waived_by=found.waived_by,
            waived_at=found.waived_at,
        )
    )
    return found


def waive(connection: Connection, account_ids: Sequence[int], who: str) -> dict[int, Check]:
    """Let these accounts start all the same. Returns what was waived, by account, for those that were held back."""
    held = {key: each for key, each in listing(connection, account_ids).items() if each.refusal}
    for account_id in held:
        values = {"refusal": "", "waived_by": who, "waived_at": time.time()}
        connection.execute(update(last_check).where(last_check.c.account_id == account_id).values(**values))
    return held


def forget(connection: Connection, account_ids: Sequence[int]) -> None:
    """Forget the checks of these accounts: they are other ones now, or log in with something else."""
    for some in chunks(account_ids, AT_ONCE):
        connection.execute(delete(last_check).where(last_check.c.account_id.in_(some)))


def forget_refusal(connection: Connection, account_id: int) -> None:
    """Forget a check that would hold this account back: it has been copied."""
    _FORGET_REFUSAL.run(connection, of=account_id)


def _text(found: Check) -> str:
    values = asdict(found)
    own = ("account_id", "at", "waived_by", "waived_at")
    return json.dumps({name: value for name, value in values.items() if name not in own})


def _check(row: Row[tuple[object, ...]]) -> Check:
    values = json.loads(row.found)
    told = values.pop("results")
    results = [CheckResult(CheckItem(each.pop("item")), Verdict(each.pop("verdict")), **each) for each in told]
    load = values.pop("load")
    return Check(
        account_id=row.account_id,
        at=row.at,
        results=tuple(results),
        load=Load(**load) if load else None,
        waived_by=row.waived_by,
        waived_at=row.waived_at,
        **values,
    )
