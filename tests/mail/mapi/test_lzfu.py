"""RTF comes out of its compressed form as it went in; what is damaged says so."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.rtf import COMPRESSED, compressed, framed, stored
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi.lzfu import decompress

HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


@pytest.mark.parametrize(
    ("data", "rtf"),
    [
        (HELLO, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (CROSSING, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_the_examples_of_the_document(data: bytes, rtf: bytes) -> None:
    """MS-OXRTFCP sections 3.1.1 and 3.2.1: the second one refers to what it appends itself."""
    assert decompress(data) == rtf


@given(st.binary(max_size=400).map(lambda piece: b"{\\rtf1 " + piece * 3 + b"}"))
@example(b"{\\rtf1 " + bytes(range(256)) * 40 + b"}")
@example(b"")
def test_what_was_compressed_comes_out_again(rtf: bytes) -> None:
    assert decompress(compressed(rtf)) == rtf
    assert decompress(stored(rtf)) == rtf


def test_what_follows_it_is_not_part_of_it() -> None:
    assert decompress(HELLO + b"more") == decompress(HELLO)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HELLO[:15],
        HELLO[:-3],
        HELLO[:8] + b"LZFX" + HELLO[12:],
        HELLO[:20] + b"X" + HELLO[21:],
        framed(COMPRESSED, b"\x01\xff\xf0", 500),
        framed(COMPRESSED, b"\x00abc", 500),
    ],
)
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(MessageDamaged, match="RTF"):
        decompress(data)


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_nothing_makes_it_grow_without_end(body: bytes, length: int) -> None:
    try:
        rtf = decompress(framed(COMPRESSED, body, length))
    except MessageDamaged:
        return
    assert len(rtf) <= 9 * len(body)
