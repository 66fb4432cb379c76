r"""Mail that breaks migrations: each message, flag, date and folder name here has an old bug of some program behind it.

Bytes that Dovecot itself changes are left out: CR CR LF loses a CR when it is stored, NUL is handed out as 0x80.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.servers.maildir import INBOX, MailItem

NIGHT_OF_THE_CHANGE = int(datetime(2023, 10, 29, 1, 30, tzinfo=UTC).timestamp())
"""A local time that came twice in Europe."""
FIRST_OF_JULY = int(datetime(2012, 7, 1, 6, 5, 4, tzinfo=UTC).timestamp())
"""A day of one digit, which IMAP pads with a space."""
SMUGGLED = "smuggled"
"""A folder that must never come to exist: messages of `smuggling` ask for it."""
VICTIM = "victim"
"""A folder with one message of `smuggling`, whose other messages ask for its deletion."""
UNSTORABLE_FLAGS = frozenset({"\\Foo", "\\*", "café", 'quo"te', "(paren", "a]b", "{3+}", "k" * 60})
"""What a Dovecot source lists among a message's flags when its file says so, and refuses to store."""

_FOLDER_NAMES = (
    "R&D",
    "R&-D",
    "&",
    "Privé",
    "Prive\u0301",
    "日本",
    "😀",
    " a ",
    "a  b",
    "Case",
    "case",
    "NIL",
    "2024",
    'quo"te',
    "back\\slash",
    "per%cent",
    "st*ar",
    "(paren)",
    "lit {5+}",
    "[Gmail]/All Mail",
    "INBOX/child",
    "INBOX/INBOX",
    "x" * 200,
    "deep/2/3/4/5/6/7/8",
    "ü/ö/ä",
)
_NAMES_WITH_DOTS = ("a.b", "v1.0/2.1", "ends.")


@dataclass(frozen=True)
class Sample:
    """What a mailbox holds."""

    items: list[MailItem]
    empty_folders: tuple[str, ...]


def nasty(separator: str = "/") -> Sample:
    r"""The set for a source with this hierarchy separator, all of which Dovecot stores and hands out.

    Parents such as `deep` and `deep/2` are no folders themselves: they are \Noselect.
    """
    names = _FOLDER_NAMES if separator == "." else _FOLDER_NAMES + _NAMES_WITH_DOTS
    items = [*_messages(), *_identical(), *_flagged(), *_dated()]
    items += [_item(f"in {name}".encode(), folder=name) for name in names]
    return Sample(items, ("Empty", "Empty parent/empty child", "Privé/empty"))


def smuggling() -> list[MailItem]:
    """Messages of which every line is an IMAP command, with flags that a careless APPEND is answered BAD for.

    Done right, `VICTIM` keeps its message, no folder `SMUGGLED` comes to exist, and only `UNSTORABLE_FLAGS` are lost.
    """
    commands = [f"x1 CREATE {SMUGGLED}", f"x2 DELETE {VICTIM}", f"x4 RENAME {VICTIM} {SMUGGLED}", "x3 LOGOUT"]
    block = "\r\n".join(commands).encode() + b"\r\n"
    openings = (
        b"",
        b"Subject: x\r\n\r\n",
        b"\r\n",
        b")\r\n",
        b" {3+}\r\n",
        b'"\r\n',
        b"* BYE\r\nx0 OK\r\n",
        b"DONE\r\n",
    )
    bodies = [opening + block * 5 for opening in openings] + [block * 200]
    items = [_exact(body) for body in bodies]
    items += [_exact(block, {flag, "\\Seen"}) for flag in sorted(UNSTORABLE_FLAGS)]
    items += [_exact(block, {*UNSTORABLE_FLAGS})]
    # Dovecot takes keywords of 50 characters: a folder's fill makes a line of more than a kilobyte.
    items += [_exact(block, {f"{number:02}" + "k" * 48 for number in range(26)}, folder="Many keywords")]
    items += [_exact(block, folder=name) for name in ("lit {5+}", 'quo"te', "back\\slash")]
    return [*items, _exact(b"Subject: alive\r\n\r\nstill here\r\n", folder=VICTIM)]


def zero_bytes(folder: str = INBOX) -> MailItem:
    """An empty file: a Dovecot source lists it as a message, no Dovecot destination stores it."""
    return MailItem(folder, b"", frozenset(), FIRST_OF_JULY)


