"""What a provider means by giving no token, and a mail server by not taking one: a sentence, what the admin must do,
and whether it may pass by itself. Tables, and pure functions on them.

An answer is known by Microsoft's number, or by its `error` (RFC 6749 section 5.2) and words of its description. Numbers
and words may change: they choose what is advised. What is in no table is shown in the provider's own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui_migrate.mail.oauth.readings.google import ERRORS as _GOOGLE
from tui_migrate.mail.oauth.readings.microsoft import NUMBERS as _MICROSOFT
from tui_migrate.mail.oauth.readings.reading import Reading
from tui_migrate.mail.oauth.readings.servers import REPLIES as _REPLIES

__all__ = ["Reading", "of_login", "of_refusal"]

_NUMBER = re.compile(r"\bAADSTS(\d{3,8})\b")
_PASSES = frozenset({"temporarily_unavailable", "server_error", "slow_down", "rate_limit_exceeded"})
"""RFC 6749 section 4.1.2.1, RFC 8628 section 3.5; the last is Google's."""


def of_refusal(provider: str, error: str, description: str = "", codes: Sequence[int] = ()) -> Reading | None:
    """Why there is no token; None for what is in no table.

    `provider`: `microsoft`, `google` or another one; `codes`: Microsoft's `error_codes`, without which the number that
    stands in the description is taken.
    """
    known = None
    if provider == "microsoft":
        found = _NUMBER.search(description)
        numbers = [*codes, *([int(found[1])] if found else [])]
        known = next((_MICROSOFT[number] for number in numbers if number in _MICROSOFT), None)
    elif provider == "google":
        known = next((row.reading for row in _GOOGLE if row.error == error and row.words.search(description)), None)
    if known is None and error in _PASSES:
        return Reading("The provider gives no tokens just now.", "Wait: it is asked again.", passes=True)
    return known


def of_login(provider: str, words: str) -> Reading | None:
    """Why a mail server did not take a token, or opened no mailbox for it; None for what is in no table."""
    return next((row.reading for row in _REPLIES if row.provider in (provider, "") and row.words.search(words)), None)
