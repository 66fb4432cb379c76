"""Tokens for what somebody has allowed: refreshed, rotated, ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from tests.servers.web import Page
from tests.support.oauth import TOKEN, Authority, given
from tui_migrate.errors import MailError, SignInNeeded, TokenDelayed, TokenDenied
from tui_migrate.mail.oauth.asking import asking
from tui_migrate.model import ImapServer, Login, Secret, TokenLogin
from tui_migrate.model.tokens import Provider, SignIn
from tui_migrate.store.database import Database
from tui_migrate.store.grants import StoredGrants

PROVIDERS = ["microsoft", "google", "custom"]


@pytest.fixture
def grants(grants: StoredGrants) -> StoredGrants:
    grants.put("anna", Secret("refresh-1"))
    return grants


def token_login(provider: str, authority: Authority) -> TokenLogin:
    own = {
        "microsoft": {"sign_in": SignIn.DEVICE, "cloud": "here"},
        "google": {"sign_in": SignIn.BROWSER, "secret": Secret("s3cret")},
        "custom": {"sign_in": SignIn.BROWSER, "token_url": authority.url("/token"), "scope": "mail offline"},
    }[provider]
    return TokenLogin(provider=Provider(provider), client_id="client-1", **own)  # type: ignore[arg-type]


def ask(provider: str, authority: Authority, grants: StoredGrants, like: ImapServer, user: str = "anna") -> str:
    login = Login(user, Secret(""), token=token_login(provider, authority), grants=grants)
    return asking(login, like).ask().token.reveal()


def kept(grants: StoredGrants) -> str:
    with grants.hold("anna") as held:
        return held.refresh_token.reveal()


def rotating(authority: Authority) -> None:
    """Give out a new refresh token each time, and take the newest alone."""
    numbers = iter(range(2, 100))
    newest = ["refresh-1"]

    def answer(form: dict[str, str]) -> Page:
        if form["refresh_token"] != newest[0]:
            return given({"error": "invalid_grant", "error_description": "used before"}, 400)
        newest[0] = f"refresh-{next(numbers)}"
        return given({"access_token": TOKEN, "expires_in": 3599, "refresh_token": newest[0]})

    authority.answer = answer


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_replaces_the_grant_is_kept_before_its_token_is_used(
    provider: str, authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    rotating(authority)
    for number in (2, 3):
        assert ask(provider, authority, grants, like) == TOKEN
        assert kept(grants) == f"refresh-{number}"
    for form in authority.forms:
        assert (form["grant_type"], form["client_id"]) == ("refresh_token", "client-1")


def test_what_is_asked_of_microsoft(authority: Authority, grants: StoredGrants, like: ImapServer) -> None:
    ask("microsoft", authority, grants, like)
    assert set(authority.forms[0]["scope"].split()) >= {"https://own.here/IMAP.AccessAsUser.All", "offline_access"}
    assert authority.asked[0].target.startswith("/organizations/")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_grant_that_is_not_replaced_goes_on(
    provider: str, authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    assert ask(provider, authority, grants, like) == TOKEN
    assert kept(grants) == "refresh-1"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_grant_that_has_ended_is_not_tried_again(
    provider: str, authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    said = {"error": "invalid_grant", "error_description": "AADSTS700082: expired due to inactivity"}
    authority.answer = lambda form: given(said, 400)
    for _ in range(2):
        with pytest.raises(SignInNeeded) as caught:
            ask(provider, authority, grants, like)
        assert "AADSTS700082: expired due to inactivity" in caught.value.server_words
    assert len(authority.forms) == 1


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (Page(b"", 503), TokenDelayed),
        (given({"error": "temporarily_unavailable"}, 400), TokenDelayed),
        (given({"error": "invalid_client"}, 401), TokenDenied),
    ],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_trouble_ends_no_grant(
    provider: str, page: Page, kind: type[MailError], authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    authority.answer = lambda form: page
    with pytest.raises(MailError) as caught:
        ask(provider, authority, grants, like)
    assert type(caught.value) is kind
    assert kept(grants) == "refresh-1"


def test_two_processes_that_refresh_at_once_do_not_end_the_grant(
    authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    rotating(authority)

    def refresh(_: int) -> str:
        with closing(Database(grants.database.path)) as database:
            return ask("custom", authority, replace(grants, database=database), like)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(refresh, range(4))) == {TOKEN}
    assert kept(grants) == "refresh-5"


def test_the_admins_grant_opens_all_mailboxes_with_one_token(
    authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    grants.put("", Secret("refresh-admin"))
    token = token_login("microsoft", authority)
    keys = {
        user: asking(Login(user, Secret(""), token=token, grants=grants), like).key for user in ("anna", "bob", "carl")
    }
    assert keys["bob"] == keys["carl"] != keys["anna"]
    assert ask("microsoft", authority, grants, like, "bob") == TOKEN
    assert authority.forms[0]["refresh_token"] == "refresh-admin"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refresh_token_that_is_said_back_is_not_shown(
    provider: str, authority: Authority, grants: StoredGrants, like: ImapServer
) -> None:
    authority.answer = lambda form: given(
        {"error": "invalid_grant", "error_description": f"{form['refresh_token']} was revoked"}, 400
    )
    with pytest.raises(SignInNeeded) as caught:
        ask(provider, authority, grants, like)
    assert "was revoked" in caught.value.server_words
    shown = [caught.value.server_words, repr(caught.value), repr(grants), repr(grants.listing())]
    assert not any("refresh-1" in each for each in shown)
