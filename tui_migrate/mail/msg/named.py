"""Names of named properties in a .msg file (MS-OXMSG section 2.2.3)."""

from __future__ import annotations

import struct
from typing import Final

from tui_migrate.mail.msg.compound import Storage

_NAMES: Final = "__nameid_version1.0"
_GUIDS: Final = "__substg1.0_00020102"
_ENTRIES: Final = "__substg1.0_00030102"
_STRINGS: Final = "__substg1.0_00040102"
_ENTRY = struct.Struct("<IHH")
_PUBLIC_STRINGS: Final = 2
"""Place of that set among those that every file has without saying so."""
_PUBLIC_STRINGS_GUID: Final = bytes.fromhex("2903020000000000C000000000000046")
_OWN_GUIDS: Final = 3
_FIRST: Final = 0x8000
_LONGEST: Final = 512


def public_string(root: Storage, name: str) -> int | None:
    """The id that a name of the public strings has in this file, without regard to case. Raises MessageDamaged."""
    names = root.storage(_NAMES)
    if names is None:
        return None
    guids, strings = names.read(_GUIDS), names.read(_STRINGS)
    entries = names.read(_ENTRIES)
    number: int
    for offset, kind, number in _ENTRY.iter_unpack(entries[: len(entries) // _ENTRY.size * _ENTRY.size]):
        by_string, guid = kind & 1, kind >> 1
        if not by_string:
            continue
        own = (guid - _OWN_GUIDS) * 16
        public = guid == _PUBLIC_STRINGS or (own >= 0 and guids[own : own + 16] == _PUBLIC_STRINGS_GUID)
        if public and _string(strings, offset).lower() == name.lower():
            return _FIRST + number
    return None


def _string(strings: bytes, offset: int) -> str:
    length = min(int.from_bytes(strings[offset : offset + 4], "little"), _LONGEST)
    return strings[offset + 4 : offset + 4 + length].decode("utf-16-le", "replace")
