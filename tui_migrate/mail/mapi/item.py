"""An item as Outlook keeps it, whatever file or server it came out of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

Value = bool | int | float | str | bytes | tuple[int, ...] | tuple[str, ...] | tuple[bytes, ...]
"""Of a property: moments (PtypTime) are whole numbers of 100 ns since 1601 in UTC, strings are decoded."""

Properties = Mapping[int, Value]
"""By property id, the upper 16 bits of a property tag. Reading a value may raise MessageDamaged."""


class Attachment(Protocol):
    """An attachment of an item."""

    @property
    def properties(self) -> Properties:
        """Small ones; not the data (0x3701)."""

    @property
    def embedded(self) -> Item | None:
        """The item that is attached (method 5); raises MessageDamaged."""

    def data(self) -> Iterator[bytes]:
        """What is attached, in pieces; of an OLE object (method 6) the storage. Raises MessageDamaged."""


class Item(Protocol):
    """A message, or something that is none."""

    @property
    def key(self) -> str:
        """Which item of its store it is. Of two readings of the same item it is the same."""

    @property
    def properties(self) -> Properties:
        """Those of the item itself."""

    @property
    def keywords(self) -> Sequence[str]:
        """Its categories: the named property `Keywords` of the public strings."""

    @property
    def codepage(self) -> str:
        """Python's name of the encoding of its 8-bit strings."""

    @property
    def recipients(self) -> Sequence[Properties]:
        """In the order of the table. Raises MessageDamaged."""

    @property
    def attachments(self) -> Sequence[Attachment]:
        """In the order of the table. Raises MessageDamaged."""
