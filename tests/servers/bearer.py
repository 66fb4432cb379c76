"""What a client says to log in with a token (OAUTHBEARER, RFC 7628; XOAUTH2), as servers read it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable

Opens = Callable[[str, str], bool]
"""True when a token (the second) opens the mailbox of a user (the first)."""

_REFUSALS = {
    "XOAUTH2": {"status": "401", "schemes": "bearer", "scope": "https://mail.example/"},
    "OAUTHBEARER": {"status": "invalid_token", "schemes": "bearer"},
}


def bearer_of(response: str) -> tuple[str, str]:
    """User and token, either empty where it is not said."""
    header, *fields = response.split("\x01")
    said = dict(field.split("=", 1) for field in [header, *fields] if "=" in field)
    named = re.match(r"[nyp][^,]*,a=([^,]*),", header)
    user = named[1].replace("=2C", ",").replace("=3D", "=") if named else said.get("user", "")
    kind, _, token = said.get("auth", "").partition(" ")
    return user, token if kind == "Bearer" else ""


def refusal(mechanism: str) -> bytes:
    """Why not, in base64, which the client answers before it is told NO (RFC 7628 section 3.2.3)."""
    return b64encode(json.dumps(_REFUSALS[mechanism]).encode())
