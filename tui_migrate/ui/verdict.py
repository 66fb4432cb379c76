"""What has become of a migration that has ended, in lines of text. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import Account, AccountState, Counts, MigrationOverview
from tui_migrate.ui.causes import Cause
from tui_migrate.ui.format import Cell, Tone, plural, rate, size, took
from tui_migrate.ui.states import ended
from tui_migrate.ui.widgets.line import joined

SHOWN_CAUSES = 4
LINES = SHOWN_CAUSES + 5
"""The most that a verdict has."""


def is_over(overview: MigrationOverview) -> bool:
    """Every account has ended."""
    return bool(overview.accounts) and ended(overview.accounts_by_state) == overview.accounts


def sum_line(counts: Counts) -> list[Cell]:
    """Where the listed messages went, in numbers that add up."""
    parts = [
        (counts.copied, "copied"),
        (counts.there, "already there"),
        (counts.excluded, "excluded"),
        (counts.gone, "gone"),
        (counts.failed, "failed"),
        (counts.pending, "to go"),
    ]
    cells = [Cell(f"{counts.listed:,} listed = "), Cell(f"{counts.copied:,} copied")]
    for number, word in parts[1:]:
        if number:
            cells += [Cell(" + ", Tone.QUIET), Cell(f"{number:,} {word}", Tone.BAD if word == "failed" else Tone.PLAIN)]
    return cells


def verdict(overview: MigrationOverview, accounts: Sequence[Account], causes: Sequence[Cause]) -> list[list[Cell]]:
    """Lines: the sum, time and rates, and what needs attention, each cause once."""
    lines = [sum_line(overview.counts), _pace(overview, accounts)]
    attention = [_cause(cause) for cause in causes[:SHOWN_CAUSES]]
    if len(causes) > SHOWN_CAUSES:
        attention.append([Cell(f"  … and {plural(len(causes) - SHOWN_CAUSES, 'more cause')}", Tone.BAD)])
    if remarked := [each for each in accounts if each.state is AccountState.DONE and each.detail]:
        number = plural(len(remarked), "account")
        attention.append(joined([Cell(f"▲ {number}", Tone.CARE), Cell(remarked[0].detail, Tone.QUIET)]))
    if not attention:
        return [*lines, [Cell("✔ Nothing needs attention.", Tone.GOOD)]]
    key = " f leads to its causes" if causes else ""
    return [*lines, [Cell("Needs attention:", Tone.BAD), Cell(key, Tone.QUIET)], *attention]


def _pace(overview: MigrationOverview, accounts: Sequence[Account]) -> list[Cell]:
    """From the first start to the last end of the accounts' last passes."""
    cells = [Cell(f"{size(overview.bytes_copied)} copied")]
    begun = [each.started_at for each in accounts if each.started_at is not None]
    over = [each.finished_at for each in accounts if each.finished_at is not None]
    if begun and over and (seconds := max(over) - min(begun)) > 0:
        cells.append(Cell(f"{took(seconds)} from first start to last end"))
        if overview.counts.copied:
            per_second = overview.counts.copied / seconds
            cells += [Cell(rate(overview.bytes_copied / seconds)), Cell(f"{per_second:,.1f} messages/s")]
    return joined(cells)


def _cause(cause: Cause) -> list[Cell]:
    accounts = f" in {plural(len(cause.accounts), 'account')}"
    said = Cell(f"✖ {len(cause.failures):,} × {cause.newest.kind}{accounts}", Tone.BAD)
    return joined([said, Cell(cause.words, Tone.QUIET)])
