"""The ways to a token, on Authlib's: authorization code with PKCE, refresh token, client credentials, device code; and
what mail servers ask about tokens."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

from tests.servers.authorization.books import Books, Code, Device, Issued
from tests.servers.authorization.clients import Client
from tests.servers.authorization.reasons import Reason, Refused

_METHODS = ["client_assertion_jwt", "client_secret_basic", "client_secret_post", "none"]


class AuthorizationCode(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """RFC 6749 section 4.1."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def save_authorization_code(self, code: str, request: Any) -> None:
        books: Books = self.server.books
        asked = request.payload.data
        books.codes[code] = Code(
            request.client,
            request.user,
            request.scope,
            asked.get("redirect_uri", ""),
            asked.get("code_challenge", ""),
            asked.get("code_challenge_method", ""),
            asked.get("nonce", ""),
            asked.get("access_type") == "offline",
            books.now() + books.lifetimes.code,
        )

    def query_authorization_code(self, code: str, client: Client) -> Code:
        books: Books = self.server.books
        return books.code(code, client)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        authorization_code.used = True

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class Pkce(CodeChallenge):  # type: ignore[misc]
    """RFC 7636, with S256 alone, and for every client."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise Refused(Reason.NO_CHALLENGE)
        super().validate_code_challenge(grant, redirect_uri)


class RefreshToken(grants.RefreshTokenGrant):  # type: ignore[misc]
    """RFC 6749 section 6, and where tokens rotate RFC 9700 section 4.14.2."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    @property
    def INCLUDE_NEW_REFRESH_TOKEN(self) -> bool:  # noqa: N802
        return bool(self.server.rotates)

    def authenticate_refresh_token(self, refresh_token: str) -> Issued:
        books: Books = self.server.books
        return books.by_refresh(refresh_token)

    def authenticate_user(self, refresh_token: Issued) -> str:
        return refresh_token.grant.user

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        refresh_token.replaced = bool(self.server.rotates)
        refresh_token.refresh_until = self.server.books.now() + self.server.books.lifetimes.refresh


class ClientCredentials(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """RFC 6749 section 4.4."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS[:-1]

    def validate_requested_scope(self) -> None:
        self.server.provider.check_app_scope(self.request.payload.scope)


class DeviceCodes(DeviceCodeGrant):  # type: ignore[misc]
    """RFC 8628 section 3.4."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def query_device_credential(self, device_code: str) -> Device:
        device: Device | None = self.server.books.devices.get(device_code)
        if device is None or device.used:
            raise Refused(Reason.UNKNOWN_DEVICE)
        return device

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        device: Device = self.server.books.devices[self.request.payload.data["device_code"]]
        if device.approved is None:
            return None
        device.used = True
        return device.user, device.approved

    def should_slow_down(self, credential: Device) -> bool:
        now = self.server.books.now()
        hasty = now - credential.asked_last < credential.interval
        credential.asked_last = now
        credential.interval += 5 if hasty else 0
        return bool(hasty)


class DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    """RFC 8628 section 3.1. A client proves who it is when it asks for the token."""

    def authenticate_client(self, request: Any) -> Client:
        if not (client_id := request.payload.client_id):
            raise Refused(Reason.MISSING)
        client: Client = self.server.query_client(client_id)
        request.client, request.scope = client, client.get_allowed_scope(request.payload.scope)
        return client

    def get_verification_uri(self) -> str:
        return f"{self.server.base}/device"

    def create_endpoint_response(self, request: Any) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        lifetimes = self.server.books.lifetimes
        self.EXPIRES_IN, self.INTERVAL = lifetimes.device, lifetimes.interval
        status, data, headers = super().create_endpoint_response(request)
        return status, self.server.provider.device(data), headers

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        books: Books = self.server.books
        until, interval = books.now() + data["expires_in"], float(data["interval"])
        device = Device(books, books.clients[client_id], data["user_code"], scope, until, interval)
        books.devices[data["device_code"]] = device


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662."""

    CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        books: Books = self.server.books
        return books.by_access(token_string)

    def check_permission(self, token: Issued, client: Client, request: Any) -> bool:
        return client.introspects

    def introspect_token(self, token: Issued) -> dict[str, Any]:
        grant = token.grant
        told = {"token_type": "Bearer", "client_id": grant.client.client_id, "scope": grant.scope}
        return told | {"exp": int(token.until)} | ({"username": grant.user, "sub": grant.user} if grant.user else {})
