"""Microsoft's identity platform (v2.0): where it is asked, and its refusals by number.

From https://learn.microsoft.com/entra/identity-platform/reference-error-codes and the pages on its flows; where a page
gives no `error`, it is the one that other clients have met.
"""

from __future__ import annotations

import json
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers.authorization.books import Code, Grant
from tests.servers.authorization.providers import Provider, as_page
from tests.servers.authorization.reasons import Reason, Refused
from tests.servers.web import Page

if TYPE_CHECKING:
    from tests.servers.authorization.office import Office

_PATH = re.compile(r"/([^/]+)/(?:oauth2/v2\.0/(token|authorize|devicecode)|v2\.0/\.well-known/(openid-configuration))")
_PAGES = {"token": "token", "authorize": "authorize", "devicecode": "device", "openid-configuration": "configuration"}


class Error(NamedTuple):
    """What is answered for a number."""

    error: str
    text: str
    status: int = 400
    suberror: str = ""


AADSTS: Mapping[int, Error] = {
    50020: Error("invalid_grant", "User account from identity provider 'live.com' does not exist in tenant 'Contoso'."),
    50034: Error("invalid_grant", "The user account does not exist in the directory. To sign into this application..."),
    50053: Error("invalid_grant", "The account is locked, you've tried to sign in too many times."),
    50055: Error("invalid_grant", "The password is expired.", suberror="user_password_expired"),
    50057: Error("invalid_grant", "The user account is disabled."),
    50076: Error("invalid_grant", "Due to a configuration change you must use multi-factor.", suberror="basic_action"),
    50079: Error("invalid_grant", "Due to a configuration change you must enroll.", suberror="basic_action"),
    50105: Error("invalid_grant", "The signed in user is not assigned to a role for the application."),
    50158: Error("invalid_grant", "External security challenge not satisfied.", suberror="basic_action"),
    50173: Error("invalid_grant", "The provided grant has expired due to it being revoked.", suberror="bad_token"),
    50196: Error("invalid_grant", "The server terminated an operation because it encountered a client request loop."),
    53000: Error("interaction_required", "Device is not in required device state: compliant."),
    53001: Error("interaction_required", "Device is not in required device state: domain_joined."),
    53003: Error("invalid_grant", "Access has been blocked by Conditional Access policies.", suberror="message_only"),
    54005: Error("invalid_grant", "OAuth2 Authorization code was already redeemed, please retry with a new one."),
    65001: Error("invalid_grant", "The user or administrator has not consented.", suberror="consent_required"),
    65004: Error("authorization_declined", "User declined to consent to access the app."),
    70000: Error("invalid_grant", "Provided grant is invalid or malformed."),
    70003: Error("unsupported_grant_type", "The app requested an unsupported grant type."),
    70008: Error("invalid_grant", "The provided authorization code or refresh token has expired due to inactivity."),
    70011: Error("invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    70016: Error("authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70018: Error("bad_verification_code", "The device code is not valid."),
    70020: Error("expired_token", "The provided value for the input parameter 'device_code' is not valid: expired."),
    70043: Error("invalid_grant", "The refresh token has expired by sign-in frequency checks.", suberror="bad_token"),
    90002: Error("invalid_request", "Tenant 'nowhere' not found. Check to make sure you have the correct tenant ID."),
    90033: Error("temporarily_unavailable", "A transient error has occurred. Please try again.", 503),
    90094: Error("invalid_grant", "An administrator must consent.", suberror="consent_required"),
    500011: Error("invalid_resource", "The resource principal named was not found in the tenant named Contoso."),
    500112: Error("invalid_grant", "The reply address does not match the reply address provided for the code."),
    501481: Error("invalid_grant", "The Code_Verifier does not match the code_challenge of the request."),
    530003: Error("interaction_required", "Your device is required to be managed to access this resource."),
    700016: Error("unauthorized_client", "Application with identifier 'app' was not found in the directory 'Contoso'."),
    700021: Error("invalid_client", "Client assertion application identifier doesn't match 'client_id'.", 401),
    700023: Error("invalid_client", "Client assertion audience claim does not match Realm issuer.", 401),
    700024: Error("invalid_client", "Client assertion is not within its valid time range.", 401),
    700025: Error("invalid_client", "Client is public so neither an assertion nor a secret should be presented.", 401),
    700027: Error("invalid_client", "The certificate used to sign the client assertion is not registered.", 401),
    700082: Error("invalid_grant", "The refresh token has expired due to inactivity.", suberror="bad_token"),
    700084: Error("invalid_grant", "The refresh token was issued to a single page app (SPA)."),
    900144: Error("invalid_request", "The request body must contain the following parameter: 'grant_type'."),
    1002012: Error("invalid_scope", "Client credential flows must have a scope value with /.default suffixed."),
    7000112: Error("unauthorized_client", "Application 'app' is disabled."),
    7000215: Error("invalid_client", "Invalid client secret provided. Ensure it is the value, not the secret ID.", 401),
    7000218: Error("invalid_client", "The request body must contain: 'client_assertion' or 'client_secret'.", 401),
    7000222: Error("invalid_client", "The provided client secret keys for app 'app' are expired.", 401),
    9002313: Error("invalid_request", "Invalid request. Request is malformed or invalid."),
}
_NUMBERS = {
    Reason.UNKNOWN_CLIENT: 700016,
    Reason.DELETED_CLIENT: 700016,
    Reason.DISABLED_CLIENT: 7000112,
    Reason.NO_CREDENTIAL: 7000218,
    Reason.PUBLIC_CLIENT: 700025,
    Reason.WRONG_SECRET: 7000215,
    Reason.EXPIRED_SECRET: 7000222,
    Reason.BAD_SIGNATURE: 700027,
    Reason.BAD_TIME: 700024,
    Reason.BAD_AUDIENCE: 700023,
    Reason.BAD_ISSUER: 700021,
    Reason.BAD_ASSERTION: 9002313,
    Reason.REPLAYED: 700024,
    Reason.MISSING: 900144,
    Reason.BAD_GRANT_TYPE: 70003,
    Reason.GRANT_NOT_ALLOWED: 7000218,
    Reason.BAD_SCOPE: 1002012,
    Reason.NOT_CONSENTED: 65001,
    Reason.NOT_DELEGATED: 65001,
    Reason.UNKNOWN_USER: 50034,
    Reason.BAD_REDIRECT: 500112,
    Reason.NO_CHALLENGE: 9002313,
    Reason.BAD_VERIFIER: 501481,
    Reason.UNKNOWN_CODE: 70000,
    Reason.USED_CODE: 54005,
    Reason.EXPIRED_CODE: 70008,
    Reason.UNKNOWN_REFRESH: 70000,
    Reason.USED_REFRESH: 50173,
    Reason.EXPIRED_REFRESH: 700082,
    Reason.REVOKED: 50173,
    Reason.PENDING: 70016,
    Reason.SLOW_DOWN: 70016,
    Reason.DECLINED: 65004,
    Reason.EXPIRED_DEVICE: 70020,
    Reason.UNKNOWN_DEVICE: 70018,
}


class Microsoft(Provider):
    """With one tenant, which may be called `common` and `organizations` too."""

    pages: Mapping[str, str] = {"/common/discovery/instance": "instance", "/introspect": "introspection"}

    def __init__(self, tenant: str = "contoso.example") -> None:
        self._tenants = {tenant, "common", "organizations"}

    def page(self, path: str) -> str | Page | None:
        if (found := _PATH.fullmatch(path)) is None:
            return super().page(path)
        return _PAGES[found[2] or found[3]] if found[1] in self._tenants else aadsts(90002)

    def new_access_token(self) -> str:
        """A JWT, to look at: about two kilobytes."""
        return f"eyJ0eXAiOiJKV1Qi.{secrets.token_urlsafe(1100)}.{secrets.token_urlsafe(256)}"

    def audiences(self, base: str) -> list[str]:
        return [f"{base}/{t}/{end}" for t in self._tenants for end in ("oauth2/v2.0/token", "v2.0", "")]

    def configuration(self, base: str, path: str) -> dict[str, Any]:
        tenant = path.split("/")[1]
        return {
            "issuer": f"{base}/{tenant}/v2.0",
            "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/devicecode",
        }

    def check_app_scope(self, scope: str | None) -> None:
        if not re.fullmatch(r"\S+/\.default", scope or ""):
            raise Refused(Reason.BAD_SCOPE)

    def lasts(self, scope: str, code: Code | None) -> bool:
        return "offline_access" in scope.split()

    def complete(self, token: dict[str, Any], grant: Grant, request: Any, office: Office) -> None:
        scopes = grant.scope.split()
        token |= {"ext_expires_in": token["expires_in"]}
        token |= {"scope": " ".join(each for each in scopes if each != "offline_access")}
        if request.payload.data.get("client_info") and grant.user:
            token["client_info"] = _encoded({"uid": grant.user, "utid": "tenant"})
        if "openid" in scopes:
            now = int(office.books.now())
            claims = {"aud": grant.client.client_id, "iss": office.base, "iat": now, "exp": now + 3600}
            claims |= {"sub": grant.user, "oid": grant.user, "tid": "tenant", "preferred_username": grant.user}
            if request.authorization_code is not None:
                claims["nonce"] = request.authorization_code.nonce
            token["id_token"] = f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."

    def device(self, data: dict[str, Any]) -> dict[str, Any]:
        del data["verification_uri_complete"]
        where, code = data["verification_uri"], data["user_code"]
        return data | {"message": f"To sign in, open the page {where} and enter the code {code} to authenticate."}

    def refused(self, reason: Reason) -> Page:
        page = aadsts(_NUMBERS[reason])
        return page if reason is not Reason.SLOW_DOWN else as_page({**json.loads(page.body), "error": "slow_down"}, 400)


def aadsts(number: int, *, error: str = "", suberror: str = "") -> Page:
    """The answer with this number."""
    known = AADSTS[number]
    trace, correlation, when = uuid.uuid4(), uuid.uuid4(), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"
    tail = f" Trace ID: {trace} Correlation ID: {correlation} Timestamp: {when}"
    fields = {
        "error": error or known.error,
        "error_description": f"AADSTS{number}: {known.text}{tail}",
        "error_codes": [number],
        "timestamp": when,
        "trace_id": str(trace),
        "correlation_id": str(correlation),
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    if suberror or known.suberror:
        fields["suberror"] = suberror or known.suberror
    return as_page(fields, known.status)


def instances(base: str) -> dict[str, Any]:
    """What the discovery of instances says: where the tenant is described, and that no name has a second one."""
    host = base.removeprefix("https://")
    known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return {
        "tenant_discovery_endpoint": f"{base}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [known],
    }


def _encoded(fields: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
