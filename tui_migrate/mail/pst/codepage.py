"""Which code page the 8-bit strings of a file are in. Nothing in the file says that of its folders' names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.pst.damage import DAMAGE
from tui_migrate.mail.pst.item import CODEPAGE
from tui_migrate.mail.pst.letters import likely_codepage
from tui_migrate.mail.pst.store import FOLDER, MESSAGE, USUAL, Store, encoding_told
from tui_migrate.mail.pst.values import STRING8

_OF_MAILBOX, _LOCALE = 0x66C3, 0x3FF1
_TEXTS = (tags.SUBJECT, tags.BODY, tags.SENDER_NAME, tags.DISPLAY_NAME)
_MOST = 500
"""Messages that are asked, and folders."""
_MOST_OCTETS = 1 << 16
"""Of texts, of which not one is longer than a block."""
_OF_LANGUAGES = {
    874: (0x1E,),
    932: (0x11,),
    949: (0x12,),
    950: (0x04,),
    1250: (0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x1C, 0x24),
    1251: (0x02, 0x19, 0x22, 0x23, 0x2F),
    1253: (0x08,),
    1254: (0x1F,),
    1255: (0x0D,),
    1256: (0x01, 0x20, 0x29),
    1257: (0x25, 0x26, 0x27),
    1258: (0x2A,),
}
_OF_LANGUAGE = {language: codepage for codepage, languages in _OF_LANGUAGES.items() for language in languages}
"""What a Windows in a language uses: by the lower ten bits of a locale ([MS-LCID] section 2.2)."""
_OF_INTERNET = {
    932: (20932, 50220, 50221, 50222, 51932),
    936: (20936, 51936, 52936, 54936),
    949: (20949, 50225, 51949),
    1250: (28592,),
    1251: (10007, 20866, 21866, 28595),
    1253: (28597,),
    1254: (28599,),
    1255: (28598, 38598),
    1256: (28596,),
    1257: (28594, 28603),
}
_OF_CHARSET = {charset: codepage for codepage, charsets in _OF_INTERNET.items() for charset in charsets}
"""What a Windows uses in whose language mail came in a charset; of Latin ones nothing is known."""
_SIMPLIFIED = {0x0804: 936, 0x1004: 936}


def propose_codepage(path: Path) -> int | None:
    """See `proposed`, of a file that nobody has opened. Raises MailError."""
    store = Store(path, 0)
    try:
        return proposed(store)
    finally:
        store.disk.close()


def proposed(store: Store) -> int | None:
    """Windows' number of the one that most messages of an ANSI file say theirs are in, or whose language they are in;
    else the one whose letters the texts hold. None: the file is in Unicode, or nothing tells."""
    return (_said(store) or likely_codepage(_texts(store))) if store.form.ansi else None


def remark(store: Store) -> str | None:
    """What an admin wants to know of it; None: the file is in Unicode."""
    if not store.form.ansi:
        return None
    said = _said(store)
    found = said or likely_codepage(_texts(store))
    if found is None:
        return f"old file: names and texts are read as {store.codepage}, and no message says whether that is right"
    by = "the messages say" if said else "their letters say"
    if found == store.codepage:
        return f"old file: names and texts are read as {store.codepage}, as {by}"
    return (
        f"▲ old file: names and texts are read as {store.codepage}; {by} {found}: set the source's code page to {found}"
    )


def _said(store: Store) -> int | None:
    told: Counter[int] = Counter()
    try:
        for nid, _ in islice(store.all_of(MESSAGE), _MOST):
            told.update(_told(store, nid))
    except DAMAGE:
        pass  # what the others have told
    return told.most_common(1)[0][0] if told else None


def _texts(store: Store) -> list[bytes]:
    """Short ones: names of folders and senders, subjects, starts of mail."""
    found: list[bytes] = []
    left = _MOST_OCTETS
    try:
        for nid, _ in chain(islice(store.all_of(FOLDER), _MOST), islice(store.all_of(MESSAGE), _MOST)):
            texts = [*_texts_of(store, nid)]
            found += texts
            left -= sum(map(len, texts))
            if left < 0:
                break
    except DAMAGE:
        pass  # what the others hold
    return found


def _texts_of(store: Store, nid: int) -> Iterator[bytes]:
    try:
        context = store.context(nid)
        for key in _TEXTS:
            _, kind, place = context.entries.get(key, (key, 0, 0))
            if kind == STRING8 and not place & 0x1F:
                yield context.heap.value(place)
    except DAMAGE:
        return


def _told(store: Store, nid: int) -> list[int]:
    try:
        context = store.context(nid)
    except DAMAGE:
        return []
    for key in (CODEPAGE, _OF_MAILBOX):
        codepage = context.number(key)
        if codepage and encoding_told(codepage):
            return [codepage]
    if codepage := _OF_CHARSET.get(context.number(tags.HTML_CODEPAGE) or 0):
        return [codepage]
    locale = context.number(_LOCALE)
    return [_SIMPLIFIED.get(locale) or _OF_LANGUAGE.get(locale & 0x3FF, USUAL)] if locale else []
