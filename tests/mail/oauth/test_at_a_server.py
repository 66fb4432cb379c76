"""Tokens that are asked for here, at a server that checks what it is sent, and what Dovecot makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import DovecotFactory
from tests.servers.authorization.keys import signing_key
from tests.servers.authorization.microsoft import aadsts
from tests.servers.authorization.server import busy, unavailable
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.support.providers import ANNA, KEY, Place
from tui_migrate.errors import SignInNeeded, TokenDelayed, TokenDenied
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.oauth import google
from tui_migrate.model import ImapServer, Login, Secret, Security
from tui_migrate.model.tokens import SignIn
from tui_migrate.store.grants import StoredGrants


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
