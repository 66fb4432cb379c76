"""Providers that do as the standard says (RFC 6749), and no more."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tui_migrate.errors import TokenDenied
from tui_migrate.mail.oauth.endpoint import Begun, Fresh, Way
from tui_migrate.mail.token import Granted
from tui_migrate.model import Secret, TokenLogin

_NO_ADDRESS = "Give the provider's authorization_url, or a refresh token from it (sign-in --refresh-token)."


@dataclass(frozen=True, slots=True)
class Standard:
    """One of them, and an app that is registered there."""

    login: TokenLogin
    way: Way
    token_url: str
    authorization_url: str
    scope: str
    extra: Mapping[str, str] = field(default_factory=dict)
    """What is asked besides when somebody signs in."""

    @property
    def asked(self) -> str:
        """The scopes that are asked for."""
        return self.scope

    @property
    def address(self) -> str:
        """Where tokens are asked for."""
        return self.token_url

    def understood(self) -> str:
        """What tokens are asked for with. Raises PasswordLost."""
        secret = self.login.secret is not None and bool(self.login.secret.reveal())
        return f"the client id {self.login.client_id} {'with its secret' if secret else 'without a secret'}"

    def for_app(self, user: str) -> Granted:
        """A token for the app itself (section 4.4): one for all mailboxes. Raises MailError."""
        return self._token({"grant_type": "client_credentials"}).granted

    def refresh(self, refresh_token: Secret) -> Fresh:
        """A token for what was allowed (section 6). Raises MailError: SignInNeeded where it is allowed no longer."""
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()})

    def begin(self, redirect: str, hint: str) -> Begun:
        """What somebody opens in a browser, to allow it (section 4.1, with PKCE, RFC 7636). `hint`: who that will be,
        where it is known. Raises TokenDenied."""
        if not self.authorization_url:
            raise TokenDenied("No address is known at which somebody could sign in.", what_to_do=_NO_ADDRESS)
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.login.client_id,
            "redirect_uri": redirect,
            **({"scope": self.scope} if self.scope else {}),
            **({"login_hint": hint} if hint else {}),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **self.extra,
        }
        mark = "&" if "?" in self.authorization_url else "?"
        proof = {"grant_type": "authorization_code", "redirect_uri": redirect, "code_verifier": verifier}

        def finish(answer: Mapping[str, str]) -> Fresh:
            client = self.login.client_id, self.login.secret
            return self.way.token(self.token_url, {**proof, "code": answer.get("code", "")}, client)

        return Begun(f"{self.authorization_url}{mark}{urlencode(asked)}", state, finish)

    def _token(self, fields: Mapping[str, str]) -> Fresh:
        scope = {"scope": self.scope} if self.scope else {}
        return self.way.token(self.token_url, {**fields, **scope}, (self.login.client_id, self.login.secret))
