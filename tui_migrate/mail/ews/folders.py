"""The folders of a mailbox: its own, and those of its archive and the public ones where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tui_migrate.errors import CommandRefused, ProtocolViolation
from tui_migrate.mail.ews import faults, requests
from tui_migrate.mail.ews.answers import Element
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.roles import Role

INBOX = b"INBOX"
"""The name of the inbox; of any other folder its id is the name."""
_TOP, _ARCHIVE, _PUBLIC = "msgfolderroot", "archivemsgfolderroot", "publicfoldersroot"
_ROLES = {"sentitems": Role.SENT, "drafts": Role.DRAFTS, "deleteditems": Role.TRASH, "junkemail": Role.JUNK}
_KINDS = ("Folder", "CalendarFolder", "ContactsFolder", "TasksFolder")
"""Elements of folders that hold items. One of searches (SearchFolder) shows those of others."""
_DEEPEST = 100
_MOST = 100_000
_LONGEST = 500
"""Characters of a name; Exchange takes 256 octets."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EwsFolder:
    """A folder that holds what users know of."""

    name: bytes
    path: Path
    folder_class: str
    """Such as `IPF.Note`; many have none."""
    items: int
    """All that lies in it."""
    role: Role | None = None

    @property
    def tells(self) -> bool:
        """False where the server tells no changes of it: it is public."""
        return not self.name.startswith(requests.PUBLIC)


@dataclass(frozen=True, slots=True)
class _Seen:
    id: str
    parent: str
    name: str
    folder_class: str
    items: int
    hidden: bool

    @classmethod
    def of(cls, element: Element) -> _Seen:
        def id_of(name: str) -> str:
            found = element.find(name)
            return found.attributes.get("Id", "") if found else ""

        count = element.told("TotalCount")
        return cls(
            id_of("FolderId"),
            id_of("ParentFolderId"),
            element.told("DisplayName")[:_LONGEST],
            element.told("FolderClass"),
            int(count) if count.isdecimal() and len(count) < 12 else 0,
            any(each.told("Value").lower() in ("true", "1") for each in element.children if each.name == _EXTENDED),
        )


_EXTENDED = "ExtendedProperty"


def folders_of(session: EwsSession) -> list[EwsFolder]:
    """All that are wanted, a folder before those that lie in it. Raises MailError."""
    roles = _roles(session)
    top = roles.pop(_TOP, "")
    if not top:
        raise ProtocolViolation(f"{session.server.where} shows no top of the mailbox's folders.")
    tree = _Tree(roles)
    found = list(tree.below(top, (), _synced(session, requests.distinguished(_TOP))))
    if session.server.archive and (archive := _special(session, _ARCHIVE)):
        seen = _synced(session, requests.distinguished(_ARCHIVE))
        found += tree.below(archive.id, tree.unique((), archive.name or "Archive"), seen)
    if session.server.public_folders and (public := _special(session, _PUBLIC)):
        seen = _found(session, public.id)
        found += tree.below(public.id, tree.unique((), "Public Folders"), seen, requests.PUBLIC)
    return found


def folder_of(session: EwsSession, name: bytes) -> EwsFolder:
    """What a folder says of itself now, but for its path. Raises MailError."""
    seen = _Seen.of(_folder(session.ask_one(requests.get_folder(requests.folder_id(name)))))
    return EwsFolder(name, (seen.name,), seen.folder_class, seen.items)


def found_again(session: EwsSession) -> list[EwsFolder]:
    """The folders of the mailbox itself, level by level: another way than `folders_of` goes. Raises MailError."""
    roles = _roles(session)
    top = roles.pop(_TOP, "")
    return list(_Tree(roles).below(top, (), _found(session, top)))


def archive_of(session: EwsSession) -> bool:
    """True where there is an archive mailbox. Raises MailError."""
    return _special(session, _ARCHIVE) is not None


