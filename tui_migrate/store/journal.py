"""The journal: which messages may have reached the destination, and which have.

A window is written as intent before its first byte leaves and as done when the server has said so. One row a window
keeps ten million messages in some hundred thousand rows. Only `Writer` calls the writing functions.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from tui_migrate.errors import MailboxChanged
from tui_migrate.model import Fingerprint, RemarkKind, Signs
from tui_migrate.model.journal import Entry, FolderRecord, Marks, Window
from tui_migrate.store.schema import AT_ONCE, account, failure, folder, remark, window
from tui_migrate.store.statement import OF, Statement, literals
from tui_migrate.uidset import chunks, format_uids, parse_uids

_FINGERPRINT = struct.Struct(">Qq16s16s")
_SIGNS = struct.Struct("8s8s8s8s")


def _folder() -> Update:
    return update(folder).where(folder.c.id == OF)


def _arriving() -> Update:
    return update(window).where(window.c.id == OF).values(done=1)


def _intending() -> Insert:
    of_folder = select(account.c.pass_number).select_from(account.join(folder)).where(folder.c.id == OF)
    return insert(window).values(done=0, pass_number=func.coalesce(of_folder.scalar_subquery(), 0))


def _counting_moved() -> Update:
    open_ = (window.c.id == OF) & (window.c.done == 0)
    owner = select(folder.c.account_id).select_from(folder.join(window)).where(open_)
    moved, octets = account.c.moved_messages, account.c.moved_bytes
    counted = {moved: moved + bindparam("messages"), octets: octets + bindparam("octets")}
    return update(account).where(account.c.id == owner.scalar_subquery()).values(counted)


_SET_FOLDER = Statement(_folder)
_FORGET_WINDOWS = Statement(lambda: delete(window).where(window.c.folder_id == OF))
_FORGET_REMARKS = Statement(
    lambda: delete(remark).where(
        remark.c.folder_id == OF,
        remark.c.kind.in_(literals(kind for kind in RemarkKind if not kind.stands)),
    )
)
_FORGET_FAILURES = Statement(lambda: delete(failure).where(failure.c.folder_id == OF, failure.c.uid.is_not(None)))
_INTEND = Statement(_intending)
_ADD = Statement(lambda: insert(window))
_COUNT_MOVED = Statement(_counting_moved)
_ARRIVE = Statement(_arriving)
_ARRIVE_UNDER_UIDS = Statement(lambda: _arriving().values(signs=None))  # nobody has to look for these messages
_CHANGE = Statement(lambda: update(window).where(window.c.id == OF))
_FORGET = Statement(lambda: delete(window).where(window.c.id == OF))
_RAISE_KNOWN = Statement(lambda: _folder().where(folder.c.destination_uidnext < bindparam("below")))
_KNOW_FIRST = Statement(lambda: _folder().where(folder.c.destination_uidnext.is_(None)))

_WINDOWS = Statement(
    lambda: select(window).where(window.c.folder_id == OF, window.c.done.in_(literals((0, 1)))).order_by(window.c.id)
)


def _folders_with(*those: ColumnElement[bool]) -> Select[Any]:
    mine = select(window.c.folder_id).select_from(window.join(folder)).where(folder.c.account_id == OF)
    return mine.where(*those).distinct()


_OPEN_FOLDERS = Statement(lambda: _folders_with(window.c.done == 0))
_UNLEARNED_FOLDERS = Statement(lambda: _folders_with(window.c.done == 1, window.c.destination_uids.is_(None)))
_COPIED_TO = Statement(
    lambda: select(folder.c.source_name, folder.c.destination_display).where(
        folder.c.account_id == OF,
        select(window.c.folder_id).where(window.c.folder_id == folder.c.id, window.c.done == 1).exists(),
    )
)
_COPIED_IN = Statement(
    lambda: (
        select(window.c.folder_id, window.c.fingerprints)
        .select_from(window.join(folder))
        .where(folder.c.account_id == OF, folder.c.complete == 1)
        .where(window.c.done == 1, window.c.pass_number == bindparam("number"))
    )
)
_COPIED_UIDS = Statement(lambda: select(window.c.source_uids).where(window.c.folder_id == OF, window.c.done == 1))


def set_validity(connection: Connection, folder_id: int, source: int, destination: int) -> None:
    """Set the UIDVALIDITY pair that the windows of this folder speak of."""
    _SET_FOLDER.run(connection, of=folder_id, source_uidvalidity=source, destination_uidvalidity=destination)


def complete_folder(
    connection: Connection, folder_id: int, marks: Marks, selection: str = "", adopted: int = 0
) -> None:
    """Note that a walk over this folder is complete: nothing before these marks needs another look by the same
    selection. `adopted`: how many of its messages were at the destination already."""
    _SET_FOLDER.run(
        connection,
        of=folder_id,
        source_uidvalidity=marks.uidvalidity,
        source_uidnext=marks.uidnext,
        source_token=marks.token,
        source_messages=marks.messages,
        source_adopted=adopted,
        complete=1,
        selection=selection,
    )


def incomplete_folder(connection: Connection, folder_id: int) -> None:
    """Note that something of this folder is not settled: the next pass looks at all of it."""
    _SET_FOLDER.run(connection, of=folder_id, complete=0)


def forget_folder(connection: Connection, folder_id: int, *, keep_remarks: bool = False) -> None:
    """Void all that is known of a folder's messages. The next walk tells by fingerprint what the destination has.

    Remarks that each walk finds anew stay: the walk that forgets may have put them on record a moment ago. All stay
    with `keep_remarks`: the messages are noted again at once, and are at the destination as they were."""
    _FORGET_WINDOWS.run(connection, of=folder_id)
    if not keep_remarks:
        _FORGET_REMARKS.run(connection, of=folder_id)
    _FORGET_FAILURES.run(connection, of=folder_id)
    _SET_FOLDER.run(
        connection,
        of=folder_id,
        source_uidvalidity=None,
        source_uidnext=None,
        source_token="",
        source_messages=None,
        source_adopted=0,
        destination_uidvalidity=None,
        destination_uidnext=None,
        complete=0,
    )


def forget_replaced(connection: Connection, failure_ids: Sequence[int]) -> dict[int, list[str]]:
    """Void what is known of folders that were replaced at the destination, with these failures that say so. What is
    missing there is copied again then, also what a user has deleted: only an admin may want that.

    Returns the folders' names by account. Failures of another kind are left alone."""
    forgotten: dict[int, list[str]] = {}
    replaced = (
        select(failure.c.id, folder.c.id.label("folder_id"), folder.c.account_id, folder.c.destination_display)
        .select_from(failure.join(folder, failure.c.folder_id == folder.c.id))
        .where(failure.c.kind == MailboxChanged.kind)
    )
    for some in chunks(failure_ids, AT_ONCE):
        for row in connection.execute(replaced.where(failure.c.id.in_(some))).all():
            forget_folder(connection, row.folder_id)
            connection.execute(delete(failure).where(failure.c.id == row.id))
            forgotten.setdefault(row.account_id, []).append(row.destination_display)
    return forgotten


