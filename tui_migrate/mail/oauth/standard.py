"""Providers that do as the standard says (RFC 6749), and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui_migrate.mail.oauth.endpoint import Fresh, Way
from tui_migrate.mail.token import Granted
from tui_migrate.model import Secret, TokenLogin

if TYPE_CHECKING:
    from collections.abc import Mapping


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

    def for_app(self, user: str) -> Granted:
        """A token for the app itself (section 4.4): one for all mailboxes. Raises MailError."""
        return self._token({"grant_type": "client_credentials"}).granted

    def refresh(self, refresh_token: Secret) -> Fresh:
        """A token for what was allowed (section 6). Raises MailError: SignInNeeded where it is allowed no longer."""
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()})

    def _token(self, fields: Mapping[str, str]) -> Fresh:
        scope = {"scope": self.scope} if self.scope else {}
        return self.way.token(self.token_url, {**fields, **scope}, (self.login.client_id, self.login.secret))
