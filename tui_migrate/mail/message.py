"""A message on its way: its octets, its fingerprint, and the date it arrived when the protocol does not say."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import mktime_tz, parsedate_tz
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import IO

from tui_migrate.mail import dates, signs
from tui_migrate.model import Fingerprint, Signs

SPOOL_ABOVE = 1 << 20
"""Octets above which a message goes through an unlinked file and not through memory."""
_CHUNK = 1 << 18
_HEADER_LIMIT = 1 << 20
_DIGEST = 16
_EMPTY_LINE = re.compile(rb"\n\r*\n")


class Content:
    """The octets of one message, in memory or in an unlinked spool file. Never changed."""

    __slots__ = ("_data", "_file", "length", "prints", "without")

    def __init__(self, data: bytes | None, file: IO[bytes] | None, length: int, prints: Prints | None = None) -> None:
        self._data = data
        self._file = file
        self.length = length
        self.prints = prints
        """Taken while it came. None: they are taken when they are asked for."""
        self.without: tuple[str, ...] = ()
        """What belongs to the message and is not in its octets, each in a few words for the admin."""

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Content that is in memory already."""
        return cls(data, None, len(data))

    @property
    def weight(self) -> int:
        """What this content counts for while it waits: its octets in memory. An octet on disk counts a sixteenth, since
        disks are larger, but a mailbox of large messages must not end up in the spool as a whole."""
        return self.length if self._data is not None else self.length // 16

    @property
    def octets(self) -> bytes | None:
        """All of them, where they are in memory; None: they are in a file."""
        return self._data

    def descriptor(self) -> int | None:
        """Of the spool file; None: the octets are in memory."""
        return None if self._file is None or isinstance(self._file, io.BytesIO) else self._file.fileno()

    def chunks(self) -> Iterator[bytes]:
        """The octets, in pieces of at most 256 KB when they are in a file. May be asked for again,
        not by two threads."""
        if self._data is not None:
            yield self._data
        elif self._file is not None:
            self._file.seek(0)
            while chunk := self._file.read(_CHUNK):
                yield chunk

    def head(self) -> bytes:
        """The header block, or what there is of it in the first megabyte."""
        start = self._data
        if start is None:
            assert self._file is not None
            self._file.seek(0)
            start = self._file.read(_HEADER_LIMIT)
        return header_block(start)

    def close(self) -> None:
        """Give back the spool file."""
        if self._file is not None:
            self._file.close()


def with_crlf(octets: bytes) -> bytes:
    """The same with CRLF at the end of each line. A CR that stands elsewhere stays."""
    if b"\r" not in octets:
        return octets.replace(b"\n", b"\r\n")
    if octets.replace(b"\r", b"").replace(b"\n", b"\r\n") == octets:  # a sixth of what looking for CRLF costs
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def header_block(start: bytes) -> bytes:
    """The part before the first empty line; all of it when there is none. A message may begin with the empty line.

    One that holds nothing but CRs counts as empty: to servers that drop a CR of CR CR LF, or take that for a line end,
    the header ends there, and none may be known by more of a message than another says is header."""
    if start.lstrip(b"\r").startswith(b"\n"):
        return b""
    end = _EMPTY_LINE.search(start)
    return start if end is None else start[: end.start()]


def header_print(header: bytes) -> bytes:
    """The fingerprint of a header block, blind to what servers change when they store or show it.

    Line ends and blanks are rewritten by some. In the place of 8-bit and control characters some show `?`, Cyrus stores
    an `X` for each octet, others U+FFFD or nothing. None of these count, wherever they stand: headers of two messages
    that differ in nothing else are equal, and their sizes, dates and bodies tell them apart.
    """
    return blake2b(header.translate(None, signs.NOISE), digest_size=_DIGEST).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """What a header block is recognised by."""

    print: bytes
    """As `header_print` has it."""
    first_print: bytes
    """As journals of 0.1 have it."""
    signs: Signs
    """Without the text's."""

    @classmethod
    def of(cls, header: bytes) -> Head:
        """Take all that a header block is recognised by."""
        return cls(header_print(header), signs.first_header_print(header), signs.header_signs(header))


