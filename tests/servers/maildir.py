"""Writes and reads Maildirs on disk as Dovecot 2.3 lays them out, independent of any IMAP code.

Mail is compared as a multiset of `MailItem`. Line ends are no part of the comparison: Dovecot stores messages with LF
and hands them out with CRLF, so `crlf` makes both sides CRLF, in `read_maildir` and in `counted`, and nowhere else.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from tests.servers.mutf7 import decode_name, encode_name

INBOX = "INBOX"
MAX_KEYWORDS = 26
"""Keywords that one Maildir folder can hold, as the letters a to z."""
_FLAG_OF_LETTER = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
_LETTER_OF_FLAG = {flag: letter for letter, flag in _FLAG_OF_LETTER.items()}
_serial = count(2_000_000_000)
"""Later than all mail: names of files begin with the time at which these were made."""


@dataclass(frozen=True, slots=True)
class MailItem:
    """One stored message, as a user would tell it from another."""

    folder: str
    """Readable name with `/` between levels, without a namespace prefix; `INBOX` is the root."""
    content: bytes = field(repr=False)
    flags: frozenset[str]
    r"""`\Seen` and the like, and keywords."""
    instant: int
    """INTERNALDATE in seconds since 1970."""


def crlf(content: bytes) -> bytes:
    """The message with every line end as CRLF; see the module's docstring."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def counted(items: Iterable[MailItem]) -> Counter[MailItem]:
    """The multiset to compare with what `read_maildir` returns."""
    return Counter(replace(item, content=crlf(item.content)) for item in items)


def write_maildir(
    root: Path,
    separator: str,
    items: Iterable[MailItem],
    *,
    folders: Iterable[str] = (),
    subscribed: Iterable[str] = (),
) -> None:
    r"""Store `items` below `root`, and make `folders` though they stay empty.

    A parent folder that nothing names is not made: it is \Noselect. Dovecot gives UIDs in the order of `items`. Files
    belong to the owner of `root`. Raises: ValueError for a name or for keywords that the layout cannot hold.
    """
    made: dict[str, _Folder] = {}

    def folder_named(name: str) -> _Folder:
        if name not in made:
            made[name] = _Folder(root, _folder_path(root, separator, name))
        return made[name]

    for name in (INBOX, *folders):
        folder_named(name)
    for item in items:
        folder_named(item.folder).store(item)
    if names := [encode_name(name).replace("/", separator) for name in subscribed]:
        path = root / "subscriptions"
        with path.open("a") as file:
            file.writelines(f"{name}\n" for name in names)
        _give_to_owner_of(root, path)


def read_maildir(root: Path, separator: str) -> Counter[MailItem]:
    """Every message below `root`, in new and cur, to be read while no session is changing it.

    Raises: ValueError for a flag that Dovecot never writes.
    """
    return Counter(item for name, path in _folders(root, separator) for item in _read_folder(name, path))


def folder_names(root: Path, separator: str) -> set[str]:
    """The selectable folders. INBOX is among them once a session has used it."""
    return {name for name, _ in _folders(root, separator)}


def subscriptions(root: Path, separator: str) -> set[str]:
    """The subscribed names with `/` between levels, from Dovecot's file (version 2) or `write_maildir`'s (1)."""
    path = root / "subscriptions"
    lines = path.read_text().splitlines() if path.exists() else []
    if lines[:1] == ["V\t2"]:
        return {decode_name(line.replace("\t", "/")) for line in lines[1:] if line}
    return {decode_name(line.replace(separator, "/")) for line in lines}


