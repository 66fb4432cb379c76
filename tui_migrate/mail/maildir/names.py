"""What a message's file name tells: who it is, how large, and with which flags.

`1276528487.M364837P9451.host,S=1355,W=1394:2,FSa`: up to the comma or colon unique, and the same for as long as the
message lies there; then what servers note of it; then its flags, which come and go (https://cr.yp.to/proto/maildir.html).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

_NAME = re.compile(r"([^,:]*?)(,[^:]*?)?(?:[:;!]2,([^,]*)(.*)|:.*)?", re.DOTALL)
"""`;` and `!` stand where a file system knows no colon in names."""
_SIZES = (re.compile(r",W=([0-9]{1,18})(?:,|$)"), re.compile(r",S=([0-9]{1,18})(?:,|$)"))
"""With CRLF, and as the file has it, as Dovecot and Courier write them."""
_TIME = re.compile(r"([0-9]{9,11})[._]")
AS_IT_IS = ",raw"
"""In the name of a file of ours whose octets are the message's: with LF as line ends, or with CRLF, it would be another
one."""

SYSTEM = {
    "D": "\\Draft",
    "F": "\\Flagged",
    "P": "$Forwarded",
    "R": "\\Answered",
    "S": "\\Seen",
    "T": "\\Deleted",
}
"""Flags by letter. P is for passed: forwarded, bounced, resent."""


class FileName(NamedTuple):
    """A file's name in its parts."""

    unique: str
    fields: str = ""
    """From the first comma to the flags."""
    letters: str = ""
    """Of its flags."""
    rest: str = ""
    """What follows the flags behind another comma."""

    @property
    def base(self) -> str:
        """All but the flags."""
        return self.unique + self.fields

    @property
    def size(self) -> int:
        """Octets of the message, as far as its name tells; 0: it does not."""
        patterns = reversed(_SIZES) if self.as_it_is else _SIZES
        for pattern in patterns if self.fields else ():
            if found := pattern.search(self.fields):
                return int(found[1])
        return 0

    @property
    def time(self) -> int | None:
        """When the file was made, in epoch seconds; None where the name does not begin with that."""
        found = _TIME.match(self.unique)
        return int(found[1]) if found else None

    @property
    def as_it_is(self) -> bool:
        """True when the file's octets are the message's, line ends and all."""
        return self.fields.endswith(AS_IT_IS)

    def with_letters(self, letters: str) -> str:
        """The file's name with these flags, in the order of ASCII."""
        return f"{self.base}:2,{''.join(sorted(set(letters)))}{self.rest}"


def parse(name: str) -> FileName:
    """Any name has parts, if only the first one."""
    if ";" not in name and "!" not in name:  # as nearly all are: the expression takes five times as long
        head, _, info = name.partition(":")
        unique, comma, fields = head.partition(",")
        if not info.startswith("2,"):
            return FileName(unique, comma + fields)
        letters, behind, rest = info[2:].partition(",")
        return FileName(unique, comma + fields, letters, behind + rest)
    found = _NAME.fullmatch(name)
    assert found is not None
    unique, fields, letters, rest = found.groups()
    return FileName(unique, fields or "", letters or "", rest or "")


@lru_cache(maxsize=4096)
def _of_letters(letters: str, keywords: tuple[tuple[str, str], ...]) -> frozenset[str]:
    words = {**SYSTEM, **dict(keywords)}
    return frozenset(words[each] for each in letters if each in words)


def flags_of(letters: str, keywords: Mapping[str, str]) -> frozenset[str]:
    """Flags. `keywords`: by letter, those of the folder. Letters that mean nothing are no flags."""
    return _of_letters(letters, tuple(keywords.items()))
