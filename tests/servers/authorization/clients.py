"""Who is registered at an authorization server."""

from __future__ import annotations

import hmac
from collections.abc import Set
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from tests.servers.authorization.keys import SigningKey
from tests.servers.authorization.reasons import Reason, Refused

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ALWAYS = frozenset({"openid", "profile", "email", "offline_access"})
"""Scopes that nobody needs to consent to."""


class Standing(Enum):
    """What has become of a client."""

    GOOD = auto()
    DISABLED = auto()
    DELETED = auto()
    EXPIRED = auto()
    """Its secret is."""


@dataclass(eq=False)
class Client(ClientMixin):  # type: ignore[misc]
    """An app, or a service account. Without a secret and without keys it is a public one. May be changed meanwhile."""

    client_id: str
    """Of a service account its e-mail address."""
    secret: str = ""
    keys: tuple[SigningKey, ...] = ()
    scopes: Set[str] = frozenset()
    """What was consented to, or delegated."""
    grants: Set[str] = frozenset({"client_credentials", "authorization_code", "refresh_token", DEVICE, JWT_BEARER})
    redirects: tuple[str, ...] = ("http://localhost", "http://127.0.0.1")
    """On loopback any port will do (RFC 8252 section 7.3)."""
    mailboxes: Set[str] | None = None
    """Which ones its own tokens open, those that are no user's. None: all of the server's."""
    introspects: bool = False
    """May ask about tokens (RFC 7662), as mail servers do."""
    standing: Standing = Standing.GOOD
    jtis: set[str] = field(default_factory=set)
    """Of the assertions that it has used."""

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Raises Refused where nobody has consented."""
        if not set((scope or "").split()) <= self.scopes | _ALWAYS:
            raise Refused(Reason.NOT_CONSENTED)
        return scope or " ".join(sorted(self.scopes))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return any(_reaches(redirect_uri, registered) for registered in self.redirects)

    def check_client_secret(self, client_secret: str) -> bool:
        """Raises Refused where it is wrong, or no longer good."""
        if not self.secret:
            raise Refused(Reason.NO_CREDENTIAL if self.keys else Reason.PUBLIC_CLIENT)
        if not hmac.compare_digest(self.secret.encode(), client_secret.encode()):
            raise Refused(Reason.WRONG_SECRET)
        if self.standing is Standing.EXPIRED:
            raise Refused(Reason.EXPIRED_SECRET)
        return True

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        if endpoint == "introspection" and not self.introspects:
            return False
        if method == "client_assertion_jwt":
            return bool(self.keys)
        return bool(self.secret) if method.startswith("client_secret") else not (self.secret or self.keys)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


def _reaches(redirect: str, registered: str) -> bool:
    asked, known = urlsplit(redirect), urlsplit(registered)
    same = (asked.scheme, asked.hostname, asked.path.rstrip("/")) == (
        known.scheme,
        known.hostname,
        known.path.rstrip("/"),
    )
    return same and (asked.port == known.port or known.hostname in ("localhost", "127.0.0.1"))
