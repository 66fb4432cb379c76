"""What a folder's listing tells of its messages, and what must be asked of the messages themselves."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.pst.damage import DAMAGE
from tui_migrate.mail.pst.item import CODEPAGE
from tui_migrate.mail.pst.store import CONTENTS, MESSAGE, Store, encoding_told, kind_of, text_in
from tui_migrate.mail.pst.values import texts

SIZE = 0x0E08
_TOLD = (tags.MESSAGE_CLASS, SIZE, tags.DELIVERY_TIME, tags.SUBMIT_TIME)
"""All tables have these."""
_FLAGS = (tags.MESSAGE_FLAGS, tags.FLAG_STATUS, tags.LAST_VERB, tags.ICON)
"""Tables have those of them that a view of the folder has once shown."""
_DATES = (tags.TRANSPORT_HEADERS, tags.CREATION_TIME)
"""They tell when a message came that has neither a delivery nor a submit time."""


class Row:
    """A message, as far as it is known without its mail being made."""

    __slots__ = ("_asked", "_complete", "_store", "keywords", "nid", "values")

    def __init__(self, store: Store, nid: int, values: dict[int, Value], complete: bool) -> None:
        self._store = store
        self._complete = complete
        self._asked = False
        self.nid = nid
        self.values = values
        """By property id."""
        self.keywords: Sequence[str] = ()
        if complete and store.keywords is not None:
            self.keywords = texts(values.get(store.keywords))

    @property
    def message_class(self) -> str:
        """Empty where nothing tells it."""
        if tags.MESSAGE_CLASS not in self.values:
            self._ask()
        return tags.text(self.values, tags.MESSAGE_CLASS)

    def complete(self) -> None:
        """Have all that flags and dates are known by. What is damaged is not known: that is said when the message is
        read."""
        if not self._complete or not (tags.DELIVERY_TIME in self.values or tags.SUBMIT_TIME in self.values):
            self._ask()

    def _ask(self) -> None:
        if self._asked:
            return
        self._asked = True
        store, values = self._store, self.values
        try:
            context = store.context(self.nid)
            text = text_in(encoding_told(context.number(CODEPAGE)), store.encoding)
            for key in (*_TOLD, *_FLAGS):
                if key in context.entries and key not in values and (value := context.value(key, text)) is not None:
                    values[key] = value
            if store.keywords is not None and store.keywords in context.entries:
                self.keywords = texts(context.value(store.keywords, text))
            if not (tags.DELIVERY_TIME in values or tags.SUBMIT_TIME in values):
                for key in _DATES:
                    if (value := context.value(key, text)) is not None:
                        values[key] = value
        except DAMAGE:
            return


def rows_of(store: Store, folder: int) -> Iterator[Row]:
    """The messages of a folder in ascending NID, which is the order in which they came. Of a row that is damaged the
    message itself is asked; where the table is, the node tree tells what lies in the folder. Raises Damage."""
    try:
        table = store.table(folder, CONTENTS)
    except DAMAGE:
        for nid in store.below(folder, MESSAGE):
            yield Row(store, nid, {}, complete=False)
        return
    wanted = {*_TOLD, *_FLAGS} if store.keywords is None else {*_TOLD, *_FLAGS, store.keywords}
    columns = table.columns(wanted)
    complete = len({column.key for column in columns}) == len(wanted)
    last = 0
    for each in array("Q", sorted(number << 32 | place for place, number in table.places)):
        nid, place = each >> 32, each & 0xFFFFFFFF
        if nid == last or kind_of(nid) != MESSAGE:
            continue
        last = nid
        try:
            yield Row(store, nid, table.row(place, nid, columns, store.text), complete)
        except DAMAGE:
            yield Row(store, nid, {}, complete=False)
