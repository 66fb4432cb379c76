"""What has changed in a folder since a SyncState, which the server alone understands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui_migrate.errors import CommandRefused, ProtocolViolation
from tui_migrate.mail.ews import faults, requests
from tui_migrate.mail.ews.session import EwsSession

_CHANGED = ("Create", "Update", "ReadFlagChange")


@dataclass(frozen=True, slots=True)
class Delta:
    """What has changed in a folder."""

    state: str
    """Of now."""
    there: frozenset[str]
    """Ids of what is new or not as it was."""
    gone: frozenset[str]
    """Ids of what is not there any more."""

    @property
    def nothing(self) -> bool:
        """True when nothing has changed."""
        return not self.there and not self.gone


def begun(session: EwsSession, folder: bytes) -> Delta:
    """A folder's state of now, and the ids of all that lies in it. Raises MailError."""
    return _synced(session, folder, "")


def since(session: EwsSession, folder: bytes, state: bytes) -> Delta | None:
    """What has changed in a folder since this state; None where the server does not take it back: the folder must be
    listed. Raises MailError."""
    try:
        return _synced(session, folder, state.decode())
    except CommandRefused as error:
        if error.code == faults.STALE or error.code in faults.NO_FOLDER:
            return None
        raise


def _synced(session: EwsSession, folder: bytes, state: str) -> Delta:
    there: set[str] = set()
    gone: set[str] = set()
    last = False
    while not last:
        message = session.ask_one(requests.sync_items(folder, state))
        before, state = state, message.told("SyncState")
        last = message.told("IncludesLastItemInRange").lower() in ("true", "1")
        if not state or (not last and state == before):
            raise ProtocolViolation(f"{session.server.where} begins to tell a folder's changes again and again.")
        changes = message.find("Changes")
        for change in changes.children if changes else ():
            ids = [each.attributes.get("Id", "") for each in change.walk() if each.name == "ItemId"][:1]
            if change.name in _CHANGED:
                there.update(ids)
            elif change.name in ("Delete", "SoftDelete"):
                there.difference_update(ids)
                gone.update(ids)
    return Delta(state, _ids(there), _ids(gone - there))


def _ids(found: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, found))
