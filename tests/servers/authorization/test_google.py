"""As google-auth and Authlib see it: service accounts and users of Google's, and each thing that is not taken."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import credentials, service_account

from tests.servers.authorization.clients import Client, Standing
from tests.servers.authorization.google import AUDIENCE, Google
from tests.servers.authorization.keys import signing_key
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.authorization.support import (
    ANNA,
    DESKTOP,
    GMAIL,
    KEY,
    VERIFIER,
    Opened,
    client,
    form,
)


def googles(server: AuthorizationServer, user: str, scope: str = GMAIL, key: str = "app") -> Any:
    file = json.loads(signing_key(key).service_account("moving@project.example", server.url("/token")))
    return service_account.Credentials.from_service_account_info(file, scopes=[scope], subject=user)  # type: ignore[no-untyped-call]


def test_a_service_account_opens_the_mailbox_that_it_asks_for(serve: Opened, http: requests.Session) -> None:
    server = serve(Google(), Client("moving@project.example", keys=(KEY,), scopes={GMAIL}))
    account = googles(server, ANNA)
    account.refresh(Request(http))
    assert server.opens(ANNA, account.token)
    assert not server.opens("bert@old.example", account.token)


@pytest.mark.parametrize(
    ("asked", "ahead", "expected"),
    [
        ({"user": "nobody@old.example"}, 0, "invalid_grant: Invalid email or User ID"),
        ({"scope": "https://mail.google.com"}, 0, "unauthorized_client: Client is unauthorized"),
        ({"key": "another"}, 0, "invalid_grant: Invalid JWT Signature."),
        ({}, 4000, "invalid_grant: Invalid JWT: Token must be a short-lived token"),
        ({}, -400, "invalid_grant: Invalid JWT: Token must be a short-lived token"),
    ],
)
def test_google_says_in_words_what_is_wrong(
    serve: Opened, http: requests.Session, asked: dict[str, str], ahead: float, expected: str
) -> None:
    server = serve(Google(), Client("moving@project.example", keys=(KEY,), scopes={GMAIL}))
    server.books.ahead = ahead
    with pytest.raises(RefreshError, match=expected):
        googles(server, asked.pop("user", ANNA), **asked).refresh(Request(http))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": time.time() + 86400}, "short-lived token"),
        ({"iat": None}, "short-lived token"),
        ({"aud": "https://elsewhere.example/token"}, "audience"),
        ({"iss": "nobody"}, "not found"),
        ({"scope": ""}, "unauthorized"),
        ({"sub": None}, "User ID"),
    ],
)
def test_each_claim_of_a_service_account_is_looked_at(
    serve: Opened, http: requests.Session, claims: dict[str, Any], expected: str
) -> None:
    server = serve(Google(), Client("moving@project.example", keys=(KEY,), scopes={GMAIL}))
    now = int(time.time())
    said = {
        "iss": "moving@project.example",
        "sub": ANNA,
        "scope": GMAIL,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 3600,
    }
    said = {name: value for name, value in (said | claims).items() if value is not None}
    signed = jwt_of(said)
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert expected in form(server, http, "/token", grant_type=grant, assertion=signed)["error_description"]


def jwt_of(claims: dict[str, Any]) -> str:
    from google.auth import crypt, jwt

    signer = crypt.RSASigner.from_string(KEY.key_pem, KEY.kid)  # type: ignore[no-untyped-call]
    return bytes(jwt.encode(signer, claims)).decode()  # type: ignore[no-untyped-call]


def test_a_user_signs_in_at_googles(serve: Opened, http: requests.Session) -> None:
    server = serve(Google(), Client("desktop", secret="word", scopes={GMAIL}))
    server.books.lifetimes.refresh = 7 * 86400  # of a client in test mode
    with client("desktop", "word", http, **DESKTOP) as session:
        where, token_url = server.url("/o/oauth2/v2/auth"), server.url("/token")
        url, _ = session.create_authorization_url(where, code_verifier=VERIFIER, access_type="offline")
        landed = server.browse(url, ANNA).replace("http:", "https:")  # Authlib wants that
        with pytest.raises(OAuthError, match="Invalid code verifier"):
            session.fetch_token(token_url, authorization_response=landed, code_verifier="w" * 43)
        token = session.fetch_token(token_url, authorization_response=landed, code_verifier=VERIFIER)
        assert server.opens(ANNA, token["access_token"])
        with pytest.raises(OAuthError, match="invalid_grant"):
            session.fetch_token(token_url, authorization_response=landed, code_verifier=VERIFIER)
        assert not server.opens(ANNA, token["access_token"]), "the code may have been stolen"

        token = session.fetch_token(
            token_url,
            authorization_response=server.browse(url, ANNA).replace("http:", "https:"),
            code_verifier=VERIFIER,
        )
        assert "error=access_denied" in server.browse(url, None)
    user: Any = credentials.Credentials(  # type: ignore[no-untyped-call]
        None, refresh_token=token["refresh_token"], token_uri=token_url, client_id="desktop", client_secret="word"
    )
    user.refresh(Request(http))
    assert user.refresh_token == token["refresh_token"], "Google's do not rotate"
    assert server.opens(ANNA, user.token)
    server.books.ahead = 7 * 86400 + 1
    with pytest.raises(RefreshError, match=r"invalid_grant: Token has been expired or revoked\."):
        user.refresh(Request(http))


def test_who_does_not_ask_for_it_gets_no_refresh_token(serve: Opened, http: requests.Session) -> None:
    server = serve(Google(), Client("desktop", secret="word", scopes={GMAIL}))
    with client("desktop", "word", http, **DESKTOP) as session:
        url, _ = session.create_authorization_url(server.url("/o/oauth2/v2/auth"), code_verifier=VERIFIER)
        landed = server.browse(url, ANNA).replace("http:", "https:")
        token = session.fetch_token(server.url("/token"), authorization_response=landed, code_verifier=VERIFIER)
    assert "refresh_token" not in token


@pytest.mark.parametrize(
    ("standing", "expected"), [(Standing.DELETED, "deleted_client"), (Standing.DISABLED, "disabled_client")]
)
def test_a_client_may_be_gone(serve: Opened, http: requests.Session, standing: Standing, expected: str) -> None:
    server = serve(Google(), Client("desktop", secret="word", scopes={GMAIL}, standing=standing))
    told = form(server, http, "/token", grant_type="refresh_token", client_id="desktop", client_secret="word")
    assert told["error"] == expected
