"""Text that a terminal may be given: names, subjects and replies come from strangers' servers.

Whatever our widgets paint goes through `printable`, so that an escape sequence in a subject moves no cursor, and a
terminal without UTF-8 gets ASCII.
"""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Controls, what turns the direction of writing, and lone surrogates, which no encoding can send."""

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


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"
