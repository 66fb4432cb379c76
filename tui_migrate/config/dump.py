"""Plans and account lists, written so that they are read back as the same migration; without passwords."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

import tomli_w

from tui_migrate.config.accounts import FOLDER_MARK, Heading
from tui_migrate.config.folders import spelled
from tui_migrate.config.migration import migration_keys
from tui_migrate.config.notices import notice_keys
from tui_migrate.config.server import server_table
from tui_migrate.model import AccountSpec, FolderRule, MigrationSpec


def dump_plan(
    spec: MigrationSpec,
    accounts_file: str,
    rules: Sequence[FolderRule] = (),
    account_rules: Mapping[str, Sequence[FolderRule]] | None = None,
    *,
    source_password_file: str = "",
    destination_password_file: str = "",
    mail_password_file: str = "",
) -> str:
    """A plan that `load_plan` reads back as this migration. `account_rules`: the folder rules of single accounts, by
    source user.

    It holds no secrets: an admin's password stays in its own file, and one that is not named is to be named by whoever
    imports the plan elsewhere.
    """
    accounts: dict[str, object] = {"file": accounts_file}
    if account_rules:
        accounts["folders"] = {user: _rule_keys(some) for user, some in account_rules.items()}
    tables: dict[str, object] = {
        "migration": migration_keys(spec),
        "source": server_table(spec.source, source_password_file),
        "destination": server_table(spec.destination, destination_password_file),
        "folders": _rule_keys(rules),
        "accounts": accounts,
        "mail": notice_keys(spec.notices, mail_password_file) if spec.notices else {},
    }
    return tomli_w.dumps({name: table for name, table in tables.items() if table})


def dump_accounts(specs: Iterable[AccountSpec], file: TextIO, *, destination_passwords: bool) -> None:
    """A list that `load_accounts` reads back as these accounts, with the passwords to be filled in.

    `destination_passwords`: with a column for those of the destination.
    """
    specs = list(specs)
    own = [Heading.DESTINATION_PASSWORD] if destination_passwords else []
    paths = [Heading.PATH] if any(spec.path for spec in specs) else []
    optional = [Heading.PRIORITY, Heading.EXCLUDED_FOLDERS, Heading.NOTIFY, *paths]
    writer = csv.DictWriter(file, [Heading.SOURCE, Heading.PASSWORD, Heading.DESTINATION, *own, *optional], restval="")
    writer.writeheader()
    writer.writerows(
        {
            Heading.SOURCE: spec.source_user,
            Heading.DESTINATION: spec.destination_user,
            Heading.PRIORITY: spec.priority,
            Heading.EXCLUDED_FOLDERS: FOLDER_MARK.join(spelled(each, FOLDER_MARK) for each in spec.excluded_folders),
            Heading.NOTIFY: spec.notify,
            **dict.fromkeys(paths, spec.path),
        }
        for spec in specs
    )


def _rule_keys(rules: Sequence[FolderRule]) -> dict[str, object]:
    return {rule.source: rule.target if rule.target is not None else False for rule in rules}
