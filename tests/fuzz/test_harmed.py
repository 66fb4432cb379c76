"""Files that were harmed end in errors that an admin can read, and in no others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.readers import READERS, read

QUICK, NIGHTLY = 2_000, 100_000
"""Harmed files in all."""


@st.composite
def harmed(draw: st.DrawFn, whole: bytes) -> bytes:
    """The file, cut, with octets changed, or with a stretch of it gone, put in twice or moved."""
    octets = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(octets) - 1)))
        length = draw(st.integers(1, 600))
        match draw(st.sampled_from(("change", "number", "cut", "leave out", "repeat", "fill", "move"))):
            case "change":
                octets[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "number":
                octets[at : at + 4] = draw(st.sampled_from((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(whole)))).to_bytes(
                    4, "little"
                )
            case "cut":
                del octets[at + 1 :]
            case "leave out":
                del octets[at : at + length]
            case "repeat":
                octets[at:at] = octets[at : at + length]
            case "fill":
                octets[at : at + length] = bytes([draw(st.sampled_from((0, 0x37, 0x80, 0xFF)))]) * length
            case "move":
                to = draw(st.integers(0, max(0, len(octets) - 1)))
                octets[to : to + length] = octets[at : at + length]
    return bytes(octets)


def harm(name: str, data: st.DataObject) -> None:
    reader = READERS[name]
    read(reader, data.draw(harmed(reader.whole())))


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read(name: str) -> None:
    read(READERS[name], READERS[name].whole())


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=QUICK // len(READERS))
@given(data=st.data())
def test_a_few(name: str, data: st.DataObject) -> None:
    harm(name, data)


@pytest.mark.nightly
@pytest.mark.parametrize("name", READERS)
@settings(max_examples=NIGHTLY // len(READERS))
@given(data=st.data())
def test_many(name: str, data: st.DataObject) -> None:
    harm(name, data)
