"""The upper half of a file: a store with folders and messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import pack
from uuid import UUID

from tests.files.pst.blocks import Encoding, FileWriter, Form, MadeFile
from tests.files.pst.heap import HeapWriter, Properties, context, table

RECORD_KEY = UUID("6c3ab6ee-04b2-4a21-9c3d-5b0d0f7f1e2a").bytes_le
KEYWORDS = 0x8000
"""Id of the named property, where a store has it."""
ROOT, TOP = 0x122, 0x8022
FIRST_FOLDER, FIRST_MESSAGE = 0x8042, 0x200024
"""NIDs; each further one is higher by 32. What lies in a folder comes before it."""
_STORE, _NAMES = 0x21, 0x61
_PUBLIC = UUID("00020329-0000-0000-c000-000000000046").bytes_le
_CONTENTS = (
    0x00170003, 0x001A001F, 0x00360003, 0x0037001F, 0x00390040, 0x0042001F, 0x0057000B, 0x0058000B, 0x0070001F,
    0x0E03001F, 0x0E04001F, 0x0E060040, 0x0E070003, 0x0E080003, 0x0E170003, 0x30080040, 0x65C60003,
)  # fmt: skip
"""Columns that every folder's table has."""
_SUBFOLDERS = (0x3001001F, 0x36020003, 0x36030003, 0x360A000B, 0x3613001F)
_RECIPIENTS = (
    0x0C150003, 0x0C1B001F, 0x0E0F000B, 0x0FF90102, 0x0FFE0003, 0x0FFF0102, 0x3001001F, 0x3002001F, 0x3003001F,
    0x300B0102, 0x39000003, 0x39FE001F, 0x3A40000B, 0x5FF6001F,
)  # fmt: skip
_ATTACHMENTS = (0x0E200003, 0x3704001F, 0x37050003, 0x370B0003)


@dataclass
class MadeAttachment:
    """An attachment."""

    properties: Properties
    data: bytes | None = None
    """Of method 1."""
    message: MadeMessage | None = None
    """Of method 5."""
    storage: bytes | None = None
    """Of method 6."""


@dataclass
class MadeMessage:
    """A message, or another item."""

    properties: Properties
    recipients: Sequence[Properties] = ()
    attachments: Sequence[MadeAttachment] = ()


@dataclass
class MadeFolder:
    """A folder."""

    name: str
    messages: Sequence[MadeMessage] = ()
    folders: Sequence[MadeFolder] = ()
    folder_class: str = ""
    properties: Properties = field(default_factory=dict)
    hidden: Sequence[MadeMessage] = ()
    """What Outlook shows to nobody: views, rules."""
    nid: int = 0
    """0: the next one."""


@dataclass
class MadeStore:
    """All of a file."""

    folders: Sequence[MadeFolder] = ()
    messages: Sequence[MadeMessage] = ()
    """In the top folder itself."""
    properties: Properties = field(default_factory=dict)
    """Of the store; those that are usual are replaced."""
    root: Properties = field(default_factory=dict)
    """Of the root folder."""
    receive: Sequence[tuple[str, int]] = ()
    """Message class and NID of the folder to which it goes."""
    keywords: bool = False
    """There are categories."""
    columns: Sequence[int] = ()
    """Further ones of the folders' tables."""
    codepage: str = "cp1252"
    """Of an ANSI file."""


def entry_id(nid: int) -> bytes:
    """What names a folder of this store."""
    return bytes(4) + RECORD_KEY + pack("<I", nid)


def made(
    store: MadeStore, form: Form = Form.UNICODE, encoding: Encoding = Encoding.PERMUTE, *, deflated: bool = False
) -> MadeFile:
    """A file that holds this store."""
    return _StoreWriter(store, FileWriter(form, encoding, deflated)).write()


def pst(
    store: MadeStore, form: Form = Form.UNICODE, encoding: Encoding = Encoding.PERMUTE, *, deflated: bool = False
) -> bytes:
    """Its octets."""
    return made(store, form, encoding, deflated=deflated).octets


