"""Destination folders made, subscribed, opened, and told apart: everything in flight together.

What a server does to names (letter case, Unicode's normal form, blanks, length) is seen by what it lists afterwards,
and two names that open one folder are never both filled.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from tui_migrate.errors import FolderNotMade, MailError, NameRefused
from tui_migrate.mail.imap.codes import command_error, passes, throttle
from tui_migrate.mail.imap.flags import Keeping, parse_permanent_flags
from tui_migrate.mail.imap.folders import tree_questions
from tui_migrate.mail.imap.names import decode, quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Answer, Reply
from tui_migrate.mail.protocols import NewFolder, Opened

_NOT_THE_NAME = ("NOPERM", "OVERQUOTA", "LIMIT", "CONTACTADMIN", "SERVERBUG", "EXPIRED", "PRIVACYREQUIRED")
"""Codes of refusals (RFC 5530) that another name would meet as well."""
_NOBODYS = b"tui-migrate/no folder"
"""A name that no mailbox has."""
_SHORTENED = 20
"""A name that begins another one of at least so many characters may be what is left of it."""


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """What SELECT has told."""

    opened: Opened
    keeping: Keeping | None
    """None: it did not say."""
    identity: tuple[object, ...]
    """Two names with different ones are different folders: MAILBOXID (RFC 8474) where it is told, else numbers."""
    certain: bool
    """True when two names with the same one are the same folder."""


def read_select(name: bytes, untagged: Sequence[Reply]) -> OpenFolder:
    """The untagged replies to a SELECT that was answered OK."""
    numbers = {"UIDVALIDITY": 0, "UIDNEXT": 0}
    told, mailbox_id, keeping = list[int | None](), b"", None
    for reply in untagged:
        if reply.code in numbers:
            numbers[reply.code] = reply.coded or 0
        elif reply.code == "MAILBOXID":
            mailbox_id = reply.argument
        elif reply.code == "PERMANENTFLAGS" and reply.argument.startswith(b"("):
            first = reply.parts[0]
            assert isinstance(first, bytes)
            keeping = parse_permanent_flags(first)
        elif reply.told[0] == "EXISTS":
            told.append(reply.told[1])
    # A server that tells no UIDNEXT leaves 1: everything in the folder is then looked at. So it is where it is not told
    # that there is nothing.
    messages = 1 if not told or told[-1] is None else told[-1]
    opened = Opened(name, numbers["UIDVALIDITY"], numbers["UIDNEXT"] or 1, messages)
    identity = (mailbox_id,) if mailbox_id else (opened.uidvalidity, opened.uidnext, opened.messages)
    return OpenFolder(opened, keeping, identity, bool(mailbox_id))


def leave(session: Session) -> None:
    """Have no folder selected. Every message that is stored in a selected one is announced back; and where a server
    loses count of a literal, it takes what the mail says for commands: STORE and EXPUNGE would find a folder.

    CLOSE would expunge, on some servers whatever they were told. Where there is no UNSELECT (RFC 3691), a name that is
    nobody's is opened: a SELECT or EXAMINE that fails leaves no folder selected (RFC 3501 section 6.3.1)."""
    session.wire.run(_leaving(session))


def _leaving(session: Session) -> bytes:
    return b"UNSELECT" if session.has("UNSELECT") else session.examine + b" " + quote(_NOBODYS)


def prepare(
    session: Session,
    folders: Sequence[NewFolder],
    listed: Set[bytes],
    read_names: Callable[[Mapping[bytes, Answer]], Set[bytes]],
) -> tuple[dict[bytes, Opened | MailError], dict[bytes, Keeping]]:
    """What has come of each folder by its name, and what each opened one keeps. `listed`: names that the server had
    before, `read_names` takes those of now from the answers to `tree_questions`; it is called when something was to be
    made. All that costs one round trip. Raises MailError when the connection is of no more use."""
    refused, results, answers = _make_and_open(session, folders)
    found: dict[bytes, OpenFolder] = {}
    outcomes: dict[bytes, Opened | MailError] = {}
    for folder in folders:
        final, untagged = results[folder.name]
        if final.ok:
            found[folder.name] = read_select(folder.name, untagged)
            outcomes[folder.name] = found[folder.name].opened
        else:
            outcomes[folder.name] = _refusal(folder, refused.get(folder.name), final)
    made = any(folder.create and folder.name in found for folder in folders)
    now = read_names(answers) if made else listed
    silent = made and now <= listed  # what it does not list is no evidence of anything
    outcomes |= _taken_for_others(folders, found, now, refused, silent=silent)
    # A subscription to what was not made would stay behind, and look like a folder that is there.
    subscribed = [folder for folder in folders if folder.subscribe and isinstance(outcomes[folder.name], Opened)]
    session.wire.tell([b"SUBSCRIBE " + quote(folder.name) for folder in subscribed])
    return outcomes, {name: each.keeping for name, each in found.items() if each.keeping is not None}


