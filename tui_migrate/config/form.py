"""A migration as the fields of a form: raw texts in, every mistake at its field; and a migration as such texts.

Fields are named by the keys of a plan (`source.host`, `destination.admin.user`), and judged by the same code. Passwords
come beside the texts, and never go back into a form.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tui_migrate.config.folders import names, spelled
from tui_migrate.config.migration import MIGRATION_KEYS, read_migration
from tui_migrate.config.server import POP_DESTINATION, SERVER_KEYS, mistake_in_pair, read_server
from tui_migrate.config.table import Table
from tui_migrate.config.values import spell_blackout, spell_moment, spell_size
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AdminLogin, Login, Migration, MigrationSpec, Protocol, Schedule, Secret, Selection, Server

SIDES = ("source", "destination")
OWN, ADMIN, TOKEN = "own", "admin", "token"
"""What the field `….login` may say: each mailbox with its own password, one login for all, or tokens of a command."""

_NUMBERS = ("port", "max_connections", "account_connections", "messages_per_second")
_NUMBER = re.compile("[0-9]{1,9}")
TAKEN = "another migration has this title"
OLDEST, NEWEST = "oldest", "newest"
"""What the field `newest_first` may say."""
_MARKS = ",\n"
"""Between folders of a list."""


def read_form(
    texts: Mapping[str, str], passwords: Mapping[str, Secret], own: Migration | None, others: Sequence[str]
) -> MigrationSpec:
    """The migration that the fields describe. `own`: the one that is edited, whose passwords are kept where none is
    typed; `others`: titles that are taken.

    Raises: BadInput with every mistake; its places are names of fields.
    """
    problems: list[Problem] = []
    values: dict[str, object] = {key: texts[key].strip() for key in MIGRATION_KEYS}
    values["excluded_folders"] = names(texts["excluded_folders"], _MARKS)
    values["newest_first"] = texts["newest_first"] == NEWEST
    top = _table("", values, problems)

    def read(side: str) -> Server:
        return _server(side, texts, passwords, _kept(side, own), problems)

    spec = read_migration(top, lambda: read("source"), lambda: read("destination"))
    if spec.title in others:
        top.wrong("title", TAKEN)
    if mistake := mistake_in_pair(spec.source, spec.destination):
        problems.append(Problem("source.max_connections", mistake))
    if problems:
        raise BadInput(problems)
    return replace(spec, mailing=own.mailing) if own else spec


def read_trial(
    side: str, texts: Mapping[str, str], passwords: Mapping[str, Secret], own: Migration | None
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
    return server, Login(user, password or Secret(""), server.admin, server.token) if user else None


def write_form(migration: Migration | None) -> dict[str, str]:
    """The texts of all fields: of a stored migration, or of a new one. Without passwords."""
    selection = migration.selection if migration else Selection()
    schedule = migration.schedule if migration else Schedule()
    excluded = migration.excluded_folders if migration else ()
    texts = {
        "title": migration.title if migration else "",
        "excluded_folders": "\n".join(spelled(each, _MARKS) for each in excluded),
        "newest_first": NEWEST if selection.newest_first else OLDEST,
        "since": selection.since.isoformat() if selection.since else "",
        "before": selection.before.isoformat() if selection.before else "",
        "max_message_size": spell_size(selection.max_size),
        "start_at": spell_moment(schedule.start_at),
        "final_pass_at": spell_moment(schedule.final_pass_at),
    }
    for side in SIDES:
        server = _side(side, migration) if migration else Server("")
        fields = {
            "protocol": server.protocol.value,
            "host": server.host,
            "security": server.security.value,
            "port": str(server.port),
            "max_connections": str(server.max_connections),
            "account_connections": str(server.account_connections),
            "bytes_per_second": spell_size(server.bytes_per_second),
            "messages_per_second": str(server.messages_per_second or ""),
            "bytes_per_day": spell_size(server.bytes_per_day),
            "blackouts": "\n".join(map(spell_blackout, server.blackouts)),
            "path_prefix": server.path_prefix,
            "ca_file": server.ca_file,
            "login": ADMIN if server.admin else TOKEN if server.token else OWN,
            "oauth.token_command": server.token.command if server.token else "",
            "admin.user": server.admin.user if server.admin else "",
            "admin.style": server.admin.style if server.admin else "authzid",
            "trial.user": "",
        }
        texts |= {f"{side}.{name}": text for name, text in fields.items()}
    return texts


def _side(side: str, migration: Migration) -> Server:
    return migration.source if side == "source" else migration.destination


def _kept(side: str, own: Migration | None) -> AdminLogin | None:
    return _side(side, own).admin if own else None


def _server(
    side: str,
    texts: Mapping[str, str],
    passwords: Mapping[str, Secret],
    kept: AdminLogin | None,
    problems: list[Problem],
) -> Server:
    plain = [key for key in SERVER_KEYS if key not in ("admin", "oauth")]
    values: dict[str, object] = {key: texts[f"{side}.{key}"].strip() for key in plain}
    values |= {key: int(text or "0") for key in _NUMBERS if _NUMBER.fullmatch(text := str(values[key])) or not text}
    values["blackouts"] = [line for line in texts[f"{side}.blackouts"].splitlines() if line.strip()]
    values["ca_file"] = os.path.expanduser(str(values["ca_file"]))  # noqa: PTH111  Path's own fails without a home
    if values["protocol"] == Protocol.POP:
        values["path_prefix"] = ""  # a POP server has none, and its field is not shown
    if texts[f"{side}.login"] == ADMIN:
        values["admin"] = {key: texts[f"{side}.admin.{key}"].strip() for key in ("user", "style")}
    if texts[f"{side}.login"] == TOKEN:
        values["oauth"] = {"token_command": texts[f"{side}.oauth.token_command"].strip()}

    def password(table: Table) -> Secret:
        typed = passwords.get(f"{side}.admin.password")
        if typed is None and kept is None:
            table.wrong("password", "must not be empty")
        return typed or (kept.password if kept else Secret(""))

    return read_server(_table(side, values, problems), "" if side == "source" else POP_DESTINATION, password)


def _table(name: str, values: dict[str, object], problems: list[Problem]) -> Table:
    return Table(Path.cwd(), "", name, values, problems)
