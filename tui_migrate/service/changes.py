"""What is changed of a migration, in words, and what of it must not change while mail is on its way. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model import Migration, MigrationSpec, NetworkServer, ProxyLogin, Schedule, Selection, Server
from tui_migrate.model.declared import Declaration, settings

_KIND, _LOGIN, _PROXY_LOGIN = "kind", "login", "proxy login"
"""Words for what is no setting of a server."""


def changes(before: Migration, spec: MigrationSpec) -> list[str]:
    """The words for what `spec` changes; no values, for they may be secret."""
    notices = ["mail to users"] if before.notices != spec.notices else []
    return [*_own(before, spec), *_of_servers(before, spec), *notices]


def needs_pause(before: Migration, spec: MigrationSpec) -> list[str]:
    """The part of a change that cannot be made while the migration is copied. The rest takes effect at once, but for
    the selection, which holds from each account's next pass on."""
    return [*_own(before, spec, pinned=True), *_of_servers(before, spec, pinned=True)]


def new_logins(before: Migration, spec: MigrationSpec) -> bool:
    """True when all mailboxes of a side log in with something else from now on."""
    return any((old.admin, old.token) != (new.admin, new.token) for _, old, new in _sides(before, spec))


def new_proxy_logins(before: Migration, spec: MigrationSpec) -> bool:
    """True when a proxy is told another login from now on."""
    return any(_at_proxy(old) != _at_proxy(new) for _, old, new in _sides(before, spec))


def listed(words: list[str]) -> str:
    """`title, source host and schedule`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _own(before: Migration, spec: MigrationSpec, *, pinned: bool = False) -> Iterator[str]:
    yield from _differing(settings(MigrationSpec), before, spec, pinned=pinned)
    yield from _differing(settings(Selection), before.selection, spec.selection, pinned=pinned)
    yield from _differing(settings(Schedule), before.schedule, spec.schedule, pinned=pinned)


def _of_servers(before: Migration, spec: MigrationSpec, *, pinned: bool = False) -> list[str]:
    return [
        f"{side} {word}"
        for side, old, new in _sides(before, spec)
        for word in (*_of_server(old, new, pinned=pinned), *_of_login(old, new, pinned=pinned))
    ]


def _sides(before: Migration, spec: MigrationSpec) -> tuple[tuple[str, Server, Server], ...]:
    return ("source", before.source, spec.source), ("destination", before.destination, spec.destination)


def _of_server(old: Server, new: Server, *, pinned: bool) -> Iterator[str]:
    if old.kind_name != new.kind_name:
        yield _KIND
    yield from _differing(new.kind.settings(), old, new, pinned=pinned)


def _of_login(old: Server, new: Server, *, pinned: bool) -> Iterator[str]:
    """The words for what changes of who logs in, which must not change while mail is on its way. The password and the
    token may: what is logged in stays so."""
    differs = _who(old) != _who(new) if pinned else (old.admin, old.token) != (new.admin, new.token)
    if differs:
        yield _LOGIN
    if not pinned and _at_proxy(old) != _at_proxy(new):
        yield _PROXY_LOGIN


def _who(server: Server) -> object:
    return server.login_kind, (server.admin.user, server.admin.style) if server.admin else None


def _at_proxy(server: Server) -> ProxyLogin | None:
    return server.proxy_login if isinstance(server, NetworkServer) else None


def _differing(
    declared: tuple[Declaration, ...] | Iterator[Declaration], old: object, new: object, *, pinned: bool
) -> Iterator[str]:
    """The words for the settings that differ; with `pinned` for those only that are."""
    for each in declared:
        if (each.pinned or not pinned) and getattr(old, each.name, each.default) != getattr(new, each.name):
            yield each.word