def _make_and_open(
    session: Session, folders: Sequence[NewFolder]
) -> tuple[dict[bytes, Reply], dict[bytes, Answer], dict[bytes, Answer]]:
    """CREATE, with the special use where the server can (RFC 6154 section 3), and SELECT. Returns by name why folders
    were not made, what has come of opening each; and the answers to `tree_questions`."""
    # Parents first: not every server makes them by itself.
    creating = sorted((folder for folder in folders if folder.create), key=lambda folder: folder.display.count("/"))
    special = session.has("CREATE-SPECIAL-USE")
    uses = {f.name: b" (USE (\\%s))" % f.role.encode() if special and f.role else b"" for f in creating}
    made, opened, answers = _ask(session, uses, [folder.name for folder in folders])
    if plain := {name: b"" for name, use in uses.items() if use and _is_refused(made[name][0])}:
        more_made, more_opened, answers = _ask(session, plain, [*plain])
        made |= {name: answer for name, answer in more_made.items() if answer[0].ok}
        opened |= more_opened
    return {name: final for name, (final, _) in made.items() if not final.ok}, opened, answers


def _ask(
    session: Session, uses: Mapping[bytes, bytes], names: Sequence[bytes]
) -> tuple[dict[bytes, Answer], dict[bytes, Answer], dict[bytes, Answer]]:
    """Make folders with these special uses, open those of these names, leave the last one, and ask what there is now if
    any were to be made."""
    questions = tree_questions(session, thoroughly=False) if uses else []
    creates = [b"CREATE " + quote(name) + use for name, use in uses.items()]
    selects = [b"SELECT " + quote(name) for name in names]
    results = iter(session.wire.run_all([*creates, *selects, _leaving(session), *questions]))
    made, opened = dict(zip(uses, results, strict=False)), dict(zip(names, results, strict=False))
    next(results)
    return made, opened, dict(zip(questions, results, strict=True))


def _is_refused(final: Reply) -> bool:
    """True when it is the special use that may be refused."""
    return not final.ok and not passes(final.code, final.words)


def _refusal(folder: NewFolder, create: Reply | None, select: Reply) -> MailError:
    """Why a folder is not there. `create` and `select` are the answers to these commands; None: it was not refused."""
    if create is None or create.code == "ALREADYEXISTS":
        sentence = f"The destination folder {folder.display} cannot be opened."
        return command_error(sentence, select.code, select.words, f"SELECT {folder.display}")
    command = f"CREATE {folder.display}"
    for final in (create, select):  # what is there and opens later was not refused for its name
        if patience := throttle(final.code, final.words, command):
            return patience
    is_other = create.code in _NOT_THE_NAME or passes(create.code, create.words)
    kind = FolderNotMade if is_other else NameRefused
    sentence = f"The destination does not make the folder {folder.display}."
    return kind(sentence, server_words=create.words, command=command, code=create.code)


def _taken_for_others(
    folders: Sequence[NewFolder],
    found: Mapping[bytes, OpenFolder],
    listed: Set[bytes],
    refused: Mapping[bytes, Reply],
    *,
    silent: bool,
) -> dict[bytes, MailError]:
    """The opened folders that the server has under another name, or as another one of these: by what it lists now
    (`silent`: not what has been made), and by what it says of their identity."""
    wished = {folder.name for folder in folders}
    free = listed - wished
    closed = sorted(wished & listed - found.keys())  # once these are opened, there would be the mail of two in one
    known: list[OpenFolder] = []
    outcomes: dict[bytes, MailError] = {}
    for folder in sorted((f for f in folders if f.name in found), key=lambda f: f.create and f.name not in listed):
        mine = found[folder.name]
        unlisted = folder.create and folder.name not in listed and (folder.name in refused or not silent)
        instead = next((name for name in sorted(free) if unlisted and _alike(name, folder.name)), None)
        twins = [each.opened.name for each in known if _is_same(each, mine, folder.name, unlisted)]
        twins += [name for name in closed if unlisted and _alike(name, folder.name)]
        if twins:
            outcomes[folder.name] = _refused_name(folder, twins[0], refused)
            continue
        known.append(mine)
        if instead is not None:
            free -= {instead}
            outcomes[folder.name] = _refused_name(folder, instead, refused, instead=instead)
    return outcomes


def _is_same(one: OpenFolder, other: OpenFolder, name: bytes, unlisted: bool) -> bool:
    if one.certain and other.certain:
        return one.identity == other.identity
    return unlisted and (one.identity == other.identity or _alike(one.opened.name, name))


def _refused_name(
    folder: NewFolder, other: bytes, refused: Mapping[bytes, Reply], instead: bytes | None = None
) -> NameRefused:
    shown = decode(other)
    what = f"has {folder.display} as {shown}" if instead else f"does not tell {folder.display} from {shown}"
    words = refused[folder.name].words if folder.name in refused else ""
    command = f"CREATE {folder.display}"
    return NameRefused(
        f"The destination {what}.", server_words=words, command=command, taken=not instead, instead=instead
    )


def _alike(one: bytes, other: bytes) -> bool:
    """True when a server may have made one of these names of the other."""
    mine, theirs = _folded(one), _folded(other)
    short = min(len(mine), len(theirs))
    return mine == theirs or (short >= _SHORTENED and mine[:short] == theirs[:short])


def _folded(name: bytes) -> str:
    return " ".join(unicodedata.normalize("NFKC", decode(name)).casefold().split())
