"""What an authorization server remembers: codes, grants, tokens, and until when each of them is good."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin
from authlib.oauth2.rfc8628 import DeviceCredentialMixin

from tests.servers.authorization.clients import Client
from tests.servers.authorization.reasons import Reason, Refused


@dataclass
class Lifetimes:
    """In seconds."""

    access: int = 3600
    refresh: float = 90 * 86400
    """Without use."""
    code: float = 600
    device: int = 900
    interval: int = 5
    """Between two questions for a device code."""


@dataclass(eq=False)
class Grant:
    """What a user has allowed once, or an app by itself: it ends with all its tokens."""

    client: Client
    user: str
    """Empty where an app asked for itself."""
    scope: str
    ended: bool = False


@dataclass(eq=False)
class Issued(TokenMixin):  # type: ignore[misc]
    """One answer of the token endpoint."""

    books: Books
    grant: Grant
    access: str
    until: float
    refresh: str = ""
    refresh_until: float = 0
    replaced: bool = False
    """A newer refresh token has been given for it."""

    def check_client(self, client: Client) -> bool:
        return self.grant.client is client

    def get_scope(self) -> str:
        return self.grant.scope

    def is_expired(self) -> bool:
        return self.until <= self.books.now()

    def is_revoked(self) -> bool:
        return self.grant.ended


@dataclass(eq=False)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    """An authorization code."""

    client: Client
    user: str
    scope: str
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str
    nonce: str
    """For the ID token (OpenID Connect)."""
    offline: bool
    """Google was asked for a refresh token."""
    until: float
    used: bool = False
    grant: Grant | None = None
    """That came of it."""

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass(eq=False)
class Device(DeviceCredentialMixin):  # type: ignore[misc]
    """A device code, with what the user has said to it."""

    books: Books
    client: Client
    user_code: str
    scope: str
    until: float
    interval: float
    asked_last: float = float("-inf")
    user: str = ""
    """Who has entered it."""
    approved: bool | None = None
    used: bool = False

    def get_client_id(self) -> str:
        return self.client.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_user_code(self) -> str:
        return self.user_code

    def is_expired(self) -> bool:
        return self.until <= self.books.now()


@dataclass(eq=False)
class Books:
    """All of it, and the clock."""

    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    ahead: float = 0
    """Seconds that the server's clock is ahead of ours; a test moves it."""
    clients: dict[str, Client] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    issued: list[Issued] = field(default_factory=list)
    """In order."""
    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    """By device code."""

    def now(self) -> float:
        """Seconds of the epoch."""
        return time.time() + self.ahead

    def issue(self, grant: Grant, token: Mapping[str, Any]) -> Issued:
        """Remember what is answered."""
        now, refresh = self.now(), str(token.get("refresh_token", ""))
        until = now + self.lifetimes.refresh if refresh else 0.0
        issued = Issued(self, grant, str(token["access_token"]), now + int(token["expires_in"]), refresh, until)
        self.issued.append(issued)
        return issued

    def by_access(self, access: str) -> Issued | None:
        """The token, good or not."""
        return next((each for each in self.issued if each.access == access), None)

    def by_refresh(self, refresh: str) -> Issued:
        """What may be refreshed. Raises Refused; one that was replaced ends its grant (RFC 9700 section 4.14.2)."""
        issued = next((each for each in self.issued if refresh and each.refresh == refresh), None)
        if issued is None:
            raise Refused(Reason.UNKNOWN_REFRESH)
        if issued.replaced:
            issued.grant.ended = True
            raise Refused(Reason.USED_REFRESH)
        if issued.grant.ended:
            raise Refused(Reason.REVOKED)
        if issued.refresh_until <= self.now():
            raise Refused(Reason.EXPIRED_REFRESH)
        return issued

    def code(self, text: str, client: Client) -> Code:
        """Raises Refused; a second use ends what came of the first (RFC 6749 section 4.1.2)."""
        code = self.codes.get(text)
        if code is None or code.client is not client:
            raise Refused(Reason.UNKNOWN_CODE)
        if code.used:
            if code.grant is not None:
                code.grant.ended = True
            raise Refused(Reason.USED_CODE)
        if code.until <= self.now():
            raise Refused(Reason.EXPIRED_CODE)
        return code
