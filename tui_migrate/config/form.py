"""A migration as the fields of a form: raw texts in, every mistake at its field; and a migration as such texts.

Fields are named by the keys of a plan (`source.host`, `destination.admin.user`), and judged by the same code. Passwords
come beside the texts, and never go back into a form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tui_migrate.config.migration import MIGRATION_SETTINGS, migration_texts, read_migration
from tui_migrate.config.proxy_login import PASSWORD, proxy_login_texts, typed_proxy_login
from tui_migrate.config.server import KIND_KEY, mistake_in_pair, read_server
from tui_migrate.config.table import SettingsTable
from tui_migrate.config.tokens import SECRET_FILE, secret_in
from tui_migrate.config.typed import texts as setting_texts
from tui_migrate.config.typed import typed
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import (
    KINDS,
    Login,
    LoginKind,
    Migration,
    MigrationSpec,
    Secret,
    Server,
    Side,
    TokenLogin,
    kinds_of,
    server_settings,
)
from tui_migrate.model.declared import Declaration, settings, without_passwords
from tui_migrate.model.logins import LOGINS, LoginTable
from tui_migrate.model.tokens import asked

LOGIN, TRIAL = "login", "trial.user"
"""Fields of a server beside its settings: with what mailboxes log in, and one to test it with."""
TAKEN = "another migration has this title"


def read_form(
    texts: Mapping[str, str], passwords: Mapping[str, Secret], own: Migration | None, others: Sequence[str]
) -> MigrationSpec:
    """The migration that the fields describe. `own`: the one that is edited, whose passwords are kept where none is
    typed; `others`: titles that are taken.

    Raises: BadInput with every mistake; its places are names of fields.
    """
    problems: list[Problem] = []
    top = _table("", {each.key: typed(each, texts[each.key]) for each in MIGRATION_SETTINGS}, problems)

    def read(side: Side) -> Server:
        return _server(side, texts, passwords, _kept(side, own), problems)

    spec = read_migration(top, lambda: read(Side.SOURCE), lambda: read(Side.DESTINATION))
    if spec.title in others:
        top.wrong("title", TAKEN)
    if mistake := mistake_in_pair(spec.source, spec.destination):
        problems.append(Problem("source.max_connections", mistake))
    if problems:
        raise BadInput(problems)
    return replace(spec, notices=own.notices) if own else spec


def read_trial(
    side: Side, texts: Mapping[str, str], passwords: Mapping[str, Secret], own: Migration | None
) -> tuple[Server, Login | None]:
    """The server of one side alone, to be tried, with the mailbox to try it with, if one is named.

    Raises: BadInput as `read_form` does.
    """
    problems: list[Problem] = []
    server = _server(side, texts, passwords, _kept(side, own), problems)
    place = f"{side}.trial"
    user, password = texts[f"{place}.user"].strip(), passwords.get(f"{place}.password")
    if user and password is None and server.own_passwords:
        problems.append(Problem(f"{place}.password", "must not be empty, or leave the mailbox empty too"))
    if problems:
        raise BadInput(problems)
    return server, server.login(user, password or Secret("")) if user else None


def write_form(migration: Migration | None) -> dict[str, str]:
    """The texts of all fields: of a stored migration, or of a new one. Without passwords."""
    found = migration_texts(migration)
    for side in Side:
        server = migration.server(side) if migration else next(kinds_of(side)).blank()
        fields = {
            KIND_KEY: server.kind_name,
            LOGIN: server.login_kind,
            TRIAL: "",
            **setting_texts(server_settings(side), server),
            **proxy_login_texts(server),
        }
        for login in LOGINS.values():
            texts = setting_texts(settings(login.type), getattr(server, login.field))
            fields |= {f"{login.key}.{key}": text for key, text in texts.items()}
        fields[f"{LOGINS[LoginKind.TOKEN].key}.{SECRET_FILE}"] = ""
        found |= {f"{side}.{name}": text for name, text in fields.items()}
    return found


def _kept(side: Side, own: Migration | None) -> Server | None:
    return own.server(side) if own else None


def _server(
    side: Side,
    texts: Mapping[str, str],
    passwords: Mapping[str, Secret],
    kept: Server | None,
    problems: list[Problem],
) -> Server:
    name = texts[f"{side}.{KIND_KEY}"].strip()
    declared = KINDS[name].settings() if name in KINDS else server_settings(side)
    values: dict[str, object] = {each.key: typed(each, texts[f"{side}.{each.key}"]) for each in declared}
    if login := LOGINS.get(LoginKind(texts[f"{side}.{LOGIN}"])):
        values[login.key] = {
            each.plan_key: typed(each, texts[f"{side}.{login.key}.{each.plan_key}"])
            for each in _asked(login, lambda key: texts[f"{side}.{login.key}.{key}"])
        }
    table = _table(side, {KIND_KEY: name, **values}, problems)
    at_proxy = passwords.get(f"{side}.{PASSWORD}")
    if "proxy" in values:
        table.values.update(typed_proxy_login(texts, f"{side}.", at_proxy))
    return read_server(table, side, _Passwords(side, passwords, kept))


def _asked(login: LoginTable, text: Callable[[str], str]) -> Iterator[Declaration]:
    """The settings of a login that a form asks for, but for passwords that are typed."""
    if login.type is not TokenLogin:
        return without_passwords(settings(login.type))
    names = asked(text("provider"), text("sign_in"))
    return (each for each in settings(TokenLogin) if each.name in names)


@dataclass(frozen=True, slots=True)
class _Passwords:
    """The passwords of one server's logins as they were typed; else those that it has already."""

    side: Side
    typed: Mapping[str, Secret]
    before: Server | None

    def of_admin(self, table: SettingsTable) -> Secret:
        admin = self.before.admin if self.before else None
        typed_in = self.typed.get(f"{self.side}.admin.password")
        if typed_in is None and admin is None:
            table.wrong("password", "must not be empty")
        return typed_in or (admin.password if admin else Secret(""))

    def of_app(self, table: SettingsTable, login: TokenLogin) -> Secret | None:
        token = self.before.token if self.before else None
        if token and token.bond == login.bond and not table.values.get(SECRET_FILE):
            return token.secret
        return secret_in(table, login)

    def of_proxy(self, table: SettingsTable) -> Secret | None:
        return self.typed.get(f"{self.side}.{PASSWORD}")


def _table(name: str, values: dict[str, object], problems: list[Problem]) -> SettingsTable:
    return SettingsTable(Path.cwd(), "", name, values, problems)