def forget_account(connection: Connection, account_id: int) -> None:
    """Void the journal of an account with its folders' failures, because it now means another pair of mailboxes."""
    connection.execute(delete(folder).where(folder.c.account_id == account_id))


def open_window(connection: Connection, folder_id: int, low_uid: int, entries: Sequence[Entry]) -> int:
    """Record the intent to store these messages in the account's present pass. Returns the window's id; commit before
    the first byte leaves."""
    values = {"of": folder_id, "folder_id": folder_id, "low_uid": low_uid, "opened_at": time.time()}
    return _INTEND.insert(connection, **values, **values_of(entries))


def add_done(connection: Connection, folder_id: int, entries: Sequence[Entry], pass_number: int = 0) -> None:
    """Record messages that are known to be at the destination, and the pass of ours that brought them, if one did."""
    values = {"done": 1, "low_uid": 1, "opened_at": 0, "pass_number": pass_number, **values_of(entries)}
    _ADD.run(connection, folder_id=folder_id, **values)


def close_window(connection: Connection, window_id: int, entries: Sequence[Entry]) -> None:
    """Note that these messages of the window have arrived, and the others have not. None arrived: the window is
    forgotten.

    They are counted for the account as moved: once, however often the window is closed, and in the transaction that
    says that they have arrived, so that neither a crash nor a changed mailbox can take them away from it.
    """
    if entries:
        octets = sum(entry.fingerprint.length for entry in entries)
        _COUNT_MOVED.run(connection, of=window_id, messages=len(entries), octets=octets)
        _ARRIVE.run(connection, of=window_id, **values_of(entries))
    else:
        _FORGET.run(connection, of=window_id)


