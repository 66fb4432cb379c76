"""Where a mailbox's files are: in a folder, or in an archive, or in a folder of an archive."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from pathlib import Path

from tui_migrate.errors import FilesMissing
from tui_migrate.mail.eml.archive_file import ArchiveFile
from tui_migrate.mail.eml.files import Files
from tui_migrate.mail.eml.tarred import Tar
from tui_migrate.mail.eml.tree import Tree
from tui_migrate.mail.eml.zipped import Zip

_TAR = slice(257, 262)
_OTHERS = {b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"Rar!": "RAR", b"7z\xbc\xaf": "7-Zip"}


def open_files(path: Path, spool_folder: Path | None) -> Files:
    """The path may go on inside of an archive: `export.zip/user@example.org`. Raises MailError."""
    for place in (path, *path.parents):
        try:
            mode = place.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise FilesMissing(f"{place} cannot be opened.", server_words=error.strerror or "") from error
        if stat.S_ISREG(mode):
            return _archive(place, path.relative_to(place).parts, spool_folder)
        if place == path and stat.S_ISDIR(mode):
            return _tree(path)
        break
    raise FilesMissing(f"{path} is no folder and no archive.")


def _tree(path: Path) -> Tree:
    try:
        with os.scandir(path):
            return Tree(path)
    except OSError as error:
        raise FilesMissing(f"{path} cannot be opened.", server_words=error.strerror or "") from error


def _archive(path: Path, inner: tuple[str, ...], spool_folder: Path | None) -> Files:
    with ExitStack() as closing:
        archive = ArchiveFile(path)
        closing.callback(archive.close)
        sign, name = archive.sign, path.name.lower()
        if other := next((each for start, each in _OTHERS.items() if sign.startswith(start)), None):
            raise FilesMissing(f"{path} is packed with {other}: unpack it into a folder, and give that.")
        if sign.startswith(b"\x1f\x8b") or sign[_TAR] == b"ustar" or name.endswith(".tar"):
            files: Tar | Zip = Tar(archive, inner, spool_folder)
        elif sign.startswith(b"PK") or name.endswith(".zip"):
            files = Zip(archive, inner)
        else:
            raise FilesMissing(f"{path} is no folder, no ZIP archive and no tar archive.")
        closing.callback(files.close)
        if not files.index.exists:
            raise FilesMissing(f"There is no {'/'.join(inner)} in {path}.")
        closing.pop_all()
        return files
