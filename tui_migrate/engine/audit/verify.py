"""Walking over source and destination once more, and comparing what lies there: nothing is believed of the journal.

Reads only, folder by folder, so that of a huge mailbox one folder at a time is held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui_migrate.engine.audit.compare import Finding, Kind, Mail, Sum, compare, summed, told_apart
from tui_migrate.engine.choosing.mapping import FolderPlan, Mapped
from tui_migrate.errors import MailError
from tui_migrate.mail.looking import Look, Present
from tui_migrate.mail.protocols import ListedFolder, MailDestination, MailSource, Role, Tree
from tui_migrate.model import Scope
from tui_migrate.uidset import chunks

_HEADERS_AT_ONCE, _BODIES_AT_ONCE = 5000, 1000
"""Messages between two looks at whether to go on. A folder is opened for each such piece, which costs its server a walk
over all of it."""
_VIEWS = (Role.ALL, Role.FLAGGED, Role.IMPORTANT)
"""Folders that show mail of other folders once more."""

LeftOut = Callable[[ListedFolder, Mail], bool]
"""True when the admin does not want this message of the source at the destination."""
Tell = Callable[[str, int], None]
"""Given the folder that is being read and how many more messages of it have been: may raise to end the walk."""


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What one folder has come to."""

    name: bytes
    """Of the source folder, as on the wire; empty for a folder that only the destination has."""
    source: str
    destination: str
    sum: Sum
    findings: tuple[Finding, ...] = ()
    absent: bool = False
    """True when the destination has no such folder."""
    unlisted: int = 0
    """Messages that a server says it holds, and does not list."""
    error: MailError | None = None
    """Why it could not be read."""

    @property
    def same(self) -> bool:
        """True when nothing is missing, extra, different or unknown."""
        return not (self.findings or self.absent or self.unlisted or self.error)


class Walk:
    """Over two mailboxes that are logged in."""

    def __init__(
        self,
        source: MailSource,
        destination: MailDestination,
        *,
        flags: bool,
        deep: bool,
        left_out: LeftOut,
        tell: Tell,
    ) -> None:
        """`flags`: the source has some; `deep`: all octets are read and compared."""
        self._source = source
        self._destination = destination
        self._flags = flags
        self._deep = deep
        self._left_out = left_out
        self._tell = tell

    def folders(self, plan: FolderPlan, there: Tree) -> Iterator[FolderReport]:
        """Every folder of the plan, then those of the destination's tree in which other mail lies. Raises MailError
        when a connection is of no more use, and whatever `tell` raises."""
        for mapped in plan.folders:
            try:
                yield self._pair(mapped)
            except MailError as error:
                yield _refused(error, mapped.source.name, mapped.source.display, mapped.display)
        known = {mapped.name for mapped in plan.folders}
        for folder in there.folders:
            is_view = folder.role in _VIEWS and not folder.role_by_name
            if folder.selectable and folder.name not in known and not is_view:
                try:
                    report = self._only_there(folder)
                except MailError as error:
                    report = _refused(error, b"", "", folder.display)
                if not report.same:
                    yield report

    def _pair(self, mapped: Mapped) -> FolderReport:
        """A source folder, and the one that its mail goes to."""
        folder = mapped.source
        mine, hidden = self._read(self._source.look(), folder.name, folder.display)
        theirs: list[Mail] = []
        hidden_there = 0
        if not mapped.create:
            theirs, hidden_there = self._read(self._destination.look(), mapped.name, mapped.display)
        # Of twins, the ones that are wanted are paired first.
        found = [*compare(sorted(mine, key=lambda mail: self._left_out(folder, mail)), theirs, flags=self._flags)]
        if self._deep:
            found += [Finding(Kind.UNREAD, mail, None) for mail in mine if mail.header and not mail.body]
            found += [Finding(Kind.UNREAD, None, mail) for mail in theirs if mail.header and not mail.body]
        findings = [each for each in found if not self._is_left_out(folder, each)]
        if lost := frozenset(flag for finding in findings for flag in finding.lost):
            unkept = self._destination.unkept(mapped.name, lost)
            findings = [told_apart(finding, unkept) for finding in findings]
        return FolderReport(
            folder.name,
            folder.display,
            mapped.display,
            summed(len(mine), len(theirs), findings, len(found) - len(findings)),
            tuple(sorted(findings, key=_place)),
            absent=mapped.create,
            unlisted=hidden + hidden_there,
        )

    def _only_there(self, folder: ListedFolder) -> FolderReport:
        """A folder that no folder of the source goes to: whatever lies in it is extra."""
        listed, hidden = _listed(self._destination.look(), folder.name)
        self._tell(folder.display, len(listed))
        findings = tuple(Finding(Kind.EXTRA, None, _mail(each)) for each in listed)
        return FolderReport(b"", "", folder.display, summed(0, len(listed), findings, 0), findings, unlisted=hidden)

    def _is_left_out(self, folder: ListedFolder, finding: Finding) -> bool:
        return finding.kind is Kind.MISSING and finding.source is not None and self._left_out(folder, finding.source)

    def _read(self, look: Look, name: bytes, display: str) -> tuple[list[Mail], int]:
        """The messages of a folder with their fingerprints, and how many it holds besides that it does not list."""
        listed, hidden = _listed(look, name)
        headers: dict[int, bytes] = {}
        bodies: dict[int, bytes] = {}
        self._tell(display, 0)
        uids = [each.uid for each in listed]
        for piece in chunks(uids, _HEADERS_AT_ONCE):
            headers |= look.headers(name, piece)
            self._tell(display, 0 if self._deep else len(piece))
        for piece in chunks(uids if self._deep else (), _BODIES_AT_ONCE):
            bodies |= look.bodies(name, piece)
            self._tell(display, len(piece))
        unread = {each.uid for each in listed if each.uid not in headers or (self._deep and each.uid not in bodies)}
        if unread:  # gone meanwhile, or not handed out?
            gone = unread - {each.uid for each in look.listing(name, min(unread))}
            listed = [each for each in listed if each.uid not in gone]
        return [_mail(each, headers.get(each.uid, b""), bodies.get(each.uid, b"")) for each in listed], hidden


def _listed(look: Look, name: bytes) -> tuple[list[Present], int]:
    """What a folder lists, and how many messages it says to hold besides: some servers cut their answers short
    (RFC 9738)."""
    held = look.numbers([name])[name].messages
    listed = look.listing(name)
    if held > len(listed):  # unless some were deleted just now
        held = look.numbers([name])[name].messages
    return listed, max(0, held - len(listed))


def _mail(present: Present, header: bytes = b"", body: bytes = b"") -> Mail:
    return Mail(present.uid, present.size, present.instant, present.flags, header, body)


def _refused(error: MailError, name: bytes, source: str, destination: str) -> FolderReport:
    """A folder that alone could not be read. Raises the error when it is about more."""
    if error.scope is not Scope.FOLDER:
        raise error
    return FolderReport(name, source, destination, Sum(), error=error)


def _place(finding: Finding) -> tuple[int, int]:
    """What is missing first, what is extra last."""
    mail = finding.source or finding.destination
    return [*Kind].index(finding.kind), mail.uid if mail else 0
