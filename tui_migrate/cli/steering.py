"""Commands that say what is to run: start, pause, another pass, mail to users, and the engine itself."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tui_migrate.cli.frame import STOPPED, data_dir_option, debug_option, errors_as_exit_codes, open_store
from tui_migrate.cli.output import say, say_all
from tui_migrate.loading import loading

_LOOK = "tui-migrate status shows how far it is."


@click.command()
@click.argument("migration", required=False)
@click.option("--all", "everything", is_flag=True, help="All migrations that are paused, where they were.")
@data_dir_option
@click.pass_obj
def start(data_dir: Path | None, later_data_dir: Path | None, migration: str | None, everything: bool) -> None:
    """Start MIGRATION (title or number) or go on with it, in the background.

    What failed is tried again; when all has ended, all accounts get another pass. With --all, paused migrations go on,
    and nothing is tried again; what was never started stays so.
    """
    from tui_migrate.cli.chosen import chosen

    with errors_as_exit_codes():
        _either(migration, everything)
        service = open_store(later_data_dir or data_dir)
        if everything:
            titles = service.migrations.start_all()
        else:
            ((found, _),) = chosen(service, migration, ())
            service.migrations.start(found.id)
            titles = [found.title]
        say_all([f"{title}: started." for title in titles] or ["No migration is paused."])
        if titles:
            say(_LOOK)


@click.command()
@click.argument("migration", required=False)
@click.option("--all", "everything", is_flag=True, help="All migrations that are started.")
@data_dir_option
@click.pass_obj
def pause(data_dir: Path | None, later_data_dir: Path | None, migration: str | None, everything: bool) -> None:
    """Pause MIGRATION (title or number): what is in flight is finished, and nothing is lost."""
    from tui_migrate.cli.chosen import chosen

    with errors_as_exit_codes():
        _either(migration, everything)
        service = open_store(later_data_dir or data_dir)
        if everything:
            titles = service.migrations.pause_all()
        else:
            ((found, _),) = chosen(service, migration, ())
            service.migrations.pause(found.id)
            titles = [found.title]
        say_all([f"{title}: pausing." for title in titles] or ["No migration is started."])


@click.command()
@click.argument("migration")
@click.option("--account", "accounts", multiple=True, help="Only this source user; may be given several times.")
@data_dir_option
@click.pass_obj
def delta(data_dir: Path | None, later_data_dir: Path | None, migration: str, accounts: tuple[str, ...]) -> None:
    """Ask for another pass over MIGRATION (title or number): new mail and changed flags, and what failed before.

    The background engine does it. Accounts that have not ended go on; those named with --account get the pass then.
    """
    from tui_migrate.cli.chosen import chosen

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        ((found, named),) = chosen(service, migration, accounts)
        if accounts:
            service.passes.another([each.id for each in named])
        number = len(named) if accounts else service.passes.another_of_all(found.id)
        noun = "account gets" if number == 1 else "accounts get"
        say(f"{found.title}: {number:,} {noun} another pass. tui-migrate status shows how far it is.")


@click.command()
@click.argument("migration")
@click.option("--account", "accounts", multiple=True, help="Only this source user; may be given several times.")
@click.option("--folder", "folders", multiple=True, help="Only this source folder; may be given several times.")
@data_dir_option
@click.pass_obj
def refill(
    data_dir: Path | None,
    later_data_dir: Path | None,
    migration: str,
    accounts: tuple[str, ...],
    folders: tuple[str, ...],
) -> None:
    """Fill folders of MIGRATION (title or number) again that were replaced at the destination.

    All that is missing in them is copied, also what their users have deleted: without this word they stay as they are.
    The background engine does it.
    """
    from tui_migrate.cli.chosen import chosen

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        ((found, named),) = chosen(service, migration, accounts)
        ids = {each.id for each in named}
        waiting = [each for each in service.failures.replaced(found.id) if each.account_id in ids]
        if unknown := [name for name in folders if name not in {each.folder for each in waiting}]:
            from tui_migrate.errors import BadInput, Problem

            raise BadInput([Problem("--folder", f"no folder {name} was replaced") for name in unknown])
        wanted = [each for each in waiting if not folders or each.folder in folders]
        service.failures.refill([each.id for each in wanted])
        for each in wanted:
            say(f"{each.account}: {each.folder} is filled again.")
        say(_LOOK if wanted else "No folder was replaced.")


@click.command()
@click.argument("migration", required=False)
@click.option("--release", is_flag=True, help="Send what is held, and to users whose accounts ended without a mail.")
@click.option("--retry", is_flag=True, help="Send again what has failed, and what may have been sent.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir_option
@click.pass_obj
def mails(data_dir: Path | None, /, later_data_dir: Path | None, migration: str | None, **options: bool) -> None:
    """Show the mails to users, of all migrations or of MIGRATION (title or number): held, due, sent, failed.

    The background engine sends them.
    """
    from tui_migrate.cli.notices import carry_out

    with errors_as_exit_codes():
        carry_out(open_store(later_data_dir or data_dir), migration, **options)


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is left to do.")
@debug_option
@data_dir_option
@click.pass_obj
def engine(data_dir: Path | None, until_idle: bool, debug: bool, later_data_dir: Path | None) -> None:
    """Be the background engine of the store, in the foreground: for systemd and the like."""
    with loading():
        from tui_migrate.engine.main import run_engine

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        stopped = run_engine(service.store, until_idle=until_idle, debug=debug)
        sys.exit(STOPPED if stopped else 0)


@click.command()
@data_dir_option
@click.pass_obj
def stop(data_dir: Path | None, later_data_dir: Path | None) -> None:
    """Stop the background engine: what is in flight is finished, nothing is lost."""
    from tui_migrate.service import stop_engine

    with errors_as_exit_codes():
        stopped = stop_engine(later_data_dir or data_dir)
        say("The engine has stopped." if stopped else "No engine was running.")


@click.command()
@data_dir_option
@click.pass_obj
def compact(data_dir: Path | None, later_data_dir: Path | None) -> None:
    """Make the store smaller after migrations or accounts were deleted. The engine must not run.

    Nothing is forgotten that a later pass or a crash would need. Takes twice the store's size on its disk meanwhile.
    """
    from tui_migrate.model.figures import size

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        before, after = service.engine.compact()
        say(f"The store {service.store.database.path} had {size(before)} and has {size(after)}.")


def _either(migration: str | None, everything: bool) -> None:
    """Raises BadInput unless either a migration is named or all are meant."""
    if (migration is None) is not everything:
        from tui_migrate.errors import BadInput, Problem

        raise BadInput([Problem("MIGRATION", "name one, by its title or number, or give --all")])
