"""Access tokens as a provider signs them (JWT, RFC 7519), and a command that prints them and keeps count."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

KEY = "a key of thirty-two octets or so"


def token(user: str, *, key: str = KEY, lifetime: float = 3600.0) -> str:
    """Lets `user` in, at a server that has this key."""
    claims = {"sub": user, "exp": int(time.time() + lifetime)}
    signed = f"{_text({'alg': 'HS256', 'typ': 'JWT'})}.{_text(claims)}"
    return f"{signed}.{_encoded(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


class TokenOffice:
    """A command that prints what lies in a folder for a user. `calls` tells whom it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._log = folder / "calls"
        self._log.touch()
        script = folder / "print-token"
        script.write_text(f'echo "$1" >> "{self._log}"\ncat "{folder}/$1.token"\n')
        self.command = f"sh {script} {{user}}"

    def grant(self, user: str, *lines: str) -> None:
        """What is printed for this user from now on: a good token, unless a test says otherwise."""
        (self.folder / f"{user}.token").write_text("\n".join(lines or (token(user),)))

    @property
    def calls(self) -> list[str]:
        """The users that it was run for, in order."""
        return self._log.read_text().splitlines()


def _text(fields: dict[str, object]) -> str:
    return _encoded(json.dumps(fields).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
