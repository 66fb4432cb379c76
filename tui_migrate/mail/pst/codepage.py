"""Which code page the 8-bit strings of a file are in. Nothing in the file says that of its folders' names."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from tui_migrate.mail.pst.damage import DAMAGE
from tui_migrate.mail.pst.item import CODEPAGE
from tui_migrate.mail.pst.store import MESSAGE, Store, encoding_told

_LOCALE = 0x3FF1
_MOST = 500
"""Messages that are asked."""
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
_SIMPLIFIED = {0x0804: 936, 0x1004: 936}
_WESTERN = 1252


def propose_codepage(path: Path) -> int | None:
    """See `proposed`, of a file that nobody has opened. Raises MailError."""
    store = Store(path, 0)
    try:
        return proposed(store)
    finally:
        store.disk.close()


def proposed(store: Store) -> int | None:
    """Windows' number of the one that most messages of an ANSI file say theirs are in, or whose language they are in;
    None: the file is in Unicode, or no message tells."""
    told: Counter[int] = Counter()
    messages = store.all_of(MESSAGE) if store.form.ansi else iter(())
    try:
        for nid, _ in islice(messages, _MOST):
            told.update(_told(store, nid))
    except DAMAGE:
        pass  # what the others have told
    return told.most_common(1)[0][0] if told else None


def remark(store: Store) -> str | None:
    """What an admin wants to know of it; None: the file is in Unicode."""
    if not store.form.ansi:
        return None
    used = store.encoding.removeprefix("cp")
    found = proposed(store)
    if found is None:
        return f"old file: names and texts are read as {used}, and no message says whether that is right"
    if encoding_told(found) == store.encoding:
        return f"old file: names and texts are read as {used}, as the messages say"
    return f"▲ old file: names and texts are read as {used}; the messages say {found}: set the code page"


def _told(store: Store, nid: int) -> list[int]:
    try:
        context = store.context(nid)
    except DAMAGE:
        return []
    codepage, locale = context.number(CODEPAGE), context.number(_LOCALE)
    if codepage and encoding_told(codepage):
        return [codepage]
    return [_SIMPLIFIED.get(locale) or _OF_LANGUAGE.get(locale & 0x3FF, _WESTERN)] if locale else []
