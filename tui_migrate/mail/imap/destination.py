"""Writing mail: folders made and opened in a few round trips, messages stored many in flight, flags changed."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from tui_migrate.errors import CommandRefused, Disconnected, MailError
from tui_migrate.mail.imap.append import Appender
from tui_migrate.mail.imap.capacity import capacity
from tui_migrate.mail.imap.census import ImapCensus
from tui_migrate.mail.imap.codes import command_error
from tui_migrate.mail.imap.flags import Keeping, appendable
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.look import ImapLook
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.prepare import leave, prepare, read_select
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Answer
from tui_migrate.mail.protocols import Batch, Capacity, FlagChanges, Listed, NewFolder, Opened, Refused, Stored, Tree
from tui_migrate.mail.stream import Valve
from tui_migrate.uidset import chunks, format_uids


class ImapDestination:
    """A logged-in destination mailbox. Nothing is ever deleted in it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timing = session.timing
        self._keeping: dict[bytes, Keeping] = {}
        self._listed: set[bytes] = set()
        self._look = ImapLook(session)
        self._appender = Appender(self._session, self._keeping)
        self._waker_out, self._waker_in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._moved_at = time.monotonic()
        self._error: MailError | None = None

    def tree(self) -> Tree:
        return self._read_tree(None)

    def _read_tree(self, answers: Mapping[bytes, Answer] | None) -> Tree:
        tree = list_tree(self._session, with_status=False, answers=answers)
        self._listed = {folder.name for folder in tree.folders}
        return tree

    def through(self, valve: Valve) -> None:
        self._session.wire.stream.outward = valve

    def prepare(self, folders: Sequence[NewFolder]) -> dict[bytes, Opened | MailError]:
        outcomes, keeping = prepare(self._session, folders, self._listed, self._names_in)
        self._keeping |= keeping
        return outcomes

    def _names_in(self, answers: Mapping[bytes, Answer]) -> Set[bytes]:
        """The names of the folders that there are now; none where the server does not list them."""
        try:
            self._read_tree(answers)
        except CommandRefused:
            return frozenset()
        return self._listed

    @property
    def waits_for_each(self) -> bool:
        """True without LITERAL+ and LITERAL- (RFC 7888)."""
        return self._appender.waits_for_each

    def room(self) -> bool:
        return self._appender.room()

    def in_flight(self) -> int:
        return self._appender.commands

    def send(self, batch: Batch) -> None:
        if self._look.is_open:
            self._leave()
        self._appender.send(batch)
        self._moved_at = time.monotonic()  # a large message on a slow line took its time: the server's begins now

    def poll(self, timeout: float) -> list[Stored | Refused]:
        if self._error is not None:
            raise self._error
        wire = self._session.wire
        try:
            if not self._appender.commands and time.monotonic() - self._moved_at > self._timing.idle:
                wire.run(b"NOOP")
                self._moved_at = time.monotonic()
            while wire.stream.ready(timeout, self._waker_out):
                self._appender.take(wire.heard())
                self._moved_at = time.monotonic()
                timeout = 0
        except MailError as error:
            self._error = error  # what was learned before it comes first
        with contextlib.suppress(BlockingIOError):
            os.read(self._waker_out, 4096)
        results = self._appender.results()
        if self._appender.commands and time.monotonic() - self._moved_at > self._timing.stall:
            self._error = Disconnected(f"{wire.peer} sent no answer for {self._timing.stall:.0f} s.")
        if self._error is not None and not results:
            raise self._error
        return results

    def wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._waker_in, b"!")

    def capacity(self) -> Capacity:
        return capacity(self._session)

    def look(self) -> ImapLook:
        return self._look

    def _leave(self) -> None:
        """Leave the folder that a look has opened read-only: not every server stores mail in it as long as it is open
        so."""
        self._look.is_open = False
        leave(self._session)

    def census(self) -> ImapCensus:
        return ImapCensus(self._session)

    def as_they_lie(self, folder: bytes, uids: Sequence[int]) -> dict[int, tuple[Listed, bytes]]:
        return self.look().as_they_lie(folder, uids)

    def change_flags(self, folder: bytes, changes: FlagChanges) -> Mapping[str, int]:
        """All commands are in flight together. Raises MailError when a command is refused."""
        keeping = self._keeping.get(folder, Keeping())
        stores: list[tuple[list[int], bytes]] = []
        unkept = Counter[str]()
        for (added, removed), uids in changes.items():
            for sign, flags in ((b"+", added), (b"-", removed)):
                kept, dropped = appendable(frozenset(flags), keeping)
                if sign == b"+":
                    unkept.update(dict.fromkeys(dropped, len(uids)))
                if kept:
                    what = b"%sFLAGS.SILENT (%s)" % (sign, " ".join(kept).encode())
                    stores += [(part, what) for part in chunks(uids, self._session.message_limit or 200)]
        opening = [b"SELECT " + quote(folder)]
        while opening or stores:
            commands = opening + [b"UID STORE %s %s" % (format_uids(uids).encode(), what) for uids, what in stores]
            finals = [final for final, _ in self._session.wire.run_all(commands)]
            sizes = [1] * len(opening) + [len(uids) for uids, _ in stores]
            for command, final, size in zip(commands, finals, sizes, strict=True):
                if not final.ok and not (size > 1 and final.code == "MESSAGELIMIT"):
                    text = command.decode("latin-1")
                    raise command_error("The flags cannot be changed.", final.code, final.words, text)
            limited = [
                store
                for store, final in zip(stores, finals[len(opening) :], strict=True)
                if final.code == "MESSAGELIMIT" and len(store[0]) > 1
            ]
            # Which of them have been changed is not told for certain (RFC 9738): all once more, in halves.
            halves = [(half, what) for uids, what in limited for half in chunks(uids, -(-len(uids) // 2))]
            opening, stores = [], halves
        return unkept

    def unkept(self, folder: bytes, flags: Set[str]) -> Set[str]:
        """Asks by SELECT: opened by EXAMINE, a folder says that it keeps none."""
        if folder not in self._keeping:
            final, untagged = self._session.wire.run(b"SELECT " + quote(folder))
            if not final.ok:
                raise command_error("The folder cannot be opened.", final.code, final.words, "SELECT")
            if (keeping := read_select(folder, untagged).keeping) is not None:
                self._keeping[folder] = keeping
        return {*appendable(frozenset(flags), self._keeping.get(folder, Keeping()))[1]}

    def abort(self) -> None:
        self._session.abort()
        self.wake()

    def close(self) -> None:
        """Says goodbye, or hangs up where the fate of messages is open: no more of them may arrive behind our back."""
        if self.in_flight():
            self._session.hang_up()
        else:
            self._session.close()
        os.close(self._waker_out)
        os.close(self._waker_in)
