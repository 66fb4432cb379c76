"""Text, numbers and tables as HTML. What comes from strangers, and that is any text, leaves through `text`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from tui_migrate.model.figures import UNKNOWN, message_rate, rate
from tui_migrate.printable import harmless

Value = str | int


def text(words: str) -> str:
    """Words as they are to be read, and nothing that a browser obeys."""
    return html.escape(harmless(words))


def table(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Value]], foot: Sequence[Value] = ()
) -> Iterator[str]:
    """A table, row by row. Headings with a # before them are those of numbers."""
    marks = [' class="n"' if heading.startswith("#") else "" for heading in headings]
    yield f'<div class="wide"><table class="{name}">\n<thead><tr>'
    yield "".join(f"<th{mark}>{text(each.lstrip('#'))}" for mark, each in zip(marks, headings, strict=True))
    yield "</thead>\n<tbody>\n"
    cells = [f"<td{mark}>" for mark in marks]
    for row in rows:
        yield _row(cells, row)
    yield "</tbody>\n"
    if foot:
        yield f"<tfoot>\n{_row(cells, foot)}</tfoot>\n"
    yield "</table></div>\n"


def _row(cells: Sequence[str], row: Sequence[Value]) -> str:
    shown = (
        f"{cell}{f'{each:,}' if type(each) is int else text(str(each))}" for cell, each in zip(cells, row, strict=True)
    )
    return f"<tr>{''.join(shown)}\n"


def speed(messages: int, octets: int, seconds: float | None) -> str:
    """What was copied in each second, on average."""
    return f"{message_rate(messages / seconds)}, {rate(octets / seconds)}" if seconds else UNKNOWN
