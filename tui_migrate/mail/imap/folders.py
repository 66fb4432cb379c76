"""The folders of a mailbox in one or two round trips, asked for in several ways at once: what one answer leaves out
the others show.

IMAPClient's own listing breaks on extended data and on one undecodable name, so the replies are read here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tui_migrate.errors import ListingDoubted, MailError
from tui_migrate.mail.imap.codes import command_error, passes
from tui_migrate.mail.imap.names import SPECIAL_USE, decode, encode, path_of, quote
from tui_migrate.mail.imap.namespaces import Namespace, Namespaces, read_namespaces
from tui_migrate.mail.imap.rows import ListRow, read_rows, read_status
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Answer, Reply
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import ListedFolder, Role, Tree
from tui_migrate.mail.roles import role_of_name

_INBOX = b"INBOX"
_LIST, _LSUB = b'LIST "" "*"', b'LSUB "" "*"'
_UNOPENABLE = frozenset({b"\\noselect", b"\\nonexistent"})
_OF_ONE = ("UNAVAILABLE", "INUSE")
"""Response codes (RFC 5530) that ask for patience with one folder, which may need it for ever."""


def list_tree(session: Session, with_status: bool, answers: Mapping[bytes, Answer] | None = None) -> Tree:
    """The folders below the personal namespaces (or the server's path prefix), in the server's order, INBOX always
    among them (RFC 3501 section 5.1). With their numbers, all that can be asked is asked: a source's folders must not
    be missed. `answers`: to `tree_questions`, where these have been asked already. Raises MailError."""
    told = _ask(session, with_status, answers)
    spaces, asked = told.spaces, session.server.path_prefix
    delimiter = spaces.delimiter or next((row.delimiter for row in told.rows.values() if row.delimiter), "")
    if asked and not asked.endswith(delimiter):
        asked += delimiter
    if with_status:
        _ask_below(session, told, [Namespace(encode(asked), b"")] if asked else spaces.personal)
    if number := len(told.unreadable):
        said = f"{number} rows of the folder list have" if number > 1 else "A row of the folder list has"
        told.doubt(f"{said} no clear meaning: its folder is not copied.", [*told.unreadable.values()])
    if not told.rows:
        told.doubt(
            "The server lists no folders. INBOX, which every mailbox has, was asked for by its name.", ["no rows"]
        )
    _add_inbox(told, delimiter)
    prefix = asked or decode(spaces.prefix)
    own: list[ListedFolder] = []
    others: list[ListedFolder] = []
    for row in told.rows.values():
        is_own = (
            _lies_below(row, encode(asked), delimiter) if asked else spaces.is_own(row.name, row.delimiter.encode())
        )
        folder = replace(
            _folder(row, prefix),
            subscribed=row.name in told.subscribed or b"\\subscribed" in row.attributes,
            status=told.statuses.get(row.name) or told.statuses.get(_bare(row)),
        )
        (own if is_own else others).append(folder)
    if with_status:
        own = _complete(session, own, told)
    else:  # at a destination what is only subscribed to is made; where it is there after all, it is opened
        own = [folder for folder in own if folder.name not in told.unlisted]
    folders = _only_once(own)
    foreign = tuple(folder for folder in others if folder.selectable and folder.name not in told.unlisted)
    return Tree(tuple(folders), delimiter, prefix, foreign, tuple(told.doubts))


def status_items(session: Session) -> bytes:
    """What STATUS is asked for."""
    return b"(MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if session.has("CONDSTORE") else b"")


@dataclass(slots=True)
class _Told:
    """What the server has told of its folders."""

    spaces: Namespaces = field(default_factory=Namespaces)
    rows: dict[bytes, ListRow] = field(default_factory=dict)
    """By name, in the server's order."""
    disputed: set[bytes] = field(default_factory=set)
    """Names that one row says can be opened, and another not."""
    subscribed: set[bytes] = field(default_factory=set)
    unlisted: set[bytes] = field(default_factory=set)
    """Subscribed to and not listed: most of these are gone."""
    statuses: dict[bytes, FolderStatus] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    """Rows without a meaning, by what stands behind their attributes: each question shows them anew."""
    doubts: list[MailError] = field(default_factory=list)

    def doubt(self, sentence: str, words: Sequence[str]) -> None:
        """Note that there may be more folders."""
        self.doubts.append(ListingDoubted(sentence, server_words="\n".join(words), command="LIST"))

    def miss(self, answers: Iterable[Answer]) -> None:
        """Note what has not been told, because of how the server is."""
        for final, _ in answers:
            if passes(final.code, final.words) and not final.ok:
                self.doubt("Part of the folder list was refused: there may be more folders.", [final.words])

    def take(self, replies: Sequence[Reply], kind: bytes = b"LIST") -> tuple[ListRow, ...]:
        """The rows of one answer, added to those of the others."""
        found = read_rows(replies, kind)
        for row in found.rows:
            before = self.rows.get(row.name) if kind == b"LIST" else row
            if before is None:
                self.rows[row.name] = row
            elif before.attributes != row.attributes and kind == b"LIST":
                self._join(before, row)
        for line in found.unreadable:
            self.unreadable.setdefault(line.partition(")")[2] or line, line)
        self.statuses.update(status for reply in replies if (status := read_status(reply)))
        return found.rows

    def _join(self, one: ListRow, other: ListRow) -> None:
        """Join two rows of one folder: it is all that either says, and can be opened if either says so."""
        attributes = one.attributes | other.attributes
        if one.selectable != other.selectable:
            self.disputed.add(one.name)
            attributes -= _UNOPENABLE
        self.rows[one.name] = ListRow(one.name, attributes, one.delimiter or other.delimiter)


def tree_questions(session: Session, *, thoroughly: bool) -> list[bytes]:
    """LIST with all that it may tell, and (for a source) beside it the plain LIST and LSUB that every server knows: an
    extended one that is refused or short is found out without another round trip."""
    extended = _extended(session, thoroughly)
    commands = [extended] if extended else []
    if thoroughly or not extended:
        commands += [_LIST, _LSUB]
    if session.has("NAMESPACE"):
        commands.append(b"NAMESPACE")
    return commands


def _ask(session: Session, thoroughly: bool, answers: Mapping[bytes, Answer] | None) -> _Told:
    told = _Told()
    extended = _extended(session, thoroughly)
    if answers is None:
        questions = tree_questions(session, thoroughly=thoroughly)
        answers = dict(zip(questions, session.wire.run_all(questions), strict=True))
    results = dict(answers)
    _heed_patience(results.values())
    if b"NAMESPACE" in results:
        final, untagged = results[b"NAMESPACE"]
        if passes(final.code, final.words) and not session.server.path_prefix:
            raise command_error("The server does not tell where folders lie.", final.code, final.words, "NAMESPACE")
        told.spaces = read_namespaces(untagged)
    shown = told.take(results[extended][1]) if extended and results[extended][0].ok else ()
    if _LIST not in results:
        if any(map(_is_inbox, shown)):
            return told
        results |= zip((_LIST, _LSUB), session.wire.run_all([_LIST, _LSUB]), strict=True)
        _heed_patience(results.values())
    final = results[_LIST][0]
    if not final.ok and not shown:
        raise _unlisted(final)
    told.miss([results[_LIST], results[_LSUB]])
    plain = told.take(results[_LIST][1])
    _note_subscriptions(told, results[_LSUB][1])
    if extended:
        _compare(session, results[extended][0], shown, plain)
    return told


def _heed_patience(answers: Iterable[Answer]) -> None:
    """Raises the error of a server that will answer later: a folder that it has not shown now may be there."""
    for final, _ in answers:
        if not final.ok and (error := _unlisted(final)).retry:
            raise error


def _unlisted(final: Reply) -> MailError:
    return command_error("The server does not list the folders.", final.code, final.words, "LIST")


def _extended(session: Session, with_status: bool) -> bytes:
    """LIST with RETURN (RFC 5258); empty where it is not known, or has been found wanting."""
    if not (session.has("LIST-EXTENDED") or session.has("LIST-STATUS")) or session.lessons.knows(Lesson.PLAIN_LIST):
        return b""
    options = [b"SUBSCRIBED", b"CHILDREN"]
    if session.has("SPECIAL-USE"):
        options.append(b"SPECIAL-USE")
    if with_status and session.has("LIST-STATUS"):
        options.append(b"STATUS " + status_items(session))
    return _LIST + b" RETURN (" + b" ".join(options) + b")"


def _compare(session: Session, final: Reply, shown: Iterable[ListRow], plain: Iterable[ListRow]) -> None:
    """Learn from an extended LIST that is refused, or shows less than a plain one."""
    names, more = {row.name for row in shown}, {row.name for row in plain}
    if not final.ok:
        if not passes(final.code, final.words):
            session.lessons.learn(Lesson.PLAIN_LIST, final.words)
    elif more - names:
        session.lessons.learn(Lesson.PLAIN_LIST, f"{len(names)} of {len(names | more)} folders: {final.words}")


def _note_subscriptions(told: _Told, replies: Sequence[Reply]) -> None:
    inbox = next((each.name for each in told.rows.values() if _is_inbox(each)), _INBOX)
    for row in told.take(replies, b"LSUB"):
        name = inbox if _is_inbox(row) else row.name
        told.subscribed.add(name)
        if name not in told.rows and row.selectable and not _is_inbox(row):
            told.rows[name] = row
            told.unlisted.add(name)


def _ask_below(session: Session, told: _Told, spaces: Iterable[Namespace]) -> None:
    """Ask for what some servers list only on demand: what lies in a namespace with a prefix (RFC 2342 section 5), or
    below a folder of which they say that it has children; some answer only to `%`."""
    names = [(row.name, row.delimiter.encode()) for row in told.rows.values() if not _is_inbox(row)]
    mute = {each.prefix for each in spaces if each.prefix and not any(each.holds(*name) for name in names)}
    mute |= _childless(told.rows.values())
    commands = [b'LIST "" ' + quote(prefix + b"*") for prefix in sorted(mute) if not {*prefix} & {*b"\r\n\0*%"}]
    if not told.rows:
        commands.append(b'LIST "" "%"')
    answers = session.wire.run_all(commands)
    _heed_patience(answers)
    told.miss(answers)
    for _, untagged in answers:
        told.take(untagged)


def _add_inbox(told: _Told, delimiter: str) -> None:
    """Ask for INBOX by its name where it is not listed: every mailbox has one."""
    listed = [row for row in told.rows.values() if _is_inbox(row)]
    if not any(row.selectable for row in listed):
        name = listed[0].name if listed else _INBOX
        told.rows[name] = ListRow(name, frozenset(), listed[0].delimiter if listed else delimiter)
        told.disputed |= {row.name for row in listed}


def _childless(rows: Iterable[ListRow]) -> set[bytes]:
    """What the names of children begin with that are there, and that no row shows (RFC 5258 section 4)."""
    claimed = {
        _bare(row) + row.delimiter.encode() for row in rows if row.delimiter and b"\\haschildren" in row.attributes
    }
    shown = set()
    for row in rows:
        between = row.delimiter.encode()
        parts = _bare(row).split(between) if between else []
        shown |= {between.join(parts[:depth]) + between for depth in range(1, len(parts))}
    return claimed - shown


def _bare(row: ListRow) -> bytes:
    """The name of a folder without the delimiter that some servers write behind it."""
    return row.name.removesuffix(row.delimiter.encode()) or row.name


def _is_inbox(row: ListRow) -> bool:
    return _bare(row).upper() == _INBOX


def _lies_below(row: ListRow, prefix: bytes, delimiter: str) -> bool:
    """True with a path prefix of the admin's own for what lies below it, for what is called so, and for INBOX."""
    is_prefix = row.selectable and _bare(row) == prefix.removesuffix(delimiter.encode())
    return _is_inbox(row) or is_prefix or row.name.startswith(prefix)


def _folder(row: ListRow, prefix: str) -> ListedFolder:
    path = tuple(part.replace("\0", "\ufffd") for part in path_of(_bare(row), row.delimiter, prefix))
    told = [SPECIAL_USE[text] for a in row.attributes if (text := a.decode("latin-1")) in SPECIAL_USE]
    role: Role | None = min(told) if told else None
    by_name = role is None and len(path) == 1
    if by_name:
        role = role_of_name(path[0])
    return ListedFolder(
        name=row.name,
        path=path,
        selectable=row.selectable,
        role=role,
        role_by_name=by_name and role is not None,
    )


def _only_once(folders: Sequence[ListedFolder]) -> list[ListedFolder]:
    """INBOX in any case of letters is one (RFC 3501 section 5.1), and `a/` is `a`, unless their numbers differ."""
    found: list[ListedFolder] = []
    places: dict[tuple[str, ...], list[int]] = {}
    for folder in folders:
        alike = places.setdefault(folder.path, [])
        at = next((at for at in alike if _are_one(found[at], folder)), None)
        if at is None:
            alike.append(len(found))
            found.append(folder)
        else:
            better = max(found[at], folder, key=lambda each: (each.selectable, each.name == _INBOX))
            subscribed = found[at].subscribed or folder.subscribed
            status = found[at].status or folder.status
            found[at] = replace(better, subscribed=subscribed, status=better.status or status)
    return found


def _are_one(one: ListedFolder, other: ListedFolder) -> bool:
    """True when two folders with the same path are one, told by two names."""
    short, long = sorted((one.name, other.name), key=len)
    if not long.upper().startswith(short.upper()) or len(long) - len(short) > 1:
        return False  # INBOX and INBOX.INBOX, or two spellings of one text
    if short.upper() == _INBOX:
        return True
    return long.startswith(short) and (not (one.selectable and other.selectable) or one.status == other.status)


def _complete(session: Session, folders: Sequence[ListedFolder], told: _Told) -> list[ListedFolder]:
    """STATUS, all in flight together, for the folders whose numbers LIST has not told, and EXAMINE for those that do
    not answer it. What is only subscribed to is there when it answers either."""
    asked = [f for f in folders if f.selectable and f.status is None and not {*f.name} & {*b"\r\n\0"}]
    items = status_items(session)
    found: dict[bytes, FolderStatus] = {}
    gone: set[bytes] = set()
    commands = [b"STATUS " + quote(f.name) + b" " + items for f in asked]
    mute = []
    for folder, (final, untagged) in zip(asked, session.wire.run_all(commands), strict=True):
        if status := next((status for reply in untagged if (status := read_status(reply))), None):
            found[folder.name] = status[1]
        elif folder.name in told.unlisted and final.code == "NONEXISTENT":
            gone.add(folder.name)
        else:
            mute.append(folder)
    names = [_bare(told.rows[folder.name]) for folder in mute]
    opened = {}
    for folder, name, (final, untagged) in zip(mute, names, session.examine_all(names), strict=True):
        if final.ok:
            opened[folder.name] = name
            if examined := read_examined(untagged):
                found[folder.name] = examined
        elif folder.name in told.disputed | told.unlisted:
            gone.add(folder.name)
            if final.code not in _OF_ONE:
                _heed_patience([(final, untagged)])
            if passes(final.code, final.words):
                is_said = "subscribed to, but not listed" if folder.name in told.unlisted else "not always listed"
                told.doubt(f"{folder.display} is {is_said}, and cannot be read.", [final.words])
    there = [folder for folder in folders if folder.name not in gone]
    return [replace(f, name=opened.get(f.name, f.name), status=found.get(f.name, f.status)) for f in there]


def read_examined(untagged: Iterable[Reply]) -> FolderStatus | None:
    """What EXAMINE tells of a folder whose STATUS is refused: without its UIDVALIDITY, other mail under the same UIDs
    would be taken for what is known."""
    codes = {reply.code: reply.coded for reply in untagged if reply.code}
    exists = [number for word, number in (reply.told for reply in untagged) if word == "EXISTS"]
    uidvalidity = codes.get("UIDVALIDITY")
    if uidvalidity is None or not exists or exists[-1] is None:
        return None
    return FolderStatus(exists[-1], codes.get("UIDNEXT"), uidvalidity)
