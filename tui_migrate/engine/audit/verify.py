"""Walking over source and destination once more, and comparing what lies there: nothing is believed of the journal, nor
of the listings that copying goes by.

Reads only, folder by folder, so that of a huge mailbox one folder at a time is held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from tui_migrate.engine.audit.compare import compare, reconsidered
from tui_migrate.engine.audit.doubtful import settled
from tui_migrate.engine.audit.ends import End, Held, Hidden, Tell
from tui_migrate.engine.audit.findings import Aspect, ComparedMail, Finding, FindingKind, Sum, summed, told_apart
from tui_migrate.engine.audit.whole_tree import completed
from tui_migrate.engine.choosing.mapping import FolderPlan, Mapped
from tui_migrate.errors import MailError
from tui_migrate.mail.protocols import ListedFolder, MailDestination, MailSource, Role, Tree
from tui_migrate.model import Scope, Side

_VIEWS = (Role.ALL, Role.FLAGGED, Role.IMPORTANT)
"""Folders that show mail of other folders once more."""

LeftOut = Callable[[ListedFolder, ComparedMail], bool]
"""True when the admin does not want this message of the source at the destination."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a folder is called."""

    source: str
    """Empty for a folder that only the destination has."""
    destination: str
    wire: bytes = b""
    """At the source, as on the wire."""


@dataclass(frozen=True, slots=True)
class Listings:
    """How far the servers' own listings show a folder and its mail."""

    absent: bool = False
    """True when the destination has no such folder."""
    hidden: tuple[Hidden, ...] = ()
    doubts: tuple[str, ...] = ()
    """In what a server contradicts itself."""
    found_by: str = ""
    """The commands that show the source folder, where the listing that copying goes by does not."""

    @property
    def unlisted(self) -> int:
        """Messages that a server says it holds, and does not list."""
        return sum(each.messages for each in self.hidden)

    @property
    def whole(self) -> bool:
        """True when both servers show all that they have."""
        return not (self.absent or self.hidden or self.doubts)


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What one folder has come to."""

    names: Names
    sum: Sum
    findings: tuple[Finding, ...] = ()
    listings: Listings = field(default_factory=Listings)
    error: MailError | None = None
    """Why it could not be read."""

    @property
    def source(self) -> str:
        """The source folder's name for the admin; empty for a folder that only the destination has."""
        return self.names.source

    @property
    def destination(self) -> str:
        """The destination folder's name for the admin."""
        return self.names.destination

    @property
    def same(self) -> bool:
        """True when nothing is missing, extra, different or unknown."""
        return self.listings.whole and not (self.findings or self.error)

    @property
    def whole(self) -> bool:
        """True when all mail is there, whatever has become of flags that cannot be kept, and of dates."""
        return self.listings.whole and self.error is None and all(finding.mild for finding in self.findings)

    @property
    def is_empty_extra(self) -> bool:
        """True when only the destination has it, and no mail lies in it."""
        return not self.source and not self.sum.destination and self.same


