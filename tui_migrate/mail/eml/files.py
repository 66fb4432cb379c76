"""What folders of files and archives of them have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple, Protocol

from tui_migrate.errors import MessageDamaged, MessageUnreadable, raw
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.packed.bounds import text

DEEPEST = 100
"""Folders in folders that are followed."""
_MAIL = (b".eml", b".emlx", b".msg")


class Vanished(Exception):
    """A file or folder is not there any more. Never leaves this room."""


class File(NamedTuple):
    """A file, of which nothing was read yet."""

    path: bytes
    """Below the mailbox, with `/` between its parts."""
    size: int
    """Octets, unpacked."""
    stamp: int
    """Another one for other octets."""
    at: tuple[int, ...] = ()
    """Where it lies in an archive, for its reader alone."""

    @property
    def folder(self) -> bytes:
        """In which it lies; empty at the top."""
        return self.path.rpartition(b"/")[0]

    @property
    def name(self) -> bytes:
        """Without the folder."""
        return self.path.rpartition(b"/")[2]

    def damaged(self, sentence: str, words: str = "") -> MessageDamaged:
        """What to raise; the file's name, which may be the subject of a mail, is among the words."""
        return MessageDamaged(sentence, server_words=f"{raw(text(self.path))} {words}".rstrip())

    def unreadable(self, error: OSError) -> MessageUnreadable:
        """What to raise where the system does not give it."""
        words = f"{raw(text(self.path))} {error.strerror or error}"
        return MessageUnreadable("The file of a message cannot be read.", server_words=words)


class Files(Protocol):
    """A mailbox's folders of files. All of it may raise MailError or Vanished, and raises nothing else."""

    def subfolders(self, folder: bytes) -> Collection[bytes]:
        """The names of the folders that lie directly in this one. Raises FolderDamaged."""

    def files(self, folder: bytes) -> Iterator[File | LeftOut]:
        """What lies directly in it, in no order. Raises FolderDamaged."""

    def pieces(self, file: File, start: int = 0, most: int | None = None) -> Iterator[bytes]:
        """The octets of a file from `start` on, in pieces of some 256 KB; `most`: it is enough to give so many, and the
        file need not be checked as a whole. Raises MessageDamaged, FileChanged."""

    def close(self) -> None:
        """Give back what is open."""


def is_mail(path: bytes) -> bool:
    """As its name says. What a Mac puts beside a file on a disk that is not its own is none."""
    return path.lower().endswith(_MAIL) and not path.rpartition(b"/")[2].startswith(b"._")


def is_part_of_mail(path: bytes) -> bool:
    """True for what is read when mail is read: Apple Mail keeps attachments beside it."""
    return is_mail(path) or path.lower().endswith(b".emlxpart") or b"/Attachments/" in b"/" + path
