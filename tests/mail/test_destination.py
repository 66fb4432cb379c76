"""A destination's folders are made and opened whatever the server makes of it, and its flags changed as asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.servers.imap.server import MODERN, OLD, ImapDouble
from tests.servers.loopback_server import Cut
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem
from tests.servers.scripted import Rule, ScriptedServer
from tests.support.append_server import batch, message
from tui_migrate.errors import CommandRefused, Disconnected, NameRefused
from tui_migrate.mail.connect import open_destination
from tui_migrate.mail.imap.destination import ImapDestination
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.protocols import MailDestination, NewFolder, Opened, Role, Stored
from tui_migrate.model import ImapServer, Login, Secret, Security
from tui_migrate.timing import USUAL

SPECIAL = "IMAP4rev1 AUTH=PLAIN SASL-IR SPECIAL-USE CREATE-SPECIAL-USE UNSELECT"
OPEN = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 12] ok\r\nTAG OK [READ-WRITE] done\r\n"


@contextmanager
def destination(*rules: Rule, capabilities: str = SPECIAL) -> Iterator[tuple[MailDestination, ScriptedServer]]:
    with ScriptedServer(rules, capabilities) as server:
        opened = open_destination(
            ImapServer(server.host, security=Security.NONE, port=server.port), Login("u", Secret("s"))
        )
        try:
            yield opened, server
        finally:
            opened.close()


def new(name: str, *, create: bool = True, subscribe: bool = False, role: Role | None = None) -> NewFolder:
    return NewFolder(name.encode(), name, create, subscribe, role)


WHAT_THE_SERVER_HAS_NOW = ('LIST "" "*"', 'LSUB "" "*"')
"""Asked once when something was made: names may have become others."""


def commands(server: ScriptedServer) -> list[str]:
    """What was said after the login."""
    left_out = (b"AUTHENTICATE", b"CAPABILITY", b"UNSELECT", b"LOGOUT")
    return [command.decode() for command in server.commands if command not in left_out]


def test_folders_are_made_parents_first_opened_and_subscribed() -> None:
    rules = (Rule("CREATE .*|SUBSCRIBE .*", b"TAG OK done\r\n"), Rule("SELECT .*", OPEN))
    with destination(*rules) as (opened, server):
        wishes = [new("a/b", subscribe=True), new("INBOX", create=False), new("a"), new("S", role=Role.SENT)]
        result = opened.prepare(wishes)
    assert commands(server) == [
        'CREATE "a"',
        'CREATE "S" (USE (\\Sent))',
        'CREATE "a/b"',
        'SELECT "a/b"',
        'SELECT "INBOX"',
        'SELECT "a"',
        'SELECT "S"',
        *WHAT_THE_SERVER_HAS_NOW,
        'SUBSCRIBE "a/b"',
    ]
    assert result[b"a"] == Opened(b"a", uidvalidity=7, uidnext=12, messages=3)
    assert set(result) == {b"a/b", b"INBOX", b"a", b"S"}


def test_folders_that_differ_in_case_alone_are_not_merged_where_case_does_not_count() -> None:
    rules = (
        Rule('CREATE "(?-i:case)"', b"TAG NO [ALREADYEXISTS] Mailbox exists\r\n"),
        Rule("CREATE .*", b"TAG OK done\r\n"),
        Rule("SELECT .*", OPEN),
    )
    with destination(*rules) as (opened, _):
        result = opened.prepare([new("Case"), new("case"), new("other")])
    refused = result[b"case"]
    assert isinstance(refused, CommandRefused)
    assert isinstance(refused, NameRefused)
    assert (refused.taken, refused.sentence) == (True, "The destination does not tell case from Case.")
    assert "ALREADYEXISTS" in refused.server_words
    assert isinstance(result[b"Case"], Opened)
    assert isinstance(result[b"other"], Opened)


def test_a_special_use_that_is_refused_costs_the_use_and_not_the_folder() -> None:
    rules = (
        Rule(r'CREATE "S" \(USE .*', b"TAG NO [USEATTR] another folder has it\r\n"),
        Rule('CREATE "S"', b"TAG OK done\r\n"),
        Rule("SELECT .*", OPEN),
    )
    with destination(*rules) as (opened, server):
        assert isinstance(opened.prepare([new("S", role=Role.SENT)])[b"S"], Opened)
    assert {each.decode() for each in server.unexpected} == {*WHAT_THE_SERVER_HAS_NOW}


@pytest.mark.parametrize("words", [b"NO [ALREADYEXISTS] there", b"NO Mailbox already exists"])
def test_a_folder_that_is_there_already_is_opened(words: bytes) -> None:
    with destination(Rule("CREATE .*", b"TAG " + words + b"\r\n"), Rule("SELECT .*", OPEN)) as (opened, _):
        assert isinstance(opened.prepare([new("a")])[b"a"], Opened)


def test_a_folder_that_cannot_be_made_fails_alone_with_the_reason() -> None:
    rules = (
        Rule('CREATE "no"', b"TAG NO [CANNOT] not such a name\r\n"),
        Rule('SELECT "no"', b"TAG NO [NONEXISTENT] no such folder\r\n"),
        Rule("CREATE .*", b"TAG OK done\r\n"),
        Rule("SELECT .*", OPEN),
    )
    with destination(*rules) as (opened, _):
        result = opened.prepare([new("no"), new("yes")])
    error = result[b"no"]
    assert isinstance(error, CommandRefused)
    assert (error.code, error.server_words) == ("CANNOT", "NO [CANNOT] not such a name")
    assert isinstance(result[b"yes"], Opened)


def test_a_server_that_tells_no_uidnext_has_all_of_the_folder_looked_at() -> None:
    with destination(Rule("SELECT .*", b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK done\r\n")) as (opened, _):
        assert opened.prepare([new("a", create=False)])[b"a"] == Opened(b"a", 7, 1, 3)


@pytest.mark.parametrize(
    ("permanent", "stored"),
    [
        (
            b"* OK [PERMANENTFLAGS (\\Seen \\Flagged \\*)] yes\r\n",
            ["+FLAGS.SILENT ($New \\Seen)", "-FLAGS.SILENT ($Old)"],
        ),
        (b"* OK [PERMANENTFLAGS (\\Seen)] yes\r\n", ["+FLAGS.SILENT (\\Seen)"]),
        (b"* OK [PERMANENTFLAGS ()] none\r\n", []),
        (b"* OK [PERMANENTFLAGS] who knows\r\n", ["+FLAGS.SILENT ($New \\Seen)", "-FLAGS.SILENT ($Old)"]),
        (b"", ["+FLAGS.SILENT ($New \\Seen)", "-FLAGS.SILENT ($Old)"]),
    ],
)
def test_flags_that_the_folder_keeps_are_changed_together(permanent: bytes, stored: list[str]) -> None:
    with destination(Rule("SELECT .*", permanent + OPEN), Rule("UID STORE .*", b"TAG OK done\r\n")) as (opened, server):
        opened.prepare([new("a", create=False)])
        unkept = opened.change_flags(b"a", {(("\\Seen", "$New", "ca\u00e9"), ("$Old",)): [4, 5, 6, 9]})
    assert unkept["ca\u00e9"] == 4
    assert [each for each in commands(server) if "STORE" in each] == [f"UID STORE 4:6,9 {flags}" for flags in stored]


def test_flags_of_too_many_messages_for_one_command_are_changed_in_pieces() -> None:
    """RFC 9738: which of them have been changed is not told for certain."""
    rules = (
        Rule("SELECT .*", OPEN),
        Rule("UID STORE 1:4 .*", b"TAG OK [MESSAGELIMIT 2 3] so many\r\n"),
        Rule("UID STORE 3:4 .*", b"TAG NO [MESSAGELIMIT 1] too many\r\n"),
        Rule("UID STORE .*", b"TAG OK done\r\n"),
    )
    with destination(*rules) as (opened, server):
        opened.change_flags(b"a", {(("\\Seen",), ()): [1, 2, 3, 4]})
        stored = [command.split()[2] for command in commands(server) if command.startswith("UID STORE")]
    assert stored == ["1:4", "1:2", "3:4", "3", "4"]


def test_refused_flags_are_a_failure_of_the_folder() -> None:
    rules = (Rule("SELECT .*", OPEN), Rule("UID STORE .*", b"TAG NO [LIMIT] too many keywords\r\n"))
    with destination(*rules) as (opened, _), pytest.raises(CommandRefused) as raised:
        opened.change_flags(b"a", {(("$New",), ()): [4]})
    assert (raised.value.server_words, raised.value.command) == (
        "NO [LIMIT] too many keywords",
        "UID STORE 4 +FLAGS.SILENT ($New)",
    )


@pytest.mark.parametrize("last", [Cut(), b"* BYE maintenance\r\n"])
def test_a_connection_that_ends_says_so(last: bytes | Cut) -> None:
    with destination(Rule("SELECT .*", last)) as (opened, _):
        with pytest.raises(Disconnected) as raised:
            opened.prepare([new("a", create=False)])
        assert raised.value.retry


APPENDED = Rule("APPEND .*", b"TAG OK [APPENDUID 7 12] done\r\n")


def test_a_connection_with_nothing_to_do_says_so_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    with destination(APPENDED) as (opened, server):
        assert opened.poll(0) == []
        assert commands(server) == [], "it has only just come"
        later = time.monotonic() + USUAL.idle + 1
        monkeypatch.setattr("tui_migrate.mail.imap.destination.time.monotonic", lambda: later)
        assert opened.poll(0) == []
        assert commands(server) == ["NOOP"]
        opened.send(batch(message(1)))
        while opened.in_flight():
            opened.poll(1)
        assert [each.split()[0] for each in commands(server)] == ["NOOP", "APPEND"], "not while it has something to do"


class SlowValve:
    """Every octet takes a second."""

    def __init__(self) -> None:
        self.now = 1000.0

    def piece(self, most: int) -> int:
        return min(most, 1000)

    def passed(self, octets: int) -> None:
        self.now += octets

    def spared(self, octets: int) -> None:
        pass

    def release(self) -> None:
        pass


def test_the_server_s_time_to_answer_begins_when_the_message_has_been_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with destination(APPENDED, capabilities=f"{SPECIAL} LITERAL+") as (opened, _):
        valve = SlowValve()
        monkeypatch.setattr("tui_migrate.mail.imap.destination.time.monotonic", lambda: valve.now)
        opened.send(batch(message(1)))  # whose folder has an unusual name: the server agrees to it once
        while opened.in_flight():
            opened.poll(1)
        opened.through(valve)
        opened.send(batch(message(2, b"x" * 5000)))
        assert valve.now > 1000 + 5000 > 1000 + 10 * USUAL.stall
        results = []
        while opened.in_flight():
            results += opened.poll(1)
        assert [type(each) for each in results] == [Stored]


def listed(*names: str) -> Rule:
    rows = "".join(f'* LIST () "/" "{name}"\r\n' for name in names)
    return Rule('LIST "" .*', f"{rows}TAG OK done\r\n".encode())


NONE_SUBSCRIBED = Rule('LSUB "" .*', b"TAG OK done\r\n")


def refusals(*rules: Rule, names: tuple[str, ...]) -> dict[str, NameRefused | None]:
    """What has come of folders of these names: None for those that were opened."""
    with destination(*rules, NONE_SUBSCRIBED) as (opened, _):
        result = opened.prepare([new(name) for name in names])
    found: dict[str, NameRefused | None] = {}
    for name, outcome in result.items():
        assert isinstance(outcome, Opened | NameRefused)
        found[name.decode()] = None if isinstance(outcome, Opened) else outcome
    return found


MADE = Rule("CREATE .*", b"TAG OK done\r\n")
OPENED = Rule("SELECT .*", OPEN)


def test_two_names_that_a_server_makes_one_of_are_never_both_filled() -> None:
    """It stores names in Unicode's composed form, and says OK to both."""
    composed, apart = "&AMk-t&AOk-", "E&AwE-te&AwE-"
    found = refusals(listed("INBOX", composed), MADE, OPENED, names=("INBOX", composed, apart))
    error = found[apart]
    assert (found[composed], error is not None and error.taken) == (None, True)


