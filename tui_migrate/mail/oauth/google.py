"""Google: a service account for all mailboxes of a domain (RFC 7523), or who has signed in for one."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

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
        from google.auth import crypt, jwt  # here: a tenth of a second and 12 MB, and a start has no use for it

        try:
            key = json.loads(self.login.secret.reveal() if self.login.secret else "")
            signer, url = crypt.RSASigner.from_service_account_info(key), str(key["token_uri"])  # type: ignore[no-untyped-call]
            now = int(time.time())
            claims = {"iss": key["client_email"], "sub": user, "scope": SCOPE, "aud": url}
            signed = jwt.encode(signer, {**claims, "iat": now, "exp": now + _SECONDS})  # type: ignore[no-untyped-call]
            assertion = bytes(signed).decode()
        except (ValueError, KeyError, TypeError) as error:
            raise TokenDenied(f"The key of the service account cannot be used ({type(error).__name__}).") from None
        return self.way.token(url, {"grant_type": _BEARER, "assertion": assertion}, ("", None)).granted


def installed(login: TokenLogin, way: Way) -> Standard:
    """An app of type "Desktop app", in which somebody signs in for a mailbox."""
    asked_for = {"access_type": "offline", "prompt": "consent"}  # without both no refresh token comes
    return Standard(login, way, TOKEN_URL, AUTHORIZATION_URL, SCOPE, asked_for)
