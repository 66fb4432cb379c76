"""What a message is known by from one session to the next: its UIDL, or what can stand for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

from tui_migrate.mail.signs import first_header_print

_CHANGING = (b"status:", b"x-status:", b"x-uidl:", b"x-keywords:", b"x-imap:", b"x-imapbase:")
"""Header lines that servers of old write into a message when it is read."""


def told_apart(names: Iterable[str]) -> list[str]:
    """Names, of which no two are the same. A server may give equal messages the same UIDL (RFC 1939 section 7): the
    second of a name is `name 2`, which no server can say, since a UIDL has no blank."""
    seen: Counter[str] = Counter()
    apart = []
    for name in names:
        seen[name] += 1
        apart.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return apart


def name_by_header(header: bytes) -> str | None:
    """The name of a message on a server without UIDL, by its header. None when that is not enough to tell the message
    from others."""
    lines = [line for line in header.splitlines() if not line.lower().startswith(_CHANGING)]
    if not any(line.lower().startswith(b"message-id:") for line in lines):
        return None
    return "header " + first_header_print(b"\n".join(lines)).hex()


def name_by_octets(chunks: Iterable[bytes]) -> str:
    """The name of a message on a server without UIDL that has no telling header: all of it says who it is."""
    digest = blake2b(digest_size=16)
    for chunk in chunks:
        digest.update(chunk)
    return "octets " + digest.hexdigest()
