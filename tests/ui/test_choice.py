"""A choice of more words than there is room for shows the chosen one, and that there are others."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from textual.app import App
from textual.widget import Widget

from tui_migrate.ui.widgets.choice import Choice, Option

WORDS = ("IMAP", "POP", "Maildir", "mbox", "EML", "PST")


class _Alone(App[None]):
    CSS = "Choice { width: 100%; }"

    def compose(self) -> Iterable[Widget]:
        yield Choice([Option(word, word) for word in WORDS])


@pytest.mark.parametrize("width", [13, 16, 20, 30, 40, 48, 49, 60])
async def test_the_chosen_one_is_seen_at_every_width(width: int) -> None:
    app = _Alone()
    async with app.run_test(size=(width, 2)):
        choice = app.query_one(Choice)
        for word in WORDS:
            choice.value = word
            line = choice.render_line(0).text
            assert len(line) == width
            assert f"● {word}" in line
            whole = all(f" {each}" in line for each in WORDS)
            assert whole != ("…" in line), line
