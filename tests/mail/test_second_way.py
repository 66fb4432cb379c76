"""Servers that do not know what they announce are asked in a second way, and never asked for a password twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from tests.servers.loopback_server import Cut
from tests.servers.scripted import Rule, ScriptedServer
from tui_migrate import __version__
from tui_migrate.errors import Disconnected, LoginRefused, MailError
from tui_migrate.mail import sasl
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.protocols import FolderRefused, Listed, ListedFolder, MailSource, Read, Step
from tui_migrate.model import AdminLogin, ImapServer, Login, Secret, Security

LOGIN = Login("u", Secret("secret"))
CAPABILITIES = "IMAP4rev1 AUTH=PLAIN SASL-IR"


def logged_in(scripted: ScriptedServer, lessons: Lessons, login: Login = LOGIN) -> list[bytes]:
    """The commands of one login and what follows it."""
    before = len(scripted.commands)
    session = Session(ImapServer(scripted.host, security=Security.NONE, port=scripted.port), login, lessons=lessons)
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
        b"NO AUTHENTICATE PLAIN is not allowed here",
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
        b"NO AUTHENTICATE: this account is disabled",
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


NO_EXAMINE = Rule("EXAMINE .*", b"TAG BAD Command unrecognized: EXAMINE\r\n")
NOT_OPEN = b"TAG BAD no folder is open\r\n"


def folder(name: str) -> ListedFolder:
    return ListedFolder(name.encode(), (name,))


def selected(name: str, *uids: int) -> list[Rule]:
    """A folder that only SELECT opens. What is sent behind an EXAMINE finds none open."""
    listed = b"".join(b"* 1 FETCH (UID %d FLAGS () RFC822.SIZE 9)\r\n" % uid for uid in uids)
    bodies = b"".join(b"* 1 FETCH (UID %d BODY[] {3}\r\n%s\r\n)\r\n" % (uid, name.encode()) for uid in uids)
    opened = f"* {len(uids)} EXISTS\r\n* OK [UIDVALIDITY 7] yes\r\nTAG OK [READ-WRITE] done\r\n"
    return [
        Rule(f'SELECT "{name}"', opened.encode()),
        Rule(f"UID FETCH {uids[0]}:.*SIZE.*", listed + b"TAG OK done\r\n"),
        Rule(f"UID FETCH {uids[0]}(:.*)? .*BODY.PEEK.*", bodies + b"TAG OK done\r\n"),
    ]


@contextmanager
def source(lessons: Lessons, *rules: Rule) -> Iterator[tuple[MailSource, ScriptedServer]]:
    with ScriptedServer(rules, CAPABILITIES) as server:
        there = ImapServer(server.host, security=Security.NONE, port=server.port)
        with closing(open_source(there, LOGIN, lessons=lessons)) as opened:
            yield opened, server
    assert server.unexpected == []


def read(opened: MailSource, *folders: ListedFolder) -> list[Step]:
    return list(opened.read(folders, lambda listed: listed.messages))


def arrived(steps: Sequence[Step]) -> list[tuple[str, int]]:
    return [(step.folder.decode(), step.message.listed.uid) for step in steps if isinstance(step, Read)]


def test_select_where_examine_is_not_known() -> None:
    lessons = Lessons()
    behind = Rule("UID FETCH .*", NOT_OPEN, times=2)
    with source(lessons, NO_EXAMINE, behind, *selected("a", 1, 2), *selected("b", 1, 2)) as (opened, server):
        assert arrived(read(opened, folder("a"), folder("b"))) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
        assert [each for each in server.commands if b"BODY" in each and b"PEEK" not in each] == []
        before = len(server.commands)
        assert arrived(read(opened, folder("b"))) == [("b", 1), ("b", 2)]
        assert not [each for each in server.commands[before:] if each.startswith(b"EXAMINE")]
    (learned,) = lessons.learned
    assert (learned.lesson, learned.words) == (Lesson.SELECT, "BAD Command unrecognized: EXAMINE")


def test_what_was_chosen_before_is_read_there_too() -> None:
    chosen = ListedFolder(b"a", ("a",), chosen=tuple(Listed(uid, frozenset(), b"", 0, 9) for uid in (1, 2)))
    with source(Lessons(), NO_EXAMINE, Rule("UID FETCH .*", NOT_OPEN, times=1), *selected("a", 1, 2)) as (opened, _):
        assert arrived(read(opened, chosen)) == [("a", 1), ("a", 2)]


def test_a_server_that_goes_on_with_the_folder_before_is_not_believed() -> None:
    """What answers the FETCH behind the refused EXAMINE is another folder's message."""
    opened_once = Rule('EXAMINE "a"', b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] yes\r\nTAG OK done\r\n", times=1)
    of_a = Rule("UID FETCH .*", b"* 1 FETCH (UID 1 BODY[] {3}\r\na\r\n)\r\nTAG OK done\r\n", times=2)
    chosen = [ListedFolder(name.encode(), (name,), chosen=(Listed(1, frozenset(), b"", 0, 9),)) for name in ("a", "b")]
    with source(Lessons(), opened_once, NO_EXAMINE, of_a, *selected("b", 1)) as (opened, server):
        contents = {
            step.folder: b"".join(step.message.content.chunks())
            for step in read(opened, *chosen)
            if isinstance(step, Read)
        }
        assert contents == {b"a": b"a\r\n", b"b": b"b\r\n"}
        assert sum(each.startswith(b"UID FETCH") for each in server.commands) == 3


def test_a_folder_that_neither_opens_is_refused_and_teaches_nothing() -> None:
    lessons = Lessons()
    refuse = Rule("(EXAMINE|SELECT) .*", b"TAG BAD Command Argument Error\r\n")
    with source(lessons, refuse, Rule("UID FETCH .*", NOT_OPEN)) as (opened, _):
        (step,) = read(opened, folder("a"))
    assert isinstance(step, FolderRefused)
    assert step.error.server_words == "BAD Command Argument Error"
    assert lessons.learned == ()


def test_select_for_whoever_looks_what_is_there() -> None:
    lessons = Lessons()
    searched = Rule("UID SEARCH UID 1:.*", b"* SEARCH 1 2\r\nTAG OK done\r\n")
    rules = [NO_EXAMINE, Rule("UID FETCH .*", NOT_OPEN, times=1), searched, *selected("a", 1, 2)]
    with source(lessons, *rules) as (opened, server):
        look = opened.look()
        assert [each.uid for each in look.listing(b"a")] == [1, 2]
        assert [each.uid for each in look.listing(b"a")] == [1, 2]
        assert sum(each.startswith(b"EXAMINE") for each in server.commands) == 1
    assert lessons.knows(Lesson.SELECT)
