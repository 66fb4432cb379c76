"""A provider of the tests with its clients, where tokens are asked for and people sign in."""

from __future__ import annotations

import http.client
import ssl
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.servers.authorization.clients import Client
from tests.servers.authorization.google import Google
from tests.servers.authorization.keys import signing_key
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.providers import Provider as AnyProvider
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.certificates import Certificates
from tui_migrate.mail.oauth import google
from tui_migrate.mail.oauth.asking import asking
from tui_migrate.mail.oauth.signing_in import SigningIn, ToEnter, ToOpen
from tui_migrate.model import ImapServer, Login, Secret, TokenLogin
from tui_migrate.model.clouds import CLOUD_WORDS, CLOUDS, Cloud
from tui_migrate.model.tokens import Provider, SignIn
from tui_migrate.store.grants import StoredGrants

ANNA = "anna@old.example"
MAIL, OWN = "https://mail.here", "https://own.here"
IMAP = f"{OWN}/IMAP.AccessAsUser.All"
KEY = signing_key("app")
SERVERS = {"microsoft": Microsoft, "google": Google, "custom": AnyProvider}


class Place:
    """A provider with its clients, and who signs in there."""

    def __init__(self, kind: str, certificates: Certificates, patch: pytest.MonkeyPatch) -> None:
        self.kind = kind
        clients = [
            Client("app", secret="word", scopes={f"{MAIL}/.default", "mail"}),
            Client("cert", keys=(KEY,), scopes={f"{MAIL}/.default"}),
            Client("public", scopes={IMAP, google.SCOPE, "mail"}),
            Client("desktop", secret="word", scopes={google.SCOPE, "mail"}),
            Client("mover@project.example", keys=(KEY,), scopes={google.SCOPE}),
        ]
        self.server = AuthorizationServer(SERVERS[kind](), clients, {ANNA}, tls=certificates.good.context())
        self.server.books.lifetimes.interval = 0  # nobody waits to be asked again
        self.ca = certificates.ca_file
        self.like = ImapServer("imap.example", ca_file=str(certificates.ca_file))
        patch.setitem(CLOUD_WORDS, "here", "here")
        patch.setitem(CLOUDS, "here", Cloud("here", f"{self.server.host}:{self.server.port}", MAIL, OWN))
        patch.setattr(google, "TOKEN_URL", self.server.url("/token"))
        patch.setattr(google, "AUTHORIZATION_URL", self.server.url("/o/oauth2/v2/auth"))

    def login(self, sign_in: SignIn, client: str, secret: str = "") -> TokenLogin:
        more: dict[str, object] = {"client_id": client, "sign_in": sign_in}
        if secret:
            more["secret"] = Secret(secret)
        if self.kind == "microsoft":
            more |= {"provider": Provider.MICROSOFT, "tenant": "contoso.example", "cloud": "here"}
        elif self.kind == "google":
            more |= {"provider": Provider.GOOGLE}
        else:
            urls = {"token_url": self.server.url("/token"), "authorization_url": self.server.url("/authorize")}
            more |= {"provider": Provider.CUSTOM, "scope": "mail", **urls}
        return TokenLogin(**more)  # type: ignore[arg-type]

    def browse(self, url: str, user: str | None = ANNA) -> str:
        """Open this address as somebody who says yes; None: no. Returns where the browser ends."""
        self.server.in_browser = user
        parts = urlsplit(url)
        context = ssl.create_default_context(cafile=self.ca)
        with closing(http.client.HTTPSConnection(parts.netloc, context=context)) as browser:
            browser.request("GET", f"{parts.path}?{parts.query}")
            return str(browser.getresponse().headers["Location"])

    def obey(self, step: object, user: str | None = ANNA) -> None:
        """Do what a sign-in asks for."""
        if isinstance(step, ToEnter):
            self.server.enter(step.code, user or ANNA, approved=user is not None)
        elif isinstance(step, ToOpen):
            threading.Thread(target=_land, args=(self.browse(step.url, user),)).start()

    def sign_in(self, login: TokenLogin, grants: StoredGrants, user: str | None = ANNA) -> str:
        def told(step: ToEnter | ToOpen) -> None:
            self.obey(step, user)

        found = SigningIn(login, self.like, ANNA, told).run(lambda secret: grants.put(ANNA, secret))
        assert found is not None
        return found.granted.token.reveal()

    def ask(self, login: TokenLogin, grants: StoredGrants | None = None) -> str:
        return asking(Login(ANNA, Secret(""), token=login, grants=grants), self.like).ask().token.reveal()


def _land(address: str) -> None:
    back = urlsplit(address)
    with closing(http.client.HTTPConnection(back.netloc)) as browser:
        browser.request("GET", f"{back.path or '/'}?{back.query}")
        browser.getresponse().read()
