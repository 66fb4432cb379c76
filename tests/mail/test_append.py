"""APPEND as octets: what may stand before a literal, who waits for whom, and what each answer means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.append_server import DATE, FOLDER, AppendServer, Taken, batch, message
from tui_migrate.errors import CommandRefused, MessageRefused, OverQuota, Poisoned, Throttled
from tui_migrate.mail.imap.append import BYTES_IN_FLIGHT, COMMANDS_IN_FLIGHT
from tui_migrate.mail.imap.flags import Keeping
from tui_migrate.mail.message import SPOOL_ABOVE, parse_internal_date
from tui_migrate.mail.protocols import Refused, Stored

ALL = ("LITERAL+", "MULTIAPPEND", "UIDPLUS")
FLAG_BYTES = st.one_of(
    st.sampled_from([b"\\Seen", b"\\SEEN", b"\\Foo", b"\\*", b"\\", b"NIL", b"a]b", b"{3+}", b"k" * 50, b"k" * 51]),
    st.binary(min_size=1, max_size=60),
    st.text(min_size=1, max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
DATE_BYTES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b" 7-Jul-1996 02:44:25 -0700", b"07-jul-1996 02:44:25 -0700", b"Sun, 1 Jul 2012 06:05:04"]),
    st.from_regex(rb"[ 0-9]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}", fullmatch=True),
)


@given(
    said=st.lists(
        st.tuples(st.lists(FLAG_BYTES, max_size=8), DATE_BYTES, st.integers(1, 9000)), min_size=1, max_size=6
    ),
    capabilities=st.sampled_from(
        [ALL, ("LITERAL+",), ("LITERAL-", "MULTIAPPEND"), ("LITERAL-",), ("MULTIAPPEND",), ()]
    ),
    keeping=st.sampled_from([Keeping(), Keeping(frozenset({"\\seen"}), False), Keeping(frozenset(), True)]),
)
def test_whatever_the_source_says_every_line_keeps_to_the_grammar(
    said: list[tuple[list[bytes], bytes, int]], capabilities: tuple[str, ...], keeping: Keeping
) -> None:
    """And every message arrives, whole and in its order."""
    messages = []
    for uid, (flags, raw, size) in enumerate(said, 1):
        date = parse_internal_date(raw)
        messages.append(message(uid, b"%d" % uid * size, b" ".join(flags), date[0] if date else b""))
    server = AppendServer(*capabilities, keeping={FOLDER: keeping})
    server.appender.send(batch(*messages))
    results = server.serve()
    assert [taken.content for taken in server.taken] == [b"".join(each.content.chunks()) for each in messages]
    assert [taken.date for taken in server.taken] == [each.date for each in messages]
    stored = [each for each in results if isinstance(each, Stored)]
    assert [position for each in stored for position in each.positions] == list(range(len(messages)))
    lost = sum(len(each.dropped_flags) for each in stored)
    kept = sum(len(taken.flags.strip(b"()").split()) for taken in server.taken)
    assert lost + kept == sum(len(each.listed.flags) for each in messages), "each flag is sent or reported"


@pytest.mark.parametrize(
    ("capability", "size", "literal"),
    [
        ("LITERAL+", SPOOL_ABOVE, b"{%d+}"),
        ("LITERAL+", SPOOL_ABOVE + 1, b"{%d}"),
        ("LITERAL-", 4096, b"{%d+}"),
        ("LITERAL-", 4097, b"{%d}"),
        ("IMAP4REV1", 1, b"{%d}"),
    ],
)
def test_a_literal_waits_for_the_server_where_it_must(capability: str, size: int, literal: bytes) -> None:
    server = AppendServer(capability)
    server.appender.send(batch(message(1, b"x" * size)))
    line, _, rest = server.ends.written.partition(b"\r\n")
    assert line.endswith(literal % size)
    assert bool(rest) == line.endswith(b"+}")
    server.serve()
    assert len(server.taken[0].content) == size


def test_what_is_as_large_as_one_that_the_server_has_agreed_to_waits_no_more() -> None:
    """Each of them would cost a round trip."""
    server = AppendServer("LITERAL+")
    large = b"x" * (SPOOL_ABOVE + 1)
    server.appender.send(batch(message(1, large)))
    server.serve()
    server.appender.send(batch(message(2, large), message(3, large + b"x")))
    assert re.findall(rb"\{(\d+\+?)\}\r\n", server.ends.written) == [b"%d+" % len(large), b"%d" % (len(large) + 1)]
    server.serve()
    assert len(server.taken) == 3


def keywords(count: int) -> bytes:
    return b" ".join(b"k%047d" % number for number in range(count))


def test_a_long_line_of_flags_waits_for_the_server() -> None:
    """Dovecot says BAD to a line of 64 KB, and then reads what follows as commands."""
    server = AppendServer(*ALL, familiar=keywords(82))
    server.appender.send(
        batch(message(1), message(2, b"before", keywords(81)), message(3, b"long", keywords(82)), message(4))
    )
    assert b"{6+}" in server.ends.written
    assert server.ends.written.endswith(b"{4}\r\n")
    server.serve()
    assert server.commands == [2, 1, 1]


def test_groups_are_cut_before_their_lines_are_long_together() -> None:
    server = AppendServer(*ALL, familiar=keywords(50))
    server.appender.send(batch(*(message(uid, flags=keywords(50)) for uid in range(1, 9))))
    server.serve()
    assert server.commands == [3, 3, 2]


def test_a_message_that_waits_goes_between_the_groups_of_its_neighbours() -> None:
    server = AppendServer("LITERAL-", "MULTIAPPEND")
    contents = [b"a", b"b", b"c" * 5000, b"d", b"e"]
    server.appender.send(batch(*(message(uid, content) for uid, content in enumerate(contents, 1))))
    server.serve()
    assert server.commands == [2, 1, 2]
    assert [taken.content for taken in server.taken] == contents


def test_a_suspect_goes_alone_and_waits() -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1), synchronising=True))
    assert server.said().endswith(b" {1}\r\n")


def test_nothing_follows_a_line_that_waits_until_the_server_has_agreed() -> None:
    """RFC 3501 section 5.5; then literal and next line go together, for one round trip a message."""
    server = AppendServer()
    server.appender.send(batch(message(1, b"first"), message(2, b"second")))
    assert server.said().endswith(b"{5}\r\n")
    server.appender.send(batch(message(3, b"third"), key=2))
    assert server.said() == b""
    server.says(b"+ go on")
    assert re.fullmatch(rb"first\r\nT2 APPEND .* \{6\}\r\n", server.said())
    assert server.says(b"T1 OK done") == [Stored(1, (0,), None, None)]
    assert server.said() == b""


def test_a_go_ahead_that_nobody_waits_for_is_ignored() -> None:
    server = AppendServer("LITERAL+")
    server.appender.send(batch(message(1)))
    server.said()
    assert server.says(b"+ what are you waiting for") == []
    assert server.said() == b""
    assert server.says(b"T1 OK done") == [Stored(1, (0,), None, None)]


def test_a_refusal_before_the_literal_leaves_it_unsent() -> None:
    server = AppendServer()
    server.appender.send(batch(message(1, b"x1 CREATE smuggled\r\n"), message(2, b"second")))
    server.said()
    (refused,) = server.says(b"T1 NO [TOOBIG] no")
    assert isinstance(refused, Refused)
    assert server.said().startswith(b"T2 APPEND ")
    server.says(b"+ go on")
    assert server.said() == b"second\r\n"


def test_other_lines_are_nobodys_answer() -> None:
    server = AppendServer("LITERAL+")
    server.appender.send(batch(message(1)))
    for line in (b"* 7 EXISTS", b"* OK still here", b"* 1 FETCH (FLAGS (\\Seen))", b"x1 OK smuggled"):
        assert server.says(line) == []
    assert server.appender.commands == 1


def test_what_is_unacknowledged_is_bounded() -> None:
    few, heavy = AppendServer("LITERAL+"), AppendServer("LITERAL+")
    for uid in range(COMMANDS_IN_FLIGHT):
        assert few.appender.room()
        few.appender.send(batch(message(uid)))
    assert not few.appender.room()
    few.says(b"T1 OK done")
    assert few.appender.room()
    for uid in range(BYTES_IN_FLIGHT // SPOOL_ABOVE):
        assert heavy.appender.room()
        heavy.appender.send(batch(message(uid, b"x" * SPOOL_ABOVE)))
    assert not heavy.appender.room()


@pytest.mark.parametrize(
    ("code", "uids"),
    [
        (b" [APPENDUID 5 10:12]", (10, 11, 12)),
        (b" [APPENDUID 5 12:10]", (10, 11, 12)),
        (b" [appenduid 5 70000,3,9]", (3, 9, 70000)),
        (b" [APPENDUID 5 10:13]", None),
        (b" [APPENDUID 5 10]", None),
        (b" [APPENDUID 5 10,10,11]", None),
        (b" [APPENDUID 5 10,,11]", None),
        (b" [APPENDUID 5 1:4294967295]", None),
    ],
)
def test_uids_are_believed_when_they_can_be_true(code: bytes, uids: tuple[int, ...] | None) -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1), message(2), message(3)))
    assert server.says(b"T1 OK" + code + b" done") == [Stored(1, (0, 1, 2), 5, uids)]


@pytest.mark.parametrize("code", [b"", b" [APPENDUID]", b" [APPENDUID x y]", b" [UIDNOTSTICKY]", b" [OVERQUOTA]"])
def test_a_server_need_not_tell_uids(code: bytes) -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1)))
    assert server.says(b"T1 OK" + code + b" done") == [Stored(1, (0,), None, None)]


def test_a_refused_group_goes_one_by_one_and_names_the_culprit() -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1, b"a"), message(2, b"b"), message(3, b"c")))
    server.appender.send(batch(message(4, b"d"), key=2))
    server.said()
    assert server.says(b"T1 NO one of them is bad") == []
    assert server.says(b"T2 OK [APPENDUID 5 9] done") == [Stored(2, (0,), 5, (9,))]
    assert re.findall(rb"^(T\d+) APPEND .*\{1\+\}\r\n(.)", server.said(), re.M) == [
        (b"T3", b"a"),
        (b"T4", b"b"),
        (b"T5", b"c"),
    ]
    assert server.says(b"T3 OK [APPENDUID 5 10] done") == [Stored(1, (0,), 5, (10,))]
    (refused,) = server.says(b"T4 NO [CANNOT] virus")
    assert isinstance(refused, Refused)
    assert (refused.key, refused.position) == (1, 1)
    assert isinstance(refused.error, MessageRefused)
    assert refused.error.server_words == "NO [CANNOT] virus"
    assert refused.error.command == f"APPEND {FOLDER.decode()} (\\Seen) {DATE.decode()}"
    assert server.says(b"T5 OK [APPENDUID 5 11] done") == [Stored(1, (2,), 5, (11,))]
    assert server.appender.commands == 0


def test_a_refused_message_goes_once_more_without_its_keywords() -> None:
    server = AppendServer(*ALL, familiar=b"one two three")
    server.appender.send(batch(message(1, b"a", b"\\Seen one two"), message(2, b"b", b"\\Seen three")))
    server.says(b"T1 NO [LIMIT] too many keywords")
    for tag in (b"T2", b"T3"):
        assert server.says(tag + b" NO [LIMIT] too many keywords") == []
    assert server.says(b"T4 OK done") == [Stored(1, (0,), None, None, ("one", "two"))]
    (refused,) = server.says(b"T5 NO still not")
    assert isinstance(refused, Refused)
    assert refused.error.server_words == "NO still not"
    assert server.ends.written.count(b"(\\Seen) ") == 2


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (b"NO [OVERQUOTA] full", OverQuota),
        (b"NO Quota exceeded", OverQuota),
        (b"NO [TRYCREATE] gone", CommandRefused),
        (b"NO [UNAVAILABLE] later", Throttled),
    ],
)
def test_a_group_that_was_refused_for_no_messages_fault_is_not_taken_apart(words: bytes, kind: type[Exception]) -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1), message(2)))
    server.said()
    refused = server.says(b"T1 " + words)
    assert [each.position for each in refused if isinstance(each, Refused)] == [0, 1]
    assert {type(each.error) for each in refused if isinstance(each, Refused)} == {kind}
    assert server.said() == b""


def test_bad_behind_a_literal_that_did_not_wait_ends_the_connection() -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1), key=1))
    server.appender.send(batch(message(7), message(8), key=2))
    assert server.says(b"T1 OK done") == [Stored(1, (0,), None, None)]
    with pytest.raises(Poisoned) as caught:
        server.says(b"T2 BAD Invalid system flag")
    assert server.ends.closed
    assert caught.value.suspects == {(FOLDER, 7), (FOLDER, 8)}
    assert caught.value.server_words == "BAD Invalid system flag"


def test_bad_behind_a_literal_that_waited_is_about_this_message_alone() -> None:
    server = AppendServer(*ALL)
    server.appender.send(batch(message(1), synchronising=True))
    (refused,) = server.says(b"T1 BAD Command line too long")
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, MessageRefused)
    assert not server.ends.closed


def test_flags_that_the_folder_does_not_keep_are_left_out_and_counted() -> None:
    keeping = {FOLDER: Keeping(frozenset({"\\seen", "$forwarded"}), new_keywords=False)}
    server = AppendServer(*ALL, keeping=keeping, familiar=b"$Forwarded")
    server.appender.send(batch(message(1, b"x", b"\\Seen \\Flagged $Forwarded todo")))
    assert server.serve() == [Stored(1, (0,), None, None, ("\\Flagged", "todo"))]
    assert server.taken == [Taken(b"($Forwarded \\Seen)", DATE, b"x")]


def test_a_server_that_asks_for_a_pause_with_bad_is_given_one_and_no_message_is_suspected() -> None:
    """Exchange; the connection is closed at once all the same."""
    server = AppendServer("LITERAL+")
    server.appender.send(batch(message(1)))
    with pytest.raises(Throttled) as raised:
        server.says(b"T1 BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds")
    assert raised.value.seconds == 92.415
    assert server.ends.closed


def test_a_keyword_that_is_new_to_the_server_waits_for_it_once() -> None:
    """A server that says BAD to a keyword may go on to read the message behind it as commands."""
    server = AppendServer(*ALL, familiar=None)
    server.appender.send(batch(message(1, b"a", b"$New"), message(2, b"b", b"$New"), message(3, b"c")))
    assert server.said().endswith(b" {1}\r\n"), "nothing of the message goes before the server has agreed"
    assert server.says(b"+ go on") == []
    literal, rest = server.said().split(b"\r\n", 1)
    assert (literal, rest.count(b"{1+}"), rest.count(b"$New")) == (b"a", 2, 1)
    assert server.says(b"T1 OK done") == [Stored(1, (0,), None, None)]
    assert server.says(b"T2 OK done") == [Stored(1, (1, 2), None, None)]


def test_a_keyword_that_the_server_does_not_understand_is_left_out_from_then_on() -> None:
    server = AppendServer("LITERAL+", familiar=b"$Old")
    server.appender.send(batch(*(message(uid, b"x", b"$Old $New \\Seen") for uid in (1, 2, 3))))
    assert b"($New $Old \\Seen)" in server.said()
    assert server.says(b"T1 BAD what is that") == []
    assert (server.ends.closed, server.said().count(b"($Old \\Seen) ")) == (False, 1)
    server.says(b"+ go on")
    assert server.said().count(b"($Old \\Seen) ") == 2
    results = [server.says(b"T%d OK done" % number) for number in (2, 3, 4)]
    assert results == [[Stored(1, (at,), None, None, ("$New",))] for at in range(3)]


def test_an_outage_says_nothing_against_a_keyword() -> None:
    server = AppendServer("LITERAL+", familiar=b"$Old")
    server.appender.send(batch(*(message(uid, b"x", b"$New") for uid in (1, 2, 3))))
    assert server.says(b"T1 NO [SERVERBUG] Internal error occurred") == []
    server.says(b"+ go on")
    assert server.says(b"T2 OK done") == [Stored(1, (0,), None, None, ("$New",))]
    server.said()
    server.says(b"+ go on")
    assert b"($New)" in server.said(), "the messages behind it go with the keyword"


def test_of_several_new_keywords_the_one_that_is_refused_is_found() -> None:
    server = AppendServer("LITERAL+", familiar=None)
    server.appender.lines.taken.add(FOLDER)
    server.appender.send(batch(message(1, b"x", b"one two three"), message(2, b"y", b"one two three")))
    assert b"(one three two)" in server.said()
    for tag, left in ((b"T1", b"(three two)"), (b"T2", b"(one two)"), (b"T3", b"(one three)")):
        assert server.says(tag + b" BAD no") == []
        assert left in server.said()
    server.says(b"+ go on")
    assert b"(one three)" in server.said(), "the next message goes without it at once"
    assert server.says(b"T4 OK done") == [Stored(1, (0,), None, None, ("two",))]
    assert server.says(b"T5 OK done") == [Stored(1, (1,), None, None, ("two",))]


def test_an_unusual_name_waits_for_the_server_once() -> None:
    server = AppendServer("LITERAL+", familiar=None)
    server.appender.send(batch(message(1), message(2)))
    assert server.said().endswith(b" {1}\r\n")
    server.says(b"+ go on")
    assert b"{1+}" in server.said()


def test_a_message_above_the_limit_is_not_sent_before_the_server_has_agreed() -> None:
    """APPENDLIMIT, RFC 7889."""
    server = AppendServer("LITERAL+", "APPENDLIMIT=10")
    server.appender.send(batch(message(1, b"x" * 11), message(2, b"y" * 10)))
    assert server.said().endswith(b" {11}\r\n")
    (refused,) = server.says(b"T1 NO [TOOBIG] no")
    assert isinstance(refused, Refused)
    assert server.said().endswith(b"{10+}\r\n" + b"y" * 10 + b"\r\n")


def test_a_date_that_the_server_refuses_is_left_out_and_counted() -> None:
    server = AppendServer("LITERAL+")
    old = b'" 1-Jan-1969 00:00:00 +0000"'
    server.appender.send(batch(message(1, b"x", date=old), synchronising=True))
    assert old in server.said()
    server.says(b"T1 BAD not such a date")
    assert b"1969" not in server.said()
    server.says(b"+ go on")
    assert server.says(b"T2 OK done") == [Stored(1, (0,), None, None, undated=1)]
