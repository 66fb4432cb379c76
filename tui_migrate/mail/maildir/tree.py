"""The folders of a Maildir that is filled, by the names that IMAP would have for them."""

from __future__ import annotations

import os
import stat

from tui_migrate.errors import NameRefused
from tui_migrate.mail.maildir.folder import CUR, NEW, TMP
from tui_migrate.mail.maildir.layout import INBOX, Place, is_nested, places
from tui_migrate.mail.maildir.small import names_in
from tui_migrate.mail.maildir.subscriptions import subscribed
from tui_migrate.mail.protocols import ListedFolder, NewFolder, Tree
from tui_migrate.mail.roles import role_of_name

_LONGEST = 255
"""Octets of a file's name."""
_SERVERS = ("dovecot-uidlist", "dovecot-uidvalidity", "dovecot.index", "dovecot.list", "courierimapuiddb")
"""So begin the names of what servers keep beside the mail."""


class Layout:
    """How folders lie in a mailbox: Maildir++, unless those that are there already lie in each other."""

    def __init__(self, root: int | None) -> None:
        """None: there is no mailbox yet. Raises OSError."""
        found = places(root) if root is not None else []
        maildir_plus = any(each.where.startswith(".") for each in found)
        self._nested = is_nested(found) and not maildir_plus
        self.places = [each for each in found if not each.where or each.where.startswith(".") is not self._nested]
        self._inbox = next((each.where for each in self.places if each.is_inbox), "")
        names = names_in(root) if root is not None else []
        self.guest = any(name.startswith(_SERVERS) for name in names)
        """True: a server uses the mailbox."""

    @property
    def delimiter(self) -> str:
        """Between the levels of a name."""
        return "/" if self._nested else "."

    def name_of(self, place: Place) -> bytes:
        """A folder's, as on the wire."""
        if place.is_inbox:
            return INBOX.encode()
        return os.fsencode(place.where if self._nested else place.where[1:])

    def where(self, name: bytes) -> str:
        """Where a folder of this name lies, or is to be made. Raises NameRefused."""
        if name.upper() == INBOX.encode():
            return self._inbox
        text = os.fsdecode(name)
        levels = text.split(self.delimiter)
        files = levels if self._nested else ["." + text]
        if not all(levels) or any(map(_is_no_name, files)):
            raise NameRefused("The Maildir cannot have a folder of this name.", server_words=text)
        return "/".join(files)

    def tree(self, root: int | None) -> Tree:
        """All folders; INBOX is always among them. Raises OSError."""
        mine = subscribed(root, self.delimiter) if root is not None else set()
        folders = [
            ListedFolder(
                self.name_of(each),
                each.path,
                role=(role := role_of_name(each.path[0]) if len(each.path) == 1 else None),
                role_by_name=role is not None,
                subscribed=each.path in mine,
            )
            for each in self.places
        ]
        if not any(each.is_inbox for each in self.places):
            folders.insert(0, ListedFolder(INBOX.encode(), (INBOX,)))
        return Tree(tuple(folders), self.delimiter, prefix="")


def check_free(where: str, folder: NewFolder, root: int) -> None:
    """Raises NameRefused where something else lies there, or the file system takes the name for another one's, as some
    do with capital letters; and OSError."""
    first = where.partition("/")[0]
    try:
        told = os.stat(first, dir_fd=root, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(told.st_mode):
        sentence = f"Where the folder {folder.display} would lie, there is something else."
        raise NameRefused(sentence, server_words=first, taken=True)
    if first not in names_in(root):
        sentence = f"The destination does not tell {folder.display} from another folder."
        raise NameRefused(sentence, server_words=first, taken=True)


def _is_no_name(file: str) -> bool:
    is_own = file in (CUR, NEW, TMP, ".", "..")
    return is_own or "/" in file or "\0" in file or len(os.fsencode(file)) > _LONGEST
