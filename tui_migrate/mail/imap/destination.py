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
        """The folders. Raises MailError."""
        tree = list_tree(self._session, with_status=False)
        self._listed = {folder.name for folder in tree.folders}
        return tree

    def through(self, valve: Valve) -> None:
        """All octets that are sent pass through this valve from now on."""
        self._session.wire.stream.outward = valve

    def prepare(self, folders: Sequence[NewFolder]) -> dict[bytes, Opened | MailError]:
        """Create and subscribe what is missing and open each folder, everything in flight together."""
        outcomes, keeping = prepare(self._session, folders, self._listed, self._list_again)
        self._keeping |= keeping
        return outcomes

    def _list_again(self) -> Set[bytes]:
        """Names of now; none where the server does not list them."""
        try:
            self.tree()
        except CommandRefused:
            return frozenset()
        return self._listed

    @property
    def waits_for_each(self) -> bool:
        """True without LITERAL+ and LITERAL- (RFC 7888)."""
        return self._appender.waits_for_each

    def room(self) -> bool:
        """True when another batch may be sent now."""
        return self._appender.room()

    def in_flight(self) -> int:
        """Commands whose outcome is not known."""
        return self._appender.commands

    def send(self, batch: Batch) -> None:
        """Begin to store a batch."""
        if self._look.is_open:
            self._leave()
        self._appender.send(batch)
        self._moved_at = time.monotonic()  # a large message on a slow line took its time: the server's begins now

    def poll(self, timeout: float) -> list[Stored | Refused]:
        """What has become known; waits up to `timeout` seconds or for `wake`.
        Raises MailError when the connection has ended."""
        if self._error is not None:
            raise self._error
        wire = self._session.wire
        try:
            if not self._appender.commands and time.monotonic() - self._moved_at > self._timing.idle:
                wire.run(b"NOOP")
                self._moved_at = time.monotonic()
            while wire.stream.ready(timeout, self._waker_out):
                self._appender.take(wire.next())
                self._moved_at = time.monotonic()
                timeout = 0
        except MailError as error:
            self._error = error  # what was learned before it comes first
        with contextlib.suppress(BlockingIOError):
            os.read(self._waker_out, 4096)
        results = self._appender.results()
        if self._appender.commands and time.monotonic() - self._moved_at > self._timing.stall:
            self._error = Disconnected(f"{wire.peer} answered nothing for {self._timing.stall:.0f} s.")
        if self._error is not None and not results:
            raise self._error
        return results

    def wake(self) -> None:
        """End a `poll` early; from any thread."""
        with contextlib.suppress(OSError):
            os.write(self._waker_in, b"!")

    def capacity(self) -> Capacity:
        """How much more the mailbox takes."""
        return capacity(self._session)

    def look(self) -> ImapLook:
        """For recognising what is there. Not while batches are in flight."""
        return self._look

    def _leave(self) -> None:
        """Not every server stores mail in a folder that this connection has open read-only, as a look leaves it."""
        self._look.is_open = False
        leave(self._session)

    def census(self) -> ImapCensus:
        """For counting what is there. Not while batches are in flight."""
        return ImapCensus(self._session)

    def as_it_lies(self, folder: bytes, uid: int) -> tuple[Listed, bytes] | None:
        """A small message; None when it is gone."""
        return self.look().as_it_lies(folder, uid)

    def change_flags(self, folder: bytes, changes: FlagChanges) -> Mapping[str, int]:
        """Add and take away flags, all commands in flight together. Returns the messages that did not get a flag,
        because the folder cannot keep it, by flag. Raises MailError when a command is refused."""
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
        """Those of these flags that the folder cannot keep. Opened by EXAMINE, a folder says that it keeps none."""
        if folder not in self._keeping:
            final, untagged = self._session.wire.run(b"SELECT " + quote(folder))
            if not final.ok:
                raise command_error("The folder cannot be opened.", final.code, final.words, "SELECT")
            if (keeping := read_select(folder, untagged).keeping) is not None:
                self._keeping[folder] = keeping
        return {*appendable(frozenset(flags), self._keeping.get(folder, Keeping()))[1]}

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self._session.abort()
        self.wake()

    def close(self) -> None:
        """Say goodbye, or hang up where the fate of messages is open: no more of them may arrive behind our back."""
        if self.in_flight():
            self._session.hang_up()
        else:
            self._session.close()
        os.close(self._waker_out)
        os.close(self._waker_in)
