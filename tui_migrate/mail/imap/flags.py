"""Flags: read from raw octets, and cut down to what a destination can keep and a command line may carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_SYSTEM = {flag.lower(): flag for flag in SYSTEM_FLAGS}
_KEYWORD = re.compile(r"""[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,50}""")
"""An atom (RFC 3501 section 9) of at most 50 characters, Dovecot's limit."""


@lru_cache(maxsize=4096)
def parse_flags(raw: bytes) -> frozenset[str]:
    r"""The flags between the parentheses of FLAGS (...). `\Recent` is the session's, not the message's,
    and is dropped."""
    flags = (_text(flag) for flag in raw.split())
    return frozenset(_SYSTEM.get(flag.lower(), flag) for flag in flags if flag.lower() != "\\recent")


def _text(flag: bytes) -> str:
    """A flag as an admin reads it: no grammar allows 8-bit keywords, some servers have them."""
    try:
        return flag.decode()
    except UnicodeDecodeError:
        return flag.decode("latin-1")


@dataclass(frozen=True)
class Keeping:
    """What a folder keeps (PERMANENTFLAGS, RFC 3501 section 7.1)."""

    listed: frozenset[str] | None = None
    r"""None when the server has not said: then all system flags and keywords are kept. Lower case."""
    new_keywords: bool = True
    r"""True when `\*` is among them."""

    def keeps(self, flag: str) -> bool:
        """True when the folder would remember `flag`."""
        if self.listed is None or flag.lower() in self.listed:
            return True
        return self.new_keywords and not flag.startswith("\\")


def parse_permanent_flags(line: bytes) -> Keeping:
    """The flags in a line with [PERMANENTFLAGS (...)]. Servers put brackets and parentheses into keywords that no
    grammar allows: the list ends where the code does, at `)]`."""
    start = line.find(b"(")
    end = line.rfind(b")]")
    listed = frozenset(flag.decode("latin-1").lower() for flag in line[start + 1 : end].split())
    return Keeping(listed, "\\*" in listed)


@lru_cache(maxsize=4096)
def appendable(flags: frozenset[str], keeping: Keeping) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags that may stand in an APPEND or STORE to this folder, sorted, and those that it cannot keep.

    Whatever is no system flag and no short atom is dropped here, for a reason beyond tidiness: Dovecot answers BAD to
    an unknown system flag and then reads a non-synchronising literal, the message, as commands.
    """
    kept: list[str] = []
    dropped: list[str] = []
    for flag in sorted(flags):
        proper = flag in SYSTEM_FLAGS or _KEYWORD.fullmatch(flag) is not None
        (kept if proper and keeping.keeps(flag) else dropped).append(flag)
    return tuple(kept), tuple(dropped)
