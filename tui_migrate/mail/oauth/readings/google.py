"""Google's refusals, by error and words of the description.

From https://developers.google.com/identity/protocols/oauth2 (its pages on service accounts and installed apps) and
https://support.google.com/accounts/answer/16668185, read in November 2026; descriptions that are not there are known
from other clients.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui_migrate.mail.oauth.readings.reading import Reading


class Row(NamedTuple):
    """The first that fits is taken."""

    error: str
    words: re.Pattern[str]
    reading: Reading


def _row(error: str, words: str, reading: Reading) -> Row:
    return Row(error, re.compile(words, re.I), reading)


_ADMIN = "In Google's Admin console (Security, Access and data control, API controls)"
_CREDENTIALS = "In Google's Cloud console (APIs & Services, Credentials)"
_AGAIN = "Sign in again: tui-migrate sign-in, with the title of the migration."
_CLOCK = Reading(
    "What was signed is not valid at Google's time.",
    "Set the clock of this machine right (NTP): Google takes a difference of some minutes, and an hour's validity.",
)
_DELEGATION = Reading(
    "The service account may not act for users.",
    f"{_ADMIN} under Manage domain-wide delegation add its client id (the number) with exactly the "
    "scope https://mail.google.com/ (the slash at the end belongs to it). It may take a day until Google knows.",
)
_USER = Reading(
    "The domain has no such user.",
    "Check the user's name: it must be the primary address, not an alias or a group, and the account not suspended.",
)
_KEY = Reading(
    "Google does not know the key of this service account.",
    "The key was deleted or is another account's: make a new key in the Cloud console, and give its file.",
)
_ACCOUNT = Reading(
    "There is no such service account.", "It was deleted: make a new one, delegate to it, and give its key's file."
)
_ENDED = Reading(
    "What was allowed has ended: it was withdrawn, the password was changed, or it lasted seven days.",
    f"{_AGAIN} An app whose publishing status is Testing gets sign-ins that end after seven days: make it Internal or "
    "publish it (Google Auth Platform, Audience).",
)
_REAUTH = Reading(
    "The organisation wants its users to sign in again after some hours.",
    f"{_AGAIN} To be rid of it: in the Admin console (Security, Google Cloud session control) exempt trusted apps.",
)
_CODE = Reading("The code of this sign-in was used already, is another one's, or too old.", f"{_AGAIN} Use it once.")
_BAD = Reading("Google does not know what was allowed.", _AGAIN)
_SECRET = Reading("The client's secret is wrong.", f"{_CREDENTIALS} take the secret that belongs to this client id.")
_POLICY = Reading(
    "An admin of the domain does not let this app see mail.", f"{_ADMIN} under App access control trust its client id."
)

ERRORS: tuple[Row, ...] = (
    _row("unauthorized_client", "", _DELEGATION),
    _row("invalid_scope", "", _DELEGATION),
    _row("access_denied", "requested client not authorized", _DELEGATION),
    _row("invalid_grant", r"short-lived|timeframe|\biat\b|\bexp\b", _CLOCK),
    _row("invalid_grant", "invalid email|user id|not a valid email", _USER),
    _row("invalid_grant", "signature|no valid verifier", _KEY),
    _row("invalid_grant", "account not found", _ACCOUNT),
    _row("invalid_grant", "rapt|reauth", _REAUTH),
    _row("invalid_grant", "expired or revoked|revoked", _ENDED),
    _row("invalid_grant", "auth code|code verifier", _CODE),
    _row("invalid_grant", "account (has been )?(deleted|disabled)", _USER),
    _row("invalid_grant", "", _BAD),
    _row("deleted_client", "", Reading("The client was deleted.", f"{_CREDENTIALS} make a new one, or restore it.")),
    _row("disabled_client", "", Reading("The client was switched off.", "Enable it, or its project, at Google.")),
    _row("invalid_client", "not found", Reading("There is no such client.", "Check the client id.")),
    _row("invalid_client", "", _SECRET),
    _row("restricted_client", "", Reading("The client may not ask for mail.", f"{_CREDENTIALS} use one that may.")),
    _row("redirect_uri_mismatch", "", Reading("The client may not send a browser here.", "Register a desktop app.")),
    _row("admin_policy_enforced", "", _POLICY),
    _row("access_not_configured", "", _POLICY),
    _row(
        "org_internal",
        "",
        Reading("The app is for its own organisation.", "Sign in as a user of that, or register an app in this one."),
    ),
    _row(
        "access_denied",
        "",
        Reading(
            "Who signed in did not agree, or may not.",
            f"{_AGAIN} Agree to what is asked. An app in test mode lets in those alone that are its test users.",
        ),
    ),
)
