"""Authlib's authorization server between an HTTP request and a page."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer as Authlib
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from tests.servers.authorization import grants
from tests.servers.authorization.assertions import ClientAssertion, ServiceAccount
from tests.servers.authorization.books import Books, Grant
from tests.servers.authorization.clients import Client, Standing
from tests.servers.authorization.providers import Provider
from tests.servers.authorization.reasons import Reason, Refused, reason_of
from tests.servers.web import Asked, Page

_GONE = {Standing.DELETED: Reason.DELETED_CLIENT, Standing.DISABLED: Reason.DISABLED_CLIENT}


class _Request(OAuth2Request):  # type: ignore[misc]
    """What Authlib wants to know of a request."""

    def __init__(self, asked: Asked, base: str) -> None:
        super().__init__(asked.method, base + asked.target, headers={k.title(): v for k, v in asked.headers.items()})
        self._args = dict(parse_qsl(urlsplit(asked.target).query))
        self._form = dict(parse_qsl(asked.body.decode()))
        self.payload = BasicOAuth2Payload(self._args | self._form)

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Office(Authlib):  # type: ignore[misc]
    """Says yes or no. One request at a time."""

    def __init__(self, books: Books, provider: Provider) -> None:
        super().__init__()
        self.books = books
        self.provider = provider
        self.rotates = provider.rotates
        """Each refresh token is good for one use."""
        self.base = ""
        """Where the client believes to be: scheme, host and port."""
        self.register_client_auth_method("client_assertion_jwt", ClientAssertion(books, self.audiences))
        self.register_grant(grants.AuthorizationCode, [grants.Pkce(required=True)])
        for kind in (grants.RefreshToken, grants.ClientCredentials, grants.DeviceCodes, ServiceAccount):
            self.register_grant(kind)
        self.register_endpoint(grants.DeviceEndpoint)
        self.register_endpoint(grants.Introspection)

    def authorize(self, asked: Asked, user: str | None) -> Page:
        """What a browser is told in which this user is signed in. None: who sits there says no."""
        try:
            grant = self.get_consent_grant(asked, end_user=user)
        except OAuth2Error as error:
            return self.handle_error_response(None, error)
        page: Page = self.create_authorization_response(grant.request, grant_user=user, grant=grant)
        return page

    def audiences(self) -> list[str]:
        """Who an assertion may be for."""
        return self.provider.audiences(self.base)

    # What Authlib asks for

    def query_client(self, client_id: str) -> Client:
        client = self.books.clients.get(client_id)
        if client is None:
            raise Refused(Reason.UNKNOWN_CLIENT)
        if client.standing in _GONE:
            raise Refused(_GONE[client.standing])
        return client

    def create_oauth2_request(self, request: Any) -> Any:
        return _Request(request, self.base) if isinstance(request, Asked) else request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def generate_token(
        self,
        grant_type: str,
        client: Client,
        user: str | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        token: dict[str, Any] = {"token_type": "Bearer", "scope": client.get_allowed_scope(scope)}
        token |= {"expires_in": self.books.lifetimes.access, "access_token": self.provider.new_access_token()}
        return token | ({"refresh_token": secrets.token_urlsafe(90)} if include_refresh_token else {})

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        code, refreshed = request.authorization_code, request.refresh_token
        if refreshed is None and not self.provider.lasts(token["scope"], code):
            token.pop("refresh_token", None)
        grant = refreshed.grant if refreshed else Grant(request.client, request.user or "", token["scope"])
        if code is not None:
            code.grant = grant
        self.books.issue(grant, token)
        self.provider.complete(token, grant, request, self)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Page:
        return Page(json.dumps(body).encode() if body else b"", status, dict(headers))

    def handle_error_response(self, request: Any, error: Any) -> Page:
        reason = reason_of(error)
        refused = self.provider.refused(reason)
        if not (redirect := getattr(error, "redirect_uri", None)):
            return refused
        told: Mapping[str, Any] = json.loads(refused.body)
        error = OAuth2Error(error=told["error"], redirect_uri=redirect, state=error.state)
        error.description = str(told.get("error_description", "")).replace("\r\n", " ")
        return self.handle_response(*error(None))
