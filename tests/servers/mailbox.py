"""A mailbox in memory, as a server sees it: folders by their names on the wire, messages with all that IMAP tells.

Tests fill it and read it back as `MailItem`s, the form that `maildir` reads from a real server's disk.
"""

from __future__ import annotations

import imaplib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tests.servers.maildir import INBOX, MailItem
from tests.servers.mutf7 import decode_name, encode_name

DATE = "02-Jan-2024 10:00:00 +0100"
"""INTERNALDATE of a message for which no other is given."""
NO_INSTANT = -1
"""The instant of a date that names none."""
SYSTEM_FLAGS = frozenset({"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"})


@dataclass(slots=True, eq=False)
class StoredMessage:
    """One message. Texts hold an octet a character (latin-1), so that they can hold what no grammar allows."""

    uid: int
    octets: bytes = field(repr=False)
    flags: frozenset[str]
    date: str
    """INTERNALDATE as it is told."""
    modseq: int = 1

    @property
    def instant(self) -> int:
        """INTERNALDATE in seconds since 1970, or NO_INSTANT."""
        try:
            return int(parsedate_to_datetime(self.date.replace("-", " ", 2)).timestamp())
        except ValueError:
            return NO_INSTANT


class Folder:
    """One folder. `name` is the one on the wire."""

    def __init__(self, mailbox: Mailbox, name: str, attributes: Iterable[str] = ()) -> None:
        self.mailbox = mailbox
        self.name = name
        self.attributes = list(attributes)
        r"""Such as `\Sent` (RFC 6154) and `\Noselect`; children are counted by the server."""
        self.messages: list[StoredMessage] = []
        self.uidvalidity = mailbox.next_uidvalidity()
        self.uidnext = 1
        self.mailbox_id = f"F{self.uidvalidity}"
        """RFC 8474. Stays what it is when the UIDVALIDITY changes."""
        self.permanent_flags = (*sorted(SYSTEM_FLAGS), "\\*")

    def __repr__(self) -> str:
        return f"<Folder {self.name} of {self.mailbox.user}: {len(self.messages)} messages>"

    @property
    def highest_modseq(self) -> int:
        """RFC 7162."""
        return max((message.modseq for message in self.messages), default=1)

    @property
    def can_be_opened(self) -> bool:
        """False for a name that is there for its children alone."""
        return not {"\\noselect", "\\nonexistent"} & {each.lower() for each in self.attributes}

    def add(
        self, octets: bytes, flags: Iterable[str] = (), date: str = DATE, *, uid: int | None = None
    ) -> StoredMessage:
        """Store a message under the next UID, or under this one."""
        message = StoredMessage(uid or self.uidnext, octets, frozenset(flags), date, self.mailbox.next_modseq())
        self.messages.append(message)
        self.uidnext = max(self.uidnext, message.uid + 1)
        return message

    def change_flags(self, message: StoredMessage, flags: Iterable[str]) -> None:
        """Other flags, and with them a new MODSEQ."""
        message.flags = frozenset(flags)
        message.modseq = self.mailbox.next_modseq()

    def remove(self, *uids: int) -> None:
        """Expunge these."""
        self.messages = [message for message in self.messages if message.uid not in uids]

    def renumber(self) -> None:
        """Another UIDVALIDITY, and other UIDs for all messages."""
        self.uidvalidity = self.mailbox.next_uidvalidity()
        for uid, message in enumerate(self.messages, self.uidnext):
            message.uid = uid
        self.uidnext += len(self.messages)


class Mailbox:
    """One user's mail. Not for two threads at once: a server holds its lock while it works on one."""

    def __init__(self, user: str = "user", password: str = "secret", *, delimiter: str = "/", prefix: str = "") -> None:
        self.user = user
        self.password = password
        """Access tokens are compared with it too."""
        self.delimiter = delimiter
        """Empty: the server has no levels."""
        self.prefix = prefix
        """Of the personal namespace, with the delimiter at its end."""
        self.namespaces = f'(("{prefix}" "{delimiter}")) NIL NIL'.replace("\\", "\\\\")
        """What NAMESPACE tells (RFC 2342)."""
        self.quota: int | None = None
        """STORAGE limit in KiB (RFC 9208); None: there is none."""
        self.folders: dict[str, Folder] = {}
        self.subscriptions: set[str] = set()
        """Names on the wire; they may name what is not there."""
        self._uidvalidity = 1_700_000_000
        self._modseq = 0
        self.add_folder(INBOX)

    def add_folder(self, name: str, *attributes: str, subscribed: bool = True) -> Folder:
        """A new folder; `name` is readable, with `/` between levels and without the namespace's prefix."""
        return self.add_named(self.wire_name(name), *attributes, subscribed=subscribed)

    def add_named(self, wire_name: str, *attributes: str, subscribed: bool = True) -> Folder:
        """A new folder with exactly this name on the wire."""
        folder = self.folders[wire_name] = Folder(self, wire_name, attributes)
        if subscribed:
            self.subscriptions.add(wire_name)
        return folder

    def folder(self, name: str) -> Folder:
        """A folder by its readable name. Raises: KeyError."""
        return self.folders[self.wire_name(name)]

    def find(self, wire_name: str) -> Folder | None:
        """A folder by its name on the wire, of which INBOX has any case (RFC 3501 section 5.1)."""
        return self.folders.get(INBOX if wire_name.upper() == INBOX else wire_name)

    def fill(self, items: Iterable[MailItem]) -> None:
        """Store these, octet by octet, in folders that are made for them."""
        for item in items:
            folder = self.find(self.wire_name(item.folder)) or self.add_folder(item.folder)
            folder.add(item.content, item.flags, internal_date(item.instant))

    def contents(self) -> Counter[MailItem]:
        """Every message, as a user would tell it from another, with the very octets that lie here."""
        return Counter(
            MailItem(self.readable_name(folder.name), message.octets, message.flags, message.instant)
            for folder in self.folders.values()
            for message in folder.messages
        )

    def octets(self) -> Counter[tuple[str, bytes]]:
        """Every message by folder and octets alone."""
        return Counter((item.folder, item.content) for item in self.contents().elements())

    def folder_names(self) -> set[str]:
        """Readable, of all that can be opened."""
        return {self.readable_name(name) for name, folder in self.folders.items() if folder.can_be_opened}

    def wire_name(self, name: str) -> str:
        """A readable name as it is on the wire."""
        if name == INBOX:
            return INBOX
        levels = name.split("/") if self.delimiter else [name]
        return self.prefix + self.delimiter.join(encode_name(level) for level in levels)

    def readable_name(self, wire_name: str) -> str:
        """The other way; a name that is no modified UTF-7 stays as it is."""
        name = wire_name.removeprefix(self.prefix)
        levels = name.split(self.delimiter) if self.delimiter else [name]
        try:
            return "/".join(decode_name(level) for level in levels)
        except ValueError:
            return wire_name

    def kibibytes(self, more: int = 0) -> int:
        """What all messages take together, and so many octets more."""
        taken = sum(len(message.octets) for folder in self.folders.values() for message in folder.messages)
        return -(-(taken + more) // 1024)

    def next_uidvalidity(self) -> int:
        """Never the same twice."""
        self._uidvalidity += 1
        return self._uidvalidity

    def next_modseq(self) -> int:
        """Never the same twice."""
        self._modseq += 1
        return self._modseq


def internal_date(instant: int) -> str:
    """Seconds since 1970 as INTERNALDATE has them."""
    return imaplib.Time2Internaldate(datetime.fromtimestamp(instant, UTC)).strip('"')
