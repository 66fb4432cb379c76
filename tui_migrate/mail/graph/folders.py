"""The folders of a mailbox, with what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.files.archive import ArchiveFolder
from tui_migrate.mail.graph.codes import Refused
from tui_migrate.mail.graph.session import GraphSession, Json
from tui_migrate.mail.roles import Role

_ROLES = {
    "sentitems": Role.SENT,
    "drafts": Role.DRAFTS,
    "deleteditems": Role.TRASH,
    "junkemail": Role.JUNK,
    "archive": Role.ARCHIVE,
}
"""By well-known name, whatever the language."""
_FIELDS = "$select=id,displayName,childFolderCount,totalItemCount,isHidden"
_PAGE = 100
_DEEPEST, _MOST = 300, 100_000
"""Exchange allows as many."""
INBOX = b"INBOX"


@dataclass(frozen=True, slots=True)
class GraphFolder:
    """A folder of mail."""

    id: str
    shown: ArchiveFolder
    items: int
    """As Graph counts them, whatever they are."""


def folders_of(session: GraphSession) -> list[GraphFolder]:
    """All folders but hidden ones and searches. Raises MailError."""
    inbox = _well_known(session, "inbox")
    roles = {_well_known(session, name): role for name, role in _ROLES.items()}
    found: list[GraphFolder] = []
    for path, told in _below(session, session.path("mailFolders"), (), inbox):
        if len(found) == _MOST:
            raise ProtocolViolation(f"{session.server.where} tells of more than {_MOST} folders.")
        folder, items = str(told["id"]), told.get("totalItemCount")
        name = INBOX if folder == inbox else folder.encode()
        shown = ArchiveFolder(name, path, roles.get(folder))
        found.append(GraphFolder(folder, shown, items if isinstance(items, int) else 0))
    return found


def _below(
    session: GraphSession, target: str, above: tuple[str, ...], inbox: str
) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Folders with their paths, each followed by those below it."""
    if len(above) > _DEEPEST:
        raise ProtocolViolation(f"{session.server.where} tells of folders without an end.")
    for told in [*session.pages(f"{target}?includeHiddenFolders=true&$top={_PAGE}&{_FIELDS}", 0)]:
        folder, name = told.get("id"), told.get("displayName")
        if not isinstance(folder, str) or not isinstance(name, str):
            raise ProtocolViolation(f"{session.server.where} tells of a folder without id or name.")
        if told.get("isHidden") is True or "SearchFolder" in str(told.get("@odata.type", "")):
            continue
        path = ("INBOX",) if folder == inbox else (*above, name)
        yield path, told
        if told.get("childFolderCount"):
            yield from _below(session, session.path("mailFolders", folder, "childFolders"), path, inbox)


def _well_known(session: GraphSession, name: str) -> str:
    """The id of a folder; empty where the mailbox has none such."""
    try:
        return str(session.json(session.path("mailFolders", name) + "?$select=id").get("id", ""))
    except Refused as refused:
        if refused.gone:
            return ""
        raise
