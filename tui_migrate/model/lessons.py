"""What servers taught us about themselves, other than by announcing it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lesson(StrEnum):
    """The second way that a server wants to be asked in."""

    LOGIN = "LOGIN"
    """It announces AUTHENTICATE PLAIN and does not know it; LOGIN works."""
    SELECT = "SELECT"
    """It does not know EXAMINE."""
    PLAIN_LIST = "plain LIST"
    """Its extended LIST (RFC 5258) is refused, or shows less than a plain one."""
    NAMES = "folder names"
    """It takes no folder names with certain characters; the words are these."""
    REWRITES = "rewrites mail"
    """It changes the headers of what it stores; the words say how, and what else."""
    ONE_AT_A_TIME = "one command at a time"
    """It refuses or loses what is sent before it has answered the command ahead."""
    PLAIN = "no compression"
    """It agrees to compress (RFC 4978), and what it sends then cannot be read."""
    USER_PASS = "USER and PASS"
    """POP: it announces AUTH PLAIN and does not know it; USER and PASS work."""
    NO_CAPA = "no CAPA"
    """POP: it ends the connection when it is asked what it can do."""
    NO_UIDL = "no UIDL"
    """POP: it has no names for messages."""
    NO_TOP = "no TOP"
    """POP: it hands out whole messages alone."""
    SIZES = "estimated sizes"
    """POP: the sizes that it lists are not those of its messages."""


@dataclass(frozen=True, slots=True)
class Learned:
    """One lesson of one server."""

    lesson: Lesson
    words: str = ""
    """What taught it: the server's own words, or a number."""
    announced: str = ""
    """What the server had announced before the login, when it was learned."""
