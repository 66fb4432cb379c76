"""The command line. Every command is a few calls of the service; the dashboard is imported only when one is wanted.

Exit codes: 0 all done; 1 done with failures; 2 bad input, nothing was started; 3 could not run (another engine holds
the store, or the store is unusable); 130 stopped by a signal.
"""

from __future__ import annotations

import gc
import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from tui_migrate import __version__
from tui_migrate.errors import BadInput, MigrateError

BAD_INPUT, COULD_NOT_RUN, STOPPED = 2, 3, 130
_EXIT_CODES = (
    "Ends with 0: all done. 1: done with failures; an account that cannot log in is one. 2: bad input, nothing was "
    "started. 3: could not run, because another engine holds the store or it is unusable. 130: stopped by a signal."
)


@contextmanager
def _loading() -> Iterator[None]:
    """What is imported stays for good: looking through it for garbage, again and again while it grows, costs a sixth
    of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _errors_as_exit_codes() -> Iterator[None]:
    try:
        yield
    except BadInput as error:
        click.echo(f"Nothing was started. {len(error.problems)} to mend:", err=True)
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
        sys.exit(BAD_INPUT)
    except MigrateError as error:
        click.echo(error.sentence, err=True)
        sys.exit(COULD_NOT_RUN)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except BrokenPipeError:  # the reader of a pipe has seen enough, and click ends quietly
        raise
    except Exception:  # noqa: BLE001 - outermost: Python's own exit code for a bug of ours is 1, which means something else
        traceback.print_exc()
        sys.exit(COULD_NOT_RUN)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the store lies (else TUI_MIGRATE_DATA_DIR, else the platform's folder for user data).",
)
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context, data_dir: Path | None) -> None:
    """Move whole mailboxes between mail servers. Without a command: the dashboard."""
    context.obj = data_dir
    if context.invoked_subcommand is None:
        from tui_migrate.ui.environment import prepare_environment

        prepare_environment()
        with _loading():
            from tui_migrate.service import open_service
            from tui_migrate.ui.app import run

        with _errors_as_exit_codes():
            sys.exit(run(open_service(data_dir)))


_data_dir = click.option(
    "--data-dir", "later_data_dir", type=click.Path(path_type=Path, file_okay=False), help="As before the command."
)


@main.command("run", epilog=_EXIT_CODES)
@click.argument("plan", type=click.Path(path_type=Path))
@_data_dir
@click.pass_obj
def run_plan(data_dir: Path | None, plan: Path, later_data_dir: Path | None) -> None:
    """Carry out PLAN here in the foreground: import its accounts, copy, end with a summary."""
    with _loading():
        from tui_migrate.cli.foreground import carry_out
        from tui_migrate.config.plan import load_plan
        from tui_migrate.service import open_service

    with _errors_as_exit_codes():
        loaded = load_plan(plan)
        sys.exit(carry_out(open_service(later_data_dir or data_dir), loaded))


@main.command("import-plan")
@click.argument("plan", type=click.Path(path_type=Path))
@_data_dir
@click.pass_obj
def import_plan(data_dir: Path | None, plan: Path, later_data_dir: Path | None) -> None:
    """Create or update the migration that PLAN describes, without starting it."""
    from tui_migrate.config.plan import load_plan
    from tui_migrate.service import open_service

    with _errors_as_exit_codes():
        loaded = load_plan(plan)
        _, imported = open_service(later_data_dir or data_dir).import_plan(loaded)
        click.echo(
            f"{loaded.migration.title}: {len(imported.added)} accounts added, {len(imported.changed)} changed, "
            f"{len(imported.same)} unchanged."
        )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_data_dir
@click.pass_obj
def status(data_dir: Path | None, as_json: bool, later_data_dir: Path | None) -> None:
    """Show migrations and accounts with their numbers."""
    from tui_migrate.cli import reports
    from tui_migrate.service import open_service

    with _errors_as_exit_codes():
        service = open_service(later_data_dir or data_dir)
        click.echo(json.dumps(reports.status(service), indent=2) if as_json else reports.status_text(service))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_data_dir
@click.pass_obj
def failures(data_dir: Path | None, as_json: bool, later_data_dir: Path | None) -> None:
    """Show what did not make it, with the servers' own words."""
    from tui_migrate.cli import reports
    from tui_migrate.service import open_service

    with _errors_as_exit_codes():
        found = open_service(later_data_dir or data_dir).failures()
        click.echo(json.dumps([asdict(each) for each in found], indent=2) if as_json else reports.failures_text(found))


@main.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is left to do.")
@_data_dir
@click.pass_obj
def engine(data_dir: Path | None, until_idle: bool, later_data_dir: Path | None) -> None:
    """Be the background engine of the store, in the foreground: for systemd and the like."""
    with _loading():
        from tui_migrate.engine.main import run_engine
        from tui_migrate.service import open_service

    with _errors_as_exit_codes():
        service = open_service(later_data_dir or data_dir)
        paths = service.paths
        stopped = run_engine(service.database, service.vault, paths.lock_file, paths.spool_dir, until_idle=until_idle)
        sys.exit(STOPPED if stopped else 0)


@main.command()
@_data_dir
@click.pass_obj
def stop(data_dir: Path | None, later_data_dir: Path | None) -> None:
    """Stop the background engine: what is in flight is finished, nothing is lost."""
    from tui_migrate.service import open_service

    with _errors_as_exit_codes():
        stopped = open_service(later_data_dir or data_dir).stop_engine()
        click.echo("The engine has stopped." if stopped else "No engine was running.")


@main.command()
@click.option("--headless", is_flag=True, help="Without the dashboard: copy and show the summary.")
def demo(headless: bool) -> None:
    """Try everything on two throw-away mail servers on this machine."""
    try:
        from tui_migrate.demo import run_demo
    except ModuleNotFoundError as error:
        click.echo(f"The demo needs its servers: pip install 'tui-migrate[demo]' ({error.name} is missing).", err=True)
        sys.exit(COULD_NOT_RUN)
    sys.exit(run_demo(headless=headless))
