"""Why an authorization server refuses, whatever its provider calls it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from authlib.oauth2 import OAuth2Error


class Reason(Enum):
    """With RFC 6749's word for it (section 5.2; RFC 8628 section 3.5 for devices), and a text."""

    UNKNOWN_CLIENT = "invalid_client", "There is no such client."
    DELETED_CLIENT = "invalid_client", "The client was deleted."
    DISABLED_CLIENT = "invalid_client", "The client was disabled."
    NO_CREDENTIAL = "invalid_client", "The client must prove who it is."
    PUBLIC_CLIENT = "invalid_client", "A public client has no credential."
    WRONG_SECRET = "invalid_client", "The client secret is wrong."
    EXPIRED_SECRET = "invalid_client", "The client secret has expired."
    BAD_SIGNATURE = "invalid_client", "The assertion is not signed with a key of the client."
    BAD_TIME = "invalid_client", "The assertion is not valid now."
    BAD_AUDIENCE = "invalid_client", "The assertion is for another server."
    BAD_ISSUER = "invalid_client", "The assertion is about another client."
    BAD_ASSERTION = "invalid_client", "The assertion is malformed."
    REPLAYED = "invalid_client", "The assertion was used before."
    MISSING = "invalid_request", "A parameter is missing."
    BAD_GRANT_TYPE = "unsupported_grant_type", "The grant type is not supported."
    GRANT_NOT_ALLOWED = "unauthorized_client", "The client may not use this grant type."
    BAD_SCOPE = "invalid_scope", "There is no such scope."
    NOT_CONSENTED = "invalid_scope", "Nobody has consented to this scope."
    NOT_DELEGATED = "unauthorized_client", "The client may not act for users with this scope."
    UNKNOWN_USER = "invalid_grant", "There is no such user."
    BAD_REDIRECT = "invalid_grant", "The redirect URI is another one."
    NO_CHALLENGE = "invalid_request", "A code challenge (S256) is missing."
    BAD_VERIFIER = "invalid_grant", "The code verifier does not belong to the challenge."
    UNKNOWN_CODE = "invalid_grant", "There is no such code."
    USED_CODE = "invalid_grant", "The code was used before."
    EXPIRED_CODE = "invalid_grant", "The code has expired."
    UNKNOWN_REFRESH = "invalid_grant", "There is no such refresh token."
    USED_REFRESH = "invalid_grant", "The refresh token was used before: the grant has ended."
    EXPIRED_REFRESH = "invalid_grant", "The refresh token has expired."
    REVOKED = "invalid_grant", "The grant was revoked."
    PENDING = "authorization_pending", "Nobody has entered the code yet."
    SLOW_DOWN = "slow_down", "Not so often."
    DECLINED = "access_denied", "The user said no."
    EXPIRED_DEVICE = "expired_token", "The code was not entered in time."
    UNKNOWN_DEVICE = "invalid_grant", "There is no such device code."

    @property
    def word(self) -> str:
        """RFC 6749's."""
        return self.value[0]

    @property
    def text(self) -> str:
        """For who reads it."""
        return self.value[1]


class Refused(OAuth2Error):  # type: ignore[misc]
    """Ends a request."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text, error=reason.word)
        self.reason = reason


_ERRORS = {
    "authorization_pending": Reason.PENDING,
    "slow_down": Reason.SLOW_DOWN,
    "access_denied": Reason.DECLINED,
    "expired_token": Reason.EXPIRED_DEVICE,
    "unsupported_grant_type": Reason.BAD_GRANT_TYPE,
    "unsupported_response_type": Reason.GRANT_NOT_ALLOWED,
    "unauthorized_client": Reason.GRANT_NOT_ALLOWED,
    "invalid_scope": Reason.BAD_SCOPE,
    "invalid_client": Reason.NO_CREDENTIAL,
    "invalid_grant": Reason.UNKNOWN_REFRESH,
    "invalid_request": Reason.MISSING,
}
_DESCRIPTIONS = (
    ("redirect", Reason.BAD_REDIRECT),
    ("code_challenge", Reason.NO_CHALLENGE),
    ("Code challenge failed", Reason.BAD_VERIFIER),
    ("code_verifier", Reason.BAD_VERIFIER),
)


def reason_of(error: Any) -> Reason:
    """Of what Authlib refuses by itself too."""
    if isinstance(error, Refused):
        return error.reason
    description = str(error.get_error_description() or "")
    found = [reason for words, reason in _DESCRIPTIONS if words in description.replace("Redirect", "redirect")]
    return found[0] if found else _ERRORS[str(error.error)]
