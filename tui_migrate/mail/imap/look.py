"""Reading what lies in folders, to recognise messages after a crash or at a first meeting."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence

from tui_migrate.errors import CommandRefused
from tui_migrate.mail.imap.codes import command_error
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.flags import parse_flags
from tui_migrate.mail.imap.folders import status_items
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.rows import read_status
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.message import fingerprint, header_block, header_print, parse_internal_date
from tui_migrate.mail.protocols import FolderStatus, Present
from tui_migrate.uidset import chunks, format_uids


class ImapLook:
    """Looks through a session on which nothing else is under way. Folders are opened read-only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """STATUS of each, after a NOOP: some servers hide fresh messages until then."""
        session = self._session
        commands = [b"NOOP", *(b"STATUS " + _name(folder) + b" " + status_items(session) for folder in folders)]
        found = {}
        for folder, (final, untagged) in zip(folders, session.wire.run_all(commands)[1:], strict=True):
            status = next((status for reply in untagged if (status := read_status(reply))), None)
            if status is None:
                raise command_error("The folder's numbers cannot be read.", final.code, final.words, "STATUS")
            found[folder] = status[1]
        return found

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """UID, size and date of the messages from `low_uid` on, ascending."""
        found = {}
        for fetched in self.fetch(folder, [b"%d:*" % low_uid], b"UID FLAGS INTERNALDATE RFC822.SIZE"):
            # `n:*` names the last message even when its UID is below n
            if fetched.uid is not None and fetched.uid >= low_uid and fetched.size is not None:
                date = parse_internal_date(fetched.date) if fetched.date else None
                found[fetched.uid] = Present(
                    fetched.uid, fetched.size, date[1] if date else None, parse_flags(fetched.flags or b"")
                )
        return [found[uid] for uid in sorted(found)]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID."""
        return {
            fetched.uid: header_print(header_block(b"".join(fetched.body.chunks())))
            for fetched in self.fetch(folder, _sets(uids, 200), b"UID BODY.PEEK[HEADER]")
            if fetched.uid is not None and fetched.body is not None
        }

    def bodies(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Fingerprints of whole messages by UID."""
        found = {}
        for fetched in self.fetch(folder, _sets(uids, 20), b"UID BODY.PEEK[]"):
            if fetched.uid is not None and fetched.body is not None:
                found[fetched.uid] = fingerprint(fetched.body, 0).body
                fetched.body.close()
        return found

    def fetch(self, folder: bytes, sets: Sequence[bytes], items: bytes) -> Iterator[Fetched]:
        """FETCH replies to commands that are in flight together."""
        fetches = [b"UID FETCH " + each + b" (" + items + b")" for each in sets]
        unknown = ""
        for word in (self._session.examine, b"SELECT"):
            refused = yield from self._ask([word + b" " + _name(folder), *fetches])
            if refused is None:
                if unknown:
                    self._session.lessons.learn(Lesson.SELECT, unknown)
                return
            command, reply = refused
            if word == b"SELECT" or not command.startswith(word) or reply.status != "BAD":
                text = command.decode("latin-1")
                raise command_error("The folder cannot be read.", reply.code, reply.words, text)
            unknown = reply.words

    def _ask(self, commands: Sequence[bytes]) -> Generator[Fetched, None, tuple[bytes, Reply] | None]:
        """FETCH replies until all is answered, or one command is refused. Returns that one, and the refusal."""
        wire = self._session.wire
        waiting = deque(commands)
        open_commands: deque[tuple[bytes, bytes]] = deque()
        refused: tuple[bytes, Reply] | None = None
        while waiting or open_commands:
            while waiting and len(open_commands) < 8:
                command = waiting.popleft()
                open_commands.append((wire.send(command), command))
            reply = wire.next()
            if isinstance(reply, Fetched):
                if refused is None:
                    yield reply
            elif reply.tag == open_commands[0][0]:
                _, command = open_commands.popleft()
                if not reply.ok and refused is None:
                    waiting.clear()  # what is under way is answered first, the connection is needed again
                    refused = command, reply
        return refused


def _name(folder: bytes) -> bytes:
    try:
        return quote(folder)
    except ValueError as error:
        raise CommandRefused("The folder's name has a line end or NUL in it, and cannot be asked for.") from error


def _sets(uids: Sequence[int], limit: int) -> list[bytes]:
    return [format_uids(part).encode() for part in chunks(uids, limit)]
