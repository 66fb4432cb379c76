"""The members of a tar archive (POSIX.1-2001 `pax`, and GNU's long names), one after the other from front to back."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from tui_migrate.errors import FileDamaged
from tui_migrate.mail.packed.bounds import grows_too_much

_BLOCK = 512
_PIECE = 1 << 18
_LONGEST = 1 << 20
"""Octets of a header's extension."""
_FILES = b"0\x007"
_OCTAL = re.compile(rb"[0-7]*")
_PAX = re.compile(rb"(\d{1,7}) ([^=\n]+)=", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Member:
    """What a header tells."""

    name: bytes
    kind: str
    """`file`, `folder`, `link`, `sparse` (a file of which not all lies there) or `other`."""
    size: int
    mtime: int
    offset: int
    """Of its content, unpacked."""


class Octets:
    """Those of an archive, unpacked; read once."""

    def __init__(self, file: IO[bytes], size: int, *, packed: bool, whole: bool = False) -> None:
        """`size`: of the file. `packed`: with gzip. `whole`: it is known that nothing of it was cut off."""
        self._whole = packed or whole
        file.seek(0)
        self._plain = gzip.GzipFile(fileobj=file) if packed else file
        self._packed = packed
        self._size = size
        self.position = 0

    def read(self, most: int) -> bytes:
        """Fewer at the end alone. Raises FileDamaged."""
        found = b""
        try:
            while len(found) < most and (piece := self._plain.read(most - len(found))):
                found += piece
        except EOFError:
            raise damaged("it is cut short") from None
        except (OSError, zlib.error) as error:
            raise damaged(str(error)) from error
        self.position += len(found)
        if self._packed and grows_too_much(self._size, self.position):
            raise damaged("it would unpack to more than can be")
        return found

    def exactly(self, size: int) -> bytes:
        """Raises FileDamaged."""
        found = self.read(size)
        if len(found) < size:
            raise damaged("it is cut short")
        return found

    def pieces(self, size: int) -> Iterator[bytes]:
        """So many, in pieces."""
        while size > 0:
            piece = self.exactly(min(size, _PIECE))
            size -= len(piece)
            yield piece

    def skip_to(self, position: int) -> None:
        """Leave out what stands before. Raises FileDamaged."""
        if self._packed:
            for _ in self.pieces(position - self.position):
                pass
        elif position > self._size:
            raise damaged("it is cut short")
        elif position != self.position:
            self._plain.seek(position)
            self.position = position

    def finish(self) -> None:
        """Read what is left, since the checksum of what is packed stands behind it. Raises FileDamaged."""
        while self._packed and self.read(_PIECE):
            pass

    @property
    def may_end(self) -> bool:
        """True where all octets are known to be there: gzip counts them. Else the archive has to say that it ends."""
        return self._whole


def members(octets: Octets) -> Iterator[Member]:
    """Up to the end. The content of each may be read before the next one is asked for. Raises FileDamaged."""
    told: dict[bytes, bytes] = {}
    while True:
        start = octets.position
        block = octets.read(_BLOCK)
        if not block and octets.may_end and start:
            return
        if len(block) < _BLOCK:
            raise damaged("it is cut short" if start else "it is no tar archive")
        if not block.strip(b"\0"):
            octets.finish()
            return
        kind, size = block[156:157], _number(block[124:136])
        if size is None or not _is_header(block):
            raise damaged(f"no header at {start}")
        if kind in b"xgLK":
            if size > _LONGEST:
                raise damaged(f"a header of {size} octets")
            content = octets.exactly(_padded(size))[:size]
            if kind == b"x":
                told |= _extension(content)
            elif kind == b"L":
                told[b"path"] = content.rstrip(b"\0")
            continue
        member = _member(block, told, octets.position)
        yield member
        octets.skip_to(member.offset + _padded(member.size))
        told = {}


def damaged(words: str) -> FileDamaged:
    """What to raise of an archive that has to be read from front to back."""
    words += "; what can be unpacked of it may be given as a folder"
    return FileDamaged("The tar archive cannot be read to its end.", server_words=words)


def _member(block: bytes, told: dict[bytes, bytes], offset: int) -> Member:
    name = _until_zero(block[:100])
    if block[257:263] == b"ustar\0" and (prefix := _until_zero(block[345:500])):
        name = prefix + b"/" + name
    name = told.get(b"path", name)
    size = told.get(b"size", b"")
    octets = int(size) if size.isdigit() and len(size) < 20 else _number(block[124:136])
    kind = block[156:157]
    if b"GNU.sparse.major" in told or kind == b"S":
        return Member(name, "sparse", octets or 0, 0, offset)
    if kind in _FILES:
        if name.endswith(b"/"):  # as archives from before 1988 have folders
            return Member(name, "folder", octets or 0, 0, offset)
        return Member(name, "file", octets or 0, _number(block[136:148]) or 0, offset)
    if kind in b"123456":
        return Member(name, {b"1": "link", b"2": "link", b"5": "folder"}.get(kind, "other"), 0, 0, offset)
    return Member(name, "other", octets or 0, 0, offset)


def _is_header(block: bytes) -> bool:
    """As its checksum says."""
    return _number(block[148:156]) == sum(block[:148]) + 8 * 32 + sum(block[156:])


def _number(field: bytes) -> int | None:
    """In octal, or in 256s where it would be too long (GNU)."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b"\0 ")
    return int(digits or b"0", 8) if _OCTAL.fullmatch(digits) else None


def _extension(content: bytes) -> dict[bytes, bytes]:
    """Records of length, key and value. What is none ends them."""
    found, at = {}, 0
    while record := _PAX.match(content, at):
        end = at + int(record[1])
        if end <= record.end() or end > len(content):
            break
        found[record[2]] = content[record.end() : end - 1]
        at = end
    return found


def _until_zero(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
