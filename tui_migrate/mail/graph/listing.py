"""What lies in a folder: listed once as a whole, and kept up by deltas (messages: delta, Microsoft Graph v1.0)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui_migrate.errors import CommandRefused
from tui_migrate.mail.files.archive import Contents, LeftOut
from tui_migrate.mail.graph.codes import Refused
from tui_migrate.mail.graph.rows import (
    EXPANDED,
    PROPERTIES,
    SELECTED,
    GraphItem,
    Marks,
    item_of,
    no_mail,
)
from tui_migrate.mail.graph.session import GraphSession, Json, Page

_PAGE = 1000
"""Entries; more are not given."""
_TIMES_BEGUN = 2
"""A listing may lose its place, or be refused for the properties that it asks for."""
_MOST_LOST = 10
"""Items one behind the other that no page can tell of, before it is the server that is ill."""


@dataclass(slots=True)
class Listing:
    """A folder, as the last delta has left it."""

    folder: str
    """Its id."""
    items: dict[str, GraphItem] = field(default_factory=dict)
    later: str = ""
    """Leads to what has changed since; empty: it must be listed as a whole."""
    lost: int = 0
    """Items that cannot be listed. `damage`: why."""
    damage: CommandRefused | None = None
    contents: Contents[Marks] | None = None
    """Of now."""

    def refreshed(self, session: GraphSession) -> Contents[Marks]:
        """What lies in the folder now. Raises MailError."""
        if self.later:
            try:
                changed, later = delta_rows(session, self.later)
                self._take(session, changed)
                self.later = later
            except Refused as refused:
                if not refused.state_lost and refused.status != 400:
                    raise
                self.later = ""
        if not self.later:
            self._list(session)
        if self.contents is None:
            self.contents = self._contents()
        return self.contents

    def _list(self, session: GraphSession) -> None:
        self.items, self.contents, self.lost, self.damage = {}, None, 0, None
        messages = session.path("mailFolders", self.folder, "messages")
        try:
            rows = self._by_delta(session, f"{messages}/delta")
        except Refused as refused:
            if not refused.ill:
                raise
            rows = self._by_position(session, messages, refused)
        if rows and not any(PROPERTIES in each for each in rows):
            self._complete(session, messages, rows)
        for row in reversed(rows):  # the oldest first
            if "@removed" not in row and isinstance(row.get("id"), str):
                self.items[row["id"]] = item_of(row, None)

    def _by_delta(self, session: GraphSession, target: str) -> list[Json]:
        """All rows, with the properties that Graph may not give in a delta. Raises MailError."""
        query = f"{SELECTED}&{EXPANDED}"
        for _ in range(_TIMES_BEGUN):
            try:
                rows, self.later = delta_rows(session, f"{target}?{query}")
                return rows
            except Refused as refused:
                if refused.status == 400:
                    query = SELECTED
                elif not refused.state_lost:
                    raise
        rows, self.later = delta_rows(session, f"{target}?{query}")
        return rows

    def _by_position(self, session: GraphSession, target: str, refused: Refused) -> list[Json]:
        """All rows but those of items that no page can tell of: by a delta nothing behind such an item is to be had.
        Raises MailError."""
        rows: list[Json] = []
        at, size, in_a_row = 0, _PAGE, 0
        while True:
            try:
                page = session.page(f"{target}?{SELECTED}&{EXPANDED}&$top={size}&$skip={at}", 0)
            except Refused as error:
                if not error.ill or in_a_row == _MOST_LOST:
                    raise
                if size == 1:
                    self.lost, in_a_row = self.lost + 1, in_a_row + 1
                    at, size = at + 1, _PAGE
                else:
                    size = max(1, size // 8)
                continue
            rows += page.values
            at, size, in_a_row = at + len(page.values), _PAGE, 0
            if not page.next or not page.values:
                break
        self.damage = CommandRefused(
            "The source holds items that it cannot list.", server_words=refused.server_words, command=refused.command
        )
        return rows

    def _complete(self, session: GraphSession, target: str, rows: Sequence[Json]) -> None:
        """Add the properties that a delta did not give."""
        found = {
            each["id"]: each.get(PROPERTIES)
            for each in session.pages(f"{target}?$select=id&{EXPANDED}&$top={_PAGE}", 0)
            if isinstance(each.get("id"), str)
        }
        for row in rows:
            row[PROPERTIES] = found.get(row.get("id"))

    def _take(self, session: GraphSession, rows: Sequence[Json]) -> None:
        """Change what is known by a later delta, whose rows tell only what has changed."""
        for row in rows:
            name = row.get("id")
            if not isinstance(name, str):
                continue
            self.contents = None
            if "@removed" in row:
                self.items.pop(name, None)
                continue
            before = self.items.get(name)
            now = item_of(row, before) if PROPERTIES in row and before is not None else looked_up(session, name)
            if now is None:
                self.items.pop(name, None)
            else:
                self.items[name] = now

    def _contents(self) -> Contents[Marks]:
        left_out: dict[str, list[int]] = defaultdict(list)
        mail: list[GraphItem] = []
        for item in sorted(self.items.values(), key=lambda each: each.instant or 0):
            if (reason := no_mail(item)) is not None:
                left_out[reason].append(item.size)
            else:
                mail.append(item)
        excluded = [LeftOut(reason, len(sizes), sum(sizes)) for reason, sizes in sorted(left_out.items())]
        return Contents(mail, excluded, missing=self.lost, damage=self.damage)


def looked_up(session: GraphSession, name: str) -> GraphItem | None:
    """One item as it is now; None when it is gone. Raises MailError."""
    try:
        return item_of(session.json(f"{session.path('messages', name)}?{SELECTED}&{EXPANDED}"), None)
    except Refused as refused:
        if not refused.gone:
            raise
        return None


def delta_rows(session: GraphSession, target: str) -> tuple[list[Json], str]:
    """The rows of a delta, and what leads to later ones. Raises MailError, among them Refused."""
    rows: list[Json] = []
    while True:
        page = _page(session, target)
        rows += page.values
        if not page.next:
            return rows, page.later
        target = page.next


def _page(session: GraphSession, target: str) -> Page:
    """A page, in which there are fewer rows where Graph fails at more: one item may be corrupt. Raises MailError."""
    size = _PAGE
    while True:
        try:
            return session.page(target, size)
        except Refused as refused:
            if not refused.ill or size == 1:
                raise
            size = max(1, size // 8)
