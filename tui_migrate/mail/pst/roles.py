"""Which folder is the inbox, and which have a special use, as a file tells it: by entry ids ([MS-OXOSFLD] section 2.2).
A few files tell of all of them; most of the wastebasket alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import unpack_from

from tui_migrate.mail.pst.context import PropertyContext
from tui_migrate.mail.pst.damage import DAMAGE
from tui_migrate.mail.pst.store import FOLDER, RECEIVE_FOLDERS, ROOT, Store, kind_of
from tui_migrate.mail.pst.table import Table
from tui_migrate.mail.roles import Role

_TOP, _OF_STORE = 0x35E0, {0x35E3: Role.TRASH, 0x35E4: Role.SENT}
_DRAFTS, _MORE = 0x36D7, 0x36D8
_JUNK = 4
"""Which of the values of `_MORE`."""
_ENTRY_ID = 24
"""Octets: flags, the store's record key, NID."""
_CLASS, _FOLDER = 0x001A, 0x6605
"""Columns of the table that says where mail of a class is delivered."""
_MAIL = ("", "ipm", "ipm.note")

_INBOXES = """
    inbox | posteingang | boîte de réception | bandeja de entrada | caixa de entrada | a receber | posta in arrivo |
    postvak in | inkorgen | inkorg | indbakke | innboks | saapuneet | skrzynka odbiorcza | doručená pošta |
    beérkezett üzenetek | входящие | вхідні | gelen kutusu | 受信トレイ | 收件箱 | 收件匣 | 받은 편지함 |
    εισερχόμενα | prejeto | priručna pošta | mesaje primite | safata d'entrada | תיבת דואר נכנס | البريد الوارد
"""
_INBOX = frozenset(name.strip() for name in _INBOXES.split("|"))


def is_inbox_name(name: str) -> bool:
    """Whether an inbox is called so in one of the usual languages."""
    return name.casefold() in _INBOX


def top_of(store: Store) -> int | None:
    """The folder whose subfolders are those that Outlook shows; None: the file tells none. Raises Damage."""
    return _folder(store, store.properties.octets(_TOP))


def inbox_of(store: Store) -> int | None:
    """The folder into which mail is delivered; None: the file tells none."""
    try:
        node = store.find(RECEIVE_FOLDERS)
        if node is None:
            return None
        table = Table(store.blocks, node)
        columns = table.columns({_CLASS, _FOLDER})
        rows = [table.row(place, number, columns, store.text) for place, number in table.places]
    except DAMAGE:  # names tell it too
        return None
    for row in sorted(rows, key=lambda row: str(row.get(_CLASS, ""))):
        folder = row.get(_FOLDER)
        if str(row.get(_CLASS, "")).casefold() in _MAIL and isinstance(folder, int) and folder != ROOT:
            return folder if kind_of(folder) == FOLDER else None
    return None


def told_roles(store: Store, inbox: int | None) -> dict[int, Role]:
    """By NID, what the store, the root and the inbox tell. What is damaged tells nothing: names are asked then."""
    found = {}
    for key, role in _OF_STORE.items():
        for folder in _folders(store, store.properties, key):
            found[folder] = role
    for nid in (ROOT, inbox):
        if nid is None:
            continue
        try:
            context = store.context(nid)
        except DAMAGE:
            continue
        for folder in _folders(store, context, _DRAFTS):
            found.setdefault(folder, Role.DRAFTS)
        for folder in _folders(store, context, _MORE, _JUNK):
            found.setdefault(folder, Role.JUNK)
    return found


def _folders(store: Store, context: PropertyContext, key: int, which: int = 0) -> Iterator[int]:
    try:
        value = context.value(key, store.text)
        ids: Sequence[object] = value if isinstance(value, tuple) else (value,)
        entry_id = ids[which] if which < len(ids) else None
        folder = _folder(store, entry_id) if isinstance(entry_id, bytes) else None
    except DAMAGE:
        return
    if folder is not None:
        yield folder


def _folder(store: Store, entry_id: bytes) -> int | None:
    """The folder that an entry id of this store means."""
    if len(entry_id) != _ENTRY_ID:
        return None
    nid = int(unpack_from("<I", entry_id, _ENTRY_ID - 4)[0])
    return nid if kind_of(nid) == FOLDER and store.find(nid) else None
