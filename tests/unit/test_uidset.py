"""UID sets: what we write is read back as it was, and what a server says is not believed blindly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.uidset import MOST, chunks, format_uids, parse_uids

UIDS = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 30), max_size=80)


@given(UIDS)
def test_a_list_comes_back_in_its_order(uids: list[int]) -> None:
    assert parse_uids(format_uids(uids)) == uids


@given(st.integers(1, 2**31), st.integers(2, 1000))
def test_neighbours_cost_a_few_characters(first: int, count: int) -> None:
    assert format_uids(range(first, first + count)) == f"{first}:{first + count - 1}"


@pytest.mark.parametrize(
    ("uids", "text"),
    [
        ([], ""),
        ([7], "7"),
        ([1, 2, 3, 7, 5], "1:3,7,5"),
        ([3, 2, 1], "3,2,1"),
        ([4, 4], "4,4"),
        ([0, 0, 9], "0,0,9"),
    ],
)
def test_the_text_is_what_imap_servers_read(uids: list[int], text: str) -> None:
    assert format_uids(uids) == text


def test_a_range_may_be_written_backwards() -> None:
    """RFC 4315 section 3: servers may, and it means the same."""
    assert parse_uids("5:3,9") == [3, 4, 5, 9]


@pytest.mark.parametrize(
    "text",
    ["*", "1:*", "a", "1:", ":1", "1:2:3", "1,,2", ",1", "1,", " 1", "1\n", "-1", "-1:2", "+1", "1_0", "٣", "1 2"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a set of UIDs"):
        parse_uids(text)


@pytest.mark.parametrize("text", ["1:4294967295", f"1:{MOST},7", f"1,2:{MOST},{MOST + 1}:{MOST + 2}"])
def test_a_set_beyond_reason_is_refused_before_it_fills_the_memory(text: str) -> None:
    with pytest.raises(ValueError, match=f"more than {MOST} UIDs"):
        parse_uids(text)


def test_the_largest_set_is_read() -> None:
    assert len(parse_uids(f"1:{MOST}")) == MOST


@given(UIDS, st.integers(1, 20))
def test_chunks_are_full_but_for_the_last_and_lose_nothing(uids: list[int], limit: int) -> None:
    found = list(chunks(uids, limit))
    assert [uid for chunk in found for uid in chunk] == uids
    assert all(len(chunk) == limit for chunk in found[:-1])
    assert all(1 <= len(chunk) <= limit for chunk in found)
