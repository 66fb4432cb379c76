"""How an account list would read in each encoding that it may be in, where its own octets do not tell: for the admin to
choose by what the users are called. No password is part of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tui_migrate.config.accounts import ALL_PASSWORDS, ListNeeds, parse_rows
from tui_migrate.config.encoding import is_ambiguous, read_text
from tui_migrate.errors import BadInput, Problem

_ENCODINGS = {
    "cp1252": "Windows, Western Europe",
    "mac_roman": "Mac, Western Europe",
    "cp850": "DOS, Western Europe",
    "cp437": "DOS, United States",
    "cp1250": "Windows, Central Europe",
    "cp1251": "Windows, Cyrillic",
    "koi8_r": "Unix, Cyrillic",
    "cp1253": "Windows, Greek",
    "cp1254": "Windows, Turkish",
    "cp1255": "Windows, Hebrew",
    "cp1256": "Windows, Arabic",
    "cp1257": "Windows, Baltic",
    "cp932": "Japanese",
    "gb18030": "Chinese, simplified",
    "big5": "Chinese, traditional",
    "cp949": "Korean",
}


@dataclass(frozen=True, slots=True)
class EncodedList:
    """A list, read in one encoding."""

    encoding: str
    called: str
    """The encoding, for people."""
    users: tuple[str, ...]
    """Source users with letters that are not ASCII."""
    misshapen: int
    """Rows of which no cell can be told from another."""


def readings(data: bytes, name: str, needs: ListNeeds = ALL_PASSWORDS) -> list[EncodedList]:
    """The readings of a list that differ in a letter and break the fewest rows; none where the encoding of the file
    `name` can be told.

    Raises: BadInput when it is no text file.
    """
    try:
        if not is_ambiguous(read_text(data)):
            return []
    except ValueError as error:
        raise BadInput([Problem(name, str(error))]) from None
    found = [*_readings(data, name, needs)]
    fewest = min((each.misshapen for each in found), default=0)
    return [each for each in found if each.misshapen == fewest]


def _readings(data: bytes, name: str, needs: ListNeeds) -> Iterator[EncodedList]:
    seen = set()
    for encoding, called in _ENCODINGS.items():
        try:
            text = data.decode(encoding)
            rows = parse_rows(data, name, needs, encoding=encoding)
        except (UnicodeDecodeError, BadInput):
            continue
        if text in seen or any(unicodedata.category(each) == "Cc" and each > "\x7f" for each in text):
            continue
        seen.add(text)
        users = dict.fromkeys(row.spec.source_user for row in rows if not row.spec.source_user.isascii())
        misshapen = sum(any(mistake.column is None for mistake in row.mistakes) for row in rows)
        yield EncodedList(encoding, called, tuple(users), misshapen)
