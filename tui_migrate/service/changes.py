"""What is changed of a migration, in words, and what of it must not change while mail is on its way. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from tui_migrate.model import Migration, MigrationSpec, Server

_PINNED = frozenset({"protocol", "host", "port", "security", "path_prefix", "ca_file", "admin", "token"})
"""Of a server: where mail comes from or goes to, and as whom. What runs is on its way there."""
_WORDS = {"admin": "login", "token": "login", "ca_file": "CA file"}


def changes(before: Migration, spec: MigrationSpec) -> list[str]:
    """What `spec` changes; no values, for they may be secret."""
    title = ["title"] if before.title != spec.title else []
    names = ("excluded_folders", "selection", "schedule", "mailing")
    own = [name.replace("_", " ") for name in names if getattr(before, name) != getattr(spec, name)]
    return [*title, *_both(before, spec, fixed=False), *own]


def needs_pause(before: Migration, spec: MigrationSpec) -> list[str]:
    """The part of it that cannot be changed while the migration is copied. The rest takes effect at once, but for the
    selection, which holds from each account's next pass on."""
    folders = ["excluded folders"] if before.excluded_folders != spec.excluded_folders else []
    return [*_both(before, spec, fixed=True), *folders]


def new_logins(before: Migration, spec: MigrationSpec) -> bool:
    """True when all mailboxes of a side log in with something else from now on."""
    sides = ((before.source, spec.source), (before.destination, spec.destination))
    return any((old.admin, old.token) != (new.admin, new.token) for old, new in sides)


def listed(words: list[str]) -> str:
    """`title, source host and schedule`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _both(before: Migration, spec: MigrationSpec, *, fixed: bool) -> list[str]:
    sides = (("source", before.source, spec.source), ("destination", before.destination, spec.destination))
    return [f"{side} {name}" for side, old, new in sides for name in _differing(old, new, fixed=fixed)]


def _differing(old: Server, new: Server, *, fixed: bool) -> Iterator[str]:
    """Names of the settings; with `fixed` only those that are pinned."""
    said = set()
    for name in (each.name for each in fields(Server)):
        word = _WORDS.get(name, name.replace("_", " "))
        if fixed:
            differs = name in _PINNED and _pin(old, name) != _pin(new, name)
        else:
            differs = getattr(old, name) != getattr(new, name)
        if differs and word not in said:
            said.add(word)
            yield word


def _pin(server: Server, name: str) -> object:
    """What must not change of a setting: who logs in, and not with which password or token. That changes when it must,
    and what is logged in stays so."""
    if name == "token":
        return server.token is not None
    if name == "admin" and server.admin is not None:
        return server.admin.user, server.admin.style
    return getattr(server, name)
