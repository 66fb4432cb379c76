"""Writing compound files (MS-CFB), version 3: what is embedded in a message as a storage is a file of its own so."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_SECTOR, _MINI_SECTOR, _CUTOFF = 512, 64, 4096
_NUMBERS = _SECTOR // 4
"""Sector numbers in a sector."""
_IN_HEADER = 109
_FREE, _END, _FAT_SECTOR, _DIFAT_SECTOR, _NOTHING = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_BLACK = 1
_ENTRY = struct.Struct("<64sHBBIII16sI8s8sIQ")


@dataclass(frozen=True, slots=True)
class StreamOf:
    """A stream, and where its octets come from."""

    name: str
    size: int
    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class StorageOf:
    """A storage, and what is in it."""

    name: str
    entries: Sequence[StorageOf | StreamOf]
    class_id: bytes = bytes(16)


@dataclass(slots=True)
class _Entry:
    """In the directory."""

    of: StorageOf | StreamOf
    left: int = _NOTHING
    right: int = _NOTHING
    child: int = _NOTHING
    start: int = _END


@dataclass(slots=True)
class _Plan:
    """Which sectors hold what: tables, directory, small streams, large ones."""

    entries: list[_Entry] = field(default_factory=list)
    table: list[int] = field(default_factory=list)
    mini_table: list[int] = field(default_factory=list)


def compound_file(root: StorageOf) -> Iterator[bytes]:
    """The octets of a compound file with what is in `root`, in pieces."""
    plan = _Plan([_Entry(root)])
    _enter(plan.entries, 0, root.entries)
    streams = [(entry, entry.of) for entry in plan.entries if isinstance(entry.of, StreamOf)]
    small = [(entry, of) for entry, of in streams if 0 < of.size < _CUTOFF]
    large = [(entry, of) for entry, of in streams if of.size >= _CUTOFF]
    for entry, of in small:
        entry.start = _chain(plan.mini_table, -(-of.size // _MINI_SECTOR))
    mini_octets = len(plan.mini_table) * _MINI_SECTOR
    fixed = [
        _sectors(len(plan.entries) * _ENTRY.size),
        _sectors(len(plan.mini_table) * 4),
        _sectors(mini_octets),
        *(_sectors(of.size) for _, of in large),
    ]
    tables, more = _table_sectors(sum(fixed))
    plan.table = [_FAT_SECTOR] * tables + [_DIFAT_SECTOR] * more
    directory, mini_table, mini, *starts = [_chain(plan.table, count) for count in fixed]
    for (entry, _), start in zip(large, starts, strict=True):
        entry.start = start
    plan.entries[0].start = mini
    yield _header(tables, more, directory, mini_table, fixed[1])
    yield _numbers(plan.table)
    yield from _further_tables(tables, more)
    root_entry, *others = plan.entries
    directory_octets = [_written(root_entry, _ROOT, mini_octets), *map(_written, others)]
    yield _padded(b"".join(directory_octets), _SECTOR)
    yield _numbers(plan.mini_table)
    yield _padded(b"".join(_padded(b"".join(of.pieces()), _MINI_SECTOR) for _, of in small), _SECTOR)
    for _, of in large:
        yield from of.pieces()
        yield bytes(-of.size % _SECTOR)


def _enter(entries: list[_Entry], parent: int, below: Sequence[StorageOf | StreamOf]) -> None:
    """Entries of a storage as a balanced tree, in the order of section 2.6.4."""
    first = len(entries)
    entries += [_Entry(of) for of in sorted(below, key=lambda of: (len(of.name), of.name.upper()))]

    def middle(start: int, end: int) -> int:
        if start >= end:
            return _NOTHING
        at = (start + end) // 2
        entries[at].left, entries[at].right = middle(start, at), middle(at + 1, end)
        return at

    end = len(entries)
    entries[parent].child = middle(first, end)
    for at in range(first, end):
        of = entries[at].of
        if isinstance(of, StorageOf):
            _enter(entries, at, of.entries)


def _sectors(octets: int) -> int:
    return -(-octets // _SECTOR)


def _chain(table: list[int], count: int) -> int:
    """As many sectors at the table's end; the number of the first."""
    if not count:
        return _END
    start = len(table)
    table += [*range(start + 1, start + count), _END]
    return start


def _table_sectors(others: int) -> tuple[int, int]:
    """How many sectors the table of sectors has, and the table of those beyond what the header holds."""
    tables = more = 0
    while tables * _NUMBERS < others + tables + more:
        tables += 1
        more = -(-max(0, tables - _IN_HEADER) // (_NUMBERS - 1))
    return tables, more


def _header(tables: int, more: int, directory: int, mini_table: int, mini_tables: int) -> bytes:
    start = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        bytes.fromhex("D0CF11E0A1B11AE1"), bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, tables, directory, 0, _CUTOFF,
        mini_table, mini_tables, tables if more else _END, more,
    )  # fmt: skip
    return start + _numbers(list(range(min(tables, _IN_HEADER))), _IN_HEADER)


def _further_tables(tables: int, more: int) -> Iterator[bytes]:
    numbers = range(_IN_HEADER, tables)
    for at in range(more):
        part = list(numbers[at * (_NUMBERS - 1) : (at + 1) * (_NUMBERS - 1)])
        part += [_FREE] * (_NUMBERS - 1 - len(part))
        yield _numbers([*part, tables + at + 1 if at + 1 < more else _END])


def _numbers(numbers: list[int], multiple: int = _NUMBERS) -> bytes:
    filled = [*numbers, *[_FREE] * (-len(numbers) % multiple)]
    return struct.pack(f"<{len(filled)}I", *filled)


def _padded(octets: bytes, multiple: int) -> bytes:
    return octets + bytes(-len(octets) % multiple)


def _written(entry: _Entry, kind: int = 0, size: int = 0) -> bytes:
    of = entry.of
    name = of.name.encode("utf-16-le")[:62]
    class_id = bytes(16)
    if isinstance(of, StreamOf):
        kind, size = _STREAM, of.size
    else:
        kind, class_id = kind or _STORAGE, of.class_id
    return _ENTRY.pack(
        name, len(name) + 2, kind, _BLACK, entry.left, entry.right, entry.child, class_id, 0, bytes(8), bytes(8),
        entry.start, size,
    )  # fmt: skip
