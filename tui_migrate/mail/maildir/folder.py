"""One folder of a Maildir: the files in it, also while servers and mail programs rename them."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tui_migrate.mail.files.stamps import stamp
from tui_migrate.mail.maildir.names import FileName, parse
from tui_migrate.mail.maildir.small import names_in, open_directory, open_file

NEW, CUR, TMP = "new", "cur", "tmp"
PARTS = (NEW, CUR)
"""A file goes from the first to the second: looked at in this order, it is seen."""
_SCANS = 5
"""A file that gets another name while a directory is read may not be seen: it is read again, so many times at most."""
_SECOND = 1_000_000_000


class MailFile(NamedTuple):
    """A message's file, as it was a moment ago."""

    key: str
    """Of no other message in the folder."""
    part: str
    name: str
    parsed: FileName
    modified: int
    """In epoch seconds."""
    octets: int
    inode: int


class MaildirFolder:
    """An open folder. All of it may raise OSError."""

    def __init__(self, descriptor: int) -> None:
        """Takes over the descriptor of its directory."""
        self.descriptor = descriptor
        self.parts: dict[str, int] = {}
        self._index: dict[str, list[tuple[str, str]]] = {}
        self._indexed = ""
        try:
            for part in PARTS:
                try:
                    self.parts[part] = open_directory(part, descriptor)
                except FileNotFoundError:  # programs that only deliver may have made one of them alone
                    continue
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Give back what is open."""
        for each in (*self.parts.values(), self.descriptor):
            os.close(each)
        self.parts.clear()

    def token(self) -> str:
        """Another one after every change of names; empty where one might go unseen."""
        return stamp(*self._looks())

    def files(self) -> tuple[list[MailFile], int]:
        """All messages, in no order; and how many links are in their place, which are not followed."""
        union: dict[str, MailFile] = {}
        for _ in range(_SCANS):
            before = self._stamps()
            found, links = self._scan()
            union |= {each.key: each for each in found}
            if self._stamps() == before:
                return _told_apart(found), links
        return [*union.values()], links

    def open(self, file: MailFile) -> int | None:
        """A descriptor of the message's file, under whatever name it has now; None: it is gone."""
        place: tuple[str, str] | None = file.part, file.name
        for _ in range(_SCANS):
            if place is None:
                break
            try:
                return open_file(place[1], self.parts[place[0]])
            except FileNotFoundError:
                place = self.find(file)
        return None

    def find(self, file: MailFile) -> tuple[str, str] | None:
        """Where the message is now: part and name; None: it is gone."""
        token = self.token()
        if not token or token != self._indexed:
            index = defaultdict(list)
            for part, descriptor in self.parts.items():
                for name in names_in(descriptor):
                    index[parse(name).unique].append((part, name))
            self._index, self._indexed = index, token
        places = self._index.get(file.parsed.unique, [])
        return places[0] if len(places) == 1 else next((each for each in places if self._is(file, *each)), None)

    def _is(self, file: MailFile, part: str, name: str) -> bool:
        try:
            return os.stat(name, dir_fd=self.parts[part], follow_symlinks=False).st_ino == file.inode
        except FileNotFoundError:
            return False

    def _scan(self) -> tuple[list[MailFile], int]:
        found, links = [], 0
        for part, name, told in self._entries():
            if stat.S_ISREG(told.st_mode):
                parsed, modified = parse(name), told.st_mtime_ns // _SECOND
                found.append(MailFile(parsed.unique, part, name, parsed, modified, told.st_size, told.st_ino))
            elif stat.S_ISLNK(told.st_mode):
                links += 1
        return found, links

    def _entries(self) -> Iterator[tuple[str, str, os.stat_result]]:
        for part, descriptor in self.parts.items():
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        try:
                            yield part, entry.name, entry.stat(follow_symlinks=False)
                        except FileNotFoundError:  # renamed or deleted since
                            continue

    def _stamps(self) -> tuple[int, ...]:
        return tuple(moment for each in self._looks() for moment in (each.st_mtime_ns, each.st_ctime_ns))

    def _looks(self) -> list[os.stat_result]:
        return [os.fstat(each) for each in (self.descriptor, *self.parts.values())]


def _told_apart(found: list[MailFile]) -> list[MailFile]:
    """Files whose names agree in what is to be unique have keys of their own: somebody has copied one with another
    flag behind it."""
    by_key: dict[str, list[MailFile]] = defaultdict(list)
    for file in found:
        by_key[file.key].append(file)
    if len(by_key) == len(found):
        return found
    result = []
    for twins in by_key.values():
        first, *others = sorted(twins, key=lambda each: each.inode)
        result += [first, *(each._replace(key=f"{each.key},{each.inode}") for each in others)]
    return result
