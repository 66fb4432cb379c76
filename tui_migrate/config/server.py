"""A server as a plan or a form describes it: one place that says what is right, for every kind of mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tui_migrate.config.proxy_login import proxy_login_keys, read_proxy_login
from tui_migrate.config.table import SettingsTable, nearest
from tui_migrate.config.tokens import read_token_login, token_keys
from tui_migrate.config.typed import PROXY_LOGIN, read_settings, spell_settings
from tui_migrate.model import KINDS, AdminLogin, Kind, NetworkServer, Secret, Server, Side, TokenLogin, kinds_of
from tui_migrate.model.declared import Declaration, settings
from tui_migrate.model.kinds import server_settings
from tui_migrate.model.logins import LOGINS

KIND_KEY = "protocol"
"""Under which a plan says the kind of mailbox."""


class Passwords(Protocol):
    """Where the passwords of a server's logins come from, given the table of such a login."""

    @property
    def before(self) -> Server | None:
        """The server as it is stored, whose passwords may be kept."""

    def of_admin(self, table: SettingsTable) -> Secret:
        """An admin's."""

    def of_app(self, table: SettingsTable, login: TokenLogin) -> Secret | None:
        """The secret with which tokens are asked for; None where none was said."""

    def of_proxy(self, table: SettingsTable) -> Secret | None:
        """That of the login at a proxy; None where none was said."""


def server_keys(side: Side) -> list[str]:
    """The keys that may stand in the table of a server on this side."""
    settings = (each.key for each in server_settings(side))
    return [KIND_KEY, *settings, *(each.key for each in LOGINS.values()), PROXY_LOGIN]


def read_server(table: SettingsTable, side: Side, passwords: Passwords) -> Server:
    """The server in this table.

    What says nothing of this kind, though its class has it, is judged and left out: an exported plan may say it
    of every server."""
    kind = _kind(table, side)
    for each in _of_other_kinds(kind, side):
        if each.key in table.values and table.values[each.key] != each.default:
            table.wrong(each.key, f"must be left out with {kind.name}, which has no such setting")
    values = read_settings(table, settings(kind.server))
    told = {each.name: values[each.name] for each in kind.settings()}
    logins: dict[str, object] = {**_logins(table, kind, passwords)}
    if issubclass(kind.server, NetworkServer):
        before = passwords.before if isinstance(passwords.before, NetworkServer) else None
        logins[PROXY_LOGIN] = read_proxy_login(table, told["proxy"], passwords.of_proxy, before)
    elif PROXY_LOGIN in table.values:
        table.wrong(PROXY_LOGIN, f"must be left out with {kind.name}, which no proxy leads to")
    return kind.server(**{**told, **logins})


def server_table(server: Server, password_file: str = "") -> dict[str, object]:
    """The table of a plan that `read_server` reads back as this server; without passwords, but with the file of one."""
    keys: dict[str, object] = {KIND_KEY: server.kind_name, **spell_settings(server.kind.settings(), server)}
    if server.admin is not None:
        named = {"password_file": password_file} if password_file else {}
        keys["admin"] = {**spell_settings(settings(AdminLogin), server.admin), **named}
    elif server.token is not None:
        keys["oauth"] = token_keys(server.token, password_file)
    if isinstance(server, NetworkServer):
        keys |= proxy_login_keys(server)
    return keys


def mistake_in_pair(source: Server, destination: Server) -> str:
    """What is wrong with source and destination together; empty when nothing is.

    A move within one server takes two of its connections, and with a limit of one it would wait for ever.
    """
    if source.key == destination.key and min(source.max_connections, destination.max_connections) < 2:
        return "must be at least 2 on both sides, because source and destination are the same server"
    return ""


def _kind(table: SettingsTable, side: Side) -> Kind:
    """The kind of mailbox that a table names; in place of one that cannot stand on this side, the first that can."""
    known = {each.name: each for each in kinds_of(side)}
    usual = next(iter(known.values()))
    wanted = table.text(KIND_KEY, usual.name)
    if wanted in known:
        return known[wanted]
    if wanted in KINDS:
        table.wrong(KIND_KEY, f"{KINDS[wanted].one_sided}; a {side} is {' or '.join(known)}")
    else:
        table.wrong(KIND_KEY, f"must be {' or '.join(known)}{nearest(wanted, known)}")
    return usual


def _of_other_kinds(kind: Kind, side: Side) -> Iterator[Declaration]:
    mine = {each.key for each in settings(kind.server)}
    return (each for each in server_settings(side) if each.key not in mine)


def _logins(table: SettingsTable, kind: Kind, passwords: Passwords) -> dict[str, AdminLogin | TokenLogin]:
    """The login for all mailboxes that a table describes, by the field of a server that holds it."""
    found: dict[str, AdminLogin | TokenLogin] = {}
    for name, login in LOGINS.items():
        if login.key not in table.values:
            continue
        if name not in kind.logins:
            table.wrong(login.key, f"must be left out with {kind.name}, where nobody logs in like that")
            continue
        if found:
            table.wrong(login.key, "cannot stand beside an admin login: one of them logs in")
        declared = settings(login.type)
        inner = table.table(login.key, *(each.plan_key for each in declared))
        if login.type is TokenLogin:
            found[login.field] = read_token_login(inner, passwords.of_app)
        else:
            values = read_settings(inner, declared)
            found[login.field] = AdminLogin(**values, password=passwords.of_admin(inner))
    if not found and (needed := LOGINS.get(kind.logins[0])):
        table.wrong(needed.key, f"is missing: with {kind.name} nobody logs in another way")
    return found
