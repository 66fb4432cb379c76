"""Text files as Windows, macOS and old spreadsheets write them. An encoding is recognised or asked for, never guessed:
é in one code page is È or Ú in another, and a password with it would be a wrong one."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_END = "\x1a"
"""Ctrl-Z, with which DOS programs end a text."""
AMBIGUOUS = (
    "has letters that are not UTF-8 and mean others in every code page: save the file as UTF-8 (in Excel: CSV UTF-8), "
    'or name its encoding in the plan ([accounts] encoding = "cp1252", "mac_roman", "cp850" or another)'
)
"""About a line for which `is_ambiguous`."""


def read_text(data: bytes, encoding: str = "") -> str:
    """The text of a file: by its mark, else in the `encoding` that the admin names, else UTF-16 where every other octet
    shows it, else UTF-8. Octets that are not UTF-8 stay as lone surrogates: see `is_ambiguous`.

    Raises ValueError with what the file is instead."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValueError("is a workbook, not a text file; in Excel, save it as CSV UTF-8")
    told = next((name for mark, name in _MARKS if data.startswith(mark)), "") or encoding or _by_nulls(data)
    try:
        text = data.decode(told or "utf-8", "strict" if told not in ("", "utf-8") else "surrogateescape")
    except UnicodeDecodeError:
        named = f"{told} as it says" if not encoding else f"{encoding}, which the plan names"
        raise ValueError(f"is not a text file in {named}; in Excel, save it as CSV UTF-8") from None
    text = text.lstrip("\ufeff").rstrip(_END)  # programs that add a mark do not look whether there is one
    if "\0" in text:
        raise ValueError("is not a text file; in Excel, save it as CSV UTF-8")
    return text


def is_ambiguous(text: str) -> bool:
    """True for a text with octets that are not UTF-8."""
    return any("\udc80" <= each <= "\udcff" for each in text)


def ambiguous_line(text: str) -> int:
    """The number of the first line with octets that are not UTF-8; 0 when there is none."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if is_ambiguous(line)), 0)


def is_encoding(name: str) -> bool:
    """True for the name of a text encoding."""
    try:
        return bool(name) and isinstance("a".encode(name).decode(name), str)
    except (LookupError, ValueError):
        return False


def _by_nulls(data: bytes) -> str:
    """Which UTF-16 a file without a byte order mark is in, empty for neither: the first letter of a list of accounts is
    an ASCII one."""
    if len(data) % 2 or len(data) < 2 or bool(data[0]) == bool(data[1]):
        return ""
    return "utf-16-le" if data[0] else "utf-16-be"
