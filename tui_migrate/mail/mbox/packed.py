"""What lies in ZIP and tar files. Nothing is unpacked, and nothing that they say of themselves is trusted."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar, cast

from tui_migrate.errors import FileDamaged, PathRefused
from tui_migrate.mail.mbox.cache import SharedCache
from tui_migrate.mail.mbox.inflated import GZIP, RAW, Inflated, States, measure
from tui_migrate.mail.mbox.octets import Octets, OpenFile, Part, State

T = TypeVar("T")

NAMED = (".mbox", ".mbx")
"""How mbox files are called that are called anything."""
MOST_ENTRIES = 200_000
_MOST_AT_ONCE = 1 << 28
_RATIO, _WORTH_A_DOUBT = 250, 1 << 26
"""Text is packed to a tenth; what is this large and claims to be packed to less than a 250th is made to do harm."""
_ENCRYPTED, _UTF8 = 0x1, 0x800
_LOCAL = struct.Struct("<4s22xHH")
"""Header in front of an entry's octets: signature, lengths of name and extra field."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a packed file, of which not even its name says that it is no mail."""

    parts: tuple[str, ...]
    """Its path in there."""
    open: Callable[[Octets], Octets]
    """Given the packed file, which is closed with it."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """What has been found in a packed file, as it was."""

    state: State
    entries: tuple[Entry, ...]


_CACHE: SharedCache[_Inside] = SharedCache(lambda inside: 1 + len(inside.entries), MOST_ENTRIES)


def is_packed(name: str) -> bool:
    """By its name. Other compressed files than mbox files are left alone."""
    return name.lower().endswith((".zip", ".tgz", ".tar.gz", ".tar", ".mbox.gz", ".mbx.gz"))


def entries(path: Path, *, linked: bool = False) -> tuple[Entry, ...]:
    """What lies in a packed file. Raises FilesMissing, FileDamaged, FileChanged, PathRefused."""
    file = OpenFile(path, linked=linked)
    try:
        inside = _CACHE.get((path, file.state), lambda: _Inside(file.state, tuple(_entries(file, path.name.lower()))))
        file.check()
        return inside.entries
    finally:
        file.close()


def _entries(file: OpenFile, name: str) -> Iterator[Entry]:
    if name.endswith(".zip"):
        yield from _zip_entries(file)
    elif name.endswith(".tar"):
        yield from _tar_entries(file, lambda octets: octets)
    else:
        states = States(GZIP)
        size = measure(file, states, max(_WORTH_A_DOUBT, file.size * _RATIO))

        def inflate(octets: Octets) -> Octets:
            return Inflated(octets, states, size)

        if name.endswith((".tgz", ".tar.gz")):
            yield from _tar_entries(file, inflate)
        else:
            yield Entry((file.path.name[: -len(".gz")],), inflate)


def _zip_entries(file: OpenFile) -> Iterator[Entry]:
    try:
        with zipfile.ZipFile(_seekable(file)) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, struct.error) as error:
        raise FileDamaged(f"{file.path} is no ZIP file that can be read.", server_words=str(error)) from None
    for each in _bounded(file, found):
        name = each.filename
        if not _may_be_mail(name):
            continue
        parts = _parts(file, name if each.flag_bits & _UTF8 else _not_cp437(name))
        if each.flag_bits & _ENCRYPTED:
            raise FileDamaged(f"{name} in {file.path} is encrypted.")
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileDamaged(f"{name} in {file.path} is packed in a way that is not known.")
        if each.file_size > _WORTH_A_DOUBT and each.file_size > each.compress_size * _RATIO:
            raise FileDamaged(f"{name} in {file.path} claims to hold more than mail of its size can.")
        yield Entry(
            parts, _ZipEntry(each.header_offset, each.compress_size, each.file_size, each.compress_type, each.CRC)
        )


class _ZipEntry:
    """Opens an entry of a ZIP file."""

    def __init__(self, header: int, packed: int, size: int, method: int, crc: int) -> None:
        self._header, self._packed, self._size = header, packed, size
        self._states = States(RAW, crc) if method == zipfile.ZIP_DEFLATED else None

    def __call__(self, octets: Octets) -> Octets:
        local = octets.read(self._header, _LOCAL.size)
        if len(local) < _LOCAL.size or not local.startswith(b"PK\3\4"):
            raise FileDamaged("A ZIP file has no entry where it says.")
        _, name, extra = _LOCAL.unpack(local)
        start = self._header + _LOCAL.size + name + extra
        if start + self._packed > octets.size or (self._states is None and self._size != self._packed):
            raise FileDamaged("An entry of a ZIP file does not lie in it.")
        inside = Part(octets, start, self._packed)
        return inside if self._states is None else Inflated(inside, self._states, self._size)


def _tar_entries(file: OpenFile, opened: Callable[[Octets], Octets]) -> Iterator[Entry]:
    octets = opened(file)
    try:
        with tarfile.open(fileobj=_seekable(octets), mode="r:") as archive:
            found = [each for each in _bounded(file, archive) if each.isreg() and _may_be_mail(each.name)]
    except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError) as error:
        raise FileDamaged(f"{file.path} is no tar file that can be read.", server_words=str(error)) from None
    for each in found:
        if each.issparse() or each.size < 0 or each.offset_data + each.size > octets.size:
            raise FileDamaged(f"{each.name} in {file.path} does not lie in it.")
        yield Entry(_parts(file, each.name), _TarEntry(opened, each.offset_data, each.size))


@dataclass(frozen=True, slots=True)
class _TarEntry:
    """Opens an entry of a tar file."""

    opened: Callable[[Octets], Octets]
    start: int
    size: int

    def __call__(self, octets: Octets) -> Octets:
        return Part(self.opened(octets), self.start, self.size)


def _bounded(file: OpenFile, found: Iterable[T]) -> Iterator[T]:
    for number, each in enumerate(found):
        if number == MOST_ENTRIES:
            raise FileDamaged(f"{file.path} holds more than {MOST_ENTRIES} files.")
        yield each


def _may_be_mail(name: str) -> bool:
    last = name.replace("\\", "/").rpartition("/")[2]
    return bool(last) and (last.lower().endswith(NAMED) or "." not in last)


def _not_cp437(name: str) -> str:
    """Names without a word on their encoding are CP437 by the book, and UTF-8 as most programs write them."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _parts(file: OpenFile, name: str) -> tuple[str, ...]:
    if "/" not in name:
        name = name.replace("\\", "/")
    parts = tuple(each for each in name.split("/") if each not in ("", "."))
    if name.startswith("/") or ".." in parts or not parts or "\0" in name:
        raise PathRefused(f"An entry of {file.path} would lie elsewhere.", server_words=name)
    return parts


class _Seekable(io.RawIOBase):
    """Octets as a file."""

    def __init__(self, octets: Octets) -> None:
        self._octets = octets
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = (0, self._at, self._octets.size)[whence]
        if start + offset < 0:
            raise ValueError("before the start")
        self._at = start + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._octets.size if size is None or size < 0 else size
        if wanted > _MOST_AT_ONCE:
            raise ValueError("it says that it has more entries than fit into memory")
        data = self._octets.read(self._at, wanted)
        self._at += len(data)
        return data


def _seekable(octets: Octets) -> IO[bytes]:
    return cast(IO[bytes], _Seekable(octets))