class _Tree:
    """Gives folders their paths."""

    def __init__(self, roles: Mapping[str, str]) -> None:
        """`roles`: ids by what they are for."""
        self._inbox = roles.get("inbox", "")
        self._roles = {roles[name]: role for name, role in _ROLES.items() if name in roles}
        self._paths: set[Path] = {("INBOX",)}

    def below(self, top: str, path: Path, seen: Mapping[str, _Seen], before: bytes = b"") -> Iterator[EwsFolder]:
        """The folders below one that are not hidden, nor lie in one that is. `before`: their ids, in their names."""
        children: dict[str, list[_Seen]] = {}
        for each in seen.values():
            children.setdefault(each.parent, []).append(each)
        waiting = [(each, path) for each in reversed(children.get(top, []))]
        while waiting:
            folder, above = waiting.pop()
            if len(above) > _DEEPEST:
                raise ProtocolViolation("The folders of the mailbox lie in each other without end.")
            if folder.hidden:
                continue
            inbox = folder.id == self._inbox
            mine = ("INBOX",) if inbox else self.unique(above, folder.name or "Folder")
            name = INBOX if inbox else before + folder.id.encode()
            yield EwsFolder(name, mine, folder.folder_class, folder.items, self._roles.get(folder.id))
            waiting += [(each, mine) for each in reversed(children.get(folder.id, []))]

    def unique(self, above: Path, name: str) -> Path:
        """Two folders of one name in one folder are two folders."""
        path, number = (*above, name), 1
        while path in self._paths or (not above and path[0].upper() == "INBOX"):
            number += 1
            path = (*above, f"{name} ({number})")
        self._paths.add(path)
        return path


def _roles(session: EwsSession) -> dict[str, str]:
    """The ids of folders by what they are for, in any language; those that there are."""
    names = [_TOP, "inbox", *_ROLES]
    found = {}
    asked = requests.get_folder(*map(requests.distinguished, names))
    for name, message in zip(names, session.ask(asked), strict=False):
        error = faults.refusal(message, "GetFolder")
        if error is None:
            found[name] = _Seen.of(_folder(message)).id
        elif not isinstance(error, CommandRefused) or error.code not in faults.NO_FOLDER:
            raise error
    return found


def _special(session: EwsSession, name: str) -> _Seen | None:
    """The top of the archive, or of public folders; None where there is none."""
    try:
        return _Seen.of(_folder(session.ask_one(requests.get_folder(requests.distinguished(name)))))
    except CommandRefused as error:
        if error.code in faults.NO_FOLDER | faults.VERSION:
            return None
        raise


def _folder(message: Element) -> Element:
    folders = message.find("Folders")
    if folders is None or not folders.children:
        raise ProtocolViolation("The server tells of a folder without telling which.")
    return folders.children[0]


def _synced(session: EwsSession, top: str) -> dict[str, _Seen]:
    """The folders below one, by their ids, in the order in which they are told."""
    seen: dict[str, _Seen] = {}
    state, last = "", False
    while not last:
        message = session.ask_one(requests.sync_hierarchy(top, state))
        before, state = state, message.told("SyncState")
        last = message.told("IncludesLastFolderInRange").lower() in ("true", "1", "")
        if not last and state == before:
            raise ProtocolViolation(f"{session.server.where} begins to tell its folders again and again.")
        changes = message.find("Changes")
        for change in changes.children if changes else ():
            for element in change.children:
                if change.name in ("Create", "Update") and element.name in _KINDS:
                    _note(seen, _Seen.of(element))
    return seen


def _found(session: EwsSession, top: str) -> dict[str, _Seen]:
    """The same of public folders, whose changes nobody tells, nor all levels at once."""
    seen: dict[str, _Seen] = {}
    waiting = [top]
    while waiting:
        parent, offset, last = waiting.pop(0), 0, False
        while not last:
            try:
                message = session.ask_one(requests.find_folders(requests.folder_id(parent.encode()), offset))
            except CommandRefused:
                break  # one that the user may not look into
            root = message.find("RootFolder")
            below = root.find("Folders") if root else None
            page = [_Seen.of(each) for each in (below.children if below else ()) if each.name in _KINDS]
            for each in page:
                if each.id not in seen:
                    waiting.append(each.id)
                _note(seen, _Seen(each.id, parent, each.name, each.folder_class, each.items, each.hidden))
            told = root.attributes.get("IncludesLastItemInRange", "true") if root else "true"
            last, offset = told.lower() == "true" or not page, offset + len(page)
    return seen


def _note(seen: dict[str, _Seen], folder: _Seen) -> None:
    if folder.id:
        seen[folder.id] = folder
    if len(seen) > _MOST:
        raise ProtocolViolation(f"The mailbox has more than {_MOST} folders.")
