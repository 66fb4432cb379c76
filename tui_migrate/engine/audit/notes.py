"""What is to be said of a comparison beside what is not the same: what was not compared, what only looked different.
Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui_migrate.engine.audit.findings import Sum
from tui_migrate.engine.audit.verify import FolderReport
from tui_migrate.mail.census import Carries

_NAMED = 5
"""Folders that a sentence names."""


def notes(folders: Sequence[FolderReport], carries: Carries) -> Iterator[str]:
    """What is to be said of one account, each thing once however often it was met."""
    numbers = sum((folder.sum for folder in folders), Sum())
    if not carries.flags and numbers.source:
        yield "The source keeps no flags: they were not compared."
    if carries.rebuilt and numbers.source:
        yield "The source makes mail anew each time: marks between parts and its own fields were not compared."
    if numbers.line_ends:
        yield f"{_messages(numbers.line_ends)} but for the last line end, which POP adds: not counted as different."
    if numbers.weighed:
        yield f"{_messages(numbers.weighed)} byte for byte, though one end tells another size or header, or none."
    for ways in dict.fromkeys(folder.listings.found_by for folder in folders if folder.listings.found_by):
        found = [folder.source for folder in folders if folder.listings.found_by == ways]
        yield f"Not in the source's own listing, but shown by {ways}: {_list(found)}."
    if empty := [folder.destination for folder in folders if folder.is_empty_extra]:
        yield f"Only at the destination, and empty: {_list(empty)}."


def _messages(number: int) -> str:
    return "1 message is the same" if number == 1 else f"{number:,} messages are the same"


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
