"""The date a message arrived keeps its instant and is always written in the RFC's form; fingerprints know a message
again whatever a server does to how it looks."""

from __future__ import annotations

import calendar
import errno
import re
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, mktime_tz, parsedate_tz
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.field_dates import derive_date
from tui_migrate.mail.message import (
    Content,
    Prints,
    describe,
    fingerprint,
    header_block,
    header_print,
    parse_internal_date,
)
from tui_migrate.mail.signs import TextPrint, first_header_print, header_signs, text_print
from tui_migrate.mail.spool import spool
from tui_migrate.model import Signs

DATE_TIME = re.compile(
    rb'"( \d|[0-3]\d)-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"'
)
"""RFC 3501 section 9, `date-time`."""

moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis wants it so
    max_value=datetime(2037, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
).map(lambda moment: moment.replace(microsecond=0))


def internal_date(moment: datetime, padding: str = " ") -> bytes:
    month = calendar.month_abbr[moment.month]
    day = str(moment.day).rjust(2, padding) if padding else str(moment.day)
    return f"{day}-{month}-{moment:%Y %H:%M:%S %z}".encode()


@given(moments, st.sampled_from([" ", "0", ""]), st.sampled_from([bytes.lower, bytes.upper, bytes]))
def test_internal_date_keeps_its_instant(moment: datetime, padding: str, spelling: type[bytes]) -> None:
    parsed = parse_internal_date(spelling(internal_date(moment, padding)))
    assert parsed is not None
    text, instant = parsed
    assert instant == moment.timestamp()
    assert text == b'"' + internal_date(moment) + b'"', "the zone is kept as well"
    assert DATE_TIME.fullmatch(text)


@given(st.one_of(st.binary(max_size=60), moments.map(format_datetime).map(str.encode)))
@example(b"00-Jan-0000 00:00:00 +0000")
@example(b"30-Feb-2020 10:00:00 +0000")
@example(b"01-Jan-2020 23:59:60 +0000")
@example(b"01-Jan-2020 10:00:00 +9999")
@example(b'01-Jan-2020 10:00:00 +0000" {3+}\r\nx1 DELETE INBOX')
@example(b"Wed, 01 Jan 99999 10:00:00 +0000")
def test_nothing_but_a_date_ever_stands_where_a_date_belongs(raw: bytes) -> None:
    """What is written here goes in front of a literal: a byte out of place and the message itself becomes a command."""
    parsed = parse_internal_date(raw)
    assert parsed is None or DATE_TIME.fullmatch(parsed[0])


@given(moments)
def test_a_date_in_mail_form_keeps_its_instant(moment: datetime) -> None:
    parsed = parse_internal_date(format_datetime(moment).encode())
    assert parsed is not None
    assert parsed[1] == moment.timestamp()


@pytest.mark.parametrize(
    "header",
    [
        b"Received: from a by b; Tue, 1 Jul 2003 10:52:37 +0200\r\nReceived: from c; Mon, 30 Jun 2003 10:00:00 +0000",
        b"Received: by b\r\n\t(envelope-from <x@y>; really);\r\n Tue, 01 Jul 2003 08:52:37 GMT (kept)\r\nDate: no",
        b"Received: by b; Wed, 01 Jan 2098 00:00:00 +0000\r\nDelivery-date: Tue, 01 Jul 2003 01:52:37 -0700",
        b"Received: without a date\r\nDate: 1 Jul 03 08:52:37 UT",
        b"Date: Tue, 01 Jan 1970 00:00:00 +0000\r\nResent-Date: Tue, 01 Jul 2003 08:52:37 -0000",
    ],
)
def test_without_internal_date_the_topmost_sane_date_counts(header: bytes) -> None:
    date = derive_date(header)
    assert date is not None
    assert date[1] == datetime(2003, 7, 1, 8, 52, 37, tzinfo=UTC).timestamp()
    assert DATE_TIME.fullmatch(date[0])


words = st.sampled_from(
    b"Received: Date: RESENT-DATE: X-Received: x-received : delivery-date:;Tue, Tue 1 01 31 30 Feb feb Jul July 2003 "
    b"03 1899 0003 2999 08:52:37 8:52:37 08:52 24:00:00 23:59:60 +0000 -0000 +0200 -0930 +0061 +2400 -2400 (UTC) UTC "
    b"EST , : ; ( by example".split(b" ")
)
breaks = st.sampled_from([b"\r\n", b"\n", b"\r", b" ", b"\t", b"\r\n ", b"\n\t", b"\x0c", b"\xff", b" ", b" ", b" "])
dates = st.builds(
    lambda day, month, year, clock, zone, after: b"Tue, %d %b %d %b %b%b" % (day, month, year, clock, zone, after),
    st.integers(0, 32),
    st.sampled_from([b"Jan", b"feb", b"Jul", b"Foo"]),
    st.integers(1975, 2040),
    st.sampled_from([b"08:52:37", b"23:59:59", b"24:00:00"]),
    st.sampled_from([b"+0200", b"-0000", b"-0930", b"+9999", b"GMT"]),
    st.sampled_from([b"", b" (CEST)", b"x", b"\r", b"\r\n"]),
)
fields = st.builds(b"%b%b%b\r\n".__mod__, st.tuples(words, breaks, dates))


