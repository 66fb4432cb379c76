"""Servers of a mail domain that were found by themselves, and what is known of providers and of server software."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tui_migrate.model.servers import NetworkServer, Security


class Way(StrEnum):
    """How a server was found, the surest way first."""

    PROVIDER = "a known provider"
    """The domain is one of a provider's own."""
    SRV = "DNS (SRV)"
    AUTOCONFIG = "autoconfig"
    AUTODISCOVER = "autodiscover"
    """Of Exchange."""
    MX = "MX of a provider"
    USUAL = "a usual name"


class WayIn(StrEnum):
    """With what a provider lets mailboxes log in."""

    PASSWORD = "password"
    APP_PASSWORD = "app password"
    """One that its user makes for this program, in the settings of the mailbox."""
    OAUTH = "OAuth"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider's servers are."""

    host: str
    """`{domain}` and `{exchanger}` stand for the mail domain and for the ending by which it was recognised."""
    port: int
    security: Security


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a provider, or of a server's software. Empty, 0 and None: nothing that a source says."""

    name: str
    domains: tuple[str, ...] = ()
    """Its own; one with a dot before it stands for all below it."""
    exchangers: tuple[str, ...] = ()
    """How the names of the hosts end that take mail for its customers."""
    greetings: tuple[str, ...] = ()
    """Words by which its servers greet."""
    imap: Place | None = None
    pop: Place | None = None
    ways_in: tuple[WayIn, ...] = ()
    tokens: str = ""
    """The `Provider` of its access tokens."""
    local_part: bool = False
    """True where a mailbox of its own domains logs in with what stands before the @ of its address."""
    account_connections: int = 0
    max_connections: int = 0
    source_bytes_per_day: int = 0
    destination_bytes_per_day: int = 0
    pop_bytes_per_day: int = 0
    """In the place of `source_bytes_per_day` with POP."""
    quirks: tuple[str, ...] = ()
    """Sentences."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server that may be the one."""

    server: NetworkServer
    way: Way
    said_by: str
    """The record, the address or the host that says so."""
    local_part: bool = False
    """True where a mailbox logs in with what stands before the @ of its address."""
    preset: Preset | None = None
    """What is known of it besides: its limits are those of `server`."""
    refusal: str = ""
    """Why it cannot be used; empty: it greets, and its certificate is good."""

    @property
    def by_token(self) -> bool:
        """True where no password opens a mailbox."""
        return self.preset is not None and self.preset.ways_in == (WayIn.OAUTH,)

    def user(self, address: str) -> str:
        """With what name the mailbox of an address logs in."""
        return address.rpartition("@")[0] if self.local_part else address


@dataclass(frozen=True, slots=True)
class Discovery:
    """What has come of looking for the servers of a mail domain."""

    domain: str
    found: tuple[Found, ...]
    """Those that can be used first, IMAP before Exchange before POP, the surest way first."""
    unheard: tuple[str, ...]
    """What could not be asked, as sentences."""

    @property
    def usable(self) -> list[Found]:
        """Those among which somebody may choose."""
        return [each for each in self.found if not each.refusal]
