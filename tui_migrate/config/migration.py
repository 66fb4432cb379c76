"""What is set for a migration as a whole, as a plan or a form describes it: one place that says what is right."""

from __future__ import annotations

from collections.abc import Callable

from tui_migrate.config.table import SettingsTable
from tui_migrate.config.typed import read_settings, spell_settings, texts
from tui_migrate.model import Migration, MigrationSpec, Schedule, Selection, Server
from tui_migrate.model.declared import settings

MIGRATION_SETTINGS = tuple(each for of in (MigrationSpec, Selection, Schedule) for each in settings(of))
"""In the order of a plan."""
MIGRATION_KEYS = tuple(each.key for each in MIGRATION_SETTINGS)


def read_migration(
    table: SettingsTable, source: Callable[[], Server], destination: Callable[[], Server]
) -> MigrationSpec:
    """The migration that this table describes. Servers are read last: mistakes come in the order of a plan."""
    own = read_settings(table, settings(MigrationSpec))
    selection, schedule = _selection(table), _schedule(table)
    return MigrationSpec(**own, selection=selection, schedule=schedule, source=source(), destination=destination())


def migration_keys(spec: MigrationSpec) -> dict[str, object]:
    """The table of a plan that `read_migration` reads back as `spec`."""
    parts = ((MigrationSpec, spec), (Selection, spec.selection), (Schedule, spec.schedule))
    keys = {key: value for of, part in parts for key, value in spell_settings(settings(of), part).items()}
    return {key: value for key, value in keys.items() if value != ""}


def migration_texts(migration: Migration | None) -> dict[str, str]:
    """The texts of a migration's fields in a form; without a migration those of a new one."""
    selection, schedule = (migration.selection, migration.schedule) if migration else (None, None)
    parts = ((MigrationSpec, migration), (Selection, selection), (Schedule, schedule))
    return {key: text for of, part in parts for key, text in texts(settings(of), part).items()}


def _selection(table: SettingsTable) -> Selection:
    selection = Selection(**read_settings(table, settings(Selection)))
    if selection.since and selection.before and selection.since >= selection.before:
        table.wrong("before", "must be a later day than since, or nothing would be copied")
    return selection


def _schedule(table: SettingsTable) -> Schedule:
    schedule = Schedule(**read_settings(table, settings(Schedule)))
    if schedule.start_at and schedule.final_pass_at and schedule.start_at >= schedule.final_pass_at:
        table.wrong("final_pass_at", "must be later than start_at")
    return schedule
