"""Compressed RTF (MS-OXRTFCP)."""

from __future__ import annotations

import struct
from typing import Final

from tui_migrate.errors.files import MessageDamaged

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


def decompress(data: bytes) -> bytes:
    """RTF out of its compressed form. It is at most nine times as long: no reference of two octets gives more than 17.
    Raises MessageDamaged when it is in no such form, or ends too early."""
    if len(data) < _HEADER.size:
        raise MessageDamaged("The formatted text (RTF) of the message is cut off.")
    _, length, form, _ = _HEADER.unpack_from(data)
    if form == _STORED:
        return data[_HEADER.size : _HEADER.size + length]
    if form != _COMPRESSED:
        raise MessageDamaged("The formatted text (RTF) of the message is compressed in an unknown way.")
    return _inflate(data, length)


def _inflate(data: bytes, length: int) -> bytes:
    """The window's place n is the latest place of the output that is n modulo 4096, so the output is the window."""
    out = bytearray(_START)
    place, end, wanted = _HEADER.size, len(data), length + len(_START)
    while place < end and len(out) < wanted:
        control = data[place]
        place += 1
        if control == 0:
            out += data[place : place + 8]
            place += 8
            continue
        for bit in range(8):
            if not control >> bit & 1:
                out += data[place : place + 1]
                place += 1
                continue
            if place + 2 > end:
                break
            reference = data[place] << 8 | data[place + 1]
            place += 2
            back = (len(out) - (reference >> 4)) % _WINDOW
            if back == 0:
                return bytes(out[len(_START) :])
            _repeat(out, back, (reference & 0xF) + 2)
    if len(out) < wanted:
        raise MessageDamaged("The formatted text (RTF) of the message is cut off.")
    return bytes(out[len(_START) : wanted])


def _repeat(out: bytearray, back: int, count: int) -> None:
    """Append `count` octets from `back` octets before the end, which may run into what they append themselves."""
    start = len(out) - back
    if start < 0:
        raise MessageDamaged("The formatted text (RTF) of the message refers to what is not there.")
    if back >= count:
        out += out[start : start + count]
    else:
        out += (out[start:] * (count // back + 1))[:count]
