"""What strangers wrote must not command the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_migrate.printable import printable
from tui_migrate.ui.states import MEANINGS

ANY_TEXT = st.text(st.characters(codec=None))
"""Lone surrogates too: undecodable bytes become such."""


@given(ANY_TEXT)
def test_nothing_that_a_terminal_would_obey_is_left(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert not any(ord(each) < 32 or 127 <= ord(each) < 160 for each in shown)
    assert "\u202e" not in shown


@given(ANY_TEXT)
def test_a_terminal_without_utf8_gets_ascii(text: str) -> None:
    assert printable(text, ascii_only=True).isascii()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Re: \x1b[2Jwelkom", "Re: ␛[2Jwelkom"),
        ("a\r\nb", "a␍␊b"),
        ("\x9b31m", "\ufffd31m"),
        ("evil\u202etxt.exe", "evil\ufffdtxt.exe"),
        ("Privé 日本 [b]", "Privé 日本 [b]"),
    ],
)
def test_controls_become_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_glyphs_have_ascii_twins_of_the_same_width() -> None:
    for glyph in [*(shown.glyph for shown in MEANINGS), *"▸→›●█░·–…"]:
        twin = printable(glyph, ascii_only=True)
        assert twin.isascii()
        assert twin != "?" or glyph == "◌"
        assert cell_len(twin) == cell_len(glyph)
