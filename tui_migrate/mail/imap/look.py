"""Reading what lies in folders, to recognise messages after a crash or at a first meeting."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from tui_migrate.errors import CommandRefused, MailError
from tui_migrate.mail.imap.codes import command_error
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.flags import parse_flags
from tui_migrate.mail.imap.folders import read_status, status_items
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.message import Head, fingerprint, header_block, header_print, parse_internal_date
from tui_migrate.mail.protocols import FolderStatus, Present
from tui_migrate.model import Fingerprint
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
        for fetched in self._fetch(folder, [b"%d:*" % low_uid], b"UID FLAGS INTERNALDATE RFC822.SIZE"):
            # `n:*` names the last message even when its UID is below n
            if fetched.uid is not None and fetched.uid >= low_uid and fetched.size is not None:
                date = parse_internal_date(fetched.date) if fetched.date else None
                found[fetched.uid] = Present(
                    fetched.uid, fetched.size, date[1] if date else 0, parse_flags(fetched.flags or b"")
                )
        return [found[uid] for uid in sorted(found)]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID."""
        return {uid: header_print(header) for uid, header in self.header_blocks(folder, uids)}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        """All that headers are recognised by, by UID."""
        return {uid: Head.of(header) for uid, header in self.header_blocks(folder, uids)}

    def bodies(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Fingerprints of whole messages by UID."""
        return {uid: each.body for uid, each in self._fingerprints(folder, uids)}

    def texts(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """The signs of what stands behind the headers, by UID."""
        return {uid: each.signs.text for uid, each in self._fingerprints(folder, uids) if each.signs}

    def header_blocks(self, folder: bytes, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Headers as they lie there, with their UIDs."""
        for fetched in self._fetch(folder, _sets(uids, 200), b"UID BODY.PEEK[HEADER]"):
            if fetched.uid is not None and fetched.body is not None:
                yield fetched.uid, header_block(b"".join(fetched.body.chunks()))

    def _fingerprints(self, folder: bytes, uids: Sequence[int]) -> Iterator[tuple[int, Fingerprint]]:
        for fetched in self._fetch(folder, _sets(uids, 20), b"UID BODY.PEEK[]"):
            if fetched.uid is not None and fetched.body is not None:
                yield fetched.uid, fingerprint(fetched.body, 0)
                fetched.body.close()

    def _fetch(self, folder: bytes, sets: Sequence[bytes], items: bytes) -> Iterator[Fetched]:
        """FETCH replies to commands that are in flight together."""
        wire = self._session.wire
        waiting = deque([b"EXAMINE " + _name(folder), *(b"UID FETCH " + each + b" (" + items + b")" for each in sets)])
        open_commands: deque[tuple[bytes, bytes]] = deque()
        refusal: MailError | None = None
        while waiting or open_commands:
            while waiting and len(open_commands) < 8:
                command = waiting.popleft()
                open_commands.append((wire.send(command), command))
            reply = wire.next()
            if isinstance(reply, Fetched):
                if refusal is None:
                    yield reply
            elif reply.tag == open_commands[0][0]:
                _, command = open_commands.popleft()
                if not reply.ok and refusal is None:
                    waiting.clear()  # what is under way is answered first, the connection is needed again
                    text = command.decode("latin-1")
                    refusal = command_error("The folder cannot be read.", reply.code, reply.words, text)
        if refusal is not None:
            raise refusal


def _name(folder: bytes) -> bytes:
    try:
        return quote(folder)
    except ValueError as error:
        raise CommandRefused("The folder's name has a line end or NUL in it, and cannot be asked for.") from error


def _sets(uids: Sequence[int], limit: int) -> list[bytes]:
    return [format_uids(part).encode() for part in chunks(uids, limit)]
