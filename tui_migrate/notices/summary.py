"""The notice to the admin when all accounts of a migration have ended: numbers that add up, and what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui_migrate.model import Account, AccountState, Counts, Migration, Moved
from tui_migrate.notices.values import moment

SUMMARY_SUBJECT = "{title}: all accounts have ended"
SUMMARY_TEXT = """\
All accounts of the migration {title} have ended.

Accounts: {accounts}
{states}

Messages, by the last pass of each account, {started} to {finished}:
{equation}

Moved in all passes: {moved}

{failures}
"""


def summary_values(migration: Migration, accounts: Sequence[Account], causes: Mapping[str, int]) -> dict[str, str]:
    """What stands in the summary. `causes`: open failures by their kind."""
    states = [each.state for each in accounts]
    counts = sum((each.counts for each in accounts), Counts())
    tally = [(state, states.count(state)) for state in AccountState if state in states]
    most = sorted(causes.items(), key=lambda each: (-each[1], each[0]))
    failed = [f"  {number:,} × {kind}" for kind, number in most]
    total = sum(causes.values())
    return {
        "title": migration.title,
        "accounts": f"{len(accounts):,}",
        "states": "\n".join(f"  {number:,} {state}" for state, number in tally),
        "equation": counts.equation,
        "moved": str(sum((each.moved for each in accounts), Moved())),
        "started": moment(min((each.started_at for each in accounts if each.started_at), default=None)),
        "finished": moment(max((each.finished_at for each in accounts if each.finished_at), default=None)),
        "failures": "\n".join([f"Failures: {total:,}", *failed]) if failed else "Nothing has failed.",
    }
