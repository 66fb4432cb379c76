"""LIST, NAMESPACE, subscriptions and STATUS: the folders of a mailbox in one or two round trips.

IMAPClient's own listing breaks on extended data and on one undecodable name,
so the replies are read here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui_migrate.mail.imap.codes import command_error
from tui_migrate.mail.imap.fetch import parse_list
from tui_migrate.mail.imap.names import SPECIAL_USE, decode, encode, path_of, quote, role_of_name
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import ListedFolder, Role, Tree

_NUMBERS = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ) (\d+)", re.I)


@dataclass(frozen=True, slots=True)
class _Namespaces:
    """The first personal namespace, and the prefixes of other users' and shared folders (RFC 2342)."""

    prefix: str = ""
    delimiter: str = ""
    others: tuple[bytes, ...] = ()


def list_tree(session: Session, with_status: bool) -> Tree:
    """The folders below the personal namespace (or the server's path prefix), in the server's order.
    Raises MailError."""
    extended = session.has("LIST-EXTENDED") or session.has("LIST-STATUS")
    spaces, listing, subscribed = _ask(session, extended, with_status)
    if listing is None:  # some announce what they then refuse
        spaces, listing, subscribed = _ask(session, False, with_status)
    assert listing is not None
    asked = session.server.path_prefix
    rows = [row for row in _rows(listing, b"LIST") if asked or not row[2].startswith(spaces.others)]
    delimiter = spaces.delimiter or next((each for _, each, _ in rows if each), "")
    if asked and not asked.endswith(delimiter):
        asked += delimiter
    prefix = asked or spaces.prefix
    statuses = {name: status for reply in listing if (found := read_status(reply)) for name, status in [found]}
    folders: list[ListedFolder] = []
    for attributes, found_delimiter, name in rows:
        if asked and name.upper() != b"INBOX" and not name.startswith(encode(asked)):
            continue  # with a path prefix of the admin's own, only what lies below it is the mailbox
        folders.append(
            replace(
                _folder(attributes, found_delimiter, name, prefix),
                subscribed=name in subscribed or b"\\subscribed" in attributes,
                status=statuses.get(name),
            )
        )
    folders = _only_once(folders)
    if with_status:
        folders = _complete(session, folders)
    return Tree(tuple(folders), delimiter, prefix)


def status_items(session: Session) -> bytes:
    """What STATUS is asked for."""
    return b"(MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if session.has("CONDSTORE") else b"")


def _ask(session: Session, extended: bool, with_status: bool) -> tuple[_Namespaces, list[Reply] | None, set[bytes]]:
    commands = []
    if extended:
        options = [b"SUBSCRIBED", b"CHILDREN"]
        if session.has("SPECIAL-USE"):
            options.append(b"SPECIAL-USE")
        if with_status and session.has("LIST-STATUS"):
            options.append(b"STATUS " + status_items(session))
        commands = [b'LIST "" "*" RETURN (' + b" ".join(options) + b")"]
    else:
        commands = [b'LIST "" "*"', b'LSUB "" "*"']
    if session.has("NAMESPACE"):
        commands.append(b"NAMESPACE")
    results = session.wire.run_all(commands)
    final, listing = results[0]
    if not final.ok and extended:
        return _Namespaces(), None, set()
    if not final.ok:
        raise command_error("The server does not list the folders.", final.code, final.words, "LIST")
    subscribed = set() if extended else {name for _, _, name in _rows(results[1][1], b"LSUB")}
    spaces = _namespaces(results[-1][1]) if session.has("NAMESPACE") else _Namespaces()
    return spaces, listing, subscribed


def _rows(replies: Iterable[Reply], kind: bytes) -> Iterable[tuple[set[bytes], str, bytes]]:
    for reply in replies:
        first = reply.parts[0]
        if not isinstance(first, bytes) or first[:7].upper() != b"* " + kind + b" ":
            continue
        _, _, attributes, delimiter, name, *_more = parse_list(reply.parts)
        if isinstance(name, Content):
            name = b"".join(name.chunks())
        if name is None:
            name = b"NIL"  # a folder of that name
        if isinstance(attributes, list) and isinstance(name, bytes):
            split = delimiter.decode("latin-1") if isinstance(delimiter, bytes) else ""
            yield {a.lower() for a in attributes if isinstance(a, bytes)}, split, name


