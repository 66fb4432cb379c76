"""The lower half of a file: blocks, lists of blocks and of subnodes, the two B-trees, the header."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from struct import pack

from tui_migrate.mail.pst.encoding import cycled, permuted

_FIRST_BLOCK = 0x4600
_ALL = bytes(range(256))
_INTO_PERMUTED = bytes.maketrans(permuted(_ALL, 0), _ALL)


class Form(StrEnum):
    """Which of the three."""

    ANSI = "ansi"
    UNICODE = "unicode"
    LARGE = "4k"


class Encoding(StrEnum):
    """Of data blocks."""

    NONE = "none"
    PERMUTE = "permute"
    CYCLIC = "cyclic"


@dataclass(frozen=True, repr=False)
class MadeFile:
    """A file that was written, and where in it things lie."""

    octets: bytes
    form: Form
    blocks: Mapping[int, tuple[int, int, int]]
    nodes: Mapping[int, tuple[int, int, int]]
    pages: Sequence[int]
    """Offsets; those of the node tree come first, and the root of each tree is its last."""

    def place(self, nid: int) -> int:
        """Offset of the first block that holds a node's data."""
        return self.blocks[self.nodes[nid][0]][0]

    def sealed(self, changed: bytes) -> bytes:
        """Octets that were changed in their pages and blocks, with checksums that are right again: so that what checks
        nothing else is not protected by them."""
        octets = bytearray(changed)
        large, ansi = self.form is Form.LARGE, self.form is Form.ANSI
        for offset in self.pages:
            end = offset + (4072 if large else 500 if ansi else 496)
            _put(octets, end + (8 if ansi else 4), _checksum(bytes(octets[offset:end])))
        for offset, length, _ in self.blocks.values():
            align, end = (512, 24) if large else (64, 12 if ansi else 16)
            tail = offset + length + end + -(length + end) % align - end
            _put(octets, tail + (8 if ansi else 4), _checksum(bytes(octets[offset : offset + length])))
        return bytes(octets)


def _put(octets: bytearray, place: int, number: int) -> None:
    """A number, where there is room for it still."""
    if place + 4 <= len(octets):
        octets[place : place + 4] = pack("<I", number)


