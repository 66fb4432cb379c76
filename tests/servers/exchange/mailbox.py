"""A mailbox of Exchange in memory: a tree of folders, and every change with its point in time."""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha512
from itertools import count

from tests.servers.exchange.items import Attachment, Change, ExchangeItem, Value

_TOPS = ("root", "msgfolderroot", "archiveroot", "archivemsgfolderroot", "publicfoldersroot")
_serial = count(1)


class ExchangeFolder:
    """One folder. It is made by `ExchangeMailbox.add_folder`."""

    def __init__(self, mailbox: ExchangeMailbox, name: str, parent: ExchangeFolder | None) -> None:
        self.mailbox = mailbox
        self.name = name
        self.parent = parent
        self.role = ""
        """Its distinguished id, such as `inbox`."""
        self.folder_class = "IPF.Note"
        self.hidden = False
        """Property 0x10F4."""
        self.is_search = False
        self.found: list[ExchangeItem] = []
        """What a search folder shows: items of other folders."""
        self.public = False
        self.properties: dict[str, Value] = {}
        """Extended ones, as an item's."""
        self.id = mailbox.new_id("folder")
        self.items: dict[str, ExchangeItem] = {}
        """By id, in the order in which they came."""
        self.log: list[tuple[int, ExchangeItem]] = []
        """All that has ever happened here, by the mailbox's points in time."""
        self.history: list[int] = []
        """Points in time at which the folder itself was made, renamed or moved."""
        self.gone = False

    def __repr__(self) -> str:
        return f"<ExchangeFolder {self.path} of {self.mailbox.user}: {len(self.items)} items>"

    @property
    def path(self) -> str:
        """Names from the top of the mailbox, the archive or the public folders, with `/` between them."""
        if self.parent is None or self.parent.role in _TOPS:
            return self.name
        return f"{self.parent.path}/{self.name}"

    @property
    def held(self) -> list[ExchangeItem]:
        """What is listed here."""
        return [each for each in self.found if not each.gone] if self.is_search else list(self.items.values())

    @property
    def children(self) -> list[ExchangeFolder]:
        """Right below."""
        return [each for each in self.mailbox.folders if each.parent is self]

    def below(self) -> Iterator[ExchangeFolder]:
        """All of them, each behind its parent."""
        for each in self.children:
            yield each
            yield from each.below()

    def add(self, octets: bytes | ExchangeItem, **properties: object) -> ExchangeItem:
        """A new item of these octets. `properties`: fields of ExchangeItem."""
        item = octets if isinstance(octets, ExchangeItem) else ExchangeItem(octets)
        for name, value in properties.items():
            assert hasattr(item, name), name
            setattr(item, name, value)
        return self._take(item)

    def mark(self, item: ExchangeItem, *, read: bool) -> None:
        """As read or unread: what the delta calls ReadFlagChange."""
        item.read = read
        self._note(item, Change.READ)

    def change(self, item: ExchangeItem, **properties: object) -> None:
        """Any other property, or the octets."""
        for name, value in properties.items():
            assert hasattr(item, name), name
            setattr(item, name, value)
        self._note(item, Change.CONTENT)

    def delete(self, *items: ExchangeItem) -> None:
        """For good."""
        for item in items:
            del self.items[item.id]
            item.gone = True
            self._note(item, Change.CONTENT)
            self.mailbox.items.pop(item.id)

    def move(self, item: ExchangeItem, to: ExchangeFolder) -> ExchangeItem:
        """Into another folder. Returns: the item as it is there, under another id."""
        self.delete(item)
        return to._take(replace(item, attachments=[replace(each, id="") for each in item.attachments]))

    def _take(self, item: ExchangeItem) -> ExchangeItem:
        item.folder = self
        item.id = self.mailbox.new_id("item")
        self.items[item.id] = self.mailbox.items[item.id] = item
        for each in item.attachments:
            self.mailbox.attach(item, each)
        self._note(item, Change.CONTENT)
        return item

    def _note(self, item: ExchangeItem, change: Change) -> None:
        now = self.mailbox.tick()
        item.history.append((now, change))
        item.forget()
        self.log.append((now, item))

    def position(self, point: int) -> int:
        """How many entries of the log are not later."""
        return bisect_right(self.log, point, key=lambda entry: entry[0])


