"""Counting a mailbox in other ways: each command is asked, one that is refused or cannot be read is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from tests.servers.scripted import Rule, ScriptedServer
from tests.servers.scripted_pop import ScriptedPop
from tui_migrate.errors import CommandRefused
from tui_migrate.mail.census import ALL, Carries, Census, Headcount, MessageRow, evidence, merged
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.message import Content
from tui_migrate.model import ImapServer, Login, PopServer, Secret, Security

BASE = "IMAP4rev1 AUTH=PLAIN SASL-IR"
OK = b"TAG OK done\r\n"
SEEN = frozenset({"\\Seen"})


@contextmanager
def census(*rules: Rule, capabilities: str = BASE, path_prefix: str = "") -> Iterator[Census]:
    with ScriptedServer(rules, capabilities) as server:
        at = ImapServer(server.host, security=Security.NONE, port=server.port, path_prefix=path_prefix)
        with closing(open_source(at, Login("u", Secret("s")))) as source:
            yield source.census()


def open_ones(*names: str) -> Rule:
    """These can be opened, no others."""
    return Rule(f'EXAMINE "({"|".join(names)})"', OK)


def names(asked: Census, *known: bytes) -> list[bytes]:
    return [each.name for each in asked.unknown_folders({*known})]


# Folders


@pytest.mark.parametrize(
    ("row", "name", "path"),
    [
        (b'* LSUB () "." Work\r\n', b"Work", ("Work",)),
        (b'* LSUB () "." "Work.a b"\r\n', b"Work.a b", ("Work", "a b")),
        (b'* LSUB () "." a b\r\n', b"a b", ("a b",)),
        (b'* LSUB () "." {3}\r\na b\r\n', b"a b", ("a b",)),
        (b'* LSUB () "\\\\" "x\\\\y"\r\n', b"x\\y", ("x", "y")),
        (b"* LSUB () NIL flat.name\r\n", b"flat.name", ("flat.name",)),
        (b'* LSUB (\\Marked) "." &AOk-t&AOk-\r\n', b"&AOk-t&AOk-", ("été",)),
    ],
)
def test_rows_are_read_as_servers_write_them(row: bytes, name: bytes, path: tuple[str, ...]) -> None:
    with census(Rule("LSUB .*", row + OK), Rule('LIST "" .*', OK), Rule("EXAMINE .*", OK)) as asked:
        (found,) = asked.unknown_folders({b"INBOX"})
        assert (found.name, found.path, found.ways) == (name, path, ("LSUB",))


def test_what_is_known_what_holds_no_mail_and_what_is_gone_is_left_out() -> None:
    """A name with a delimiter at its end, and INBOX in any case, is the folder that is known."""
    rows = (b"Inbox", b"Known/", b"Gone", b"Old")
    listed = b"".join(b'* LIST () "/" %s\r\n' % each for each in rows) + b'* LIST (\\NoSelect) "/" Top\r\n'
    level = Rule('LIST "" "(%|.+/%)"', OK)
    with census(
        level, Rule('LIST "" .*', listed + OK), Rule("LSUB .*", OK), open_ones("Old", "Top", "Known/")
    ) as asked:
        assert names(asked, b"INBOX", b"Known") == [b"Old"]


def test_what_is_refused_tells_nothing() -> None:
    with census(Rule("(LIST|LSUB) .*", b"TAG BAD what?\r\n"), open_ones("INBOX")) as asked:
        assert names(asked) == [b"INBOX"]
        assert names(asked, b"INBOX") == []


@pytest.mark.parametrize(
    ("spaces", "mine"),
    [
        (b'(("" "/")) (("Other Users/" "/")) (("Shared/" "/"))', {b"A", b"Sharedness", b"INBOX/x"}),
        (b'(("INBOX/" "/")) NIL (("" "/"))', {b"INBOX/x"}),
        (b'(("" "/")) NIL (("Shared" "/"))', {b"A", b"Other Users/b", b"Sharedness", b"INBOX/x"}),
        (b"NIL NIL NIL", {b"A", b"Other Users/b", b"Shared", b"Shared/c", b"Sharedness", b"INBOX/x"}),
    ],
    ids=["usual", "shared root", "without delimiter", "none"],
)
def test_other_peoples_folders_are_known_by_whole_components(spaces: bytes, mine: set[bytes]) -> None:
    rows = (b"A", b"Other Users/b", b"Shared", b"Shared/c", b"Sharedness", b"INBOX/x")
    listed = b"".join(b'* LIST (\\HasNoChildren) "/" "%s"\r\n' % each for each in rows)
    rules = (
        Rule("NAMESPACE", b"* NAMESPACE " + spaces + b"\r\n" + OK),
        Rule("LIST .*", listed + OK),
        Rule("LSUB .*", OK),
        Rule("EXAMINE .*", OK),
    )
    with census(*rules, capabilities=f"{BASE} NAMESPACE") as asked:
        assert {*names(asked, b"INBOX")} == mine


def test_below_a_path_prefix_alone() -> None:
    listed = b'* LIST (\\HasNoChildren) "." mail.a\r\n* LIST (\\HasNoChildren) "." other\r\n'
    rules = (Rule("LIST .*", listed + OK), Rule("LSUB .*", OK), Rule("EXAMINE .*", OK))
    with census(*rules, path_prefix="mail.") as asked:
        (found,) = asked.unknown_folders({b"INBOX"})
        assert (found.name, found.path) == (b"mail.a", ("a",))


# Messages


STATUS = b'* STATUS "a" (MESSAGES 3)\r\n' + OK
EXAMINE = b"* 4 EXISTS\r\n" + OK


@pytest.mark.parametrize(
    ("replies", "numbers", "uids"),
    [
        ((STATUS, EXAMINE, b"* SEARCH 1 2\r\n* SEARCH 9\r\n" + OK), (3, 4, 3), {1, 2, 9}),
        ((STATUS, EXAMINE, b'* ESEARCH (TAG "TAG") UID ALL 1:3,9\r\n' + OK), (3, 4, 4), {1, 2, 3, 9}),
        ((STATUS, EXAMINE, b'* ESEARCH (TAG "TAG") UID\r\n' + OK), (3, 4, 0), set()),
        ((STATUS, EXAMINE, b"* ESEARCH UID ALL 1:4294967295\r\n" + OK), (3, 4, None), set()),
        ((b"TAG NO not here\r\n", b"* 99999999999 EXISTS\r\n" + OK, b"TAG NO what?\r\n"), (None,) * 3, set()),
    ],
    ids=["search", "esearch", "nothing found", "more than there can be", "nothing told"],
)
def test_each_command_tells_its_number(replies: Sequence[bytes], numbers: Sequence[int | None], uids: set[int]) -> None:
    status, examine, search = replies
    rules = (Rule("STATUS .*", status), Rule('EXAMINE "a"', examine), Rule("UID SEARCH .*", search))
    with census(*rules) as asked:
        known = {
            way: each for way, each in zip(("STATUS", "EXAMINE", "SEARCH"), numbers, strict=True) if each is not None
        }
        assert asked.count([b"a"]) == {b"a": Headcount(known, uids)}


def test_a_folder_that_cannot_be_opened_is_its_own_matter() -> None:
    rules = (
        Rule("STATUS .*", STATUS),
        Rule('EXAMINE "no"', b"TAG NO [NOPERM] not yours\r\n"),
        Rule('EXAMINE "a"', EXAMINE),
        Rule("UID SEARCH RETURN .*", b"* ESEARCH UID ALL 5\r\n" + OK),
    )
    with census(*rules, capabilities=f"{BASE} ESEARCH") as asked:
        found = asked.count([b"no", b"a"])
        assert isinstance(found[b"no"], CommandRefused)
        assert found[b"a"] == Headcount({"STATUS": 3, "EXAMINE": 4, "SEARCH": 1}, {5})


def test_what_is_not_told_of_a_message_is_unknown() -> None:
    rows = (
        b'* 1 FETCH (UID 4 FLAGS () INTERNALDATE "soon" RFC822.SIZE 0)\r\n'
        b"* 2 FETCH (UID 5 FLAGS (\\Seen))\r\n"
        b'* 2 FETCH (UID 5 INTERNALDATE "01-Jan-1970 00:00:00 +0000" RFC822.SIZE 7)\r\n'
        b"* 3 FETCH (FLAGS (\\Seen))\r\n"
    )
    with census(Rule("EXAMINE .*", OK), Rule("UID FETCH 1:[*] .*", rows + OK)) as asked:
        assert asked.rows(b"a") == [MessageRow(4, None, None, frozenset()), MessageRow(5, 7, 0, SEEN)]


def test_spans_are_asked_for_as_such() -> None:
    with census(
        Rule("EXAMINE .*", OK), *(Rule(f"UID FETCH {each} .*", OK) for each in ("1:4", r"9:\*", "6:7"))
    ) as asked:
        assert asked.rows(b"a", [range(1, 5), range(6, 7), range(7, 8), range(9, ALL[0].stop)]) == []


def test_replies_about_one_message_are_one_row_unless_they_contradict_each_other() -> None:
    assert merged(
        [
            MessageRow(2, 5, None, None),
            MessageRow(1, 3, 9, SEEN),
            MessageRow(2, None, 8, frozenset()),
            MessageRow(2, 5, 8, SEEN),
        ]
    ) == [
        MessageRow(1, 3, 9, SEEN),
        MessageRow(2, 5, 8, SEEN),
    ]
    assert len(merged([MessageRow(2, 5, 8, SEEN), MessageRow(2, 6, 8, SEEN)])) == 2


# What a message is known by


def known_by(octets: bytes) -> tuple[bytes, ...]:
    return evidence(Content.of(octets))[1:]


def test_evidence() -> None:
    mail = b"Message-ID:\r\n <1@a>\r\nDate: d\r\nSubject: s\r\n\r\ntext\r\n"
    header, whole, trimmed, text, message_id, topic = known_by(mail)
    assert (message_id, topic) == (b"<1@a>", b"d\ns")
    cut = known_by(mail.removesuffix(b"\r\n"))
    assert (cut[0], *cut[2:]) == (header, trimmed, text, message_id, topic)
    assert cut[1] != whole
    assert known_by(b"X: y\r\n" + mail)[3] == text
    assert known_by(b"A: b\r\n\r\n")[3:] == (b"", b"", b"")
    assert known_by(b"\r\nno header")[3] == known_by(b"A: b\r\n\r\nno header")[3]


# POP


def test_a_pop_mailbox_is_counted_three_times_over() -> None:
    replies = {"STAT": b"+OK 5 900\r\n", "UIDL": b"+OK\r\n1 a\r\n2 b\r\n.\r\n"}
    mail = [b"Delivery-date: Thu, 1 Jan 1998 00:00:00 +0000\r\n\r\nhi\r\n", b"\r\nhi\r\n", b"A: b\r\n\r\nhi\r\n"]
    with ScriptedPop(mail, replies=replies) as pop:
        at = PopServer(pop.host, security=Security.NONE, port=pop.port)
        with closing(open_source(at, Login("u", Secret("s")))) as source:
            asked = source.census()
            assert asked.carries == Carries(flags=False, dates=False, last_line_end=False)
            assert asked.unknown_folders(set()) == []
            assert asked.count([b"INBOX"]) == {b"INBOX": Headcount({"STAT": 5, "LIST": 3, "UIDL": 2})}
            assert asked.rows(b"INBOX") == [
                MessageRow(1, len(mail[0]), 883_612_800, None),
                MessageRow(2, len(mail[1]), None, None),
                MessageRow(3, len(mail[2]), None, None),
            ]
            assert asked.evidence(b"INBOX", [3])[3] == evidence(Content.of(mail[2]))
