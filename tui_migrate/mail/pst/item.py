"""Items of a file and what is attached to them, as the builder of mail wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from struct import unpack_from
from typing import TypeVar, overload

from tui_migrate.errors import MailError, MessageDamaged
from tui_migrate.mail.mapi.item import Properties, Value
from tui_migrate.mail.pst.blocks import Node
from tui_migrate.mail.pst.context import Entry, PropertyContext
from tui_migrate.mail.pst.damage import DAMAGE, Damage
from tui_migrate.mail.pst.store import Store, encoding_told, text_in
from tui_migrate.mail.pst.table import Table
from tui_migrate.mail.pst.values import KNOWN, OBJECT, Text, texts

T = TypeVar("T")

_ATTACHMENTS, _RECIPIENTS = 0x671, 0x692
"""NIDs of the tables below an item."""
CODEPAGE, _DATA, _METHOD = 0x3FFD, 0x3701, 0x3705
_NONE = (0, 0, 0)
_EMBEDDED = 5
"""Method of an attachment that is an item."""
_OF_RECIPIENTS = frozenset({0x0C15, 0x0C1B, 0x0C20, 0x0C21, 0x3001, 0x3002, 0x3003, 0x39FE, 0x3A20, 0x5FF6, 0x5FFD})
_DEEPEST = 32
_MOST_EMBEDDED = 1000
_MOST_ATTACHED = 20_000
_MOST_RECIPIENTS = 100_000
_DEFLATED = 1032
"""How much larger than its stream an inflated block can be."""


class ItemProperties(Mapping[int, Value]):
    """Properties, decoded when they are asked for. All of it may raise MessageDamaged."""

    def __init__(self, context: PropertyContext, text: Text, whole: Whole) -> None:
        self._context = context
        self._entries = context.entries
        self._text = text
        self._whole = whole

    def __getitem__(self, key: int) -> Value:
        entry = self._entries.get(key)
        value = None if entry is None else self._told(entry)
        if value is None:
            raise KeyError(key)
        return value

    @overload
    def get(self, key: int, /) -> Value | None: ...

    @overload
    def get(self, key: int, /, default: Value | T) -> Value | T: ...

    def get(self, key: int, /, default: Value | T | None = None) -> Value | T | None:
        """What `Mapping` gives raises an error for what is not there: most of what is asked is not."""
        entry = self._entries.get(key)
        if entry is None:
            return default
        value = self._told(entry)
        return default if value is None else value

    def __contains__(self, key: object) -> bool:
        entry = self._entries.get(key) if isinstance(key, int) else None
        return entry is not None and entry[1] in KNOWN and key != _DATA

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def _keys(self) -> list[int]:
        return [key for key, kind, _ in self._entries.values() if kind in KNOWN and key != _DATA]

    def _told(self, entry: Entry) -> Value | None:
        if entry[0] == _DATA:
            return None
        try:
            return self._context.told(entry, self._text)
        except DAMAGE as damage:
            raise self._whole.error(damage) from damage


class Whole:
    """A message with all that is attached to it, which is bounded: items that name each other would never end."""

    def __init__(self, store: Store, nid: int) -> None:
        self.store = store
        self._nid = nid
        self._items = _MOST_EMBEDDED
        self._attached = _MOST_ATTACHED
        self._octets = 4 * store.disk.size * (_DEFLATED if store.form.deflates else 1)

    def error(self, damage: Exception) -> MailError:
        """What damage to any part of it means. Raises FileChanged when that explains it."""
        return self.store.disk.error(MessageDamaged, f"Message {self._nid:#x} cannot be read.", damage)

    def one_more(self, depth: int) -> None:
        """An embedded item. Raises Damage when there are too many."""
        self._items -= 1
        if self._items < 0 or depth > _DEEPEST:
            raise Damage("too many items are attached in each other")

    def attached(self, number: int) -> None:
        """So many attachments, to an item of it. Raises Damage when there are too many."""
        self._attached -= number
        if self._attached < 0:
            raise Damage("too much is attached")

    def passed(self, octets: int) -> None:
        """So much has been read. Raises Damage when it is more than can be."""
        self._octets -= octets
        if self._octets < 0:
            raise Damage("more is attached than there is in the file")


class PstItem:
    """A message, or something that is none. All of it may raise MessageDamaged."""

    def __init__(self, whole: Whole, node: Node, key: str, usual: str, depth: int = 0) -> None:
        """`usual`: the encoding of 8-bit strings, where the item tells none."""
        self._whole = whole
        self._depth = depth
        self.key = key
        try:
            self._context = PropertyContext(whole.store.blocks, node)
        except DAMAGE as damage:
            raise whole.error(damage) from damage
        own = encoding_told(self._context.number(CODEPAGE))
        self.codepage = own or usual
        self.text = text_in(own, usual)
        self.properties: Properties = ItemProperties(self._context, self.text, whole)

    @property
    def keywords(self) -> Sequence[str]:
        """Its categories."""
        key = self._whole.store.keywords
        return texts(self.properties.get(key)) if key is not None else ()

    @cached_property
    def recipients(self) -> Sequence[Properties]:
        """In the order of the table."""
        try:
            table = self._table(_RECIPIENTS)
            if table is None:
                return ()
            if len(table) > _MOST_RECIPIENTS:
                raise Damage(f"it has {len(table)} recipients")
            columns = table.columns(_OF_RECIPIENTS)
            return [table.row(place, number, columns, self.text) for place, number in table.places]
        except DAMAGE as damage:
            raise self._whole.error(damage) from damage

    @cached_property
    def attachments(self) -> Sequence[PstAttachment]:
        """In the order of the table."""
        try:
            table = self._table(_ATTACHMENTS)
            if table is None:
                return ()
            numbers = dict.fromkeys(number for _, number in table.places)
            self._whole.attached(len(numbers))
            return [self._attachment(number) for number in numbers]
        except DAMAGE as damage:
            raise self._whole.error(damage) from damage

    def _attachment(self, number: int) -> PstAttachment:
        context = PropertyContext(self._whole.store.blocks, self._context.heap.below(number))
        return PstAttachment(self, context, number)

    def _table(self, nid: int) -> Table | None:
        node = self._context.heap.subnodes.find(nid)
        return Table(self._whole.store.blocks, node) if node else None

    def embedded(self, context: PropertyContext, number: int) -> PstItem:
        """The item in an attachment. Raises Damage."""
        self._whole.one_more(self._depth + 1)
        node = context.heap.below(_object(context))
        return PstItem(self._whole, node, f"{self.key}/{number:x}", self.codepage, self._depth + 1)

    def stream(self, context: PropertyContext) -> Iterator[bytes]:
        """What is attached."""
        try:
            if context.entries.get(_DATA, _NONE)[1] == OBJECT:
                pieces = context.heap.stream(_object(context))
            else:
                pieces = context.stream(_DATA)
            for piece in pieces:
                self._whole.passed(len(piece))
                yield piece
        except DAMAGE as damage:
            raise self._whole.error(damage) from damage

    def properties_of(self, context: PropertyContext) -> Properties:
        """Of an attachment."""
        return ItemProperties(context, self.text, self._whole)

    def error(self, damage: Exception) -> MailError:
        """What damage in an attachment means."""
        return self._whole.error(damage)


class PstAttachment:
    """An attachment of an item."""

    def __init__(self, item: PstItem, context: PropertyContext, number: int) -> None:
        self._item = item
        self._context = context
        self._number = number
        self.properties = item.properties_of(context)

    @property
    def embedded(self) -> PstItem | None:
        """The item that is attached (method 5). Raises MessageDamaged."""
        if self._context.number(_METHOD) != _EMBEDDED:
            return None
        try:
            return self._item.embedded(self._context, self._number)
        except DAMAGE as damage:
            raise self._item.error(damage) from damage

    def data(self) -> Iterator[bytes]:
        """What is attached, in the pieces in which it lies. Raises MessageDamaged."""
        return self._item.stream(self._context)


def _object(context: PropertyContext) -> int:
    """NID of the node below an attachment that holds its object. Raises Damage, or struct.error."""
    _, kind, value = context.entries.get(_DATA, _NONE)
    if kind != OBJECT:
        raise Damage("an attachment that is an item has none")
    return int(unpack_from("<I", context.heap.value(value))[0])
