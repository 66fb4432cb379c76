"""The text of a mail: plain, HTML and RTF, as far as the item has them (MS-OXBBODY)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.codepages import charsets, encoding_of
from tui_migrate.mail.mapi.item import Item, Properties
from tui_migrate.mail.mapi.lzfu import decompress
from tui_migrate.mail.mapi.parts import Leaf, Part, Stream, crlf, joined, text_part
from tui_migrate.mail.mapi.rtf import Origin, html_of, origin, text_of

_RTF_WAS_WRITTEN = 2
_RTF_HEADERS = b"Content-Type: application/rtf\r\nContent-Transfer-Encoding: base64\r\n"


@dataclass(frozen=True, slots=True)
class Bodies:
    """What there is to read. All of it may be missing."""

    part: Part | None
    html: str = ""
    """For finding what it refers to."""
    remark: str = ""


def bodies(item: Item) -> Bodies:
    """Text, HTML and RTF of an item. Raises MessageDamaged."""
    properties = item.properties
    text = tags.text(properties, tags.BODY)
    html: str | bytes = tags.octets(properties, tags.HTML) or tags.text(properties, tags.HTML)
    rtf, remark = b"", ""
    if _rtf_counts(properties, bool(text), bool(html)):
        try:
            rtf = decompress(tags.octets(properties, tags.RTF))
        except MessageDamaged as damage:
            if not text and not html:
                raise
            remark = f"{damage.sentence} What else there is of the text was taken."
    was = origin(rtf)
    if was is Origin.HTML:
        html, rtf = html or html_of(rtf), b""
    elif was is Origin.TEXT:
        text, rtf = text or text_of(rtf), b""
    if not text and not html:
        text = text_of(rtf) if rtf else tags.text(properties, tags.REPORT_TEXT)
    parts: list[Part] = []
    if text:
        parts.append(_text(text))
    if html:
        parts.append(_html(html, item))
    if rtf:
        parts.append(Stream(_RTF_HEADERS, lambda: iter((rtf,))))
    shown = html if isinstance(html, str) else html.decode("latin-1")
    return Bodies(joined(b"alternative", parts) if parts else None, shown, remark)


def _rtf_counts(properties: Properties, text: bool, html: bool) -> bool:
    """True when RTF holds what else would be lost: Outlook has said that it is older than the text, or that HTML is
    what was written, where it does not."""
    if not tags.octets(properties, tags.RTF):
        return False
    if html:
        return tags.number(properties, tags.NATIVE_BODY) == _RTF_WAS_WRITTEN
    return not (text and properties.get(tags.RTF_IN_SYNC) is False)


def _text(text: str) -> Leaf:
    if text.isascii():
        return text_part(b"plain", b"us-ascii", crlf(text.encode("ascii")))
    return text_part(b"plain", b"utf-8", crlf(text.encode("utf-8", "replace")))


def _html(html: str | bytes, item: Item) -> Leaf:
    """HTML as its own octets, whatever its `meta` says: the charset of the part has precedence. Where mail has no name
    for their encoding, in UTF-8."""
    encoding = encoding_of(tags.number(item.properties, tags.HTML_CODEPAGE)) or ""
    told = charsets(encoding)
    if isinstance(html, bytes):
        charset = next((charset for codec, charset in told if _decodes(html, codec)), b"")
        if charset or not _decodes(html, encoding):
            return text_part(b"html", charset or _guessed(html, told, item), crlf(html))
        html = html.decode(encoding)
    charset, raw = _written(html, encoding)
    return text_part(b"html", charset, crlf(raw))


def _guessed(html: bytes, told: Sequence[tuple[str, bytes]], item: Item) -> bytes:
    """The charset of HTML that is not in the one that is told, or of which none is told."""
    others = [("utf_8", b"utf-8"), *charsets(item.codepage)]
    return next((charset for codec, charset in others if _decodes(html, codec)), [*told, *others][0][1])


def _written(html: str, encoding: str) -> tuple[bytes, bytes]:
    """HTML that was decoded: as it was before where that can be, else in UTF-8. Charset and octets."""
    for codec, charset in charsets(encoding):
        try:
            return charset, html.encode(codec)
        except UnicodeEncodeError:
            continue
    return b"utf-8", html.encode("utf-8", "replace")


def _decodes(raw: bytes, codec: str) -> bool:
    """False also where there is no codec."""
    try:
        raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
