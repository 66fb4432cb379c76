"""Text in headers: encoded words (RFC 2047), folding (RFC 5322 section 2.2.3), parameters (RFC 2231)."""

from __future__ import annotations

import re
from binascii import b2a_base64
from urllib.parse import quote

LONGEST = 998
"""Octets of a line without its CRLF (RFC 5322 section 2.1.1)."""
_LINE = 76
_LONG = 900
"""Characters between two blanks that are better encoded: there they can be folded."""
_WORD_FRAME = len("=?utf-8?B??=")
_CONTROLS = re.compile("[\0-\x1f\x7f]+")
_BLANKS = re.compile("([ \t]+)")
_TOKEN = re.compile(rb" *[^ ]+")
_MANY_BLANKS = re.compile(rb" {60,}")
_SHORT_VALUE = re.compile(r"[ !#-\[\]-~]{1,60}")
_QUARTER = 60
_FREE = "!#$&+-.^_`|~"


def one_line(value: str) -> str:
    """Without control characters: no value can end its line, or the header."""
    return (value if value.isprintable() else _CONTROLS.sub(" ", value)).strip(" ")


def encoded_words(value: str, used: int = 0) -> bytes:
    """The text as encoded words, to be folded; `used`: octets that stand before it on its first line."""
    raw = value.encode("utf-8", "replace")
    words, start = [], 0
    room = max(_LINE - used, _WORD_FRAME + 8)
    while start < len(raw):
        end = start + (room - _WORD_FRAME) // 4 * 3
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(b"=?utf-8?B?%b?=" % b2a_base64(raw[start:end], newline=False))
        start, room = end, _LINE - 1
    return b" ".join(words)


def encoded_among(value: str, used: int = 0) -> bytes:
    """Text in which some words may be encoded already: those that are not ASCII are encoded, several in a row together,
    since blanks between two encoded words do not count."""
    pieces: list[bytes] = []
    run: list[str] = []
    for token in [*_BLANKS.split(value), ""]:
        if not token.isascii() or (run and not token.strip(" \t") and token):
            run.append(token)
            continue
        if run:
            blanks = run.pop() if not run[-1].strip(" \t") else ""
            words = encoded_words(one_line("".join(run)), 0 if pieces else used)
            pieces += [words, blanks.encode("ascii")]
            run = []
        pieces.append(token.encode("ascii"))
    return b"".join(pieces)


def fold(line: bytes) -> bytes:
    """A header field of ASCII, folded at blanks; where there are none for 998 octets, between any two of them."""
    if len(line) <= _LINE:
        return line
    lines, current = [], b""
    for token in _TOKEN.findall(_MANY_BLANKS.sub(b" ", line)):
        if current and len(current) + len(token) > _LINE:
            lines.append(current)
            current = b""
        current += token
        while len(current) > LONGEST:
            lines.append(current[:LONGEST])
            current = b" " + current[LONGEST:]
    return b"\r\n".join([*lines, current])


def unstructured(name: bytes, value: str) -> bytes:
    """A field whose value is text, such as Subject, with its CRLF."""
    value = one_line(value)
    if value.isascii() and "=?" not in value and (len(value) < _LONG or max(map(len, value.split(" "))) < _LONG):
        return fold(b"%b: %b" % (name, value.encode("ascii"))) + b"\r\n"
    return fold(b"%b: %b" % (name, encoded_words(value, len(name) + 2))) + b"\r\n"


def parameter(name: bytes, value: str) -> bytes:
    """A parameter of Content-Type or Content-Disposition, on lines of its own: quoted when it is short ASCII, else in
    RFC 2231's form, in pieces when it is long."""
    value = one_line(value)
    if _SHORT_VALUE.fullmatch(value) and "=?" not in value:
        return b';\r\n %b="%b"' % (name, value.encode("ascii"))
    coded = quote(value.encode("utf-8", "replace"), safe=_FREE).encode("ascii")
    pieces, start = [], 0
    while start < len(coded):
        end = start + _QUARTER
        escape = coded.rfind(b"%", end - 2, end)
        end = escape if escape >= 0 and end < len(coded) else end
        pieces.append(coded[start:end])
        start = end
    if len(pieces) == 1:
        return b";\r\n %b*=utf-8''%b" % (name, pieces[0])
    marks = [b"utf-8''", *[b""] * (len(pieces) - 1)]
    return b"".join(
        b";\r\n %b*%d*=%b%b" % (name, place, mark, piece)
        for place, (mark, piece) in enumerate(zip(marks, pieces, strict=True))
    )
