"""What providers say where they give no token, and servers where they do not take it, with what helps: tables.

Microsoft numbers its reasons (https://login.microsoftonline.com/error); those of Google are known by words of their
descriptions (https://developers.google.com/identity/protocols/oauth2). What is in no table is shown in the words of
whoever said it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tui_migrate.errors import SignInNeeded, TokenDenied
from tui_migrate.model import TokenLogin
from tui_migrate.model.tokens import Provider

LATER = frozenset({"temporarily_unavailable", "server_error", "rate_limit_exceeded"})
"""Errors that pass by themselves (RFC 6749 section 4.1.2.1)."""
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
"""Errors after which somebody has to sign in again."""
_NUMBER = re.compile(r"\bAADSTS(\d+)\b")
_LIMIT = 1000

_SECRET = "Give the secret's value, which Entra shows once, and not its id; or make a new secret and name its file."
_CONSENT = (
    "Grant admin consent in Entra: App registrations, the app, API permissions. For all mailboxes it needs the "
    "application permission IMAP.AccessAsApp (or POP.AccessAsApp) of Office 365 Exchange Online."
)
_CONDITIONAL = (
    "Conditional access forbids it: exclude the app or who signs in from that policy for the time of the move, sign in "
    "with a browser in the place of a code, or use an app (sign_in = app), in which nobody signs in."
)
_TENANT = "Check client id, tenant and cloud: the app must be registered in that tenant, or consented to there."
_AGAIN = "Sign in again: tui-migrate sign-in, with the title of the migration."
_CLOCK = "Set the clock of this machine right: what an app signs is good for minutes."
_CERTIFICATE = "Upload the certificate to the app in Entra (Certificates & secrets), and check that it has not expired."
_REDIRECT = (
    "Add http://localhost as redirect address of the app in Entra (Authentication, Mobile and desktop applications)."
)
_WHO = "Check that the user exists there, is not blocked, and is assigned to the app where the app wants that."

_MICROSOFT: Mapping[int, str] = {
    7000215: _SECRET,
    7000222: "The app's secret has expired: make a new one in Entra (Certificates & secrets), and name its file.",
    7000216: _SECRET,
    7000218: "Allow public client flows for the app in Entra (Authentication), or give its secret.",
    700027: _CERTIFICATE,
    700030: _CERTIFICATE,
    700024: _CLOCK,
    700016: _TENANT,
    90002: _TENANT,
    900023: _TENANT,
    700054: _TENANT,
    7000112: "The app is switched off in this tenant: enable its enterprise application in Entra.",
    500011: "The tenant has no Exchange Online, or the cloud is another one: check the tenant and the cloud.",
    650052: "The tenant has no Exchange Online: check the tenant and its licences.",
    65001: _CONSENT,
    90094: _CONSENT,
    90008: _CONSENT,
    65004: "Who has signed in did not agree: sign in again and accept what the app asks for.",
    70011: _CONSENT,
    50011: _REDIRECT,
    500113: _REDIRECT,
    50034: _WHO,
    50057: _WHO,
    50105: _WHO,
    50020: "Sign in as a user of that tenant, or name another tenant.",
    53000: _CONDITIONAL,
    53001: _CONDITIONAL,
    53002: _CONDITIONAL,
    53003: _CONDITIONAL,
    530003: _CONDITIONAL,
    530034: _CONDITIONAL,
    50097: _CONDITIONAL,
    50074: _AGAIN,
    50076: _AGAIN,
    50078: _AGAIN,
    50079: _AGAIN,
    50132: _AGAIN,
    50173: _AGAIN,
    70000: _AGAIN,
    70008: _AGAIN,
    70043: _AGAIN,
    700081: _AGAIN,
    700082: _AGAIN,
    700084: _AGAIN,
    70016: "Enter the code before it ends.",
    70018: "Sign in again, and enter the code as it is shown.",
    70020: "The code was not entered in time: sign in again.",
}
_GOOGLE: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "unauthorized_client",
        re.compile(r"client is unauthorized|not authorized|access_token", re.I),
        "In Google's Admin console (Security, API controls, Domain-wide delegation) add the service account's client "
        "id with exactly the scope https://mail.google.com/. It takes some minutes, a day at worst, until it holds.",
    ),
    ("invalid_grant", re.compile(r"short-lived|iat|reasonable timeframe|clock", re.I), _CLOCK),
    (
        "invalid_grant",
        re.compile(r"invalid email|not a valid email|account not found|user id", re.I),
        "Check that there is such a user in the domain, by the primary address: an alias or a group has no mailbox.",
    ),
    (
        "invalid_grant",
        re.compile(r"invalid (jwt )?signature|no key|key.*(deleted|disabled)", re.I),
        "The key of the service account was deleted, or is of another one: make a new key, and name its file.",
    ),
    (
        "invalid_grant",
        re.compile(r"expired or revoked|revoked|expired", re.I),
        f"{_AGAIN} Where it ends each seven days the app is in test mode at Google: publish it, or make it internal.",
    ),
    (
        "deleted_client",
        re.compile(""),
        "The app was deleted at Google: register another one, and give its client id and secret.",
    ),
    ("org_internal", re.compile(""), "The app is for the users of its own organisation: sign in as one of them."),
    (
        "admin_policy_enforced",
        re.compile(""),
        "Trust the app in Google's Admin console (Security, API controls, App access control).",
    ),
    (
        "access_denied",
        re.compile(""),
        "Sign in again and agree. An app in test mode takes its test users alone: add the user at Google.",
    ),
)
"""Error, words of its description, what helps."""
_GOOGLES = ("google.com", "googleapis.com")

_OFF = re.compile(r"not enabled for (imap|pop)|(imap|pop)\d? (access )?(is )?(disabled|not enabled|off)", re.I)
"""Of a mail server."""
_SWITCH_ON = "Switch IMAP (or POP) on for this mailbox, and for its domain, in the provider's admin console."
_LOGINS: Mapping[tuple[Provider, bool], str] = {
    (Provider.MICROSOFT, False): (
        "Check in Exchange PowerShell that New-ServicePrincipal was given the object id of the enterprise application "
        "(that of the app registration is another one), that Add-MailboxPermission gave it FullAccess to this mailbox, "
        "and that IMAP is on for it; and in Entra that IMAP.AccessAsApp was consented to."
    ),
    (Provider.MICROSOFT, True): (
        "Check that who has signed in may open this mailbox (FullAccess), that IMAP is on for it, and that the user's "
        "name is the one that Exchange knows."
    ),
    (
        Provider.GOOGLE,
        False,
    ): "Check that IMAP is on for this mailbox, and that its user is named by the primary address.",
    (Provider.GOOGLE, True): "Check that it was this mailbox's user who signed in, and that IMAP is on for it.",
    (Provider.CUSTOM, False): "Check the scope, and that the user's name is the one that the provider knows.",
    (Provider.CUSTOM, True): "Check the scope, and that it was this mailbox's user who signed in.",
}
"""By provider, and whether somebody has signed in: why a server may not take a good token."""


def host(url: str) -> str:
    """Who was asked."""
    return urlsplit(url).hostname or url


def words(fields: Mapping[str, Any]) -> str:
    """What an answer says of its error."""
    told = [str(fields[each]) for each in ("error", "error_description") if fields.get(each)]
    return " ".join(": ".join(told).split())[:_LIMIT]


def refusal(fields: Mapping[str, Any], url: str, said: str, *, signed_in: bool = False) -> TokenDenied:
    """Why there is no token. `said`: its words, as they may be shown; `signed_in`: it was asked for with what somebody
    had allowed."""
    error, description = str(fields.get("error") or ""), str(fields.get("error_description") or "")
    number = _NUMBER.search(description)
    kind = SignInNeeded if signed_in and error in _ENDED else TokenDenied
    what = "no longer gives tokens for this sign-in" if kind is SignInNeeded else "gives no token"
    google = _GOOGLE if host(url).endswith(_GOOGLES) else ()
    rows = (helps for name, pattern, helps in google if name == error and pattern.search(description))
    helps = _MICROSOFT.get(int(number[1]), "") if number else next(rows, "")
    return kind(f"{host(url)} {what}.", server_words=said, code=number[0] if number else error, what_to_do=helps)


def helps_login(token: TokenLogin, said: str) -> str:
    """What helps where a server refuses a token with these words; empty where nothing more is known."""
    return _SWITCH_ON if _OFF.search(said) else _LOGINS.get((token.provider, token.by_person), "")