@given(st.lists(st.one_of(words, breaks, dates, fields), max_size=30).map(b"".join))
@example(b"Received: a; Tue, 1 Jul 2003 10:52:37 +0200\r\nFrom here\r\nDate: Tue, 1 Jul 2004 10:52:37 +0200\r\n")
def test_dates_are_read_as_the_email_package_reads_them(header: bytes) -> None:
    parsed = BytesHeaderParser(policy=compat32).parsebytes(header)
    names = ("Received", "Delivery-date", "X-Received", "Resent-Date", "Date")
    texts = [str(line).rpartition(";")[2] for name in names for line in parsed.get_all(name, [])]
    instants = [_instant(text) for text in texts]
    earliest, latest = datetime(1980, 1, 1, tzinfo=UTC).timestamp(), time.time() + 86_400
    sane = [instant for instant in instants if instant is not None and earliest <= instant <= latest]
    date = derive_date(header)
    assert (date and date[1]) == next(iter(sane), None)
    if date is not None:
        assert parse_internal_date(date[0].strip(b'"')) == date


def _instant(text: str) -> int | None:
    fields = parsedate_tz(text)
    try:
        return None if fields is None or abs(fields[9] or 0) // 60 > 1439 else mktime_tz(fields)
    except (ValueError, OverflowError):
        return None


@given(st.binary(max_size=300))
@example(b"")
@example(b"Date: \xff\xfe\r\nReceived: ;;;\r\n")
@example("Received: из; вторник\r\nSubject: =?x-unknown?Q?=FF?= =?utf-8?B?!!!?=".encode())
def test_no_header_is_too_odd_to_look_at(header: bytes) -> None:
    date = derive_date(header)
    assert date is None or DATE_TIME.fullmatch(date[0])
    assert all("\n" not in text and "\r" not in text for text in describe(header))


@pytest.mark.parametrize(
    ("message", "header"),
    [
        (b"A: b\r\nC: d\r\n\r\nbody\r\n\r\nmore", b"A: b\r\nC: d"),
        (b"A: b\n\nbody\r\n\r\nmore", b"A: b"),
        (b"A: b\r\n\r\n\n\n", b"A: b"),
        (b"A: b\r\n", b"A: b\r\n"),
        (b"\r\nbody\r\n\r\nmore", b""),
        (b"\nbody", b""),
        (b"\r\n", b""),
        (b"A: b\r\r\n\r\r\nbody\r\r\n\r\n", b"A: b"),
        (b"A: b\r\r\r\n\r\r\r\nbody\n\n", b"A: b"),
        (b"A: b\r\r\nC: d\r\r\n", b"A: b\r\nC: d\r\n"),
        (b"\r\r\nbody\n\n", b""),
        (b"\rA: b\n\nbody", b"\rA: b"),
        (b"", b""),
    ],
)
def test_the_header_ends_at_the_first_empty_line(message: bytes, header: bytes) -> None:
    """As servers cut it when they are asked for BODY[HEADER]: else a stored message is not known again and sent
    twice."""
    assert header_print(header_block(message)) == header_print(header)


LOOKS = [
    b"Subject: Caf\xc3\xa9 today\r\nX-Long: one two\r\n",
    b"Subject: Caf\xc3\xa9 today\nX-Long: one two\n",
    b"Subject: Caf? today\r\nX-Long: one two",
    b"Subject:   Caf?? today \r\nX-Long: one\r\n two\r\n\r\n".replace(b"\r\n two", b" two"),
    b"Subject: Caf\x80 today\r\nX-Long:\tone two\r\n",
    b"Subject: CafXX today\r\nX-Long: one two\r\n",
    "Subject: Caf\ufffd today\r\nX-Long: one two\r\n".encode(),
    b"Subject: Caf today\r\nX-Long: one two\r\n",
]


def test_the_fingerprint_is_blind_to_what_servers_change_in_a_header() -> None:
    assert len({header_print(look) for look in LOOKS}) == 1


@pytest.mark.parametrize(
    "other",
    [b"Subject: Cafe today\r\nX-Long: one two\r\n", b"Subject: Caf? today\r\nX-Long: one two\r\nX-More: 1\r\n", b""],
)
def test_the_fingerprint_tells_other_headers_apart(other: bytes) -> None:
    assert header_print(other) != header_print(LOOKS[0])


def test_journals_of_0_1_know_a_header_by_what_0_1_took_it_for() -> None:
    """Taken from there: journals are full of these, and names of POP messages."""
    known = "31c5ee892152f192e1be32b60c9ca360"
    assert first_header_print(b"\r\nSubject: Caf\xc3\xa9 ?today\r\n X: X\r\n").hex() == known