def window_arrived(connection: Connection, window_id: int, uids: Sequence[int | None], octets: int) -> None:
    """What `close_window` does, for a window of which every message has arrived: under these destination UIDs, in the
    order of its entries, with so many octets in all. What is on record of the messages is not written again."""
    _COUNT_MOVED.run(connection, of=window_id, messages=len(uids), octets=octets)
    arrive = _ARRIVE if None in uids else _ARRIVE_UNDER_UIDS
    arrive.run(connection, of=window_id, destination_uids=_stored_uids(uids))


def know_all_below(connection: Connection, folder_id: int, uidnext: int) -> None:
    """Note that what lies in the destination folder below this UID was compared with all that has not arrived yet.
    Never takes back what was known, unless it is 0: then nothing is."""
    if not uidnext:
        _SET_FOLDER.run(connection, of=folder_id, destination_uidnext=None)
    elif not _RAISE_KNOWN.run(connection, of=folder_id, below=uidnext, destination_uidnext=uidnext):
        _KNOW_FIRST.run(connection, of=folder_id, destination_uidnext=uidnext)


def know_arrivals(connection: Connection, folder_id: int, uids: Iterable[int | None]) -> None:
    """Note arrivals, under these destination UIDs, in a folder in which all was known before: what lies there between
    them and that is theirs who share it, or is in windows that are open. To be called in the transaction that closes
    their window."""
    if highest := max((uid for uid in uids if uid is not None), default=0):
        _RAISE_KNOWN.run(connection, of=folder_id, below=highest + 1, destination_uidnext=highest + 1)


def change_entries(connection: Connection, window_id: int, entries: Sequence[Entry]) -> None:
    """Write again what is known of a window's messages (flags carried over, destination UIDs learned)."""
    _CHANGE.run(connection, of=window_id, **values_of(entries))


def windows(connection: Connection, folder_id: int) -> Iterator[Window]:
    """The windows of a folder in the order of their opening."""
    return map(window_of, _WINDOWS.named(connection, of=folder_id))


def open_window_folders(connection: Connection, account_id: int) -> set[int]:
    """Ids of the folders with windows whose fate is unknown."""
    return {*_OPEN_FOLDERS.column(connection, of=account_id)}


def unlearned_folders(connection: Connection, account_id: int) -> set[int]:
    """Ids of the folders with windows that have arrived, under UIDs that nobody has told or looked for."""
    return {*_UNLEARNED_FOLDERS.column(connection, of=account_id)}


def copied_to(connection: Connection, account_id: int) -> dict[bytes, str]:
    """Where mail of the account's folders has arrived, by source name; folders without any are left out."""
    return dict(_COPIED_TO.rows(connection, of=account_id))


def copied_in(connection: Connection, account_id: int, pass_number: int) -> dict[int, tuple[int, int]]:
    """Messages and octets that this pass has brought, by folder; of those whose walk is complete and that it has
    brought any to. One look for all: an account may have thousands of folders."""
    found: dict[int, tuple[int, int]] = {}
    for folder_id, prints in _COPIED_IN.rows(connection, of=account_id, number=pass_number):
        lengths = [values[0] for values in _FINGERPRINT.iter_unpack(prints)]
        messages, octets = found.get(folder_id, (0, 0))
        found[folder_id] = messages + len(lengths), octets + sum(lengths)
    return found


