"""Commands about what the engine writes down: its log, traces of accounts, and all that a report of a fault needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_migrate.cli.frame import data_dir_option, errors_as_exit_codes, open_store
from tui_migrate.cli.output import say
from tui_migrate.errors import BadInput, Problem

if TYPE_CHECKING:
    from tui_migrate.model import Account
    from tui_migrate.service import Service


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
            service.trace(each.id, on=not off)
            where = service.paths.trace_file(each.id)
            say(f"{each.source_user}: {'traced no more' if off else 'traced from now on'}, in {where}")


def of_user(service: Service, user: str) -> list[Account]:
    """The accounts of this source user, in whatever migrations. Raises BadInput when there is none."""
    found = [
        account
        for overview in service.migrations()
        for account in service.accounts(overview.migration.id)
        if account.source_user == user
    ]
    if not found:
        raise BadInput([Problem("ACCOUNT", f"there is no account of the source user {user}")])
    return found
