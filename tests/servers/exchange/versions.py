"""Versions of Exchange: which of them a server is, and which a client may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto

from tests.servers.exchange.words import TYPES


class Version(IntEnum):
    """Of the protocol, as RequestServerVersion names it, but for the case of its letters."""

    EXCHANGE2007 = auto()
    EXCHANGE2007_SP1 = auto()
    EXCHANGE2010 = auto()
    EXCHANGE2010_SP1 = auto()
    EXCHANGE2010_SP2 = auto()
    EXCHANGE2013 = auto()
    EXCHANGE2013_SP1 = auto()
    EXCHANGE2015 = auto()
    EXCHANGE2016 = auto()


@dataclass(frozen=True)
class Release:
    """A server's."""

    build: tuple[int, int, int, int]
    newest: Version
    """That it understands."""
    schema: str = ""
    """`Version` in the header of its answers; empty: there is none (2007)."""

    def header(self) -> str:
        """ServerVersionInfo."""
        names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
        told = " ".join(f'{name}="{number}"' for name, number in zip(names, self.build, strict=True))
        schema = f' Version="{self.schema}"' if self.schema else ""
        return f'<h:ServerVersionInfo {told}{schema} xmlns:h="{TYPES}" xmlns="{TYPES}"/>'

    def understands(self, name: str | None) -> Version | None:
        """The version that a client asks for; None: it is refused. A client that names none gets the oldest one."""
        if name is None:
            return Version.EXCHANGE2007
        found = Version.__members__.get(name.upper())
        return found if found is not None and found <= self.newest and name == _spelled(found) else None


def _spelled(version: Version) -> str:
    return version.name.replace("EXCHANGE", "Exchange")


SE = Release((15, 2, 2562, 17), Version.EXCHANGE2016, "V2017_07_11")
"""Exchange Server Subscription Edition, and 2019."""
EXCHANGE2013 = Release((15, 0, 1497, 48), Version.EXCHANGE2013_SP1, "V2_23")
EXCHANGE2010 = Release((14, 3, 513, 0), Version.EXCHANGE2010_SP2, "Exchange2010_SP2")
EXCHANGE2007 = Release((8, 3, 517, 0), Version.EXCHANGE2007_SP1)
