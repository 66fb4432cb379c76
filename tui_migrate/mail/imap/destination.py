"""Writing mail: folders made and opened in a few round trips, messages stored many in flight, flags changed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence, Set

from tui_migrate.errors import CommandRefused, Disconnected, MailError
from tui_migrate.mail.imap.append import Appender
from tui_migrate.mail.imap.capacity import capacity
from tui_migrate.mail.imap.codes import command_error
from tui_migrate.mail.imap.flags import Keeping, appendable, parse_permanent_flags
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.look import ImapLook
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.protocols import Batch, Capacity, FlagChanges, NewFolder, Opened, Refused, Stored, Tree
from tui_migrate.mail.stream import Valve
from tui_migrate.uidset import chunks, format_uids


class ImapDestination:
    """A logged-in destination mailbox. Nothing is ever deleted in it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timing = session.timing
        self._keeping: dict[bytes, Keeping] = {}
        self._listed: set[bytes] = set()
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
        # Parents first: not every server makes them by itself.
        refused = self._create(sorted((f for f in folders if f.create), key=lambda f: f.display.count("/")))
        wire = self._session.wire
        wire.run_all([b"SUBSCRIBE " + quote(folder.name) for folder in folders if folder.subscribe])
        results = wire.run_all([b"SELECT " + quote(folder.name) for folder in folders])
        names = self._listed | {folder.name for folder in folders}
        opened = {
            folder.name: self._outcome(folder, refused.get(folder.name), names, *result)
            for folder, result in zip(folders, results, strict=True)
        }
        if self._session.has("UNSELECT"):  # else every stored message is announced back; CLOSE would expunge
            wire.run(b"UNSELECT")
        return opened

    def _outcome(
        self, folder: NewFolder, refused: Reply | None, names: set[bytes], final: Reply, untagged: list[Reply]
    ) -> Opened | MailError:
        """What came of a folder. `refused`: the answer to its CREATE, `final` and `untagged`: to its SELECT."""
        exists = refused is not None and refused.code == "ALREADYEXISTS"
        twins = sorted(name for name in names - {folder.name} if name.lower() == folder.name.lower())
        if refused is not None and exists and twins:
            # SELECT would open the other one, and two folders would become one without a word.
            sentence = f"The destination does not tell {folder.display} from {twins[0].decode('latin-1')}."
            return CommandRefused(sentence, server_words=refused.words, command=f"CREATE {folder.display}")
        if final.ok:
            return self._opened(folder.name, untagged)
        answer = final if refused is None or exists else refused
        sentence = f"The destination folder {folder.display} cannot be opened."
        return command_error(sentence, answer.code, answer.words, f"SELECT {folder.display}")

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
        return ImapLook(self._session)

    def change_flags(self, folder: bytes, changes: FlagChanges) -> None:
        """Add and take away flags, all commands in flight together. Raises MailError when one is refused."""
        keeping = self._keeping.get(folder, Keeping())
        commands = [b"SELECT " + quote(folder)]
        for (added, removed), uids in changes.items():
            for sign, flags in ((b"+", added), (b"-", removed)):
                kept, _ = appendable(frozenset(flags), keeping)
                if kept:
                    text = " ".join(kept).encode()
                    commands += [
                        b"UID STORE %s %sFLAGS.SILENT (%s)" % (format_uids(part).encode(), sign, text)
                        for part in chunks(uids, 200)
                    ]
        for command, (final, _) in zip(commands, self._session.wire.run_all(commands), strict=True):
            if not final.ok:
                raise command_error("The flags cannot be changed.", final.code, final.words, command.decode("latin-1"))

    def unkept(self, folder: bytes, flags: Set[str]) -> Set[str]:
        """Those of these flags that the folder cannot keep. Opened by EXAMINE, a folder says that it keeps none."""
        if folder not in self._keeping:
            final, untagged = self._session.wire.run(b"SELECT " + quote(folder))
            if not final.ok:
                raise command_error("The folder cannot be opened.", final.code, final.words, "SELECT")
            self._opened(folder, untagged)
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

    def _create(self, folders: list[NewFolder]) -> dict[bytes, Reply]:
        """CREATE, with the special use where the server can (RFC 6154 section 3). Returns the refusals by name."""
        wire = self._session.wire
        special = self._session.has("CREATE-SPECIAL-USE")
        uses = [b" (USE (\\%s))" % folder.role.encode() if special and folder.role else b"" for folder in folders]
        results = wire.run_all(
            [b"CREATE " + quote(folder.name) + use for folder, use in zip(folders, uses, strict=True)]
        )
        refused = {folder.name: final for folder, (final, _) in zip(folders, results, strict=True) if not final.ok}
        plain = [folder for folder, use in zip(folders, uses, strict=True) if use and folder.name in refused]
        for folder, (final, _) in zip(plain, wire.run_all([b"CREATE " + quote(f.name) for f in plain]), strict=True):
            if final.ok:
                del refused[folder.name]
        return refused

    def _opened(self, name: bytes, untagged: list[Reply]) -> Opened:
        numbers = {"UIDVALIDITY": 0, "UIDNEXT": 0}
        messages = 0
        for reply in untagged:
            if reply.code in numbers:
                numbers[reply.code] = reply.coded or 0
            elif reply.code == "PERMANENTFLAGS" and reply.argument.startswith(b"("):
                first = reply.parts[0]
                assert isinstance(first, bytes)
                self._keeping[name] = parse_permanent_flags(first[first.find(b"(") : first.find(b")") + 1])
            elif reply.told[0] == "EXISTS":
                messages = reply.told[1] or 0
        # A server that tells no UIDNEXT leaves 1: everything in the folder is then looked at.
        return Opened(name, numbers["UIDVALIDITY"], numbers["UIDNEXT"] or 1, messages)