def _folder(attributes: set[bytes], delimiter: str, name: bytes, prefix: str) -> ListedFolder:
    path = path_of(name, delimiter, prefix)
    told = [SPECIAL_USE[text] for a in attributes if (text := a.decode("latin-1")) in SPECIAL_USE]
    role: Role | None = told[0] if told else None
    by_name = role is None and len(path) == 1
    if by_name:
        role = role_of_name(path[0])
    return ListedFolder(
        name=name,
        path=path,
        selectable=not attributes & {b"\\noselect", b"\\nonexistent"},
        role=role,
        role_by_name=by_name and role is not None,
    )


def _only_once(folders: list[ListedFolder]) -> list[ListedFolder]:
    return list({folder.name: folder for folder in folders}.values())


def _complete(session: Session, folders: list[ListedFolder]) -> list[ListedFolder]:
    """STATUS, all in flight together, for the folders whose numbers LIST has not told."""
    missing = [f for f in folders if f.selectable and f.status is None and b"\n" not in f.name and b"\r" not in f.name]
    commands = [b"STATUS " + quote(f.name) + b" " + status_items(session) for f in missing]
    found: dict[bytes, FolderStatus] = {}
    for folder, (_, untagged) in zip(missing, session.wire.run_all(commands), strict=True):
        for reply in untagged:
            if status := read_status(reply):
                found[folder.name] = status[1]
    mute = [f.name for f in missing if f.name not in found]
    for name, (final, untagged) in zip(mute, session.examine_all(mute), strict=True):
        if final.ok and (examined := _examined(untagged)):
            found[name] = examined
    return [replace(f, status=found.get(f.name, f.status)) for f in folders]


def _examined(untagged: Iterable[Reply]) -> FolderStatus | None:
    """What EXAMINE tells of a folder whose STATUS is refused: without its UIDVALIDITY, other mail under the same UIDs
    would be taken for what is known."""
    codes = {reply.code: int(reply.argument) for reply in untagged if reply.argument.isdigit()}
    exists = [int(reply.words.split()[0]) for reply in untagged if reply.words.upper().endswith(" EXISTS")]
    if "UIDVALIDITY" not in codes or not exists:
        return None
    return FolderStatus(exists[-1], codes.get("UIDNEXT"), codes["UIDVALIDITY"])


def read_status(reply: Reply) -> tuple[bytes, FolderStatus] | None:
    """Name and numbers in an untagged STATUS; None when the reply is another one."""
    first = reply.parts[0]
    if not isinstance(first, bytes) or first[:9].upper() != b"* STATUS ":
        return None
    items = parse_list(reply.parts)
    name = items[2]
    if isinstance(name, Content):
        name = b"".join(name.chunks())
    last = reply.parts[-1]
    assert isinstance(last, bytes)
    numbers = {key.upper(): int(value) for key, value in _NUMBERS.findall(last)}
    if not isinstance(name, bytes) or not {b"UIDVALIDITY", b"MESSAGES"} <= numbers.keys():
        return None
    return name, FolderStatus(
        messages=numbers[b"MESSAGES"],
        uidnext=numbers.get(b"UIDNEXT"),
        uidvalidity=numbers[b"UIDVALIDITY"],
        modseq=numbers.get(b"HIGHESTMODSEQ") or None,  # 0: this folder has none (RFC 7162 section 3.1.7)
    )


def _namespaces(replies: Iterable[Reply]) -> _Namespaces:
    for reply in replies:
        first = reply.parts[0]
        if not isinstance(first, bytes) or first[:12].upper() != b"* NAMESPACE ":
            continue
        kinds = [kind if isinstance(kind, list) else [] for kind in parse_list(reply.parts)[2:]]
        spaces = [[row[:2] for row in kind if isinstance(row, list) and isinstance(row[0], bytes)] for kind in kinds]
        others = tuple(row[0] for kind in spaces[1:] for row in kind if row[0])
        if not spaces or not spaces[0]:
            return _Namespaces(others=others)
        prefix, delimiter = (*spaces[0][0], None)[:2]
        return _Namespaces(decode(prefix), decode(delimiter or b""), others)
    return _Namespaces()
