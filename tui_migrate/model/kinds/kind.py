"""What a kind of mailbox says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tui_migrate.model.declared import Declaration, settings
from tui_migrate.model.logins import LoginKind
from tui_migrate.model.servers import Server


class Side(StrEnum):
    """Where mail comes from, and where it goes."""

    SOURCE = "source"
    DESTINATION = "destination"


@dataclass(frozen=True, slots=True)
class Traits:
    """What engine, checks, reports and screens ask in place of a kind's name."""

    folders: bool = True
    """False: there is INBOX alone."""
    many_connections: bool = True
    """False: a mailbox is locked for the one connection that has it open."""
    in_the_clear: bool = True
    """False: there is TLS from the first octet, and nothing else."""
    password_ways: tuple[str, ...] = ()
    """In which a password may log in, where a server may offer several: `sign-in` tries one after the other."""
    is_served: bool = True
    """False: mailboxes lie on this machine, and there is no server to connect to."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mailbox."""

    name: str
    """In a plan and in the store."""
    label: str
    """On a screen."""
    sides: frozenset[Side]
    server: type[Server]
    """Its fields are the kind's settings."""
    behaviour: str
    """The module that opens such mailboxes and looks at such servers."""
    traits: Traits = Traits()
    logins: tuple[LoginKind, ...] = (LoginKind.OWN, LoginKind.ADMIN, LoginKind.TOKEN)
    """With what its mailboxes may log in, the usual one first."""
    one_sided: str = ""
    """Why it cannot stand on the other side, as the beginning of a sentence; empty where it can."""
    not_carried: str = ""
    """What of a mailbox does not come along; empty: nothing worth a word before it is chosen."""

    def settings(self) -> Iterator[Declaration]:
        """The settings of a server of this kind that say something, in the order of a form."""
        return (each for each in settings(self.server) if self.has(each))

    def asked(self) -> Iterator[Declaration]:
        """Those of them that a form asks for."""
        return (each for each in self.settings() if self.traits.is_served or not each.of_connections)

    def blank(self) -> Server:
        """A server of this kind of which nothing was said yet."""
        empty: dict[str, Any] = {each.name: "" for each in settings(self.server) if each.required}
        return self.server(**empty)

    def has(self, declared: Declaration) -> bool:
        """True where this setting says something for this kind."""
        return not declared.needs or bool(getattr(self.traits, declared.needs))
