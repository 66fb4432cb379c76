"""Windows code pages: Python's codecs for them, and their names in mail."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from functools import lru_cache

_CODECS = {
    708: "iso8859_6", 936: "gbk", 1200: "utf_16_le", 1201: "utf_16_be", 1361: "johab",
    10000: "mac_roman", 10006: "mac_greek", 10007: "mac_cyrillic", 10029: "mac_latin2", 10081: "mac_turkish",
    20127: "ascii", 20866: "koi8_r", 20932: "euc_jp", 20936: "gb2312", 20949: "euc_kr", 21866: "koi8_u",
    28591: "iso8859_1", 28592: "iso8859_2", 28593: "iso8859_3", 28594: "iso8859_4", 28595: "iso8859_5",
    28596: "iso8859_6", 28597: "iso8859_7", 28598: "iso8859_8", 28599: "iso8859_9", 28603: "iso8859_13",
    28605: "iso8859_15", 38598: "iso8859_8", 50220: "iso2022_jp", 50221: "iso2022_jp_ext", 50222: "iso2022_jp_ext",
    50225: "iso2022_kr", 51932: "euc_jp", 51936: "gb2312", 51949: "euc_kr", 52936: "hz", 54936: "gb18030",
    65000: "utf_7", 65001: "utf_8",
}  # fmt: skip

_CHARSETS = {
    "ascii": "us-ascii", "utf_8": "utf-8", "tis_620": "tis-620", "gbk": "gbk", "gb2312": "gb2312",
    "hz": "hz-gb-2312", "gb18030": "gb18030", "cp950": "big5", "big5": "big5", "euc_jp": "euc-jp", "euc_kr": "euc-kr",
    "iso2022_jp": "iso-2022-jp", "iso2022_kr": "iso-2022-kr", "koi8_r": "koi8-r", "koi8_u": "koi8-u",
    "shift_jis": "shift_jis",
}  # fmt: skip

_NARROWER = {
    "cp874": "tis_620", "cp932": "shift_jis", "cp949": "euc_kr", "cp950": "big5", "iso2022_jp_ext": "iso2022_jp",
    "gbk": "gb2312",
}  # fmt: skip
"""What most text in these keeps to, and all programs know by name."""


@lru_cache(maxsize=256)
def encoding_of(codepage: int | None) -> str | None:
    """Python's name for a code page. None when it is not known."""
    name = _CODECS.get(codepage or 0, f"cp{codepage}")
    try:
        codecs.lookup(name)
    except LookupError:
        return None
    return name


@lru_cache(maxsize=256)
def charsets(encoding: str) -> Sequence[tuple[str, bytes]]:
    """Codecs that text in this encoding may be in, and what mail calls them (the IANA's registry); best first. Empty
    when mail has no name for it that is known everywhere."""
    found = []
    for name in (_NARROWER.get(encoding), encoding):
        charset = _CHARSETS.get(name or "")
        if charset is None and name and name.startswith("iso8859_"):
            charset = "iso-8859-" + name[8:]
        if charset is None and name and name.startswith("cp125"):
            charset = "windows-" + name[2:]
        if charset and name:
            found.append((name, charset.encode("ascii")))
    return tuple(found)
