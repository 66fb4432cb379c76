"""JWTs (RFC 7519) that apps and service accounts sign (RFC 7523): checked claim by claim, each with its own refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant
from joserfc import jws, jwt
from joserfc.errors import JoseError

from tests.servers.authorization.books import Books
from tests.servers.authorization.clients import Client
from tests.servers.authorization.keys import SigningKey
from tests.servers.authorization.reasons import Reason, Refused

_LEEWAY = 300.0
"""Seconds that clocks may differ."""
_LONGEST = 3600.0
"""Seconds from `iat` to `exp` of a service account's JWT."""
_NAMED_BY: Mapping[str, Callable[[SigningKey], str]] = {
    "x5t": lambda key: key.x5t,
    "x5t#S256": lambda key: key.x5t_s256,
    "kid": lambda key: key.kid,
}
"""How a header may name the key."""


class _Registry(jws.JWSRegistry):
    """Microsoft's clients put their certificate into the header too."""

    max_header_length = 1 << 14


_REGISTRY = _Registry(algorithms=["RS256", "PS256"])


def opened(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as they are, which proves nothing. Raises Refused."""
    try:
        parts = jws.extract_compact(assertion.encode(), registry=_REGISTRY)
        claims = json.loads(parts.payload)
    except (JoseError, ValueError):
        raise Refused(Reason.BAD_ASSERTION) from None
    if not isinstance(claims, dict):
        raise Refused(Reason.BAD_ASSERTION)
    return parts.headers(), claims


def verified(assertion: str, keys: Sequence[SigningKey], names: Collection[str], books: Books) -> dict[str, Any]:
    """The claims of a JWT that one of these keys has signed, which its header must name in one of these ways, and that
    is valid now. Raises Refused."""
    try:
        header, _ = opened(assertion)
        # msal pads what RFC 7515 section 4.1.8 wants without padding, and Microsoft takes that.
        named = {name: str(header[name]).rstrip("=") for name in names if name in header}
        key = next((each for each in keys if named and all(_NAMED_BY[n](each) == named[n] for n in named)), None)
        if key is None:
            raise Refused(Reason.BAD_SIGNATURE)
        claims = jwt.decode(assertion, key.public, registry=_REGISTRY).claims
    except JoseError:
        raise Refused(Reason.BAD_SIGNATURE) from None
    times = [claims.get(name, 0) for name in ("exp", "iat", "nbf")]
    if not all(isinstance(each, int | float) for each in times):
        raise Refused(Reason.BAD_ASSERTION)
    expires, *begins = times
    now = books.now()
    if expires <= now - _LEEWAY or max(begins) > now + _LEEWAY:
        raise Refused(Reason.BAD_TIME)
    return claims


class ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """An app proves who it is with its certificate (RFC 7523 section 2.2), as Microsoft wants it."""

    def __init__(self, books: Books, audiences: Callable[[], Collection[str]]) -> None:
        super().__init__()
        self._books = books
        self._audiences = audiences

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return opened(assertion)

    def resolve_client_public_key(self, client: Client) -> tuple[SigningKey, ...]:
        return client.keys

    def process_assertion_claims(self, assertion: str, resolve_key: Sequence[SigningKey]) -> dict[str, Any]:
        claims = verified(assertion, resolve_key, ("x5t", "x5t#S256"), self._books)
        client = self._books.clients[str(claims["sub"])]
        if claims.get("iss") != client.client_id:
            raise Refused(Reason.BAD_ISSUER)
        if claims.get("aud") not in self._audiences():
            raise Refused(Reason.BAD_AUDIENCE)
        if not isinstance(jti := claims.get("jti"), str) or jti in client.jtis:
            raise Refused(Reason.REPLAYED)
        client.jtis.add(jti)
        return claims


class ServiceAccount(JWTBearerGrant):  # type: ignore[misc]
    """A service account acts for a user (RFC 7523 section 2.1), as Google wants it."""

    def validate_token_request(self) -> None:
        books: Books = self.server.books
        assertion = self.request.form.get("assertion")
        if not assertion:
            raise Refused(Reason.MISSING)
        client = self.server.query_client(str(opened(assertion)[1].get("iss")))
        claims = verified(assertion, client.keys, ("kid",), books)
        begins = claims.get("iat")
        if begins is None or not 0 < claims["exp"] - begins <= _LONGEST:
            raise Refused(Reason.BAD_TIME)
        if claims.get("aud") not in self.server.audiences():
            raise Refused(Reason.BAD_AUDIENCE)
        if not client.check_grant_type(self.GRANT_TYPE):
            raise Refused(Reason.GRANT_NOT_ALLOWED)
        # Google looks at the delegation first: a wrong scope is told where the user is wrong too.
        if not (scopes := str(claims.get("scope", "")).split()) or not set(scopes) <= client.scopes:
            raise Refused(Reason.NOT_DELEGATED)
        if (user := claims.get("sub")) not in books.users:
            raise Refused(Reason.UNKNOWN_USER)
        self.request.client, self.request.user, self.request.scope = client, user, " ".join(scopes)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        request = self.request
        token = self.generate_token(user=request.user, scope=request.scope, include_refresh_token=False)
        self.save_token(token)
        return 200, token, self.TOKEN_RESPONSE_HEADER
