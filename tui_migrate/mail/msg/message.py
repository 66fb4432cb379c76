"""A message that Outlook has saved as a file, as an item (MS-OXMSG section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import IO, Final

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.attachments import Method
from tui_migrate.mail.mapi.item import Item, Properties
from tui_migrate.mail.msg.compound import Storage, root_of
from tui_migrate.mail.msg.named import public_string
from tui_migrate.mail.msg.properties import MsgProperties
from tui_migrate.mail.msg.storage import compound_file

_TOP_HEADER: Final = 32
_EMBEDDED_HEADER: Final = 24
_ROW_HEADER: Final = 8
_RECIPIENTS_AT: Final = 16
_ATTACHMENTS_AT: Final = 20
"""Places in the header of a message."""
_RECIPIENT = re.compile(r"__recip_version1\.0_#([0-9a-f]{1,8})")
_ATTACHMENT = re.compile(r"__attach_version1\.0_#([0-9a-f]{1,8})")
_DATA: Final = "__substg1.0_37010102"
_OBJECT: Final = "__substg1.0_3701000d"


def message_in(file: IO[bytes], key: str) -> MsgItem:
    """The message that a file holds, which can be read for as long as the file is open, by one thread at a time.
    `key`: what it is known by. Raises MessageDamaged."""
    root = root_of(file)
    return MsgItem(root, key, _TOP_HEADER, public_string(root, "Keywords"))


class MsgItem:
    """The message, or one that is attached."""

    def __init__(self, storage: Storage, key: str, header: int, keywords_tag: int | None) -> None:
        self._storage = storage
        self._keywords_tag = keywords_tag
        self._properties = MsgProperties(storage, header)
        self.key = key

    @property
    def properties(self) -> Properties:
        """Those of the message itself."""
        return self._properties

    @property
    def codepage(self) -> str:
        """Of its 8-bit strings."""
        return self._properties.encoding

    @property
    def keywords(self) -> Sequence[str]:
        """Its categories."""
        found = self._properties.get(self._keywords_tag) if self._keywords_tag is not None else None
        if isinstance(found, str):
            return (found,)
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, tuple) else ()

    @property
    def recipients(self) -> Sequence[Properties]:
        """In the order of their numbers."""
        rows = self._numbered(_RECIPIENT, _RECIPIENTS_AT)
        return [MsgProperties(row, _ROW_HEADER, self.codepage) for row in rows]

    @property
    def attachments(self) -> Sequence[MsgAttachment]:
        """In the order of their numbers."""
        return [
            MsgAttachment(storage, f"{self.key}.{number}", self.codepage, self._keywords_tag)
            for number, storage in enumerate(self._numbered(_ATTACHMENT, _ATTACHMENTS_AT), 1)
        ]

    def _numbered(self, name: re.Pattern[str], count_at: int) -> list[Storage]:
        """Storages with such a name, in the order of the number in it. How many there are stands in the header."""
        names = [(int(found[1], 16), each) for each in self._storage.storages() if (found := name.fullmatch(each))]
        storages = [below for _, each in sorted(names) if (below := self._storage.storage(each)) is not None]
        if int.from_bytes(self._properties.header[count_at : count_at + 4], "little") > len(storages):
            raise MessageDamaged("Some of what the message holds is not in the file, which says that it is.")
        return storages


class MsgAttachment:
    """An attachment of a message."""

    def __init__(self, storage: Storage, key: str, encoding: str, keywords_tag: int | None) -> None:
        self._storage = storage
        self._key = key
        self._keywords_tag = keywords_tag
        self._properties = MsgProperties(storage, _ROW_HEADER, encoding)

    @property
    def properties(self) -> Properties:
        """Those of the attachment itself."""
        return self._properties

    @property
    def embedded(self) -> Item | None:
        """The message that is attached."""
        if tags.number(self._properties, tags.ATTACH_METHOD) != Method.EMBEDDED_MESSAGE:
            return None
        storage = self._storage.storage(_OBJECT)
        return MsgItem(storage, self._key, _EMBEDDED_HEADER, self._keywords_tag) if storage else None

    def data(self) -> Iterator[bytes]:
        """What is attached; of an OLE object a compound file made of its storage."""
        storage = self._storage.storage(_OBJECT)
        if storage is not None:
            return compound_file(storage.as_root())
        if _DATA not in self._storage.streams() and self._properties.lists(tags.ATTACH_DATA):
            raise MessageDamaged("What is attached to the message is not in the file, which says that it is.")
        return self._storage.pieces(_DATA)
