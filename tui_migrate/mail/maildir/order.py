"""In which order messages have come into a folder: as its server has numbered them."""

from __future__ import annotations

import re

from tui_migrate.mail.maildir.names import FileName, parse
from tui_migrate.mail.maildir.small import octets_of, text_of

_LISTS = ("dovecot-uidlist", "courierimapuiddb")
_LINE = re.compile(rb"^([0-9]{1,10}) (?:[^:\n]*:|)([^\n]+)$", re.M)
_OLD_LINE = re.compile(rb"^([0-9]{1,10}) ([^ \n]+)$", re.M)


def numbers(folder: int) -> dict[str, int]:
    """UIDs by the unique part of a file's name, as far as a server has given any. Raises OSError."""
    found: dict[str, int] = {}
    for name in _LISTS:
        head, _, lines = octets_of(name, folder).partition(b"\n")
        pattern = _LINE if head.startswith(b"3 ") else _OLD_LINE
        for uid, file in pattern.findall(lines):
            found.setdefault(parse(text_of(file)).unique, int(uid))
    return found


def place_of(name: FileName, given: dict[str, int]) -> tuple[int, int, str]:
    """To sort by: what has a number by that, and behind it the rest by when it was made."""
    uid = given.get(name.unique)
    return (0, uid, "") if uid is not None else (1, name.time or 0, name.unique)
