"""`tui-migrate verify`: source and destination compared once more, as a table or as JSON."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tui_migrate.cli.chosen import chosen
from tui_migrate.cli.output import say, say_all, say_json, show, speaker
from tui_migrate.cli.verify_json import Subjects, for_programs
from tui_migrate.errors import MailError, MigrateError
from tui_migrate.model import Migration
from tui_migrate.service import Service
from tui_migrate.service.verifications import (
    AccountReport,
    Aspect,
    ComparedMail,
    Finding,
    FindingKind,
    FolderReport,
    Sum,
    Verifying,
    in_utc,
    in_words,
)
from tui_migrate.uidset import format_uids

SAME, DIFFERENT = 0, 1
_WHOLE = "All mail is at both ends. Flags or dates are not as they were, where nothing else differs: no failure."
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class _Column:
    """A column of the table: one of the numbers of a folder."""

    heading: str
    number: Callable[[Sum], int]
    rare: bool = False
    """It is there when one of its numbers is not 0."""
    bytes_only: bool = False
    """It is there when all bytes were read."""


def _wrong(what: FindingKind | Aspect) -> Callable[[Sum], int]:
    return lambda numbers: numbers.wrong[what]


_HELD = (_Column("source", lambda numbers: numbers.source), _Column("dest.", lambda numbers: numbers.destination))
_COLUMNS = (
    *_HELD,
    _Column("missing", _wrong(FindingKind.MISSING)),
    _Column("extra", _wrong(FindingKind.EXTRA)),
    _Column("flags", _wrong(Aspect.FLAGS)),
    _Column("not kept", _wrong(Aspect.UNKEPT), rare=True),
    _Column("date", _wrong(Aspect.DATE)),
    _Column("size", _wrong(Aspect.SIZE)),
    _Column("header", _wrong(Aspect.HEADER), rare=True),
    _Column("bytes", _wrong(Aspect.BYTES), bytes_only=True),
    _Column("not told", _wrong(Aspect.UNTOLD), rare=True),
    _Column("not read", _wrong(FindingKind.UNREAD), rare=True),
    _Column("excluded", lambda numbers: numbers.left_out, rare=True),
)


def carry_out(
    service: Service,
    title: str | None,
    *,
    accounts: Sequence[str],
    deep: bool,
    subjects: bool,
    as_json: bool,
    strict: bool = False,
) -> int:
    """Compare, show, and return the exit code; with `strict` flags and dates that were not kept count as different.
    Raises BadInput for a migration or an account that there is not."""
    wanted = chosen(service, title, accounts)
    verifying = service.verifications.begin([each.id for _, some in wanted for each in some], deep=deep)
    try:
        _wait(verifying)
    finally:
        verifying.stop()
    reports = {report.account.id: report for report in verifying.reports}
    known = _subjects(service, verifying.reports) if subjects else {}
    found = [(migration, [reports[each.id] for each in some if each.id in reports]) for migration, some in wanted]
    complete = len(reports) == len(verifying.accounts)
    same = complete and all(report.same for report in reports.values())
    whole = complete and all(report.whole for report in reports.values())
    if as_json:
        say_json(for_programs(found, known, deep, same=same, whole=whole))
    else:
        result = "The same at both ends." if same else _WHOLE if whole else "Not the same at both ends."
        say_all(_for_people(found, known, deep, result))
    return SAME if same or (whole and not strict) else DIFFERENT


def _wait(verifying: Verifying) -> None:
    """Wait until all accounts are read, and show on a terminal how far the comparison is."""
    live = sys.stderr.isatty()
    while not verifying.wait(_LOOK_SECONDS if live else None):
        reading = verifying.reading
        where = f": {reading[0].account} {reading[0].folder}" if reading else ""
        line = f"{len(verifying.reports)}/{len(verifying.accounts)} accounts, {_read(verifying):,} messages read{where}"
        show(line[: shutil.get_terminal_size().columns - 1], err=True)
    if live:
        show("", err=True)


def _read(verifying: Verifying) -> int:
    done = sum((report.sum for report in verifying.reports), Sum())
    return done.source + done.destination + sum(each.messages for each in verifying.reading)


def _subjects(service: Service, reports: Sequence[AccountReport]) -> Subjects:
    found: Subjects = {}
    for report in reports:
        for folder in report.folders:
            if any(finding.source for finding in folder.findings):
                try:
                    found[report.account.id, folder.source] = service.messages.subjects(report.account.id, folder)
                except MigrateError as error:
                    say(f"{report.account.source_user} {folder.source}: {error.sentence}", err=True)
    return found


def _for_people(
    found: Sequence[tuple[Migration, Sequence[AccountReport]]], subjects: Subjects, deep: bool, result: str
) -> Iterator[str]:
    everything = sum((report.sum for _, reports in found for report in reports), Sum())
    columns = [
        each for each in _COLUMNS if (deep or not each.bytes_only) and (not each.rare or each.number(everything))
    ]
    for migration, reports in found:
        yield f"{migration.title}: {migration.source.place} to {migration.destination.place}"
        for report in reports:
            yield from _account_lines(report, columns, subjects)
        yield ""
    yield result
    if not deep:
        yield "Headers, flags, dates and sizes were compared; --deep compares every byte."


def _account_lines(report: AccountReport, columns: Sequence[_Column], subjects: Subjects) -> Iterator[str]:
    account = report.account
    there = "" if account.destination_user == account.source_user else f" to {account.destination_user}"
    yield ""
    yield f"{account.source_user}{there}: {'the same' if report.same else 'NOT the same'}"
    if report.folders:
        names = [_name(folder) for folder in report.folders]
        width = max(map(len, (*names, "total")))
        yield f"  {'':<{width}}  " + "  ".join(f"{each.heading:>8}" for each in columns)
        rows = [*zip(names, (folder.sum for folder in report.folders), strict=True), ("total", report.sum)]
        for name, numbers in rows:
            yield f"  {name:<{width}}  " + "  ".join(f"{_number(numbers, each):>8}" for each in columns)
    if report.excluded:
        yield f"  excluded, so not compared: {', '.join(report.excluded)}"
    yield from (f"  {note}" for note in report.notes)
    for folder in report.folders:
        yield from _folder_lines(folder, subjects.get((account.id, folder.source), {}))
    for doubt in report.doubts:
        yield f"  in doubt: {doubt.sentence}"
        yield from _server_words(doubt)
    if report.error:
        yield f"  not read to the end: {report.error.sentence}"
        yield from _server_words(report.error)


def _number(numbers: Sum, column: _Column) -> str:
    number = column.number(numbers)
    return str(number) if number or column in _HELD else "-"


def _name(folder: FolderReport) -> str:
    if not folder.source:
        return f"{folder.destination} (only there)"
    return folder.source if folder.source == folder.destination else f"{folder.source} > {folder.destination}"


def _folder_lines(folder: FolderReport, subjects: dict[int, str]) -> Iterator[str]:
    if folder.same:
        return
    yield f"  {_name(folder)}"
    if folder.listings.absent:
        yield "    missing: the folder itself"
    for each in folder.listings.hidden:
        named = f"; UID {format_uids(each.uids)}" if each.uids else ""
        noun = "message" if each.messages == 1 else "messages"
        yield f"    not listed: {each.messages} {noun} that a server says it holds ({each.words}{named})"
    yield from (f"    {doubt}" for doubt in folder.listings.doubts)
    if folder.error:
        yield f"    not read: {folder.error.sentence}"
        yield from (f"  {line}" for line in _server_words(folder.error))
    for finding in folder.findings:
        if finding.kind is not FindingKind.EXTRA:
            yield f"    {_message(finding, subjects)}"
    if extra := [
        each.destination.uid for each in folder.findings if each.kind is FindingKind.EXTRA and each.destination
    ]:
        yield f"    extra: UID {format_uids(extra)}"


def _message(finding: Finding, subjects: dict[int, str]) -> str:
    one, other = finding.source, finding.destination
    known = one or other
    assert known is not None
    there = f" (there {other.uid})" if one and other else ""
    place = "" if one else " at the destination"
    facts = (in_words(finding) or in_utc(known.instant), "" if one and other else _size(known))
    subject = f"  {subjects[one.uid]}" if one and one.uid in subjects else ""
    return f"{finding.kind}: UID {known.uid}{there}{place}  {', '.join(filter(None, facts))}{subject}"


def _size(mail: ComparedMail) -> str:
    return "size not told" if mail.length is None else f"{mail.length} bytes"


def _server_words(error: MigrateError) -> Iterator[str]:
    if isinstance(error, MailError) and error.server_words:
        yield f"  {speaker(error.kind)}: {error.server_words}"
