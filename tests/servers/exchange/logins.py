"""Who is let in at Exchange's web server, by which scheme, and whose mailboxes he may act for."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from spnego.exceptions import SpnegoError

from tests.servers.authorization.server import AuthorizationServer
from tests.servers.exchange.asking import Directory
from tests.servers.exchange.http import Answer, Request
from tests.servers.exchange.windows import SCHEMES, Handshake
from tests.servers.exchange.words import Refusal

_TRUSTED = 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", token_types="app_asserted_user_v1"'
_APP = "app of "


@dataclass
class Accounts:
    """What an admin has set."""

    offers: tuple[str, ...] = ("Basic",)
    """Schemes, in the order in which they are offered: `Negotiate`, `NTLM`, `Basic`, `Bearer`."""
    domain: str = "OLD"
    """Of Windows, before the names of accounts."""
    binding: bytes = b""
    """Extended Protection: NTLM and Negotiate must be bound to this channel (`windows.end_point`)."""
    services: dict[str, str] = field(default_factory=dict)
    """Service accounts by address, with their passwords: they may impersonate, and have no mailbox."""
    impersonates: Callable[[str, str], bool] | None = None
    """If a service account (the first) may act for a mailbox (the second); None: each for all."""
    tokens: AuthorizationServer | None = None
    """Whose tokens let in."""
    refused: list[str] = field(default_factory=list)
    """Schemes of logins that were refused, in order."""

    def login(self, directory: Directory) -> Login:
        """Of one connection."""
        return Login(self, directory)

    def acts_for(self, login: Login, address: str | None) -> str:
        """Whose mailbox a request is about, which names this one in ExchangeImpersonation. Raises Refusal."""
        if address is None:
            if login.user.startswith(_APP):
                raise Refusal("ErrorImpersonationRequired", as_fault=True)
            return login.user
        if not login.is_mailbox(address):
            raise Refusal("ErrorNonExistentMailbox", as_fault=True)
        if login.user.startswith(_APP):
            allowed = self.tokens is not None and self.tokens.opens(address, login.token)
        else:
            chosen = self.impersonates is None or self.impersonates(login.user, address)
            allowed = login.user in self.services and chosen
        if not allowed:
            raise Refusal("ErrorImpersonateUserDenied", as_fault=True)
        return address.lower()


class Login:
    """Who speaks on a connection."""

    def __init__(self, accounts: Accounts, directory: Directory) -> None:
        self._accounts = accounts
        self._directory = directory
        self._handshake: Handshake | None = None
        self._of_connection = ""
        """Who is let in for as long as it lasts."""
        self.user = ""
        """Address of the account of the request that was looked at last, or an app."""
        self.token = ""
        """Its access token."""
        self.answer: list[tuple[str, str]] = []
        """Headers that go with what it is answered."""

    def challenge(self, request: Request) -> Answer | None:
        """Look at a request's credentials, and take them out of it. Returns: the answer that asks for other ones; None:
        it was let in."""
        scheme, _, token = request.headers.pop("authorization", "").partition(" ")
        name = scheme.lower()
        self.user, self.token, self.answer = self._of_connection, "", []
        if not scheme and self.user:
            return None
        if name in (each.lower() for each in self._accounts.offers):
            self.user = ""
            if name in SCHEMES:
                told = self._by_handshake(scheme, token)
                if told is not None:
                    return Answer(status=401, headers=[("WWW-Authenticate", told)])
            elif name == "basic":
                self.user = self._by_password(token)
            elif name == "bearer":
                self.user, self.token = self._by_token(token), token
        if self.user:
            return None
        return self._refuse(scheme)

    def is_mailbox(self, address: str) -> bool:
        """True when there is one of this address."""
        return address.lower() in self._directory.mailboxes

    def _refuse(self, scheme: str) -> Answer:
        if scheme:
            self._accounts.refused.append(scheme)
        bearer = _TRUSTED + (', error="invalid_token"' if scheme.lower() == "bearer" else "")
        said = {"Basic": 'Basic realm="mail"', "Bearer": bearer}
        return Answer(
            status=401, headers=[("WWW-Authenticate", said.get(each, each)) for each in self._accounts.offers]
        )

    def _by_password(self, token: str) -> str:
        try:
            name, _, password = b64decode(token, validate=True).decode().partition(":")
        except ValueError:
            return ""
        return next(
            (
                address
                for address, account, word in self._known()
                if word == password and self._is(address, account, name)
            ),
            "",
        )

    def _by_handshake(self, scheme: str, token: str) -> str | None:
        """What the client is told in between; None: it has ended."""
        self._of_connection = ""
        if self._handshake is None:
            known = [(self._accounts.domain, account, word) for _, account, word in self._known()]
            by_address = [("", address, word) for address, _, word in self._known()]
            self._handshake = Handshake(scheme.lower(), [*known, *by_address], self._accounts.binding)
        try:
            told, principal = self._handshake.step(token)
        except (SpnegoError, ValueError):
            self._handshake = None
            return None
        if principal is None:
            return f"{scheme} {told}"
        self._handshake = None
        self.answer = [("WWW-Authenticate", f"{scheme} {told}")] if told else []
        self.user = self._of_connection = next(
            (address for address, account, _ in self._known() if self._is(address, account, principal)), ""
        )
        return None

    def _by_token(self, token: str) -> str:
        tokens = self._accounts.tokens
        issued = tokens.books.by_access(token) if tokens is not None else None
        if issued is None or issued.is_expired() or issued.is_revoked():
            return ""
        return issued.grant.user.lower() or f"{_APP}{issued.grant.client.client_id}"

    def _known(self) -> Iterator[tuple[str, str, str]]:
        """Address, name of the account and password of all."""
        for mailbox in self._directory.mailboxes.values():
            yield mailbox.user.lower(), mailbox.name, mailbox.password
        for address, word in self._accounts.services.items():
            yield address, address.partition("@")[0], word

    def _is(self, address: str, account: str, name: str) -> bool:
        return name.lower() in (address.lower(), f"{self._accounts.domain}\\{account}".lower())
