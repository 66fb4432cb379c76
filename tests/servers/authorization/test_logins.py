"""Tokens at mail servers: those in memory and Dovecot let in who was given one, to his mailbox, and while it lasts."""

from __future__ import annotations

import base64
import imaplib
import poplib
import smtplib
from collections.abc import Callable

import pytest
import requests

from tests.conftest import DovecotFactory, Imap
from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.authorization.support import ANNA, APP, IMAP, Opened, form
from tests.servers.certificates import Certificates
from tests.servers.dovecot import DovecotOptions
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import USUAL, PopDouble
from tests.servers.smtp import SmtpServer

BERT = "bert@old.example"
MECHANISMS = ["XOAUTH2", "OAUTHBEARER"]
APOLOGY = {"XOAUTH2": "", "OAUTHBEARER": "\x01"}


def response(mechanism: str, user: str, token: str) -> str:
    if mechanism == "XOAUTH2":
        return f"user={user}\x01auth=Bearer {token}\x01\x01"
    return f"n,a={user},\x01host=127.0.0.1\x01port=993\x01auth=Bearer {token}\x01\x01"


@pytest.fixture
def server(serve: Opened) -> AuthorizationServer:
    return serve(Microsoft(), Client("app", secret="word", scopes={APP}), Client("public", scopes={IMAP}))


@pytest.fixture
def token(server: AuthorizationServer, http: requests.Session) -> str:
    """Anna's."""
    tenant = "/contoso.example/oauth2/v2.0"
    device = form(server, http, f"{tenant}/devicecode", client_id="public", scope=IMAP)
    server.enter(device["user_code"], ANNA)
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device["device_code"]}
    return str(form(server, http, f"{tenant}/token", client_id="public", **grant)["access_token"])


Enter = Callable[[str, str], bool]


def holds(server: AuthorizationServer, token: str, enter: Enter) -> None:
    """Anna alone is let in, with what she was given alone, for an hour."""
    assert enter(ANNA, token)
    assert not enter(BERT, token)
    assert not enter(ANNA, token[:-1])
    server.books.ahead = 3601
    assert not enter(ANNA, token)
    server.books.ahead = 0
    server.revoke(ANNA)
    assert not enter(ANNA, token)


def by_imap(port: int, mechanism: str, imap: Imap) -> Enter:
    def enter(user: str, token: str) -> bool:
        answers = [response(mechanism, user, token), APOLOGY[mechanism]]
        try:
            return imap(port).authenticate(mechanism, lambda _: answers.pop(0).encode())[0] == "OK"
        except imaplib.IMAP4.error:
            return False

    return enter


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_imap(server: AuthorizationServer, token: str, imap: Imap, mechanism: str) -> None:
    offered = f"{MODERN} AUTH=OAUTHBEARER"
    with ImapDouble([Mailbox(ANNA), Mailbox(BERT)], capabilities=offered) as double:
        double.opens = server.opens
        holds(server, token, by_imap(double.port, mechanism, imap))


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_dovecot_that_asks(
    server: AuthorizationServer,
    token: str,
    imap: Imap,
    dovecot_factory: DovecotFactory,
    certificates: Certificates,
    mechanism: str,
) -> None:
    dovecot = dovecot_factory(DovecotOptions(introspection=server.introspection(certificates.ca_file)), fresh=True)
    for user in (ANNA, BERT):
        dovecot.add_user(user, "never used")
    holds(server, token, by_imap(dovecot.port, mechanism, imap))
    assert len(server.forms("introspection")) == 5


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_pop(server: AuthorizationServer, token: str, mechanism: str) -> None:
    def enter(user: str, token: str) -> bool:
        client = poplib.POP3("127.0.0.1", double.port)
        initial = base64.b64encode(response(mechanism, user, token).encode()).decode()
        try:
            said: bytes = client._shortcmd(f"AUTH {mechanism} {initial}")  # type: ignore[attr-defined]
            return said.startswith(b"+OK")
        except poplib.error_proto:
            return False
        finally:
            client.close()

    capabilities = [*(each for each in USUAL if not each.startswith("SASL")), f"SASL PLAIN {' '.join(MECHANISMS)}"]
    with PopDouble([Mailbox(ANNA), Mailbox(BERT)], capabilities=capabilities) as double:
        double.opens = server.opens
        holds(server, token, enter)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_smtp(server: AuthorizationServer, token: str, mechanism: str) -> None:
    def enter(user: str, token: str) -> bool:
        def answer(challenge: bytes | None = None) -> str:
            return APOLOGY[mechanism] if challenge else response(mechanism, user, token)

        with smtplib.SMTP("127.0.0.1", relay.port) as client:
            client.ehlo()
            try:
                return client.auth(mechanism, answer)[0] == 235
            except smtplib.SMTPAuthenticationError:
                return False

    with SmtpServer(opens=server.opens) as relay:
        holds(server, token, enter)


def test_an_apps_token_opens_every_mailbox_and_an_admins_those_that_he_may_open(
    server: AuthorizationServer, http: requests.Session, token: str
) -> None:
    assert not server.opens(BERT, token)
    server.may_open[ANNA] = {BERT}
    assert server.opens(BERT, token)
    fields = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "word", "scope": APP}
    of_all = form(server, http, "/contoso.example/oauth2/v2.0/token", **fields)["access_token"]
    assert server.opens(ANNA, of_all)
    assert server.opens("chris@old.example", of_all)
