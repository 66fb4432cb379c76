"""When messages have arrived, also where a copy of the Maildir has lost the times of its files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.maildir.arrival import instants

DAY = 86_400
NOW = 1_700_000_000


def test_a_files_time_is_when_its_message_arrived() -> None:
    times = [(NOW + number * DAY, NOW + number * DAY + 1) for number in range(50)]
    assert instants(times) == [time for time, _ in times]


def test_messages_that_were_imported_with_their_dates_keep_them_though_they_are_the_same() -> None:
    assert instants([(NOW - 9 * DAY, NOW)] * 100) == [NOW - 9 * DAY] * 100


def test_a_copy_under_the_same_names_that_kept_no_times_is_not_believed() -> None:
    assert instants([(NOW, NOW - 400 * DAY), (NOW + 1, NOW - 2 * DAY), (NOW + DAY, NOW + DAY)]) == [
        None,
        None,
        NOW + DAY,
    ]


def test_a_folder_that_was_filled_at_once_under_new_names_is_not_believed() -> None:
    lot = [(NOW + number, NOW + number) for number in range(30)]
    assert instants(lot) == [None] * 30
    assert instants(lot[:5]) == [time for time, _ in lot[:5]]
    assert instants([(time, None) for time, _ in lot]) == [None] * 30


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(-3 * DAY, 3 * DAY)), max_size=60),
    st.lists(st.integers(601 + 60, 10_000), max_size=40),
)
def test_what_is_decided_stays_when_more_mail_comes(first: list[tuple[int, int]], later: list[int]) -> None:
    before = [(NOW + time, NOW + time + made) for time, made in first]
    more = [*before, *((NOW + time, NOW + time) for time in later)]
    if len(before) >= 20 or not before:
        assert instants(more)[: len(before)] == instants(before)
