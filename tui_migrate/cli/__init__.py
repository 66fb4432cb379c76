"""The command line. Every command is a few calls of the service; the dashboard is imported only when one is wanted.

Exit codes: 0 all done; 1 done with failures; 2 bad input, nothing was started; 3 could not run (another engine holds
the store, or the store is unusable); 130 stopped by a signal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tui_migrate import __version__
from tui_migrate.cli import completion, first, logs, sharing, signing_in, steering
from tui_migrate.cli.frame import (
    BAD_INPUT,
    COULD_NOT_RUN,
    data_dir_option,
    debug_option,
    errors_as_exit_codes,
    open_store,
    told,
)
from tui_migrate.cli.output import prepare_output, say, say_all, say_json
from tui_migrate.loading import loading

_EXIT_CODES = (
    "Ends with 0: all done. 1: done with failures; an account that cannot log in is one. 2: bad input, nothing was "
    "started. 3: could not run, because another engine holds the store or it is unusable. 130: stopped by a signal."
)

_NO_TERMINAL = (
    "The dashboard needs a terminal, and there is none here. Without one: tui-migrate run PLAN carries a plan out, "
    "tui-migrate status shows how far it is, tui-migrate --help lists the rest."
)


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
    prepare_output()
    context.obj = data_dir
    if context.invoked_subcommand is None:
        from tui_migrate.ui.environment import has_terminal, prepare_environment

        if not has_terminal():
            click.echo(_NO_TERMINAL, err=True)
            sys.exit(BAD_INPUT)
        prepare_environment()
        with loading():
            from tui_migrate.ui.app import run

        with errors_as_exit_codes():
            sys.exit(run(open_store(data_dir)))


@main.command("run", epilog=_EXIT_CODES)
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Also end with 1 for what is not as it was (tui-migrate remarks).")
@debug_option
@data_dir_option
@click.pass_obj
def run_plan(data_dir: Path | None, plan: Path, strict: bool, debug: bool, later_data_dir: Path | None) -> None:
    """Carry out PLAN here in the foreground: import its accounts, copy, end with a summary."""
    with loading():
        from tui_migrate.cli.foreground import carry_out
        from tui_migrate.service import open_for

    with errors_as_exit_codes():
        service, loaded = open_for(plan, later_data_dir or data_dir)
        sys.exit(carry_out(told(service), loaded, strict=strict, debug=debug))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir_option
@click.pass_obj
def status(data_dir: Path | None, as_json: bool, later_data_dir: Path | None) -> None:
    """Show migrations and accounts with their numbers."""
    from tui_migrate.cli import reports

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        if as_json:
            say_json(reports.status(service))
        else:
            say_all(reports.status_lines(service))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir_option
@click.pass_obj
def failures(data_dir: Path | None, as_json: bool, later_data_dir: Path | None) -> None:
    """Show what did not make it, with the servers' own words."""
    from tui_migrate.cli import reports

    with errors_as_exit_codes():
        found = open_store(later_data_dir or data_dir).failures.listing()
        if as_json:
            say_json(reports.records(found))
        else:
            say_all(reports.failure_lines(found))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir_option
@click.pass_obj
def remarks(data_dir: Path | None, as_json: bool, later_data_dir: Path | None) -> None:
    """Show what is not as it was and is no failure: flags or dates not kept, folders renamed, others' folders."""
    from tui_migrate.cli import reports

    with errors_as_exit_codes():
        found = open_store(later_data_dir or data_dir).passes.remarks()
        if as_json:
            say_json(reports.records(found))
        else:
            say_all(reports.remark_lines(found))


@main.command(
    epilog="Ends with 0: the same, but for dates and for flags that the destination cannot keep. 1: anything is "
    "missing, extra, otherwise different, or could not be read."
)
@click.argument("migration", required=False)
@click.option("--account", "accounts", multiple=True, help="Only this source user; may be given several times.")
@click.option("--deep", is_flag=True, help="Compare every byte: reads all mail at both ends.")
@click.option("--subjects", is_flag=True, help="Show the subjects of what is missing or different.")
@click.option("--strict", is_flag=True, help="Also end with 1 for dates and flags that were not kept.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir_option
@click.pass_obj
def verify(data_dir: Path | None, /, later_data_dir: Path | None, migration: str | None, **options: Any) -> None:
    """Compare source and destination once more, of all migrations or of MIGRATION (title or number).

    Every folder is read again at both ends; what was noted while copying is not believed. No mail is changed.
    """
    from tui_migrate.cli.verify import carry_out

    with errors_as_exit_codes():
        sys.exit(carry_out(open_store(later_data_dir or data_dir), migration, **options))


@main.command(epilog="Ends with 0: all may start. 1: an item fails, waived or not, or a login could not be tried.")
@click.argument("migration", required=False)
@click.option("--account", "accounts", multiple=True, help="Only this source user; may be given several times.")
@click.option("--waive", multiple=True, metavar="USER", help="Check nothing: let this source user start all the same.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir_option
@click.pass_obj
def check(
    data_dir: Path | None, /, later_data_dir: Path | None, migration: str | None, waive: tuple[str, ...], **options: Any
) -> None:
    """See if the accounts can be copied, of all migrations or of MIGRATION (title or number), before they start.

    Logs in at both ends and counts: quota, messages that are too large, folder names, time. An account whose login is
    refused, or whose mail does not fit, is not started until a later check passes or it is waived. No mail is read.
    """
    from tui_migrate.cli.check import carry_out, let_start

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        sys.exit(let_start(service, migration, waive) if waive else carry_out(service, migration, **options))


@main.command()
@click.option("--headless", is_flag=True, help="Without the dashboard: copy and show the summary.")
def demo(headless: bool) -> None:
    """Try everything on two throw-away mail servers on this machine."""
    try:
        from tui_migrate.demo import run_demo
    except ModuleNotFoundError as error:
        say(f"The demo needs its servers: pip install 'tui-migrate[demo]' ({error.name} is missing).", err=True)
        sys.exit(COULD_NOT_RUN)
    sys.exit(run_demo(headless=headless))


for command in (
    first.first,
    signing_in.sign_in,
    steering.start,
    steering.pause,
    steering.delta,
    steering.refill,
    steering.mails,
    steering.engine,
    steering.stop,
    steering.compact,
    logs.trace,
    logs.log,
    logs.bundle,
    sharing.report,
    sharing.export,
    sharing.import_plan,
    completion.completion,
):
    main.add_command(command)
