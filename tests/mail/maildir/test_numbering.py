"""UIDs of messages in a folder that is filled: for good, ascending, whoever gives them and whatever ends them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.maildir.making import Owner
from tui_migrate.mail.maildir.numbering import FILE, Numbers
from tui_migrate.mail.maildir.small import open_directory


@contextmanager
def numbers(folder: Path) -> Iterator[Numbers]:
    descriptor = open_directory(str(folder))
    opened = Numbers(descriptor, Owner.of(descriptor))
    try:
        yield opened
    finally:
        opened.close()
        os.close(descriptor)


KEYS = st.lists(st.sampled_from([f"key{number}" for number in range(12)]), max_size=8, unique=True)


@given(st.lists(st.tuples(st.sampled_from(["one", "other", "new"]), KEYS), max_size=12))
def test_a_number_never_means_another_message(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[str]]]
) -> None:
    """Two sessions give them, and some that are opened later."""
    folder, known, highest = tmp_path_factory.mktemp("folder"), dict[str, int](), 0
    with numbers(folder) as one, numbers(folder) as other:
        for who, keys in steps:
            with numbers(folder) as new:
                by = {"one": one, "other": other, "new": new}[who]
                given_uids = by.of(keys, write=True)
                assert by.uidnext > max([highest, *given_uids])
                for key, uid in zip(keys, given_uids, strict=True):
                    assert known.setdefault(key, uid) == uid
                fresh = [uid for uid in given_uids if uid > highest]
                assert fresh == sorted(fresh)
                highest = max([highest, *given_uids])
        assert len({*known.values()}) == len(known)


def test_who_only_looks_writes_nothing_and_sees_what_would_be(tmp_path: Path) -> None:
    with numbers(tmp_path) as looking:
        assert looking.of(["a", "b"], write=False) == [1, 2]
        assert not (tmp_path / FILE).exists()
        with numbers(tmp_path) as writing:
            assert writing.of(["b"], write=True) == [1]
            assert looking.of(["a", "b"], write=False) == [2, 1]
            assert looking.uidvalidity == writing.uidvalidity


@pytest.mark.parametrize("octets", range(1, 9))
def test_a_line_that_was_torn_is_nobodys(tmp_path: Path, octets: int) -> None:
    with numbers(tmp_path) as writing:
        writing.of(["first", "second"], write=True)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-octets])
    with numbers(tmp_path) as looking:
        assert looking.of(["first"], write=False) == [1]
    with numbers(tmp_path) as writing:
        first, second, third = writing.of(["first", "second", "third"], write=True)
        assert (first, third) == (1, second + 1)
        assert second in (2, 3)
    with numbers(tmp_path) as again:
        assert again.of(["first", "second", "third"], write=True) == [first, second, third]


@pytest.mark.parametrize("octets", [b"", b"rubbish", b"rubbish\nmore\n", b"tui-migrate 1 x\na\n"])
def test_a_file_that_is_none_begins_anew_under_another_uidvalidity(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / FILE).write_bytes(octets)
    with numbers(tmp_path) as writing:
        assert writing.of(["a"], write=True) == [1]
        first = writing.uidvalidity
    with numbers(tmp_path) as again:
        assert again.of(["a"], write=True) == [1]
        assert again.uidvalidity == first > 1


def test_one_that_was_replaced_meanwhile_is_noticed(tmp_path: Path) -> None:
    with numbers(tmp_path) as writing:
        assert writing.of(["a", "b"], write=True) == [1, 2]
        before = writing.uidvalidity
        (tmp_path / FILE).unlink()
        while writing.of(["b"], write=True) == [1] and writing.uidvalidity == before:
            (tmp_path / FILE).unlink()
        assert writing.uidvalidity != before


def test_names_with_line_ends_and_in_no_encoding(tmp_path: Path) -> None:
    keys = ["a\nb", os.fsdecode(b"\xff\xfe"), "ü"]
    with numbers(tmp_path) as writing:
        assert writing.of(keys, write=True) == [1, 2, 3]
    with numbers(tmp_path) as again:
        assert again.of([*reversed(keys)], write=False) == [3, 2, 1]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / FILE).symlink_to(tmp_path / "theirs")
    with numbers(tmp_path / "folder") as writing, pytest.raises(OSError, match="symbolic links"):
        writing.of(["a"], write=True)
    assert (tmp_path / "theirs").read_text() == "secret"
