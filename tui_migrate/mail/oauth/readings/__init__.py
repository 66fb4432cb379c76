"""What a provider means by giving no token: a sentence, what the admin must do, and whether it may pass by itself.
Tables, and a pure function on them.

An answer is known by Microsoft's number, or by its `error` (RFC 6749 section 5.2) and words of its description. Numbers
and words may change; what is in no table is shown in the provider's own words.
"""

from __future__ import annotations

import re

from tui_migrate.mail.oauth.readings.google import ERRORS as _GOOGLE
from tui_migrate.mail.oauth.readings.microsoft import NUMBERS as _MICROSOFT
from tui_migrate.mail.oauth.readings.reading import Reading

__all__ = ["NUMBER", "Reading", "of_refusal"]

NUMBER = re.compile(r"\bAADSTS(\d+)\b")
"""Microsoft's, as it stands in a description."""


def of_refusal(error: str, description: str = "", *, google: bool = False) -> Reading | None:
    """Why there is no token; None for what is in no table. `google`: it was Google that was asked."""
    if (number := NUMBER.search(description)) is not None:
        return _MICROSOFT.get(int(number[1]))
    rows = _GOOGLE if google else ()
    return next((row.reading for row in rows if row.error == error and row.words.search(description)), None)
