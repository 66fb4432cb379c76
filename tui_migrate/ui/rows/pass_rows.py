"""The passes over an account as they stand in a list. Pure."""

from __future__ import annotations

from collections.abc import Callable

from tui_migrate.model import Pass
from tui_migrate.ui.format import Cell, Tone, minute, size, some, took
from tui_migrate.ui.states import STATES
from tui_migrate.ui.widgets.table import Column


def columns(now: Callable[[], float]) -> list[Column[Pass]]:
    """A line for each pass: when, how long, how it ended, and where its messages went."""

    def began(one: Pass, width: int) -> Cell:
        return Cell(minute(one.began, now()), Tone.QUIET)

    def lasted(one: Pass, width: int) -> Cell:
        return Cell(took(max(0.0, (one.ended or now()) - one.began)), Tone.QUIET)

    def number(of: Callable[[Pass], int]) -> Callable[[Pass, int], Cell]:
        return lambda one, width: Cell(f"{of(one):,}")

    return [
        Column("Pass", lambda one, _: Cell(str(one.number)), 4, right=True),
        Column("Began", began, 12),
        Column("Took", lasted, 5, right=True, least=50),
        Column("Ended", _ended),
        Column("Listed", number(lambda one: one.counts.listed), 9, right=True),
        Column("Copied", number(lambda one: one.counts.copied), 9, right=True),
        Column("Brought", number(lambda one: one.counts.brought), 9, right=True, least=72),
        Column("There", number(lambda one: one.counts.there), 9, right=True, least=100),
        Column("Failed", lambda one, _: Cell(some(one.counts.failed), Tone.BAD), 6, right=True),
        Column("Excluded", lambda one, _: Cell(some(one.counts.excluded)), 8, right=True, least=100),
        Column("Bytes", lambda one, _: Cell(size(one.bytes_copied)), 6, right=True, least=100),
    ]


def _ended(one: Pass, width: int) -> Cell:
    if one.state is not None:
        return STATES[one.state].cell(width)
    return Cell("ended", Tone.QUIET) if one.ended is not None else Cell("not ended", Tone.BUSY)
