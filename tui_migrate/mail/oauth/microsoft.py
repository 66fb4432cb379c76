"""Microsoft 365: an app for all mailboxes of a tenant, or who has signed in for one. MSAL knows the protocol; requests
and what is kept are ours."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tui_migrate.errors import TokenDenied
from tui_migrate.mail.oauth import refusals
from tui_migrate.mail.oauth.endpoint import Begun, Fresh, Reply, Way, fresh
from tui_migrate.mail.token import Granted
from tui_migrate.model import Secret, TokenLogin
from tui_migrate.model.clouds import CLOUDS, Cloud

_OWN_MAILBOX = {
    "imap": "IMAP.AccessAsUser.All",
    "pop": "POP.AccessAsUser.All",
    "ews": "EWS.AccessAsUser.All",
    "smtp": "SMTP.Send",
}
_GRAPH = "graph"
"""What somebody allows, by protocol."""
_ANY_TENANT = "organizations"
_NOT_YET = ("authorization_pending", "slow_down")
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.S)


class _Client:
    """What MSAL asks with. It is given no answer that says nothing but "later", and none that is no JSON."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self.last: Reply | None = None

    def post(self, url: str, *, data: Mapping[str, object], headers: Mapping[str, str], **_: object) -> _Response:
        said = {name: each.decode() if isinstance(each, bytes) else str(each) for name, each in data.items()}
        self.last = self._way.ask("POST", url, said, headers)
        return _Response(self.last)

    def get(self, url: str, **_: object) -> _Response:
        """What MSAL looks up about a tenant before it asks for a token. Raises TokenDenied where there is none."""
        self.last = self._way.ask("GET", url, {})
        if self.last.answer.status >= 400:
            raise refusals.refusal(self.last.fields, url, self.last.words)
        return _Response(self.last)

    def close(self) -> None:
        """Nothing is kept open."""


