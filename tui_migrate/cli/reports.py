"""What the command line prints: numbers that add up, failures with the servers' own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tui_migrate.cli.output import speaker
from tui_migrate.model import (
    Account,
    AccountState,
    Counts,
    Failure,
    Migration,
    MigrationOverview,
    Pass,
    Remark,
    ServerUse,
    as_it_is,
)
from tui_migrate.model.figures import size

if TYPE_CHECKING:
    from tui_migrate.service import Service

NAMED = 500
"""Accounts of a migration that are listed for a person: what is copied comes first, then what has failed."""


def sums(work: Account | MigrationOverview) -> str:
    """Where the messages of the last pass went, and beside it what was moved in all passes."""
    return f"{work.counts.equation}  moved in all passes: {work.moved}"


def status(service: Service) -> list[dict[str, object]]:
    """Migrations with their accounts, for JSON. No secrets."""
    return [
        {
            "title": overview.migration.title,
            "source": overview.migration.source.key,
            "destination": overview.migration.destination.key,
            "wanted": overview.migration.wanted,
            "counts": _numbers(overview.counts),
            "bytes_copied": overview.bytes_copied,
            "moved": asdict(overview.moved),
            "failures": overview.failures,
            "accounts": _accounts(service, overview.migration),
        }
        for overview in service.migrations.listing()
    ]


def status_lines(service: Service) -> list[str]:
    """Migrations with their accounts, as lines for a person."""
    engine = service.engine.status()
    lines = [f"Engine: running (process {engine.pid})." if engine.running else "Engine: not running."]
    if engine.running:
        lines += [f"  {key}: {_use(use)}" for key, use in sorted(engine.servers.items())]
        if most := engine.most_connections:
            lines.append(f"  all servers: {engine.connections} of {most} connections; ulimit -n allows no more")
    overviews = service.migrations.listing()
    for overview in overviews:
        accounts = service.accounts.listing(overview.migration.id, NAMED)
        lines += ["", *migration_lines(overview, accounts, engine=engine.running)]
    if not overviews:
        lines.append("No migrations yet: tui-migrate run PLAN.toml")
    else:
        lines += ["", f"The store {service.store.paths.database} has {size(service.store.octets)}."]
    return lines


def migration_lines(overview: MigrationOverview, accounts: Sequence[Account], *, engine: bool) -> list[str]:
    """A migration with its accounts; of very many only these. `engine`: one runs."""
    migration = overview.migration
    accounts = [as_it_is(each, migration.wanted, engine=engine) for each in accounts]
    width = max((len(each.source_user) for each in accounts), default=0)
    lines = [f"{migration.title}: {migration.source.place} to {migration.destination.place}"]
    for each in accounts:
        link = " " if each.state is AccountState.BLACKOUT else ": "
        state = f"{each.state}" + (f"{link}{each.detail}" if each.detail else "")
        lines.append(f"  {each.source_user:<{width}}  {sums(each)}  {state}")
        if each.server_words:
            lines.append(f"  {'':<{width}}  detail: {each.server_words}")  # a server's or a disk's
    if more := overview.accounts - len(accounts):
        states = ", ".join(f"{number:,} {state}" for state, number in overview.accounts_by_state.items())
        lines.append(f"  … and {more:,} more (tui-migrate status --json). All together: {states}.")
    lines.append(f"  {'total':<{width}}  {sums(overview)}")
    return lines


def records(found: Sequence[Failure] | Sequence[Remark]) -> list[dict[str, object]]:
    """Failures or remarks, for JSON."""
    return [asdict(each) for each in found]


def failure_lines(failures: Sequence[Failure]) -> list[str]:
    """Failures, as lines for a person."""
    if not failures:
        return ["No failures."]
    lines = []
    for each in failures:
        place = f" {each.folder}" if each.folder else ""
        message = f" message {each.uid} ({each.subject or 'no subject'})" if each.uid is not None else ""
        lines.append(f"{each.account}{place}{message}: {each.sentence}")
        facts = (size(each.size) if each.size is not None else "", each.date, each.message_id)
        lines += [f"    {', '.join(filter(None, facts))}"] if any(facts) else []
        lines += [f"    {speaker(each.kind)}: {each.server_words}"] if each.server_words else []
        lines += [f"    command: {each.command}"] if each.command else []
        lines += [f"    {each.advice}"] if each.advice else []
    return lines


def remark_lines(remarks: Sequence[Remark]) -> list[str]:
    """Remarks, as lines for a person."""
    if not remarks:
        return ["No remarks."]
    lines = []
    for each in remarks:
        place = f" {each.folder}" if each.folder else ""
        what = f": {each.what}" if each.what else ""
        number = "" if not each.messages else ", 1 message" if each.messages == 1 else f", {each.messages:,} messages"
        lines.append(f"{each.account}{place}: {each.kind}{what}{number}")
    return lines


def _accounts(service: Service, migration: Migration) -> list[dict[str, object]]:
    engine = service.engine.status()
    accounts = [
        as_it_is(each, migration.wanted, engine=engine.running) for each in service.accounts.listing(migration.id)
    ]
    passes = service.passes.of_accounts([each.id for each in accounts])
    lanes = engine.lanes if engine.running else {}
    return [
        {**_fields(each), "lanes": lanes.get(each.id, 0), "passes": [_fields(one) for one in passes[each.id]]}
        for each in accounts
    ]


def _fields(numbered: Account | Pass) -> dict[str, object]:
    return {**asdict(numbered), "counts": _numbers(numbered.counts)}


def _use(use: ServerUse) -> str:
    limit = "; the server allows no more" if use.taught else ""
    return f"{use.used} of {use.allowed} connections{limit}"


def _numbers(counts: Counts) -> dict[str, int]:
    return {**asdict(counts), "pending": counts.pending}
