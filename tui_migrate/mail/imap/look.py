"""Reading what lies in folders, to recognise messages after a crash or at a first meeting."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence

from tui_migrate.errors import CommandRefused
from tui_migrate.mail import numbers
from tui_migrate.mail.imap.codes import command_error, may_be_unknown
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.folders import read_examined, status_items
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.rows import read_status
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.walk import FORMS, LISTING, MessageRows, UidSet, left_over, listed_row, set_text
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Head, fingerprint, header_block, header_print
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import Fingerprint
from tui_migrate.uidset import UIDS, chunks, parse_uids

_UNREAD = "The folder's numbers cannot be read."
_ESEARCH = re.compile(rb"\bALL ([\d:,]+)", re.I)


class ImapLook:
    """Looks through a session on which nothing else is under way. Folders are opened read-only."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.is_open = False
        """A folder is open read-only."""
        self._exists = 0
        """Messages in it, as was told last."""

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """STATUS of each, after a NOOP: some servers hide fresh messages until then. EXAMINE where it is refused."""
        session = self._session
        commands = [b"NOOP", *(b"STATUS " + _name(folder) + b" " + status_items(session) for folder in folders)]
        found, mute = {}, []
        for folder, (final, untagged) in zip(folders, session.wire.run_all(commands)[1:], strict=True):
            if status := next((status for reply in untagged if (status := read_status(reply))), None):
                found[folder] = status[1]
            elif final.code == "NONEXISTENT":
                raise command_error(_UNREAD, final.code, final.words, "STATUS")
            else:
                mute.append(folder)
        self.is_open = self.is_open or bool(mute)
        for folder, (final, untagged) in zip(mute, session.examine_all(mute), strict=True):
            if not final.ok or (examined := read_examined(untagged)) is None:
                raise command_error(_UNREAD, final.code, final.words, "EXAMINE")
            found[folder] = examined
        return found

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        rows, seen = MessageRows(), set[int]()
        for fetched in self.fetch(folder, [range(low_uid, UIDS.stop)], LISTING):
            seen.add(fetched.number)
            # `n:*` names the last message even when its UID is below n
            if fetched.uid is not None and fetched.uid >= low_uid:
                rows.gather(fetched.uid, fetched)
        if _has_gaps(seen, self._exists, whole=low_uid == 1):
            search = b"UID SEARCH UID %d:*" % low_uid
            final, untagged = self._session.wire.run(search)
            if not final.ok:  # what is not listed may be there all the same, and would be sent once more
                raise command_error("The folder is not listed in full.", final.code, final.words, search.decode())
            missed = {uid for uid in found_by(untagged) or () if uid >= low_uid} - rows.keys()
            for fetched in self.fetch(folder, chunks(sorted(missed), 200), LISTING) if missed else ():
                if fetched.uid in missed:
                    rows.gather(fetched.uid, fetched)
        listed = [listed_row(uid, rows[uid]) for uid in sorted(rows)]
        return [Present(each.uid, each.size, each.instant, each.flags) for each in listed]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        return {uid: header_print(header) for uid, header in self.header_blocks(folder, uids)}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        return {uid: Head.of(header) for uid, header in self.header_blocks(folder, uids)}

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        found = {}
        for fetched in self.fetch(folder, chunks(uids, 20), FORMS[0]):
            if fetched.uid is not None and fetched.body is not None:
                found[fetched.uid] = fingerprint(fetched.body, 0, first=True)
                fetched.body.close()
        return found

    def header_blocks(self, folder: bytes, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Headers as they lie there, with their UIDs."""
        for fetched in self.fetch(folder, chunks(uids, 200), "(UID BODY.PEEK[HEADER])"):
            if fetched.uid is not None and fetched.body is not None:
                yield fetched.uid, header_block(b"".join(fetched.body.chunks()))

    def as_they_lie(self, folder: bytes, uids: Sequence[int]) -> dict[int, tuple[Listed, bytes]]:
        """Messages and their octets by UID, without those that are gone."""
        rows, octets = MessageRows(), dict[int, bytes]()
        for fetched in self.fetch(folder, [[*uids]], "(UID FLAGS INTERNALDATE BODY.PEEK[])"):
            if fetched.uid is not None and fetched.uid in uids:
                rows.gather(fetched.uid, fetched)
                if fetched.body is not None:
                    octets[fetched.uid] = b"".join(fetched.body.chunks())
        return {uid: (listed_row(uid, rows[uid]), each) for uid, each in octets.items()}

    def fetch(self, folder: bytes, sets: Iterable[UidSet], items: str) -> Iterator[Fetched]:
        """FETCH replies to commands that are in flight together. What does not come of the UIDs in a set, while others
        do, is asked for again."""
        sets, unknown = [*sets], ""
        self.is_open = True
        for word in (self._session.examine, b"SELECT"):
            refused = yield from self._ask(word + b" " + _name(folder), sets, items)
            if refused is None:
                if unknown:
                    self._session.lessons.learn(Lesson.SELECT, unknown)
                return
            command, reply = refused
            unasked = may_be_unknown(reply.status, reply.code, reply.words)
            if word == b"SELECT" or not command.startswith(word) or not unasked:
                text = command.decode("latin-1")
                raise command_error("The folder cannot be read.", reply.code, reply.words, text)
            unknown = reply.words

    def _ask(
        self, opening: bytes, sets: Sequence[UidSet], items: str
    ) -> Generator[Fetched, None, tuple[bytes, Reply] | None]:
        """FETCH replies until all is answered, or one command is refused. Returns that one, and the refusal."""
        wire = self._session.wire
        waiting: deque[UidSet | None] = deque([None, *sets])
        in_flight: deque[tuple[bytes, bytes, UidSet | None]] = deque()
        come: set[int] = set()
        """Of all of them: Dovecot mixes the replies to several."""
        refused: tuple[bytes, Reply] | None = None
        while waiting or in_flight:
            while waiting and len(in_flight) < 8:
                uids = waiting.popleft()
                command = opening if uids is None else f"UID FETCH {set_text(uids)} {items}".encode()
                in_flight.append((wire.send(command), command, uids))
            reply = wire.next()
            tag, command, uids = in_flight[0]
            if isinstance(reply, Reply) and reply.told[0] == "EXISTS":
                self._exists = reply.told[1] or 0
            if isinstance(reply, Fetched):
                if refused is None:
                    come.add(reply.uid or 0)
                    yield reply
            elif reply.tag == tag:
                in_flight.popleft()
                more: list[UidSet] = []
                if uids and reply.code == "MESSAGELIMIT":
                    more = left_over(uids, come, ok=reply.ok)
                elif uids and reply.ok and not isinstance(uids, range) and not come.isdisjoint(uids):
                    more = [rest] if (rest := [uid for uid in uids if uid not in come]) else []
                waiting.extendleft(reversed(more))
                if not reply.ok and not more and refused is None:
                    waiting.clear()  # what is under way is answered first, the connection is needed again
                    refused = command, reply
        return refused


def _name(folder: bytes) -> bytes:
    try:
        return quote(folder)
    except ValueError as error:
        raise CommandRefused(
            "The folder's name has a line end or NUL in it and cannot be sent to the server."
        ) from error


def _has_gaps(seen: set[int], exists: int, *, whole: bool) -> bool:
    """True when a listing up to the last message leaves some out, by its sequence numbers: a server cuts its answers
    short without a word. `whole`: it begins with the first message."""
    first = 1 if whole else min(seen, default=exists)
    return not seen.issuperset(range(first, exists + 1))


def found_by(untagged: Iterable[Reply]) -> set[int] | None:
    """UIDs in SEARCH and ESEARCH replies (RFC 4731); None when they cannot be read."""
    found: set[int] = set()
    for reply in untagged:
        line = reply.parts[0]
        assert isinstance(line, bytes)
        try:
            if line[:9].upper() == b"* SEARCH ":
                found.update(uid for word in line[9:].split() if (uid := numbers.identifier(word)))
            elif line[:10].upper() == b"* ESEARCH " and (told := _ESEARCH.search(line)):
                found.update(parse_uids(told[1].decode()))
        except ValueError:
            return None
    return found
