"""Property contexts: the properties of a store, a folder, an item or an attachment ([MS-PST] section 2.3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, pack

from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.pst.blocks import Blocks, Node
from tui_migrate.mail.pst.heap import PROPERTIES, Heap
from tui_migrate.mail.pst.values import BINARY, INLINE, LONG, STRING, Text, utf16, value_of

Entry = tuple[int, int, int]
"""Of a property: its id, its type, and the value or where it lies."""
_ENTRY = Struct("<HHI")
_MOST = 1 << 16
"""Properties: each has another id."""


class PropertyContext:
    """All that is known of a node, by property id. Values are decoded when they are asked for, each time anew. All of
    it may raise Damage or struct.error."""

    def __init__(self, blocks: Blocks, node: Node) -> None:
        self.heap = Heap(blocks, node, PROPERTIES)
        leaves = self.heap.tree(self.heap.root, 2, 6, _MOST)
        self.entries: dict[int, Entry] = {entry[0]: entry for leaf in leaves for entry in _ENTRY.iter_unpack(leaf)}
        """By id."""

    def value(self, key: int, text: Text) -> Value | None:
        """None: there is no such property, or nothing is known of its type."""
        entry = self.entries.get(key)
        return None if entry is None else self.told(entry, text)

    def told(self, entry: Entry, text: Text) -> Value | None:
        """The value of one of the entries; None: nothing is known of its type."""
        _, kind, value = entry
        if kind == LONG:
            return value if value < 1 << 31 else value - (1 << 32)
        if kind in INLINE:
            return value_of(kind, pack("<I", value), text)
        data = self.heap.found(value) if value & 0x1F else self.heap.value(value)
        return utf16(data) if kind == STRING else value_of(kind, data, text)

    def octets(self, key: int) -> bytes:
        """Binary; empty where there is none."""
        entry = self.entries.get(key)
        return self.heap.found(entry[2]) if entry is not None and entry[1] == BINARY else b""

    def number(self, key: int) -> int | None:
        """One that stands in its entry."""
        entry = self.entries.get(key)
        return entry[2] if entry is not None and entry[1] in INLINE else None

    def stream(self, key: int) -> Iterator[bytes]:
        """A long value in pieces; nothing where there is none."""
        entry = self.entries.get(key)
        return self.heap.stream(entry[2]) if entry is not None else iter(())