class Prints:
    """What a message is recognised by, as far as its octets tell it, taken piece by piece."""

    def __init__(self) -> None:
        self._whole = sha256()
        self._text = signs.TextPrint()
        self._start = b""
        """What has come, until the end of the header is known."""
        self._header: bytes | None = None

    def take(self, piece: bytes) -> None:
        """Add the next octets."""
        signs.feed(self._whole, piece)
        if self._header is not None:
            self._text.take(piece)
            return
        self._start += piece
        header = header_block(self._start[:_HEADER_LIMIT])
        if len(header) < len(self._start):  # it has ended, or is longer than anybody looks
            self._header, rest, self._start = header, self._start[len(header) :], b""
            self._text.take(rest)

    @property
    def header(self) -> bytes:
        """The header block, or what there is of it in the first megabyte."""
        return self._start if self._header is None else self._header

    def digests(self) -> tuple[bytes, bytes]:
        """Of all octets, and of the text."""
        return self._whole.digest()[:_DIGEST], self._text.digest()


def fingerprint(content: Content, instant: int, *, first: bool = False) -> Fingerprint:
    """What the message is recognised by after a crash, at the other end, or after a UIDVALIDITY change. `first`: also
    what journals of 0.1 know it by."""
    if content.octets is not None:
        digest, header = sha256(), content.head()
        signs.feed(digest, content.octets)
        whole, text = digest.digest()[:_DIGEST], signs.text_print(content.octets, len(header))
    else:
        if (prints := content.prints) is None:
            prints = Prints()
            for chunk in content.chunks():
                prints.take(chunk)
        header, (whole, text) = prints.header, prints.digests()
    before = signs.first_body_print(content.chunks()) if first else b""
    of_header = signs.header_signs(header, text)
    return Fingerprint(content.length, instant, header_print(header), whole, of_header, before)


_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH = {name.lower(): number for number, name in enumerate(_MONTHS, 1)}
_SECONDS = {b"%02d" % number: number for number in range(60)}
_PLUS = ord("+")
_DATE = re.compile(rb"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_IN_FORM = re.compile(
    rb"([ \d]\d)-([A-Z][a-z]{2})-(\d{4})( (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d [+-](?:[01]\d|2[0-3])[0-5]\d)"
)
"""As the RFC has it: nearly all of them."""


def parse_internal_date(raw: bytes) -> tuple[bytes, int] | None:
    """INTERNALDATE (RFC 3501 section 9, `date-time`) as it may be sent to a server, and its instant in epoch seconds.

    The zone is kept. The text is always written anew from what was understood, so that nothing but the RFC's form can
    ever stand in front of a non-synchronising literal. None when no instant can be read in it for certain."""
    if (found := _IN_FORM.fullmatch(raw)) and (midnight := _midnight(*found.group(1, 2, 3))):
        time = found[4]
        seconds = midnight[1] + _SECONDS[time[1:3]] * 3600 + _SECONDS[time[4:6]] * 60 + _SECONDS[time[7:9]]
        zone = _SECONDS[time[11:13]] * 3600 + _SECONDS[time[13:15]] * 60
        return b'"%b%b"' % (midnight[0], time), seconds - zone if time[10] == _PLUS else seconds + zone
    found = _DATE.fullmatch(raw)
    if found is None or found[2].lower() not in _MONTH:
        odd = dates.rewritten(raw)
        if odd is None:
            return from_mail_date(raw.decode("ascii", "replace"))
        found = _DATE.fullmatch(odd[0]) if odd[1] else None
    return date_time(found) if found else None


