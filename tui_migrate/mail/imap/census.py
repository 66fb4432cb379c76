"""Counting an IMAP mailbox: plain LIST and LSUB beside the extended LIST, EXAMINE and SEARCH beside STATUS, and FETCH
row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from tui_migrate.errors import MailError
from tui_migrate.mail import numbers
from tui_migrate.mail.census import ALL, Carries, Evidence, Headcount, MessageRow, Sighted, evidence, merged
from tui_migrate.mail.imap.codes import command_error
from tui_migrate.mail.imap.fetch import Fetched, parse_list
from tui_migrate.mail.imap.flags import parse_flags
from tui_migrate.mail.imap.look import ImapLook, found_by
from tui_migrate.mail.imap.names import decode, encode, path_of, quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Answer, Reply
from tui_migrate.mail.message import Content, parse_internal_date
from tui_migrate.uidset import chunks

_ROW = re.compile(rb'\* (?:LIST|LSUB) \(([^)]*)\) +(NIL|"(?:\\?.)?"|\S+) +(.*)', re.I | re.S)
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*', re.S)
_MESSAGES = re.compile(rb"\bMESSAGES (\d{1,19})\b", re.I)
_CONTAINERS = {b"\\noselect", b"\\nonexistent"}
_LEAVES = {b"\\hasnochildren", b"\\noinferiors"}
_UNSENDABLE = re.compile(rb"[\r\n\0]")
_LIST, _LEVELS = "plain LIST", "LIST by level"
_DEEPEST = 20
"""Levels of folders that are asked for one by one."""


@dataclass(slots=True)
class _Shown:
    """A folder as the answers show it."""

    name: bytes
    delimiter: str
    attributes: list[set[bytes]]
    """One set for each row."""
    ways: list[str]


class ImapCensus:
    """Asks through a session on which nothing else is under way. Folders are opened read-only."""

    carries = Carries()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._look = ImapLook(session)

    # Folders

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """Asks by LIST without options, LIST level by level, and LSUB."""
        shown: dict[bytes, _Shown] = {}
        commands = [b'LIST "" "*"', b'LIST "" "%"', b'LSUB "" "*"', b"NAMESPACE"]
        results = self._session.wire.run_all(commands if self._session.has("NAMESPACE") else commands[:3])
        for way, (_, untagged) in zip((_LIST, _LEVELS, "LSUB"), results, strict=False):
            _note(shown, untagged, way)
        _heed_patience(results)
        self._note_levels(shown, results[1][1])
        spaces = _spaces(results[3][1]) if len(results) > 3 else []
        shown.setdefault(b"INBOX", _Shown(b"INBOX", "", [set()], ["EXAMINE"]))
        delimiters = {each.delimiter for each in shown.values()}
        theirs = {_key(name, each) for name in known for each in delimiters}
        wanted = [
            each
            for key, each in shown.items()
            if key not in theirs and self._is_mine(each, spaces) and not _UNSENDABLE.search(each.name)
        ]
        wanted = [each for each in wanted if not all(row & _CONTAINERS for row in each.attributes)]
        # INBOX besides: what opens a folder here is known from then on, before anything is sent behind it.
        _, *opened = self._session.examine_all([b"INBOX", *(each.name for each in wanted)])
        _heed_patience(opened)
        return [
            Sighted(each.name, path_of(each.name, each.delimiter, self._prefix(spaces)), tuple(each.ways))
            for each, (final, _) in zip(wanted, opened, strict=True)
            if final.ok
        ]

    def _note_levels(self, shown: dict[bytes, _Shown], top: Sequence[Reply]) -> None:
        """Below each folder that may have some in it: who cuts one long answer short may give many short ones."""
        asked: set[bytes] = set()
        level = list(_rows(top))
        for _ in range(_DEEPEST):
            parents = {
                name + delimiter.encode()
                for attributes, delimiter, name in level
                if delimiter and not attributes & _LEAVES and not _UNSENDABLE.search(name)
            } - asked
            if not parents:
                return
            asked |= parents
            results = self._session.wire.run_all([b'LIST "" ' + quote(parent + b"%") for parent in sorted(parents)])
            _heed_patience(results)
            replies = [reply for _, untagged in results for reply in untagged]
            _note(shown, replies, _LEVELS)
            level = list(_rows(replies))

    def _prefix(self, spaces: Sequence[tuple[bool, bytes, bytes]]) -> str:
        personal = next((prefix for mine, prefix, _ in spaces if mine), b"")
        return self._session.server.path_prefix or decode(personal)

    def _is_mine(self, folder: _Shown, spaces: Sequence[tuple[bool, bytes, bytes]]) -> bool:
        """True for a folder of the user's own: by the longest namespace that the name lies in, component by component;
        or by the admin's own prefix."""
        if folder.name.upper() == b"INBOX":
            return True
        delimiter = folder.delimiter.encode()
        if asked := encode(self._session.server.path_prefix):
            return _lies_in(folder.name, asked, delimiter)
        mine = [
            (len(prefix), is_mine) for is_mine, prefix, own in spaces if _lies_in(folder.name, prefix, own or delimiter)
        ]
        return max(mine, default=(0, True))[1]

    # Messages

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """Counts by STATUS, EXAMINE and SEARCH, all in flight together, once a folder has been opened before."""
        search = b"UID SEARCH RETURN (ALL) ALL" if self._session.has("ESEARCH") else b"UID SEARCH ALL"
        sendable = [folder for folder in folders if not _UNSENDABLE.search(folder)]
        commands = [b"NOOP"]  # some servers hide fresh messages until then
        for folder in sendable:
            commands += [
                b"STATUS " + quote(folder) + b" (MESSAGES)",
                self._session.examine + b" " + quote(folder),
                search,
            ]
        results = iter(self._session.wire.run_all(commands)[1:])
        found: dict[bytes, Headcount | MailError] = {}
        for folder in sendable:
            (_, status), (opened, examined), (searched, told) = next(results), next(results), next(results)
            if not opened.ok:
                found[folder] = command_error("The folder cannot be opened.", opened.code, opened.words, "EXAMINE")
                continue
            uids = found_by(told) if searched.ok else None
            told_by = {
                "STATUS": _number(_MESSAGES, status, b"* STATUS "),
                "EXAMINE": _exists(examined),
                "SEARCH": None if uids is None else len(uids),
            }
            known = {way: number for way, number in told_by.items() if number is not None}
            found[folder] = Headcount(known, frozenset(uids or ()))
        return found

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """Lists by UID FETCH of flags, date and size, and of nothing else."""
        single = [span.start for span in spans if span.stop == span.start + 1]
        sets: list[range | list[int]] = [*(span for span in spans if span.stop > span.start + 1), *chunks(single, 200)]
        found = self._look.fetch(folder, sets, "(UID FLAGS INTERNALDATE RFC822.SIZE)")
        return merged([_row(each) for each in found if each.uid])

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        found = {}
        for fetched in self._look.fetch(folder, chunks(uids, 20), "(UID BODY.PEEK[])"):
            if fetched.uid is not None and fetched.body is not None:
                found[fetched.uid] = evidence(fetched.body, rebuilt)
                fetched.body.close()
        return found


