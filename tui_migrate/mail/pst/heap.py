"""Heaps, and B-trees on them ([MS-PST] sections 2.3.1 and 2.3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import iter_unpack, unpack_from

from tui_migrate.mail.pst.blocks import Blocks, Node, Subnodes
from tui_migrate.mail.pst.damage import Damage

_SIGNATURE = 0xEC
PROPERTIES, TABLE = 0xBC, 0x7C
"""What stands on a heap."""
_TREE = 0xB5
_DEEPEST = 8
_KEPT = 64
"""Blocks of one heap whose maps are kept."""


class Heap:
    """The heap of a node, with what hangs below the node: values too large for a heap lie there. All of it may raise
    Damage."""

    def __init__(self, blocks: Blocks, node: Node, client: int) -> None:
        self.blocks = blocks
        self.node = node
        self.subnodes = Subnodes(blocks, node.subnodes)
        self._bits = blocks.form.index_bits
        self._pieces = blocks.pieces_of(node.data)
        self._maps: dict[int, tuple[bytes, tuple[int, ...]]] = {}
        if not self._pieces:
            raise Damage(f"node {node.nid:#x} has no data")
        data = blocks.block(self._pieces[0])
        _, signature, told, self.root = unpack_from("<HBBI", data)
        if signature != _SIGNATURE or told != client:
            raise Damage(f"node {node.nid:#x} begins with {signature:#x} {told:#x}")

    def value(self, hid: int) -> bytes:
        """What lies there; of 0 nothing."""
        if not hid:
            return b""
        index, number = (hid >> 5) & (1 << self._bits) - 1, hid >> 5 + self._bits
        data, ends = self._maps.get(number) or self._map(number)
        if not 0 < index < len(ends) or hid & 0x1F:
            raise Damage(f"node {self.node.nid:#x} has no value {hid:#x}")
        start, end = ends[index - 1], ends[index]
        if not start <= end <= len(data):
            raise Damage(f"value {hid:#x} of node {self.node.nid:#x} lies outside of its block")
        return data[start:end]

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

    def tree(self, hid: int, key: int, value: int, most: int) -> Iterator[bytes]:
        """The leaves of a B-tree on the heap: entries one after the other, of a key and a value of so many octets.
        `most`: entries, of all leaves together, which may lie on each other."""
        kind, told_key, told_value, levels, root = unpack_from("<BBBBI", self.value(hid))
        if (kind, told_key, told_value) != (_TREE, key, value) or levels > _DEEPEST:
            raise Damage(f"the tree {hid:#x} of node {self.node.nid:#x} is of another kind")
        left = most * (key + value)
        for leaf in self._leaves(root, levels, key, key + value, set()) if root else ():
            left -= len(leaf)
            if left < 0:
                raise Damage(f"the tree {hid:#x} of node {self.node.nid:#x} has more than {most} entries")
            yield leaf

    def _leaves(self, hid: int, level: int, key: int, entry: int, seen: set[int]) -> Iterator[bytes]:
        if hid in seen:
            raise Damage(f"{hid:#x} hangs in a tree of node {self.node.nid:#x} twice")
        seen.add(hid)
        data = self.value(hid)
        if not level:
            if len(data) % entry:
                raise Damage(f"entries at {hid:#x} of node {self.node.nid:#x} are cut short")
            yield data
        elif len(data) % (key + 4):
            raise Damage(f"branches at {hid:#x} of node {self.node.nid:#x} are cut short")
        else:
            for (child,) in iter_unpack(f"<{key}xI", data):
                yield from self._leaves(child, level - 1, key, entry, seen)

    def _map(self, number: int) -> tuple[bytes, tuple[int, ...]]:
        """A block, and where its values begin; behind them where the last ends."""
        if number >= len(self._pieces):
            raise Damage(f"the heap of node {self.node.nid:#x} has no block {number}")
        data = self.blocks.block(self._pieces[number])
        (place,) = unpack_from("<H", data)
        (count,) = unpack_from("<H", data, place)
        if len(self._maps) >= _KEPT:
            self._maps.clear()
        self._maps[number] = found = data, unpack_from(f"<{count + 1}H", data, place + 4)
        return found
