"""What RTF holds besides formatting: the HTML or the text that it was made from (MS-OXRTFEX)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from tui_migrate.mail.mapi.codepages import encoding_of


class Origin(Enum):
    """What an RTF document was made from."""

    HTML = "html"
    TEXT = "text"
    RTF = "rtf"


_HEAD = 2048
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n\0]+)|[\r\n\0]+|\\",
    re.DOTALL,
)
_CHARSET_CODEPAGES = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip
_SIGNS: Final = {
    b"par": "\r\n", b"line": "\r\n", b"tab": "\t", b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c",
    b"rdblquote": "\u201d", b"bullet": "\u2022", b"endash": "\u2013", b"emdash": "\u2014", b"enspace": "\u2002",
    b"emspace": "\u2003", b"zwj": "\u200d", b"zwnj": "\u200c", b"cell": "\t", b"row": "\r\n", b"sect": "\r\n",
}  # fmt: skip
_SYMBOLS: Final = {
    b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "\xad", b"\r": "\r\n", b"\n": "\r\n", b"\t": "\t",
}  # fmt: skip
_IN_HTML: Final = {"\xa0": "&nbsp;", "\xad": "&shy;"}
_NO_TEXT: Final = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf "
    b"footnote pntext nonshppict listtable listoverridetable revtbl themedata datastore fldinst".split()
)
"""Destinations whose text is none of the document's (section 2.1.3.1.4 and the RTF specification)."""


def origin(rtf: bytes) -> Origin:
    r"""What RTF was made from: `\fromhtml1` and `\fromtext` stand before the first group (section 2.2.3.1)."""
    start = rtf.find(b"{\\rtf")
    if start < 0 or start > _HEAD:
        return Origin.RTF
    end = rtf.find(b"{", start + 1, start + _HEAD)
    head = rtf[start : end if end > 0 else start + _HEAD]
    if b"\\fromhtml1" in head:
        return Origin.HTML
    return Origin.TEXT if b"\\fromtext" in head else Origin.RTF


def html_of(rtf: bytes) -> str:
    r"""The HTML that was put into RTF: what stands in `\*\htmltag` groups, and the text between them that is not said
    to be RTF's alone by `\htmlrtf`."""
    return _Extraction(html=True).run(rtf)


def text_of(rtf: bytes) -> str:
    """The text of RTF, without its formatting."""
    return _Extraction(html=False).run(rtf)


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits, and what ends with it."""

    encoding: str
    skipped: bool = False
    fonts: bool = False
    """In the table of fonts."""
    tag: bool = False
    """In a group of HTML."""
    hidden: bool = False
    r"""Between `\htmlrtf` and `\htmlrtf0`."""
    fallbacks: int = 1
    r"""Characters after a `\u` that stand for it elsewhere."""


@dataclass(slots=True)
class _Extraction:
    html: bool
    out: list[str] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    """8-bit text that is not decoded yet: a character may have two octets."""
    default: str = "cp1252"
    state: _State = _State("cp1252")
    outer: list[_State] = field(default_factory=list)
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    usual_font: int = 0
    left: int = 0
    r"""Characters still to be left out after a `\u`."""
    opened: bool = False
    """True at the start of a group, where its destination stands."""
    optional: bool = False
    r"""True after `\*`."""

    def run(self, rtf: bytes) -> str:
        """All of the document's text."""
        for token in _tokens(rtf):
            word, parameter, octet, symbol, brace, text = token.groups()
            if text is not None:
                self._octets(text)
                self.opened = False
            elif word is not None:
                self._word(word, int(parameter) if parameter else None)
            elif octet is not None:
                self._octets(bytes((int(octet, 16),)))
                self.opened = False
            elif brace is not None:
                self._brace(brace)
            elif symbol is not None:
                self._symbol(symbol)
        self._decode()
        # A `\\u` holds 16 bits: characters beyond them are written as two.
        return "".join(self.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    @property
    def _visible(self) -> bool:
        state = self.state
        return not (state.skipped or state.hidden or state.fonts)

    def _octets(self, text: bytes) -> None:
        if self.left:
            skipped = min(self.left, len(text))
            self.left -= skipped
            text = text[skipped:]
        if self._visible:
            self.raw += text

    def _decode(self) -> None:
        if self.raw:
            self.out.append(self.raw.decode(self.default if self.state.tag else self.state.encoding, "replace"))
            self.raw.clear()

    def _say(self, text: str) -> None:
        if self._visible:
            self._decode()
            self.out.append(text)

    def _brace(self, brace: bytes) -> None:
        self._decode()
        self.left = 0
        self.optional = False
        if brace == b"{":
            self.outer.append(self.state)
            self.opened = True
        else:
            self.opened = False
            if self.outer:
                self.state = self.outer.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.optional = self.opened
            return
        self.opened = False
        if self.left:
            self.left -= 1
        elif symbol in b"\\{}" and not self.state.fonts:
            self._octets(symbol)
        elif sign := _SYMBOLS.get(symbol):
            self._say(_IN_HTML.get(sign, sign) if self.html else sign)

    def _word(self, word: bytes, parameter: int | None) -> None:
        opened, optional = self.opened, self.optional
        self.opened = self.optional = False
        if opened and (optional or word in _NO_TEXT) and self._destination(word):
            return
        if self.left:
            self.left -= 1
        elif word == b"u":
            self._say(chr((parameter or 0) & 0xFFFF))
            self.left = self.state.fallbacks
        elif word == b"f":
            self._font(parameter or 0)
        elif word == b"htmlrtf" and self.html:
            self._change(replace(self.state, hidden=parameter != 0))
        elif sign := _SIGNS.get(word):
            self._say(sign)
        else:
            self._setting(word, parameter)

    def _destination(self, word: bytes) -> bool:
        if word == b"htmltag" and self.html:
            self._change(replace(self.state, tag=True))
        elif word == b"fonttbl":
            self._change(replace(self.state, fonts=True))
        elif word != b"shppict":
            self._change(replace(self.state, skipped=True))
        return True

    def _font(self, number: int) -> None:
        self.font = number
        if not self.state.fonts:
            self._change(replace(self.state, encoding=self.fonts.get(number, self.default)))

    def _setting(self, word: bytes, parameter: int | None) -> None:
        if word == b"uc":
            self._change(replace(self.state, fallbacks=min(max(parameter or 0, 0), 16)))
        elif word == b"ansicpg":
            self.default = encoding_of(parameter) or self.default
            self._change(replace(self.state, encoding=self.default))
        elif word == b"deff":
            self.usual_font = parameter or 0
        elif word == b"plain":
            self._change(replace(self.state, encoding=self.fonts.get(self.usual_font, self.state.encoding)))
        elif word in (b"fcharset", b"cpg") and self.state.fonts:
            codepage = parameter if word == b"cpg" else _CHARSET_CODEPAGES.get(parameter or 0)
            if encoding := encoding_of(codepage):
                self.fonts[self.font] = encoding

    def _change(self, state: _State) -> None:
        self._decode()
        self.state = state


def _tokens(rtf: bytes) -> Iterator[re.Match[bytes]]:
    r"""All tokens but `\bin` and the octets that it counts, which are no RTF."""
    place: int | None = 0
    while place is not None:
        start, place = place, None
        for token in _TOKEN.finditer(rtf, start):
            if token[1] == b"bin":
                place = token.end() + max(int(token[2] or 0), 0)
                break
            yield token
