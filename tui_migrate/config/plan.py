"""Plan files: a migration and its account list as TOML, read with every mistake at once.

Paths in a plan are relative to the folder that the plan lies in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui_migrate.config.accounts import ListNeeds, parse_accounts
from tui_migrate.config.encoding import ambiguous_line, is_encoding, read_text
from tui_migrate.config.folders import mistake_in
from tui_migrate.config.migration import MIGRATION_KEYS, read_migration
from tui_migrate.config.notices import NOTICE_KEYS, TOKENS, read_notices
from tui_migrate.config.server import mistake_in_pair, read_server, server_keys
from tui_migrate.config.table import SettingsTable
from tui_migrate.config.tokens import SECRET_FILE, secret_in
from tui_migrate.config.typed import PROXY_LOGIN
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AccountSpec, FolderRule, MigrationSpec, NoticeSettings, Secret, Server, Side, TokenLogin


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan file that was read and found without mistakes."""

    migration: MigrationSpec
    accounts: tuple[AccountSpec, ...]
    path: Path
    """Absolute."""
    rules: tuple[FolderRule, ...] = ()
    """For all accounts."""
    account_rules: Mapping[str, tuple[FolderRule, ...]] = field(default_factory=dict)
    """For single ones, by source user."""


@dataclass(frozen=True, slots=True)
class StoredMigration:
    """What is stored of a migration already. Its passwords are kept where a plan and its list have none."""

    source: Server
    destination: Server
    accounts: Mapping[str, AccountSpec]
    """By source user."""
    notices: NoticeSettings | None = None

    def is_at(self, source: Server, destination: Server) -> bool:
        """True where passwords would go to the servers that they were given for, protected as before: a plan comes from
        anywhere, and must not lead them to another one."""
        return self.source.bond == source.bond and self.destination.bond == destination.bond


def load_plan(path: Path, stored: Callable[[str], StoredMigration | None] = lambda title: None) -> Plan:
    """Read a plan, the files that it names and its account list. `stored`: what there is of a migration of this title.

    Raises: BadInput with every mistake of the plan and of the account list.
    """
    path = path.absolute()
    problems: list[Problem] = []
    top = SettingsTable(path.parent, path.name, "", _parse(path), problems)
    top.allow("migration", "source", "destination", "folders", "accounts", "mail")
    migration = top.table("migration", *MIGRATION_KEYS)
    source, destination = (top.table(side, *server_keys(side)) for side in Side)
    title = migration.values.get("title")
    known = stored(title) if isinstance(title, str) else None
    old, new = (known.source, known.destination) if known else (None, None)
    stored_notices = known.notices if known else None
    kept: list[tuple[SettingsTable, str]] = []
    spec = read_migration(
        migration,
        lambda: read_server(source, Side.SOURCE, _Passwords(old, kept)),
        lambda: read_server(destination, Side.DESTINATION, _Passwords(new, kept)),
    )
    left: Mapping[str, AccountSpec] = {}
    if known and not known.is_at(spec.source, spec.destination):
        left, known = known.accounts, None
        for login, key in kept:
            login.wrong(key, "is missing; the stored password stays with the servers that it was given for")
    if mistake := mistake_in_pair(spec.source, spec.destination):
        source.wrong("max_connections", mistake)
    rules = tuple(_rules(_open_table(top, "folders")))
    accounts = top.table("accounts", "file", "encoding", "folders")
    found = _accounts(accounts, spec, known)
    if found and (mistake := _left_behind(left, found)):
        accounts.wrong("file", mistake)
    account_rules = dict(_account_rules(accounts, found))
    spec = replace(spec, notices=_notices(top, stored_notices))
    if problems:
        raise BadInput(problems)
    return Plan(spec, tuple(found), path, rules, account_rules)


def _notices(top: SettingsTable, known: NoticeSettings | None) -> NoticeSettings | None:
    if "mail" not in top.values:
        return None
    table = top.table("mail", *NOTICE_KEYS, TOKENS, PROXY_LOGIN)
    return read_notices(table, known, _password_named(table), _password_named, "password_file")


def _accounts(table: SettingsTable, spec: MigrationSpec, known: StoredMigration | None) -> list[AccountSpec]:
    found = table.file("file", required=True)
    if found is None:
        return []
    file, data = found
    encoding = table.text("encoding")
    if encoding and not is_encoding(encoding):
        table.wrong("encoding", "is no encoding that is known here; such as utf-8, cp1252, mac_roman, cp850")
        return []
    try:
        return parse_accounts(
            data,
            file.name,
            ListNeeds.of(spec.source, spec.destination),
            encoding=encoding,
            stored=known.accounts if known else {},
        )
    except BadInput as bad:
        table.problems.extend(bad.problems)
        return []


