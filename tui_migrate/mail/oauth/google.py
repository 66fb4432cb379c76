"""Google: a service account for all mailboxes of a domain (RFC 7523), or who has signed in for one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tui_migrate.errors import TokenDenied
from tui_migrate.mail.oauth.endpoint import Way
from tui_migrate.mail.oauth.standard import Standard
from tui_migrate.mail.token import Granted
from tui_migrate.model import TokenLogin

SCOPE = "https://mail.google.com/"
"""IMAP, POP and SMTP take no narrower one."""
AUTHORIZATION_URL = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URL = "https://oauth2.googleapis.com/token"
_SECONDS = 3600
"""An assertion may be good for an hour at most."""
_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An account that a domain lets into all its mailboxes (domain-wide delegation)."""

    login: TokenLogin
    way: Way

    def for_app(self, user: str) -> Granted:
        """A token for the mailbox of `user`. Raises MailError."""
        key = self._key()
        fields = {"grant_type": _BEARER, "assertion": self._assertion(key, user)}
        return self.way.token(str(key["token_uri"]), fields, ("", None)).granted

    @property
    def asked(self) -> str:
        """The scope that is asked for."""
        return SCOPE

    @property
    def address(self) -> str:
        """Where tokens are asked for."""
        return str(self._key()["token_uri"])

    def understood(self) -> str:
        """What tokens are asked for with. Raises TokenDenied where that cannot be used."""
        key = self._key()
        self._assertion(key, "")
        return f"the key of the service account {key['client_email']}"

    def _key(self) -> dict[str, Any]:
        with _usable():
            key = json.loads(self.login.secret.reveal() if self.login.secret else "")
            return {**key, "token_uri": key["token_uri"], "client_email": key["client_email"]}

    def _assertion(self, key: Mapping[str, Any], user: str) -> str:
        from google.auth import crypt, jwt  # here: a tenth of a second and 12 MB, and a start has no use for it

        with _usable():
            signer = crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
            now = int(time.time())
            claims = {"iss": key["client_email"], "sub": user, "scope": SCOPE, "aud": str(key["token_uri"])}
            signed = jwt.encode(signer, {**claims, "iat": now, "exp": now + _SECONDS})  # type: ignore[no-untyped-call]
            return bytes(signed).decode()


@contextmanager
def _usable() -> Iterator[None]:
    """Raises TokenDenied for a key that is none, without a word of it."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise TokenDenied(f"The key of the service account cannot be used ({type(error).__name__}).") from None


def installed(login: TokenLogin, way: Way) -> Standard:
    """An app of type "Desktop app", in which somebody signs in for a mailbox."""
    asked_for = {"access_type": "offline", "prompt": "consent"}  # without both no refresh token comes
    return Standard(login, way, TOKEN_URL, AUTHORIZATION_URL, SCOPE, asked_for)
