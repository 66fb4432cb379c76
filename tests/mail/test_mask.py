"""A password in a server's words: what was echoed is masked, and nothing else is."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage

import pytest

from tests.servers.pop.server import USUAL
from tests.servers.ports import HOST
from tests.servers.scripted import Rule, ScriptedServer
from tests.servers.scripted_pop import Answer, ScriptedPop
from tests.servers.smtp import SmtpServer
from tui_migrate.errors import Disconnected, MailError, NoticeRefused, ProtocolViolation
from tui_migrate.mail import sasl
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.mask import COVER, Mask
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.smtp import open_smtp
from tui_migrate.model import AdminLogin, ImapServer, Login, NoticeSettings, PopServer, Secret, Security


def masked(secret: str, words: str, *names: str) -> str:
    mask = Mask()
    mask.hide(secret, *(names or ("anna", "imap.old.example")))
    return mask.cover(words)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("Kiwi-3f", "NO cannot open INBOX for anna Kiwi-3f today"),
        ("Kiwi-3f", "OK [ALERT] your password is Kiwi-3f."),
        ("Kiwi-3f", "BAD what is LOGIN anna KIWI-3F"),
        ("geheim", "we do not like geheim here"),
        ("p#1", "NO p#1"),
        ("correct horse", "NO user=anna pass=correct  horse"),
        ('a"b\\c', 'NO LOGIN anna "a\\"b\\\\c"'),
        ("wörd", "NO w\\xf6rd"),
        ("wörd&x", "NO http://old.example/?p=w%C3%B6rd%26x"),
        ("Kiwi-3f", f"NO AUTH {base64.b64encode(b'Kiwi-3f').decode()}"),
        ("!start", "NO anna:!start"),
        ("on", 'NO LOGIN "anna" "on"'),
        ("on", "BAD LOGIN anna on"),
        ("on", "-ERR PASS on"),
        ("locked", "NO password: locked"),
        ("locked", "NO password=locked for anna"),
        ("locked", "NO anna/locked"),
        ("p", "NO wrong password p for anna"),
        ("p", "NO (p)"),
        ("anna", "NO LOGIN anna anna"),
        ("1234", "NO anna:1234"),
    ],
)
def test_an_echo_is_masked(secret: str, words: str) -> None:
    found = masked(secret, words)
    assert found.count(COVER) == 1
    rest = found.replace("anna", "", 1) if secret == "anna" else found
    assert secret.casefold() not in rest.casefold().replace("password", "").replace("pass", "").replace("anna", "")


@pytest.mark.parametrize(
    "secret", ["a", "on", "locked", "p", "until", "Monday", "5", "993", "anna", "old", "up", "password"]
)
@pytest.mark.parametrize(
    "words",
    [
        "NO [AUTHENTICATIONFAILED] Authentication failed: your account is locked until Monday, contact support",
        "NO Unsupported option: the password expired on Monday",
        "BYE [LIMIT] 5 connections on port 993 are up for anna at imap.old.example",
        "NO Your password has expired. Locked until a new password is set up on the web",
    ],
)
def test_what_was_not_echoed_stays_as_the_server_said_it(secret: str, words: str) -> None:
    assert masked(secret, words) == words


def test_a_part_of_a_longer_word_is_no_echo() -> None:
    assert masked("Kiwi", "NO Kiwifruit and kiwis are out") == "NO Kiwifruit and kiwis are out"


def test_a_token_is_masked_where_it_was_cut() -> None:
    token = "ya29.A0AfH6SMBx-very-long_token/with+signs=="
    response = base64.b64encode(f"user=anna\x01auth=Bearer {token}\x01\x01".encode()).decode()
    mask = Mask()
    mask.hide(token, "anna", blobs=(token, response))
    for words in (
        f"NO {token[:20]}...",
        f"BAD AUTHENTICATE XOAUTH2 {response[:30]}",
        f"NO {response}",
        f"NO '{token}'",
    ):
        covered = mask.cover(words)
        assert COVER in covered
        assert token[:12] not in covered
        assert response[:12] not in covered


def test_an_error_on_its_way_out_is_covered() -> None:
    mask = Mask()
    mask.hide("Kiwi-3f", "anna")
    with pytest.raises(Disconnected) as raised, mask.covering():
        raise Disconnected("gone", server_words="BYE Kiwi-3f")
    assert raised.value.server_words == f"BYE {COVER}"


def test_nothing_is_masked_where_nothing_is_hidden() -> None:
    assert Mask().cover("NO all of it") == "NO all of it"
    assert masked("", "NO all of it") == "NO all of it"


SECRET = "Kiwi-3f"
LOGIN = Login("anna", Secret(SECRET))
ADMIN = Login("anna", Secret(""), AdminLogin("root", Secret(SECRET)))


def at(port: int) -> ImapServer:
    return ImapServer(HOST, security=Security.NONE, port=port)


@pytest.mark.parametrize(("login", "authzid", "name"), [(LOGIN, "", "anna"), (ADMIN, "anna", "root")])
@pytest.mark.parametrize(
    "answer",
    [
        b"TAG NO [NOPERM] LOGIN Kiwi-3f\r\n",
        b"* BYE Kiwi-3f\r\n",
        b"Kiwi-3f is no IMAP\r\n",
        b"TAG NO AUTHENTICATE PLAIN RESPONSE\r\n",
    ],
)
def test_long_after_the_login_an_imap_server_repeats_it(login: Login, authzid: str, name: str, answer: bytes) -> None:
    response = sasl.plain(authzid, name, SECRET).response
    rules = [Rule("NOOP", b"TAG OK\r\n", times=1), Rule("STATUS.*", answer.replace(b"RESPONSE", response))]
    with ScriptedServer(rules) as server:
        session = Session(at(server.port), login)
        session.ping()
        try:
            final, _ = session.wire.run(b"STATUS INBOX (MESSAGES)")
            words = final.words
        except MailError as error:
            words = error.server_words
        session.hang_up()
    assert COVER in words
    assert SECRET not in words
    assert response.decode() not in words


@pytest.mark.parametrize("capabilities", [USUAL, ("USER",)])
def test_long_after_the_login_a_pop_server_repeats_it(capabilities: Sequence[str]) -> None:
    replies: dict[str, Answer | list[Answer]] = {"STAT": b"-ERR Kiwi-3f\r\n", "NOOP": b"Kiwi-3f\r\n"}
    with ScriptedPop([], capabilities=capabilities, replies=replies) as server:
        session = PopSession(PopServer(HOST, security=Security.NONE, port=server.port), LOGIN)
        assert session.wire.run(b"STAT").words == f"-ERR {COVER}"
        with pytest.raises(ProtocolViolation) as raised:
            session.wire.run(b"NOOP")
        assert raised.value.server_words == f"‹{COVER}›"
        session.hang_up()


def test_long_after_the_login_an_smtp_server_repeats_it() -> None:
    settings = NoticeSettings(HOST, "it@new.example", security=Security.NONE, user="anna", password=Secret(SECRET))
    letter = EmailMessage()
    letter.set_content("done")
    with SmtpServer(logins={"anna": SECRET}) as server:
        server.replies["bob@new.example"] = ["550 5.1.1 anna (Kiwi-3f) may not write to bob"]
        with open_smtp(replace(settings, port=server.port)) as session, pytest.raises(NoticeRefused) as raised:
            session.send(letter, "bob@new.example")
    assert raised.value.server_words == f"550 5.1.1 anna ({COVER}) may not write to bob"