class _Folder:
    """A folder that is being written."""

    def __init__(self, root: Path, path: Path) -> None:
        self.root = root
        self.path = path
        self.keywords = _read_keywords(path)
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in (*reversed(missing), path / "cur", path / "new", path / "tmp"):
            folder.mkdir(exist_ok=True)
            _give_to_owner_of(root, folder)
        if path.name.startswith(".") and path.parent == root:
            (path / "maildirfolder").touch()
            _give_to_owner_of(root, path / "maildirfolder")

    def store(self, item: MailItem) -> None:
        sizes = f"S={len(item.content)},W={len(crlf(item.content))}"
        name = f"{next(_serial)}.M0P{os.getpid()}.tests,{sizes}:2,{self._letters(item.flags)}"
        path = self.path / "tmp" / name
        path.write_bytes(item.content)
        os.utime(path, (item.instant, item.instant))
        _give_to_owner_of(self.root, path)
        path.rename(self.path / "cur" / name)

    def _letters(self, flags: frozenset[str]) -> str:
        if new := sorted(flags - _LETTER_OF_FLAG.keys() - {*self.keywords}):
            self._add_keywords(new)
        letters = {word: chr(ord("a") + number) for number, word in enumerate(self.keywords)} | _LETTER_OF_FLAG
        return "".join(sorted(letters[flag] for flag in flags))

    def _add_keywords(self, new: list[str]) -> None:
        self.keywords += new
        if len(self.keywords) > MAX_KEYWORDS:
            raise ValueError(f"a Maildir folder holds {MAX_KEYWORDS} keywords, not {len(self.keywords)}")
        path = self.path / "dovecot-keywords"
        path.write_text("".join(f"{number} {word}\n" for number, word in enumerate(self.keywords)))
        _give_to_owner_of(self.root, path)


def _folder_path(root: Path, separator: str, name: str) -> Path:
    if name == INBOX:
        return root
    levels = [encode_name(level) for level in name.split("/")]
    if {"", ".", ".."} & {*levels} or (separator == "." and any("." in level for level in levels)):
        raise ValueError(f"a Maildir with separator {separator} cannot hold {name!r}")
    return root / ("." + ".".join(levels)) if separator == "." else root.joinpath(*levels)


def _give_to_owner_of(root: Path, path: Path) -> None:
    if os.geteuid() == 0:
        owner = root.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _read_keywords(folder: Path) -> list[str]:
    """Keywords by their letter's number; Dovecot may leave numbers out, which stay empty here."""
    path = folder / "dovecot-keywords"
    lines = path.read_text().splitlines() if path.exists() else []
    words = {int(number): word for number, _, word in (line.partition(" ") for line in lines)}
    return [words.get(number, "") for number in range(max(words, default=-1) + 1)]


def _folders(root: Path, separator: str) -> Iterator[tuple[str, Path]]:
    if (root / "cur").is_dir():
        yield INBOX, root
    if separator == ".":
        for path in root.glob(".*"):
            if (path / "cur").is_dir():
                yield "/".join(decode_name(level) for level in path.name[1:].split(".")), path
        return
    for cur in root.rglob("cur"):
        if cur.parent != root and cur.is_dir():
            yield decode_name(cur.parent.relative_to(root).as_posix()), cur.parent


def _read_folder(name: str, folder: Path) -> list[MailItem]:
    """A session that is just ending may still move mail out of `new`: then the folder is read once more."""
    for _ in range(5):
        with contextlib.suppress(FileNotFoundError):
            return [*_items_in(name, folder)]
    return [*_items_in(name, folder)]


def _items_in(name: str, folder: Path) -> Iterator[MailItem]:
    keywords = dict(zip("abcdefghijklmnopqrstuvwxyz", _read_keywords(folder), strict=False))
    meanings = _FLAG_OF_LETTER | keywords
    for path in (*(folder / "cur").iterdir(), *(folder / "new").iterdir()):
        letters = path.name.partition(":2,")[2]
        if unknown := {*letters} - meanings.keys():
            raise ValueError(f"flags {unknown} without a meaning in {path}")
        flags = frozenset(meanings[letter] for letter in letters)
        yield MailItem(name, crlf(path.read_bytes()), flags, int(path.stat().st_mtime))
