"""What mail servers say to a token that its provider has given: by provider, where that matters, and words.

From https://learn.microsoft.com/exchange/client-developer/legacy-protocols (IMAP, POP and SMTP with OAuth) and
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol, read in November 2026, and from what other clients
have met.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui_migrate.mail.oauth.readings.reading import Reading


class Row(NamedTuple):
    """The first that fits is taken."""

    provider: str
    """Empty: any."""
    words: re.Pattern[str]
    reading: Reading


def _row(provider: str, words: str, reading: Reading) -> Row:
    return Row(provider, re.compile(words, re.I), reading)


_GIVE = "Add-MailboxPermission -Identity MAILBOX -User OBJECT-ID -AccessRights FullAccess"
_OFF = Reading(
    "IMAP (or POP) is off for this mailbox.",
    "Switch it on for the mailbox, and where there is such a switch for the domain: in Exchange "
    "Set-CASMailbox MAILBOX -ImapEnabled $true (-PopEnabled).",
)
_NOT_CONNECTED = Reading(
    "Exchange knows who logs in, and does not open this mailbox for that.",
    f"Give whoever logs in the mailbox ({_GIVE}, for an app the object id of its enterprise application), switch IMAP "
    "on for it, and see that it has a licence. It may take an hour until Exchange knows.",
    passes=True,
)
_EXCHANGE = Reading(
    "Exchange does not accept the token for this mailbox.",
    "Check, where an app logs in by itself: New-ServicePrincipal with the object id of the enterprise application (the "
    f"app registration has another one, and that is the usual mistake); {_GIVE}; consent to IMAP.AccessAsApp. Where "
    "somebody has signed in: that it was this mailbox's user, or one who has full access to it.",
)
_BUSY = Reading("The server does not log anybody in just now.", "Wait: it is tried again.", passes=True)
_GMAIL = Reading(
    "Google does not accept the token for this mailbox.",
    "Check that the user's name is the primary address, that it is who has signed in, and that the scope is "
    "https://mail.google.com/ with its slash.",
)

REPLIES: tuple[Row, ...] = (
    _row("microsoft", "authenticated but not connected", _NOT_CONNECTED),
    _row("", r"(imap|pop)\d? (access )?(is |are )?(currently )?(disabled|not enabled|off)\b", _OFF),
    _row("", r"not enabled for (imap|pop)|enable (imap|pop)|domain policy|protocol.{0,20}disabled", _OFF),
    _row("microsoft", "backend|server busy|temporar|try again", _BUSY),
    _row("microsoft", r"authenticate failed|authentication unsuccessful|authentication failure|LogonDenied", _EXCHANGE),
    _row("google", 'invalid credentials|invalid_token|"status":\\s*"4', _GMAIL),
)