REWRITTEN = [
    "Message-ID: <a@b>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: Café à X".encode(),
    b"X-New: 1\r\nsubject: CafXX XX X\r\nDATE: Mon,\r\n 1 Jan 2024 00:00:00 +0000\r\nMessage-Id:\r\n <a@b>\r\nX-Z: 1",
    b"Date: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-ID: <a@b>\nSubject: =?utf-8?Q?Caf=C3=A9?= =?utf-8?Q?_=C3=A0_X?=\n",
]


def test_signs_outlast_what_is_done_to_a_header() -> None:
    assert len({header_signs(header) for header in REWRITTEN}) == 1
    assert header_signs(b"") == header_signs(b"A: b\r\nReceived-By: c") == Signs()


@pytest.mark.parametrize("other", [b"Received: by b\r\nReceived: by a\r\n", b"Received: by a\r\n", b""])
def test_copies_that_came_on_two_ways_differ_in_their_trace(other: bytes) -> None:
    one, two = header_signs(b"Received: by a\r\nReceived: by b\r\nA: b"), header_signs(other + b"A: b")
    assert one.trace != two.trace
    assert (one.identity, one.topic) == (two.identity, two.topic)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_a_text_has_one_print_in_whatever_pieces_and_line_ends_it_comes(text: bytes, cuts: list[int]) -> None:
    whole, pieces = TextPrint(), TextPrint()
    whole.take(text)
    edges = [0, *sorted(cuts), len(text) + 200]
    for start, end in pairwise(edges):
        pieces.take(text[start:end].replace(b"\n", b"\r\n"))
    pieces.take(b"\r\n")
    assert whole.digest() == pieces.digest() == text_print(b"A: b\r\n\r\n" + text, 8)


def test_a_long_text_has_the_print_of_its_pieces() -> None:
    text = b"\r\n\n" + b"a line\r\n" * 30_000 + b"\r\n\n" * 30_000
    pieces = TextPrint()
    pieces.take(text)
    assert pieces.digest() == text_print(b"A: b" + text, 4) == text_print(text.strip(), 0)


def test_a_message_has_one_fingerprint_in_memory_and_in_a_file(tmp_path: Path) -> None:
    data = b"Subject: x\r\n\r\n" + b"y" * 1_000_000

    def pump(sink: Callable[[bytes], object]) -> None:
        sink(data[:7])
        sink(data[7:])

    spooled = spool(len(data), pump, tmp_path)
    one, other = fingerprint(spooled, 5), fingerprint(Content.of(data), 5)
    assert (one, one.signs) == (other, other.signs)
    assert b"".join(spooled.chunks()) == b"".join(spooled.chunks()) == data
    assert 0 < spooled.weight < len(data) / 10, "not in memory, and not for nothing"
    assert not list(tmp_path.iterdir()), "nothing is left behind, however the process ends"
    spooled.close()


def test_a_full_disk_is_said_to_be_one(tmp_path: Path) -> None:
    def pump(_: Callable[[bytes], object]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreUnusable, match="No space left"):
        spool(5, pump, tmp_path)
    with pytest.raises(StoreUnusable, match="No such file"):
        spool(5, pump, tmp_path / "gone")


def test_a_message_is_described_for_a_person() -> None:
    header = b"Message-ID: <1@x>\r\nSubject: =?utf-8?Q?Priv=C3=A9?=\r\n =?utf-8?Q?_zaken?=\r\nDate: Tue, 1 Jul 2003"
    assert describe(header) == ("<1@x>", "Privé zaken", "Tue, 1 Jul 2003")


@given(
    st.lists(st.sampled_from([b"A: b\r\n", b"\r\n", b"\r", b"\n", b"\n\n", b"text ", b"x" * 400_000]), max_size=12),
    st.integers(1, 300_000),
)
@example([b"x" * 400_000] * 3 + [b"\r\n\r\ntext"], 1 << 18)
@example([b"\r\r", b"\n", b"text"], 1)
def test_prints_are_the_same_in_pieces_of_any_size(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    size = max(size, len(data) // 50)
    prints = Prints()
    for start in range(0, len(data), size):
        prints.take(data[start : start + size])
    with closing(Content(None, BytesIO(data), len(data))) as whole:
        in_pieces, in_memory = Content(None, None, len(data), prints), Content.of(data)
        assert fingerprint(in_pieces, 5) == fingerprint(whole, 5)
        if len(header_block(data)) < 1 << 20:
            assert fingerprint(in_pieces, 5) == fingerprint(in_memory, 5)
        assert whole.head() == prints.header


def test_what_goes_wrong_while_prints_are_taken_is_heard_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def take(self: Prints, piece: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(Prints, "take", take)

    def pump(sink: Callable[[bytes], object]) -> None:
        for _ in range(30):
            sink(b"x" * 100_000)

    with pytest.raises(MemoryError):
        spool(3_000_000, pump, tmp_path)
    assert not list(tmp_path.iterdir())
