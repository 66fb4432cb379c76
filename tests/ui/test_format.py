"""Numbers as they are read: short enough for their columns, and never saying more than is so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.office import MB, NOW
from tests.ui.values import COPYING
from tui_migrate.model import AccountState, Counts, ImapServer, Migration, Moved, Security, Wanted
from tui_migrate.ui.format import (
    bar,
    count,
    fit,
    left,
    moment,
    moved,
    plural,
    progress,
    rate,
    route,
    seconds_left,
    share,
    size,
    when,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0k"), (99_999, "99.9k"), (123_456, "123k"), (3_999_999, "3.9M")],
)
def test_count(number: int, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_299, "1.2 kB"), (48_213_377, "48 MB"), (10**15, "1.0 PB")],
)
def test_size(octets: int, text: str) -> None:
    assert size(octets) == text


@given(st.integers(0, 10**14))
def test_numbers_fit_their_columns(number: int) -> None:
    assert len(count(number)) <= 5
    assert len(size(number)) <= 6
    assert len(rate(number)) <= 8
    assert len(left(number)) <= 6 or number > 999 * 86400


def test_a_rate_of_nothing_is_a_dash() -> None:
    assert rate(0.0) == "–"
    assert rate(8.4 * MB) == "8.4 MB/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "~5s"),
        (12, "~15s"),
        (56, "~1m"),
        (61, "~2m"),
        (3_600, "~1h00m"),
        (4_790, "~1h20m"),
        (36_001, "~11h"),
        (300_000, "~4d"),
    ],
)
def test_time_left_is_rounded_up(seconds: float | None, text: str) -> None:
    assert left(seconds) == text


@given(st.text(), st.integers(1, 40), st.booleans())
def test_a_text_fills_its_column_exactly(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


def test_a_cut_text_says_so() -> None:
    assert fit("mallory@old.example", 10) == "mallory@o…"
    assert fit("日本語", 5) == "日本…"
    assert fit("7", 3, right=True) == "  7"


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 40))
def test_only_what_is_complete_has_a_full_bar(done: int, of: int, width: int) -> None:
    text = bar(done / of, width)
    assert len(text) == width
    assert ("░" not in text) == (done >= of)


def test_progress_counts_every_fate_and_says_when_more_may_come() -> None:
    counts = Counts(listed=4512, copied=100, there=10, excluded=5, gone=4, failed=1)
    assert progress(counts) == "120/4,512"
    assert progress(Counts(12_880, 4_630), exact=True, more=True) == "4,630/12,880+"
    assert share(counts) == 120 / 4512
    assert share(Counts()) == 0.0
    assert share(Counts(), ended=True) == 1.0


def test_time_left_needs_a_rate() -> None:
    assert seconds_left(replace(COPYING, rate_messages=0.0)) is None
    assert seconds_left(replace(COPYING, counts=Counts())) is None


def test_time_left_believes_the_slower_of_messages_and_bytes() -> None:
    assert seconds_left(COPYING) == 60
    assert seconds_left(replace(COPYING, rate_bytes=0.5 * MB)) == 120


def test_bytes_that_were_there_already_are_not_waited_for() -> None:
    counts = Counts(listed=1000, copied=10, there=390)
    assert seconds_left(replace(COPYING, counts=counts, bytes_copied=MB, rate_bytes=1000.0)) == 60


def test_bytes_are_of_a_total_in_the_first_pass_and_of_all_passes_from_then_on() -> None:
    assert moved(COPYING) == "40 MB of 100 MB copied"
    assert moved(replace(COPYING, bytes_listed=0)) == ""
    later = replace(COPYING, pass_number=2, moved=Moved(4380, 391 * MB))
    assert moved(later) == "4,380 messages, 391 MB moved in all passes"
    assert moved(later, wide=False) == "391 MB moved"
    ended = replace(COPYING, state=AccountState.DONE, moved=Moved(1, 40 * MB))
    assert moved(ended) == "1 message, 40 MB moved in all passes"


def test_when_is_as_short_as_it_can_be() -> None:
    assert when(NOW - 60, NOW) == "14:01"
    assert when(NOW - 86_400, NOW) == "11 Mar"
    assert when(NOW - 365 * 86_400, NOW) == "2024"
    assert moment(NOW) == "2025-03-12 14:02:00 UTC"


def test_a_port_is_told_where_it_is_not_the_usual_one() -> None:
    source, destination = ImapServer("imap.old.example"), ImapServer("127.0.0.1", security=Security.NONE, port=40143)
    assert route(Migration(1, "Office", source, destination, (), Wanted.RUN)) == "imap.old.example → 127.0.0.1:40143"


def test_plural() -> None:
    assert plural(1, "account") == "1 account"
    assert plural(2000, "account") == "2,000 accounts"