def _left_behind(stored: Mapping[str, AccountSpec], found: Sequence[AccountSpec]) -> str:
    """What is wrong where a plan moves its migration to other servers, and the passwords of accounts that its list does
    not name would move along."""
    named = {each.source_user for each in found}
    others = [
        user
        for user, each in stored.items()
        if user not in named and (each.source_password, each.destination_password) != (Secret(""), None)
    ]
    if not others:
        return ""
    more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
    return (
        f"must name {others[0]}{more}, stored of this migration, with passwords; stored ones stay with the servers "
        "that they were given for"
    )


def _account_rules(
    table: SettingsTable, accounts: Sequence[AccountSpec]
) -> Iterator[tuple[str, tuple[FolderRule, ...]]]:
    """`[accounts.folders."alice@old.example"]`, with the same keys as `[folders]`."""
    users = {account.source_user for account in accounts}
    folders = _open_table(table, "folders")
    for user in folders.values:
        if users and user not in users:
            folders.wrong(user, "is no account of the list")
        yield user, tuple(_rules(_open_table(folders, user)))


def _parse(path: Path) -> dict[str, object]:
    """The file as TOML. Windows editors put a byte order mark before it, or write UTF-16, which TOML does not know.

    Raises: BadInput with the one mistake at which reading had to stop.
    """
    try:
        text = read_text(path.read_bytes())
        if number := ambiguous_line(text):
            raise BadInput(
                [Problem(f"{path.name} line {number}", "is not UTF-8, which TOML must be: save it as UTF-8")]
            )
        return tomllib.loads(text)
    except OSError as error:
        problem = Problem(path.name, f"cannot be read: {error.strerror}")
    except tomllib.TOMLDecodeError as error:
        problem = _not_toml(path.name, text, str(error))
    except ValueError:
        problem = Problem(path.name, "is not UTF-8 text, which TOML must be")
    raise BadInput([problem])


def _not_toml(name: str, text: str, said: str) -> Problem:
    """What the parser stumbled over, with its line."""
    sentence, _, position = said.rpartition(" (at ")
    # At the end of the document the parser names no line.
    line = re.match(r"line (\d+)", position)
    number = int(line[1]) if line else len(text.splitlines())
    lines = text.split("\n")
    backslash = 0 < number <= len(lines) and "\\" in lines[number - 1]
    hint = r"; a path with backslashes stands in single quotes: 'C:\folder\file'" if backslash else ""
    return Problem(f"{name} line {number}", f"is not TOML: {sentence}{hint}")


def _open_table(table: SettingsTable, name: str) -> SettingsTable:
    """A table in which any key may stand."""
    value = table.values.get(name)
    return table.table(name, *(value if isinstance(value, dict) else ()))


def _rules(folders: SettingsTable) -> Iterator[FolderRule]:
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


@dataclass(frozen=True, slots=True)
class _Passwords:
    """The passwords of one server's logins. Where no file is named, the one that the same login had `before`; its table
    and the file's key are then noted in `kept`."""

    before: Server | None
    kept: list[tuple[SettingsTable, str]]

    def of_admin(self, table: SettingsTable) -> Secret:
        admin = self.before.admin if self.before else None
        if admin and "password_file" not in table.values and table.values.get("user") == admin.user:
            self.kept.append((table, "password_file"))
            return admin.password
        return _password_in(table)

    def of_app(self, table: SettingsTable, login: TokenLogin) -> Secret | None:
        before = self.before.token if self.before else None
        if before and before.secret and SECRET_FILE not in table.values and before.bond == login.bond:
            self.kept.append((table, SECRET_FILE))
            return before.secret
        return secret_in(table, login)

    def of_proxy(self, table: SettingsTable) -> Secret | None:
        return _password_named(table)


def _password_named(table: SettingsTable) -> Secret | None:
    """The password in the file that a table names; None where it names none."""
    return _password_in(table) if "password_file" in table.values else None


def _password_in(table: SettingsTable) -> Secret:
    """The first line of the password file, without its end."""
    found = table.file("password_file", required=True, private=True)
    if found is None:
        return Secret("")
    path, data = found
    try:
        password = data.decode("utf-8-sig").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        password = "\0"
    if "\0" in password:  # UTF-16 without a mark can be read as UTF-8 too
        table.wrong("password_file", f"{path} is not UTF-8 text")
        return Secret("")
    if not password:
        table.wrong("password_file", f"the first line of {path} is empty")
    return Secret(password)
