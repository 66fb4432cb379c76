"""Commands about what the engine writes down: its log, traces of accounts, and all that a report of a fault needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_migrate.cli.frame import data_dir_option, errors_as_exit_codes, open_store
from tui_migrate.cli.output import say, say_all

if TYPE_CHECKING:
    from tui_migrate.model import Account
    from tui_migrate.service import Service

_LOOK_SECONDS = 0.5
LEVELS = ("debug", "info", "warning", "error", "critical")


@click.command()
@click.argument("account")
@click.option("--off", is_flag=True, help="No more.")
@data_dir_option
@click.pass_obj
def trace(data_dir: Path | None, later_data_dir: Path | None, account: str, off: bool) -> None:
    """Write down what the servers are told for ACCOUNT (source user) and what they say: without passwords, and without
    anything of the mail.

    The engine does it while it works on the account, on the connections that it has and on new ones. Only you can read
    the file.
    """
    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        for each in of_user(service, account):
            service.logs.set_trace(each.id, on=not off)
            where = service.store.paths.trace_file(each.id)
            say(f"{each.source_user}: {'traced no more' if off else 'traced from now on'}, in {where}")


@click.command()
@click.option("--account", help="Only what is about this source user.")
@click.option("--trace", "of_trace", is_flag=True, help="The protocol trace of the account in the log's place.")
@click.option("--level", type=click.Choice(LEVELS), default="debug", help="Only lines of this level or a higher one.")
@click.option("--follow", is_flag=True, help="Wait for more, until Ctrl-C.")
@data_dir_option
@click.pass_obj
def log(
    data_dir: Path | None, later_data_dir: Path | None, account: str | None, level: str, *, of_trace: bool, follow: bool
) -> None:
    """Show what the engine did and why, with times in UTC: the last of it, or with --follow all that comes."""
    from tui_migrate.service.logs import wanted

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        about = of_user(service, account)[0].id if account else None
        if of_trace and about is None:
            from tui_migrate.errors import BadInput, Problem

            raise BadInput([Problem("--trace", "name the account with --account")])
        followed = service.logs.trace(about) if of_trace and about else service.logs.log()
        while True:
            lines = followed.news()
            say_all(str(each) for each in lines if of_trace or wanted(each, account_id=about, level=level))
            if not follow:
                break
            time.sleep(_LOOK_SECONDS)


@click.command()
@click.argument("account", required=False)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; else a new one here.")
@data_dir_option
@click.pass_obj
def bundle(data_dir: Path | None, later_data_dir: Path | None, account: str | None, output: Path | None) -> None:
    """Pack into one file what is needed to find out what was wrong with ACCOUNT (source user), or with all that failed.

    Versions, settings, events, failures, log, trace, what the servers offer: for those who run a server, or who mend
    this program. There are no passwords in it, and of mail no subject, header or body.
    """
    from tui_migrate.service.new_files import new_name

    with errors_as_exit_codes():
        service = open_store(later_data_dir or data_dir)
        ids = [each.id for each in of_user(service, account)] if account else []
        path = output or new_name("bundle", time.time(), ".zip")
        say(str(service.bundles.write(path, ids)))


def of_user(service: Service, user: str) -> list[Account]:
    """The accounts of this source user, in whatever migrations. Raises BadInput when there is none."""
    from tui_migrate.cli.chosen import chosen  # only here: it loads the service

    return [account for _, found in chosen(service, None, [user], "ACCOUNT") for account in found]
