"""The header that a mail came with stays, but for what no longer holds; what is missing is made of properties."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.outlook import MadeItem, filetime, mail, octets, person
from tui_migrate.mail.mapi.item import Properties, Value

CAME_WITH = "\r\n".join(
    [
        "Received: from a.example by b.example;",
        "\tMon, 6 Jan 2020 10:00:00 +0100",
        "From: Ann <ann@example.org>",
        "X-Odd:kept",
        "To: bob@example.net",
        "Subject: A subject that is",
        "  folded",
        "Date: Mon, 6 Jan 2020 09:59:00 +0100",
        "Message-ID: <1@example.org>",
        "",
    ]
)


def header(properties: dict[int, Value], recipients: list[Properties] | None = None) -> bytes:
    """What stands before the first empty line."""
    return octets(MadeItem(properties, recipients or [])).partition(b"\r\n\r\n")[0] + b"\r\n"


def test_the_header_stays_in_order_and_folded_as_it_was() -> None:
    assert header({0x007D: CAME_WITH, 0x0037: "Another"}).startswith(CAME_WITH.encode())


def test_what_told_of_the_body_is_gone() -> None:
    described = (
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\tboundary=old\r\ncontent-language: de\r\n"
        "X-MS-TNEF-Correlator: <1@x>\r\nX-Last: 1\r\n"
    )
    written = header({0x007D: CAME_WITH + described})
    assert b"=old" not in written
    assert b"language" not in written
    assert b"Correlator" not in written
    assert written.count(b"MIME-Version:") == 1
    assert b"\r\nX-Last: 1\r\n" in written


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        ("Microsoft Mail Internet Headers Version 2.0\r\nTo: a@b.example\r\n", b"To: a@b.example\r\n"),
        ("\r\n\r\nTo: a@b.example\r\n", b"To: a@b.example\r\n"),
        ("To: a@b.example\r\n\r\n--part\r\nContent-Type: text/plain\r\nX: y\r\n", b"To: a@b.example\r\n"),
        ("no header\r\n and more of it\r\nTo: a@b.example\r\n", b"To: a@b.example\r\n"),
        ("From a@b.example Mon Jan  1 10:00:00 2020\r\nTo: a@b.example", b"To: a@b.example\r\n"),
        ("To: a@b.example\n\tb@b.example\rX: y\n", b"To: a@b.example\r\n\tb@b.example\r\nX: y\r\n"),
        ("X: a\r\n \t\r\n b\r\n", b"X: a\r\n b\r\n"),
        ("X: a\r\n \r\n\t\r\n\t ", b"X: a\r\n"),
        ("X: a\r\n\x08Bcc: b@b.example\r\n \x07\r\n c\r\n", b"X: a\r\n"),
        ("X : a\r\n", b"X: a\r\n"),
        ("X: a\0b\x07c\x1b\r\n", b"X: abc\r\n"),
        ("X: \x0b\x0c\r\nY: z\r\n", b"X: \r\nY: z\r\n"),
        ("X: a\x85b\u2028c\r\n", b"X: =?utf-8?B?YcKFYuKAqGM=?=\r\n"),
        (" starts with a blank\r\nX: y\r\n", b"X: y\r\n"),
    ],
)
def test_lines_that_are_no_header_are_left_out(block: str, kept: bytes) -> None:
    assert header({0x007D: block}).startswith(kept + b"MIME-Version: 1.0\r\n")


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("Subject: Grüße aus Köln", "subject", "Grüße aus Köln"),
        ('Subject: the "Grüße" of =?utf-8?q?K=C3=B6ln?= too', "subject", 'the "Grüße" of Köln too'),
        ('From: "Müller, Jürgen" <j@example.org>', "from", '"Müller, Jürgen" <j@example.org>'),
        ("From: =?utf-8?q?J=C3=BCrgen?= Groß <j@example.org>", "from", "Jürgen Groß <j@example.org>"),
        (
            "To: Ann <a@b.example>, Jürgen B. Groß <j@b.example>, c@b.example",
            "to",
            'Ann <a@b.example>, "Jürgen B. Groß" <j@b.example>, c@b.example',
        ),
        (f"Subject: {'Übersicht ' * 200}", "subject", ("Übersicht " * 200).strip()),
        (f"Cc: {', '.join(f'Jürgen {n} <j{n}@example.org>' for n in range(300))}", "cc", None),
    ],
)
def test_what_is_not_ascii_is_encoded_again(line: str, name: str, text: str | None) -> None:
    assert header({0x007D: line}).isascii()
    field = mail(MadeItem({0x007D: line}))[name]
    assert not field.defects
    assert str(field) == (line.partition(": ")[2] if text is None else text)


def test_quotes_without_an_end_are_no_labour() -> None:
    written = header({0x007D: "To: " + '"\\' * 40_000 + "ü"})
    assert written.isascii()
    assert max(map(len, written.split(b"\r\n"))) <= 998


def test_a_mail_without_any_header_gets_one() -> None:
    properties: dict[int, Value] = {
        0x0037: "\x01\x05RE: Grüße",
        0x0039: filetime(datetime(2021, 12, 31, 23, 59, 59, tzinfo=UTC)),
        0x0042: "Ann, Head of",
        0x5D02: "ann@example.org",
        0x0C1A: "Assistant",
        0x0C1E: "SMTP",
        0x0C1F: "assistant@example.org",
        0x1035: "<2@example.org>",
        0x1042: "<1@example.org>",
        0x1039: "<0@example.org> <1@example.org>",
        0x0070: "Grüße",
        0x0071: b"\x01" * 22,
        0x0017: 2,
    }
    rows: list[Properties] = [
        person("Bob", "bob@example.net"),
        person("'carl@example.net'", "carl@example.net", 2),
        {0x5FF6: "Dora", 0x3002: "SMTP", 0x3003: "dora@example.net", 0x0C15: 0x10000003},
        person("Erich", "erich@example.net"),
        person("Originator", "ann@example.org", 0),
    ]
    message = mail(MadeItem(properties, rows))
    assert {name: str(value) for name, value in message.items()} == {
        "Date": "Fri, 31 Dec 2021 23:59:59 +0000",
        "From": '"Ann, Head of" <ann@example.org>',
        "Sender": "Assistant <assistant@example.org>",
        "To": "Bob <bob@example.net>, Erich <erich@example.net>",
        "Cc": "carl@example.net",
        "Bcc": "Dora <dora@example.net>",
        "Subject": "RE: Grüße",
        "Message-ID": "<2@example.org>",
        "In-Reply-To": "<1@example.org>",
        "References": "<0@example.org> <1@example.org>",
        "Thread-Topic": "Grüße",
        "Thread-Index": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==",
        "Importance": "high",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="us-ascii"',
        "Content-Transfer-Encoding": "7bit",
    }


def test_only_what_is_missing_is_made() -> None:
    properties: dict[int, Value] = {
        0x007D: CAME_WITH, 0x0037: "Other", 0x1035: "<other@x>", 0x0042: "Other", 0x5D02: "other@x.example",
        0x1042: "<0@example.org>",
    }  # fmt: skip
    message = mail(MadeItem(properties, [person("Carl", "carl@example.net", 2), person("Other", "other@x.example")]))
    assert message.get_all("from") == ["Ann <ann@example.org>"]
    assert message.get_all("to") == ["bob@example.net"]
    assert message.get_all("subject") == ["A subject that is  folded"]
    assert message.get_all("message-id") == ["<1@example.org>"]
    assert message.get_all("cc") == ["Carl <carl@example.net>"]
    assert message.get_all("in-reply-to") == ["<0@example.org>"]


def test_nothing_is_invented() -> None:
    assert header({0x001A: "IPM.Note", 0x0017: 1}) == (
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n"
    )


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({0x0042: "Ann", 0x5D02: "ann@example.org"}, "Ann <ann@example.org>"),
        ({0x0042: "Ann", 0x0064: "SMTP", 0x0065: "ann@example.org"}, "Ann <ann@example.org>"),
        ({0x0042: "Ann", 0x0064: "EX", 0x0065: "/O=ORG/OU=A/CN=RECIPIENTS/CN=ANN.B"}, "Ann <ann-b@exchange.invalid>"),
        ({0x0064: "EX", 0x0065: "/o=x/cn=ann"}, "/o=x/cn=ann <ann@exchange.invalid>"),
        ({0x0042: "Ann Übel"}, "Ann Übel <ann-bel@unknown.invalid>"),
        ({0x0C1A: "Ann", 0x5D01: "ann@example.org"}, "Ann <ann@example.org>"),
        ({0x0042: "Ann", 0x0C1A: "Ann", 0x5D01: "ann@example.org"}, "Ann <ann@example.org>"),
        ({0x0042: "x", 0x5D02: "a@b\r\nBcc: c@d"}, "x <a-b-bcc-c-d@unknown.invalid>"),
        ({0x0042: 'a "b" \\c', 0x5D02: "ann@example.org"}, '"a \\"b\\" \\\\c" <ann@example.org>'),
    ],
)
def test_whom_it_is_from(properties: dict[int, Value], expected: str) -> None:
    message = mail(MadeItem(properties))
    assert str(message["from"]) == expected
    assert message["sender"] is None
    assert not message["from"].defects


def test_the_table_of_recipients_is_not_read_for_nothing() -> None:
    """Reading it costs more than all else of a small mail."""

    class Unread(MadeItem):
        @property
        def recipients(self) -> list[Properties]:
            raise AssertionError

        @recipients.setter
        def recipients(self, value: object) -> None:
            pass

    octets(Unread({0x007D: CAME_WITH, 0x0E02: "", 0x0E03: "\0"}))


anything = st.text(max_size=80) | st.text('ab:=? ü\r\n\t\0<>",;@\ud800', max_size=60)
long_text = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=30), st.sampled_from([1, 40, 200]))
values = anything | long_text


@given(
    st.lists(st.tuples(st.sampled_from(["Subject", "To", "X-A", "Content-Type", "Odd Name", "é"]), values), max_size=5),
    st.dictionaries(st.sampled_from([0x37, 0x42, 0x5D02, 0x65, 0x70, 0x1035, 0x1039, 0x1042, 0xC1A]), values),
    st.lists(st.tuples(values, values), max_size=3),
)
@example([("Subject", "x" * 3000)], {0x37: "y" * 3000, 0x1039: "z" * 3000}, [("n" * 3000, "a" * 3000)])
@example([("To", '"' + "ü" * 3000)], {0x37: " " * 3000 + "x"}, [])
def test_no_text_can_break_out_of_its_line(
    block: list[tuple[str, str]], properties: dict[int, str], people: list[tuple[str, str]]
) -> None:
    text = "\r\n".join(f"{name}: {value}" for name, value in block)
    rows: list[Properties] = [{0x3001: name, 0x3003: address, 0x0C15: 1} for name, address in people]
    written = header({0x007D: text, **properties}, rows)
    assert written.isascii()
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert lines[-1] == b""
    for line in lines[:-1]:
        assert re.fullmatch(rb"[!-9;-~]+:[\t -~]*|[ \t]+[!-~][\t -~]*", line)
    made = {b"From", b"Sender", b"To", b"Cc", b"Bcc", b"Subject", b"Date", b"Message-ID", b"In-Reply-To"}
    made |= {b"References", b"Thread-Topic", b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding"}
    told = {found[1].encode() for found in re.finditer(r"(?:^|[\r\n])([!-9;-~]+)[ \t]*:", text)}
    assert {line.partition(b":")[0] for line in lines[:-1] if line[:1] not in b" \t"} <= made | told
