"""Before anything is copied: the logins are proven, folders are planned, made, opened, and put on record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from tui_migrate.engine.choosing.mapping import AS_IT_IS, FolderPlan, Mapped, Spelling, make_plan
from tui_migrate.engine.choosing.selection import signature
from tui_migrate.engine.copying.folder_pair import Earlier, FolderPair
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.naming import Outcomes, plan_and_open
from tui_migrate.engine.copying.numbers_again import numbered_again
from tui_migrate.engine.copying.tally import OUTSIDE
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.engine.failures import folder_failure
from tui_migrate.errors import MailError
from tui_migrate.mail.protocols import MailDestination, MailSource, Opened, Tree
from tui_migrate.model import AccountState, Lesson, RemarkKind, Scope
from tui_migrate.model.journal import FolderRecord, Marks, Pair
from tui_migrate.store import accounts, events, journal, left_out, pairs, progress
from tui_migrate.store.database import Transaction

_LOG = logging.getLogger(__name__)

_OTHERS_NAMED = 100
"""Other people's folders that are listed one by one: a server may show each user those of thousands."""


class Opening:
    """Opens the folders of one account. `fail` notes that a folder has failed, by the id of its record."""

    def __init__(self, work: Work, tools: Tools, fail: Callable[[int, MailError], None]) -> None:
        self._work = work
        self._tools = tools
        self._fail = fail
        self._id = work.account.id

    def proven(self, connection: Transaction) -> None:
        """Note that both logins work. If they lead to other mailboxes than before, the journal speaks of those and is
        void."""
        migration, account, pair = self._work.migration, self._work.account, self._work.assignment.pair
        before = progress.proven_for(connection, self._id)
        if before != pair:
            if before:
                journal.forget_account(connection, self._id)
                what = (
                    f"{account.source_user}: the mailboxes are other ones than before; what is there is compared anew"
                )
                _LOG.info("%s", what)
                events.add(connection, "engine", what, migration_id=migration.id, account_id=self._id)
            progress.set_proven(connection, self._id, pair)
        events.resolve(connection, self._id, [Scope.ACCOUNT, Scope.SERVER])

    def plan(self, tree: Tree, there: Tree, spelling: Spelling = AS_IT_IS) -> FolderPlan:
        """Where each folder goes. What stays behind is counted."""
        with self._tools.database.read() as connection:
            kept = pairs.kept(connection, self._id)
        excluded = self._work.account.excluded_of(self._work.migration)
        plan = make_plan(tree, there, excluded, kept, self._work.assignment.rules, spelling)
        left_out = sum(folder.status.messages for folder in plan.excluded if folder.status)
        self._work.result.tally.put(OUTSIDE, listed=left_out, excluded=left_out)
        self._work.result.tally.found(OUTSIDE)
        return plan

    def open(
        self, tree: Tree, there: Tree, source: MailSource, destination: MailDestination, heed_stop: Callable[[], None]
    ) -> dict[int, FolderRun]:
        """The folders that are to be filled, by their records' ids; those that cannot be opened are failures of their
        own. Raises MailError, and what `heed_stop` raises."""
        self._note_listing(tree)
        plan, outcomes = self._plan_and_open(tree, there, destination)
        heed_stop()
        records = self._tools.write(lambda connection: self._save_folders(connection, plan)).result()
        return self._opened(numbered_again(records, self._work.contradictions.validities, source), outcomes)

    def _note_listing(self, tree: Tree) -> None:
        """Folders that may be missing are failures; those of other people are counted and stay where they are."""
        doubts = [folder_failure(self._id, None, error) for error in tree.doubts]
        self._tools.write(lambda connection: events.record_doubts(connection, self._id, doubts)).result()
        for folder in tree.others:
            messages = folder.status.messages if folder.status else 0
            name = folder.display if len(tree.others) <= _OTHERS_NAMED else folder.path[0]
            self._work.result.remarks.add(0, RemarkKind.OTHERS, name, messages)

    def _plan_and_open(self, tree: Tree, there: Tree, destination: MailDestination) -> tuple[FolderPlan, Outcomes]:
        """Plan and open with the names that this destination can have, as far as any of its mailboxes has shown it."""
        lessons = self._tools.servers.experience.of(self._work.migration.destination)
        before = Spelling.learned(lessons.learned)

        def respelled(spelling: Spelling) -> FolderPlan:
            found = self.plan(tree, there, spelling)
            if spelling != before:  # on record before it is made: after an interruption nobody would know whose it is
                self._tools.write(lambda connection: pairs.save(connection, self._id, _pairs(found))).result()
            return found

        plan, outcomes, spelling = plan_and_open(respelled, before, destination)
        if spelling.refused != before.refused:
            lessons.learn(Lesson.NAMES, spelling.refused)
        return plan, outcomes

    def _save_folders(self, connection: Transaction, plan: FolderPlan) -> list[tuple[Mapped, FolderRecord]]:
        accounts.set_state(connection, self._id, AccountState.COPYING)
        saved = list(zip(plan.folders, pairs.save(connection, self._id, _pairs(plan)), strict=True))
        ids = [record.id for _, record in saved]
        left_out.keep_only(connection, self._id, ids)
        self._work.result.tally.keep_only({OUTSIDE, *ids})
        return saved

    def _opened(self, records: Sequence[tuple[Mapped, FolderRecord]], outcomes: Outcomes) -> dict[int, FolderRun]:
        """The folders to be filled; one that could not be opened fails alone."""
        with self._tools.database.read() as connection:
            earlier = self._earlier(connection, [record for _, record in records])
        runs: dict[int, FolderRun] = {}
        selection = self._work.migration.selection
        for mapped, record in records:
            status = mapped.source.status
            self._work.result.tally.put(record.id, listed=status.messages if status else 0)
            result = outcomes[mapped.name]
            if mapped.target.respelled and isinstance(result, Opened):
                renamed = f"{mapped.source.display} becomes {mapped.display}"
                self._work.result.remarks.add(record.id, RemarkKind.RENAMED, renamed, messages=0)
            if not isinstance(result, Opened):
                if result.scope is not Scope.FOLDER:
                    raise result
                self._fail(record.id, result)
                continue
            marks = Marks(status.uidvalidity, status.uidnext, status.token, status.messages) if status else None
            known = replace(record, complete=record.complete and record.selection == signature(selection))
            runs[record.id] = FolderRun(FolderPair(mapped, known, result, marks, earlier[record.id]), selection)
        _LOG.info("state: copying; folders: %d are opened of %d", len(runs), len(records))
        return runs

    def _earlier(self, connection: Transaction, records: Sequence[FolderRecord]) -> dict[int, Earlier]:
        """What is on record of these folders."""
        skipped = events.skipped(connection, self._id)
        left_out_before = left_out.numbers(connection, self._id)
        failed = events.failed_messages(connection, self._id)
        copied = journal.copied_in(connection, self._id, self._work.account.pass_number)
        return {
            record.id: Earlier(
                skipped.get(record.id, frozenset()),
                left_out_before.get(record.id, 0),
                copied.get(record.id, (0, 0)),
                failed.get(record.id, frozenset()),
            )
            for record in records
        }


def _pairs(plan: FolderPlan) -> list[Pair]:
    return [Pair(mapped.source.name, mapped.name, (mapped.source.display, mapped.display)) for mapped in plan.folders]
