"""What every command does around its own work: load what it needs, and turn errors into words and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_migrate.cli.output import say
from tui_migrate.loading import loading

if TYPE_CHECKING:
    from tui_migrate.service import Service

BAD_INPUT, COULD_NOT_RUN, STOPPED = 2, 3, 130

data_dir_option = click.option(
    "--data-dir", "later_data_dir", type=click.Path(path_type=Path, file_okay=False), help="As before the command."
)

debug_option = click.option("--debug", is_flag=True, help="Write more into the engine's log.")


def open_store(data_dir: Path | None) -> Service:
    """The service on the store in this folder. Says so when opening it has upgraded the store."""
    with loading():
        from tui_migrate.service import open_service

    return told(open_service(data_dir))


def told(service: Service) -> Service:
    """The service, when the admin has been told what opening the store has done to it. The command's end closes it."""
    click.get_current_context().call_on_close(service.close)
    if service.store.upgraded:
        click.echo(service.store.upgraded, err=True)
    return service


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """Say what went wrong, and end with the code for it."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - outermost: Python's own exit code for a bug of ours is 1, which means something else
        sys.exit(_exit_code(error))


def _exit_code(error: Exception) -> int:
    """Say what went wrong, and return the exit code for it."""
    from tui_migrate.errors import BadInput, MigrateError  # they load all that they speak of: `--help` needs none of it

    match error:
        case BadInput():
            say(f"Nothing was started. {len(error.problems)} to correct:", err=True)
            for problem in error.problems:
                say(f"  {problem}", err=True)
            return BAD_INPUT
        case MigrateError():
            say(error.sentence, err=True)
        case _:
            import traceback

            say(*traceback.format_exc().splitlines(), err=True)
    return COULD_NOT_RUN