class ComparingWalk:
    """Compares two mailboxes that are logged in, folder by folder."""

    def __init__(
        self,
        source: MailSource,
        destination: MailDestination,
        *,
        deep: bool,
        left_out: LeftOut,
        tell: Tell,
    ) -> None:
        """`deep`: all octets are read and compared."""
        self._source = source
        self._destination = destination
        self._mine = End(Side.SOURCE, source, deep=deep, tell=tell)
        self.carries = self._mine.carries
        self._theirs = End(Side.DESTINATION, destination, deep=deep, tell=tell, rebuilt=self.carries.rebuilt)
        self._deep = deep
        self._left_out = left_out
        self._tell = tell
        self._found_by: dict[bytes, str] = {}
        self.doubts: tuple[MailError, ...] = ()
        """Why there may be folders that are not compared."""

    def trees(self) -> tuple[Tree, Tree]:
        """The folders at both ends, with those that the servers' own listings do not show."""
        there, _ = completed(self._destination.tree(), self._theirs.census)
        tree, self._found_by = completed(self._source.tree(), self._mine.census)
        self.doubts = (*tree.doubts, *there.doubts)
        return tree, there

    def folders(self, plan: FolderPlan, there: Tree) -> Iterator[FolderReport]:
        """Every folder of the plan, then those that the destination's tree has besides. Raises MailError when a
        connection is of no more use, and whatever `tell` raises."""
        for mapped in plan.folders:
            try:
                yield self._pair(mapped)
            except MailError as error:
                yield _refused(error, _names(mapped))
        known = {mapped.name for mapped in plan.folders}
        for folder in there.folders:
            is_view = folder.role in _VIEWS and not folder.role_by_name
            if folder.selectable and folder.name not in known and not is_view:
                try:
                    yield self._only_there(folder)
                except MailError as error:
                    yield _refused(error, Names("", folder.display))

    def _pair(self, mapped: Mapped) -> FolderReport:
        """A source folder, and the one that its mail goes to."""
        folder = mapped.source
        mine = self._mine.folder(folder.name, folder.display)
        theirs = Held(()) if mapped.create else self._theirs.folder(mapped.name, mapped.display)
        # Of twins, the ones that are wanted are paired first.
        wanted_first = sorted(mine.mails, key=lambda mail: self._left_out(folder, mail))
        found = [*compare(wanted_first, theirs.mails, self.carries)]
        weighed = 0
        if self._deep:
            found = [*reconsidered(found, self.carries)]
        else:
            found, weighed = self._settled(mapped, found)
        line_ends = sum(Aspect.LINE_END in each.aspects for each in found)
        told = [each for each in map(_without_line_end, found) if each is not None]
        findings = [each for each in told if not self._is_left_out(folder, each)]
        left_out = len(told) - len(findings)
        if lost := frozenset(flag for finding in findings for flag in finding.lost):
            unkept = self._destination.unkept(mapped.name, lost)
            findings = [told_apart(finding, unkept) for finding in findings]
        numbers = summed(
            len(mine.mails), len(theirs.mails), findings, left_out=left_out, line_ends=line_ends, weighed=weighed
        )
        listings = Listings(
            absent=mapped.create,
            hidden=(*mine.hidden, *theirs.hidden),
            doubts=(*_doubts(Side.SOURCE, mine), *_doubts(Side.DESTINATION, theirs)),
            found_by=self._found_by.get(folder.name, ""),
        )
        return FolderReport(_names(mapped), numbers, tuple(sorted(findings, key=_place)), listings)

    def _settled(self, mapped: Mapped, found: list[Finding]) -> tuple[list[Finding], int]:
        """The findings once those messages were read of which header and size are not the last word; and how many of
        them are the same."""
        of_mine = partial(self._mine.read, mapped.source.name, mapped.source.display)
        of_theirs = partial(self._theirs.read, mapped.name, mapped.display)
        return settled(found, (of_mine, of_theirs), self.carries, partial(self._is_left_out, mapped.source))

    def _only_there(self, folder: ListedFolder) -> FolderReport:
        """A folder that no folder of the source goes to: whatever lies in it is extra."""
        rows, hidden = self._theirs.rows(folder.name)
        self._tell(folder.display, len(rows))
        mails = {row.uid: ComparedMail(*row) for row in rows}
        findings = tuple(Finding(FindingKind.EXTRA, None, mail) for mail in mails.values())
        numbers = summed(0, len(mails), findings)
        return FolderReport(Names("", folder.display), numbers, findings, Listings(hidden=hidden))

    def _is_left_out(self, folder: ListedFolder, finding: Finding) -> bool:
        return (
            finding.kind is FindingKind.MISSING
            and finding.source is not None
            and self._left_out(folder, finding.source)
        )


def _without_line_end(finding: Finding) -> Finding | None:
    aspects = tuple(each for each in finding.aspects if each is not Aspect.LINE_END)
    return replace(finding, aspects=aspects) if aspects or finding.kind is not FindingKind.DIFFERENT else None


def _doubts(side: Side, held: Held) -> list[str]:
    return [f"{side}: UID {uid} is listed twice, and not as the same message" for uid in held.twofold]


def _names(mapped: Mapped) -> Names:
    return Names(mapped.source.display, mapped.display, mapped.source.name)


def _refused(error: MailError, names: Names) -> FolderReport:
    """A folder that alone could not be read. Raises the error when it is about more."""
    if error.scope is not Scope.FOLDER:
        raise error
    return FolderReport(names, Sum(), error=error)


def _place(finding: Finding) -> tuple[int, int]:
    """The place of a finding in a list: what is missing comes first, what is extra last."""
    mail = finding.source or finding.destination
    return [*FindingKind].index(finding.kind), mail.uid if mail else 0
