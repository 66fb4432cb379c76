"""Numbers as servers send them, bounded where they are read: what is no number, or one that cannot be, is not told.

A mailbox of 64-bit numbers from a broken server must not overflow the store, nor a sum of sizes.
"""

from __future__ import annotations

import re

LARGEST = (1 << 63) - 1
"""What the store can hold. UIDs, UIDVALIDITY and MODSEQ have 32 and 63 bits by their RFCs; some servers' have more."""
LARGEST_COUNT = LARGEST_SIZE = (1 << 32) - 1
"""Messages in a folder, and octets of a message or of what is said of one (RFC 3501 section 9, `number`). RFC 9051 has
larger sizes, but no mail system such messages: who tells one is not believed, or a limit of size would leave it out."""

_DIGITS = re.compile(rb"[0-9]{1,24}")


def number(raw: bytes, most: int = LARGEST) -> int | None:
    """The number that these octets are. None: they are none, or it is larger than `most`."""
    if not _DIGITS.fullmatch(raw):
        return None
    value = int(raw)
    return value if value <= most else None


def size(raw: bytes) -> int | None:
    """The octets that this number tells. None: not told."""
    return number(raw, LARGEST_SIZE)


def count(raw: bytes) -> int | None:
    """The messages that this number tells. None: not told."""
    return number(raw, LARGEST_COUNT)


def identifier(raw: bytes) -> int | None:
    """A UID or UIDVALIDITY, which is never 0 (RFC 3501 section 2.3.1.1). None: not told."""
    return number(raw) or None
