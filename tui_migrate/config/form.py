"""A migration as the fields of a form: raw texts in, every mistake at its field; and a migration as such texts.

Fields are named by the keys of a plan (`source.host`, `destination.admin.user`), and judged by the same code. Passwords
come beside the texts, and never go back into a form.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tui_migrate.config.server import POP_DESTINATION, POP_SOURCE, SERVER_KEYS, mistake_in_pair, read_server
from tui_migrate.config.table import Table
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AdminLogin, Login, Migration, MigrationSpec, Secret, Server

SIDES = ("source", "destination")
OWN, ADMIN = "own", "admin"
"""What the field `….login` may say: each mailbox with its own password, or one login for all."""

_NUMBERS = ("port", "max_connections")
_NUMBER = re.compile("[0-9]{1,9}")
TAKEN = "another migration has this title"
_NAME = re.compile(r'\s*("(?:[^"]|"")*"|[^,\n]*)\s*(?:[,\n]|$)')
"""One folder of a list, as far as the comma or the line end behind it."""


def read_form(
    texts: Mapping[str, str], passwords: Mapping[str, Secret], own: Migration | None, others: Sequence[str]
) -> MigrationSpec:
    """The migration that the fields describe. `own`: the one that is edited, whose passwords are kept where none is
    typed; `others`: titles that are taken.

    Raises: BadInput with every mistake; its places are names of fields.
    """
    problems: list[Problem] = []
    top = _table("", {"title": texts["title"].strip(), "excluded": folders(texts["excluded"])}, problems)
    title = top.text("title", required=True)
    if title in others:
        top.wrong("title", TAKEN)
    spec = MigrationSpec(
        title=title,
        source=_server("source", texts, passwords, _kept("source", own), problems),
        destination=_server("destination", texts, passwords, _kept("destination", own), problems),
        excluded_folders=top.texts("excluded"),
    )
    if mistake := mistake_in_pair(spec.source, spec.destination):
        problems.append(Problem("source.max_connections", mistake))
    if problems:
        raise BadInput(problems)
    return spec


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
    if user and password is None and server.admin is None:
        problems.append(Problem(f"{place}.password", "must not be empty, or leave the mailbox empty too"))
    if problems:
        raise BadInput(problems)
    return server, Login(user, password or Secret(""), server.admin) if user else None


def write_form(migration: Migration | None) -> dict[str, str]:
    """The texts of all fields: of a stored migration, or of a new one. Without passwords."""
    texts = {"title": "", "excluded": ""}
    if migration:
        texts = {"title": migration.title, "excluded": "\n".join(map(_spelled, migration.excluded_folders))}
    for side in SIDES:
        server = _side(side, migration) if migration else Server("")
        fields = {
            "protocol": server.protocol.value,
            "host": server.host,
            "security": server.security.value,
            "port": str(server.port),
            "max_connections": str(server.max_connections),
            "path_prefix": server.path_prefix,
            "ca_file": server.ca_file,
            "login": ADMIN if server.admin else OWN,
            "admin.user": server.admin.user if server.admin else "",
            "admin.style": server.admin.style if server.admin else "authzid",
            "trial.user": "",
        }
        texts |= {f"{side}.{name}": text for name, text in fields.items()}
    return texts


def folders(text: str) -> list[str]:
    """Names or patterns of folders, one a line or with commas between them. A name with a comma, or with blanks at an
    end, stands in quotation marks, and a quotation mark inside of them is doubled."""
    found = (match[1].rstrip() for match in _NAME.finditer(text))
    names = (name[1:-1].replace('""', '"') if _is_quoted(name) else name for name in found)
    return [name for name in names if name]


def _spelled(name: str) -> str:
    if folders(name) == [name]:
        return name
    return '"' + name.replace('"', '""') + '"'


def _side(side: str, migration: Migration) -> Server:
    return migration.source if side == "source" else migration.destination


def _kept(side: str, own: Migration | None) -> AdminLogin | None:
    return _side(side, own).admin if own else None


def _is_quoted(name: str) -> bool:
    return len(name) > 1 and name[0] == name[-1] == '"'


def _server(
    side: str,
    texts: Mapping[str, str],
    passwords: Mapping[str, Secret],
    kept: AdminLogin | None,
    problems: list[Problem],
) -> Server:
    values: dict[str, object] = {key: texts[f"{side}.{key}"].strip() for key in SERVER_KEYS if key != "admin"}
    values |= {key: int(text) for key in _NUMBERS if _NUMBER.fullmatch(text := str(values[key]))}
    values["ca_file"] = os.path.expanduser(str(values["ca_file"]))  # noqa: PTH111  Path's own fails without a home
    if texts[f"{side}.login"] == ADMIN:
        values["admin"] = {key: texts[f"{side}.admin.{key}"].strip() for key in ("user", "style")}

    def password(table: Table) -> Secret:
        typed = passwords.get(f"{side}.admin.password")
        if typed is None and kept is None:
            table.wrong("password", "must not be empty")
        return typed or (kept.password if kept else Secret(""))

    return read_server(_table(side, values, problems), POP_SOURCE if side == "source" else POP_DESTINATION, password)


def _table(name: str, values: dict[str, object], problems: list[Problem]) -> Table:
    return Table(Path.cwd(), "", name, values, problems)