def internal_date(instant: int) -> bytes:
    """INTERNALDATE of an instant in epoch seconds, in UTC; empty where it lies beyond the years that there are."""
    try:
        moment = _EPOCH + timedelta(seconds=instant)
    except OverflowError:
        return b""
    day = b'"%2d-%s-%04d %02d:%02d:%02d +0000"'
    month = _MONTHS[moment.month - 1]
    return day % (moment.day, month, moment.year, moment.hour, moment.minute, moment.second)


def guess_internal_date(raw: bytes) -> tuple[bytes, int] | None:
    """What `parse_internal_date` gives, for a date that tells no zone, or one whose name means several: it is taken for
    UTC, which shows the same day and hour. None when it is no such date."""
    odd = dates.rewritten(raw)
    found = _DATE.fullmatch(odd[0]) if odd and not odd[1] else None
    return date_time(found) if found else None


def date_time(found: re.Match[bytes]) -> tuple[bytes, int] | None:
    """INTERNALDATE and its instant, of day, month, year, hour, minute, second, and the zone in three parts. None
    where they are none."""
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    midnight = _midnight(day, month, year)
    zone = int(zone_hours) * 60 + int(zone_minutes)
    if midnight is None or hour > b"23" or minute > b"59" or second > b"59" or zone_minutes > b"59" or zone > 1439:
        return None
    date, start = midnight
    seconds = start + int(hour) * 3600 + int(minute) * 60 + int(second)
    text = b'"%s %s:%s:%s %s%s%s"' % (date, hour, minute, second, sign, zone_hours, zone_minutes)
    return text, seconds + zone * 60 if sign == b"-" else seconds - zone * 60


@lru_cache(maxsize=4096)
def _midnight(day: bytes, month: bytes, year: bytes) -> tuple[bytes, int] | None:
    """A day as it is written, and its first second in UTC. A mailbox has thousands of messages, and few days."""
    try:
        moment = datetime(int(year), _MONTH[month.lower()], int(day), tzinfo=UTC)
    except (KeyError, ValueError):
        return None
    written = b"%2d-%s-%04d" % (moment.day, _MONTHS[moment.month - 1], moment.year)
    return written, int((moment - _EPOCH).total_seconds())


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_mail_date(text: str) -> tuple[bytes, int] | None:
    """INTERNALDATE and its instant, of a date as mail has it, or as the email package reads it; None: it cannot."""
    fields = parsedate_tz(text)
    if fields is None:
        return None
    try:
        instant = mktime_tz(fields)
        zone = (fields[9] or 0) // 60
        local = _EPOCH + timedelta(seconds=instant + zone * 60)
    except (ValueError, OverflowError, TypeError):
        return None
    if abs(zone) > 1439 or not 1 <= local.year <= 9999:
        return None
    sign = b"-" if zone < 0 else b"+"
    hours, minutes = divmod(abs(zone), 60)
    form = b'"%2d-%s-%04d %02d:%02d:%02d %s%02d%02d"'
    text_out = form % (
        local.day, _MONTHS[local.month - 1], local.year, local.hour, local.minute, local.second, sign, hours, minutes,
    )  # fmt: skip
    return text_out, instant


def describe(header: bytes) -> tuple[str, str, str]:
    """Message-ID, subject and date of a header block, for an admin to recognise the message by;
    empty where there is none."""
    parsed = BytesHeaderParser(policy=compat32).parsebytes(header[:65536])
    return (
        " ".join(str(parsed.get("Message-ID", "")).split())[:998],
        _decoded(str(parsed.get("Subject", "")))[:250],
        " ".join(str(parsed.get("Date", "")).split())[:100],
    )


def _decoded(text: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header

    try:
        pieces = decode_header(text)
        decoded = "".join(
            piece.decode(charset or "latin-1", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    except (HeaderParseError, LookupError, ValueError):
        decoded = text
    return "".join(c if c.isprintable() else " " for c in " ".join(decoded.split()))
