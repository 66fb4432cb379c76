"""One run of one account, in a transfer thread: connect, plan, reconcile, copy, carry over flags."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui_migrate.engine.copying import recover
from tui_migrate.engine.copying.connecting import Connector, close_both
from tui_migrate.engine.copying.contradictions import Renumbered
from tui_migrate.engine.copying.delta import ask_changes
from tui_migrate.engine.copying.doubts import Doubts
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.folder_walk import WalkState
from tui_migrate.engine.copying.lanes import Lanes
from tui_migrate.engine.copying.opening import Opening
from tui_migrate.engine.copying.rewriting import learn_rewriting
from tui_migrate.engine.copying.tally import OUTSIDE
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.unclaimed import Unclaimed
from tui_migrate.engine.copying.work import Work
from tui_migrate.engine.log import told
from tui_migrate.errors import Disconnected, MailboxChanged, MailError, ProtocolViolation
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import RemarkKind, Scope
from tui_migrate.model.journal import Entry, Window
from tui_migrate.store import events, journal
from tui_migrate.store.database import Transaction
from tui_migrate.uidset import chunks

_LOG = logging.getLogger(__name__)

_ENOUGH = 0.95
"""Share of known messages that must be found again in a folder whose UIDVALIDITY changed."""


class AccountRun:
    """Copies what is missing of one account. Raises MailError when it must be tried again or cannot go on."""

    def __init__(self, work: Work, tools: Tools, stop: threading.Event) -> None:
        self._work = work
        self._tools = tools
        self._stop = stop
        self._id = work.account.id
        self._connector = Connector(work, tools, stop)
        self._opening = Opening(work, tools, self._fail_folder)
        self.lanes = Lanes(work, tools, stop, self._connector)
        self._doubts = Doubts(work, tools, stop)

    def run(self) -> None:
        """Copy the account. Returns when the pass is complete, or early when `stop` is set."""
        try:
            self._run()
        except recover.Interrupted:
            pass
        finally:
            self._work.attempts.sent()

    def check(self) -> None:
        """Prove both logins and count what there is to do; copy nothing."""
        self._work.result.tally.reset()
        (source, tree), (destination, there) = self._connector.connect()
        close_both(source, destination)
        self._tools.write(self._opening.proven).result()
        plan = self._opening.plan(tree, there)
        messages = sum(mapped.source.status.messages for mapped in plan.folders if mapped.source.status)
        self._work.result.tally.add(OUTSIDE, listed=messages)

    def _run(self) -> None:
        (source, tree), (destination, there) = self._connector.connect()
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(close_both, source, destination)
            self._work.result.tally.again()
            self._tools.write(self._opening.proven).result()
            runs = self._opening.open(tree, there, source, destination, self._heed_stop)
            self._recover(runs, source, destination)
            self._heed_stop()
            wanted = [run for run in runs.values() if self._has_work(run)]
            if empty := [run for run in runs.values() if run.walk.state is WalkState.READ]:
                self._tools.write(lambda connection: self._complete(connection, empty)).result()
            ask_changes(wanted, source)
            self.lanes.copy(wanted, source, destination)
            self._doubts.send_last(wanted, self.lanes, source, destination)
            self._heed_renumbering([*runs.values()], destination)
            self._learn_uids(wanted, destination)
            if not self._stop.is_set():
                learn_rewriting(self._work, self._tools, destination)
            self._carry_flags(wanted, destination)
            self._tools.write(lambda connection: self._complete(connection, wanted)).result()
            if not self._stop.is_set():
                self._doubts.look_for_twins([*runs.values()], destination)
            if all(run.complete for run in wanted):
                source.all_arrived()

    def _heed_stop(self) -> None:
        if self._stop.is_set():
            raise recover.Interrupted

    def _fail_folder(self, folder_id: int, error: MailError) -> None:
        self._work.result.tally.fail_rest(folder_id)
        self._tools.fail_folder(self._id, folder_id, error, whole=True)

    # What is there already

    def _recover(self, runs: dict[int, FolderRun], source: MailSource, destination: MailDestination) -> None:
        with self._tools.database.read() as connection:
            unsettled = journal.open_window_folders(connection, self._id)
            unlearned = journal.unlearned_folders(connection, self._id)
        doubtful = [run for run in runs.values() if run.id in unsettled]
        if doubtful:
            alive_at = max(self._tools.clocks.began, self._work.attempts.sent_until)
            self._doubts.settle(doubtful, destination, alive_at)
        self._isolate(runs)
        begun = self._begin_empty([run for run in runs.values() if run.id not in unsettled])
        unclaimed = Unclaimed(self._work, self._tools, source, destination)
        for run in [run for run in runs.values() if run.id not in begun]:
            self._heed_stop()
            try:
                first = run.pair.record.destination_uidvalidity is None
                if first:
                    unclaimed.begin(run)
                elif not self._after_change(run, source, destination) and run.id in unsettled | unlearned:
                    self._doubts.reconcile(run, destination, run.pair.opened.uidnext)
                unclaimed.compare(run, first=first)
                if run.id in unsettled:
                    self._doubts.hold_back(run)
            except MailError as error:
                if isinstance(error, (Disconnected, ProtocolViolation)):
                    self._work.ended_at((run.id, 0), error)
                    _LOG.warning("a connection ended when %s was looked at: %s", run.pair.mapped.display, told(error))
                if error.scope is not Scope.FOLDER:
                    raise
                self._fail_folder(run.id, error)
                del runs[run.id]
        unclaimed.put_on_record()
        unclaimed.tell()

    def _isolate(self, runs: dict[int, FolderRun]) -> None:
        """Folders at which connections have ended come last, and those at which they always end not at all."""
        for run in [run for run in runs.values() if self._work.culprits.times((run.id, 0))]:
            del runs[run.id]
            if (run.id, 0) in self._work.culprits.given_up:
                self._fail_folder(run.id, self._work.culprits.given_up[run.id, 0])
            else:
                run.pair = run.pair.isolated()
                runs[run.id] = run

    def _after_change(self, run: FolderRun, source: MailSource, destination: MailDestination) -> bool:
        """A UIDVALIDITY that changed makes UIDs worthless, but not the fingerprints (RFC 3501 section 2.3.1.1); and so
        does a source that gives them to other messages all the same.

        False when none has changed.
        """
        source_now = run.pair.marks.uidvalidity if run.pair.marks else run.pair.record.source_uidvalidity
        renumbered = self._work.contradictions.renumbered(run.id) is Renumbered.FOUND_OUT
        source_changed = source_now != run.pair.record.source_uidvalidity or renumbered
        destination_changed = run.pair.opened.uidvalidity != run.pair.record.destination_uidvalidity
        if not source_changed and not destination_changed:
            return False
        windows = self._tools.windows(run.id)
        if destination_changed:
            windows = [recover.unplaced(window) for window in windows]
        uidnext = 0 if destination_changed else run.pair.opened.uidnext
        found = recover.reconcile(destination.look(), run.pair.mapped.name, windows, uidnext)
        there, total = _recognised(windows, found)
        if compared := destination_changed and there < total:  # it may have been rewritten
            folder = run.pair.mapped.source.name
            windows = recover.with_signs(source.look(), folder, windows, found, renumbered=source_changed)
            found = recover.reconcile(destination.look(), run.pair.mapped.name, windows, uidnext)
            there, total = _recognised(windows, found, compared=compared)
        if destination_changed and there < _ENOUGH * total:
            raise MailboxChanged(
                f"The destination folder {run.pair.mapped.display} is not the one that was filled: its UIDVALIDITY "
                f"changed, and {there:,} of the {total:,} messages that were brought are in it."
            )
        self._close(found)
        entries = [(window, entry) for window in windows for entry in found.get(window.id, window.entries)]
        if source_changed:
            again = recover.rematch_source(source.look(), run.pair.mapped.source.name, [entry for _, entry in entries])
            self._tools.say(
                self._work.account,
                f"the source folder {run.pair.mapped.source.display} "
                f"{'has given UIDs to other messages' if renumbered else 'was replaced (its UIDVALIDITY changed)'}: "
                f"{len(again):,} of its {len(entries):,} known messages were found in it again; what else is in it is "
                "new",
            )
            entries = [(entries[place][0], entry) for place, entry in again.items()]
        by_pass: dict[int, list[Entry]] = defaultdict(list)
        for window, entry in entries:
            by_pass[window.pass_number].append(entry)
        self._replace_known(run, by_pass)
        if renumbered:
            self._work.contradictions.renumber(run.id, Renumbered.MATCHED_AGAIN)
        return True

    def _close(self, arrived: Mapping[int, Sequence[Entry]]) -> None:
        """Put on record which messages of these windows have arrived."""

        def close(connection: Transaction) -> None:
            for window_id, entries in arrived.items():
                journal.close_window(connection, window_id, entries)

        self._tools.write(close).result()

    def _begin_empty(self, runs: Sequence[FolderRun]) -> set[int]:
        """Begin the journal of folders that were never met and whose destination is empty: there is nothing to compare.
        All of them in one transaction: thousands of folders would wait for a commit each. Returns their ids."""
        empty = [r for r in runs if r.pair.record.destination_uidvalidity is None and not r.pair.opened.messages]

        def begin(connection: Transaction) -> None:
            for run in empty:
                _begin(connection, run)
                journal.know_all_below(connection, run.id, run.pair.opened.uidnext)

        if empty:
            self._tools.write(begin).result()
        for run in empty:
            record = replace(run.pair.begun_anew().record, destination_uidnext=run.pair.opened.uidnext or None)
            run.pair = replace(run.pair.begun_anew(), record=record)
        return {run.id for run in empty}

    def _replace_known(self, run: FolderRun, by_pass: Mapping[int, Sequence[Entry]]) -> None:
        """The journal of this folder begins anew with these messages, by the pass that brought them, under the
        UIDVALIDITY pair of today."""

        def replace_known(connection: Transaction) -> None:
            _begin(connection, run)
            for number, entries in by_pass.items():
                for some in chunks(sorted(entries, key=lambda entry: entry.uid), 500):
                    journal.add_done(connection, run.id, some, number)

        self._tools.write(replace_known).result()
        run.pair = run.pair.begun_anew()
        if any(by_pass.values()):
            self._work.progressed()

    # The copy and after it

    def _has_work(self, run: FolderRun) -> bool:
        """False for a folder that nothing has happened in, or that is empty, whose walk ends here: its numbers are
        settled."""
        messages = run.pair.marks.messages if run.pair.marks else None
        if messages == 0:
            run.walk.end(WalkState.READ)
            self._work.result.tally.found(run.id)
            return False
        if messages is not None and run.pair.unchanged():
            earlier = run.pair.earlier
            excluded, (copied, octets) = len(earlier.skipped) + earlier.left_out, earlier.copied
            before = messages - excluded - copied
            there = run.pair.adopted_of(before)
            self._work.result.tally.found(run.id)
            self._work.result.tally.add(run.id, copied=copied, brought=before - there, there=there, excluded=excluded)
            self._work.result.tally.add(run.id, bytes_listed=octets, bytes_copied=octets)
            return False
        return True

    def _heed_renumbering(self, runs: Sequence[FolderRun], destination: MailDestination) -> None:
        """What is looked at and changed by UID from here on must be the messages that were stored under these. Raises
        Disconnected where a folder has other UIDs by now: the account begins again, and knows its messages again. Once
        in a pass: of a server that contradicts itself each time no more can be known."""
        sampled = self._work.samples.folders()
        by_uid = [r for r in runs if _acts_by_uid(r) or r.pair.mapped.name in sampled]
        if self._stop.is_set() or not by_uid:
            return
        now = destination.look().numbers([run.pair.mapped.name for run in by_uid])
        for run in by_uid:
            moved = now[run.pair.mapped.name].uidvalidity != run.pair.opened.uidvalidity
            if moved and not self._work.contradictions.moved_in(run.id, self._work.account.pass_number):
                raise Disconnected(f"The destination folder {run.pair.mapped.display} was replaced meanwhile.")

    def _learn_uids(self, runs: Sequence[FolderRun], destination: MailDestination) -> None:
        """The UIDs that a server without UIDPLUS has not told: a later flag change at the source needs them."""
        for run in runs:
            if run.result.uids_unknown and not self._stop.is_set():
                try:
                    self._doubts.reconcile(run, destination, uidnext=0, copied=True)
                except MailError as error:
                    self._fail_after_copy(run, error)

    def _carry_flags(self, runs: Sequence[FolderRun], destination: MailDestination) -> None:
        for run in runs:
            if not run.result.flag_changes:
                continue
            if self._stop.is_set():
                run.result.spoil()  # the next pass must not take the folder for unchanged
                continue
            try:
                unkept = destination.change_flags(run.pair.mapped.name, run.result.flag_changes)
            except MailError as error:
                self._fail_after_copy(run, error)
                continue
            for flag, messages in unkept.items():
                self._work.result.remarks.add(run.id, RemarkKind.FLAG, flag, messages)
            self._tools.write(lambda connection, run=run: _remember_flags(connection, run)).result()  # type: ignore[misc]

    def _fail_after_copy(self, run: FolderRun, error: MailError) -> None:
        """The mail has arrived, and the next pass looks at the folder again. Raises what concerns more than it."""
        if error.scope is not Scope.FOLDER:
            raise error
        run.result.spoil(whole=True)
        self._tools.fail_folder(self._id, run.id, error)

    def _complete(self, connection: Transaction, runs: Sequence[FolderRun]) -> None:
        numbers = self._work.result.tally.folders()
        failed = events.folders_with_failures(connection, self._id)
        for run in runs:
            if run.complete and run.pair.marks is not None:
                adopted = numbers[run.id].counts.there if run.id in numbers else 0
                journal.complete_folder(connection, run.id, run.pair.marks, run.result.sieve.signature, adopted)
                if run.id in failed:
                    events.resolve_folder(connection, run.id, run.result.skipped)
            else:
                journal.incomplete_folder(connection, run.id)
                if run.walked_over:
                    events.resolve_scope(connection, run.id, Scope.FOLDER)


def _begin(connection: Transaction, run: FolderRun) -> None:
    journal.forget_folder(connection, run.id, keep_remarks=True)
    source = run.pair.marks.uidvalidity if run.pair.marks else 0
    journal.set_validity(connection, run.id, source, run.pair.opened.uidvalidity)


def _acts_by_uid(run: FolderRun) -> bool:
    return bool(run.result.uids_unknown or run.result.flag_changes or run.walk.doubtful)


def _recognised(
    windows: Sequence[Window], found: Mapping[int, Sequence[Entry]], *, compared: bool = False
) -> tuple[int, int]:
    """How many of the messages that had arrived were found again, and how many there were. `compared`: with what the
    source has; what is gone there cannot be known again where it was rewritten, and does not count."""
    arrived = [entry for window in windows if window.done for entry in found.get(window.id, window.entries)]
    there = sum(entry.destination_uid is not None for entry in arrived)
    unknown = sum(e.destination_uid is None and e.fingerprint.signs is None for e in arrived) if compared else 0
    return there, len(arrived) - unknown


def _remember_flags(connection: Transaction, run: FolderRun) -> None:
    """The source's flags of today are what the next pass compares with."""
    for window in journal.windows(connection, run.id):
        if now := run.result.flags_now.get(window.id):
            entries = [replace(entry, flags=now.get(entry.uid, entry.flags)) for entry in window.entries]
            journal.change_entries(connection, window.id, entries)
