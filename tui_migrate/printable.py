"""Text that a terminal, a table or a page may be given: names, subjects and replies come from strangers' servers.

Whatever is painted, printed or written to a file for people goes through `printable`, so that an escape sequence in a
subject moves no cursor, no name reads backwards, and a terminal without UTF-8 gets ASCII.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    "\ud800-\udfff]"
)
"""Controls, what turns the direction of writing or hides in it, and lone surrogates, which no encoding can send."""

_TWINS = str.maketrans(
    {
        "▸": ">", "→": ">", "›": ">",
        "●": "*", "○": "o", "◌": "?",
        "▶": ">", "‖": "=", "◔": "@", "◷": "#", "◇": "~", "□": ".", "△": "^", "✔": "+", "▲": "!", "✖": "x",
        "█": "#", "░": ".",
        "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
        "×": "x",
        "·": "|", "–": "-", "…": "~", "•": "*",
    }
)  # fmt: skip
"""One ASCII cell for each of our own glyphs, so that columns stay where they are."""


def printable(text: str, *, ascii_only: bool = False) -> str:
    """`text` with nothing in it that a terminal would obey; control characters become visible (␛ for escape)."""
    if not (text.isascii() and text.isprintable()):
        text = _CONTROL.sub(_visible, text)
        if ascii_only:
            text = text.translate(_TWINS).encode("ascii", "replace").decode()
    return text


def harmless(text: str) -> str:
    """`text` for a file or a pipe, with a replacement character for each control."""
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


def plural(number: int, noun: str) -> str:
    """`1 account`, `2,000 accounts`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