def copied_uids(connection: Connection, folder_id: int) -> set[int]:
    """Source UIDs that have arrived."""
    return {uid for uids in _COPIED_UIDS.column(connection, of=folder_id) for uid in parse_uids(uids)}


def values_of(entries: Sequence[Entry]) -> dict[str, object]:
    return {
        "source_uids": format_uids(entry.uid for entry in entries),
        "destination_uids": _stored_uids([entry.destination_uid for entry in entries]),
        "fingerprints": b"".join(
            _FINGERPRINT.pack(f.length, f.instant, f.header, f.body) for f in (entry.fingerprint for entry in entries)
        ),
        "signs": _pack_signs(entries),
        "flags": _pack_flags(entries),
    }


def _stored_uids(uids: Sequence[int | None]) -> str | None:
    """Destination UIDs as they are stored. UID 0 stands for an unknown one, no server has it; NULL when none is
    known."""
    if all(uid is None for uid in uids):
        return None
    return format_uids([uid or 0 for uid in uids])


def _pack_signs(entries: Sequence[Entry]) -> bytes | None:
    """Signs as they are stored; NULL where all UIDs are known: nobody has to look for these messages. A sign that a
    message has not is zeros."""
    if all(entry.destination_uid is not None or entry.fingerprint.signs is None for entry in entries):
        return None
    all_signs = (entry.fingerprint.signs or Signs() for entry in entries)
    return b"".join(_SIGNS.pack(each.identity, each.topic, each.trace, each.text) for each in all_signs)


def _unpack_signs(packed: bytes | None, count: int) -> list[Signs | None]:
    if packed is None:
        return [None] * count
    return [Signs(*(sign.rstrip(b"\0") and sign for sign in signs)) for signs in _SIGNS.iter_unpack(packed)]


def _pack_flags(entries: Sequence[Entry]) -> str:
    """Flags as `{"": [0, 1], "$Junk": [2]}`: flag sets are few, so each is written once with its positions as a set."""
    by_flags: dict[str, list[int]] = {}
    for position, entry in enumerate(entries):
        by_flags.setdefault(" ".join(sorted(entry.flags)), []).append(position)
    return json.dumps({flags: format_uids(positions) for flags, positions in by_flags.items()})


def window_of(row: Any) -> Window:
    uids = parse_uids(row.source_uids)
    destination: list[int | None] = [None] * len(uids)
    if row.destination_uids is not None:
        destination = [uid or None for uid in parse_uids(row.destination_uids)]
    flags: list[frozenset[str]] = [frozenset()] * len(uids)
    for text, positions in json.loads(row.flags).items():
        # Not split(): it knows more blanks than a server does, and a keyword of 8-bit octets may hold one.
        value = frozenset(text.split(" ")) if text else frozenset()
        for position in parse_uids(positions):
            flags[position] = value
    prints = [
        Fingerprint(length, instant, header, body, signs)
        for (length, instant, header, body), signs in zip(
            _FINGERPRINT.iter_unpack(row.fingerprints), _unpack_signs(row.signs, len(uids)), strict=True
        )
    ]
    entries = tuple(
        Entry(uid, fingerprint, flag, there)
        for uid, fingerprint, flag, there in zip(uids, prints, flags, destination, strict=True)
    )
    return Window(row.id, bool(row.done), row.low_uid, row.opened_at, entries, row.pass_number)


def folder_of(row: Any) -> FolderRecord:
    """The record in a row of folders."""
    return FolderRecord(
        id=row.id,
        source_name=row.source_name,
        destination_name=row.destination_name,
        source_uidvalidity=row.source_uidvalidity,
        source_uidnext=row.source_uidnext,
        source_token=row.source_token,
        source_messages=row.source_messages,
        destination_uidvalidity=row.destination_uidvalidity,
        complete=bool(row.complete),
        selection=row.selection,
        source_adopted=row.source_adopted,
        destination_uidnext=row.destination_uidnext,
    )
