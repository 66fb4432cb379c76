"""How much more a mailbox takes, in the words of different servers; what they do not tell stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest

from tests.servers.scripted import Rule, ScriptedServer
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.protocols import Capacity
from tui_migrate.model import ImapServer, Login, Secret, Security, Server

LOGIN = Login("anna", Secret("secret"))
BASE = "IMAP4rev1 AUTH=PLAIN SASL-IR"


def at(server: ScriptedServer) -> Server:
    return ImapServer(server.host, security=Security.NONE, port=server.port)


def root(*lines: bytes, end: bytes = b"TAG OK done") -> Rule:
    """What GETQUOTAROOT is answered."""
    return Rule("GETQUOTAROOT INBOX", b"".join(line + b"\r\n" for line in (*lines, end)))


def limit(told: bytes) -> Rule:
    return Rule(r"STATUS INBOX \(APPENDLIMIT\)", b"* STATUS INBOX (APPENDLIMIT " + told + b")\r\nTAG OK done\r\n")


def kib(number: int) -> int:
    return number * 1024


@pytest.mark.parametrize(
    ("offered", "rules", "free", "largest"),
    [
        ("", [], None, None),
        ("QUOTA", [root(b'* QUOTAROOT INBOX ""', b'* QUOTA "" (STORAGE 10 512)')], kib(502), None),
        ("QUOTA", [root(b"* QUOTA {8}\r\nSTORAGE( (MESSAGE 1 2 STORAGE 10 512)")], kib(502), None),
        ("QUOTA", [root(b'* QUOTA "a" (STORAGE 10 512)', b'* QUOTA "b" (storage 1 9)')], kib(8), None),
        ("QUOTA", [root(b'* QUOTA "full" (STORAGE 600 512)')], 0, None),
        ("QUOTA", [root(b'* QUOTA "unlimited" (STORAGE 12 0)')], None, None),
        ("QUOTA", [root(b'* QUOTA "new" (STORAGE 0 0)')], None, None),
        ("QUOTA", [root(b'* QUOTA "unlimited" (STORAGE 12 -1)')], None, None),
        ("QUOTA", [root(b'* QUOTA "unlimited" (STORAGE 12 0)', b'* QUOTA "b" (STORAGE 1 9)')], kib(8), None),
        ("QUOTA", [root(b'* QUOTA "number" (MESSAGE 1 2)')], None, None),
        ("QUOTA", [root(b'* QUOTAROOT INBOX "none"', b'* QUOTA "none" ()')], None, None),
        ("QUOTA", [root(end=b"TAG NO [NOPERM] not yours")], None, None),
        ("APPENDLIMIT=257", [], None, 257),
        ("APPENDLIMIT", [limit(b"4096")], None, 4096),
        ("APPENDLIMIT", [limit(b"NIL")], None, None),
        ("APPENDLIMIT", [Rule("STATUS .*", b"TAG NO no\r\n")], None, None),
    ],
)
def test_what_a_server_tells(offered: str, rules: Sequence[Rule], free: int | None, largest: int | None) -> None:
    with (
        ScriptedServer(rules, f"{BASE} {offered}") as server,
        closing(open_destination(at(server), LOGIN)) as destination,
    ):
        found = destination.capacity()
        assert (found.free, found.largest) == (free, largest)
        assert server.unexpected == []


def test_a_refusal_is_told_in_the_servers_words() -> None:
    rules = [root(end=b"TAG NO [NOPERM] not yours")]
    with (
        ScriptedServer(rules, f"{BASE} QUOTA") as server,
        closing(open_destination(at(server), LOGIN)) as destination,
    ):
        assert destination.capacity() == Capacity(words="NO [NOPERM] not yours")


def test_a_limit_of_nothing_is_shown_as_it_was_told() -> None:
    rules = [root(b'* QUOTA "unlimited" (STORAGE 12 0)')]
    with (
        ScriptedServer(rules, f"{BASE} QUOTA") as server,
        closing(open_destination(at(server), LOGIN)) as destination,
    ):
        assert destination.capacity() == Capacity(words="QUOTA STORAGE 12 of 0 KiB")


def test_sizes_of_folders() -> None:
    rules = [
        Rule(r'STATUS "?a"? \(SIZE\)', b"* STATUS a (SIZE 12345678901)\r\nTAG OK done\r\n"),
        Rule(r'STATUS "b SIZE 7" \(SIZE\)', b'* STATUS "b SIZE 7" (SIZE 5)\r\nTAG OK done\r\n'),
        Rule(r'STATUS "?c"? \(SIZE\)', b"TAG NO [NOPERM] not yours\r\n"),
    ]
    names = [b"a", b"b SIZE 7", b"c", b"d\r\nLOGOUT"]
    with ScriptedServer(rules, f"{BASE} STATUS=SIZE") as server, closing(open_source(at(server), LOGIN)) as source:
        assert source.sizes(names) == {b"a": 12_345_678_901, b"b SIZE 7": 5}
    with ScriptedServer([], BASE) as server, closing(open_source(at(server), LOGIN)) as source:
        assert source.sizes(names) == {}
