"""A report as five tables for a spreadsheet: raw numbers, ISO times in UTC, no cell that it would calculate, and none
with a control character in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from tui_migrate.model import Account, Counts, Failure, FolderProgress, Pass
from tui_migrate.printable import harmless
from tui_migrate.report.book import COUNTS, Book, numbers, seconds

ENCODING = "utf-8-sig"
"""With the mark at the start without which Excel takes UTF-8 for the code page of the country."""

ACCOUNTS, FOLDERS, FAILURES, PASSES = "accounts.csv", "folders.csv", "failures.csv", "passes.csv"
REMARKS = "remarks.csv"
_COUNTS = tuple(each.title() for each in COUNTS)
_BYTES = ("Bytes Listed", "Bytes Copied")
_TIMES = ("Began", "Ended", "Seconds", "Messages per Second", "Bytes per Second")
HEADINGS: Mapping[str, tuple[str, ...]] = {
    ACCOUNTS: (
        *("Migration", "Source", "Destination", "Priority", "State", "Detail", "Server Words", "Open Failures"),
        *("Passes", *_COUNTS, *_BYTES, "Messages Moved", "Bytes Moved", *_TIMES),
    ),
    FOLDERS: ("Migration", "Source", "Source Folder", "Destination Folder", *_COUNTS, *_BYTES),
    FAILURES: (
        *("Migration", "Source", "Scope", "Folder", "UID", "Size", "Date", "Message-ID", "Kind", "Sentence"),
        *("Server Words", "Command", "Advice", "Attempts", "First", "Last"),
    ),
    PASSES: ("Migration", "Source", "Pass", "State", *_COUNTS, *_BYTES, *_TIMES),
    REMARKS: ("Migration", "Source", "Kind", "Folder", "What", "Messages"),
}
SUBJECT = "Subject"
"""One more heading of the failures, where it is asked for."""

Cell = str | int | float | None


def write_tables(books: Iterable[Book], files: Mapping[str, TextIO], *, subjects: bool) -> None:
    """Write the migrations below each other into the files, which are open by the names in `HEADINGS`."""
    tables = {name: csv.writer(file) for name, file in files.items()}
    for name, table in tables.items():
        table.writerow((*HEADINGS[name], SUBJECT) if subjects and name == FAILURES else HEADINGS[name])
    for book in books:
        title = _safe(book.title)
        for entry in book.entries():
            user = _safe(entry.account.source_user)
            failures = book.failure_counts.get(entry.account.id, 0)
            tables[ACCOUNTS].writerow([title, *map(_safe, _account(entry.account, failures))])
            tables[PASSES].writerows([title, user, *_pass(each)] for each in entry.passes)
            tables[FOLDERS].writerows([title, user, *_folder(each)] for each in entry.folders)
        for failure in book.failures():
            more = [_safe(failure.subject)] if subjects else []
            tables[FAILURES].writerow([title, *map(_safe, _failure(failure)), *more])
        for remark in book.remarks():
            row: tuple[Cell, ...] = (remark.account, remark.kind, remark.folder, remark.what, remark.messages)
            tables[REMARKS].writerow([title, *map(_safe, row)])


def _account(account: Account, failures: int) -> list[Cell]:
    return [
        *(account.source_user, account.destination_user, account.priority, account.state, account.detail),
        *(account.server_words, failures, account.pass_number, *numbers(account.counts)),
        *(account.bytes_listed, account.bytes_copied, account.moved.messages, account.moved.bytes),
        *_times(account.started_at, account.finished_at, account.counts, account.bytes_copied),
    ]


def _folder(folder: FolderProgress) -> list[Cell]:
    names = (_safe(folder.source_name), _safe(folder.destination_name))
    return [*names, *numbers(folder.counts), folder.bytes_listed, folder.bytes_copied]


def _pass(each: Pass) -> list[Cell]:
    times = _times(each.began, each.ended, each.counts, each.bytes_copied)
    return [each.number, each.state or "", *numbers(each.counts), each.bytes_listed, each.bytes_copied, *times]


def _failure(failure: Failure) -> list[Cell]:
    return [
        *(failure.account, failure.scope, failure.folder, failure.uid, failure.size, failure.date),
        *(failure.message_id, failure.kind, failure.sentence, failure.server_words, failure.command, failure.advice),
        *(failure.attempts, _moment(failure.first_at), _moment(failure.last_at)),
    ]


def _times(began: float | None, ended: float | None, counts: Counts, octets: int) -> list[Cell]:
    """Begin, end, seconds and rates of what was copied, over the whole of the time."""
    took = seconds(began, ended)
    rates = [f"{counts.copied / took:.2f}", f"{octets / took:.0f}"] if took else ["", ""]
    return [_moment(began), _moment(ended), f"{took:.0f}" if took else "", *rates]


def _moment(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at is not None else ""


def _safe(cell: Cell) -> Cell:
    """A text without controls, in which a spreadsheet sees no formula: one that begins like one, after blanks too, gets
    an apostrophe in front."""
    if not isinstance(cell, str):
        return cell
    shown = harmless(cell)
    return f"'{shown}" if cell.lstrip().startswith(("=", "+", "-", "@")) else shown
