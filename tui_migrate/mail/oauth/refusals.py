"""What providers say where they give no token, and what helps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tui_migrate.errors import SignInNeeded, TokenDenied

LATER = frozenset({"temporarily_unavailable", "server_error", "rate_limit_exceeded"})
"""Errors that pass by themselves (RFC 6749 section 4.1.2.1)."""
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
"""Errors after which somebody has to sign in again."""
_NUMBER = re.compile(r"\bAADSTS\d+\b")
_LIMIT = 1000


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
    number = _NUMBER.search(str(fields.get("error_description") or ""))
    code = number[0] if number else str(fields.get("error") or "")
    kind = SignInNeeded if signed_in and fields.get("error") in _ENDED else TokenDenied
    what = "no longer gives tokens for this sign-in" if kind is SignInNeeded else "gives no token"
    return kind(f"{host(url)} {what}.", server_words=said, code=code)
