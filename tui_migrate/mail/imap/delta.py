"""What has changed in folders since an earlier walk over them (CONDSTORE, RFC 7162): three short answers in the place
of a listing, for all folders in one round trip.

QRESYNC would tell which messages have vanished. How many is enough for us, since nothing is deleted at the destination,
and a count tells that (ESEARCH, RFC 4731). The count is also the proof that no message has gone unseen: what is left of
the old ones and what is new must be all that the folder holds.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail import numbers
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.walk import LISTING, MessageRows, listed_row
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.protocols import Changes, ListedFolder, Since

_COMMANDS_AHEAD = 60
_COUNT = re.compile(r" COUNT (\d+)", re.ASCII)


def changes(session: Session, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
    """What is new or has other flags in each of these folders. One whose numbers do not add up is left out: it must be
    listed as a whole. Raises MailError."""
    if not session.has("ESEARCH"):
        return {}
    wire = session.wire
    deltas = [_Delta(since) for _, since in asked]
    waiting: deque[tuple[_Delta, bytes]] = deque()
    for (folder, _), delta in zip(asked, deltas, strict=True):
        try:
            waiting += [
                (delta, command) for command in (session.examine + b" " + quote(folder.name), *delta.commands())
            ]
        except ValueError:
            delta.doubtful = True
    in_flight: deque[tuple[_Delta, bytes]] = deque()
    while waiting or in_flight:
        if waiting and len(in_flight) <= _COMMANDS_AHEAD // 2:
            some = [waiting.popleft() for _ in range(min(len(waiting), _COMMANDS_AHEAD - len(in_flight)))]
            tags = wire.send_all([command for _, command in some])
            in_flight += [(delta, tag) for (delta, _), tag in zip(some, tags, strict=True)]
        reply = wire.next()
        delta = in_flight[0][0]  # Dovecot works on several commands of one folder at a time, never of two
        if isinstance(reply, Fetched):
            delta.take(reply)
        elif (delta, reply.tag) in in_flight:
            in_flight.remove((delta, reply.tag))
            delta.doubtful |= not reply.ok or reply.code == "MESSAGELIMIT"  # an answer that is cut short
        elif reply.tag == b"*":
            delta.note(reply)
        elif reply.tag != b"+":
            raise ProtocolViolation(f"{wire.peer} answered a command that was not sent.", server_words=reply.words)
    found = {folder.name: delta.result() for (folder, _), delta in zip(asked, deltas, strict=True)}
    return {name: result for name, result in found.items() if result is not None}


@dataclass(slots=True, eq=False)
class _Delta:
    """One folder. The messages that were there have UIDs below the UIDNEXT of then, and whatever has come since has
    others (RFC 3501 section 2.3.1.1)."""

    since: Since
    exists: int = 0
    uidvalidity: int = 0
    left: int | None = None
    """How many of the old ones are still there."""
    rows: MessageRows = field(default_factory=MessageRows)
    doubtful: bool = False

    @property
    def uidnext(self) -> int:
        """The folder's UIDNEXT of then; a folder that has a HIGHESTMODSEQ has told it."""
        return self.since.uidnext or 1

    def commands(self) -> list[bytes]:
        """What has changed of the old ones, how many of them there are, and all new ones."""
        since = self.since
        old = f"1:{max(1, self.uidnext - 1)}"
        texts = (
            f"UID FETCH {old} {LISTING} (CHANGEDSINCE {since.token})",
            f"SEARCH RETURN (COUNT) UID {old}",
            f"UID FETCH {self.uidnext}:* {LISTING}",
        )
        return [text.encode() for text in texts]

    def note(self, reply: Reply) -> None:
        """Take in an untagged reply."""
        if reply.code == "UIDVALIDITY":
            self.uidvalidity = reply.coded or 0
        elif not reply.status:
            words = reply.words.upper()
            word, number = reply.told
            if word == "EXISTS":
                self.exists = number or 0
            elif words.startswith("ESEARCH ") and (count := _COUNT.search(words)):
                self.left = numbers.count(count[1].encode())
            elif word == "EXPUNGE" or words.startswith("VANISHED"):
                self.doubtful = True  # what was counted before and after would not fit together

    def take(self, fetched: Fetched) -> None:
        """Take in something about a message; what is said of it may come in several replies."""
        if fetched.uid is None:  # a flag change of this moment, which the next pass is told again
            return
        self.rows.gather(fetched.uid, fetched)

    def result(self) -> Changes | None:
        """The changes; None when a message may have gone unseen."""
        since = self.since
        # A flag change of this moment says no more: the next pass is told again.
        listed = {uid: listed_row(uid, row) for uid, row in self.rows.items() if row.size is not None or row.date}
        new = sum(uid >= self.uidnext for uid in listed)
        changed = len(listed) - new  # `n:*` names the last message too when it lies below n
        if self.doubtful or self.left is None or self.uidvalidity != since.uidvalidity:
            return None
        if self.left + new != self.exists or not changed <= self.left <= since.messages:
            return None
        messages = tuple(listed[uid] for uid in sorted(listed))
        return Changes(messages, self.left - changed, self.exists, new)
