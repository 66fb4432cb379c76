"""Exchange with tokens: an app impersonates each mailbox, and a token that ends meanwhile is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.exchange_mail import ExchangeMove, mail
from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.certificates import Certificates
from tests.servers.exchange.logins import Accounts
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tui_migrate.model.clouds import CLOUD_WORDS, CLOUDS, Cloud

pytestmark = pytest.mark.usefixtures("memory")

ANNA, BERT = "anna@old.example", "bert@old.example"
MAIL = "https://mail.here"


@pytest.fixture
def office(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuthorizationServer]:
    app = Client("app", secret="word", scopes={f"{MAIL}/.default"}, mailboxes={ANNA})
    with AuthorizationServer(Microsoft(), [app], {ANNA, BERT}, tls=certificates.good.context()) as server:
        monkeypatch.setitem(CLOUD_WORDS, "here", "here")
        where = f"{server.host}:{server.port}"
        monkeypatch.setitem(CLOUDS, "here", Cloud("here", where, MAIL, "https://own.here", "https://graph.here"))
        yield server


@pytest.fixture
def double(office: AuthorizationServer, certificates: Certificates) -> Iterator[ExchangeDouble]:
    box = ExchangeMailbox(ANNA)
    inbox = box.add_folder("Inbox", "inbox")
    for number in range(120):
        inbox.add(mail(number))
    accounts = Accounts(offers=("Bearer",), tokens=office)
    with ExchangeDouble(box, tls=certificates.good.context(), accounts=accounts) as server:
        yield server


@pytest.fixture
def move(double: ExchangeDouble, certificates: Certificates, tmp_path: Path) -> ExchangeMove:
    secret = tmp_path / "app.secret"
    secret.touch(0o600)
    secret.write_text("word")
    oauth = {"provider": "microsoft", "client_id": "app", "tenant": "contoso.example", "cloud": "here"}
    return ExchangeMove(tmp_path, double, certificates, oauth={**oauth, "secret_file": secret.name})


def test_an_app_moves_a_mailbox_that_it_impersonates(move: ExchangeMove, office: AuthorizationServer) -> None:
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 120), str(ended)
    move.assert_exact()
    assert {request.user for request in move.server.requests("GetItem")} == {ANNA}
    assert len(office.forms()) == 1


def test_a_token_that_ends_meanwhile_is_replaced(move: ExchangeMove, office: AuthorizationServer) -> None:
    def made(nth: int) -> bytes:
        office.books.ahead += 3601 if nth == 1 else 0
        return mail(500)

    move.server.directory.mailboxes[ANNA].roles["inbox"].add(mail(500), remade=made)
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 121), str(ended)
    assert len(office.forms()) == 2
    assert "Bearer" in move.server.accounts.refused


def test_a_mailbox_that_the_app_may_not_open_fails_and_says_so(move: ExchangeMove, office: AuthorizationServer) -> None:
    office.books.clients["app"].mailboxes = {BERT}
    ended = move.run()
    assert ended.code == 1, str(ended)
    assert "ErrorImpersonateUserDenied" in str(ended)


def test_sign_in_says_what_became_of_the_token(move: ExchangeMove) -> None:
    assert (told := move.cli("sign-in", move.plan)).startswith("0 "), told
    assert ANNA in told
