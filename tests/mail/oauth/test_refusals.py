"""What an admin is told to do where there is no token, or a server does not take it: the commonest mistakes by name."""

from __future__ import annotations

import pytest

from tui_migrate.errors import (
    LoginRefused,
    MailboxNotConnected,
    Outlook,
    SignInNeeded,
    Throttled,
    TokenDenied,
    TokenRefused,
)
from tui_migrate.mail.imap.codes import command_error, login_error
from tui_migrate.mail.oauth.refusals import refusal, words
from tui_migrate.model import AdminLogin, Login, Secret, TokenLogin
from tui_migrate.model.tokens import Provider, SignIn

MICROSOFT, GOOGLE = "https://login.microsoftonline.com/t/oauth2/v2.0/token", "https://oauth2.googleapis.com/token"
APP = TokenLogin(provider=Provider.MICROSOFT)


def told(url: str, error: str, description: str, *, signed_in: bool = False) -> TokenDenied:
    fields = {"error": error, "error_description": description}
    return refusal(fields, url, words(fields), signed_in=signed_in)


@pytest.mark.parametrize(
    ("error", "description", "what"),
    [
        ("invalid_client", "AADSTS7000215: Invalid client secret provided.", "the secret's value"),
        ("invalid_client", "AADSTS7000222: The provided client secret keys for app '1' are expired.", "make a new one"),
        ("invalid_client", "AADSTS700027: The certificate was not found.", "upload the certificate"),
        ("invalid_client", "AADSTS700024: Client assertion is not within its valid time range.", "the clock"),
        ("unauthorized_client", "AADSTS700016: Application not found in the directory.", "client id, tenant and cloud"),
        ("invalid_tenant", "AADSTS90002: Tenant 'x' not found.", "client id, tenant and cloud"),
        ("invalid_grant", "AADSTS65001: The user or administrator has not consented.", "admin consent"),
        ("access_denied", "AADSTS53003: Access has been blocked by Conditional Access policies.", "Exclude the app"),
        ("invalid_request", "AADSTS7000218: The request body must contain client_assertion", "public client flows"),
        ("invalid_request", "AADSTS50011: The redirect URI does not match", "http://localhost"),
    ],
)
def test_microsofts_numbers(error: str, description: str, what: str) -> None:
    found = told(MICROSOFT, error, description)
    assert what in found.advise(Outlook.GIVEN_UP)
    assert found.code == description.partition(":")[0]
    assert found.server_words == f"{error}: {description}"


@pytest.mark.parametrize(
    ("error", "description", "what"),
    [
        (
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of "
            "the scopes requested.",
            "exactly the scope https://mail.google.com/",
        ),
        ("invalid_grant", "Invalid email or User ID", "primary address"),
        ("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)", "the clock"),
        ("invalid_grant", "Invalid JWT Signature.", "make a new key"),
        ("invalid_grant", "Token has been expired or revoked.", "end after seven days"),
        ("admin_policy_enforced", "", "App access control"),
    ],
)
def test_googles_words(error: str, description: str, what: str) -> None:
    assert what in told(GOOGLE, error, description).advise(Outlook.GIVEN_UP)
    assert what not in told("https://other.example/token", error, description).advise(Outlook.GIVEN_UP)


def test_what_has_ended_is_to_be_signed_in_for_again() -> None:
    found = told(MICROSOFT, "invalid_grant", "AADSTS700082: The refresh token has expired.", signed_in=True)
    assert type(found) is SignInNeeded
    assert "Sign in again: tui-migrate sign-in" in found.advise(Outlook.GIVEN_UP)
    found = told(MICROSOFT, "invalid_grant", "AADSTS1: what nobody knows", signed_in=True)
    assert found.advise(Outlook.HELD) == (
        "Sign in: tui-migrate sign-in, with the title of the migration. Sign in, then start the account again."
    )


def test_what_nobody_knows_is_in_the_providers_words() -> None:
    found = told(GOOGLE, "strange", "oh")
    assert type(found) is TokenDenied
    assert found.server_words == "strange: oh"
    assert found.advise(Outlook.SEEN) == f"{TokenDenied.advice} Then try again."


def refused(token: TokenLogin, said: str) -> LoginRefused:
    found = login_error("", said, "AUTHENTICATE XOAUTH2", Login("anna", Secret(""), token=token), "imap.example")
    assert isinstance(found, LoginRefused)
    return found


@pytest.mark.parametrize(
    ("token", "said", "what"),
    [
        (APP, "NO AUTHENTICATE failed.", "object id of the enterprise application"),
        (TokenLogin(provider=Provider.MICROSOFT, sign_in=SignIn.DEVICE), "NO AUTHENTICATE failed.", "FullAccess"),
        (TokenLogin(provider=Provider.GOOGLE), "NO [AUTHENTICATIONFAILED] Invalid credentials", "primary address"),
        (TokenLogin(provider=Provider.GOOGLE), "NO Your account is not enabled for IMAP use", "Switch IMAP"),
        (TokenLogin(provider=Provider.CUSTOM), "NO no", "Check the scope"),
        (TokenLogin("give {user}"), "NO no", "token command"),
    ],
)
def test_a_token_that_a_server_does_not_take(token: TokenLogin, said: str, what: str) -> None:
    found = refused(token, said)
    assert isinstance(found, TokenRefused)
    assert what in found.advise(Outlook.GIVEN_UP)


def test_who_may_not_open_the_mailbox() -> None:
    said = "NO User is authenticated but not connected."
    at_login, later = refused(APP, said), command_error("What?", "", said, "SELECT INBOX")
    for found in (at_login, later):
        assert isinstance(found, MailboxNotConnected)
        assert not found.clear, "Exchange says so in trouble too"
        assert "Add-MailboxPermission" in found.advise(Outlook.GIVEN_UP)
    with_password = Login("anna", Secret("p"), AdminLogin("root", Secret("p")))
    assert isinstance(login_error("", said, "LOGIN", with_password, "imap.example"), Throttled)
