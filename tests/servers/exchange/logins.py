"""Who is let in at Exchange's web server, by which scheme, and whose mailboxes he may act for."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.bearer import Opens
from tests.servers.exchange.asking import Directory
from tests.servers.exchange.http import Answer, Request
from tests.servers.exchange.mailbox import ExchangeMailbox


@dataclass
class Accounts:
    """What an admin has set."""

    offers: tuple[str, ...] = ("Basic",)
    """Schemes, in the order in which they are offered: `Negotiate`, `NTLM`, `Basic`, `Bearer`."""
    domain: str = "OLD"
    """Of Windows, before the names of accounts."""
    services: dict[str, str] = field(default_factory=dict)
    """Service accounts by address, with their passwords: they may impersonate, and have no mailbox."""
    impersonates: Callable[[str, str], bool] | None = None
    """If a service account (the first) may act for a mailbox (the second); None: each for all."""
    opens: Opens | None = None
    """Whom tokens let in."""
    refused: list[str] = field(default_factory=list)
    """Schemes of logins that were refused, in order."""

    def login(self, directory: Directory) -> Login:
        """Of one connection."""
        return Login(self, directory)

    def may_impersonate(self, caller: str, address: str) -> bool:
        """True when this caller may act for that mailbox."""
        return caller in self.services and (self.impersonates is None or self.impersonates(caller, address))


class Login:
    """Who speaks on a connection."""

    def __init__(self, accounts: Accounts, directory: Directory) -> None:
        self._accounts = accounts
        self._directory = directory
        self.user = ""
        """Address of the account of the request that was looked at last."""

    def challenge(self, request: Request) -> Answer | None:
        """Look at a request's credentials, and take them out of it. Returns: the answer that asks for other ones; None:
        it was let in."""
        scheme, _, token = request.headers.pop("authorization", "").partition(" ")
        offered = {each.lower() for each in self._accounts.offers}
        self.user = ""
        if scheme.lower() in offered and scheme.lower() == "basic":
            self.user = self._by_password(token)
        if self.user:
            return None
        if scheme:
            self._accounts.refused.append(scheme)
        offers = [
            ("WWW-Authenticate", 'Basic realm="mail"' if each == "Basic" else each) for each in self._accounts.offers
        ]
        return Answer(status=401, headers=offers)

    def _by_password(self, token: str) -> str:
        name, _, password = b64decode(token).decode().partition(":")
        for address, word in self._accounts.services.items():
            if self._names(address, address.partition("@")[0], name) and password == word:
                return address
        for mailbox in self._directory.mailboxes.values():
            if self._is(mailbox, name) and password == mailbox.password:
                return mailbox.user.lower()
        return ""

    def _is(self, mailbox: ExchangeMailbox, name: str) -> bool:
        return self._names(mailbox.user, mailbox.name, name)

    def _names(self, address: str, account: str, name: str) -> bool:
        return name.lower() in (address.lower(), f"{self._accounts.domain}\\{account}".lower())