def _row(fetched: Fetched) -> MessageRow:
    assert fetched.uid is not None
    date = parse_internal_date(fetched.date) if fetched.date else None
    flags = None if fetched.flags is None else parse_flags(fetched.flags)
    return MessageRow(fetched.uid, fetched.size or None, date[1] if date else None, flags)


# Answers


def _heed_patience(answers: Iterable[Answer]) -> None:
    """Raises the error of a server that will answer later: what is not shown now may be there."""
    for final, _ in answers:
        if not final.ok:
            error = command_error("The folders cannot be counted.", final.code, final.words, "LIST")
            if error.retry:
                raise error


def _rows(replies: Iterable[Reply]) -> Iterator[tuple[set[bytes], str, bytes]]:
    """Attributes, delimiter and name in LIST and LSUB replies. A name without quotes runs to the end of its line."""
    for reply in replies:
        first, *more = reply.parts
        found = _ROW.match(first) if isinstance(first, bytes) else None
        if found is None:
            continue
        attributes, delimiter, name = found.groups()
        if more and isinstance(more[0], Content):
            name = b"".join(more[0].chunks())
        else:
            name = name.rstrip(b"\r\n")
            quoted = _QUOTED.fullmatch(name)
            name = re.sub(rb"\\(.)", rb"\1", quoted[1]) if quoted else name
        split = b"" if delimiter.upper() == b"NIL" else re.sub(rb"\\(.)", rb"\1", delimiter.strip(b'"') or b"")
        yield set(attributes.lower().split()), split.decode("latin-1"), name


def _note(shown: dict[bytes, _Shown], replies: Iterable[Reply], way: str) -> None:
    for attributes, delimiter, name in _rows(replies):
        each = shown.setdefault(_key(name, delimiter), _Shown(name, delimiter, [], []))
        each.attributes.append(attributes)
        if way not in each.ways:
            each.ways.append(way)


def _key(name: bytes, delimiter: str) -> bytes:
    """What two spellings of one folder have in common: INBOX in any case, and no delimiter at the end."""
    name = name.removesuffix(delimiter.encode("latin-1")) or name
    return b"INBOX" if name.upper() == b"INBOX" else name


def _spaces(replies: Iterable[Reply]) -> list[tuple[bool, bytes, bytes]]:
    """Of each namespace (RFC 2342): whether it is the user's own, its prefix and its delimiter."""
    for reply in replies:
        first = reply.parts[0]
        if isinstance(first, bytes) and first[:12].upper() == b"* NAMESPACE ":
            kinds = parse_list(reply.parts)[2:]
            return [
                (number == 0, row[0], row[1] if len(row) > 1 and isinstance(row[1], bytes) else b"")
                for number, kind in enumerate(kinds)
                for row in (kind if isinstance(kind, list) else [])
                if isinstance(row, list) and row and isinstance(row[0], bytes)
            ]
    return []


def _lies_in(name: bytes, prefix: bytes, delimiter: bytes) -> bool:
    """True for the folder that a prefix names, and for what lies in it. `#Publications` does not lie in `#Public`."""
    stem = prefix.removesuffix(delimiter) if delimiter else prefix
    if not stem or name == stem:
        return True
    return name.startswith(prefix if prefix != stem else stem + delimiter) and bool(delimiter or name == stem)


def _exists(untagged: Iterable[Reply]) -> int | None:
    told = [words.split()[0] for reply in untagged if (words := reply.words.upper()).endswith(" EXISTS")]
    return numbers.count(told[-1].encode()) if told else None


def _number(pattern: re.Pattern[bytes], untagged: Iterable[Reply], start: bytes) -> int | None:
    for reply in untagged:
        first, last = reply.parts[0], reply.parts[-1]
        if isinstance(first, bytes) and isinstance(last, bytes) and first.upper().startswith(start):
            found = pattern.search(last[last.rfind(b"(") :])
            return numbers.count(found[1]) if found else None
    return None