class _StoreWriter:
    def __init__(self, store: MadeStore, file: FileWriter) -> None:
        self.store = store
        self.file = file
        self._folder = 0x401
        self._message = 0x10000

    def write(self) -> MadeFile:
        usual: Properties = {
            0x0FF90102: RECORD_KEY, 0x3001001F: "Made", 0x35DF0003: 0x89, 0x35E00102: entry_id(TOP), 0x67FF0003: 0,
        }  # fmt: skip
        self._context(_STORE, {**usual, **self.store.properties})
        self._names()
        if self.store.receive:
            rows: list[tuple[int, Properties]] = [
                (number, {0x001A001F: name, 0x66050003: nid})
                for number, (name, nid) in enumerate(self.store.receive, 1)
            ]
            self._table(0x62B, (0x001A001F, 0x66050003), rows, 0)
        top = MadeFolder("Top of Made", self.store.messages, self.store.folders, nid=TOP)
        self._folder_node(MadeFolder("", (), (top,), properties=self.store.root, nid=ROOT), ROOT)
        return self.file.whole()

    def _folder_node(self, folder: MadeFolder, parent: int) -> tuple[int, Properties]:
        nid = folder.nid or self._next_folder()
        below = [self._folder_node(each, nid) for each in folder.folders]
        known: Properties = {
            0x3001001F: folder.name, 0x36020003: len(folder.messages), 0x36030003: 0, 0x360A000B: bool(folder.folders),
        }  # fmt: skip
        if folder.folder_class:
            known = {**known, 0x3613001F: folder.folder_class}
        self._context(nid, {**known, **folder.properties}, parent)
        self._table(nid & ~0x1F | 0x0D, _SUBFOLDERS, below, 0)
        messages = [self._message_node(each, nid, 0x04) for each in folder.messages]
        self._table(nid & ~0x1F | 0x0E, (*_CONTENTS, *self.store.columns), messages, 0)
        hidden = [self._message_node(each, nid, 0x08) for each in folder.hidden]
        self._table(nid & ~0x1F | 0x0F, (0x001A001F, 0x0E070003, 0x3001001F), hidden, 0)
        return nid, known

    def _next_folder(self) -> int:
        self._folder += 1
        return self._folder << 5 | 0x02

    def _message_node(self, message: MadeMessage, folder: int, kind: int) -> tuple[int, Properties]:
        self._message += 1
        nid = self._message << 5 | kind
        data, subnodes, properties = self._message_blocks(message)
        self.file.node(nid, data, subnodes, folder)
        return nid, properties

    def _message_blocks(self, message: MadeMessage) -> tuple[int, int, Properties]:
        heap = self._heap()
        if message.recipients:
            rows = list(enumerate(message.recipients))
            heap.below.append((0x692, *table(self._heap(), _RECIPIENTS, rows)))
        if message.attachments:
            attached: list[tuple[int, Properties]] = []
            for number, attachment in enumerate(message.attachments):
                nid = 0x400 + number << 5 | 0x05
                heap.below.append((nid, *self._attachment(attachment)))
                attached.append((nid, attachment.properties))
            heap.below.append((0x671, *table(self._heap(), _ATTACHMENTS, attached)))
        before = len(self.file.data)
        properties: Properties = {0x001A001F: "IPM.Note", 0x0E080003: 1000, **message.properties}
        data, subnodes = context(heap, properties)
        assert len(self.file.data) > before
        return data, subnodes, properties

    def _attachment(self, attachment: MadeAttachment) -> tuple[int, int]:
        heap = self._heap()
        properties: Properties = {0x0E200003: 100, 0x37050003: 1, 0x370B0003: -1, **attachment.properties}
        if attachment.data is not None:
            properties = {**properties, 0x37010102: attachment.data}
        elif attachment.message is not None:
            data, subnodes, _ = self._message_blocks(attachment.message)
            nid = heap.put_below(data, subnodes, 0x04)
            properties = {**properties, 0x37050003: 5, 0x3701000D: pack("<II", nid, 1000)}
        elif attachment.storage is not None:
            nid = heap.put_below(self.file.value(attachment.storage))
            properties = {**properties, 0x37050003: 6, 0x3701000D: pack("<II", nid, len(attachment.storage))}
        return context(heap, properties)

    def _names(self) -> None:
        """There is always some name: libpff refuses a file without any."""
        name = ("Keywords" if self.store.keywords else "Keyword").encode("utf-16-le")
        entries = pack("<IHH", 0, 2 << 1 | 1, KEYWORDS - 0x8000)
        strings = pack("<I", len(name)) + name
        self._context(_NAMES, {0x00010003: 251, 0x00020102: _PUBLIC, 0x00030102: entries, 0x00040102: strings})

    def _context(self, nid: int, properties: Properties, parent: int = 0) -> None:
        self.file.node(nid, *context(self._heap(), properties), parent)

    def _table(self, nid: int, columns: Sequence[int], rows: Sequence[tuple[int, Properties]], parent: int) -> None:
        self.file.node(nid, *table(self._heap(), columns, rows), parent)

    def _heap(self) -> HeapWriter:
        return HeapWriter(self.file, self.store.codepage)
