"""What the tests of the authorization server share: clients that others have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from authlib.integrations.requests_client import OAuth2Session

from tests.servers.authorization.keys import signing_key
from tests.servers.authorization.server import AuthorizationServer

APP = "https://outlook.office365.com/.default"
IMAP = "https://outlook.office.com/IMAP.AccessAsUser.All"
GMAIL = "https://mail.google.com/"
ANNA = "anna@old.example"
KEY = signing_key("app")
Opened = Callable[..., AuthorizationServer]
VERIFIER = "v" * 43
DESKTOP = {"scope": GMAIL, "token_endpoint_auth_method": "client_secret_post"}


def number(answer: dict[str, Any]) -> int:
    """Of Microsoft's refusal."""
    assert f"AADSTS{answer['error_codes'][0]}: " in answer["error_description"]
    return int(answer["error_codes"][0])


def form(server: AuthorizationServer, http: requests.Session, path: str, **fields: str) -> dict[str, Any]:
    """What comes back for a form, refusal or not."""
    return dict(http.post(server.url(path), data=fields).json())


def client(client_id: str, secret: str, http: requests.Session, **more: Any) -> Any:
    """Authlib's."""
    session = OAuth2Session(
        client_id, secret, redirect_uri="http://127.0.0.1:5353", code_challenge_method="S256", **more
    )
    session.trust_env, session.verify = False, http.verify
    return session
