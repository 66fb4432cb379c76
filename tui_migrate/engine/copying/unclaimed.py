"""Mail at the destination that nobody claims: looked at before anything is sent.

The store may be older than the destination: a backup that was restored, a virtual machine that was rolled back, a
second store for the same mailboxes. What was brought then and is not in this journal would be brought once more. So
the journal keeps, for each folder, the UIDNEXT of its destination up to which all is known, and what has come there
since and is claimed by no window is compared with what has not arrived yet. A user who receives mail at the destination
meanwhile costs a look at that mail, whatever the size of the folder.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import count

from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.recover import Shelf, adopt
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import Lesson
from tui_migrate.model.journal import Entry
from tui_migrate.printable import plural
from tui_migrate.store import journal
from tui_migrate.store.claims import claims
from tui_migrate.store.database import Transaction

_AT_ONCE = 500
"""Messages in one window of the journal."""


class Unclaimed:
    """Looks into the folders of one account's run, and says once what it has found."""

    def __init__(self, work: Work, tools: Tools, source: MailSource, destination: MailDestination) -> None:
        self._work = work
        self._tools = tools
        self._source = source
        self._destination = destination
        self._ours = 0
        self._strangers = 0
        self._begun: list[FolderRun] = []
        self._claims: list[tuple[FolderRun, Sequence[Entry], int]] = []
        """What is to be put on record."""

    def begin(self, run: FolderRun) -> None:
        """Begin the journal of a folder that was never opened before, or of which all that was known is void: it speaks
        of the UIDVALIDITY pair of today."""
        self._begun.append(run)
        run.pair = run.pair.begun_anew()

    def compare(self, run: FolderRun, *, first: bool = False) -> bool:
        """Claim what has come to the destination folder since this was done last and has not arrived for all that the
        journal knows. True when there was something. `first`: the folder was never met before, and what lies in it
        is nothing to be told of. Raises MailError.

        Windows that are open must have been looked for before: whatever is theirs is not to be claimed here."""
        known, uidnext = run.pair.record.destination_uidnext, run.pair.opened.uidnext
        found: Sequence[Entry] = ()
        if run.pair.opened.messages and may_lack(run) and not 1 < uidnext <= (known or 1):
            self.put_on_record()  # others who fill the folder are known by its UIDVALIDITY
            found, uidnext = self._compare(run, known or 1, first)
        if uidnext != 1 or not run.pair.opened.messages:
            self._claim(run, found, uidnext)
        return bool(found)

    def put_on_record(self) -> None:
        """Write down what was begun and compared: of all folders together, since it is waited for."""
        begun, claims, self._begun, self._claims = self._begun, self._claims, [], []

        def claim(connection: Transaction) -> None:
            for run in begun:
                source = run.pair.marks.uidvalidity if run.pair.marks else 0
                journal.set_validity(connection, run.id, source, run.pair.opened.uidvalidity)
            for run, found, uidnext in claims:
                for start in range(0, len(found), _AT_ONCE):
                    journal.add_done(connection, run.id, found[start : start + _AT_ONCE])
                if found:
                    journal.incomplete_folder(connection, run.id)
                journal.know_all_below(connection, run.id, uidnext)

        if begun or claims:
            self._tools.write(claim).result()

    def tell(self) -> None:
        """One line of the audit trail, where there is something to say."""
        said = []
        if self._ours:
            said.append(
                f"{plural(self._ours, 'message')} that this store did not know of had been brought to the destination "
                "already: it is older than that, or not the only one"
            )
        if self._strangers and self._work.first_strangers():
            said.append(f"mail has come to the destination from elsewhere: {plural(self._strangers, 'message')}")
        if said:
            self._tools.say(self._work.account, "; ".join(said))

    def _compare(self, run: FolderRun, known: int, first: bool) -> tuple[Sequence[Entry], int]:
        """What is recognised, and the UID up to which all was looked at; 0: some could not be compared."""
        uidnext = run.pair.opened.uidnext
        with self._tools.database.read() as connection:
            ours = claims(connection, run.id)
            arrived = journal.copied_uids(connection, run.id)
        start = next(uid for uid in count(known) if uid not in ours.uids)
        if 1 < uidnext <= start:
            return (), uidnext
        look = self._destination.look()
        there = [each for each in look.listing(run.pair.mapped.name, start) if each.uid not in ours.uids]
        if not there:
            return (), max(uidnext, start)
        uidnext = max(uidnext, there[-1].uid + 1)
        own_look, name = self._source.look(), run.pair.mapped.source.name
        listed = own_look.listing(name, _lowest_lacking(run, arrived))
        missing = [each for each in listed if each.uid not in arrived]
        rewriting = self._tools.servers.experience.of(self._work.migration.destination).knows(Lesson.REWRITES)
        both = Shelf(own_look, name, missing), Shelf(look, run.pair.mapped.name, there)
        found, whole = adopt(*both, ours.waiting, rewriting=rewriting)
        if not first:
            self._ours += len(found)
            self._strangers += len(there) - len(found) if run.pair.record.destination_uidnext is not None else 0
        return found, uidnext if whole else 0

    def _claim(self, run: FolderRun, found: Sequence[Entry], uidnext: int) -> None:
        """Put on record what was recognised, and that all below `uidnext` was looked at, both or neither. 0: the next
        pass looks at everything once more."""
        if not found and uidnext and uidnext <= (run.pair.record.destination_uidnext or 0):
            return
        self._claims.append((run, found, uidnext))
        if found:
            self.put_on_record()
        complete = run.pair.record.complete and not found
        record = replace(run.pair.record, destination_uidnext=uidnext or None, complete=complete)
        run.pair = replace(run.pair, record=record)
        if found:
            self._work.progressed()


def may_lack(run: FolderRun) -> bool:
    """False when all that lies at the source has arrived, as far as the source's numbers tell."""
    marks = run.pair.marks
    if marks is not None and not marks.messages:
        return False
    if not _all_settled(run) or marks is None or marks.uidnext is None or run.pair.record.source_uidnext is None:
        return True
    return marks.uidnext > run.pair.record.source_uidnext


def _lowest_lacking(run: FolderRun, arrived: Set[int]) -> int:
    """No message at the source with a lower UID has not arrived."""
    if not _all_settled(run):
        return 1
    return run.pair.record.source_uidnext or max(arrived, default=0) + 1


def _all_settled(run: FolderRun) -> bool:
    """True when the last walk over it was complete, and has left nothing out."""
    return run.pair.record.complete and not run.pair.earlier.skipped and not run.pair.earlier.left_out
