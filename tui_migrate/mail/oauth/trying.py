"""What stands between a login and its token, looked at one thing after another: before a migration, and where one
fails."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from tui_migrate.errors import NoToken, TokenDenied
from tui_migrate.mail.http import request
from tui_migrate.mail.oauth import refusals
from tui_migrate.mail.oauth.asking import provider
from tui_migrate.mail.oauth.command import words_of
from tui_migrate.mail.oauth.endpoint import Way
from tui_migrate.model import Login, NetworkServer, TokenLogin
from tui_migrate.model.tokens import Provider

CLOCK_SECONDS = 300.0
"""Clocks that differ by more have what is signed here refused, by Microsoft and Google alike."""
_ALWAYS = frozenset({"openid", "profile", "email", "offline_access"})
"""Scopes that are asked for to get a refresh token, and are mostly not told of again."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An authorization server that has answered, over TLS with a certificate that is good for its name."""

    host: str
    ahead: float | None
    """Seconds by which our clock is ahead of its own; None where it does not tell the time."""


def understood(login: Login, server: NetworkServer) -> str:
    """What tokens are asked for with, as an admin calls it. Nobody is asked anything. Raises NoToken, PasswordLost."""
    token = login.token
    assert token is not None
    if token.provider is Provider.COMMAND:
        name = words_of(token.command, login.user)[0]
        if shutil.which(name) is None:
            raise NoToken(f"The token command {name} cannot be run: there is no such program.")
        return f"the token command {name}"
    if token.route is None:
        raise TokenDenied(f"{token.provider} has no sign-in of this kind.")
    return provider(token, Way(server)).understood()


def reach(token: TokenLogin, server: NetworkServer) -> Reached:
    """See that who gives the tokens can be reached, and what time it is there. Nothing secret is sent. Raises
    MailError."""
    parts = urlsplit(provider(token, Way(server)).address)
    answer = request("HEAD", f"https://{parts.netloc}/", like=server)
    ahead = None
    with contextlib.suppress(ValueError):
        ahead = time.time() - parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    return Reached(refusals.host(parts.geturl()), ahead)


def asked(token: TokenLogin, server: NetworkServer) -> str:
    """The scopes that are asked for, with blanks between them."""
    return provider(token, Way(server)).asked


def withheld(wanted: str, given: str) -> list[str]:
    """The scopes that were asked for and not given. Where nothing is said of them, all were (RFC 6749 section 5.1);
    a `.default` of Microsoft's stands for whatever the app is allowed."""
    names = {each.casefold() for each in given.split()}
    return [
        each
        for each in wanted.split()
        if given and each.casefold() not in names and each not in _ALWAYS and not each.endswith("/.default")
    ]
