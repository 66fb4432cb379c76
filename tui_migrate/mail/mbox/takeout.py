"""The folders of a Google Takeout. Its files hold messages with labels, and each message lies in the folder of every
label that it has."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain

from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item, LeftOut, MadeItems
from tui_migrate.mail.mbox.fields import Marks, keyword
from tui_migrate.mail.mbox.files import Indexed
from tui_migrate.mail.mbox.items import Items, Place
from tui_migrate.mail.mbox.labels import Language, Meaning, labels, language
from tui_migrate.mail.mbox.layout import INBOX
from tui_migrate.mail.roles import Role

_ROLES = {
    Meaning.SENT: Role.SENT,
    Meaning.DRAFTS: Role.DRAFTS,
    Meaning.SPAM: Role.JUNK,
    Meaning.TRASH: Role.TRASH,
}
_FLAGS = {Meaning.STARRED: "\\Flagged", Meaning.DRAFTS: "\\Draft", Meaning.IMPORTANT: "$Important"}
"""$Important: RFC 8457."""
_BY_CLIENT = "IMAP_"
"""Begins labels that Google makes of the keywords of IMAP clients."""
_ARCHIVE = ArchiveFolder(b"role Archive", ("Archive",), Role.ARCHIVE, subscribed=True)
_INBOX = ArchiveFolder(INBOX, ("INBOX",), subscribed=True)
SECOND_INBOX = ArchiveFolder(b"role Inbox", ("Inbox of Gmail",), subscribed=True)
_CHAT = "chat"


@dataclass(frozen=True, slots=True)
class _Lies:
    """Where a message with certain labels lies, and its flags."""

    folders: tuple[ArchiveFolder, ...]
    flags: frozenset[str]
    is_chat: bool = False


@dataclass(slots=True)
class _Folder:
    """Numbers of messages, for each file."""

    folder: ArchiveFolder
    numbers: dict[int, array[int]] = field(default_factory=dict)


class Takeout:
    """All files of one, taken together."""

    def __init__(self, files: Sequence[Indexed], inbox: ArchiveFolder = _INBOX) -> None:
        """`inbox`: of which its Inbox is, where another file is the inbox."""
        self.files = files
        self._inbox = inbox
        self.language = language(_counted(files))
        self._flags: dict[Marks, frozenset[str]] = {}
        self._folders: dict[bytes, _Folder] = {inbox.name: _Folder(inbox)}
        self._left_out: dict[str, list[int]] = {}
        tokens = [each.token for each in files]
        self._token = blake2b("\n".join(tokens).encode(), digest_size=8).hexdigest() if all(tokens) else ""
        for at, file in enumerate(files):
            self._sort(at, file)

    def folders(self) -> list[ArchiveFolder]:
        """One for each label that makes a folder."""
        return [each.folder for each in self._folders.values()]

    def contents(self, name: bytes) -> Contents[Place] | None:
        """What lies in a folder; None: there is none of this name."""
        found = self._folders.get(name)
        if found is None:
            return None
        parts = [Items(self.files[at], numbers, self._flags) for at, numbers in found.numbers.items()]
        left_out = (
            [LeftOut(reason, *numbers) for reason, numbers in self._left_out.items()]
            if found.folder is self._inbox
            else []
        )
        return Contents(_Several(_once(parts)), left_out, token=self._token)

    def _sort(self, at: int, file: Indexed) -> None:
        index = file.index
        lying = [_lies(marks, self.language, self._inbox) for marks in index.marks]
        self._flags.update((marks, each.flags) for marks, each in zip(index.marks, lying, strict=True))
        for number, kind in enumerate(index.kinds):
            if lying[kind].is_chat:
                self._leave_out(_CHAT, 1, index.size(number))
            for folder in lying[kind].folders:
                found = self._folders.setdefault(folder.name, _Folder(folder))
                found.numbers.setdefault(at, array("I")).append(number)
        for each in index.excluded():
            self._leave_out(each.reason, each.items, each.octets)

    def _leave_out(self, reason: str, items: int, octets: int) -> None:
        found = self._left_out.setdefault(reason, [0, 0])
        found[0] += items
        found[1] += octets


def _counted(files: Sequence[Indexed]) -> list[tuple[Sequence[str], int]]:
    counted: list[tuple[Sequence[str], int]] = []
    for file in files:
        numbers = [0] * len(file.index.marks)
        for kind in file.index.kinds:
            numbers[kind] += 1
        counted += [
            (labels(marks.labels or b""), number) for marks, number in zip(file.index.marks, numbers, strict=True)
        ]
    return counted


def _lies(marks: Marks, words: Language, inbox: ArchiveFolder) -> _Lies:
    if marks.labels is None:
        return _Lies((_ARCHIVE,), marks.flags)
    folders: dict[bytes, ArchiveFolder] = {}
    flags, meanings = set(marks.flags), set()
    for label in labels(marks.labels):
        meaning = words.meaning(label)
        if meaning is not None:
            meanings.add(meaning)
        elif label.startswith(_BY_CLIENT):
            flags.add(keyword(label.removeprefix(_BY_CLIENT)))
            continue
        folder = inbox if meaning is Meaning.INBOX else _folder(label, meaning)
        if folder is not None:
            folders[folder.name] = folder
    if Meaning.CHAT in meanings:
        return _Lies((), frozenset(), is_chat=True)
    flags |= {flag for meaning, flag in _FLAGS.items() if meaning in meanings}
    if Meaning.UNREAD not in meanings:
        flags.add("\\Seen")
    return _Lies(tuple(folders.values()) or (_ARCHIVE,), frozenset(flags))


def _folder(label: str, meaning: Meaning | None) -> ArchiveFolder | None:
    """Where a label puts a message; None: nowhere."""
    if meaning in _ROLES:
        role = _ROLES[meaning]
        return ArchiveFolder(f"role {role}".encode(), (label,), role, subscribed=True)
    path = tuple(each.strip() for each in label.split("/") if each.strip())
    if meaning is not None or not path:
        return None
    return ArchiveFolder(f"label {label}".encode("utf-8", "replace"), path, subscribed=True)


def _once(parts: Sequence[Items]) -> list[Items]:
    """The same without messages that several files hold, as those do that are exported label by label."""
    if len(parts) < 2:
        return list(parts)
    seen: set[str] = set()
    found = []
    for part in parts:
        fresh = array("I")
        for at in range(len(part)):
            item = part[at]
            if item.name not in seen:
                seen.add(item.name)
                fresh.append(item.place.number)
        found.append(part.only(fresh))
    return found


class _Several(MadeItems[Place]):
    """Messages of several files, one behind the other."""

    def __init__(self, parts: Sequence[Items]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Item[Place]]:
        return chain.from_iterable(self._parts)

    def item(self, at: int) -> Item[Place]:
        """See `MadeItems`."""
        for part in self._parts:
            if at < len(part):
                return part.item(at)
            at -= len(part)
        raise IndexError(at)
