"""Who is asked for a mailbox's access token, and how."""

from __future__ import annotations

from tui_migrate.errors import SignInNeeded
from tui_migrate.mail.oauth import command
from tui_migrate.mail.oauth.endpoint import Fresh, Way
from tui_migrate.mail.oauth.google import ServiceAccount, installed
from tui_migrate.mail.oauth.microsoft import Microsoft
from tui_migrate.mail.oauth.standard import Standard
from tui_migrate.mail.token import Asking, Granted
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Login, NetworkServer, TokenLogin
from tui_migrate.model.grants import Grants
from tui_migrate.model.tokens import Provider

Signed = Microsoft | Standard
"""Where somebody can sign in."""


def asking(login: Login, server: NetworkServer, tracer: Tracer | None = None) -> Asking:
    """How the token is asked for with which this login opens its mailbox on `server`. Raises NoToken where it is known
    beforehand that there is none."""
    token, user = login.token, login.user
    assert token is not None
    if token.provider is Provider.COMMAND:
        words = command.words_of(token.command, user)
        return Asking(words, lambda: command.ask(words))
    way = Way(server, tracer)
    if not token.by_person:
        app = provider(token, way)
        whose = user if token.provider is Provider.GOOGLE else ""
        return Asking((token, whose), lambda: app.for_app(user))
    grants = login.grants
    if grants is None:
        raise SignInNeeded(f"Nobody has signed in for {user}.")
    owner, by_person = grants.owner(user), signed(token, way)
    return Asking((token, by_person.asked, owner, grants), lambda: _refreshed(grants, owner, by_person))


def provider(token: TokenLogin, way: Way) -> Signed | ServiceAccount:
    """Who gives the tokens, where that is no command."""
    if token.provider is Provider.GOOGLE and not token.by_person:
        return ServiceAccount(token, way)
    return signed(token, way)


def signed(token: TokenLogin, way: Way) -> Signed:
    """The provider, where somebody can sign in."""
    if token.provider is Provider.MICROSOFT:
        return Microsoft(token, way, way.like.kind_name)
    if token.provider is Provider.GOOGLE:
        return installed(token, way)
    return Standard(token, way, token.token_url, token.authorization_url, token.scope)


def _refreshed(grants: Grants, owner: str, by_person: Signed) -> Granted:
    """A token for what somebody has allowed. What replaces the grant is on disk before the token is used: else a crash
    between the two would end it. Raises MailError."""
    with grants.hold(owner) as grant:
        try:
            found: Fresh = by_person.refresh(grant.refresh_token)
        except SignInNeeded as error:
            grant.end(error.server_words)
            raise
        if found.refresh_token is not None:
            grant.renew(found.refresh_token)
    return found.granted
