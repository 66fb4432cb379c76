"""The mailbox that every source is filled with, as far as it takes it, and what happens in it afterwards."""

from __future__ import annotations

import contextlib
import imaplib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from tests.matrix.reader import Path, log_in, personal, quoted
from tests.matrix.server import Server
from tests.servers.maildir import INBOX, MailItem
from tests.servers.mutf7 import encode_name
from tests.support.nasty_mail import FIRST_OF_JULY, nasty
from tests.support.sample_mail import mixed

_ODD_NAMES = (
    "~", "~tilde", "ti~lde", ".hidden", "a;b", "a|b^c", "<x>", "!bang", "{brace}", "question?", "`tick`", "$money",
    "#hash", "user", "Sent", "Sent/2023", "Drafts", "Trash/deep", "Junk", "Archive", "tab\tname", "ends ",
    "e\u0301", "é",
)  # fmt: skip
_NEW_FOLDER = "New since the first pass"
SUBSCRIBED = ("INBOX", "Privé", "deep/2/3/4/5/6/7/8", "Sent", "Empty", "R&D", "日本", "a.b", "~tilde")
_ON_DISK = (
    b"",
    b"Subject: CR CR LF\r\r\n\r\r\nbody\r\r\n",
    b"Subject: NUL\r\n\r\na\0b\r\n",
    b"Subject: bare LF\n\nbody\nbody",
    b"Subject: \xe9\xff in the header\n\nbody\n",
)
"""What no client could store everywhere: put into the inbox on disk, where the source has a Maildir."""


def fill(server: Server, user: str) -> None:
    """Store all that the server takes, as a client of it would. What it refuses it does not have."""
    sample = nasty()
    items = [*sample.items, *_more(), *mixed(count=120, total=3_000_000)]
    with _filling(server, user) as box:
        for name in (*sample.empty_folders, *dict.fromkeys(item.folder for item in items)):
            box.create(name)
        for item in items:
            box.append(item)
        for name in SUBSCRIBED:
            box.subscribe(name)
    if (root := server.maildir(user)) is not None:
        for number, octets in enumerate(_ON_DISK):
            path = root / "new" / f"{FIRST_OF_JULY}.M{number}.on-disk"
            path.write_bytes(octets)
            os.utime(path, (FIRST_OF_JULY + 60 * number,) * 2)
            os.chown(path, root.stat().st_uid, root.stat().st_gid)


def go_on(server: Server, user: str) -> None:
    """What users do between two passes: mail arrives, also in a new folder, and flags are set and removed."""
    with _filling(server, user) as box:
        box.create(_NEW_FOLDER)
        for number, folder in enumerate((INBOX, INBOX, "Sent", "deep/2/3/4/5/6/7/8", _NEW_FOLDER)):
            octets = b"Subject: new %d\r\nFrom: a@old.example\r\n\r\nnew\r\n" % number
            box.append(MailItem(folder, octets, frozenset({"\\Flagged"} if number else ()), FIRST_OF_JULY + number))
        box.store(INBOX, "1:3", "+FLAGS", "(\\Seen \\Answered)")
        box.store(INBOX, "4", "-FLAGS", "(\\Seen)")
        box.store(INBOX, "6", "+FLAGS", "(later)")


def _more() -> Iterator[MailItem]:
    plain = b"From: a@old.example\r\n\r\na body\r\n"
    for instant in (0, 1, int(datetime(2037, 12, 31, tzinfo=UTC).timestamp()), int(time.time()) - 86_400):
        yield _item(b"Subject: dated %d\r\n%s" % (instant, plain), instant=instant)
    yield _item(b"Subject: bare LF\n\nbody\nbody\n")
    yield _item(b"Subject: mixed ends\r\n\r\none\ntwo\r\nthree\rfour\r\n")
    yield _item(b"Subject: =?utf-8?q?encoded_=C3=A9?=\r\nX-Raw: caf\xc3\xa9 \xff\r\n" + plain)
    yield _item(b"Subject: folded\r\n\tby a tab\r\n  and blanks\r\n" + plain)
    yield _item(b"not a header line\r\nSubject: x\r\n\r\nbody\r\n")
    yield _item(b"Subject: no colon below\r\nX-Odd : space before\r\n:\r\n" + plain)
    yield _item(b"Subject: large\r\n\r\n" + b"\xe9 line of a large message\r\n" * 60_000)
    yield _item(b"Subject: all flags\r\n" + plain, {"\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "kw"})
    yield from (_item(b"Subject: in %s\r\n" % name.encode() + plain, folder=name) for name in _ODD_NAMES)


def _item(octets: bytes, flags: set[str] | None = None, folder: str = INBOX, instant: int = FIRST_OF_JULY) -> MailItem:
    return MailItem(folder, octets, frozenset(flags or ()), instant)


@contextlib.contextmanager
def _filling(server: Server, user: str) -> Iterator[_Box]:
    box = _Box(server, user)
    try:
        yield box
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            box.client.logout()


class _Box:
    """A mailbox that is being filled."""

    def __init__(self, server: Server, user: str) -> None:
        self._server = server
        self._user = user
        self.client = log_in(server, user)
        self._prefix, self._separator = personal(self.client)

    def create(self, name: str) -> None:
        """Make a folder, if the server wants it."""
        self._ask("CREATE", self._wire(name))

    def subscribe(self, name: str) -> None:
        """Subscribe to it, if it is there."""
        self._ask("SUBSCRIBE", self._wire(name))

    def append(self, item: MailItem) -> None:
        """Store a message; without its keywords, if it is refused with them."""
        system = frozenset(flag for flag in item.flags if flag.startswith("\\"))
        date = imaplib.Time2Internaldate(datetime.fromtimestamp(item.instant, UTC))
        for each in (item, replace(item, flags=system)):
            setattr(self.client, "literal", each.content)  # noqa: B010  # typed as str; `append` rewrites line ends
            if self._ask("APPEND", self._wire(item.folder), f"({' '.join(sorted(each.flags))})", date):
                break

    def store(self, folder: str, messages: str, what: str, flags: str) -> None:
        """Change flags."""
        if self._ask("SELECT", self._wire(folder)):
            self.client.state = "SELECTED"
            self._ask("STORE", messages, what, flags)

    def _wire(self, name: str) -> str:
        """The name as the server separates it."""
        if name == INBOX:
            return INBOX
        return quoted(self._prefix + encode_name(name).replace("/", self._separator))

    def _ask(self, command: str, *words: str) -> bool:
        try:
            return self.client.xatom(command, *words)[0] == "OK"
        except imaplib.IMAP4.abort:
            self.client = log_in(self._server, self._user)
        except imaplib.IMAP4.error:
            self.client.literal = None
        return False


def spelled(path: Path) -> str:
    """A path for people."""
    return "/".join(path)
