"""Tokens that are asked for here, at a server that checks what it is sent, and what Dovecot makes of them."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import DovecotFactory
from tests.servers.authorization.clients import Client
from tests.servers.authorization.google import Google
from tests.servers.authorization.keys import signing_key
from tests.servers.authorization.microsoft import Microsoft, aadsts
from tests.servers.authorization.providers import Provider as AnyProvider
from tests.servers.authorization.server import AuthorizationServer, busy, unavailable
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.support.oauth import grants_in
from tui_migrate.errors import SignInNeeded, TokenDelayed, TokenDenied
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.oauth import google
from tui_migrate.mail.oauth.asking import asking
from tui_migrate.mail.oauth.signing_in import SigningIn, ToEnter, ToOpen
from tui_migrate.model import ImapServer, Login, Secret, Security, TokenLogin
from tui_migrate.model.clouds import CLOUDS, Cloud
from tui_migrate.model.tokens import Provider, SignIn
from tui_migrate.store.grants import StoredGrants

ANNA = "anna@old.example"
MAIL, OWN = "https://mail.here", "https://own.here"
IMAP = f"{OWN}/IMAP.AccessAsUser.All"
KEY = signing_key("app")
SERVERS = {"microsoft": Microsoft, "google": Google, "custom": AnyProvider}


@pytest.fixture
def grants(tmp_path: Path) -> Iterator[StoredGrants]:
    with grants_in(tmp_path) as found:
        yield found


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
        self.ca = certificates.ca_file
        self.like = ImapServer("imap.example", ca_file=str(certificates.ca_file))
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

    def sign_in(self, login: TokenLogin, grants: StoredGrants, user: str | None = ANNA) -> str:
        def told(step: ToEnter | ToOpen) -> None:
            if isinstance(step, ToEnter):
                self.server.enter(step.code, user or ANNA, approved=user is not None)
                return
            self.server.in_browser = user
            parts = urlsplit(step.url)
            context = ssl.create_default_context(cafile=self.ca)
            with closing(http.client.HTTPSConnection(parts.netloc, context=context)) as browser:
                browser.request("GET", f"{parts.path}?{parts.query}")
                where = browser.getresponse().headers["Location"]
            back = urlsplit(where)

            def land() -> None:
                with closing(http.client.HTTPConnection(back.netloc)) as browser:
                    browser.request("GET", f"{back.path or '/'}?{back.query}")
                    browser.getresponse().read()

            threading.Thread(target=land).start()

        found = SigningIn(login, self.like, ANNA, told).run(lambda secret: grants.put(ANNA, secret))
        assert found is not None
        return found.granted.token.reveal()

    def ask(self, login: TokenLogin, grants: StoredGrants | None = None) -> str:
        return asking(Login(ANNA, Secret(""), token=login, grants=grants), self.like).ask().token.reveal()


@pytest.fixture
def at(certificates: Certificates, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Place]:
    place = Place(request.param, certificates, monkeypatch)
    with place.server:
        yield place


def only(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("at", kinds, indirect=True)


@only("microsoft", "custom")
def test_an_app_by_itself(at: Place) -> None:
    assert at.server.opens(ANNA, at.ask(at.login(SignIn.APP, "app", "word")))
    with pytest.raises(TokenDenied):
        at.ask(at.login(SignIn.APP, "app", "wrong"))
    at.server.play(busy(7))
    with pytest.raises(TokenDelayed):
        at.ask(at.login(SignIn.APP, "app", "word"))
    at.server.play(unavailable())
    with pytest.raises(TokenDelayed):
        at.ask(at.login(SignIn.APP, "app", "word"))


@only("microsoft")
def test_an_app_with_its_certificate(at: Place) -> None:
    for _ in range(2):
        assert at.server.opens(ANNA, at.ask(at.login(SignIn.APP, "cert", KEY.pem)))
    with pytest.raises(TokenDenied, match="gives no token"):
        at.ask(at.login(SignIn.APP, "cert", signing_key("another").pem))
    at.server.books.ahead = 3600
    with pytest.raises(TokenDenied) as caught:
        at.ask(at.login(SignIn.APP, "cert", KEY.pem))
    assert caught.value.code == "AADSTS700024"


@only("google")
def test_a_service_account(at: Place) -> None:
    file = KEY.service_account("mover@project.example", at.server.url("/token"))
    assert at.server.opens(ANNA, at.ask(at.login(SignIn.APP, "", file)))
    at.server.books.clients["mover@project.example"].scopes = {google.SCOPE.rstrip("/")}
    with pytest.raises(TokenDenied) as caught:
        at.ask(at.login(SignIn.APP, "", file))
    assert "unauthorized_client" in caught.value.server_words


@only("microsoft", "google", "custom")
def test_a_browser(at: Place, grants: StoredGrants) -> None:
    client, secret = ("desktop", "word") if at.kind != "microsoft" else ("public", "")
    login = at.login(SignIn.BROWSER, client, secret)
    assert at.server.opens(ANNA, at.sign_in(login, grants))
    for _ in range(3):
        assert at.server.opens(ANNA, at.ask(login, grants))
    with pytest.raises(TokenDenied):
        at.sign_in(login, grants, None)
    at.server.revoke(ANNA)
    with pytest.raises(SignInNeeded):
        at.ask(login, grants)


@only("microsoft")
def test_a_code(at: Place, grants: StoredGrants) -> None:
    at.server.books.lifetimes.interval = 0
    login = at.login(SignIn.DEVICE, "public")
    assert at.server.opens(ANNA, at.sign_in(login, grants))
    assert at.server.opens(ANNA, at.ask(login, grants))
    with pytest.raises(TokenDenied):
        at.sign_in(login, grants, None)
    at.server.play(aadsts(53003))
    with pytest.raises(TokenDenied, match="no longer gives tokens") as caught:
        at.ask(login, grants)
    assert caught.value.code == "AADSTS53003"


@only("google", "microsoft")
def test_dovecot_lets_us_in(at: Place, grants: StoredGrants, dovecot_factory: DovecotFactory) -> None:
    options = DovecotOptions(introspection=at.server.introspection(at.ca))
    dovecot: Dovecot = dovecot_factory(options, fresh=True)
    dovecot.add_user(ANNA, "never used")
    client, secret = ("desktop", "word") if at.kind != "microsoft" else ("public", "")
    login = at.login(SignIn.BROWSER, client, secret)
    at.sign_in(login, grants)
    server = ImapServer("127.0.0.1", security=Security.NONE, port=dovecot.port, token=login, ca_file=str(at.ca))
    mine = Login(ANNA, Secret(""), token=login, grants=grants)
    open_source(server, mine).close()
    before = len(at.server.books.issued)
    open_source(server, mine).close()
    assert len(at.server.books.issued) == before, "the token is kept"
    at.server.books.ahead = 3601
    open_source(server, mine).close()
    assert len(at.server.books.issued) == before + 1, "asked anew once it has ended"
