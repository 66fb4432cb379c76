"""Values of properties, by their type ([MS-OXCDATA] section 2.11.1, [MS-PST] section 2.3.3)."""

from __future__ import annotations

from codecs import utf_16_le_decode
from collections.abc import Callable
from itertools import pairwise
from struct import Struct, unpack_from

from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.pst.damage import Damage

STRING8, STRING, BINARY, OBJECT, LONG = 0x001E, 0x001F, 0x0102, 0x000D, 0x0003
_SEVERAL = 0x1000
_FIXED = {
    0x0002: Struct("<h"),
    0x0003: Struct("<i"),
    0x0004: Struct("<f"),
    0x0005: Struct("<d"),
    0x0006: Struct("<q"),
    0x0007: Struct("<d"),
    0x000B: Struct("<?"),
    0x0014: Struct("<q"),
    0x0040: Struct("<Q"),
}
"""Type: how its value is laid out."""
INLINE = frozenset({0x0002, 0x0003, 0x0004, 0x000B})
"""They stand where others say where they lie."""
_GUID = 0x0048
_MANY = frozenset({STRING, STRING8, BINARY, _GUID, 0x0002, 0x0003, 0x0014, 0x0040})
"""Types of which a property may have several values."""
KNOWN = frozenset({*_FIXED, STRING, STRING8, BINARY, OBJECT, _GUID, *(_SEVERAL | kind for kind in _MANY)})
"""Types whose values can be told."""
_MOST = 100_000
"""Values of one property."""

Text = Callable[[bytes], str]
"""What 8-bit strings are decoded with."""


def value_of(kind: int, data: bytes, text: Text) -> Value | None:
    """None: nothing is known of this type. Raises Damage, and struct.error where it is cut short."""
    if kind == STRING:
        return utf16(data)
    if (fixed := _FIXED.get(kind)) is not None:
        value: Value = fixed.unpack_from(data)[0]
        return value
    if kind == STRING8:
        return text(data).rstrip("\0")
    if kind in (BINARY, _GUID, OBJECT):
        return data
    if kind & _SEVERAL:
        return _several(kind & ~_SEVERAL, data, text)
    return None


def _several(kind: int, data: bytes, text: Text) -> Value | None:
    if kind in (STRING, STRING8):
        decode = text if kind == STRING8 else utf16
        return tuple(decode(each).rstrip("\0") for each in _pieces(data))
    if kind == BINARY:
        return tuple(_pieces(data))
    if kind == _GUID:
        return tuple(data[start : start + 16] for start in range(0, len(data) - 15, 16))
    fixed = _FIXED.get(kind)
    if fixed is None or kind not in _MANY:
        return None
    return tuple(each[0] for each in fixed.iter_unpack(data[: len(data) // fixed.size * fixed.size]))


def _pieces(data: bytes) -> list[bytes]:
    """Values of different lengths: their number, where each begins, and they themselves."""
    if not data:
        return []
    (count,) = unpack_from("<I", data)
    if count > _MOST:
        raise Damage(f"a property has {count} values")
    starts = [*unpack_from(f"<{count}I", data, 4), len(data)]
    if starts != sorted(starts):
        raise Damage("the values of a property lie in each other")
    return [data[start:end] for start, end in pairwise(starts)]


def utf16(data: bytes) -> str:
    """A string, without the NUL that ends it. The codec itself: by its name it is looked for each time."""
    return utf_16_le_decode(data, "replace", True)[0].rstrip("\0")


def texts(value: Value | None) -> tuple[str, ...]:
    """A property of several strings, which some programs write as one."""
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, tuple) else ()
