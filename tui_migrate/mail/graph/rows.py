"""Items as a list tells of them: flags, moments, and whether they are mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from tui_migrate.mail.files.archive import Item
from tui_migrate.mail.graph.session import Json
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.classes import why_no_mail
from tui_migrate.mail.mapi.flags import flags_of

_VERB, _SIZE, CLASS = "Integer 0x1081", "Integer 0x0E08", "String 0x001A"
PROPERTIES = "singleValueExtendedProperties"
_READ, _UNSENT, _FLAGGED = 0x01, 0x08, 2
_FOLDER_OF_MAIL = "IPF.Note"


def expanded(*ids: str) -> str:
    """How a list is asked for these properties of each item."""
    wanted = " or ".join(f"id eq '{each}'" for each in ids)
    return f"$expand={PROPERTIES}({quote(f'$filter={wanted}', safe='$=()')})"


SELECTED = "$select=id,receivedDateTime,isRead,isDraft,flag,categories"
EXPANDED = expanded(_VERB, _SIZE, CLASS)


class Marks(NamedTuple):
    """What a user sees of an item beside its text, and what it is."""

    read: bool = False
    draft: bool = False
    flagged: bool = False
    categories: tuple[str, ...] = ()
    verb: int = 0
    """What was done with it: 102 to 104 (MS-OXOMSG section 2.2.1.4)."""
    item_class: str = ""


GraphItem = Item[Marks]
"""Its name is its immutable id."""


def item_of(row: Json, before: GraphItem | None) -> GraphItem:
    """An item, of a row of a list. `before`: as it was known; what the row does not tell has not changed."""
    marks = before.place if before is not None else Marks()
    flag, categories, properties = row.get("flag"), row.get("categories"), properties_of(row)
    if isinstance(flag, dict):
        marks = marks._replace(flagged=flag.get("flagStatus") == "flagged")
    if isinstance(categories, list):
        marks = marks._replace(categories=tuple(map(str, categories)))
    read, draft = row.get("isRead", marks.read), row.get("isDraft", marks.draft)
    verb, item_class = _number(properties.get(_VERB)), properties.get(CLASS, marks.item_class)
    marks = _shared(
        marks._replace(read=read is True, draft=draft is True, verb=verb or marks.verb, item_class=item_class)
    )
    arrived = _instant(row["receivedDateTime"]) if "receivedDateTime" in row else before and before.instant
    size = _number(properties.get(_SIZE)) or (before.size if before is not None else 0)
    return Item(str(row["id"]), marks, _flags(marks), arrived, size)


def properties_of(row: Json) -> Mapping[str, str]:
    """The extended properties of a row, by id."""
    told = row.get(PROPERTIES)
    return {
        _spelled(str(each.get("id"))): str(each.get("value"))
        for each in (told if isinstance(told, list) else ())
        if isinstance(each, dict)
    }


def no_mail(item: GraphItem) -> str | None:
    """What an item is that is no mail; None: it is mail."""
    return why_no_mail(item.place.item_class, _FOLDER_OF_MAIL) if item.place.item_class else None


def _spelled(told: str) -> str:
    """An id as we ask for it: answers spell the number in their own way (`Integer 0xe08`)."""
    kind, _, number = told.partition(" ")
    try:
        return f"{kind} 0x{int(number, 16):04X}"
    except ValueError:
        return told


@lru_cache(maxsize=1024)
def _shared(marks: Marks) -> Marks:
    """The same for all items with the same marks."""
    return marks


@lru_cache(maxsize=1024)
def _flags(marks: Marks) -> frozenset[str]:
    state = (_READ if marks.read else 0) | (_UNSENT if marks.draft else 0)
    properties = {tags.MESSAGE_FLAGS: state, tags.FLAG_STATUS: _FLAGGED if marks.flagged else 0}
    return flags_of(properties | {tags.LAST_VERB: marks.verb}, marks.categories)


def _number(told: str | None) -> int:
    return int(told) if told is not None and told.isascii() and told.isdigit() and len(told) < 16 else 0


def _instant(told: object) -> int | None:
    try:
        return int(datetime.fromisoformat(str(told)).timestamp())
    except (ValueError, OverflowError):
        return None
