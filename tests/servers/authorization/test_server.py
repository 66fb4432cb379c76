"""Any provider's server: redirects, codes, what mail servers ask about tokens, and what a test has it play."""

from __future__ import annotations

import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from authlib.integrations.base_client import OAuthError

from tests.servers.authorization.clients import Client
from tests.servers.authorization.google import google_error
from tests.servers.authorization.microsoft import Microsoft, aadsts
from tests.servers.authorization.providers import Provider
from tests.servers.authorization.server import busy, unavailable
from tests.servers.authorization.support import (
    ANNA,
    APP,
    VERIFIER,
    Opened,
    client,
    form,
    number,
)


def test_a_redirect_is_to_the_address_that_the_code_was_given_to(serve: Opened, http: requests.Session) -> None:
    server = serve(Provider(), Client("app", redirects=("https://app.example/back",), scopes={"mail"}))
    asked = "?response_type=code&client_id=app&code_challenge_method=S256"
    challenge = f"&code_challenge={'c' * 43}"
    with pytest.raises(ValueError, match="redirect"):
        server.browse(server.url(f"/authorize{asked}{challenge}&redirect_uri=https://elsewhere.example/"), ANNA)
    back = "&redirect_uri=https://app.example/back&state=x"
    assert "error=invalid_request" in server.browse(server.url(f"/authorize{asked}{back}"), ANNA), "no PKCE"
    assert "error=invalid_scope" in server.browse(server.url(f"/authorize{asked}{challenge}{back}&scope=all"), ANNA)
    landed = server.browse(server.url(f"/authorize{asked}{challenge}{back}"), ANNA)
    fields = {"grant_type": "authorization_code", "code": dict(parse_qsl(urlsplit(landed).query))["code"]}
    fields |= {"client_id": "app", "redirect_uri": "https://app.example/other", "code_verifier": VERIFIER}
    assert "redirect" in form(server, http, "/token", **fields)["error_description"]


def test_a_code_ends(serve: Opened, http: requests.Session) -> None:
    server = serve(Provider(), Client("app", scopes={"mail"}))
    with client("app", "", http, token_endpoint_auth_method="none") as session:
        url, _ = session.create_authorization_url(server.url("/authorize"), code_verifier=VERIFIER)
        landed = server.browse(url, ANNA).replace("http:", "https:")
        server.books.ahead = 601
        with pytest.raises(OAuthError, match="expired"):
            session.fetch_token(server.url("/token"), authorization_response=landed, code_verifier=VERIFIER)


def test_who_may_ask_about_tokens_and_what_is_said(serve: Opened, http: requests.Session) -> None:
    server = serve(Provider(), Client("app", secret="a", scopes={"mail"}), Client("imap", secret="i", introspects=True))
    with client("app", "a", http, scope="mail") as session:
        token = session.fetch_token(server.url("/token"), grant_type="client_credentials")["access_token"]
    url = server.url("/introspect")
    told = http.post(url, data={"token": token}, auth=("imap", "i")).json()
    assert (told["active"], told["client_id"], told["scope"]) == (True, "app", "mail")
    assert http.post(url, data={"token": "x"}, auth=("imap", "i")).json() == {"active": False}
    assert http.post(url, data={"token": token}, auth=("app", "a")).status_code == 401
    server.books.ahead = 3601
    assert http.post(url, data={"token": token}, auth=("imap", "i")).json() == {"active": False}


def test_it_plays_what_it_is_told_to_and_then_is_itself_again(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("app", secret="word", scopes={APP}))
    url = server.url("/contoso.example/oauth2/v2.0/token")
    fields = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "word", "scope": APP}
    for page in (aadsts(53003), busy(7), unavailable(), google_error("invalid_grant", "no", subtype="invalid_rapt")):
        server.play(page)
        answer = http.post(url, data=fields)
        assert (answer.status_code, answer.content) == (page.status, page.body)
        assert answer.headers.get("Retry-After", "") == page.headers.get("Retry-After", "")
    server.play(aadsts(90033), times=None)
    assert [number(http.post(url, data=fields).json()) for _ in range(2)] == [90033, 90033]
    server.behave()
    assert http.post(url, data=fields).ok
    assert len(server.books.issued) == 1


def test_it_answers_when_it_is_told_to(serve: Opened, http: requests.Session) -> None:
    server = serve(Provider(), Client("app", secret="word", scopes={"mail"}))
    server.hold(go := threading.Event(), body=40)
    fields = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "word"}
    with http.post(server.url("/token"), data=fields, stream=True) as answer:
        assert answer.status_code == 200
        go.set()
        assert answer.json()["access_token"] == server.books.issued[0].access
