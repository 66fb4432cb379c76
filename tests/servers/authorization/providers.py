"""What one provider does otherwise than another: where its pages are, how it refuses, what it adds to a token."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.servers.authorization.books import Code, Grant
from tests.servers.authorization.reasons import Reason
from tests.servers.web import Page

if TYPE_CHECKING:
    from tests.servers.authorization.office import Office


class Provider:
    """One that keeps to the RFCs."""

    rotates = True
    """Each refresh token is good for one use."""
    pages: Mapping[str, str] = {
        "/token": "token",
        "/authorize": "authorize",
        "/devicecode": "device",
        "/introspect": "introspection",
        "/.well-known/openid-configuration": "configuration",
        "/.well-known/oauth-authorization-server": "configuration",
    }
    """What is where."""

    def page(self, path: str) -> str | Page | None:
        """What is asked at this path, or an answer at once; None: there is nothing."""
        return self.pages.get(path)

    def new_access_token(self) -> str:
        """As long as theirs are."""
        return secrets.token_urlsafe(32)

    def audiences(self, base: str) -> list[str]:
        """Who an assertion may be for."""
        return [base, f"{base}/token"]

    def configuration(self, base: str, path: str) -> dict[str, Any]:
        """RFC 8414."""
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/devicecode",
            "introspection_endpoint": f"{base}/introspect",
        }

    def check_app_scope(self, scope: str | None) -> None:
        """What an app may ask for by itself. Raises Refused."""

    def lasts(self, scope: str, code: Code | None) -> bool:
        """True when a refresh token is given."""
        return True

    def complete(self, token: dict[str, Any], grant: Grant, request: Any, office: Office) -> None:
        """Add what else is answered."""

    def device(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is answered to who asks for a device code."""
        return data

    def refused(self, reason: Reason) -> Page:
        """The answer."""
        status = 401 if reason.word == "invalid_client" else 400
        return as_page({"error": reason.word, "error_description": reason.text}, status)


def as_page(fields: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    """JSON."""
    return Page(json.dumps(fields).encode(), status, dict(headers or {}))
