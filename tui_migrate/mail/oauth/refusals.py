"""What providers say where they give no token, and servers where they do not take it, with what helps. What nobody
knows is shown in the words of whoever said it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tui_migrate.errors import SignInNeeded, TokenDenied
from tui_migrate.mail.oauth import readings
from tui_migrate.mail.oauth.readings import Reading
from tui_migrate.model import TokenLogin
from tui_migrate.model.tokens import Provider

LATER = frozenset({"temporarily_unavailable", "server_error", "rate_limit_exceeded"})
"""Errors that pass by themselves (RFC 6749 section 4.1.2.1)."""
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
"""Errors after which somebody has to sign in again."""
_LIMIT = 1000

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
    (Provider.GOOGLE, False): (
        "Check that IMAP is on for this mailbox, and that its user is named by the primary address."
    ),
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


def read(fields: Mapping[str, Any], url: str) -> Reading | None:
    """What an answer of this address means; None where nobody knows."""
    error, description = str(fields.get("error") or ""), str(fields.get("error_description") or "")
    return readings.of_refusal(error, description, google=host(url).endswith(_GOOGLES))


def refusal(fields: Mapping[str, Any], url: str, said: str, *, signed_in: bool = False) -> TokenDenied:
    """Why there is no token. `said`: its words, as they may be shown; `signed_in`: it was asked for with what somebody
    had allowed."""
    error = str(fields.get("error") or "")
    number = readings.NUMBER.search(str(fields.get("error_description") or ""))
    kind = SignInNeeded if signed_in and error in _ENDED else TokenDenied
    what = "no longer gives tokens for this sign-in" if kind is SignInNeeded else "gives no token"
    found = read(fields, url)
    helps = f"{found.sentence} {found.advice}" if found else ""
    return kind(f"{host(url)} {what}.", server_words=said, code=number[0] if number else error, what_to_do=helps)


def helps_login(token: TokenLogin, said: str) -> str:
    """What helps where a server refuses a token with these words; empty where nothing more is known."""
    return _SWITCH_ON if _OFF.search(said) else _LOGINS.get((token.provider, token.by_person), "")
