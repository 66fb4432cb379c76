"""Mailboxes full of likely mail, the same ones every time. The unlikely mail is in `nasty_mail`."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.servers.maildir import INBOX, MailItem

KEYWORDS = ("$Forwarded", "$Label1", "$Label2", "$MDNSent", "Junk", "NonJunk", "project-x", "todo")
MIXED_FOLDERS = (
    INBOX,
    "Sent",
    "Drafts",
    "Trash",
    "Archive/2019",
    "Archive/2020",
    "Klanten/Jansen & Zn.",
    "Klanten/De Vries",
    "Privé",
    "Projects/R&D/Reports",
    "Lists/python dev",
    "日本",
)
_SMALLEST, _LARGEST = 300, 2_000_000
_PEOPLE = ("Anna de Vries <anna@old.example>", "Bob <bob@elsewhere.example>", '"Zoë, Finance" <zoe@old.example>')
_WORDS = ("report", "invoice", "lunch", "Re: minutes", "Fwd: travel", "urgent", "holiday", "contract", "backup")
_FIRST_DAY, _LAST_DAY = datetime(2004, 1, 5, tzinfo=UTC), datetime(2024, 8, 25, tzinfo=UTC)
_SYSTEM_FLAGS = (("\\Seen", 0.7), ("\\Answered", 0.2), ("\\Flagged", 0.1), ("\\Draft", 0.03), ("\\Deleted", 0.03))


def plain(count: int, folders: int, size: int = 4096, seed: int = 1) -> list[MailItem]:
    """`count` messages of `size` bytes each, spread evenly over the inbox and `folders` - 1 others."""
    draw = random.Random(seed)
    names = [INBOX, *(f"Folder {number:02}" for number in range(1, folders))]
    return [_item(draw, names[number % folders], number, size) for number in range(count)]


def without_keywords(items: list[MailItem]) -> list[MailItem]:
    """A keyword that a folder does not know yet costs a command of its own: what is in flight is less for it."""
    return [replace(item, flags=frozenset(flag for flag in item.flags if flag.startswith("\\"))) for item in items]


def mixed(count: int = 2000, folders: int = 12, total: int = 50_000_000, seed: int = 2) -> list[MailItem]:
    """`count` messages of 300 bytes to 2 MB, many small and few large, of about `total` bytes together.

    They lie in the first `folders` of `MIXED_FOLDERS`, more of them in the first ones.
    """
    draw = random.Random(seed)
    names = MIXED_FOLDERS[:folders]
    sizes = [draw.lognormvariate(0, 1.7) for _ in range(count)]
    scale = total / sum(sizes)
    sizes[:2] = 0.0, _LARGEST / scale
    items = []
    for number, share in enumerate(sizes):
        folder = names[number] if number < len(names) else names[min(draw.randrange(len(names)) for _ in range(2))]
        size = min(max(_SMALLEST, round(share * scale)), _LARGEST)
        items.append(_item(draw, folder, number, size))
    return items


def _item(draw: random.Random, folder: str, number: int, size: int) -> MailItem:
    instant = draw.randrange(int(_FIRST_DAY.timestamp()), int(_LAST_DAY.timestamp()))
    flags = {flag for flag, chance in _SYSTEM_FLAGS if draw.random() < chance}
    if draw.random() < 0.2:
        flags |= {*draw.sample(KEYWORDS, draw.randint(1, 3))}
    return MailItem(folder, message(draw, number, instant, size), frozenset(flags), instant)


def message(draw: random.Random, number: int, instant: int, size: int) -> bytes:
    """A message of exactly `size` bytes; one with all its headers has at least 300."""
    sender, receiver = draw.sample(_PEOPLE, 2)
    date = format_datetime(datetime.fromtimestamp(instant, UTC))
    header = (
        f"Date: {date}\r\n"
        f"From: {sender}\r\n"
        f"To: {receiver}\r\n"
        f"Subject: {draw.choice(_WORDS)} {number}\r\n"
        f"Message-ID: <{number}.{draw.getrandbits(32):08x}@old.example>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "\r\n"
    ).encode()
    text = (header + _lines(draw, size))[: size - 2]
    # A cut between CR and LF would make CR CR LF, which Dovecot does not keep.
    return (text[:-1] + b"=" if text.endswith(b"\r") else text) + b"\r\n"


def _lines(draw: random.Random, size: int) -> bytes:
    """At least `size` bytes in lines of 76 characters."""
    text = base64.b64encode(draw.randbytes(size * 3 // 4 + 3))
    return b"\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))
