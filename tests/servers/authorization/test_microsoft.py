"""As msal sees it: what an app and a user of Microsoft's are given, and each thing that is not taken."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msal
import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT

from tests.servers.authorization.clients import Client, Standing
from tests.servers.authorization.keys import signing_key
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.authorization.support import (
    ANNA,
    APP,
    IMAP,
    KEY,
    Opened,
    client,
    form,
    number,
)


def microsofts(server: AuthorizationServer, http: requests.Session, client_id: str, credential: Any = None) -> Any:
    kind = msal.PublicClientApplication if credential is None else msal.ConfidentialClientApplication
    more = {"authority": server.url("/contoso.example"), "instance_discovery": False, "http_client": http}
    return kind(client_id, **({"client_credential": credential} if credential else {}), **more)


def test_an_app_of_microsofts_opens_the_mailboxes_that_it_has_been_given(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), app := Client("app", secret="word", scopes={APP}, mailboxes={ANNA}))
    answer = microsofts(server, http, "app", "word").acquire_token_for_client([APP])
    token = answer["access_token"]
    assert 1800 < len(token) < 2500, "as long as theirs"
    assert (server.opens(ANNA, token), server.opens("bert@old.example", token)) == (True, False)
    assert server.opens(ANNA, token, APP)
    assert not server.opens(ANNA, token, IMAP)
    server.books.ahead = 3601
    assert not server.opens(ANNA, token)
    app.standing = Standing.EXPIRED
    assert number(microsofts(server, http, "app", "word").acquire_token_for_client([APP])) == 7000222


@pytest.mark.parametrize(
    ("client_id", "secret", "scope", "expected"),
    [
        ("app", "wrong", APP, 7000215),
        ("other", "word", APP, 700016),
        ("app", "word", IMAP, 1002012),
        ("app", "word", "https://graph.microsoft.com/.default", 65001),
        ("public", "word", APP, 700025),
    ],
)
def test_microsoft_says_by_number_what_is_wrong(
    serve: Opened, http: requests.Session, client_id: str, secret: str, scope: str, expected: int
) -> None:
    server = serve(Microsoft(), Client("app", secret="word", scopes={APP}), Client("public"))
    assert number(microsofts(server, http, client_id, secret).acquire_token_for_client([scope])) == expected


def test_what_is_no_tenant_and_no_request(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("app", secret="word"))
    assert number(form(server, http, "/fabrikam.example/oauth2/v2.0/token")) == 90002
    assert number(form(server, http, "/contoso.example/oauth2/v2.0/token", grant_type="magic")) == 70003
    told = form(server, http, "/contoso.example/oauth2/v2.0/token", grant_type="client_credentials", client_id="app")
    assert number(told) == 7000218
    assert http.get(server.url("/elsewhere")).status_code == 404


def test_the_instance_is_known(serve: Opened, http: requests.Session) -> None:
    answer = http.get((server := serve(Microsoft())).url("/common/discovery/instance")).json()
    described = http.get(answer["tenant_discovery_endpoint"]).json()
    assert described["token_endpoint"] == server.url("/common/oauth2/v2.0/token")
    assert answer["metadata"][0]["aliases"] == [f"{server.host}:{server.port}"]


@pytest.mark.parametrize("named", [{}, {"thumbprint": "sha1"}], ids=["PS256, x5t#S256 and x5c", "RS256, x5t"])
def test_an_app_proves_itself_with_its_certificate(
    serve: Opened, http: requests.Session, named: dict[str, str], recwarn: pytest.WarningsRecorder
) -> None:
    server = serve(Microsoft(), Client("app", keys=(KEY,), scopes={APP}))
    for key, granted in ((KEY, True), (signing_key("another"), False)):
        credential = {"private_key": key.key_pem, "public_certificate": key.certificate_pem}
        if named:
            credential = {"private_key": key.key_pem, "thumbprint": key.sha1}
        answer = microsofts(server, http, "app", credential).acquire_token_for_client([APP])
        assert ("access_token" in answer) is granted
        if not granted:
            assert number(answer) == 700027


@pytest.mark.parametrize(
    ("claims", "header", "alg", "expected"),
    [
        ({}, {}, "RS256", 0),
        ({}, {}, "PS256", 0),
        ({}, {}, "RS384", 700027),
        ({}, {"x5t": "another"}, "RS256", 700027),
        ({}, {"x5t": None}, "RS256", 700027),
        ({"aud": "https://elsewhere.example/token"}, {}, "RS256", 700023),
        ({"iss": "other"}, {}, "RS256", 700021),
        ({"sub": "other"}, {}, "RS256", 700016),
        ({"exp": time.time() - 600}, {}, "RS256", 700024),
        ({"nbf": time.time() + 86400}, {}, "RS256", 700024),
        ({"exp": "soon"}, {}, "RS256", 9002313),
        ({"jti": None}, {}, "RS256", 700024),
    ],
)
def test_each_claim_of_an_assertion_is_looked_at(
    serve: Opened,
    http: requests.Session,
    claims: dict[str, Any],
    header: dict[str, Any],
    alg: str,
    expected: int,
) -> None:
    server = serve(Microsoft(), Client("app", keys=(KEY,), scopes={APP}))
    url = server.url("/contoso.example/oauth2/v2.0/token")
    names = {name: text for name, text in ({"x5t": KEY.x5t} | header).items() if text}
    said = PrivateKeyJWT(url, claims=dict(claims), headers=names, alg=alg)
    with client("app", KEY.key_pem, http, token_endpoint_auth_method="private_key_jwt") as session:
        session.register_client_auth_method(said)
        if expected:
            with pytest.raises(OAuthError, match=f"AADSTS{expected}: "):
                session.fetch_token(url, grant_type="client_credentials", scope=APP)
        else:
            assert session.fetch_token(url, grant_type="client_credentials", scope=APP)["access_token"]


def test_an_assertion_is_good_for_one_use(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("app", keys=(KEY,), scopes={APP}))
    credential = {"private_key": KEY.key_pem, "public_certificate": KEY.certificate_pem}
    assert "access_token" in microsofts(server, http, "app", credential).acquire_token_for_client([APP])
    again = form(server, http, "/contoso.example/oauth2/v2.0/token", **server.forms()[0])
    assert number(again) == 700024


def authorized(server: AuthorizationServer, app: Any, user: str | None = ANNA) -> dict[str, Any]:
    """What comes of a walk through the browser."""
    flow = app.initiate_auth_code_flow([IMAP], redirect_uri="http://localhost:5353")
    landed = server.browse(flow["auth_uri"], user)
    assert landed.startswith("http://localhost:5353?")
    return dict(app.acquire_token_by_auth_code_flow(flow, dict(parse_qsl(urlsplit(landed).query))))


@pytest.mark.filterwarnings("ignore:response_mode")
def test_a_user_signs_in_at_microsofts_and_his_refresh_token_rotates(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("public", scopes={IMAP}))
    app = microsofts(server, http, "public")
    first = authorized(server, app)
    assert (server.opens(ANNA, first["access_token"]), server.opens("bert", first["access_token"])) == (True, False)
    second = app.acquire_token_by_refresh_token(first["refresh_token"], [IMAP])
    assert second["refresh_token"] != first["refresh_token"]
    assert number(app.acquire_token_by_refresh_token(first["refresh_token"], [IMAP])) == 50173
    assert not server.opens(ANNA, second["access_token"]), "whoever used the old one may be a thief"
    assert number(app.acquire_token_by_refresh_token(second["refresh_token"], [IMAP])) == 50173
    assert number(app.acquire_token_by_refresh_token("made up", [IMAP])) == 70000
    assert authorized(server, app, None)["error"] == "authorization_declined"


@pytest.mark.filterwarnings("ignore:response_mode")
def test_a_refresh_token_ends_where_it_is_not_used(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("public", scopes={IMAP}))
    app = microsofts(server, http, "public")
    token = authorized(server, app)["refresh_token"]
    server.books.ahead = 80 * 86400
    token = app.acquire_token_by_refresh_token(token, [IMAP])["refresh_token"]
    server.books.ahead += 80 * 86400
    token = app.acquire_token_by_refresh_token(token, [IMAP])["refresh_token"]
    server.books.ahead += 91 * 86400
    assert number(app.acquire_token_by_refresh_token(token, [IMAP])) == 700082


def test_a_device_code_is_waited_for(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("public", scopes={IMAP}))
    app = microsofts(server, http, "public")

    def ask(flow: dict[str, Any]) -> dict[str, Any]:
        flow["latest_attempt_at"] = 0  # else msal complains that we do not wait
        return dict(app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True))

    flow = app.initiate_device_flow([IMAP])
    assert flow["user_code"] in flow["message"]
    assert ask(flow)["error"] == "authorization_pending"
    assert ask(flow)["error"] == "slow_down"
    server.books.ahead = 6
    assert ask(flow)["error"] == "slow_down", "it is ten seconds now"
    server.enter(flow["user_code"], ANNA)
    assert server.opens(ANNA, ask(flow)["access_token"])
    assert number(ask(flow)) == 70018

    flow = app.initiate_device_flow([IMAP])
    server.enter(flow["user_code"], ANNA, approved=False)
    assert ask(flow)["error"] == "authorization_declined"
    flow = app.initiate_device_flow([IMAP])
    server.books.ahead += 901
    assert ask(flow)["error"] == "expired_token"
    assert number(app.initiate_device_flow(["https://outlook.office.com/SMTP.Send"])) == 65001


def test_a_device_code_is_no_way_for_who_must_prove_himself(serve: Opened, http: requests.Session) -> None:
    server = serve(Microsoft(), Client("app", secret="word", scopes={IMAP}))
    app = microsofts(server, http, "app")
    flow = app.initiate_device_flow([IMAP])
    assert number(app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)) == 7000218