class ExchangeMailbox:
    """One user's mail, or the public folders of all. Not for two threads at once: a server holds its lock while it
    works on one."""

    def __init__(self, user: str = "anna@old.example", password: str = "secret", *, name: str = "") -> None:
        self.user = user
        """Primary SMTP address."""
        self.password = password
        self.name = name or user.partition("@")[0]
        """The account's in its domain, as in `OLD\\anna`."""
        self.folders: list[ExchangeFolder] = []
        self.items: dict[str, ExchangeItem] = {}
        """Those of all folders, by id."""
        self.attachments: dict[str, tuple[ExchangeItem, Attachment]] = {}
        self.roles: dict[str, ExchangeFolder] = {}
        """By distinguished id."""
        self.log: list[tuple[int, ExchangeFolder]] = []
        """What has happened to folders."""
        self.full_access: set[str] = set()
        """Other users who may open it."""
        self._now = 0
        self._number = next(_serial)
        self._ids = count(1)
        self.root = self._top("root", "Root")
        self.top = self._add("Top of Information Store", self.root, "msgfolderroot")

    def add_folder(
        self,
        name: str,
        role: str = "",
        *,
        parent: ExchangeFolder | None = None,
        folder_class: str = "IPF.Note",
        hidden: bool = False,
        is_search: bool = False,
    ) -> ExchangeFolder:
        """A new folder, below the mailbox's top unless something else is said. `name` may hold any character."""
        folder = self._add(name, parent or self.top, role)
        folder.folder_class, folder.hidden, folder.is_search = folder_class, hidden, is_search
        folder.public = folder.parent is not None and folder.parent.public
        return folder

    def add_archive(self, name: str = "Online Archive") -> ExchangeFolder:
        """The archive mailbox beside it. Returns its top: folders go below it."""
        return self._add(name, self._top("archiveroot", "Root"), "archivemsgfolderroot")

    def add_public_folders(self, name: str = "IPM_SUBTREE") -> ExchangeFolder:
        """The tree of public folders. Returns its top: folders go below it."""
        top = self._top("publicfoldersroot", name)
        top.public = True
        return top

    def folder(self, path: str) -> ExchangeFolder:
        """By its path. Raises StopIteration."""
        return next(each for each in self.folders if each.path == path)

    def rename(self, folder: ExchangeFolder, name: str) -> None:
        """The id stays."""
        folder.name = name
        self._note(folder)

    def move_folder(self, folder: ExchangeFolder, parent: ExchangeFolder) -> None:
        """The id stays."""
        folder.parent = parent
        self._note(folder)

    def delete_folder(self, folder: ExchangeFolder) -> None:
        """With all that lies in it and below."""
        for each in [*folder.below(), folder]:
            each.delete(*each.items.values())
            each.gone = True
            self.folders.remove(each)
            self.roles.pop(each.role, None)
            self._note(each)

    def encode(self) -> None:
        """Make the base64 of all items now: what is measured afterwards has no part in it."""
        for item in self.items.values():
            _ = item.encoded

    def tick(self) -> int:
        """The next point in time."""
        self._now += 1
        return self._now

    @property
    def now(self) -> int:
        """The point in time of the last change."""
        return self._now

    def new_id(self, kind: str) -> str:
        """As long as Exchange's, in base64 of both cases."""
        digest = sha512(f"{kind} {next(self._ids)} of {self._number}".encode()).digest()
        return "AAMkAD" + b64encode(digest + digest[:44]).decode()

    def attach(self, item: ExchangeItem, attachment: Attachment) -> None:
        """Let GetAttachment find it."""
        attachment.id = attachment.id or self.new_id("attachment")
        self.attachments[attachment.id] = item, attachment

    def _top(self, role: str, name: str) -> ExchangeFolder:
        return self._add(name, None, role)

    def _add(self, name: str, parent: ExchangeFolder | None, role: str) -> ExchangeFolder:
        folder = ExchangeFolder(self, name, parent)
        self.folders.append(folder)
        if role:
            folder.role = role
            self.roles[role] = folder
        self._note(folder)
        return folder

    def _note(self, folder: ExchangeFolder) -> None:
        now = self.tick()
        folder.history.append(now)
        self.log.append((now, folder))
