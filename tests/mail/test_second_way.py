"""Servers that do not know what they announce are asked in a second way, and never asked for a password twice."""

from __future__ import annotations

import pytest

from tests.servers.scripted import Cut, Rule, ScriptedServer
from tui_migrate import __version__
from tui_migrate.errors import Disconnected, LoginRefused, MailError
from tui_migrate.mail import sasl
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.model import AdminLogin, Login, Secret, Security, Server

LOGIN = Login("u", Secret("secret"))
CAPABILITIES = "IMAP4rev1 AUTH=PLAIN SASL-IR"


def logged_in(scripted: ScriptedServer, lessons: Lessons, login: Login = LOGIN) -> list[bytes]:
    """The commands of one login and what follows it."""
    before = len(scripted.commands)
    session = Session(Server(scripted.host, security=Security.NONE, port=scripted.port), login, lessons=lessons)
    session.ping()
    session.hang_up()
    return scripted.commands[before:]


@pytest.mark.parametrize(
    "answer",
    [
        b"BAD Unsupported authentication mechanism",
        b"BAD Command unrecognized: AUTHENTICATE",
        b"BAD [CLIENTBUG] what",
        b"NO AUTHENTICATE: unsupported authentication mechanism",
        b"NO [CANNOT] mechanism PLAIN is not enabled here",
        b"NO auth type not supported",
    ],
)
@pytest.mark.parametrize("capabilities", [CAPABILITIES, "IMAP4rev1 AUTH=PLAIN"])
def test_login_where_authenticate_is_not_known(answer: bytes, capabilities: str) -> None:
    lessons = Lessons()
    with ScriptedServer([Rule("AUTHENTICATE .*", b"TAG " + answer + b"\r\n")], capabilities) as scripted:
        assert logged_in(scripted, lessons)[:2] == [b"AUTHENTICATE", b"LOGIN"]
        assert logged_in(scripted, lessons)[0] == b"LOGIN"
    (learned,) = lessons.learned
    assert (learned.lesson, learned.words) == (Lesson.LOGIN, answer.decode())


@pytest.mark.parametrize(
    "answer",
    [
        b"NO [AUTHENTICATIONFAILED] unsupported mechanism",
        b"BAD [AUTHENTICATIONFAILED] no",
        b"BAD Invalid user or password",
        b"BAD account locked",
        b"NO [UNAVAILABLE] mechanism not supported just now",
        b"NO [PRIVACYREQUIRED] mechanism not supported without TLS",
        b"NO AUTHENTICATE failed.",
        b"BAD AUTHENTICATE failed.",
        b"NO Invalid credentials for this mechanism",
        b"NO too many connections",
        b"NO",
    ],
)
def test_no_second_password_where_the_first_may_have_been_tried(answer: bytes) -> None:
    with ScriptedServer([Rule("AUTHENTICATE .*", b"TAG " + answer + b"\r\n")], CAPABILITIES) as scripted:
        with pytest.raises(MailError):
            logged_in(scripted, lessons := Lessons())
        assert (scripted.commands, lessons.learned) == ([b"AUTHENTICATE"], ())


def test_a_bad_behind_the_password_is_about_the_password_unless_it_says_otherwise() -> None:
    assert sasl.not_known("BAD", "", "BAD what", responded=False)
    assert not sasl.not_known("BAD", "", "BAD what", responded=True)
    assert sasl.not_known("BAD", "", "BAD unsupported mechanism", responded=True)


def test_a_login_that_is_refused_too_teaches_nothing() -> None:
    rules = [
        Rule("AUTHENTICATE .*", b"TAG BAD what\r\n"),
        Rule("LOGIN .*", b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n"),
    ]
    lessons = Lessons()
    with (
        ScriptedServer(rules, CAPABILITIES) as scripted,
        pytest.raises(LoginRefused, match="refused the login of u") as raised,
    ):
        logged_in(scripted, lessons)
    assert raised.value.server_words == "NO [AUTHENTICATIONFAILED] wrong"
    assert lessons.learned == ()


def test_a_server_that_hangs_up_behind_its_bad_gets_login_next_time() -> None:
    rules = [Rule("AUTHENTICATE .*", b"TAG BAD what\r\n"), Rule("LOGIN .*", Cut(), times=1)]
    lessons = Lessons()
    with ScriptedServer(rules, CAPABILITIES) as scripted:
        with pytest.raises(Disconnected):
            logged_in(scripted, lessons)
        assert logged_in(scripted, lessons)[0] == b"LOGIN"


@pytest.mark.parametrize(
    ("capabilities", "login"),
    [
        (f"{CAPABILITIES} LOGINDISABLED", LOGIN),
        (CAPABILITIES, Login("u", Secret(""), AdminLogin("root", Secret("secret"), "authzid"))),
    ],
)
def test_where_login_cannot_do_it_authenticate_stays(capabilities: str, login: Login) -> None:
    lessons = Lessons()
    with ScriptedServer([Rule("AUTHENTICATE .*", b"TAG BAD what\r\n")], capabilities) as scripted:
        lessons.meet(capabilities.upper().split())
        lessons.learn(Lesson.LOGIN)
        with pytest.raises(LoginRefused):
            logged_in(scripted, lessons, login)
        assert scripted.commands == [b"AUTHENTICATE"]


def test_the_password_is_not_among_the_words_that_are_kept() -> None:
    rule = Rule("AUTHENTICATE PLAIN (.*)", b"TAG BAD cannot read AHUAc2VjcmV0 of secret\r\n")
    with ScriptedServer([rule], CAPABILITIES) as scripted:
        logged_in(scripted, lessons := Lessons())
    (learned,) = lessons.learned
    assert "secret" not in learned.words
    assert "AHUAc2VjcmV0" not in learned.words


@pytest.mark.parametrize(
    ("capabilities", "after", "introduced"),
    [
        ("IMAP4rev1 AUTH=PLAIN SASL-IR ID", b"", True),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR ID", b"[CAPABILITY IMAP4rev1 UIDPLUS] ", True),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR", b"[CAPABILITY IMAP4rev1 ID] ", True),
        ("IMAP4rev1 AUTH=PLAIN SASL-IR", b"", False),
    ],
)
def test_who_we_are_is_said_before_anything_else_where_it_may_be(
    capabilities: str, after: bytes, introduced: bool
) -> None:
    rules = [
        Rule("AUTHENTICATE .*", b"TAG OK " + after + b"in\r\n"),
        Rule("ID .*", b'* ID ("name" "x")\r\nTAG OK\r\n'),
    ]
    with ScriptedServer(rules, capabilities) as scripted:
        commands = [each for each in logged_in(scripted, Lessons()) if each not in (b"AUTHENTICATE", b"CAPABILITY")]
        assert scripted.unexpected == []
    name = b'ID ("name" "tui-migrate" "version" "%s")' % __version__.encode()
    assert commands == ([name, b"NOOP"] if introduced else [b"NOOP"])


def test_a_server_that_does_not_know_id_after_all_is_used_all_the_same() -> None:
    with ScriptedServer([Rule("ID .*", b"TAG BAD what\r\n")], f"{CAPABILITIES} ID") as scripted:
        assert logged_in(scripted, Lessons())[-1] == b"NOOP"