class _Response:
    """An answer as MSAL reads it."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.answer.status
        self.headers = reply.answer.headers
        self.text = reply.answer.body.decode("utf-8", "replace")

    def raise_for_status(self) -> None:
        """MSAL looks at the status itself."""


@dataclass(frozen=True, slots=True)
class Code:
    """What somebody enters, and where."""

    code: str
    url: str
    good_for: float
    """Seconds."""
    interval: Callable[[], float]
    """Seconds between two looks; it grows when there were too many."""
    look: Callable[[], Fresh | None]
    """What was given; None where it was not entered yet. Raises MailError."""


@dataclass(frozen=True, slots=True)
class Microsoft:
    """An app that is registered with a tenant."""

    login: TokenLogin
    way: Way
    protocol: str
    """Of the mailboxes: the name of their kind."""

    @property
    def cloud(self) -> Cloud:
        """The cloud of the tenant."""
        return CLOUDS[self.login.cloud]

    @property
    def scope(self) -> str:
        """What somebody who signs in is asked to allow. MSAL adds what a refresh token needs."""
        if self.protocol == _GRAPH:
            return f"{self.cloud.graph}/Mail.Read"
        return f"{self.cloud.own_mail}/{_OWN_MAILBOX[self.protocol]}"

    @property
    def asked(self) -> str:
        """The scopes that are asked for. An app by itself gets whatever an admin has consented to."""
        if self.login.by_person:
            return self.scope
        return f"{self.cloud.graph if self.protocol == _GRAPH else self.cloud.mail}/.default"

    @property
    def address(self) -> str:
        """Where tokens are asked for."""
        return f"https://{self.cloud.authority}/{self.login.tenant or _ANY_TENANT}"

    def understood(self) -> str:
        """What tokens are asked for with. Raises TokenDenied where that cannot be used, and PasswordLost."""
        client = f"the client id {self.login.client_id}"
        if self.login.secret is None:
            return f"{client} without a secret"
        how = "secret" if isinstance(_credential(self.login.secret.reveal()), str) else "key and certificate"
        return f"{client} with its {how}"

    def for_app(self, user: str) -> Granted:
        """A token for the app itself: one for all mailboxes that it may open. Raises MailError."""
        client = _Client(self.way)
        app = self.app(client)
        with _believed():
            found = app.acquire_token_for_client([self.asked])
        return self.read(found, client).granted

    def refresh(self, refresh_token: Secret) -> Fresh:
        """A token for what was allowed. Raises MailError: SignInNeeded where it is allowed no longer."""
        client = _Client(self.way)
        app = self.app(client)
        with _believed():
            found = app.acquire_token_by_refresh_token(refresh_token.reveal(), [self.scope])
        return self.read(found, client, signed_in=True)

    def begin(self, redirect: str, hint: str) -> Begun:
        """What somebody opens in a browser, to allow it. `hint`: who that will be, where it is known. Raises
        MailError."""
        client = _Client(self.way)
        app = self.app(client)
        with warnings.catch_warnings():  # MSAL would have the code posted, and then nobody could paste the address
            warnings.simplefilter("ignore")
            flow = app.initiate_auth_code_flow([self.scope], redirect_uri=redirect, login_hint=hint or None)

        def finish(answer: Mapping[str, str]) -> Fresh:
            with _believed():
                return self.read(app.acquire_token_by_auth_code_flow(flow, dict(answer)), client)

        return Begun(flow["auth_uri"], flow["state"], finish)

    def with_code(self) -> Code:
        """A code that somebody enters, to allow it (RFC 8628). Raises MailError."""
        client = _Client(self.way)
        app = self.app(client)
        with _believed():
            flow = app.initiate_device_flow([self.scope])
        if "user_code" not in flow:
            self.read(flow, client)

        def look() -> Fresh | None:
            flow.pop("latest_attempt_at", None)  # how long is waited is the caller's
            with _believed():
                found = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
            return None if found.get("error") in _NOT_YET else self.read(found, client)

        return Code(flow["user_code"], flow["verification_uri"], flow["expires_in"], lambda: flow["interval"], look)

    def app(self, client: _Client) -> Any:
        """MSAL's own of the app. It asks where the tenant's endpoints are. Raises MailError."""
        import msal  # here: it takes a tenth of a second and 6 MB, and a start has no use for it

        logging.getLogger("msal").setLevel(logging.WARNING)  # below that it writes codes down
        authority = self.address
        told = {"authority": authority, "http_client": client, "instance_discovery": False}
        if self.login.secret is None:
            return msal.PublicClientApplication(self.login.client_id, **told)
        credential = _credential(self.login.secret.reveal())
        try:
            return msal.ConfidentialClientApplication(self.login.client_id, client_credential=credential, **told)
        except ValueError:
            raise TokenDenied(f"{self.cloud.authority} does not tell where tokens of {authority} are given.") from None

    def read(self, found: Mapping[str, Any] | None, client: _Client, *, signed_in: bool = False) -> Fresh:
        """The tokens that MSAL has got. Raises TokenDenied and SignInNeeded."""
        assert client.last is not None
        said = client.last.words or client.last.mask.cover(refusals.words(found or {}))
        return fresh(found or {}, client.last.url, said, signed_in=signed_in)


@contextmanager
def _believed() -> Iterator[None]:
    """MSAL takes answers to be as they should be, and does not believe who is said to have signed in where that is no
    answer to what was asked (nonce, OpenID Connect Core section 3.1.3.7). Raises TokenDenied."""
    try:
        yield
    except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:  # its text holds what was told
        raise TokenDenied(f"What Microsoft answers cannot be believed ({type(error).__name__}).") from None


def _credential(secret: str) -> str | dict[str, str]:
    """As MSAL wants it: a client secret, or a key with its certificate, which MSAL looks at when it signs. Raises
    TokenDenied."""
    if not (blocks := [(found[1], found[0]) for found in _PEM.finditer(secret)]):
        return secret
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    key = next((text for name, text in blocks if name.endswith("PRIVATE KEY")), "")
    certificates = [text for name, text in blocks if name == "CERTIFICATE"]
    try:
        load_pem_private_key(key.encode(), None)
        load_pem_x509_certificate("".join(certificates[:1]).encode())
    except (ValueError, TypeError) as error:
        raise TokenDenied(f"The app's key, or its certificate, cannot be used: {error}") from None
    return {"private_key": key, "public_certificate": "\n".join(certificates)}