def _messages() -> Iterator[MailItem]:
    yield _item(b"no message-id")
    yield _exact(b"Subject: header alone\r\n")
    yield _exact(b"Subject: empty body\r\n\r\n")
    yield _exact(b"\r\nno header\r\n")
    yield _exact(b"\r\n")
    yield _exact(b"x")
    yield _exact(b"Subject: no last line end\r\n\r\nend")
    yield _exact(
        b"From someone Thu Jan  1 00:00:00 1970\r\nSubject: mbox\r\n\r\nFrom here\r\n>From there\r\n.\r\n..\r\n"
    )
    yield _exact("Subject: Grüße — 日本\r\nFrom: Zoë <zoe@old.example>\r\n\r\nutf-8\r\n".encode())
    yield _exact("Subject: Grüße\r\n\r\nlatin-1 café\r\n".encode("latin-1"))
    yield _exact(b"Subject: all bytes but NUL, CR, LF\r\n\r\n" + bytes({*range(1, 256)} - {10, 13}) + b"\r\n")
    yield _exact(b"Subject: lonely CR\r\n\r\na\rb\rc\r\n")
    yield _item(b"long lines", body=(b"0123456789" * 500 + b"\r\n") * 3)
    yield _item(b"huge header", more=b"".join(b"X-Hop-%04d: %s\r\n" % (n, b"h" * 50) for n in range(950)))
    yield _item(b"one huge field", more=b"References:" + b"\r\n <0123456789abcdef@old.example>" * 600 + b"\r\n")
    yield _item(b"NIL", body=b"NIL\r\n")
    yield _item(b'quotes " and \\ backslashes \\', body=b'"\r\n\\\r\n"NIL"\r\n')
    yield _item(
        b"looks like replies", body=b"* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {3}\r\nabc)\r\nA1 OK done\r\n+ go\r\n"
    )
    yield _item(b"ends like a literal {10}", body=b"* 7 EXPUNGE\r\n FLAGS (\\Deleted))\r\n{10}\r\n{10+}")


def _identical() -> Iterator[MailItem]:
    """What only counting tells apart: three equal messages, equal ones with another date or flag, equal headers."""
    yield from [_item(b"triplet", message_id=b"<same@old.example>")] * 3
    yield from [_item(b"triplet without id")] * 3
    yield _item(b"triplet", message_id=b"<same@old.example>", flags={"\\Seen"})
    yield _item(b"triplet", message_id=b"<same@old.example>", instant=FIRST_OF_JULY + 1)
    yield _item(b"triplet", message_id=b"<same@old.example>", body=b"another body\r\n")
    yield _item(b"triplet", message_id=b"<same@old.example>", body=b"a body of like size\r\n")
    yield _item(b"triplet", message_id=b"<same@old.example>", body=b"a body of size like\r\n")
    yield _item(b"triplet", message_id=b"<same@old.example>", folder="Copies")


def _flagged() -> Iterator[MailItem]:
    for flags in (
        {"NIL"},
        {"2024"},
        {"$Forwarded", "\\Answered"},
        {"$Label1", "\\Seen", "\\Flagged"},
        {"\\Deleted"},
        {"\\Draft"},
        {"a.b", "x-y_z!", "#hash", "k" * 50},
    ):
        yield _item(b"flagged", flags=flags)


def _dated() -> Iterator[MailItem]:
    for instant in (86_400, 951_782_400, NIGHT_OF_THE_CHANGE, NIGHT_OF_THE_CHANGE + 3600, 1_000_000_000):
        yield _item(b"dated", instant=instant)


def _item(
    subject: bytes,
    *,
    body: bytes = b"a body\r\n",
    message_id: bytes = b"",
    more: bytes = b"",
    flags: set[str] | None = None,
    instant: int = FIRST_OF_JULY,
    folder: str = INBOX,
) -> MailItem:
    header = b"Subject: %s\r\nFrom: a@old.example\r\n%s" % (subject, more)
    if message_id:
        header += b"Message-ID: %s\r\n" % message_id
    return MailItem(folder, header + b"\r\n" + body, frozenset(flags or ()), instant)


def _exact(content: bytes, flags: set[str] | None = None, folder: str = INBOX) -> MailItem:
    return MailItem(folder, content, frozenset(flags or ()), FIRST_OF_JULY)
