"""What the beginning and the end of an account's run mean, written into the store."""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui_migrate.engine.copying.work import Additions, Work
from tui_migrate.engine.failures import WORDS_LIMIT, account_failure, check_failures
from tui_migrate.engine.log import speaking_of, told
from tui_migrate.engine.notices import write_notices
from tui_migrate.engine.turns.retry import explain
from tui_migrate.errors import InternalFault, MailError, Outlook
from tui_migrate.model import Account, AccountState, Check, Migration, Moved, Wanted
from tui_migrate.model.remarks import in_words
from tui_migrate.store import accounts, checks, day_use, events, progress, remarks
from tui_migrate.store.database import Transaction

_LOG = logging.getLogger(__name__)


def say_what_begins(work: Work, *, check: bool) -> None:
    """Write into the log which mailboxes are worked on."""
    migration = work.migration
    _LOG.info(
        "state: checking; pass %d of %s: %s at %s (%s) to %s at %s%s",
        *(work.account.pass_number, migration.title),
        *(work.account.source_user, migration.source.key, migration.source.kind_name),
        *(work.account.destination_user, migration.destination.key),
        "; for a check only" if check else "",
        extra=speaking_of(work.account),
    )


def begin(connection: Transaction, account_id: int) -> Account:
    """Note that an account is being worked on. A pass that was broken off is gone on with, a finished one makes room
    for the next."""
    account = accounts.get(connection, account_id)
    if account.started_at is None or account.finished_at is not None:
        progress.begin_pass(connection, account_id, time.time())
    remarks.begin_walk(connection, account_id)
    accounts.set_state(connection, account_id, AccountState.CHECKING)
    return accounts.get(connection, account_id)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    state: AccountState
    detail: str
    error: MailError | None
    unfinished: bool
    """It was told to stop, or only checked: there is nothing to say of it."""
    asked: int
    """The admin's requests for another pass that were known when it began."""
    due_at: float | None = None
    """When it is tried again, by the steady clock; None: at any time."""


def record_end(connection: Transaction, work: Work, outcome: Outcome, additions: Additions) -> bool:
    """Numbers, state, failure and event of a run that is over. True when nothing more is to be done for the account."""
    account_id, state, detail, error = work.account.id, outcome.state, outcome.detail, outcome.error
    if state is AccountState.FAILED:
        work.result.tally.fail_all()
    save_numbers(connection, work, (0.0, 0.0), additions)
    if outcome.unfinished:
        _say_what_ended(work, outcome)
        accounts.set_state(connection, account_id, state, due_at=outcome.due_at)
        return False
    if error is not None and (state.ended or state is AccountState.PAUSED):
        outlook = Outlook.HELD if state is AccountState.PAUSED else Outlook.GIVEN_UP
        events.record_failure(connection, account_failure(account_id, error, outlook))
    if state is AccountState.DONE and events.failures(connection, account_id=account_id):
        state = AccountState.DONE_WITH_FAILURES
    if state in (AccountState.DONE, AccountState.DONE_WITH_FAILURES):
        checks.forget_refusal(connection, account_id)  # what stood in its way does not
    if state.ended:
        progress.end_pass(connection, account_id, time.time(), state)
    if state is AccountState.PAUSED:
        accounts.want(connection, [account_id], Wanted.PAUSE)
    noted = in_words(remarks.listing(connection, account_id=account_id))
    if state in (AccountState.DONE, AccountState.DONE_WITH_FAILURES) and noted:
        detail = f"{noted}."
    _say_what_ended(work, replace(outcome, state=state))
    what = _sentence(work, state, error, (accounts.get(connection, account_id).moved, detail))
    if (
        state is not AccountState.THROTTLED or work.attempts.tries <= 1
    ):  # said once, not for every try that comes to nothing
        events.add(connection, "engine", what, migration_id=work.migration.id, account_id=account_id)
    if state.ended and accounts.asked(connection, account_id) != outcome.asked:
        state, detail = AccountState.WAITING, ""  # the admin has asked for another pass meanwhile
    words = error.server_words[:WORDS_LIMIT] if error else ""
    accounts.set_state(connection, account_id, state, detail, words, outcome.due_at)
    if state.ended:
        write_notices(connection, work.migration, [account_id], time.time())
    return state.ended


def record_fault(connection: Transaction, account_id: int, migration_id: int, error: InternalFault) -> None:
    """An account was ended by a fault of ours. Its numbers may be what is at fault: they stay as they were saved."""
    user = accounts.get(connection, account_id).source_user
    how = f"Please report it with the file that this makes: tui-migrate bundle {shlex.quote(user)}"
    error = InternalFault(f"{error.sentence} {how}")
    events.record_failure(connection, account_failure(account_id, error))
    progress.end_pass(connection, account_id, time.time(), AccountState.FAILED)
    what = f"{user}: {AccountState.FAILED}. {error.sentence}"
    events.add(connection, "engine", what, migration_id=migration_id, account_id=account_id)
    accounts.set_state(connection, account_id, AccountState.FAILED, error.sentence)


def turn_away(connection: Transaction, account_ids: Sequence[int], known: Mapping[int, Migration], now: float) -> None:
    """Fail these accounts before they start: state, failures and event; with them their migrations may have ended.
    Those that may start after all, by what is stored at this moment, are left alone."""
    for account_id, found in checks.listing(connection, account_ids).items():
        if found.refusal:
            _turn_away(connection, accounts.get(connection, account_id), found)
    ended = [each for each in accounts.several(connection, account_ids) if each.state.ended]
    for migration_id in {each.migration_id for each in ended}:
        mine = [each.id for each in ended if each.migration_id == migration_id]
        write_notices(connection, known[migration_id], mine, now)


def _turn_away(connection: Transaction, account: Account, found: Check) -> None:
    for each in check_failures(found):
        events.record_failure(connection, each)
    words = next((each.server_words for each in found.failed), "")
    accounts.set_state(connection, account.id, AccountState.FAILED, found.refusal, words)
    what = f"{account.source_user}: not started. {found.refusal}"
    events.add(connection, "engine", what, migration_id=account.migration_id, account_id=account.id)


def save_numbers(connection: Transaction, work: Work, rates: tuple[float, float], additions: Additions) -> int:
    """How far an account is, with what the admin has skipped since its folders were opened. Returns what its tally is
    told by `saved`, after the commit."""
    account_id = work.account.id
    work.result.tally.exclude(events.skipped(connection, account_id))
    progress.save_account(connection, account_id, work.result.tally.total(), rates)
    changed, changes = work.result.tally.unsaved()
    progress.save_folders(connection, changed)
    remarks.add(connection, account_id, additions.remarks)
    progress.save_pace(connection, account_id, work.result.pace.pace())
    day_use.add(connection, account_id, additions.used)
    return changes


def _sentence(work: Work, state: AccountState, error: MailError | None, result: tuple[Moved, str]) -> str:
    if error is not None:
        return f"{work.account.source_user}: {state}. {explain(error, state)}"
    moved, detail = result
    numbers = f"{work.result.tally.total().counts.equation}. Moved in all passes: {moved}."
    return f"{work.account.source_user}: {state}. {numbers} {detail}".rstrip()


def _say_what_ended(work: Work, outcome: Outcome) -> None:
    level = logging.INFO if outcome.error is None else logging.ERROR if outcome.state.ended else logging.WARNING
    why = told(outcome.error) if outcome.error else outcome.detail or "no error"
    numbers = work.result.tally.total().counts.equation
    said = "state: %s; %s; runs without progress: %d; %s"
    _LOG.log(level, said, outcome.state, numbers, work.attempts.tries, why, extra=speaking_of(work.account))