def test_a_name_that_the_server_has_changed_is_told() -> None:
    """It takes blanks away at the end."""
    found = refusals(listed("INBOX", "Sales"), MADE, OPENED, names=("Sales ",))
    error = found["Sales "]
    assert error is not None
    assert (error.taken, error.instead) == (False, b"Sales")


def test_names_that_a_server_cuts_off_are_told_apart() -> None:
    one, other = "a long name that is cut off here 1", "a long name that is cut off here 2"
    found = refusals(listed("INBOX", "a long name that is cut"), MADE, OPENED, names=(one, other))
    instead = [error.instead for error in found.values() if error is not None]
    assert instead == [b"a long name that is cut", None], "the second has no place of its own"


def test_one_mailbox_id_is_one_folder_whatever_is_listed() -> None:
    """OBJECTID, RFC 8474."""
    opened = OPEN.replace(b"TAG OK", b"* OK [MAILBOXID (F1)] id\r\nTAG OK")
    found = refusals(listed("INBOX", "a", "b"), MADE, Rule("SELECT .*", opened), names=("a", "b"))
    assert [error is None for error in found.values()] == [True, False]


def test_a_server_that_lists_nothing_new_is_no_evidence() -> None:
    with destination(listed("INBOX"), NONE_SUBSCRIBED, MADE, OPENED) as (opened, _):
        opened.tree()
        result = opened.prepare([new("a"), new("b")])
    assert {type(outcome) for outcome in result.values()} == {Opened}


