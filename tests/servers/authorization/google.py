"""Google's authorization server: where it is asked, and its refusals in its words.

From https://developers.google.com/identity/protocols/oauth2 (its pages on web servers, installed apps and service
accounts); where they give no description, it is the one that other clients have met.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from tests.servers.authorization.books import Code
from tests.servers.authorization.providers import Provider, as_page
from tests.servers.authorization.reasons import Reason
from tests.servers.web import Page

AUDIENCE = "https://oauth2.googleapis.com/token"
"""Of a service account's JWT, whatever address it is sent to."""
_NOT_DELEGATED = (
    "Client is unauthorized to retrieve access tokens using this method, "
    "or client not authorized for any of the scopes requested."
)
_CLOCK = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
_ANSWERS: Mapping[Reason, tuple[int, str, str]] = {
    Reason.UNKNOWN_CLIENT: (401, "invalid_client", "The OAuth client was not found."),
    Reason.DELETED_CLIENT: (401, "deleted_client", "The OAuth client was deleted."),
    Reason.DISABLED_CLIENT: (401, "disabled_client", "The OAuth client was disabled."),
    Reason.NO_CREDENTIAL: (400, "invalid_request", "client_secret is missing."),
    Reason.WRONG_SECRET: (401, "invalid_client", "The provided client secret is invalid."),
    Reason.BAD_SIGNATURE: (400, "invalid_grant", "Invalid JWT Signature."),
    Reason.BAD_TIME: (400, "invalid_grant", _CLOCK),
    Reason.BAD_AUDIENCE: (400, "invalid_grant", "Invalid JWT: Failed audience check."),
    Reason.BAD_GRANT_TYPE: (400, "unsupported_grant_type", "Invalid grant_type."),
    Reason.NOT_CONSENTED: (403, "restricted_client", "Unregistered scope(s) in the request."),
    Reason.NOT_DELEGATED: (401, "unauthorized_client", _NOT_DELEGATED),
    Reason.UNKNOWN_USER: (400, "invalid_grant", "Invalid email or User ID"),
    Reason.BAD_REDIRECT: (400, "redirect_uri_mismatch", "Bad Request"),
    Reason.BAD_VERIFIER: (400, "invalid_grant", "Invalid code verifier."),
    Reason.UNKNOWN_CODE: (400, "invalid_grant", "Malformed auth code."),
    Reason.USED_CODE: (400, "invalid_grant", "Bad Request"),
    Reason.EXPIRED_CODE: (400, "invalid_grant", "Bad Request"),
    Reason.UNKNOWN_REFRESH: (400, "invalid_grant", "Bad Request"),
    Reason.USED_REFRESH: (400, "invalid_grant", "Token has been expired or revoked."),
    Reason.EXPIRED_REFRESH: (400, "invalid_grant", "Token has been expired or revoked."),
    Reason.REVOKED: (400, "invalid_grant", "Token has been expired or revoked."),
    Reason.PENDING: (428, "authorization_pending", "Precondition Required"),
    Reason.SLOW_DOWN: (403, "slow_down", "Forbidden"),
    Reason.DECLINED: (403, "access_denied", "Forbidden"),
}


class Google(Provider):
    """A refresh token is good until it is revoked, and is given where `access_type=offline` asks for it."""

    rotates = False
    pages: Mapping[str, str] = {
        "/token": "token",
        "/o/oauth2/v2/auth": "authorize",
        "/device/code": "device",
        "/introspect": "introspection",
        "/.well-known/openid-configuration": "configuration",
    }

    def new_access_token(self) -> str:
        return f"ya29.a0{secrets.token_urlsafe(180)}"

    def audiences(self, base: str) -> list[str]:
        return [AUDIENCE, f"{base}/token"]

    def configuration(self, base: str, path: str) -> dict[str, Any]:
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/o/oauth2/v2/auth",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/device/code",
        }

    def lasts(self, scope: str, code: Code | None) -> bool:
        return code is None or code.offline

    def refused(self, reason: Reason) -> Page:
        status, error, description = _ANSWERS.get(reason, (400, reason.word, reason.text))
        return google_error(error, description, status)


def google_error(error: str, description: str, status: int = 400, *, subtype: str = "") -> Page:
    """An answer of its token endpoint, such as `invalid_grant` with `subtype="invalid_rapt"`."""
    fields = {"error": error, "error_description": description}
    return as_page(fields | ({"error_subtype": subtype} if subtype else {}), status)
