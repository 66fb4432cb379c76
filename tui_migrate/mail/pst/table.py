"""Table contexts: what is in a folder, who a mail is for, what is attached to it ([MS-PST] section 2.3.4)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from struct import Struct, iter_unpack, unpack_from
from typing import NamedTuple

from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.pst.blocks import Blocks, Node
from tui_migrate.mail.pst.damage import Damage
from tui_migrate.mail.pst.heap import TABLE, Heap
from tui_migrate.mail.pst.values import STRING, Text, utf16, value_of

_NUMBER = Struct("<I").unpack_from
_MOST = 4_000_000
"""Rows."""
_IN_ROW = {0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000B: 1, 0x0014: 8, 0x0040: 8}
"""Type: octets of a value that stands in its row. Of all others the row says where they lie."""


class Column(NamedTuple):
    """A property that rows may have."""

    key: int
    kind: int
    offset: int
    exists: int
    """Which octet of a row says that the row has the value, and by which bit."""
    bit: int
    octets: int
    """0: the row says where the value lies."""


class Table:
    """A table; its rows are read block by block. All of it may raise Damage or struct.error."""

    def __init__(self, blocks: Blocks, node: Node) -> None:
        self._heap = heap = Heap(blocks, node, TABLE)
        head = heap.value(heap.root)
        kind, count, bitmap, size, index, rows = unpack_from("<BB4xHHII", head)
        self._size, self._rows = int(size), int(rows)
        described = head[22 : 22 + 8 * count]
        if kind != TABLE or len(described) != 8 * count or not 4 <= bitmap <= self._size <= blocks.form.block.most:
            raise Damage(f"node {node.nid:#x} has {count} columns in rows of {self._size} octets")
        form = blocks.form
        self._per_block = form.block.most // self._size
        self._columns = _described(described, bitmap, self._size)
        leaves = heap.tree(index, 4, 2 if form.ansi else 4, _MOST)
        pair = f"<I{form.row_number}"
        self._places = array(
            "Q", sorted([place << 32 | number for leaf in leaves for number, place in iter_unpack(pair, leaf)])
        )
        """A folder may have a million of them."""
        self._block = -1
        self._data = b""
        self._pieces = heap.blocks.pieces_of(heap.below(self._rows).data) if self._rows & 0x1F else ()

    def __len__(self) -> int:
        """Number of its rows."""
        return len(self._places)

    @property
    def places(self) -> Iterator[tuple[int, int]]:
        """Of each row its place and its id, in the order of the rows. In a folder the ids are NIDs of messages."""
        return ((each >> 32, each & 0xFFFFFFFF) for each in self._places)

    def columns(self, wanted: Set[int]) -> list[Column]:
        """Those that it has of these properties."""
        return [column for column in self._columns if column.key in wanted]

    def row(self, place: int, number: int, columns: Sequence[Column], text: Text) -> dict[int, Value]:
        """What one row has in these columns, by property id. Whoever goes on in the order of the rows reads each block
        once."""
        start = self._start(place)
        data = self._data
        if _NUMBER(data, start)[0] != number or start + self._size > len(data):
            raise Damage(f"row {place} of node {self._heap.node.nid:#x} is not that of {number:#x}")
        values: dict[int, Value] = {}
        heap = self._heap
        for key, kind, offset, exists, bit, octets in columns:
            if not data[start + exists] & bit:
                continue
            at = start + offset
            if octets:
                value = value_of(kind, data[at : at + octets], text)
            else:
                (hnid,) = _NUMBER(data, at)
                found = heap.found(hnid) if hnid & 0x1F else heap.value(hnid)
                value = utf16(found) if kind == STRING else value_of(kind, found, text)
            if value is not None:
                values[key] = value
        return values

    def _start(self, place: int) -> int:
        """Where in the block that is at hand a row begins. Rows never straddle blocks."""
        block, within = (place // self._per_block, place % self._per_block) if self._rows & 0x1F else (0, place)
        if block != self._block:
            if self._rows & 0x1F:
                if block >= len(self._pieces):
                    raise Damage(f"node {self._heap.node.nid:#x} has no row {place}")
                self._data = self._heap.blocks.block(self._pieces[block])
            else:
                self._data = self._heap.value(self._rows)
            self._block = block
        return within * self._size


@lru_cache(maxsize=256)
def _described(columns: bytes, bitmap: int, size: int) -> Sequence[Column]:
    """Columns as they stand in a table's head. All tables of recipients have the same."""
    found = []
    for kind, key, offset, octets, bit in iter_unpack("<HHHBB", columns):
        exists = bitmap + bit // 8
        if offset + octets > size or exists >= size or octets < _IN_ROW.get(kind, 4):
            raise Damage(f"the column {key:#x} of a table lies outside of its row")
        found.append(Column(key, kind, offset, exists, 0x80 >> bit % 8, _IN_ROW.get(kind, 0)))
    return found
