"""A mailbox at Exchange Online, as Graph shows it: folders, items, and all that has happened to them, in order."""

from __future__ import annotations

import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

WELL_KNOWN = ("inbox", "drafts", "sentitems", "deleteditems", "junkemail", "archive", "outbox")
NAMES = {
    "en": ("Inbox", "Drafts", "Sent Items", "Deleted Items", "Junk Email", "Archive", "Outbox"),
    "de": ("Posteingang", "Entwürfe", "Gesendete Objekte", "Gelöschte Elemente", "Junk", "Archiv", "Postausgang"),
    "nl": ("Postvak IN", "Concepten", "Verzonden", "Verwijderde items", "Ongewenst", "Archief", "Postvak UIT"),
}
"""Of the well-known folders, by language."""
ROOT = "root"
_LETTERS = "abcdefghijklmnopqrst"


@dataclass(eq=False)
class Folder:
    """A folder of mail."""

    id: str
    name: str
    parent: str
    known_as: str = ""
    """Its well-known name."""
    hidden: bool = False
    search: bool = False
    """It holds nothing, and shows what lies elsewhere."""


@dataclass(frozen=True)
class Attached:
    """An attachment that is a file."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(eq=False)
class Item:
    """A message, or something that is none."""

    id: str
    """The immutable one."""
    folder: str
    mime: bytes = field(repr=False)
    received: int
    read: bool = False
    draft: bool = False
    flagged: bool = False
    categories: tuple[str, ...] = ()
    item_class: str = "IPM.Note"
    verb: int = 0
    """Of property 0x1081; 0: it has none."""
    attached: tuple[Attached, ...] = ()
    unmakeable: bool = False
    """No MIME can be made of it."""
    corrupt: bool = False
    """A page with it fails."""
    moves: int = 0

    @property
    def plain_id(self) -> str:
        """The one that is given without the header: another one after each move."""
        return "AAMk" + urlsafe_b64encode(f"{self.id}.{self.moves}".encode()).decode()


@dataclass(frozen=True)
class Change:
    """What has happened to an item, as a folder saw it."""

    item: str
    folder: str
    fields: frozenset[str]
    """That have changed; empty: it has come."""
    gone: bool = False


Happened = tuple[str, frozenset[str] | None, bool]
"""The id of an item, which of its fields have changed (None: all of it is new), and whether it is gone."""


MARK = b"@mark@"
"""In the octets of an item: another mark each time that these are made."""


class GraphMailbox:
    """Belongs to a user. A test changes it by these methods, from any thread."""

    def __init__(self, user: str, language: str = "en") -> None:
        self.user = user
        self.folders: dict[str, Folder] = {}
        self.items: dict[str, Item] = {}
        self.log: list[Change] = []
        self.lock = threading.RLock()
        for known_as, name in zip(WELL_KNOWN, NAMES[language], strict=True):
            self.make(name, known_as=known_as)

    def make(self, name: str, parent: str = ROOT, *, known_as: str = "", **more: bool) -> str:
        """Make a folder. Returns its id."""
        found = f"AQMk{len(self.folders):04}=="
        self.folders[found] = Folder(found, name, parent, known_as, **more)
        return found

    def known(self, name: str) -> str:
        """The id of a well-known folder."""
        return next(each.id for each in self.folders.values() if each.known_as == name)

    def add(self, folder: str, mime: bytes, received: int, **more: Any) -> Item:
        """Add an item to a folder, which is named by its id or its well-known name. Ids differ in the case of their
        letters alone."""
        with self.lock:
            where = folder if folder in self.folders else self.known(folder)
            number = len(self.items) + 1
            cased = "".join(each.upper() if number >> at & 1 else each for at, each in enumerate(_LETTERS))
            item = Item(f"AAkA{cased}AAA=", where, mime, received, **more)
            self.items[item.id] = item
            self.log.append(Change(item.id, where, frozenset()))
            return item

    def change(self, item: Item, **fields: Any) -> None:
        """Change fields of an item."""
        with self.lock:
            for name, value in fields.items():
                setattr(item, name, value)
            self.log.append(Change(item.id, item.folder, frozenset(fields)))

    def move(self, item: Item, folder: str) -> None:
        """Move an item to another folder."""
        with self.lock:
            self.log.append(Change(item.id, item.folder, frozenset(), gone=True))
            item.folder = folder if folder in self.folders else self.known(folder)
            item.moves += 1
            self.log.append(Change(item.id, item.folder, frozenset()))

    def delete(self, item: Item) -> None:
        """Delete an item for good."""
        with self.lock:
            self.log.append(Change(item.id, item.folder, frozenset(), gone=True))
            del self.items[item.id]

    def of(self, folder: str) -> Iterator[Item]:
        """The items of a folder, the last that came first."""
        return (each for each in reversed([*self.items.values()]) if each.folder == folder)

    def since(self, place: int, folder: str) -> list[Happened]:
        """What has happened in a folder since this place in the log."""
        found: dict[str, tuple[frozenset[str] | None, bool]] = {}
        for each in self.log[place:]:
            if each.folder == folder:
                before = found.get(each.item, (frozenset(), False))[0]
                fields = None if before is None or not each.fields else before | each.fields
                found[each.item] = fields, each.gone
        return [(item, fields, gone) for item, (fields, gone) in found.items()]

    def named(self, name: str) -> Folder | None:
        """A folder by its id or its well-known name."""
        if name in self.folders:
            return self.folders[name]
        return next((each for each in self.folders.values() if each.known_as == name.lower()), None)

    def item(self, name: str) -> Item | None:
        """An item by either of its ids, which are case-sensitive."""
        return self.items.get(name) or next((each for each in self.items.values() if each.plain_id == name), None)
