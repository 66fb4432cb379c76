"""Named properties: which property id a name has in this file ([MS-PST] section 2.4.7)."""

from __future__ import annotations

from struct import iter_unpack, unpack_from

from tui_migrate.mail.pst.context import PropertyContext

_GUIDS, _ENTRIES, _STRINGS = 2, 3, 4
"""Properties of the map."""
_PUBLIC = bytes.fromhex("2903020000000000c000000000000046")
"""The set of names PS_PUBLIC_STRINGS."""
_PUBLIC_NUMBER, _FIRST_GUID = 2, 3
_FIRST_ID = 0x8000
_MOST = 0x8000
"""Names: there are no more ids."""


def public_name(names: PropertyContext, name: str) -> int | None:
    """The id of a property with a name in the set of public strings; None when no item here has one. Raises Damage."""
    guids, entries, strings = (names.octets(key) for key in (_GUIDS, _ENTRIES, _STRINGS))
    wanted = name.encode("utf-16-le")
    for place, which, number in iter_unpack("<IHH", entries[: min(len(entries), _MOST * 8) // 8 * 8]):
        number_of_set = which >> 1
        public = number_of_set == _PUBLIC_NUMBER or (
            number_of_set >= _FIRST_GUID and guids[(number_of_set - _FIRST_GUID) * 16 :][:16] == _PUBLIC
        )
        if which & 1 and public:
            (length,) = unpack_from("<I", strings, place)
            if strings[place + 4 : place + 4 + length] == wanted:
                return int(_FIRST_ID + number)
    return None
