"""A ZIP archive of folders of files."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator

from tui_migrate.errors import FileDamaged
from tui_migrate.mail.eml.archive_file import ArchiveFile
from tui_migrate.mail.eml.files import File, is_mail
from tui_migrate.mail.eml.index import Index
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.packed.bounds import grows_too_much
from tui_migrate.mail.packed.zip_directory import DEFLATED, OWN, STORED, Entry, entries, start_of

_PIECE = 1 << 18


class Zip:
    """See `Files`."""

    def __init__(self, archive: ArchiveFile, inner: tuple[str, ...]) -> None:
        """Raises FileDamaged."""
        self._archive = archive
        self.index = Index(inner)
        try:
            for entry in entries(archive.file):
                self._take(entry)
        except OSError as error:
            raise FileDamaged("The ZIP archive cannot be read.", server_words=error.strerror or "") from error

    def subfolders(self, folder: bytes) -> Collection[bytes]:
        """By the directory."""
        return self.index.subfolders(folder)

    def files(self, folder: bytes) -> Iterator[File | LeftOut]:
        """By the directory. Raises FileChanged."""
        self._archive.check()
        return self.index.files(folder)

    def pieces(self, file: File, start: int = 0, most: int | None = None) -> Iterator[bytes]:
        """Raises MessageDamaged, FileChanged."""
        self._archive.check()
        method, packed, _ = file.at
        if method not in (STORED, DEFLATED):
            raise file.damaged("An entry of the archive is packed in a way that is not known.", f"method {method}")
        if grows_too_much(packed, file.size):
            words = f"{packed} octets to {file.size}"
            raise file.damaged("An entry of the archive would unpack to more than can be.", words)
        position, checksum = 0, 0
        try:
            for piece in self._unpacked(file):
                checksum = zlib.crc32(piece, checksum)
                wanted = piece[max(0, start - position) :]
                position += len(piece)
                if position > file.size:
                    raise file.damaged("An entry of the archive is larger than is told.")
                if wanted:
                    yield wanted
                if most is not None and position >= start + most:
                    return
        except OSError as error:
            raise file.unreadable(error) from error
        except zlib.error as error:
            raise file.damaged("An entry of the archive cannot be unpacked.", str(error)) from error
        if (position, checksum) != (file.size, file.stamp):
            raise file.damaged("An entry of the archive is damaged: size or checksum are not as told.")

    def close(self) -> None:
        """Give back the file."""
        self._archive.close()

    def _take(self, entry: Entry) -> None:
        if (path := self.index.place(entry.name)) is None:
            return
        if entry.name.endswith(b"/"):
            self.index.add_folder(path)
        elif entry.is_link:
            self.index.leave_out(path, "links")
        elif entry.encrypted and is_mail(path):
            words = "Unpack it with its password into a folder, and give that."
            raise FileDamaged("The ZIP archive is encrypted.", server_words=words)
        else:
            at = entry.method, entry.packed, entry.offset
            self.index.add(File(path, entry.size, entry.checksum, at))

    def _unpacked(self, file: File) -> Iterator[bytes]:
        method, left, offset = file.at
        source = self._archive.file
        source.seek(offset)
        place = start_of(source.read(OWN), offset)
        if place is None:
            raise file.damaged("An entry of the archive is not where it is told to be.")
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        waiting = b""
        while left or waiting:
            if not waiting:
                source.seek(place)
                waiting = source.read(min(left, _PIECE))
                place += len(waiting)
                left -= len(waiting)
                if not waiting:
                    return
            if method == STORED:
                yield waiting
                waiting = b""
            else:
                yield unpacker.decompress(waiting, _PIECE)
                waiting = unpacker.unconsumed_tail
                if unpacker.eof:
                    return
        while piece := unpacker.decompress(b"", _PIECE):
            yield piece
