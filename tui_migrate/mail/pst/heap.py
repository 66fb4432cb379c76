"""Heaps, and B-trees on them ([MS-PST] sections 2.3.1 and 2.3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from struct import Struct, iter_unpack

from tui_migrate.mail.pst.blocks import Blocks, Node, Subnodes
from tui_migrate.mail.pst.damage import Damage

_SIGNATURE = 0xEC
PROPERTIES, TABLE = 0xBC, 0x7C
"""What stands on a heap."""
_TREE = 0xB5
_HEAD = Struct("<HBBI").unpack_from
"""Of a heap: where its map lies, its signature, what stands on it, and where that begins."""
_TREE_HEAD = Struct("<BBBBI").unpack_from
_SHORT = Struct("<H").unpack_from
_DEEPEST = 8


class Heap:
    """The heap of a node, with what hangs below the node: values too large for a heap lie there. All of it may raise
    Damage."""

    def __init__(self, blocks: Blocks, node: Node, client: int) -> None:
        self.blocks = blocks
        self.node = node
        self._subnodes: Subnodes | None = None
        self._bits = blocks.form.index_bits + 5
        self._index = (1 << self._bits) - 1
        self._pieces = blocks.pieces_of(node.data)
        if not self._pieces:
            raise Damage(f"node {node.nid:#x} has no data")
        data = blocks.block(self._pieces[0])
        self._number, self._data, self._ends = 0, data, _ends(data)
        """A block, and where its values begin; behind them where the last ends."""
        _, signature, told, self.root = _HEAD(data)
        if signature != _SIGNATURE or told != client:
            raise Damage(f"node {node.nid:#x} begins with {signature:#x} {told:#x}")

    @property
    def subnodes(self) -> Subnodes:
        """What hangs below the node."""
        if self._subnodes is None:
            self._subnodes = Subnodes(self.blocks, self.node.subnodes)
        return self._subnodes

    def value(self, hid: int) -> bytes:
        """What lies there; of 0 nothing."""
        if not hid:
            return b""
        number = hid >> self._bits
        if number != self._number:
            self._turn_to(number)
        index, ends = (hid & self._index) >> 5, self._ends
        if not 0 < index < len(ends) or hid & 0x1F:
            raise Damage(f"node {self.node.nid:#x} has no value {hid:#x}")
        start, end = ends[index - 1], ends[index]
        if not start <= end <= len(self._data):
            raise Damage(f"value {hid:#x} of node {self.node.nid:#x} lies outside of its block")
        return self._data[start:end]

    def found(self, hnid: int) -> bytes:
        """What lies in the heap, or below the node."""
        return self.blocks.whole(self.below(hnid).data) if hnid & 0x1F else self.value(hnid)

    def stream(self, hnid: int) -> Iterator[bytes]:
        """The same in pieces."""
        return self.blocks.stream(self.below(hnid).data) if hnid & 0x1F else iter((self.value(hnid),))

    def below(self, nid: int) -> Node:
        """A subnode."""
        node = self.subnodes.find(nid)
        if node is None:
            raise Damage(f"node {self.node.nid:#x} has no subnode {nid:#x}")
        return node

    def tree(self, hid: int, key: int, value: int, most: int) -> Iterable[bytes]:
        """The leaves of a B-tree on the heap: entries one after the other, of a key and a value of so many octets.
        `most`: entries, of all leaves together, which may lie on each other."""
        kind, told_key, told_value, levels, root = _TREE_HEAD(self.value(hid))
        if (kind, told_key, told_value) != (_TREE, key, value) or levels > _DEEPEST:
            raise Damage(f"the tree {hid:#x} of node {self.node.nid:#x} is of another kind")
        if levels:
            return self._bounded(hid, self._below(root, levels, key, key + value, set()), most * (key + value))
        leaf = self._leaf(root, key + value)
        if len(leaf) > most * (key + value):
            raise self._too_many(hid)
        return (leaf,)

    def _bounded(self, hid: int, leaves: Iterator[bytes], most: int) -> Iterator[bytes]:
        for leaf in leaves:
            most -= len(leaf)
            if most < 0:
                raise self._too_many(hid)
            yield leaf

    def _too_many(self, hid: int) -> Damage:
        return Damage(f"the tree {hid:#x} of node {self.node.nid:#x} has more entries than there can be")

    def _below(self, hid: int, level: int, key: int, entry: int, seen: set[int]) -> Iterator[bytes]:
        if hid in seen:
            raise Damage(f"{hid:#x} hangs in a tree of node {self.node.nid:#x} twice")
        seen.add(hid)
        if not level:
            yield self._leaf(hid, entry)
            return
        data = self.value(hid)
        if len(data) % (key + 4):
            raise Damage(f"branches at {hid:#x} of node {self.node.nid:#x} are cut short")
        for (child,) in iter_unpack(f"<{key}xI", data):
            yield from self._below(child, level - 1, key, entry, seen)

    def _leaf(self, hid: int, entry: int) -> bytes:
        data = self.value(hid)
        if len(data) % entry:
            raise Damage(f"entries at {hid:#x} of node {self.node.nid:#x} are cut short")
        return data

    def _turn_to(self, number: int) -> None:
        """Have a block at hand."""
        if number >= len(self._pieces):
            raise Damage(f"the heap of node {self.node.nid:#x} has no block {number}")
        data = self.blocks.block(self._pieces[number])
        self._number, self._data, self._ends = number, data, _ends(data)


def _ends(data: bytes) -> tuple[int, ...]:
    """The map of a block."""
    (place,) = _SHORT(data)
    (count,) = _SHORT(data, place)
    return _shorts(count + 1)(data, place + 4)


@lru_cache(maxsize=1024)
def _shorts(count: int) -> Callable[[bytes, int], tuple[int, ...]]:
    return Struct(f"<{count}H").unpack_from
