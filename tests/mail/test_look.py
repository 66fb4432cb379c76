"""Recognising what lies in a folder: what is asked for is read, what is refused spoils nothing that follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.scripted import Rule, ScriptedServer
from tui_migrate.errors import CommandRefused
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.looking import FolderStatus, Look, Present
from tui_migrate.mail.message import Content, fingerprint, header_print
from tui_migrate.model import ImapServer, Login, Secret, Security

OPEN = Rule('EXAMINE "a"', b"* 2 EXISTS\r\nTAG OK done\r\n")
ROW = b'* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE "01-Jan-2020 10:00:00 +0100" RFC822.SIZE 9)\r\n'


@contextmanager
def look(*rules: Rule) -> Iterator[Look]:
    with ScriptedServer([OPEN, *rules]) as server:
        source = open_source(ImapServer(server.host, security=Security.NONE, port=server.port), Login("u", Secret("s")))
        try:
            yield source.look()
        finally:
            source.close()
    assert server.unexpected == []


def test_a_listing_from_a_uid_on_leaves_out_what_lies_below_it() -> None:
    """`9:*` names the last message even when its UID is below 9 (RFC 3501 section 6.4.8).
    One of which nothing but flags is told is there all the same."""
    rows = ROW % (2, 12) + ROW % (1, 8) + b"* 1 FETCH (FLAGS ())\r\n" + b"* 3 FETCH (UID 13 FLAGS ())\r\n"
    with look(Rule(r"UID FETCH 9:\* .*", rows + b"TAG OK done\r\n")) as looking:
        assert looking.listing(b"a", 9) == [
            Present(12, 9, 1_577_869_200, frozenset({"\\Seen"})),
            Present(13, 0, 0, frozenset()),
        ]


def test_headers_and_bodies_of_what_is_still_there() -> None:
    header = (
        b"* 1 FETCH (UID 4 BODY[HEADER] {8}\r\nA: b\r\n\r\n)\r\n* 2 FETCH (UID 6 BODY[HEADER] NIL)\r\nTAG OK done\r\n"
    )
    body = b"* 1 FETCH (UID 4 BODY[] {2}\r\nhi)\r\nTAG OK done\r\n"
    rules = (
        Rule(r"UID FETCH 4:6 .*HEADER\]\)", header),
        Rule(r"UID FETCH 4:6 \(UID BODY\.PEEK\[\]\)", body),
        Rule(r"UID FETCH 5(:6)? .*", b"TAG OK done\r\n"),
    )
    with look(*rules) as looking:
        assert looking.headers(b"a", [4, 5, 6]) == {4: header_print(b"A: b")}
        assert looking.fingerprints(b"a", [4, 5, 6]) == {4: fingerprint(Content.of(b"hi"), 0)}


@pytest.mark.parametrize("refusal", [b"TAG BAD unknown command\r\n", b"TAG NO not today\r\n"])
def test_numbers_of_a_server_that_knows_no_status(refusal: bytes) -> None:
    examined = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 77] so\r\n* OK [UIDNEXT 9] so\r\nTAG OK done\r\n"
    with look(Rule("STATUS .*", refusal), Rule('EXAMINE "b"', examined)) as looking:
        assert looking.numbers([b"b"]) == {b"b": FolderStatus(3, 9, 77)}


def test_numbers_are_fresh_and_a_missing_one_is_an_error() -> None:
    rules = (
        Rule('STATUS "a" .*', b"* STATUS a (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 77)\r\nTAG OK done\r\n"),
        Rule('STATUS "b" .*', b"TAG NO [NONEXISTENT] no b\r\n"),
    )
    with look(*rules) as looking:
        assert looking.numbers([b"a"]) == {b"a": FolderStatus(3, 9, 77)}
        with pytest.raises(CommandRefused, match="numbers"):
            looking.numbers([b"a", b"b"])


def test_a_refused_folder_leaves_the_connection_usable() -> None:
    """Its FETCH commands are on their way when the refusal comes: their answers belong to no other folder."""
    rules = (
        Rule('EXAMINE "no"', b"TAG NO [NOPERM] not yours\r\n"),
        Rule(r"UID FETCH 1:\* .*", ROW % (1, 7) + ROW % (2, 8) + b"TAG OK done\r\n"),
        Rule("STATUS .*", b"* STATUS a (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 77)\r\nTAG OK done\r\n"),
    )
    with look(*rules) as looking:
        with pytest.raises(CommandRefused) as raised:
            looking.listing(b"no")
        assert raised.value.server_words == "NO [NOPERM] not yours"
        assert looking.numbers([b"a"])
        assert [present.uid for present in looking.listing(b"a")] == [7, 8]


def test_answers_that_are_cut_short_are_gone_on_with() -> None:
    """MESSAGELIMIT (RFC 9738): done in part, or not at all."""
    rules = (
        Rule(r"UID FETCH 1:\* .*", ROW % (2, 12) + b"TAG OK [MESSAGELIMIT 1 12] so many\r\n"),
        Rule(r"UID FETCH 1:11 .*", ROW % (1, 8) + b"TAG OK done\r\n"),
        Rule(r"UID FETCH 13:\* .*", ROW % (2, 12) + b"TAG OK done\r\n"),
        Rule(r"UID FETCH 8,12 .*", b"TAG NO [MESSAGELIMIT 1] too many\r\n"),
        Rule(r"UID FETCH 8 .*", b"* 1 FETCH (UID 8 BODY[] {2}\r\nhi)\r\nTAG OK done\r\n"),
        Rule(r"UID FETCH 12 .*", b"* 2 FETCH (UID 12 BODY[] {2}\r\nho)\r\nTAG OK done\r\n"),
    )
    with look(*rules) as looking:
        assert [each.uid for each in looking.listing(b"a")] == [8, 12]
        assert looking.fingerprints(b"a", [8, 12]).keys() == {8, 12}


@pytest.mark.parametrize("low", [1, 8])
def test_what_a_listing_leaves_out_without_a_word_a_search_finds(low: int) -> None:
    """Each answer tells of one message alone."""
    first = ROW % (1, 8)
    rules = (
        Rule(rf"UID FETCH {low}:\* .*", first + b"TAG OK done\r\n"),
        Rule(rf"UID SEARCH UID {low}:\*", b"* SEARCH 8 12 13\r\nTAG OK done\r\n"),
        Rule(r"UID FETCH 12:13 .*", ROW % (2, 12) + b"TAG OK done\r\n"),
        Rule(r"UID FETCH 13 .*", ROW % (3, 13) + b"TAG OK done\r\n"),
    )
    with look(*rules) as looking:
        assert [each.uid for each in looking.listing(b"a", low)] == [8, 12, 13]
