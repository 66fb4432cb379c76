"""The folders of a file, as Outlook shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tui_migrate.errors import FileDamaged
from tui_migrate.mail.files.archive import ArchiveFolder
from tui_migrate.mail.pst.damage import DAMAGE, Damage
from tui_migrate.mail.pst.roles import inbox_of, is_inbox_name, told_roles, top_of
from tui_migrate.mail.pst.store import CONTENTS, FOLDER, MESSAGE, ROOT, SUBFOLDERS, Store, kind_of
from tui_migrate.mail.roles import Role, role_of_name

_NAME, _CLASS, _HIDDEN = 0x3001, 0x3613, 0x10F4
_DEEPEST = 100
_MOST = 100_000
_LONGEST = 500
"""Characters of a name; Outlook takes half of it."""
_INBOX = ("INBOX",)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PstFolder:
    """A folder, and where it lies."""

    nid: int
    folder_class: str
    """Such as `IPF.Note`; many have none."""
    shown: ArchiveFolder


class _Named(NamedTuple):
    nid: int
    name: str
    folder_class: str


def folders_of(store: Store) -> list[PstFolder]:
    """Those that hold what users know of: none above the top of what Outlook shows, none that it hides, no searches. A
    folder comes before those that lie in it. Raises FileDamaged: a folder that is not found would be lost with all that
    is in it."""
    try:
        return list(_Tree(store).walk())
    except DAMAGE as damage:
        raise store.disk.error(FileDamaged, "The tree of folders is damaged.", damage) from damage


class _Tree:
    def __init__(self, store: Store) -> None:
        self._store = store
        inbox = inbox_of(store)
        self._top = self._find_top(inbox)
        self._below = self._children(self._top)
        if inbox is None:
            inbox = next((each.nid for each in self._below if is_inbox_name(each.name)), None)
        self._inbox = inbox
        self._told = told_roles(store, inbox)
        self._paths: set[Path] = {_INBOX}

    def walk(self) -> Iterator[PstFolder]:
        guessed = self._guessed()
        seen = {self._top}
        waiting: list[tuple[_Named, Path]] = [(each, ()) for each in reversed(self._below)]
        while waiting:
            folder, above = waiting.pop()
            if folder.nid in seen:
                continue  # a hostile file's, or one that two folders list
            seen.add(folder.nid)
            if len(above) > _DEEPEST or len(seen) > _MOST:
                raise Damage("folders lie in each other without end")
            path = _INBOX if folder.nid == self._inbox else self._unique(above, folder)
            role = self._told.get(folder.nid) or guessed.get(folder.nid)
            yield PstFolder(
                folder.nid,
                folder.folder_class,
                ArchiveFolder(_name(path), path, role, role is not None and folder.nid not in self._told),
            )
            waiting += [(each, path) for each in reversed(self._children(folder.nid))]
        if self._holds_items(self._top):
            top = self._named(self._top, "")
            path = self._unique((), top)
            yield PstFolder(top.nid, top.folder_class, ArchiveFolder(_name(path), path))

    def _find_top(self, inbox: int | None) -> int:
        """Offline folders do not tell their top: it is where the inbox lies."""
        top = top_of(self._store)
        if top is None and inbox is not None:
            top = self._store.parent(inbox)
        return top if top is not None and kind_of(top) == FOLDER and self._store.find(top) else ROOT

    def _guessed(self) -> dict[int, Role]:
        """By their names, of the roles that nothing tells."""
        told = set(self._told.values())
        found: dict[Role, int] = {}
        for folder in self._below:
            role = role_of_name(folder.name)
            if role is not None and role not in told and folder.nid not in self._told and folder.nid != self._inbox:
                found.setdefault(role, folder.nid)
        return {nid: role for role, nid in found.items()}

    def _children(self, nid: int) -> list[_Named]:
        """In ascending NID: the order of a table changes, and with it would the names of two that are called the same.
        Where the table is damaged, the node tree knows what lies in the folder."""
        names: dict[int, str] = {}
        try:
            table = self._store.table(nid, SUBFOLDERS)
            columns = table.columns({_NAME})
            for place, number in table.places:
                if kind_of(number) == FOLDER:
                    names[number] = str(table.row(place, number, columns, self._store.text).get(_NAME, ""))
        except DAMAGE:
            names.update((each, "") for each in self._store.below(nid, FOLDER) if each not in names)
        return [folder for number, name in sorted(names.items()) if (folder := self._visible(number, name))]

    def _visible(self, nid: int, name: str) -> _Named | None:
        """What a folder says of itself; None: it is hidden."""
        try:
            if self._store.context(nid).number(_HIDDEN):
                return None
        except DAMAGE:
            return _Named(nid, name, "")
        return self._named(nid, name)

    def _named(self, nid: int, name: str) -> _Named:
        texts = []
        for key, usual in ((_NAME, name), (_CLASS, "")):
            try:
                value = self._store.context(nid).value(key, self._store.text)
            except DAMAGE:
                value = None
            texts.append(value if isinstance(value, str) and value else usual)
        return _Named(nid, texts[0], texts[1])

    def _holds_items(self, nid: int) -> bool:
        try:
            return len(self._store.table(nid, CONTENTS)) > 0
        except DAMAGE:
            return len(self._store.below(nid, MESSAGE)) > 0

    def _unique(self, above: Path, folder: _Named) -> Path:
        """Two folders of one name in one folder are two folders."""
        name = folder.name[:_LONGEST].strip() or f"Folder {folder.nid >> 5}"
        path, number = (*above, name), 1
        while path in self._paths or (not above and path[0].upper() == "INBOX"):
            number += 1
            path = (*above, f"{name} ({number})")
        self._paths.add(path)
        return path


def _name(path: Path) -> bytes:
    """A path in one word."""
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in path).encode("utf-8", "replace")
