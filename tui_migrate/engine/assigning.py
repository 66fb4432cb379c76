"""What the store knows of an account whose run begins."""

from __future__ import annotations

from tui_migrate.engine.copying.allowance import Allowance
from tui_migrate.engine.copying.pace import PaceMeter
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import AccountResult, Assignment, Work
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Migration
from tui_migrate.store import accounts, day_use, grants, progress, rules
from tui_migrate.store.database import Database, Transaction
from tui_migrate.store.vault import Vault


def assigned(
    connection: Transaction, account_id: int, migration: Migration, vault: Vault, tracer: Tracer, database: Database
) -> Assignment:
    """What is to be moved for an account, as the store has it. Raises NotFound."""
    account = accounts.get(connection, account_id)
    logins = grants.lent(accounts.logins(connection, account_id, migration, vault), migration, database, vault)
    own_rules = rules.listing(connection, migration.id, account_id)
    worked_before = progress.proven_for(connection, account_id) == progress.pair(account, migration)
    return Assignment(account, migration, logins, own_rules, worked_before, tracer)


def resumed(connection: Transaction, assignment: Assignment, tools: Tools) -> Work:
    """The work of an account that this engine has not met yet, where the engine before left it."""
    account = assignment.account
    allowance = Allowance(day_use.of_account(connection, account.id), tools.clocks.steady)
    work = Work(assignment, AccountResult(PaceMeter(progress.pace(connection, account.id)), allowance), tools.timing)
    work.result.tally.again(progress.tallies(connection, account))
    return work
