"""What is set for a migration as a whole, as a plan or a form describes it: one place that says what is right."""

from __future__ import annotations

from collections.abc import Callable

from tui_migrate.config.table import Table
from tui_migrate.config.values import read_day, read_moment, read_size, spell_moment_anywhere, spell_size
from tui_migrate.model import MigrationSpec, Schedule, Selection, Server

MIGRATION_KEYS = (
    "title",
    "excluded_folders",
    "newest_first",
    "since",
    "before",
    "max_message_size",
    "start_at",
    "final_pass_at",
)


def read_migration(table: Table, source: Callable[[], Server], destination: Callable[[], Server]) -> MigrationSpec:
    """The migration that this table describes. Servers are read last: mistakes come in the order of a plan."""
    return MigrationSpec(
        title=table.text("title", required=True),
        excluded_folders=table.texts("excluded_folders"),
        selection=_selection(table),
        schedule=_schedule(table),
        source=source(),
        destination=destination(),
    )


def migration_keys(spec: MigrationSpec) -> dict[str, object]:
    """The table of a plan that `read_migration` reads back as `spec`."""
    selection, schedule = spec.selection, spec.schedule
    keys: dict[str, object] = {
        "title": spec.title,
        "excluded_folders": list(spec.excluded_folders),
        "newest_first": selection.newest_first,
        "since": selection.since,
        "before": selection.before,
        "max_message_size": spell_size(selection.max_size),
        "start_at": spell_moment_anywhere(schedule.start_at),
        "final_pass_at": spell_moment_anywhere(schedule.final_pass_at),
    }
    return {key: value for key, value in keys.items() if value not in (None, "")}


def _selection(table: Table) -> Selection:
    selection = Selection(
        newest_first=table.flag("newest_first"),
        since=table.parsed("since", read_day, None),
        before=table.parsed("before", read_day, None),
        max_size=table.parsed("max_message_size", read_size, 0),
    )
    if selection.since and selection.before and selection.since >= selection.before:
        table.wrong("before", "must be a later day than since, or nothing would be copied")
    return selection


def _schedule(table: Table) -> Schedule:
    schedule = Schedule(table.parsed("start_at", read_moment, None), table.parsed("final_pass_at", read_moment, None))
    if schedule.start_at and schedule.final_pass_at and schedule.start_at >= schedule.final_pass_at:
        table.wrong("final_pass_at", "must be later than start_at")
    return schedule