def test_a_refused_name_names_the_command_and_what_to_do() -> None:
    rules = (Rule("CREATE .*", b"TAG NO Invalid mailbox name\r\n"), Rule("SELECT .*", b"TAG NO no such folder\r\n"))
    error = refusals(listed("INBOX"), *rules, names=("a.b",))["a.b"]
    assert error is not None
    assert (error.command, error.server_words) == ("CREATE a.b", "NO Invalid mailbox name")
    assert error.advice


@pytest.mark.parametrize("capabilities", [MODERN, OLD], ids=["UNSELECT", "no UNSELECT"])
def test_no_folder_is_selected_while_mail_is_stored(capabilities: str) -> None:
    """A server that loses count of a literal takes what a mail says for commands."""
    mailbox = Mailbox()
    mailbox.fill([MailItem("INBOX", b"Subject: there\r\n\r\nfor years\r\n", frozenset(), 1)])
    with ImapDouble(mailbox, capabilities=capabilities) as server:
        there = ImapServer(server.host, security=Security.NONE, port=server.port)
        session = Session(there, Login("user", Secret("secret")))
        with closing(ImapDestination(session)) as opened:
            opened.tree()
            opened.prepare([new("INBOX", create=False)])
            for smuggled in (b"STORE 1 +FLAGS.SILENT (\\Deleted)", b"EXPUNGE"):
                final, _ = session.wire.run(smuggled)
                assert not final.ok
    assert len(mailbox.octets()) == 1
