"""RTF as Outlook compresses it (MS-OXRTFCP), made by the rules of the document."""

from __future__ import annotations

import struct

START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u"
    rb"\tab\tx"
)
COMPRESSED, STORED = 0x75465A4C, 0x414C454D


def compressed(rtf: bytes) -> bytes:
    """Compressed: the longest match at each place that lies in the window."""
    tokens: list[bytes] = []
    whole = START + rtf
    place = len(START)
    while place < len(whole):
        length, start = _longest(whole, place)
        if length > 1:
            tokens.append(struct.pack(">H", start % 4096 << 4 | length - 2))
            place += length
        else:
            tokens.append(whole[place : place + 1])
            place += 1
    tokens.append(struct.pack(">H", place % 4096 << 4))
    body = b""
    for at in range(0, len(tokens), 8):
        run = tokens[at : at + 8]
        body += bytes((sum(1 << bit for bit, token in enumerate(run) if len(token) == 2),)) + b"".join(run)
    return framed(COMPRESSED, body, len(rtf))


def stored(rtf: bytes) -> bytes:
    """Not compressed."""
    return framed(STORED, rtf, len(rtf), 0)


def framed(form: int, body: bytes, length: int, checksum: int | None = None) -> bytes:
    """With the header before it."""
    crc = _crc(body) if checksum is None else checksum
    return struct.pack("<IIII", len(body) + 12, length, form, crc) + body


def _longest(whole: bytes, place: int) -> tuple[int, int]:
    window = max(0, place - 4000)
    for length in range(min(17, len(whole) - place), 1, -1):
        start = whole.find(whole[place : place + length], window, place + length - 1)
        if start >= 0:
            return length, start
    return 0, 0


def _crc(octets: bytes) -> int:
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc
