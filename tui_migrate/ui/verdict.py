"""What has become of a migration that has ended, in lines of text. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import Account, AccountLine, AccountState, Counts, MigrationOverview
from tui_migrate.model.causes import Cause
from tui_migrate.ui.format import Cell, Tone, message_rate, moved, plural, rate, took
from tui_migrate.ui.states import ended
from tui_migrate.ui.widgets.line import SEPARATOR, joined

SHOWN_CAUSES = 4
LINES = SHOWN_CAUSES + 5
"""The most that a verdict has."""


def is_over(overview: MigrationOverview) -> bool:
    """True when every account has ended."""
    return bool(overview.accounts) and ended(overview.accounts_by_state) == overview.accounts


_WIDE = 118
"""Cells of a line in a terminal of 120: room for whole sentences."""
_SHORT = {"brought earlier": "earlier", "already there": "there"}
"""Where the sum is wider than its line: cut, it would not add up."""


def sum_line(counts: Counts, width: int) -> list[Cell]:
    """Where the listed messages went, in numbers that add up, in `width` cells."""
    (copied, _), *others = counts.terms
    cells = [Cell(f"{counts.listed:,} listed = "), Cell(f"{copied:,} copied")]
    for number, word in others:
        if number:
            cells += [Cell(" + ", Tone.QUIET), Cell(f"{number:,} {word}", Tone.BAD if word == "failed" else Tone.PLAIN)]
    if sum(len(cell.text) for cell in cells) > width:
        return [Cell(_shorter(cell.text), cell.tone) for cell in cells]
    return cells


def _shorter(text: str) -> str:
    number, _, word = text.partition(" ")
    return f"{number} {_SHORT[word]}" if word in _SHORT else text


def verdict(
    overview: MigrationOverview, accounts: Sequence[AccountLine | Account], causes: Sequence[Cause], width: int
) -> list[list[Cell]]:
    """Lines of so many cells: the sum, what was moved, time and rates, and what needs attention, each cause once."""
    lines = [sum_line(overview.counts, width), _pace(overview, accounts, width)]
    attention = [_cause(cause) for cause in causes[:SHOWN_CAUSES]]
    if len(causes) > SHOWN_CAUSES:
        attention.append([Cell(f"  … and {plural(len(causes) - SHOWN_CAUSES, 'more cause')}", Tone.BAD)])
    if remarked := _remarked(accounts):
        number = plural(len(remarked), "account")
        attention.append(joined([Cell(f"▲ {number}", Tone.CARE), Cell(remarked[0].detail, Tone.QUIET)]))
    if not attention:
        return [*lines, [Cell("✔ Nothing needs attention.", Tone.GOOD)]]
    key = Cell("f opens the failures" if causes else "", Tone.QUIET)
    return [*lines, joined([Cell("Needs attention", Tone.BAD), key]), *attention]


def short_verdict(
    overview: MigrationOverview, accounts: Sequence[AccountLine | Account], causes: Sequence[Cause], width: int
) -> list[Cell]:
    """The whole verdict in one line, for a terminal with few of them: what needs attention, then the sum."""
    if causes:
        failures = sum(len(cause.failures) for cause in causes)
        said = Cell(f"✖ f: {plural(failures, 'failure')}, {plural(len(causes), 'cause')}", Tone.BAD)
    elif remarked := _remarked(accounts):
        said = Cell(f"▲ {plural(len(remarked), 'remark')}", Tone.CARE)
    else:
        said = Cell("✔ all well", Tone.GOOD)
    return [said, SEPARATOR, *sum_line(overview.counts, width - len(said.text) - len(SEPARATOR.text))]


def _remarked(accounts: Sequence[AccountLine | Account]) -> list[AccountLine | Account]:
    """The accounts that are done and of which something is to be said."""
    return [each for each in accounts if each.state == AccountState.DONE and each.detail]


def _pace(overview: MigrationOverview, accounts: Sequence[AccountLine | Account], width: int) -> list[Cell]:
    """What was moved in all passes; how long the last ones took, from the first start to the last end, and how fast
    they were."""
    wide = width >= _WIDE
    cells = [Cell(moved(overview, wide=wide))]
    begun = [each.started_at for each in accounts if each.started_at is not None]
    over = [each.finished_at for each in accounts if each.finished_at is not None]
    if begun and over and (seconds := max(over) - min(begun)) > 0:
        words = f"last passes took {took(seconds)}" + (", first start to last end" if wide else "")
        if copied := overview.counts.copied:
            words += f": {rate(overview.bytes_copied / seconds)}, {message_rate(copied / seconds)}"
        cells.append(Cell(words))
    return joined(cells)


def _cause(cause: Cause) -> list[Cell]:
    accounts = f" in {plural(len(cause.accounts), 'account')}"
    said = Cell(f"✖ {len(cause.failures):,} × {cause.newest.kind}{accounts}", Tone.BAD)
    return joined([said, Cell(cause.words, Tone.QUIET)])
