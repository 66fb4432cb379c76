"""What has happened in a folder since a state of it was kept: a few rows in the place of a listing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple, Self

from tui_migrate.mail.files.numbered import listed
from tui_migrate.mail.graph.codes import Refused
from tui_migrate.mail.graph.listing import delta_rows, looked_up
from tui_migrate.mail.graph.rows import GraphItem, no_mail
from tui_migrate.mail.graph.session import GraphSession, Json
from tui_migrate.mail.protocols import Changes
from tui_migrate.mail.states import States

_MOST_ASKED = 50
"""Items that are asked for one by one, since a delta tells only what has changed of them. A listing asks once for
a thousand of them."""


class FolderState(NamedTuple):
    """A folder as it was, and what leads to its changes since."""

    link: str
    uidnext: int
    messages: int

    def packed(self) -> bytes:
        """For a store."""
        return json.dumps(self).encode()

    @classmethod
    def of(cls, packed: bytes) -> Self:
        """As it was packed."""
        return cls(*json.loads(packed))


class Followed(NamedTuple):
    """What has come of a state."""

    state: FolderState
    changes: Changes | None
    """None: nothing has happened."""


def follow(session: GraphSession, states: States, folder: bytes, state: FolderState, items: int) -> Followed | None:
    """What has happened in a folder of mail alone, which is said to hold so many items now. None where that cannot be
    told for certain, or costs more than to list all of it. Raises MailError."""
    try:
        rows, link = delta_rows(session, state.link)
    except Refused as refused:
        if refused.state_lost or refused.status == 400:
            return None
        raise
    gone = {name for each in rows if "@removed" in each and isinstance(name := each.get("id"), str)}
    told = {name: each for each in rows if "@removed" not in each and isinstance(name := each.get("id"), str)}
    if not gone and not told:
        return Followed(state, None) if items == state.messages else None
    known = states.known(folder, [*gone, *told])
    found = _looked_up(session, list(told.values()))
    if found is None or any(no_mail(each) for each in found) or not gone <= known.keys():
        return None
    changed = sum(each.name in known for each in found)
    new = len(found) - changed
    unlisted = state.messages - len(gone) - changed
    if unlisted < 0 or unlisted + len(found) != items:
        return None
    uids = states.add(folder, [each.name for each in found])
    messages = sorted((listed(*each) for each in zip(uids, found, strict=True)), key=lambda each: each.uid)
    uidnext = max([state.uidnext, *(uid + 1 for uid in uids)])
    return Followed(FolderState(link, uidnext, items), Changes(tuple(messages), unlisted, items, new))


def _looked_up(session: GraphSession, rows: Sequence[Json]) -> list[GraphItem] | None:
    """These items as they are now; None where it would take too many questions."""
    if len(rows) > _MOST_ASKED:
        return None
    found = [looked_up(session, each["id"]) for each in rows]
    return [each for each in found if each is not None]
