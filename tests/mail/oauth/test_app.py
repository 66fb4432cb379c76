"""Tokens for an app: what is asked of Microsoft, Google and others, and what their answers mean."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.certificates import Certificates
from tests.servers.web import Page
from tests.support.oauth import TOKEN, Authority, claims, given, service_account
from tui_migrate.errors import MailError, ProtocolViolation, SignInNeeded, TokenDelayed, TokenDenied
from tui_migrate.mail.http import Answer
from tui_migrate.mail.oauth import endpoint
from tui_migrate.mail.oauth.asking import asking
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import ImapServer, Login, Secret, TokenLogin
from tui_migrate.model.clouds import CLOUDS
from tui_migrate.model.tokens import Provider, SignIn

CLIENT, SECRET = "client-1", "s3cret~of-the-app"


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.private_bytes(*form).decode()


def microsoft(secret: str = SECRET) -> TokenLogin:
    said = {"client_id": CLIENT, "tenant": "x.example", "cloud": "here", "secret": Secret(secret)}
    return TokenLogin(provider=Provider.MICROSOFT, **said)  # type: ignore[arg-type]


def custom(authority: Authority, secret: str = SECRET) -> TokenLogin:
    return TokenLogin(
        provider=Provider.CUSTOM,
        client_id=CLIENT,
        secret=Secret(secret),
        token_url=authority.url("/token"),
        scope="mail",
    )


def google(authority: Authority, key: str) -> TokenLogin:
    secret = Secret(service_account(key, authority.url("/token")))
    return TokenLogin(provider=Provider.GOOGLE, secret=secret)


def ask(token: TokenLogin, like: ImapServer, user: str = "anna@x.example", tracer: Tracer | None = None) -> str:
    granted = asking(Login(user, Secret(""), token=token), like, tracer).ask()
    assert granted.good_for == 3599
    return granted.token.reveal()


def refused(token: TokenLogin, like: ImapServer) -> MailError:
    with pytest.raises(MailError) as caught:
        ask(token, like)
    return caught.value


def test_microsoft_with_a_secret(authority: Authority, like: ImapServer) -> None:
    assert ask(microsoft(), like) == TOKEN
    (form,) = authority.forms
    assert form["grant_type"] == "client_credentials"
    assert (form["client_id"], form["client_secret"], form["scope"]) == (CLIENT, SECRET, "https://mail.here/.default")
    assert {each.target.partition("?")[0] for each in authority.asked} == {
        "/x.example/v2.0/.well-known/openid-configuration",
        "/x.example/oauth2/v2.0/token",
    }


@pytest.mark.parametrize("name", [*CLOUDS])
def test_each_cloud_is_asked_by_itself(name: str, like: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bytes | None]] = []

    def request(method: str, url: str, *, body: bytes | None = None, **_: object) -> Answer:
        """What cannot be asked in a test."""
        asked.append((url, body))
        found = {"token_endpoint": f"{url}/token", "authorization_endpoint": url, "access_token": TOKEN}
        return Answer(200, {}, json.dumps({**found, "expires_in": 3599}).encode())

    monkeypatch.setattr(endpoint, "request", request)
    assert ask(replace(microsoft(), cloud=name), like) == TOKEN
    cloud = CLOUDS[name]
    assert {urlsplit(url).hostname for url, _ in asked} == {cloud.authority}
    assert dict(parse_qsl((asked[-1][1] or b"").decode()))["scope"] == f"{cloud.mail}/.default"


def test_microsoft_with_a_certificate(
    authority: Authority, like: ImapServer, certificates: Certificates, key: str
) -> None:
    pem = certificates.ca_file.read_text()
    assert ask(microsoft(f"{pem}\n{key}"), like) == TOKEN
    (form,) = authority.forms
    header, said = claims(form["client_assertion"])
    assert header["alg"] in ("RS256", "PS256")
    assert header.keys() & {"x5t", "x5t#S256"}
    assert (said["iss"], said["sub"], said["aud"]) == (CLIENT, CLIENT, authority.url("/x.example/oauth2/v2.0/token"))
    assert "client_secret" not in form


def test_one_token_serves_the_whole_tenant_and_one_each_mailbox_of_google(
    authority: Authority, like: ImapServer, key: str
) -> None:
    def keys(token: TokenLogin) -> int:
        return len({asking(Login(user, Secret(""), token=token), like).key for user in ("a", "b")})

    assert keys(microsoft()) == 1
    assert keys(custom(authority)) == 1
    assert keys(google(authority, key)) == 2


def test_google_with_a_service_account(authority: Authority, like: ImapServer, key: str) -> None:
    assert ask(google(authority, key), like) == TOKEN
    (form,) = authority.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    header, said = claims(form["assertion"])
    assert (header["alg"], header["kid"]) == ("RS256", "key-7")
    assert (said["iss"], said["sub"]) == ("mover@project.example", "anna@x.example")
    assert (said["scope"], said["aud"]) == ("https://mail.google.com/", authority.url("/token"))
    assert 0 < int(str(said["exp"])) - int(str(said["iat"])) <= 3600


def test_another_provider(authority: Authority, like: ImapServer) -> None:
    assert ask(custom(authority), like) == TOKEN
    assert authority.forms == [
        {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "scope": "mail"}
    ]


def test_a_provider_that_takes_the_secret_in_a_header_alone(authority: Authority, like: ImapServer) -> None:
    def answer(form: dict[str, str]) -> Page:
        if "client_secret" in form:
            return given({"error": "invalid_client"}, 401)
        return given({"access_token": TOKEN, "expires_in": 3599})

    authority.answer = answer
    assert ask(custom(authority), like) == TOKEN
    basic = authority.asked[1].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == "client-1:s3cret~of-the-app"


@pytest.mark.parametrize(
    ("page", "kind", "words"),
    [
        (given({"error": "invalid_client", "error_description": "AADSTS7000215: wrong"}, 401), TokenDenied, "AADSTS7"),
        (given({"error": "invalid_grant", "error_description": "no such user"}, 400), TokenDenied, "no such user"),
        (given({"error": "temporarily_unavailable"}, 400), TokenDelayed, "temporarily_unavailable"),
        (given({"error": "x"}, 429, **{"Retry-After": "7"}), TokenDelayed, "x"),
        (Page(b"<html>", 503), TokenDelayed, ""),
        (Page(b"<html>", 404), TokenDenied, ""),
        (Page(b"[" * 200_000, 200), ProtocolViolation, ""),
        (Page(b"<html>", 200), ProtocolViolation, ""),
        (given({"access_token": "a b"}), ProtocolViolation, ""),
        (given([]), ProtocolViolation, ""),
    ],
)
@pytest.mark.parametrize("provider", ["microsoft", "google", "custom"])
def test_what_is_no_token(
    authority: Authority, like: ImapServer, key: str, provider: str, page: Page, kind: type[MailError], words: str
) -> None:
    authority.answer = lambda form: page
    token = {"microsoft": microsoft(), "google": google(authority, key), "custom": custom(authority)}[provider]
    error = refused(token, like)
    assert type(error) is kind
    assert words in error.server_words
    assert authority.host in error.sentence
    if isinstance(error, TokenDelayed) and page.headers:
        assert error.seconds == 7


ODD: tuple[object, ...] = (5, "", [], {"a": 1})


@pytest.mark.parametrize(
    ("provider", "field"),
    [
        *(("microsoft", field) for field in ("access_token", "expires_in", "id_token")),
        *(("custom", field) for field in ("access_token", "expires_in", "error")),
    ],
)
def test_an_odd_answer_is_an_error_or_a_token(
    authority: Authority, like: ImapServer, provider: str, field: str
) -> None:
    token = microsoft() if provider == "microsoft" else custom(authority)
    for odd in ODD:
        authority.answer = lambda form, odd=odd: given({"access_token": TOKEN, "expires_in": 3599, field: odd})  # type: ignore[misc]
        with contextlib.suppress(MailError):
            asking(Login("anna", Secret(""), token=token), like).ask()


def test_a_tenant_that_there_is_not(authority: Authority, like: ImapServer) -> None:
    said = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'x.example' not found."}
    handle = authority.handle
    authority.handle = lambda asked: given(said, 400) if asked.method == "GET" else handle(asked)  # type: ignore[method-assign]
    authority._handle = authority.handle
    error = refused(microsoft(), like)
    assert isinstance(error, TokenDenied)
    assert (error.code, error.server_words) == ("AADSTS90002", f"invalid_tenant: {said['error_description']}")
    assert authority.forms == []


@pytest.mark.parametrize("secret", ["-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", "{}"])
def test_a_key_that_is_none(authority: Authority, like: ImapServer, secret: str) -> None:
    if secret == "{}":
        error = refused(TokenLogin(provider=Provider.GOOGLE, secret=Secret(secret)), like)
    else:
        error = refused(microsoft(secret), like)
    assert isinstance(error, TokenDenied)
    assert "cannot be used" in error.sentence


def test_who_has_to_sign_in_and_has_not(like: ImapServer) -> None:
    token = TokenLogin(provider=Provider.MICROSOFT, sign_in=SignIn.DEVICE, client_id=CLIENT)
    with pytest.raises(SignInNeeded, match="Nobody has signed in for anna"):
        asking(Login("anna", Secret(""), token=token), like)


@pytest.mark.parametrize("provider", ["microsoft", "google", "custom"])
def test_nothing_secret_is_in_any_word(
    authority: Authority,
    like: ImapServer,
    key: str,
    provider: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    lines: list[str] = []
    tracer = Tracer()
    tracer.switch(lambda *words: lines.append(repr(words)))
    token = {"microsoft": microsoft(), "google": google(authority, key), "custom": custom(authority)}[provider]
    ask(token, like, tracer=tracer)

    def echo(form: dict[str, str]) -> Page:
        return given({"error": "invalid_request", "error_description": f"what is {' '.join(form.values())}?"}, 400)

    authority.answer = echo
    error = refused(token, like)
    assert isinstance(error, TokenDenied)
    secrets = [TOKEN, SECRET, key.splitlines()[3], *(form.get("assertion", SECRET) for form in authority.forms)]
    seen = " ".join([*lines, caplog.text, repr(error), str(error), error.server_words, error.sentence, repr(token)])
    seen += "".join(capsys.readouterr())
    assert "what is" in error.server_words
    assert any("/token" in line for line in lines)
    assert [each for each in secrets if each in seen] == []
