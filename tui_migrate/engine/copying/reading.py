"""The reader's side of a lane: what is still to be copied is chosen, and taken from the source."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from functools import partial

from tui_migrate.engine.copying.claims import PortionClaims
from tui_migrate.engine.copying.contradictions import Renumbered
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.folder_walk import WalkState
from tui_migrate.engine.copying.gates import source_gate
from tui_migrate.engine.copying.known import Known, Origin
from tui_migrate.engine.copying.outbox import Outbox
from tui_migrate.engine.copying.surroundings import Coupling, LaneSurroundings
from tui_migrate.engine.failures import folder_failure, message_failure
from tui_migrate.engine.log import told
from tui_migrate.errors import Contradicted, Disconnected, MailError, MessageRefused, ProtocolViolation, Unpipelined
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import (
    Excluded,
    FolderEnd,
    FolderRefused,
    Gone,
    Incomplete,
    Listed,
    ListedFolder,
    Listing,
    MailSource,
    Message,
    Read,
    Step,
    Unreadable,
)
from tui_migrate.store import journal, left_out
from tui_migrate.store.database import Transaction

_LOG = logging.getLogger(__name__)

_IDLE_SECONDS = 0.1
_ASKED_AGAIN = 3
"""Contradictions about a folder, before it has failed."""


class FolderReader:
    """Reads in a thread of its own until the folders are done, an error ends it, or `ending` is set."""

    def __init__(
        self,
        source: MailSource,
        surroundings: LaneSurroundings,
        coupling: Coupling,
        outbox: Outbox,
        claims: PortionClaims,
        busy: Callable[[], bool],
    ) -> None:
        self._source = source
        self._runs = surroundings.runs
        self._work = surroundings.work
        self._tools = surroundings.tools
        self._queue = surroundings.queue
        self._notes = coupling.notes
        self._ending = coupling.ending
        self._wake = coupling.wake
        self._gate = source_gate(self._work, self._tools, self._ending)
        self._outbox = outbox
        self._busy = busy
        self._claims = claims
        self._thread: threading.Thread | None = None
        self._done = False
        self.cut = False
        """True when the rest waits for another day."""
        self.error: BaseException | None = None
        """What ended the reading."""

    def start(self) -> None:
        """Begin to read."""
        name = f"{threading.current_thread().name} reader"
        self._thread = threading.Thread(target=self._read, name=name)
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread; where it still waits for the source, the connection is cut."""
        if not self._done:
            self._source.abort()
        if self._thread is not None:
            self._thread.join()

    @property
    def finished(self) -> bool:
        """True when nothing more comes out."""
        return self._done and self._outbox.empty

    def let_go(self) -> None:
        """Forget the intents of what was never sent, and leave it with all that has not been read to other lanes.
        The thread must have ended."""
        for run, unsent in self._outbox.let_go():
            run.walk.add_portion()  # the rest of the portion that they were of goes its own way
            self._leave(run, unsent)
        for claim in self._claims.give_up():
            run = self._runs[claim.portion.name]
            suspect = claim.portion.suspect
            if not claim.begun:
                self._queue.put_back([claim.portion])
            elif not claim.listed:
                run.walk.end(WalkState.AGAIN)
            elif claim.waiting:
                self._leave(run, [*claim.waiting.values()], suspect)
            else:
                self._end_portion(run)

    def _leave(self, run: FolderRun, messages: Sequence[Listed], suspect: bool = False) -> None:
        """Leave these portions to whoever takes them next."""
        chosen = tuple(sorted(messages, key=lambda listed: listed.uid))
        status = FolderStatus(len(chosen), None, run.walk.uidvalidity)
        self._queue.put_back([replace(run.pair.mapped.source, status=status, chosen=chosen, suspect=suspect)])

    def _read(self) -> None:
        try:
            try:
                while self._busy() and not self._over():
                    if self._queue.left:
                        self._walk()
                        self._claims.await_room(self._tools.timing.poll)
                    else:
                        self._outbox.flush()
                        self._ending.wait(_IDLE_SECONDS)
            finally:
                if not self._ending.is_set():
                    self._outbox.flush()
        except Exception as error:  # noqa: BLE001 - outermost loop of the thread: the writer raises it
            if not isinstance(error, (Disconnected, ProtocolViolation)):
                self.error = error
            elif not self._ending.is_set():  # else we have cut it ourselves, see `join`
                self.error = error
                if not isinstance(error, Unpipelined) and (place := self._source.died_at()):
                    self._died_at(self._runs[place[0]], place[1], error)
        finally:
            self._done = True
            self._wake()

    def _died_at(self, run: FolderRun, uid: int, error: MailError) -> None:
        self._work.ended_at((run.id, uid), error)
        where, times = run.pair.mapped.source.display, self._work.culprits.times((run.id, uid))
        what = f"UID {uid} of {where}" if uid else where
        _LOG.warning("reading the source ended at %s, for the %d. time: %s", what, times, told(error))

    def _over(self) -> bool:
        return self._ending.is_set() or self.cut

    def _walk(self) -> None:
        newest_first = self._work.migration.selection.newest_first
        for step in self._source.read(self._portions(), self._choose, newest_first):
            self._take(step)
            if self._over():
                break

    def _portions(self) -> Iterator[ListedFolder]:
        while not self._over() and (portion := self._claims.take()) is not None:
            yield portion

    def _choose(self, listing: Listing) -> Sequence[Listed]:
        """The messages of a listing that have not arrived yet; the others are counted and their flags compared."""
        run = self._runs[listing.folder]
        if run.walk.barred:  # another part of it was refused: it will be listed anew
            return []
        if listing.uidvalidity and (expected := run.pair.uidvalidity) and listing.uidvalidity != expected:
            self._contradicted(run, listing.uidvalidity)
            return []
        if listing.token:
            run.mark(listing.token)
        known = run.known(partial(self._load, run)) if listing.messages else None
        contradictions, given_up = self._work.contradictions, self._work.culprits.given_up
        unwanted, sieve, doubtful = run.pair.earlier.skipped, run.result.sieve, run.walk.doubtful
        wanted: list[Listed] = []
        arrived: Counter[str] = Counter()
        skipped = octets = 0
        for listed in listing.messages:
            before = known.find(listed.uid) if known else None
            if before is not None and before.is_another(listed) and not contradictions.renumbered(run.id):
                self._renumbered(run)
                return []
            if before is not None:
                arrived[before.origin] += 1
                run.result.compare_flags(before, listed)
                octets += listed.size if before.origin is Origin.THIS_PASS else 0
            elif listed.uid in unwanted:
                run.result.skipped.add(listed.uid)
                skipped += 1
            elif sieve.holds_back(listed):
                skipped += 1
            elif given_up and (run.id, listed.uid) in given_up:
                self._unreadable(run, listed, given_up[run.id, listed.uid])
            elif listed.uid in doubtful:
                run.walk.hold(listed)
            else:
                wanted.append(listed)
        whole = run.walk.take_listing(listing)
        size = sum(listed.size for listed in listing.messages)
        adopted = run.pair.adopted_of(listing.unlisted, arrived[Origin.SOMEBODY_ELSE])
        arrived += Counter({Origin.SOMEBODY_ELSE: adopted, Origin.EARLIER_PASS: listing.unlisted - adopted})
        self._work.result.tally.add(run.id, excluded=skipped, **arrived)
        self._work.result.tally.add(run.id, bytes_listed=size, bytes_copied=octets)
        if whole:
            self._work.result.tally.put(run.id, listed=run.walk.listed)
            self._work.result.tally.found(run.id)
        granted = self._work.result.allowance.grant(wanted)
        if len(granted) < len(wanted):
            run.walk.end(WalkState.CUT)
        if suspects := self._suspects(run, granted):
            run.walk.add_portion()  # they are read when nobody is kept waiting by them
            self._leave(run, [listed for listed in granted if listed.uid in suspects], suspect=True)
            granted = [listed for listed in granted if listed.uid not in suspects]
        self._claims.listed(listing, granted)
        return granted

    def _load(self, run: FolderRun) -> Known:
        with self._tools.database.read() as connection:
            return Known(journal.windows(connection, run.id), self._work.account.pass_number)

    def _suspects(self, run: FolderRun, messages: Sequence[Listed]) -> Set[int]:
        """The UIDs of those at which the source's connection has ended, or that it has refused."""
        keys = self._work.culprits.unread() | self._work.source_outage.doubtful()
        return {listed.uid for listed in messages if (run.id, listed.uid) in keys} if keys else frozenset()

    def _contradicted(self, run: FolderRun, uidvalidity: int, error: Contradicted | None = None) -> None:
        """The folder is another one than it was told to be: all that can be done is to ask once more, and twice."""
        times = self._work.contradictions.opened_as(run.id, uidvalidity)
        listed = run.pair.uidvalidity
        _LOG.warning("%s has two UIDVALIDITYs: %d and %d", run.pair.mapped.source.display, listed, uidvalidity)
        sentence = (
            f"The source folder {run.pair.mapped.source.display} was replaced while it was being read, or has two "
            f"UIDVALIDITYs: {listed} when it is listed, {uidvalidity} when it is opened."
        )
        error = error or Contradicted(sentence, uidvalidity=uidvalidity)
        if times < _ASKED_AGAIN:
            self._postpone(run, error)
        else:
            self._bar(run, error)

    def _renumbered(self, run: FolderRun) -> None:
        """A known UID is another message's: all that is known of the folder is looked for again, once in a run."""
        self._work.contradictions.renumber(run.id, Renumbered.FOUND_OUT)
        sentence = (
            f"The source folder {run.pair.mapped.source.display} has other messages under the UIDs that they had."
        )
        self._postpone(run, Contradicted(sentence))

    def _postpone(self, run: FolderRun, error: MailError) -> None:
        """Read nothing more of a folder for now. What is on its way of it must arrive before it is tried again."""
        run.walk.end(WalkState.POSTPONED, error)
        self._claims.refused(run.pair.mapped.source.name)

    def _bar(self, run: FolderRun, error: MailError) -> None:
        """Read nothing more of a folder."""
        run.walk.end(WalkState.FAILED)
        self._claims.refused(run.pair.mapped.source.name)
        self._folder_failed(run, error)

    def _take(self, step: Step) -> None:
        run = self._runs[step.folder]
        match step:
            case Read(message=message):
                self._add(run, message)
            case Gone(uids=uids):
                run.result.spoil()  # the next pass looks for itself whether they are gone for good
                self._work.result.tally.add(run.id, gone=len(uids))
                self._out(run, uids)
            case Unreadable(listed=listed, error=error):
                self._unreadable(run, listed, error)
                self._out(run, [listed.uid])
            case Incomplete(missing=missing, error=error):
                self._work.result.tally.add(run.id, listed=missing, failed=missing)
                self._folder_failed(run, error)
            case Excluded(reason=reason, messages=messages, octets=octets):
                run.result.sieve.count(reason, messages, octets)
                self._work.result.tally.add(run.id, listed=messages, excluded=messages)
            case FolderRefused(error=Contradicted() as error):
                self._contradicted(run, error.uidvalidity, error)
            case FolderRefused(error=error):
                (self._postpone if error.retry else self._bar)(run, error)
            case FolderEnd():
                self._outbox.flush()
                self._claims.ended(step.folder)
                self._end_portion(run)

    def _out(self, run: FolderRun, uids: Sequence[int]) -> None:
        """Settle messages that come to an end without being sent."""
        for uid in uids:
            self._claims.came(run.pair.mapped.source.name, uid)
        self._claims.settled(len(uids))

    def _end_portion(self, run: FolderRun) -> None:
        def save(connection: Transaction) -> None:
            counts, large = run.result.sieve.result()
            left_out.save(connection, run.id, counts, large)
            if counts or run.pair.earlier.left_out:  # the marks of the walk before do not go with what this left out
                journal.incomplete_folder(connection, run.id)

        self._notes.submit(save)
        self.cut = self.cut or run.walk.state is WalkState.CUT
        run.walk.end_portion()

    def _unreadable(self, run: FolderRun, listed: Listed, error: MailError) -> None:
        """Note a message that is not handed out. Raises the outage, when the source refuses everything."""
        _LOG.warning(
            "UID %d of %s, %d octets: %s", listed.uid, run.pair.mapped.source.display, listed.size, told(error)
        )
        run.result.spoil()

        def fail() -> None:
            self._work.result.tally.fail(run.id, listed.uid)
            self._notes.failure(message_failure(self._work.account.id, run.id, listed, error, None))

        if not isinstance(error, MessageRefused) or error.own:
            fail()
            return
        failed = listed.uid in run.pair.earlier.failed
        outage = self._work.source_outage.refused((run.id, listed.uid), error, fail, failed=failed)
        if outage is not None:
            raise outage

    def _folder_failed(self, run: FolderRun, error: MailError) -> None:
        _LOG.warning("a folder fails: %s", told(error))
        run.result.spoil(whole=True)
        self._notes.failure(folder_failure(self._work.account.id, run.id, error))

    def _add(self, run: FolderRun, message: Message) -> None:
        self._gate.message()
        if run.result.sieve.holds_back_read(message.listed, message.instant):
            self._work.result.tally.add(run.id, excluded=1)
            message.content.close()
            self._out(run, [message.listed.uid])
            return
        self._work.culprits.read((run.id, message.listed.uid))
        self._work.source_outage.took()
        if self._outbox.add(run, message):
            self._claims.came(run.pair.mapped.source.name, message.listed.uid)
