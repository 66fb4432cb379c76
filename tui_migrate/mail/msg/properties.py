"""Properties of one object in a .msg file (MS-OXMSG section 2.4)."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi.codepages import encoding_of
from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.msg.compound import Storage

PROPERTIES: Final = "__properties_version1.0"
DATA: Final = 0x3701
_ENTRY = struct.Struct("<HH4x8s")
_STREAM = re.compile(r"__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})")
_MESSAGE_CODEPAGE, _INTERNET_CODEPAGE = 0x3FFD, 0x3FDE

_STRING8, _STRING, _BINARY, _GUID, _MANY = 0x001E, 0x001F, 0x0102, 0x0048, 0x1000

_FIXED: Mapping[int, Callable[[bytes], Value]] = {
    0x0002: lambda raw: int.from_bytes(raw[:2], "little", signed=True),
    0x0003: lambda raw: int.from_bytes(raw[:4], "little", signed=True),
    0x0004: lambda raw: float(struct.unpack_from("<f", raw)[0]),
    0x0005: lambda raw: float(struct.unpack_from("<d", raw)[0]),
    0x0006: lambda raw: int.from_bytes(raw, "little", signed=True),
    0x0007: lambda raw: float(struct.unpack_from("<d", raw)[0]),
    0x000B: lambda raw: raw[:2] != b"\0\0",
    0x0014: lambda raw: int.from_bytes(raw, "little", signed=True),
    0x0040: lambda raw: int.from_bytes(raw, "little"),
}
"""What stands in the entry itself, by type."""
_NOTHING = 2
"""Octets that an empty string counts, with the NUL that ends it."""
_USUAL = "cp1252"
_WIDTHS = {0x1002: 2, 0x1003: 4, 0x1014: 8, 0x1040: 8}


class MsgProperties(Mapping[int, Value]):
    """Read when they are asked for, which may raise MessageDamaged. What is attached (0x3701) is left out."""

    def __init__(self, storage: Storage, header: int, encoding: str | None = None) -> None:
        """`header`: octets before the first entry. `encoding`: of 8-bit strings, where the object itself does not tell
        (a message does). Raises MessageDamaged."""
        self._storage = storage
        self._fixed: dict[int, tuple[int, bytes]] = {}
        if PROPERTIES not in storage.streams():
            raise MessageDamaged("The file is damaged, or no message that Outlook has saved: it has no properties.")
        stream = storage.read(PROPERTIES)
        self.header = stream[:header]
        entries = stream[header:]
        self._listed: set[int] = set()
        for kind, tag, raw in _ENTRY.iter_unpack(entries[: len(entries) // _ENTRY.size * _ENTRY.size]):
            if kind in _FIXED:
                self._fixed[tag] = kind, raw
            elif int.from_bytes(raw[:4], "little") > _NOTHING:
                self._listed.add(tag)
        self._streams: dict[int, tuple[int, str]] = {}
        for name in storage.streams():
            if (found := _STREAM.fullmatch(name)) and int(found[1], 16) != DATA:
                self._streams[int(found[1], 16)] = int(found[2], 16), name
        self.encoding = encoding or self._told_encoding()

    def lists(self, tag: int) -> bool:
        """True when the file says that there is something of this property, elsewhere."""
        return tag in self._listed

    def __getitem__(self, tag: int) -> Value:
        if tag in self._fixed:
            kind, raw = self._fixed[tag]
            return _FIXED[kind](raw)
        if tag not in self._streams and tag != DATA and tag in self._listed:
            raise MessageDamaged("A part of the message is not in the file, which says that it is.")
        kind, name = self._streams[tag]
        if kind & _MANY:
            return self._many(kind & ~_MANY, name)
        return self._one(kind, self._storage.read(name))

    def __iter__(self) -> Iterator[int]:
        return iter({**self._fixed, **self._streams})

    def __len__(self) -> int:
        return len({**self._fixed, **self._streams})

    def _told_encoding(self) -> str:
        for tag in (_MESSAGE_CODEPAGE, _INTERNET_CODEPAGE):
            if tag in self._fixed and (found := encoding_of(int.from_bytes(self._fixed[tag][1][:4], "little"))):
                return found if found != "ascii" else _USUAL
        return _USUAL

    def _one(self, kind: int, raw: bytes) -> str | bytes:
        if kind == _STRING:
            return raw.decode("utf-16-le", "replace").rstrip("\0")
        if kind == _STRING8:
            return raw.decode(self.encoding, "replace").rstrip("\0")
        return raw

    def _many(self, kind: int, name: str) -> Value:
        """Several values: packed in one stream, or each in its own, numbered."""
        if width := _WIDTHS.get(kind | _MANY):
            raw = self._storage.read(name)
            return tuple(
                int.from_bytes(raw[at : at + width], "little", signed=kind != 0x40)
                for at in range(0, len(raw) - width + 1, width)
            )
        there = {each for each in self._storage.streams() if each.startswith(f"{name}-")}
        numbered = (f"{name}-{number:08x}" for number in range(len(there)))
        raws = [self._storage.read(each) for each in numbered if each in there]
        if kind in (_STRING, _STRING8):
            return tuple(str(self._one(kind, raw)) for raw in raws)
        return tuple(raws)
