"""Somebody signs in: with a code, with a browser on this machine, or with one elsewhere."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import logging
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.servers.web import Page
from tests.support.oauth import TOKEN, Authority, given
from tui_migrate.errors import MailError, SignInNeeded, TokenDenied
from tui_migrate.mail.oauth.signing_in import SigningIn, ToEnter, ToOpen
from tui_migrate.model import ImapServer, Secret, TokenLogin
from tui_migrate.model.tokens import Provider, SignIn
from tui_migrate.store.grants import StoredGrants

PROVIDERS = ["microsoft", "google", "custom"]
CODE, REFRESH = "c0de-from-the-browser", "refresh-1"
DEVICE = {"device_code": "device-1", "user_code": "ABCD-EFGH", "verification_uri": "https://device.example"}
ALL = {"access_token": TOKEN, "expires_in": 3599, "refresh_token": REFRESH}


class Office:
    """Signs somebody in, and keeps what he has allowed."""

    def __init__(self, provider: str, authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
        self.authority, self.grants, self.like = authority, grants, like
        self.told: list[ToEnter | ToOpen] = []
        self.then: Callable[[SigningIn, ToEnter | ToOpen], object] = lambda signing, step: None
        own = {
            "device": {"provider": Provider.MICROSOFT, "sign_in": SignIn.DEVICE, "cloud": "here"},
            "microsoft": {"provider": Provider.MICROSOFT, "sign_in": SignIn.BROWSER, "cloud": "here"},
            "google": {"provider": Provider.GOOGLE, "sign_in": SignIn.BROWSER, "secret": Secret("s3cret-1")},
            "custom": {
                "provider": Provider.CUSTOM,
                "sign_in": SignIn.BROWSER,
                "token_url": authority.url("/token"),
                "authorization_url": authority.url("/auth?a=b"),
                "scope": "mail offline",
            },
        }[provider]
        self.login = TokenLogin(client_id="client-1", **own)  # type: ignore[arg-type]

    def sign_in(self) -> str | None:
        """The access token that came of it."""
        signing = SigningIn(self.login, self.like, "anna@x.example", lambda step: self._tell(signing, step))
        found = signing.run(lambda secret: self.grants.put("anna", secret))
        return found.granted.token.reveal() if found else None

    def refused(self) -> MailError:
        with pytest.raises(MailError) as caught:
            self.sign_in()
        assert self.grants.listing() == []
        return caught.value

    def _tell(self, signing: SigningIn, step: ToEnter | ToOpen) -> None:
        self.told.append(step)
        self.then(signing, step)

    @property
    def kept(self) -> str:
        with self.grants.hold("anna") as held:
            return held.refresh_token.reveal()


def asked_in(step: ToEnter | ToOpen) -> dict[str, str]:
    """What the address to be opened asks for."""
    assert isinstance(step, ToOpen)
    return dict(parse_qsl(urlsplit(step.url).query))


def ends_at(step: ToEnter | ToOpen, **fields: str) -> str:
    """Where the browser ends when somebody has signed in."""
    asked = asked_in(step)
    return f"{asked['redirect_uri']}/?{urlencode({'code': CODE, 'state': asked['state'], **fields})}"


def visit(address: str) -> tuple[int, str]:
    """What a browser on this machine gets there."""
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=60)) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def proven(authority: Authority, told: list[ToEnter | ToOpen]) -> None:
    """The provider gives tokens for the code, to who can prove that he has begun it (RFC 7636 section 4.6)."""

    def answer(form: dict[str, str]) -> Page:
        asked = asked_in(told[0])
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        good = asked["code_challenge_method"] == "S256" and asked["code_challenge"] == digest.decode()
        good = good and form["code"] == CODE and form["redirect_uri"] == asked["redirect_uri"]
        return given(ALL) if good else given({"error": "invalid_grant"}, 400)

    authority.answer = answer


@pytest.mark.parametrize("provider", PROVIDERS)
def test_with_a_browser_on_this_machine(
    provider: str, authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    office = Office(provider, authority, grants, like)
    proven(authority, office.told)
    pages: list[tuple[int, str]] = []

    def browse(signing: SigningIn, step: ToEnter | ToOpen) -> None:
        def visits() -> None:
            pages.append(visit(ends_at(step, state="somebody else's")))
            pages.append(visit(ends_at(step)))

        threading.Thread(target=visits, name="browser").start()

    office.then = browse
    assert office.sign_in() == TOKEN
    assert office.kept == REFRESH
    assert [status for status, _ in pages] in ([404, 200], [404])
    asked = asked_in(office.told[0])
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"].startswith("http://localhost:" if provider == "microsoft" else "http://127.0.0.1:")
    wanted = {
        "microsoft": {"scope": asked["scope"]},
        "google": {"access_type": "offline", "prompt": "consent", "scope": "https://mail.google.com/"},
        "custom": {"scope": "mail offline", "a": "b"},
    }[provider]
    assert wanted.items() <= asked.items()
    if provider == "microsoft":
        assert {"https://own.here/IMAP.AccessAsUser.All", "offline_access"} <= set(asked["scope"].split())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_with_a_browser_elsewhere(provider: str, authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office(provider, authority, grants, like)
    proven(authority, office.told)
    taken: list[bool] = []

    def paste(signing: SigningIn, step: ToEnter | ToOpen) -> None:
        others = "", "what?", ends_at(step, state="x"), ends_at(step).replace("code=", "cod="), "http://["
        taken.extend(map(signing.paste, others))
        taken.append(signing.paste(f"  {ends_at(step)}\n"))

    office.then = paste
    assert office.sign_in() == TOKEN
    assert office.kept == REFRESH
    assert taken == [False] * 5 + [True]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_does_not_allow_it(provider: str, authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office(provider, authority, grants, like)

    def deny(signing: SigningIn, step: ToEnter | ToOpen) -> None:
        why = {"error": "access_denied", "error_description": "AADSTS65004: declined"}
        signing.paste(ends_at(step, code="", **why))

    office.then = deny
    error = office.refused()
    assert isinstance(error, TokenDenied)
    assert (error.code, error.server_words) == ("AADSTS65004", "access_denied: AADSTS65004: declined")
    assert authority.forms == []


@pytest.mark.parametrize("provider", [*PROVIDERS, "device"])
def test_nobody_wants_it_any_more(provider: str, authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office(provider, authority, grants, like)
    authority.answer = lambda form: given({**DEVICE, "expires_in": 900, "interval": 5})
    office.then = lambda signing, step: signing.stop()
    assert office.sign_in() is None
    assert grants.listing() == []


def test_a_grant_for_an_hour_alone_is_none(authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office("custom", authority, grants, like)
    office.then = lambda signing, step: signing.paste(ends_at(step))
    error = office.refused()
    assert "nothing to get another one with" in error.sentence
    assert "offline" in error.what_to_do


def test_a_refresh_token_from_elsewhere(authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office("custom", authority, grants, like)
    office.login = replace(office.login, authorization_url="")
    assert "No address is known" in office.refused().sentence
    signing = SigningIn(office.login, like, "", office.told.append)
    for answer, kept in (({**ALL, "refresh_token": "refresh-2"}, "refresh-2"), ({**ALL, "refresh_token": ""}, "mine")):
        authority.answer = lambda form, answer=answer: given(answer)  # type: ignore[misc]
        signing.take(Secret("mine"), lambda secret: grants.put("anna", secret))
        assert office.kept == kept
    authority.answer = lambda form: given({"error": "invalid_grant"}, 400)
    with pytest.raises(SignInNeeded):
        signing.take(Secret("theirs"), lambda secret: grants.put("anna", secret))
    assert office.kept == "mine"


def answers(authority: Authority, *pages: Page) -> None:
    """What comes back for one request after the other."""
    left = iter([given({**DEVICE, "expires_in": 900, "interval": 0}), *pages])
    authority.answer = lambda form: next(left)


def test_with_a_code(authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office("device", authority, grants, like)
    answers(authority, given({"error": "authorization_pending"}, 400), Page(b"", 503), given(ALL))
    assert office.sign_in() == TOKEN
    assert office.kept == REFRESH
    (told,) = office.told
    assert told == ToEnter("ABCD-EFGH", "https://device.example", 900)
    first, *others = authority.forms
    assert "https://own.here/IMAP.AccessAsUser.All" in first["scope"].split()
    assert [each["device_code"] for each in others] == ["device-1"] * 3


def test_who_looks_too_often_waits_longer(
    authority: Authority, grants: StoredGrants, like: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def pause(_: SigningIn, seconds: float) -> bool:
        waited.append(seconds)
        return False

    monkeypatch.setattr(SigningIn, "_pause", pause)
    office = Office("device", authority, grants, like)
    answers(authority, given({"error": "slow_down"}, 400), given(ALL))
    assert office.sign_in() == TOKEN
    assert waited == [0, 5]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [("authorization_declined", "gives no token"), ("expired_token", "gives no token"), ("invalid_grant", "gives no")],
)
def test_a_code_that_comes_to_nothing(
    error: str, sentence: str, authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    office = Office("device", authority, grants, like)
    answers(authority, given({"error": error, "error_description": "AADSTS53003: blocked by policy"}, 400))
    found = office.refused()
    assert isinstance(found, TokenDenied)
    assert found.code == "AADSTS53003"
    assert sentence in found.sentence


@pytest.mark.parametrize("field", [*DEVICE, "interval", "expires_in"])
def test_an_odd_code_is_an_error(field: str, authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office("device", authority, grants, like)
    office.then = lambda signing, step: signing.stop()
    values: tuple[object, ...] = ("x", None, [], {"a": 1})
    for odd in values:
        authority.answer = lambda form, odd=odd: given({**DEVICE, "interval": 5, field: odd})  # type: ignore[misc]
        with contextlib.suppress(MailError):
            assert office.sign_in() is None


def test_a_code_that_is_not_given_out(authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    office = Office("device", authority, grants, like)
    authority.answer = lambda form: given({"error": "unauthorized_client", "error_description": "AADSTS700016"}, 400)
    found = office.refused()
    assert isinstance(found, TokenDenied)
    assert found.code == "AADSTS700016"


def test_what_microsoft_says_of_who_has_signed_in_is_looked_at(
    authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    claims = {"iss": "x", "sub": "anna", "aud": "client-1", "exp": 1, "iat": 0}
    parts = (base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in ({}, claims, {}))
    authority.answer = lambda form: given({**ALL, "id_token": ".".join(parts)})
    office = Office("microsoft", authority, grants, like)
    office.then = lambda signing, step: signing.paste(ends_at(step))
    error = office.refused()
    assert "cannot be believed" in error.sentence


@pytest.mark.parametrize("provider", [*PROVIDERS, "device"])
def test_nothing_secret_is_written_down(
    provider: str, authority: Authority, grants: StoredGrants, like: ImapServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office = Office(provider, authority, grants, like)
    if provider == "device":
        answers(authority, given(ALL))
    else:
        proven(authority, office.told)
        office.then = lambda signing, step: signing.paste(ends_at(step))
    assert office.sign_in() == TOKEN
    verifiers = [form["code_verifier"] for form in authority.forms if "code_verifier" in form]
    seen = caplog.text + repr(grants.listing()) + repr(office.login)
    assert [each for each in (TOKEN, REFRESH, CODE, "device-1", "s3cret-1", *verifiers) if each in seen] == []
    assert REFRESH.encode() not in grants.database.path.read_bytes()
