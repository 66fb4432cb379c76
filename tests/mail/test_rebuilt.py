"""What of a message's octets is its own, where a server makes them anew each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.census import evidence
from tui_migrate.mail.message import Content
from tui_migrate.mail.rebuilt import without_marks


def made(outer: str, inner: str, text: str = "text", fields: str = "", subject: str = "x") -> bytes:
    """A mail with a part within a part, and these marks."""
    return (
        f'Subject: {subject}\r\n{fields}Content-Type: multipart/mixed;\r\n\tboundary="{outer}"\r\n\r\n'
        f"--{outer}\r\nContent-Type: multipart/alternative; boundary={inner}\r\n\r\n"
        f"--{inner}\r\n\r\n{text}\r\n--{inner}--\r\n--{outer}\r\n\r\n-- \r\nBob\r\n--{outer}--\r\n"
    ).encode()


def same(one: bytes, other: bytes) -> bool:
    return evidence(Content.of(one), True)[1:] == evidence(Content.of(other), True)[1:]


def test_marks_and_the_servers_fields_do_not_count() -> None:
    one = made("_000_AB12", "_001_x", fields="X-MS-Has-Attach: yes\r\nContent-Language: de-DE\r\n")
    other = made("_000_longer-than-before", "y", fields="X-MS-Exchange-Folded: a\r\n b\r\n")
    assert same(one, other)
    assert evidence(Content.of(one))[1:] != evidence(Content.of(other))[1:]


def test_all_else_does() -> None:
    one = made("a", "b")
    assert not same(one, made("a", "b", text="test"))
    assert not same(one, made("a", "b", subject="y"))
    assert not same(one, made("a", "b", fields="X-Mailer: z\r\n"))
    assert not same(one, one.replace(b"--b--", b"--b"))
    assert not same(one, one.replace(b"-- \r\n", b"--\r\n"))
    assert not same(one, one[:-9])


@given(st.lists(st.integers(1, 40), max_size=12))
def test_pieces_may_end_anywhere(sizes: list[int]) -> None:
    octets = made("outer", "inner", fields="X-MS-A: b\r\n")
    pieces, at = [], 0
    for size in sizes:
        pieces.append(octets[at : at + size])
        at += size
    assert b"".join(without_marks([*pieces, octets[at:]])) == b"".join(without_marks([octets]))


@given(st.binary(max_size=300))
def test_anything_can_be_read(octets: bytes) -> None:
    assert len(b"".join(without_marks([octets]))) <= len(octets) + octets.count(b"--") * len(b"--boundary")
