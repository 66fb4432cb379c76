"""Fields of a form for settings as they are declared, and for what stands beside them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_migrate.model import (
    KINDS,
    LoginKind,
    MigrationSpec,
    NetworkServer,
    ProxyLogin,
    Schedule,
    Security,
    Selection,
    Side,
    declared,
)
from tui_migrate.model.declared import Declaration, Section, settings
from tui_migrate.model.kinds import kinds_of, server_settings
from tui_migrate.model.logins import LOGINS
from tui_migrate.ui.widgets.choice import Choice, Option
from tui_migrate.ui.widgets.field import Field, Lines, TextEntry

PROXY_LOGIN = "proxy_login."
"""Before the fields of the login at a proxy."""
SECRETS = ("admin.password", "trial.password", f"{PROXY_LOGIN}password")
KEPT = "kept; type to replace it"
_TRIAL = "for the test alone, never stored"
_TRIAL_SENTENCE = "A mailbox that the connection test opens, to show more of what there is."
_LOGINS = {
    LoginKind.OWN: "own passwords",
    LoginKind.ADMIN: "one admin",
    LoginKind.TOKEN: "OAuth",
    LoginKind.NONE: "none",
}


def setting_field(setting: Declaration, before: str = "") -> Field:
    """The field of a setting, called by its key behind `before`."""
    return Field(field_name(setting, before), setting.label, _control(setting), setting.sentence)


def field_name(setting: Declaration, before: str = "") -> str:
    """What the field of a setting is called."""
    typed = isinstance(setting.type, declared.Password) and not setting.type.whole
    return before + (setting.key if typed else setting.plan_key)


def migration_fields(*sections: Section) -> Iterator[Field]:
    """The fields of what is set for a migration as a whole."""
    found = (each for of in (MigrationSpec, Selection, Schedule) for each in settings(of))
    return (setting_field(each) for each in found if each.section in sections)


def place_fields(side: Side) -> Iterator[Field]:
    """The fields that say where one server is."""
    kinds = [Option(each.name, each.label) for each in kinds_of(side)]
    yield Field(f"{side}.protocol", "Protocol", Choice(kinds), "How the mailboxes are reached, or what files they are.")
    yield from _server_fields(side, Section.WHERE, Section.TRUST, Section.WAY)
    yield from proxy_login_fields(f"{side}.")


def proxy_login_fields(before: str = "") -> Iterator[Field]:
    """The fields of the login at a proxy, called so behind `before`."""
    return (setting_field(each, before + PROXY_LOGIN) for each in settings(ProxyLogin))


def login_fields(side: Side) -> Iterator[Field]:
    """The fields that say how mailboxes log in there."""
    known = dict.fromkeys(login for kind in kinds_of(side) for login in kind.logins)
    logins = Choice([Option(each, _LOGINS[each]) for each in known])
    yield Field(f"{side}.login", "Login", logins, "With what the mailboxes there are opened.")
    for login in LOGINS.values():
        yield from (setting_field(each, f"{side}.{login.key}.") for each in settings(login.type))
    yield Field(f"{side}.trial.user", "Test with mailbox", TextEntry(_TRIAL), _TRIAL_SENTENCE)
    yield Field(f"{side}.trial.password", "Its password", TextEntry(_TRIAL, secret=True), _TRIAL_SENTENCE)


def limit_fields(side: Side) -> Iterator[Field]:
    """The fields that say how much is asked of a server, and when nothing."""
    return _server_fields(side, Section.LIMITS)


def usual_port(kind: str, security: str) -> str:
    """The usual port of a kind of mailbox with this security; empty where there are no ports."""
    server = KINDS[kind].server
    if not issubclass(server, NetworkServer):
        return ""
    return str(server.ports.get(Security(security), server.ports[Security.TLS]))


def usual_ports() -> set[str]:
    """The usual ports of all kinds: one that was typed by hand is none of them, or is meant."""
    return {usual_port(kind, security) for kind in KINDS for security in Security}


def _server_fields(side: Side, *sections: Section) -> Iterator[Field]:
    return (setting_field(each, f"{side}.") for each in server_settings(side) if each.section in sections)


def _control(setting: Declaration) -> TextEntry | Lines | Choice:
    match setting.type:
        case declared.OneOf(words=words) | declared.Flag(words=words):
            return Choice(options(words))
        case declared.FolderNames() | declared.Blackouts() | declared.Template(lines=True):
            return Lines(setting.hint)
        case declared.Password(whole=False):
            return TextEntry(setting.hint, secret=True)
    return TextEntry(setting.hint)


def options(words: Mapping[str, str]) -> list[Option]:
    """The choices of a form for these words."""
    return [Option(value, word) for value, word in words.items()]
