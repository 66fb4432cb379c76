"""The store of a file: what all nodes are found by, and what is known of it as a whole ([MS-PST] section 2.4)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from tui_migrate.errors import FileDamaged
from tui_migrate.mail.mapi.codepages import encoding_of
from tui_migrate.mail.pst.blocks import Blocks, Node
from tui_migrate.mail.pst.context import PropertyContext
from tui_migrate.mail.pst.damage import DAMAGE, Damage
from tui_migrate.mail.pst.disk import Disk
from tui_migrate.mail.pst.header import read_header
from tui_migrate.mail.pst.named import public_name
from tui_migrate.mail.pst.table import Table
from tui_migrate.mail.pst.tree import NODES, Tree
from tui_migrate.mail.pst.values import Text

STORE, NAMES, ROOT, RECEIVE_FOLDERS = 0x21, 0x61, 0x122, 0x62B
"""NIDs that are the same in all files."""
FOLDER, MESSAGE, SUBFOLDERS, CONTENTS = 0x02, 0x04, 0x0D, 0x0E
"""What a node is: the lower five bits of its NID."""
_KIND = 0x1F
_RECORD_KEY = 0x0FF9
USUAL = 1252
_OF_16_BITS = (1200, 1201)


class Store:
    """A file that is open."""

    def __init__(self, path: Path, codepage: int) -> None:
        """`codepage`: Windows' number of the one that 8-bit strings are in, where nothing nearer tells another; 0, or
        one that is not known: 1252. Raises MailError."""
        self.disk = Disk(path)
        self._lying: dict[int, dict[int, Sequence[int]] | Damage] = {}
        """By kind of node, and by folder."""
        self.codepage = codepage if encoding_told(codepage) else USUAL
        self.encoding = encoding_told(self.codepage) or ""
        self.text = text_in(None, self.encoding)
        """What names of folders are decoded with."""
        try:
            header = read_header(self.disk)
            self.form = header.form
            self.blocks = Blocks(self.disk, header)
            self._nodes = Tree(self.disk, header.form.page, NODES, header.node_root)
            self.properties = self.context(STORE)
            self.key = self.properties.octets(_RECORD_KEY).hex()
            """Of no other store."""
            self.keywords = self._keywords()
            """Id of the named property that holds categories; None: there are none."""
        except DAMAGE as damage:
            self.disk.close()
            raise self.disk.error(FileDamaged, f"{path} cannot be read: its store is damaged.", damage) from damage
        except BaseException:
            self.disk.close()
            raise

    def find(self, nid: int) -> Node | None:
        """A node of the node tree; None when there is none. Raises Damage."""
        found = self._nodes.find(nid)
        return Node(found[0], found[1], found[2]) if found else None

    def node(self, nid: int) -> Node:
        """The same, and Damage when there is none."""
        found = self.find(nid)
        if found is None:
            raise Damage(f"there is no node {nid:#x}")
        return found

    def parent(self, nid: int) -> int | None:
        """The folder that a node lies in. Raises Damage."""
        found = self._nodes.find(nid)
        return found[3] if found else None

    def context(self, nid: int) -> PropertyContext:
        """The properties of a node. Raises Damage."""
        return PropertyContext(self.blocks, self.node(nid))

    def table(self, folder: int, kind: int) -> Table:
        """A table of a folder. Raises Damage, and when there is none too."""
        return Table(self.blocks, self.node(folder & ~_KIND | kind))

    def all_of(self, kind: int) -> Iterator[tuple[int, int]]:
        """All nodes of a kind, in ascending order: NID, and NID of the folder that it lies in. Raises Damage."""
        for entry in self._nodes.entries():
            nid = entry[0] & 0xFFFFFFFF
            if nid & _KIND == kind:
                yield nid, entry[3]

    def below(self, folder: int, kind: int) -> Sequence[int]:
        """What the node tree itself says lies in a folder: for a table that is damaged. The first time it takes a walk
        over all nodes. Raises Damage."""
        known = self._lying.get(kind)
        if known is None:
            known = self._lying[kind] = self._all_lying(kind)
        if isinstance(known, Damage):
            raise Damage(str(known))
        return known.get(folder, ())

    def _all_lying(self, kind: int) -> dict[int, Sequence[int]] | Damage:
        found: dict[int, array[int]] = {}
        try:
            for nid, parent in self.all_of(kind):
                if nid != parent:
                    found.setdefault(parent, array("I")).append(nid)
        except Damage as damage:
            return damage
        return {**found}

    def _keywords(self) -> int | None:
        names = self.find(NAMES)
        return public_name(PropertyContext(self.blocks, names), "Keywords") if names else None


def kind_of(nid: int) -> int:
    """What a node is."""
    return nid & _KIND


def encoding_told(codepage: int | None) -> str | None:
    """Python's name of the encoding of an item's 8-bit strings, as its code page tells it. UTF-16 is none of these."""
    return None if codepage in _OF_16_BITS else encoding_of(codepage)


@lru_cache(maxsize=64)
def text_in(own: str | None, usual: str) -> Text:
    """Decodes 8-bit strings: as what they belong to says, else as usual; what is in neither is shown as well as can
    be."""
    encodings = [each for each in (own, usual) if each]

    def text(data: bytes) -> str:
        for encoding in encodings:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
        return data.decode(encodings[0], "replace")

    return text
