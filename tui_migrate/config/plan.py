"""Plan files: a migration and its account list as TOML, read with every mistake at once, and written.

Paths in a plan are relative to the folder that the plan lies in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from tui_migrate.config.accounts import parse_accounts
from tui_migrate.config.folders import mistake_in
from tui_migrate.config.server import POP_DESTINATION, POP_SOURCE, SERVER_KEYS, mistake_in_pair, read_server
from tui_migrate.config.table import Table
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AccountSpec, FolderRule, MigrationSpec, Secret, Server


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan file that was read and found without mistakes."""

    migration: MigrationSpec
    accounts: tuple[AccountSpec, ...]
    path: Path
    """Absolute."""
    rules: tuple[FolderRule, ...] = ()
    """For all accounts."""


def load_plan(path: Path) -> Plan:
    """Read a plan, the files that it names and its account list.

    Raises: BadInput with every mistake of the plan and of the account list.
    """
    path = path.absolute()
    problems: list[Problem] = []
    top = Table(path.parent, path.name, "", _parse(path), problems)
    top.allow("migration", "source", "destination", "folders", "accounts")
    migration = top.table("migration", "title", "excluded_folders")
    source, destination = top.table("source", *SERVER_KEYS), top.table("destination", *SERVER_KEYS)
    spec = MigrationSpec(
        title=migration.text("title", required=True),
        excluded_folders=migration.texts("excluded_folders"),
        source=read_server(source, POP_SOURCE, _password),
        destination=read_server(destination, POP_DESTINATION, _password),
    )
    if mistake := mistake_in_pair(spec.source, spec.destination):
        source.wrong("max_connections", mistake)
    rules = tuple(_rules(top.table("folders", *_keys(top, "folders"))))
    accounts: list[AccountSpec] = []
    if found := top.table("accounts", "file").file("file", required=True):
        file, data = found
        admins = {"source_admin": "admin" in source.values, "destination_admin": "admin" in destination.values}
        try:
            accounts = parse_accounts(data, file.name, **admins)
        except BadInput as bad:
            problems += bad.problems
    if problems:
        raise BadInput(problems)
    return Plan(spec, tuple(accounts), path, rules)


def dump_plan(
    spec: MigrationSpec, accounts_file: str, *, source_password_file: str = "", destination_password_file: str = ""
) -> str:
    """A plan that `load_plan` reads back as `spec`. It holds no secrets: an admin's password stays in its own file.

    Raises: ValueError when a server has an admin login and its password file is not given.
    """
    return tomli_w.dumps(
        {
            "migration": {"title": spec.title, "excluded_folders": list(spec.excluded_folders)},
            "source": _server_keys(spec.source, source_password_file),
            "destination": _server_keys(spec.destination, destination_password_file),
            "accounts": {"file": accounts_file},
        }
    )


def _server_keys(server: Server, password_file: str) -> dict[str, object]:
    keys: dict[str, object] = {
        "protocol": server.protocol.value,
        "host": server.host,
        "port": server.port,
        "security": server.security.value,
        "max_connections": server.max_connections,
        "path_prefix": server.path_prefix,
        "ca_file": server.ca_file,
    }
    if server.admin:
        if not password_file:
            raise ValueError(f"the admin login of {server.host} needs a password file")
        keys["admin"] = {"user": server.admin.user, "password_file": password_file, "style": server.admin.style}
    return keys


def _parse(path: Path) -> dict[str, object]:
    """The file as TOML. Windows editors put a byte order mark before it, which TOML does not know.

    Raises: BadInput with the one mistake at which reading had to stop.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        problem = Problem(path.name, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problem = Problem(path.name, "is not UTF-8 text, which TOML must be")
    except tomllib.TOMLDecodeError as error:
        sentence, _, position = str(error).rpartition(" (at ")
        # At the end of the document the parser names no line.
        line = re.match(r"line (\d+)", position)
        number = line[1] if line else str(len(text.splitlines()))
        problem = Problem(f"{path.name} line {number}", f"is not TOML: {sentence}")
    raise BadInput([problem])


def _keys(top: Table, name: str) -> list[str]:
    """The keys of a table in which any key may stand."""
    table = top.values.get(name)
    return [*table] if isinstance(table, dict) else []


def _rules(folders: Table) -> Iterator[FolderRule]:
    """`"Old name" = "New/Name"`, or false for a folder that stays behind."""
    for source, target in folders.values.items():
        if mistake := mistake_in(source):
            folders.wrong(source, f"the name {mistake}")
        elif target is False:
            yield FolderRule(source, None)
        elif not isinstance(target, str):
            folders.wrong(source, 'must be a folder in quotation marks ("Archive/2019"), or false to leave it behind')
        elif mistake := mistake_in(target):
            folders.wrong(source, mistake)
        else:
            yield FolderRule(source, target)


def _password(table: Table) -> Secret:
    """The first line of the password file, without its end."""
    found = table.file("password_file", required=True, private=True)
    if found is None:
        return Secret("")
    path, data = found
    try:
        password = data.decode("utf-8-sig").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        table.wrong("password_file", f"{path} is not UTF-8 text")
        return Secret("")
    if not password:
        table.wrong("password_file", f"the first line of {path} is empty")
    return Secret(password)
