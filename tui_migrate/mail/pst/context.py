"""Property contexts: the properties of a store, a folder, an item or an attachment ([MS-PST] section 2.3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import iter_unpack, pack

from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.pst.blocks import Blocks, Node
from tui_migrate.mail.pst.heap import PROPERTIES, Heap
from tui_migrate.mail.pst.values import BINARY, INLINE, Text, value_of

_MOST = 1 << 16
"""Properties: each has another id."""


class PropertyContext:
    """All that is known of a node, by property id. Values are decoded when they are asked for, each time anew. All of
    it may raise Damage or struct.error."""

    def __init__(self, blocks: Blocks, node: Node) -> None:
        self.heap = Heap(blocks, node, PROPERTIES)
        self.entries: dict[int, tuple[int, int]] = {}
        """By id: type, and the value or where it lies."""
        for leaf in self.heap.tree(self.heap.root, 2, 6, _MOST):
            self.entries.update({key: (kind, value) for key, kind, value in iter_unpack("<HHI", leaf)})

    def value(self, key: int, text: Text) -> Value | None:
        """None: there is no such property, or nothing is known of its type."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        kind, value = entry
        if kind in INLINE:
            return value_of(kind, pack("<I", value), text)
        return value_of(kind, self.heap.found(value) if value & 0x1F else self.heap.value(value), text)

    def octets(self, key: int) -> bytes:
        """Binary; empty where there is none."""
        entry = self.entries.get(key)
        return self.heap.found(entry[1]) if entry is not None and entry[0] == BINARY else b""

    def number(self, key: int) -> int | None:
        """One that stands in its entry."""
        entry = self.entries.get(key)
        return entry[1] if entry is not None and entry[0] in INLINE else None

    def stream(self, key: int) -> Iterator[bytes]:
        """A long value in pieces; nothing where there is none."""
        entry = self.entries.get(key)
        return self.heap.stream(entry[1]) if entry is not None else iter(())
