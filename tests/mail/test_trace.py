"""The trace of an account shows what was said and what was answered; never a password, and nothing of the mail."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.imap.traced import ImapRules
from tui_migrate.mail.pop.traced import PopRules
from tui_migrate.mail.stream import Stream
from tui_migrate.mail.trace import Tracer, WireRules, length

PRIVATE = b"Gehaltsliste-42"
MAIL = st.binary(max_size=40).map(lambda rest: b"Subject: " + PRIVATE + rest)


class Headers:
    """Rules of a protocol that there is not yet: of a header, its name; of what follows, its length."""

    def sent(self, data: bytes) -> Iterator[str]:
        for line in data.splitlines():
            name, colon, value = line.partition(b":")
            yield f"{name.decode()}: {length(value)}" if colon else line.decode()

    def heard(self, line: bytes) -> str | None:
        return next(iter(self.sent(line)), None)

    def octets(self, number: int) -> str:
        return length(number)


def told(rules: type[WireRules], sent: Iterable[bytes], heard: bytes = b"", *, write: bool = True) -> list[str]:
    """What a trace shows of a stream on which this is sent, and these lines are read."""
    lines: list[str] = []
    tracer = Tracer()
    tracer.switch(lines.append if write else None)
    here, there = socket.socketpair()
    with here, there:
        stream = Stream(here, "peer", tracer.gate("old:993", rules))
        for data in sent:
            stream.write(data)
        there.sendall(heard)
        for _ in range(heard.count(b"\n")):
            stream.readline()
    return [line.removeprefix("[old:993 #1] ") for line in lines if " -- connected " not in line]


def test_logins_are_shown_as_lengths() -> None:
    token = base64.b64encode(b"\0alice\0secret")
    assert told(ImapRules, [b"T1 LOGIN alice secret\r\n"]) == ["C: T1 LOGIN {12 octets}"]
    assert told(ImapRules, [b"T2 AUTHENTICATE PLAIN " + token + b"\r\n"]) == ["C: T2 AUTHENTICATE PLAIN {20 octets}"]
    sent = [b"USER alice\r\n", b"PASS T1 NOOP\r\n", b"AUTH PLAIN\r\n", token + b"\r\n", b"APOP alice 00ff\r\n"]
    assert told(PopRules, sent, b"+OK\r\n-ERR\r\n+ Y2hhbGxlbmdl\r\n+OK done\r\n") == [
        "C: USER {5 octets}",
        "C: PASS {7 octets}",
        "C: AUTH PLAIN",
        "C: {22 octets}",
        "C: APOP {10 octets}",
        "S: +OK",
        "S: -ERR",
        "S: + {12 octets}",
        "S: +OK done",
    ]


def test_a_challenge_and_its_answer_are_shown_as_lengths() -> None:
    rules = ImapRules()
    assert [*rules.sent(b"T1 AUTHENTICATE XOAUTH2\r\n")] == ["T1 AUTHENTICATE XOAUTH2"]
    assert rules.heard(b"+ \r\n") == "+ {0 octets}"
    assert [*rules.sent(b"dXNlcj1hbGljZQ==\r\n")] == ["{18 octets}"]
    assert rules.heard(b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n") == "+ {24 octets}"
    assert [*rules.sent(b"\r\n")] == ["{2 octets}"]
    assert rules.heard(b"T1 NO refused\r\n") == "T1 NO refused"
    assert [*rules.sent(b"T2 NOOP\r\n")] == ["T2 NOOP"]


def test_a_literal_that_the_server_refuses_is_followed_by_a_command() -> None:
    rules = ImapRules()
    assert [*rules.sent(b"T1 APPEND INBOX (\\Seen) {400}\r\n")] == ["T1 APPEND INBOX (\\Seen) {400}"]
    assert rules.heard(b"T1 NO [TOOBIG] no\r\n") == "T1 NO [TOOBIG] no"
    assert [*rules.sent(b"T2 NOOP\r\n")] == ["T2 NOOP"]
    assert [*rules.sent(b"T3 APPEND INBOX (\\Seen) {4}\r\n")] == ["T3 APPEND INBOX (\\Seen) {4}"]
    assert rules.heard(b"+ go on\r\n") == "+ go on"
    assert [*rules.sent(b"T4")] == []
    assert [*rules.sent(b" N\r\n")] == ["{4 octets}"]


def test_the_end_of_one_command_does_not_let_another_s_literal_through() -> None:
    rules = ImapRules()
    assert [*rules.sent(b"T1 APPEND INBOX (x) {2}\r\n")] == ["T1 APPEND INBOX (x) {2}"]
    rules.heard(b"+ go on\r\n")
    assert [*rules.sent(b"ab")] == ["{2 octets}"]
    assert [*rules.sent(b"\r\n")] == []
    assert [*rules.sent(b"T2 APPEND INBOX (x) {9}\r\n")] == ["T2 APPEND INBOX (x) {9}"]
    rules.heard(b"T1 OK stored\r\n")
    rules.heard(b"+ go on\r\n")
    assert [*rules.sent(b"T3 NOOP\r\n")] == ["{9 octets}"]


def test_what_looks_like_a_command_and_has_an_old_tag_is_none() -> None:
    rules = ImapRules()
    assert [*rules.sent(b"T7 NOOP\r\nT7 NOOP secret\r\nT8 NOOP\r\n")] == ["T7 NOOP", "{16 octets}", "T8 NOOP"]


def test_what_a_server_quotes_of_a_message_that_it_refuses_is_not_shown() -> None:
    rules = ImapRules()
    assert [*rules.sent(b'T1 APPEND INBOX (x) {2+}\r\nab\r\nT2 SELECT "x"\r\n')][2:] == ['T2 SELECT "x"']
    assert rules.heard(b'T1 NO "A subject" looks like spam\r\n') == 'T1 NO "{9 octets}" looks like spam'
    assert rules.heard(b'T2 NO no folder "x"\r\n') == 'T2 NO no folder "x"'
    by_pop = PopRules()
    assert [*by_pop.sent(b"RETR 1\r\nNOOP\r\n")] == ["RETR 1", "NOOP"]
    assert by_pop.heard(b'-ERR "A subject" is damaged\r\n') == '-ERR "{9 octets}" is damaged'
    assert by_pop.heard(b'-ERR "x"\r\n') == '-ERR "x"'


def test_two_messages_of_one_append() -> None:
    data = b'T1 APPEND "A B" (\\Seen) "01-Jan-2024 10:00:00 +0000" {3+}\r\nabc (x) {2+}\r\nde\r\n'
    assert [*ImapRules().sent(data)] == [
        'T1 APPEND "A B" (\\Seen) "01-Jan-2024 10:00:00 +0000" {3+}',
        "{3 octets}",
        " (x) {2+}",
        "{2 octets}",
    ]


def test_a_search_for_a_header_does_not_show_it() -> None:
    assert [*ImapRules().sent(b'T1 UID SEARCH HEADER Subject "secret \\" thing"\r\n')] == [
        "T1 UID SEARCH HEADER Subject {17 octets}"
    ]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            b'* 3 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE "01-Jan-2024 10:00:00 +0000" RFC822.SIZE 5 BODY[] {5}\r\n',
            '* 3 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE "01-Jan-2024 10:00:00 +0000" RFC822.SIZE 5 BODY[] {5}',
        ),
        (b'* 3 FETCH (UID 7 BODY[HEADER] "Subject: x")\r\n', "* 3 FETCH (UID 7 BODY[HEADER] {12 octets})"),
        (b'* 3 FETCH (ENVELOPE ("d" "Subject" NIL))\r\n', "* 3 FETCH ({8 octets} ({3 octets} {9 octets} NIL))"),
        (b'* LIST (\\HasNoChildren) "/" INBOX\r\n', '* LIST (\\HasNoChildren) "/" INBOX'),
        (b"* 3 EXISTS\r\n", "* 3 EXISTS"),
        (b"Subject: BAD x\r\n", "{16 octets}"),
        (b"* METADATA INBOX (/x y)\r\n", "{25 octets}"),
    ],
)
def test_replies(line: bytes, shown: str) -> None:
    assert ImapRules().heard(line) == shown


@given(st.lists(MAIL.filter(lambda mail: not mail.startswith(b"* ")), min_size=1, max_size=5), st.booleans())
def test_mail_in_a_reply_s_place_is_never_shown(lines: list[bytes], announced: bool) -> None:
    for rules in (ImapRules(), PopRules()):
        if announced:
            rules.heard(b"* 1 FETCH (UID 1 BODY[] {10}\r\n")
            rules.octets(10)
        shown = [rules.heard(line + b"\r\n") or "" for line in lines] + [*rules.sent(b"\r\n".join(lines))]
        assert not any(PRIVATE.decode() in text for text in shown)


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=6), st.integers(0, 60))
def test_a_literal_is_one_whatever_pieces_it_comes_in(pieces: list[bytes], cut: int) -> None:
    rules, body = ImapRules(), b"".join(pieces)
    data = b"T1 APPEND INBOX (x) {%d+}\r\n%s\r\nT2 NOOP\r\n" % (len(body), body)
    first = data.index(b"\r\n") + 2
    cut = first + cut % (len(body) + 1)
    shown = [*rules.sent(data[:cut]), *rules.sent(data[cut:])]
    assert shown == [f"T1 APPEND INBOX (x) {{{len(body)}+}}", f"{{{len(body)} octets}}", "T2 NOOP"]


def test_what_was_not_seen_from_its_beginning_is_not_shown() -> None:
    rules = ImapRules()
    assert [*rules.sent(b"the rest of a message\r\nT1 NOOP\r\n")] == ["{32 octets}"]
    assert rules.heard(b" Subject: x)\r\n") == "{14 octets}"
    assert [*rules.sent(b"T2 NOOP\r\n")] == ["T2 NOOP"]


def test_a_pop_list_is_shown_and_a_header_is_not() -> None:
    heard = b"+OK 2\r\n1 a1\r\n2 b\xff\r\n.\r\n+OK\r\nSubject: x\r\n\r\n.\r\n+OK bye\r\n"
    assert told(PopRules, [b"UIDL\r\nTOP 1 0\r\n", b"QUIT\r\n"], heard)[3:] == [
        "S: +OK 2",
        "S: 1 a1",
        "S: {6 octets} .",
        "S: +OK",
        "S: {14 octets} .",
        "S: +OK bye",
    ]


def test_the_gate_takes_headers_too() -> None:
    assert told(Headers, [b"GET / HTTP/1.1\r\nAuthorization: Bearer x\r\n"], b"Set-Cookie: y\r\n") == [
        "C: GET / HTTP/1.1",
        "C: Authorization: {9 octets}",
        "S: Set-Cookie: {2 octets}",
    ]


def test_a_trace_that_is_off_shows_nothing() -> None:
    assert told(ImapRules, [b"T1 NOOP\r\n"], b"T1 OK\r\n", write=False) == []


def test_a_password_that_a_server_says_back_is_covered() -> None:
    lines: list[str] = []
    tracer = Tracer()
    tracer.switch(lines.append)
    gate = tracer.gate("old:993", ImapRules)
    gate.mask.hide("Kiwi-3f9", "alice")
    gate.heard(b'T1 NO user alice with "Kiwi-3f9" is unknown\r\n')
    assert lines == ['[old:993 #1] S: T1 NO user alice with "•••" is unknown']


def test_a_long_line_is_cut() -> None:
    (line,) = told(ImapRules, [], b"* SEARCH" + b" 123456" * 1000 + b"\r\n")
    assert line.endswith("… {7008 characters}")
    assert len(line) < 2000
