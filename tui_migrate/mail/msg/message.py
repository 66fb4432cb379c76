"""A message that Outlook has saved as a file, as an item (MS-OXMSG section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.attachments import Method
from tui_migrate.mail.mapi.item import Item, Properties
from tui_migrate.mail.msg.compound import CompoundFile, Storage
from tui_migrate.mail.msg.named import public_string
from tui_migrate.mail.msg.properties import MsgProperties
from tui_migrate.mail.msg.storage import compound_file

_TOP_HEADER: Final = 32
_EMBEDDED_HEADER: Final = 24
_ROW_HEADER: Final = 8
_RECIPIENT = re.compile(r"__recip_version1\.0_#([0-9a-f]{1,8})")
_ATTACHMENT = re.compile(r"__attach_version1\.0_#([0-9a-f]{1,8})")
_DATA: Final = "__substg1.0_37010102"
_OBJECT: Final = "__substg1.0_3701000d"


class MsgFile:
    """A .msg file, open."""

    def __init__(self, path: Path, key: str) -> None:
        """`key`: what the item is known by. Raises FilesMissing; MessageDamaged when the file is no message."""
        self._file = CompoundFile(path)
        try:
            root = self._file.root
            self.item = MsgItem(root, key, _TOP_HEADER, public_string(root, "Keywords"))
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Give back the file; nothing of the item can be read any more."""
        self._file.close()


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
        return [MsgProperties(row, _ROW_HEADER, self.codepage) for row in _numbered(self._storage, _RECIPIENT)]

    @property
    def attachments(self) -> Sequence[MsgAttachment]:
        """In the order of their numbers."""
        return [
            MsgAttachment(storage, f"{self.key}.{number}", self.codepage, self._keywords_tag)
            for number, storage in enumerate(_numbered(self._storage, _ATTACHMENT), 1)
        ]


class MsgAttachment:
    """An attachment of a message."""

    def __init__(self, storage: Storage, key: str, encoding: str, keywords_tag: int | None) -> None:
        self._storage = storage
        self._key = key
        self._keywords_tag = keywords_tag
        self.properties: Properties = MsgProperties(storage, _ROW_HEADER, encoding)

    @property
    def embedded(self) -> Item | None:
        """The message that is attached."""
        if tags.number(self.properties, tags.ATTACH_METHOD) != Method.EMBEDDED_MESSAGE:
            return None
        storage = self._storage.storage(_OBJECT)
        return MsgItem(storage, self._key, _EMBEDDED_HEADER, self._keywords_tag) if storage else None

    def data(self) -> Iterator[bytes]:
        """What is attached; of an OLE object a compound file made of its storage."""
        storage = self._storage.storage(_OBJECT)
        return compound_file(storage.as_root()) if storage else self._storage.pieces(_DATA)


def _numbered(storage: Storage, name: re.Pattern[str]) -> list[Storage]:
    """Storages with such a name, in the order of the number in it."""
    found = sorted((int(match[1], 16), each) for each in storage.storages() if (match := name.fullmatch(each)))
    return [below for _, each in found if (below := storage.storage(each)) is not None]
