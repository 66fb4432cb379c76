"""A tar archive of folders of files, packed with gzip or not."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.eml.archive_file import ArchiveFile
from tui_migrate.mail.eml.files import File, is_part_of_mail
from tui_migrate.mail.eml.index import Index
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.packed.tar_members import Member, Octets, members

_PIECE = 1 << 18


class Tar:
    """See `Files`. What is packed has no index: it is read once as a whole, and its mail kept in an unlinked file."""

    def __init__(self, archive: ArchiveFile, inner: tuple[str, ...], spool_folder: Path | None) -> None:
        """Raises FileDamaged, StoreUnusable."""
        self._archive = archive
        self.index = Index(inner)
        self._kept: IO[bytes] | None = None
        packed = archive.sign.startswith(b"\x1f\x8b")
        with ExitStack() as closing:
            octets = Octets(archive.file, archive.size, packed=packed)
            try:
                if packed:
                    self._kept = closing.enter_context(tempfile.TemporaryFile(dir=spool_folder, prefix="archive-"))
                for member in members(octets):
                    self._take(member, octets)
            except OSError as error:
                where = spool_folder or tempfile.gettempdir()
                sentence = f"The mail of an archive cannot be kept in {where}: {error.strerror}."
                raise StoreUnusable(sentence) from error
            closing.pop_all()

    def subfolders(self, folder: bytes) -> Collection[bytes]:
        """By the names of the members."""
        return self.index.subfolders(folder)

    def files(self, folder: bytes) -> Iterator[File | LeftOut]:
        """By the names of the members. Raises FileChanged."""
        self._archive.check()
        return self.index.files(folder)

    def pieces(self, file: File, start: int = 0, most: int | None = None) -> Iterator[bytes]:
        """Raises MessageDamaged, FileChanged."""
        self._archive.check()
        source = self._archive.file if self._kept is None else self._kept
        place, left = file.at[0] + start, file.size - start
        left = left if most is None else min(left, most)
        try:
            while left > 0:
                source.seek(place)
                if not (piece := source.read(min(left, _PIECE))):
                    raise file.damaged("A member of the archive is cut short.")
                place += len(piece)
                left -= len(piece)
                yield piece
        except OSError as error:
            raise file.unreadable(error) from error

    def close(self) -> None:
        """Give back the files."""
        self._archive.close()
        if self._kept is not None:
            self._kept.close()

    def _take(self, member: Member, octets: Octets) -> None:
        if (path := self.index.place(member.name)) is None:
            return
        if member.kind == "folder":
            self.index.add_folder(path)
        elif member.kind == "link":
            self.index.leave_out(path, "links")
        elif member.kind == "file":
            offset = member.offset
            if self._kept is not None and is_part_of_mail(path):
                offset = self._kept.tell()
                self._kept.writelines(octets.pieces(member.size))
            self.index.add(File(path, member.size, member.mtime, (offset,)))
        else:
            self.index.leave_out(path, "other files")
