"""What lies in ZIP and tar files. Nothing is unpacked, and nothing that they say of themselves is trusted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar, cast

from tui_migrate.errors import FileDamaged, PathRefused
from tui_migrate.mail.mbox.cache import SharedCache
from tui_migrate.mail.mbox.inflated import GZIP, RAW, Inflated, States, measure
from tui_migrate.mail.mbox.octets import Octets, OpenFile, Part, State
from tui_migrate.mail.packed import zip_directory
from tui_migrate.mail.packed.bounds import HARMLESS, MOST, grows_too_much, text
from tui_migrate.mail.packed.tar_members import Octets as TarOctets
from tui_migrate.mail.packed.tar_members import members
from tui_migrate.mail.packed.zip_directory import DEFLATED, OWN, STORED, start_of

T = TypeVar("T")

NAMED = (".mbox", ".mbx")
"""How mbox files are called that are called anything."""
MOST_ENTRIES = 200_000


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
        yield from _tar_entries(file, lambda octets: octets, whole=False)
    else:
        states = States(GZIP)
        size = measure(file, states, max(HARMLESS, file.size * MOST))

        def inflate(octets: Octets) -> Octets:
            return Inflated(octets, states, size)

        if name.endswith((".tgz", ".tar.gz")):
            yield from _tar_entries(file, inflate, whole=True)
        else:
            yield Entry((file.path.name[: -len(".gz")],), inflate)


def _zip_entries(file: OpenFile) -> Iterator[Entry]:
    for each in _bounded(file, zip_directory.entries(_seekable(file))):
        name = text(each.name)
        if each.is_link or not _may_be_mail(name):
            continue
        parts = _parts(file, name)
        if each.encrypted:
            raise FileDamaged(f"{name} in {file.path} is encrypted.")
        if each.method not in (STORED, DEFLATED):
            raise FileDamaged(f"{name} in {file.path} is packed in a way that is not known.")
        if grows_too_much(each.packed, each.size):
            raise FileDamaged(f"{name} in {file.path} claims to hold more than mail of its size can.")
        yield Entry(parts, _ZipEntry(each))


class _ZipEntry:
    """Opens an entry of a ZIP file."""

    def __init__(self, entry: zip_directory.Entry) -> None:
        self._entry = entry
        self._states = States(RAW, entry.checksum) if entry.method == DEFLATED else None

    def __call__(self, octets: Octets) -> Octets:
        entry = self._entry
        start = start_of(octets.read(entry.offset, OWN), entry.offset)
        if start is None:
            raise FileDamaged("A ZIP file has no entry where it says.")
        if start + entry.packed > octets.size or (self._states is None and entry.size != entry.packed):
            raise FileDamaged("An entry of a ZIP file does not lie in it.")
        inside = Part(octets, start, entry.packed)
        return inside if self._states is None else Inflated(inside, self._states, entry.size)


def _tar_entries(file: OpenFile, opened: Callable[[Octets], Octets], *, whole: bool) -> Iterator[Entry]:
    octets = opened(file)
    for each in _bounded(file, members(TarOctets(_seekable(octets), octets.size, packed=False, whole=whole))):
        name = text(each.name)
        if each.kind not in ("file", "sparse") or not _may_be_mail(name):
            continue
        if each.kind == "sparse" or each.offset + each.size > octets.size:
            raise FileDamaged(f"{name} in {file.path} does not lie in it.")
        yield Entry(_parts(file, name), _TarEntry(opened, each.offset, each.size))


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
        self._at = start + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._octets.size if size is None or size < 0 else size
        data = self._octets.read(self._at, wanted)
        self._at += len(data)
        return data


def _seekable(octets: Octets) -> IO[bytes]:
    return cast(IO[bytes], _Seekable(octets))
