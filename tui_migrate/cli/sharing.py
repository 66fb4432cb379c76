"""Commands that write a migration into files, and read one from them: report, export, import-plan."""

from __future__ import annotations

import time
from pathlib import Path

import click

from tui_migrate.cli.frame import data_dir_option, errors_as_exit_codes, open_store, told
from tui_migrate.cli.output import say

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("migration", required=False)
@click.option("--out", type=_FOLDER, help="The folder to write into; else a new one here, named by the day.")
@click.option("--subjects", is_flag=True, help="With the subject lines of messages that failed.")
@data_dir_option
@click.pass_obj
def report(
    data_dir: Path | None, later_data_dir: Path | None, migration: str | None, out: Path | None, subjects: bool
) -> None:
    """Write what has become of MIGRATION (title or number), or of all, as CSV files and an HTML page for each.

    The files are new and readable by you alone: they hold addresses. They hold no passwords.
    """
    from tui_migrate.cli.chosen import chosen
    from tui_migrate.service.new_files import new_name

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        found = [each.id for each, _ in chosen(service, migration, ())]
        _tell(service.reports.write(found, out or new_name("report", time.time()), subjects=subjects))


@click.command()
@click.argument("migration")
@click.option("--out", type=_FOLDER, help="The folder to write into; else a new one here, named by the day.")
@data_dir_option
@click.pass_obj
def export(data_dir: Path | None, later_data_dir: Path | None, migration: str, out: Path | None) -> None:
    """Write MIGRATION (title or number) as a plan and its list of accounts, without passwords.

    import-plan reads it back. On this store, an empty password keeps the stored one; elsewhere, fill the passwords in.
    """
    from tui_migrate.cli.chosen import chosen
    from tui_migrate.service.new_files import new_name

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        ((found, _),) = chosen(service, migration, ())
        _tell(service.plans.export(found.id, out or new_name("plan", time.time())))


@click.command("import-plan")
@click.argument("plan", type=click.Path(path_type=Path))
@data_dir_option
@click.pass_obj
def import_plan(data_dir: Path | None, plan: Path, later_data_dir: Path | None) -> None:
    """Create or update the migration that PLAN describes, without starting it.

    An account that is stored already keeps its password where the list has none.
    """
    from tui_migrate.service import open_for

    with errors_as_exit_codes():
        service, loaded = open_for(plan, later_data_dir or data_dir)
        _, imported = told(service).plans.save(loaded)
        say(
            f"{loaded.migration.title}: {len(imported.added)} accounts added, {len(imported.changed)} changed, "
            f"{len(imported.same)} unchanged."
        )


def _tell(paths: list[Path]) -> None:
    for path in paths:
        say(str(path.absolute()))
