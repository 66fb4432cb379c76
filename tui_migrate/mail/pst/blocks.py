"""Blocks, and values and lists of subnodes that several of them make up ([MS-PST] section 2.2.2.8)."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from struct import unpack_from
from typing import NamedTuple
from zlib import crc32

from tui_migrate.mail.pst.cache import Cache
from tui_migrate.mail.pst.damage import Damage
from tui_migrate.mail.pst.disk import Disk
from tui_migrate.mail.pst.header import Header
from tui_migrate.mail.pst.tree import BLOCKS, Tree

_DATA_LIST, _SUBNODE_LIST = 1, 2
"""Kinds of internal blocks."""
_KEPT = 8 << 20
"""Octets of blocks that are kept."""
_MOST_PIECES = 1 << 20
"""Blocks of a value: no length that a list can tell needs more."""
LARGEST_VALUE = 128 << 20
"""Octets of a value that is held in memory as a whole: a body, never an attachment."""


class Node(NamedTuple):
    """Data and what belongs to it: a folder, a message, an attachment, a table."""

    nid: int
    data: int
    """BID; 0: there is none."""
    subnodes: int
    """BID; 0: there are none."""


class Blocks:
    """What the blocks of a file hold, by BID. All of it may raise Damage."""

    def __init__(self, disk: Disk, header: Header) -> None:
        self._disk = disk
        self._decode = header.decode
        self.form = header.form
        self._block = header.form.block
        self._end = header.form.block.end.size
        self._tree = Tree(disk, header.form.page, BLOCKS, header.block_root)
        self._kept: Cache[bytes] = Cache(_KEPT)

    def block(self, bid: int) -> bytes:
        """What one block holds; it is kept for those who ask again."""
        data = self._kept.get(bid)
        if data is None:
            data = self._read(bid)
            self._kept.put(bid, data, len(data) + 200)
        return data

    def pieces_of(self, bid: int) -> Sequence[int]:
        """BIDs of the blocks that a value is made of."""
        return self._value(bid)[0]

    def stream(self, bid: int) -> Iterator[bytes]:
        """A value in the pieces in which it lies. Nothing of it is kept."""
        pieces, length = self._value(bid)
        left = length
        for piece in pieces:
            data = self._read(piece)
            left -= len(data)
            if length >= 0 > left:
                break
            yield data
        if length >= 0 and left:
            raise Damage(f"value {bid:#x} has not the {length} octets that it is to have")

    def whole(self, bid: int) -> bytes:
        """A value that is not too large for memory."""
        if not bid & 2:
            return self.block(bid) if bid > 1 else b""
        _, length = self._value(bid)
        if length > LARGEST_VALUE:
            raise Damage(f"value {bid:#x} has {length} octets")
        return b"".join(self.stream(bid))

    def subnodes(self, bid: int) -> Subnodes:
        """What hangs below a node."""
        return Subnodes(self, bid)

    def _value(self, bid: int) -> tuple[Sequence[int], int]:
        """Its blocks, and how many octets it is to have; less than zero where that is not told."""
        if bid < 2:
            return (), 0
        if not bid & 2:
            return (bid,), -1
        level, entries, length = self._list(bid)
        _only_once(bid, entries)
        if level == 1:
            return entries, length
        pieces: list[int] = []
        for each in entries:
            inner, more, _ = self._list(each)
            pieces += more
            if inner != 1 or len(pieces) > _MOST_PIECES:
                raise Damage(f"the list {each:#x} of blocks is of level {inner}, or too long")
        _only_once(bid, pieces)
        return pieces, length

    def _list(self, bid: int) -> tuple[int, Sequence[int], int]:
        data = self.block(bid)
        kind, level, count, length = unpack_from("<BBHI", data)
        if kind != _DATA_LIST or not bid & 2 or level not in (1, 2):
            raise Damage(f"block {bid:#x} lists no blocks")
        return level, unpack_from(f"<{count}{self.form.block.bid}", data, 8), length

    def _read(self, bid: int) -> bytes:
        found = self._tree.find(bid)
        if found is None:
            raise Damage(f"there is no block {bid:#x}")
        _, offset, length, inflated = found
        align = self._block.align
        room = -(-(length + self._end) // align) * align
        whole = self._disk.read(offset, room)
        told, one, other = self._block.end.unpack_from(whole, room - self._end)
        data = whole[:length]
        checksum, name = (other, one) if self.form.ansi else (one, other)
        if told != length or (name ^ bid) & ~1:
            raise Damage(f"at {offset} lies block {name:#x} and not {bid:#x}")
        if checksum != crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF:
            raise Damage(f"block {bid:#x} has another checksum")
        if self.form.deflates and inflated != length:
            data = _inflate(data, inflated, bid)
        if self._decode is not None and not bid & 2:
            data = self._decode(data, bid)
        return data


class Subnodes:
    """What hangs below a node, by NID; one list of them is in memory."""

    def __init__(self, blocks: Blocks, bid: int) -> None:
        self._blocks = blocks
        self._nids: list[int] = []
        self._lists: list[int] = []
        """Above level 0: where which list begins."""
        self._list = -1
        self._here: dict[int, Node] = {}
        if not bid:
            return
        level, entries = self._entries(bid)
        if level:
            self._nids = [entry[0] & 0xFFFFFFFF for entry in entries]
            self._lists = [entry[1] for entry in entries]
        else:
            self._take(entries)

    def find(self, nid: int) -> Node | None:
        """None: there is no such node. Raises Damage."""
        if self._nids:
            place = bisect_right(self._nids, nid) - 1
            if place < 0:
                return None
            if place != self._list:
                level, entries = self._entries(self._lists[place])
                if level:
                    raise Damage(f"the list {self._lists[place]:#x} of subnodes is of level {level}")
                self._take(entries)
                self._list = place
        return self._here.get(nid)

    def _take(self, entries: Sequence[tuple[int, ...]]) -> None:
        self._here = {nid & 0xFFFFFFFF: Node(nid & 0xFFFFFFFF, data, below) for nid, data, below in entries}

    def _entries(self, bid: int) -> tuple[int, Sequence[tuple[int, ...]]]:
        data = self._blocks.block(bid)
        kind, level, count = unpack_from("<BBH", data)
        if kind != _SUBNODE_LIST or level > 1:
            raise Damage(f"block {bid:#x} lists no subnodes")
        form = self._blocks.form.block
        entry = form.branch if level else form.leaf
        start = 4 + form.padding
        if start + count * entry.size > len(data):
            raise Damage(f"the list {bid:#x} of subnodes is cut short")
        return level, list(entry.iter_unpack(data[start : start + count * entry.size]))


def _only_once(bid: int, entries: Sequence[int]) -> None:
    """A value that named a block again and again would have no end."""
    if len({entry | 1 for entry in entries}) != len(entries):
        raise Damage(f"value {bid:#x} names a block twice")


def _inflate(data: bytes, length: int, bid: int) -> bytes:
    """At most so many octets, whatever the stream holds."""
    try:
        inflated = zlib.decompressobj().decompress(data, length + 1)
    except zlib.error as error:
        raise Damage(f"block {bid:#x} cannot be inflated: {error}") from error
    if len(inflated) != length:
        raise Damage(f"block {bid:#x} inflates to another length")
    return inflated
