"""Items as listings show them: what they are, and what IMAP knows of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tui_migrate.errors import CommandRefused, ProtocolViolation
from tui_migrate.mail.ews import faults, requests
from tui_migrate.mail.ews.answers import Element
from tui_migrate.mail.ews.folders import EwsFolder
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.mapi.classes import why_no_mail
from tui_migrate.mail.mapi.flags import flags_of
from tui_migrate.mail.message import internal_date
from tui_migrate.mail.protocols import Listed
from tui_migrate.uidset import chunks

_ASKED_AT_ONCE = 200
"""Items whose properties are asked for by their ids."""
_TIMES = 3
"""That a folder is listed, while mail comes and goes there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item."""

    id: str
    item_class: str
    size: int
    """In octets, as Exchange keeps it: its MIME is larger or smaller."""
    instant: int | None
    flags: frozenset[str]

    def listed(self, uid: int) -> Listed:
        """As a message of a listing."""
        date = b"" if self.instant is None else internal_date(self.instant)
        return Listed(uid, self.flags, date, self.instant if date else None, self.size, named=True)


@dataclass(slots=True)
class Contents:
    """What lies in a folder."""

    mail: list[Row] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    """Items that are no mail, by why not."""
    octets: Counter[str] = field(default_factory=Counter)
    """Of those."""

    def add(self, row: Row, folder: EwsFolder) -> None:
        """Sort an item in."""
        reason = why_no_mail(row.item_class, folder.folder_class)
        if reason is None:
            self.mail.append(row)
        else:
            self.excluded[reason] += 1
            self.octets[reason] += row.size


def contents(session: EwsSession, folder: EwsFolder, known: Iterable[str] = ()) -> Contents:
    """All items of a folder. `known`: ids that a state of before tells of; one that a page has not shown, because
    others have gone meanwhile, is asked for by itself. Raises MailError."""
    rows = _pages(session, folder)
    missing = [each for each in known if each not in rows]
    for row in look_up(session, missing):
        rows[row.id] = row
    found = Contents()
    for row in rows.values():
        found.add(row, folder)
    return found


def look_up(session: EwsSession, ids: Iterable[str]) -> Iterator[Row]:
    """These items, but for those that are gone. Raises MailError."""
    for some in chunks([*ids], _ASKED_AT_ONCE):
        for message in session.ask(requests.get_items(some)):
            error = faults.refusal(message, "GetItem")
            if error is None:
                items = message.find("Items")
                yield from map(_row, items.children if items else ())
            elif not isinstance(error, CommandRefused) or error.code not in faults.GONE:
                raise error


def _pages(session: EwsSession, folder: EwsFolder) -> dict[str, Row]:
    """By id. Where the number of items changes between two pages, one may be on neither: then all are asked for again,
    and what was seen in any of them counts."""
    rows: dict[str, Row] = {}
    for _ in range(_TIMES):
        offset, last, totals = 0, False, set()
        seen = 0
        while not last:
            message = session.ask_one(requests.find_items(folder.name, offset))
            root = message.find("RootFolder")
            items = root.find("Items") if root else None
            if root is None:
                raise ProtocolViolation(f"{session.server.where} lists a folder without its items.")
            page = [_row(each) for each in items.children] if items else []
            rows.update((row.id, row) for row in page if row.id)
            seen += len(page)
            offset += len(page)
            totals.add(root.attributes.get("TotalItemsInView", ""))
            last = root.attributes.get("IncludesLastItemInRange", "true").lower() == "true" or not page
        if len(totals) == 1 and str(seen) in totals:
            break
    return rows


def _row(element: Element) -> Row:
    named = element.find("ItemId")
    size = element.told("Size")
    categories = element.find("Categories")
    return Row(
        named.attributes.get("Id", "") if named else "",
        element.told("ItemClass") or _CLASSES.get(element.name, ""),
        int(size) if size.isdecimal() and len(size) < 12 else 0,
        _instant(element.told("DateTimeReceived")),
        flags_of(dict(_properties(element)), [each.text for each in categories.children] if categories else ()),
    )


_CLASSES = {
    "CalendarItem": "IPM.Appointment",
    "Contact": "IPM.Contact",
    "DistributionList": "IPM.DistList",
    "Task": "IPM.Task",
}
"""By the element, where the class is not told."""


def _properties(element: Element) -> Iterator[tuple[int, int]]:
    for each in element.children:
        uri = each.find("ExtendedFieldURI") if each.name == "ExtendedProperty" else None
        if uri is not None:
            try:
                yield int(uri.attributes.get("PropertyTag", ""), 0), int(each.told("Value")[:12])
            except ValueError:
                continue


def _instant(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
