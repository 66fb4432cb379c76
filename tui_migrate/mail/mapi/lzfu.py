"""Compressed RTF (MS-OXRTFCP)."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from tui_migrate.errors import MessageDamaged

_START: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the window holds at first (section 2.1.2.1)."""
_WINDOW = 4096
_HEADER = struct.Struct("<IIII")
_COMPRESSED = 0x75465A4C
_STORED = 0x414C454D
_ALL_BITS = 0xFFFFFFFF
"""Turns the usual CRC-32 into that of section 2.1.3.2, which starts at 0 and is not inverted."""


def decompress(data: bytes) -> bytes:
    """RTF out of its compressed form. It is at most nine times as long: no reference of two octets gives more than 17.
    Raises MessageDamaged when it is in no such form, ends too early, or is not what it was by its checksum."""
    if len(data) < _HEADER.size:
        raise MessageDamaged("The formatted text (RTF) of the message is cut off.")
    end, length, form, checksum = _HEADER.unpack_from(data)
    if form == _STORED:
        return data[_HEADER.size : _HEADER.size + length]
    if form != _COMPRESSED:
        raise MessageDamaged("The formatted text (RTF) of the message is compressed in an unknown way.")
    data = data[: end + 4]
    if zlib.crc32(data[_HEADER.size :], _ALL_BITS) ^ _ALL_BITS != checksum:
        raise MessageDamaged("The formatted text (RTF) of the message is damaged: its checksum differs.")
    return _inflate(data, length)


def _runs(control: int) -> tuple[int, ...]:
    """What the bits of a control octet announce, lowest first: so many octets as they are, or 0 for a reference."""
    found: list[int] = []
    for bit in range(8):
        if control >> bit & 1:
            found.append(0)
        elif found and found[-1]:
            found[-1] += 1
        else:
            found.append(1)
    return tuple(found)


_RUNS: Final = tuple(map(_runs, range(256)))


def _inflate(data: bytes, length: int) -> bytes:
    """The window's place n is the latest place of the output that is n modulo 4096, so the output is the window."""
    out = bytearray(_START)
    place, end, wanted = _HEADER.size, len(data), length + len(_START)
    while place < end and len(out) < wanted:
        runs = _RUNS[data[place]]
        place += 1
        for literals in runs:
            if literals:
                out += data[place : place + literals]
                place += literals
                continue
            if place + 2 > end:
                break
            reference = data[place] << 8 | data[place + 1]
            place += 2
            back = (len(out) - (reference >> 4)) % _WINDOW
            if back == 0:
                return bytes(out[len(_START) :])
            start, count = len(out) - back, (reference & 0xF) + 2
            if start < 0:
                raise MessageDamaged("The formatted text (RTF) of the message refers to what is not there.")
            if back >= count:
                out += out[start : start + count]
            else:  # it runs into what it appends itself
                out += (out[start:] * (count // back + 1))[:count]
    if len(out) < wanted:
        raise MessageDamaged("The formatted text (RTF) of the message is cut off.")
    return bytes(out[len(_START) : wanted])