@dataclass
class FileWriter:
    """A file that is being written, in memory."""

    form: Form = Form.UNICODE
    encoding: Encoding = Encoding.PERMUTE
    deflated: bool = False
    """Blocks of a 4K file are zlib streams."""
    data: bytearray = field(default_factory=lambda: bytearray(_FIRST_BLOCK))
    blocks: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """BID: offset, length, length when inflated."""
    nodes: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """NID: BID of its data, BID of its subnodes, NID of its parent."""
    pages: list[int] = field(default_factory=list)
    """Offsets."""
    next_bid: int = 4
    next_page: int = 1

    @property
    def ansi(self) -> bool:
        return self.form is Form.ANSI

    @property
    def word(self) -> str:
        return "I" if self.ansi else "Q"

    @property
    def most(self) -> int:
        """Octets of data in a block."""
        return {Form.ANSI: 8192 - 12, Form.UNICODE: 8192 - 16, Form.LARGE: 65536 - 24}[self.form]

    def block(self, data: bytes, internal: bool = False) -> int:
        """A block; its BID."""
        assert 0 < len(data) <= self.most
        bid = self.next_bid | (2 if internal else 0)
        self.next_bid += 4
        stored = data
        if not internal and self.encoding is Encoding.PERMUTE:
            stored = data.translate(_INTO_PERMUTED)
        elif not internal and self.encoding is Encoding.CYCLIC:
            stored = cycled(data, bid)
        if self.deflated and len(deflated := zlib.compress(stored)) < len(stored):
            stored = deflated
        align, end = (512, 24) if self.form is Form.LARGE else (64, 12 if self.ansi else 16)
        self.data += bytes(-len(self.data) % align)
        offset = len(self.data)
        self.data += stored + bytes(-(len(stored) + end) % align)
        head = pack("<HH", len(stored), _signature(offset, bid))
        if self.ansi:
            self.data += head + pack("<II", bid, _checksum(stored))
        else:
            self.data += head + pack("<IQ", _checksum(stored), bid)
        if self.form is Form.LARGE:
            self.data += pack("<HHI", 2, len(data), 0)
        self.blocks[bid] = offset, len(stored), len(data)
        return bid

    def value(self, data: bytes) -> int:
        """A value of any length; its BID, 0 for none."""
        if len(data) <= self.most:
            return self.block(data) if data else 0
        bids = [self.block(data[start : start + self.most]) for start in range(0, len(data), self.most)]
        room = (self.most - 8) // (4 if self.ansi else 8)
        lists = []
        for start in range(0, len(bids), room):
            some = bids[start : start + room]
            length = min(len(data) - start * self.most, room * self.most)
            lists.append(self._list(1, some, length))
        return lists[0] if len(lists) == 1 else self._list(2, lists, len(data))

    def subnodes(self, entries: list[tuple[int, int, int]]) -> int:
        """A list of NID, BID of the data, BID of the subnodes; its BID, 0 for none."""
        if not entries:
            return 0
        entries = sorted(entries)
        size = 12 if self.ansi else 24
        room = (self.most - 8) // size
        lists = []
        for start in range(0, len(entries), room):
            some = entries[start : start + room]
            packed = b"".join(pack(f"<3{self.word}", *entry) for entry in some)
            lists.append((some[0][0], self._sub_list(0, len(some), packed)))
        if len(lists) == 1:
            return lists[0][1]
        return self._sub_list(1, len(lists), b"".join(pack(f"<2{self.word}", *entry) for entry in lists))

    def node(self, nid: int, data: int, subnodes: int = 0, parent: int = 0) -> None:
        """A node of the node tree."""
        self.nodes[nid] = data, subnodes, parent

    def whole(self) -> MadeFile:
        """The file, with its trees and its header."""
        nodes = [
            pack("<IIII" if self.ansi else "<QQQI4x", nid, *self.nodes[nid]) for nid in sorted(self.nodes)
        ]  # fmt: skip
        node_root = self._tree(0x81, nodes)
        blocks = []
        for bid, (offset, length, inflated) in sorted(self.blocks.items()):
            if self.ansi:
                blocks.append(pack("<IIHH", bid, offset, length, 2))
            elif self.form is Form.LARGE:
                blocks.append(pack("<QQHHHH", bid, offset, length, inflated, 2, 0))
            else:
                blocks.append(pack("<QQHH4x", bid, offset, length, 2))
        block_root = self._tree(0x80, blocks)
        header = self._header(node_root, block_root)
        octets = header + bytes(self.data[len(header) :])
        return MadeFile(octets, self.form, dict(self.blocks), dict(self.nodes), tuple(self.pages))

    def _list(self, level: int, bids: list[int], length: int) -> int:
        return self.block(pack("<BBHI", 1, level, len(bids), length) + pack(f"<{len(bids)}{self.word}", *bids), True)

    def _sub_list(self, level: int, count: int, entries: bytes) -> int:
        return self.block(pack("<BBH", 2, level, count) + (b"" if self.ansi else bytes(4)) + entries, True)

    def _tree(self, kind: int, entries: list[bytes]) -> tuple[int, int]:
        """A B-tree; BID and offset of its root."""
        level = 0
        room = {Form.ANSI: 496, Form.UNICODE: 488, Form.LARGE: 4056}[self.form]
        width = 4 if self.ansi else 8
        while True:
            each = len(entries[0])
            most = room // each
            pages = []
            for start in range(0, len(entries), most):
                some = entries[start : start + most]
                bid, offset = self._page(kind, level, some, most)
                pages.append((some[0][:width], bid, offset))
            if len(pages) == 1:
                return pages[0][1], pages[0][2]
            entries = [key + pack(f"<2{self.word}", bid, offset) for key, bid, offset in pages]
            level += 1

    def _page(self, kind: int, level: int, entries: list[bytes], most: int) -> tuple[int, int]:
        size = 4096 if self.form is Form.LARGE else 512
        self.data += bytes(-len(self.data) % size)
        offset, bid = len(self.data), self.next_page
        self.next_page += 1
        self.pages.append(offset)
        body = b"".join(entries)
        count, each = len(entries), len(entries[0])
        if self.form is Form.LARGE:
            body = body.ljust(4056, b"\0") + pack("<HHBB", count, most, each, level)
            body = body.ljust(4072, b"\0")
        elif self.ansi:
            body = body.ljust(496, b"\0") + pack("<BBBB", count, most, each, level)
        else:
            body = body.ljust(488, b"\0") + pack("<BBBB4x", count, most, each, level)
        head, checksum = pack("<BBH", kind, kind, _signature(offset, bid)), _checksum(body)
        body += head + (pack("<II", bid, checksum) if self.ansi else pack("<IQ", checksum, bid))
        self.data += body.ljust(size, b"\0")
        return bid, offset

    def _header(self, node_root: tuple[int, int], block_root: tuple[int, int]) -> bytes:
        end = len(self.data)
        encoding = {Encoding.NONE: 0, Encoding.PERMUTE: 1, Encoding.CYCLIC: 2}[self.encoding]
        version = {Form.ANSI: 14, Form.UNICODE: 23, Form.LARGE: 36}[self.form]
        client = b"SO" if self.form is Form.LARGE else b"SM"
        start = client + pack("<HHBBII", version, 19, 1, 1, 0, 0)
        numbers = pack("<32I", *[0x400] * 32)
        if self.ansi:
            rest = start + pack("<III", self.next_bid, self.next_page, 1) + numbers
            rest += pack("<10I", 0, end, 0, 0, 0, *node_root, *block_root, 0)
            rest += b"\xff" * 256 + pack("<BB", 0x80, encoding)
            rest = rest.ljust(512 - 8, b"\0")
        else:
            rest = start + pack("<QQI", 0, self.next_page, 1) + numbers + bytes(8)
            rest += pack("<IQQQQQQQQI", 0, end, 0, 0, 0, *node_root, *block_root, 0) + bytes(4)
            rest += b"\xff" * 256 + pack("<BBxxQ", 0x80, encoding, self.next_bid)
            rest += pack("<I", _checksum(rest[:516]))
            rest = rest.ljust(564 - 8, b"\0")
        return b"!BDN" + pack("<I", _checksum(rest[:471])) + rest


def _checksum(data: bytes) -> int:
    """The checksum of [MS-PST] section 5.3."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _signature(offset: int, bid: int) -> int:
    """Of section 5.5."""
    mixed = offset ^ bid
    return (mixed >> 16 ^ mixed) & 0xFFFF
