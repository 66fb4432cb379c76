"""The middle of a file: heaps, and properties and tables on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import pack

from tests.files.pst.blocks import FileWriter, Form

Made = bool | int | float | str | bytes | tuple[int, ...] | tuple[str, ...] | tuple[bytes, ...]
"""A value of a property."""
Properties = Mapping[int, Made]
"""By tag: id in the upper 16 bits, type in the lower ones."""

_LARGEST = 3580
"""Octets of what lies in a heap; all else lies below the node."""
_FIXED = {
    0x0002: "<h",
    0x0003: "<i",
    0x0004: "<f",
    0x0005: "<d",
    0x000B: "<?",
    0x0014: "<q",
    0x0040: "<Q",
    0x0006: "<q",
}
_SIZES = {0x0002: 2, 0x000B: 1, 0x0005: 8, 0x0014: 8, 0x0040: 8, 0x0006: 8}


class HeapWriter:
    """A heap that is being written, with what lies below its node."""

    def __init__(self, file: FileWriter, codepage: str = "cp1252") -> None:
        self.file = file
        self.codepage = codepage
        self.below: list[tuple[int, int, int]] = []
        """Subnodes: NID, BID of the data, BID of the subnodes."""
        self._blocks: list[list[bytes]] = [[]]
        self._next = 0x1000

    def put(self, data: bytes) -> int:
        """A value in the heap; its HID."""
        if not data:
            return 0
        assert len(data) <= _LARGEST
        values = self._blocks[-1]
        if self._room(len(self._blocks) - 1) < len(data):
            values = []
            self._blocks.append(values)
        values.append(data)
        shift = 19 if self.file.form is Form.LARGE else 16
        return len(self._blocks) - 1 << shift | len(values) << 5

    def put_any(self, data: bytes) -> int:
        """A value in the heap or below the node."""
        if len(data) <= _LARGEST:
            return self.put(data)
        return self.put_below(self.file.value(data))

    def put_below(self, data: int, subnodes: int = 0, kind: int = 0x1F) -> int:
        """A subnode; its NID."""
        self._next += 1
        nid = self._next << 5 | kind
        self.below.append((nid, data, subnodes))
        return nid

    def tree(self, entries: list[tuple[bytes, bytes]], key: int, value: int) -> int:
        """A B-tree on the heap; its HID."""
        entries = sorted(entries, key=lambda entry: entry[0][::-1])
        levels, root = 0, 0
        if entries:
            pieces = [(first, self.put(data)) for first, data in _pieces(entries, key + value)]
            while len(pieces) > 1:
                levels += 1
                above = [(first, pack("<I", hid)) for first, hid in pieces]
                pieces = [(first, self.put(data)) for first, data in _pieces(above, key + 4)]
            root = pieces[0][1]
        return self.put(pack("<BBBBI", 0xB5, key, value, levels, root))

    def end(self, client: int, root: int) -> tuple[int, int]:
        """Write it; BID of the data, BID of the subnodes."""
        written = []
        for number, values in enumerate(self._blocks):
            body = b"".join(values)
            head = _head_size(number)
            starts = [head]
            for value in values:
                starts.append(starts[-1] + len(value))
            place = starts[-1] + starts[-1] % 2
            block = pack("<H", place) + (pack("<BBII", 0xEC, client, root, 0) if not number else bytes(head - 2))
            block += body + bytes(starts[-1] % 2) + pack(f"<HH{len(starts)}H", len(values), 0, *starts)
            written.append(block if number == len(self._blocks) - 1 else block.ljust(self.file.most, b"\0"))
        return self.file.value(b"".join(written)), self.file.subnodes(self.below)

    def octets(self, kind: int, value: Made) -> bytes:
        """A value as it is stored."""
        if kind in _FIXED:
            return pack(_FIXED[kind], value)
        if kind == 0x1F:
            return str(value).encode("utf-16-le", "surrogatepass")
        if kind == 0x1E:
            return str(value).encode(self.codepage)
        if kind & 0x1000:
            assert isinstance(value, tuple)
            return self._several(kind & ~0x1000, value)
        assert isinstance(value, bytes)
        return value

    def _several(self, kind: int, values: Sequence[Made]) -> bytes:
        packed = [self.octets(kind, value) for value in values]
        if kind in _FIXED:
            return b"".join(packed)
        start = 4 + 4 * len(packed)
        starts = [start + sum(map(len, packed[:number])) for number in range(len(packed))]
        return pack(f"<I{len(packed)}I", len(packed), *starts) + b"".join(packed)

    def _room(self, number: int) -> int:
        """Octets that go into a block still."""
        values = self._blocks[number]
        return self.file.most - _head_size(number) - sum(map(len, values)) - 1 - 4 - 2 * (len(values) + 2)


def context(heap: HeapWriter, properties: Properties) -> tuple[int, int]:
    """A property context; BID of the data, BID of the subnodes."""
    entries = []
    for tag, value in properties.items():
        key, kind = tag >> 16, type_in(heap.file, tag & 0xFFFF)
        data = heap.octets(kind, value)
        inline = kind in _FIXED and len(data) <= 4
        place = int.from_bytes(data, "little") if inline else heap.put_any(data)
        entries.append((pack("<H", key), pack("<HI", kind, place)))
    return heap.end(0xBC, heap.tree(entries, 2, 6))


def table(heap: HeapWriter, tags: Sequence[int], rows: Sequence[tuple[int, Properties]]) -> tuple[int, int]:
    """A table context with these columns, and rows by their ids; BID of the data, BID of the subnodes."""
    ordered = sorted({0x67F20003, 0x67F30003, *tags}, key=lambda tag: (-min(_size(tag), 4), tag))
    ordered.sort(key=lambda tag: tag >> 16 not in (0x67F2, 0x67F3))
    places, offset, ends = {}, 0, []
    for sizes in ((4, 8), (2,), (1,)):
        for tag in ordered:
            if _size(tag) in sizes:
                places[tag] = offset
                offset += _size(tag)
        ends.append(offset)
    bits = {tag: number for number, tag in enumerate(ordered)}
    size = offset + (len(ordered) + 7) // 8
    packed = [_row(heap, places, bits, (offset, size), row, number) for number, row in enumerate(rows)]
    if size * len(packed) <= _LARGEST:
        where = heap.put(b"".join(packed))
    else:
        each = heap.file.most // size
        blocks = [b"".join(packed[start : start + each]) for start in range(0, len(packed), each)]
        filled = [block.ljust(heap.file.most, b"\0") for block in blocks[:-1]]
        where = heap.put_below(heap.file.value(b"".join([*filled, blocks[-1]])))
    width = 2 if heap.file.ansi else 4
    index = heap.tree(
        [(pack("<I", row[0]), place.to_bytes(width, "little")) for place, row in enumerate(rows)], 4, width
    )
    head = pack("<BBHHHHIII", 0x7C, len(ordered), *ends, size, index, where, 0)
    for tag in sorted(ordered):
        kind = type_in(heap.file, tag & 0xFFFF)
        head += pack("<HHHBB", kind, tag >> 16, places[tag], _size(tag), bits[tag])
    return heap.end(0x7C, heap.put(head))


def type_in(file: FileWriter, kind: int) -> int:
    """ANSI files have 8-bit strings."""
    return kind & ~1 if file.ansi and kind & ~0x1000 == 0x1F else kind


def _row(
    heap: HeapWriter,
    places: Mapping[int, int],
    bits: Mapping[int, int],
    ends: tuple[int, int],
    row: tuple[int, Properties],
    number: int,
) -> bytes:
    bitmap, size = ends
    octets = bytearray(size)
    values: dict[int, Made] = {**row[1], 0x67F20003: row[0], 0x67F30003: number + 1}
    for tag, value in values.items():
        if tag not in places:
            continue
        kind = type_in(heap.file, tag & 0xFFFF)
        data = heap.octets(kind, value)
        if kind not in _FIXED:
            data = pack("<I", heap.put_any(data))
        octets[places[tag] : places[tag] + len(data)] = data
        octets[bitmap + bits[tag] // 8] |= 0x80 >> bits[tag] % 8
    return bytes(octets)


def _size(tag: int) -> int:
    return _SIZES.get(tag & 0xFFFF, 4)


def _head_size(number: int) -> int:
    """Of a block of a heap: the first, those with a bitmap, all others."""
    if not number:
        return 12
    return 2 + 64 if number % 128 == 8 else 2


def _pieces(entries: list[tuple[bytes, bytes]], size: int) -> list[tuple[bytes, bytes]]:
    """Entries put together, each piece with its first key."""
    each = _LARGEST // size
    cut = [entries[start : start + each] for start in range(0, len(entries), each)]
    return [(some[0][0], b"".join(key + value for key, value in some)) for some in cut]
