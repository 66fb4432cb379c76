"""Logging in with a token: what is said to the server, and what of its answers is shown."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.proxies import CapabilityProxy
from tests.servers.scripted import Rule, ScriptedServer
from tests.support.doorman import Doorman
from tests.support.tokens import KEY, TokenOffice, token
from tui_migrate.errors import Disconnected, LoginRefused, MailError, NoToken, Throttled, TokenRefused
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.probe import probe
from tui_migrate.model import ImapServer, Login, Secret, Security, Server, TokenLogin

HOST = "127.0.0.1"
SECRET = "ya29.very-secret"


@pytest.fixture(scope="module")
def dovecot(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory(DovecotOptions(token_key=KEY))


@pytest.fixture
def office(tmp_path: Path) -> TokenOffice:
    return TokenOffice(tmp_path / "tokens")


def at(port: int, office: TokenOffice) -> Server:
    return ImapServer(HOST, security=Security.NONE, port=port, token=TokenLogin(office.command))


def login(user: str, office: TokenOffice) -> Login:
    return Login(user, Secret(""), token=TokenLogin(office.command))


def enter(port: int, user: str, office: TokenOffice) -> None:
    open_source(at(port, office), login(user, office)).close()


def refusal(port: int, user: str, office: TokenOffice) -> MailError:
    with pytest.raises(MailError) as caught:
        enter(port, user, office)
    return caught.value


@pytest.mark.parametrize(
    "removed",
    [(), ("SASL-IR",), ("AUTH=OAUTHBEARER",), ("AUTH=OAUTHBEARER", "SASL-IR")],
    ids=["OAUTHBEARER", "OAUTHBEARER after a go-ahead", "XOAUTH2", "XOAUTH2 after a go-ahead"],
)
def test_a_token_lets_its_mailbox_in_and_no_other(
    dovecot: Dovecot, office: TokenOffice, unique_user: Callable[[], str], removed: tuple[str, ...]
) -> None:
    user, other = unique_user(), unique_user()
    for each in (user, other):
        dovecot.add_user(each, "never used")
    office.grant(user)
    office.grant(other, token(user))
    with CapabilityProxy(dovecot.port, removed) as proxy:
        enter(proxy.port, user, office)
        error = refusal(proxy.port, other, office)
    mechanism = "XOAUTH2" if removed[:1] == ("AUTH=OAUTHBEARER",) else "OAUTHBEARER"
    assert (type(error), error.sentence) == (TokenRefused, f"{HOST} refused the token for {other}.")
    assert error.command == f"AUTHENTICATE {mechanism}"
    assert error.server_words.startswith("NO [AUTHENTICATIONFAILED] Authentication failed. {")
    assert ("invalid_token" if mechanism == "OAUTHBEARER" else '"schemes":"bearer"') in error.server_words
    assert token(user) not in error.server_words


def test_a_kept_token_that_has_become_worthless_is_replaced_on_the_spot(office: TokenOffice) -> None:
    office.grant("alice", SECRET, "3600")
    rules = [
        Rule("AUTHENTICATE.*", b"TAG OK in\r\n", times=2),
        Rule("AUTHENTICATE.*", b"TAG NO [AUTHENTICATIONFAILED] it was withdrawn\r\n", times=1),
    ]
    with ScriptedServer(rules, "IMAP4rev1 AUTH=OAUTHBEARER SASL-IR") as server:
        enter(server.port, "alice", office)
        enter(server.port, "alice", office)
        assert office.calls == ["alice"], "it is kept as long as it is said to be good"
        enter(server.port, "alice", office)
        assert office.calls == ["alice", "alice"]
    assert server.commands.count(b"AUTHENTICATE") == 4


def challenge(text: str) -> bytes:
    return b"+ " + base64.b64encode(text.encode()) + b"\r\n"


SORRY = '{"status":"invalid_token",\n "scope":"https://mail.example/"}'


@pytest.mark.parametrize(
    ("mechanism", "apology"), [("OAUTHBEARER", b"AQ=="), ("XOAUTH2", b"")], ids=["OAUTHBEARER", "XOAUTH2"]
)
def test_a_server_that_says_why_is_answered_and_understood(office: TokenOffice, mechanism: str, apology: bytes) -> None:
    office.grant("alice", SECRET)
    greeting = f"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH={mechanism}] ready\r\n".encode()
    answers = {"AUTHENTICATE": challenge(SORRY), "+": b"T1 NO go away\r\n"}
    with Doorman(greeting, answers) as server:
        error = refusal(server.port, "alice", office)
    assert server.lines[1] == apology
    assert error.server_words == 'NO go away {"status":"invalid_token", "scope":"https://mail.example/"}'
    response = base64.b64decode(server.lines[0].split(b" ")[-1]).decode()
    assert (
        response
        == {
            "OAUTHBEARER": f"n,a=alice,\x01host={HOST}\x01port={server.port}\x01auth=Bearer {SECRET}\x01\x01",
            "XOAUTH2": f"user=alice\x01auth=Bearer {SECRET}\x01\x01",
        }[mechanism]
    )


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (f"+ {SECRET}\r\n".encode(), TokenRefused, "NO go away •••"),
        (challenge(f"what is {SECRET}?"), TokenRefused, "NO go away what is •••?"),
        (b"T1 NO what is LINE\r\n", TokenRefused, "NO what is T1 AUTHENTICATE OAUTHBEARER •••"),
        (b"T1 NO [UNAVAILABLE] later\r\n", Throttled, "NO [UNAVAILABLE] later"),
        (b"* BYE not today\r\n", Disconnected, "BYE not today"),
    ],
)
def test_no_word_of_a_server_gives_the_token_away(
    office: TokenOffice, answer: bytes, kind: type[MailError], words: str
) -> None:
    office.grant("alice", SECRET)
    greeting = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2] ready\r\n"
    with Doorman(greeting, {"AUTHENTICATE": answer, "+": b"T1 NO go away\r\n"}) as server:
        error = refusal(server.port, "alice", office)
    assert (type(error), error.server_words) == (kind, words)


def test_commas_and_equals_signs_of_a_name_end_no_part_of_the_message(office: TokenOffice) -> None:
    """saslname, RFC 5801 section 4."""
    office.grant("a=b,c", SECRET)
    greeting = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready\r\n"
    with Doorman(greeting, {"AUTHENTICATE": b"T1 NO\r\n"}) as server:
        refusal(server.port, "a=b,c", office)
    assert base64.b64decode(server.lines[0].split(b" ")[-1]).startswith(b"n,a=a=3Db=2Cc,\x01host=")


def test_a_server_without_a_login_by_token_is_told_before_the_command_is_run(
    dovecot_factory: DovecotFactory, office: TokenOffice
) -> None:
    dovecot = dovecot_factory()
    error = refusal(dovecot.port, "alice", office)
    assert type(error) is LoginRefused
    assert error.sentence == f"{HOST} does not offer a login with a token (OAUTHBEARER or XOAUTH2)."
    assert "AUTH=PLAIN" in error.server_words
    assert office.calls == []
    assert probe(at(dovecot.port, office)).refusal == error.sentence


def test_a_connection_test_needs_no_password(
    dovecot: Dovecot, office: TokenOffice, unique_user: Callable[[], str]
) -> None:
    user = unique_user()
    dovecot.add_user(user, "never used")
    office.grant(user)
    server = at(dovecot.port, office)
    seen = probe(server, login(user, office))
    assert (seen.refusal, seen.logged_in) == ("", True)
    (office.folder / f"{user}.token").unlink()
    seen = probe(server, login(user, office))
    assert seen.refusal == "The token command sh ended with code 1."
    assert "No such file" in seen.server_words
    assert seen.advice == f"{NoToken.advice} Then try again."
    assert seen.reached
