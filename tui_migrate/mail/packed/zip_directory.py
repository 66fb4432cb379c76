"""The directory of a ZIP archive (PKWARE's APPNOTE, sections 4.3 to 4.5), read entry by entry: that of a whole domain
has a million, which are not all held because one mailbox is wanted."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from stat import S_ISLNK
from typing import IO

from tui_migrate.errors import FileDamaged

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
OWN = 30
"""Octets of an entry's own header, without its name and extra fields."""
STORED, DEFLATED = 0, 8
_LOCATOR = 20
"""Octets of what stands between the two ends."""
_HEADER = struct.Struct("<4s6H3L5H2L")
_LONGEST_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF
"""Stands for a number that is told in a field of 64 bits (section 4.5.3)."""
_UTF_8 = 1 << 11
_MADE_ON_UNIX = 3
_MADE_ON_DOS = (0, 10, 11)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory tells of a file or folder."""

    name: bytes
    """In UTF-8 where its encoding is known or can be guessed; a folder's ends with `/`."""
    encrypted: bool
    is_link: bool
    method: int
    checksum: int
    packed: int
    """Octets in the archive."""
    size: int
    """Octets when unpacked."""
    offset: int
    """Of its own header."""


def start_of(header: bytes, offset: int) -> int | None:
    """Where an entry's octets begin, by its own header (section 4.3.7), which begins at `offset` with these `OWN`
    octets; None: it is none."""
    if len(header) < OWN or not header.startswith(b"PK\x03\x04"):
        return None
    return offset + OWN + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")


def entries(file: IO[bytes]) -> Iterator[Entry]:
    """All of them, in their order. Raises FileDamaged, OSError."""
    start, length, count, before = _directory(file)
    file.seek(start)
    found = 0
    while length > 0:
        head = _exactly(file, _HEADER.size)
        numbers = _HEADER.unpack(head)
        if numbers[0] != b"PK\x01\x02":
            raise _damaged(f"entry {found + 1} of {count} is none")
        sizes = numbers[10:13]
        name, extra, _ = (_exactly(file, size) for size in sizes)
        length -= _HEADER.size + sum(sizes)
        found += 1
        yield _entry(numbers, name, extra, start, before)
    if (found - count) % 0x10000:  # writers that know no 64 bits let the number run over
        raise _damaged(f"{found} entries, where {count} are told")


def _directory(file: IO[bytes]) -> tuple[int, int, int, int]:
    """Where it begins, its octets and its entries, and how much stands before the archive."""
    size = file.seek(0, 2)
    at = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(at)
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END.size:
        raise _damaged("it has no end: cut short, or a part of a split archive")
    _, disk, first_disk, _, count, length, offset, _ = _END.unpack_from(tail, end)
    end += at
    if end >= _END_64.size + _LOCATOR:
        file.seek(end - _END_64.size - _LOCATOR)
        wide = _exactly(file, _END_64.size + _LOCATOR)
        if wide.startswith(b"PK\x06\x06") and wide[_END_64.size :].startswith(b"PK\x06\x07"):
            _, _, _, _, disk, first_disk, _, count, length, offset = _END_64.unpack_from(wide)
            end -= len(wide)
    if disk or first_disk:
        raise _damaged("it is a part of a split archive")
    start = end - length
    if start < 0 or offset > start:
        raise _damaged("its directory would begin before it")
    return start, length, count, start - offset


def _entry(numbers: tuple[int, ...], name: bytes, extra: bytes, start: int, before: int) -> Entry:
    _, made_by, _, flags, method, _, _, checksum, packed, size, _, _, _, _, _, attributes, offset = numbers
    fields = _fields(extra)
    if _IN_EXTRA in (size, packed, offset):
        wide = fields.get(1, b"")
        told = [each for (each,) in struct.iter_unpack("<Q", wide[: len(wide) // 8 * 8])]
        try:
            size = told.pop(0) if size == _IN_EXTRA else size
            packed = told.pop(0) if packed == _IN_EXTRA else packed
            offset = told.pop(0) if offset == _IN_EXTRA else offset
        except IndexError:
            raise _damaged("a size of 64 bits is missing") from None
    offset += before
    if offset >= start:
        raise _damaged("an entry would lie behind it")
    system = made_by >> 8
    name = _decoded(name, flags, fields)
    if system in _MADE_ON_DOS and b"/" not in name:
        name = name.replace(b"\\", b"/")
    is_link = system == _MADE_ON_UNIX and S_ISLNK(attributes >> 16)
    return Entry(name, bool(flags & 1), is_link, method, checksum, packed, size, offset)


def _decoded(name: bytes, flags: int, fields: dict[int, bytes]) -> bytes:
    """In UTF-8: as the flag or a field of its own says (section 4.6.9), or if it is so; else from code page 437."""
    told = fields.get(0x7075, b"")
    if told[:1] == b"\x01" and told[1:5] == struct.pack("<L", zlib.crc32(name)):
        return told[5:]
    if flags & _UTF_8 or name.isascii() or _is_utf_8(name):
        return name
    return name.decode("cp437").encode()


def _is_utf_8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fields(extra: bytes) -> dict[int, bytes]:
    found = {}
    at = 0
    while at + 4 <= len(extra):
        key, size = struct.unpack_from("<2H", extra, at)
        found[key] = extra[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _exactly(file: IO[bytes], size: int) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise _damaged("it is cut short")
    return found


def _damaged(words: str) -> FileDamaged:
    return FileDamaged("The directory of the ZIP archive cannot be read.", server_words=words)
