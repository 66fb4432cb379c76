"""Answers of Exchange as they come: in any pieces, bounded, and without what XML may unfold to."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.ews.answers import Answer

OCTETS = bytes(range(256)) * 40


def answer(inner: bytes) -> bytes:
    return b'<?xml version="1.0"?><s:E xmlns:s="s" xmlns:t="t"><s:Body>%b</s:Body></s:E>' % inner


def read(*chunks: bytes, folder: Path | None = None) -> list[tuple[str, bytes]]:
    found = []
    for each in Answer(chunks, "here", folder).elements("One"):
        octets = each.find("MimeContent")
        found.append((each.told("Name"), b"".join(octets.octets.chunks()) if octets and octets.octets else b""))
        each.close()
    return found


@given(st.lists(st.integers(1, 4000), max_size=20), st.integers(1, 200))
def test_it_is_the_same_in_any_pieces(cuts: list[int], line: int) -> None:
    coded = b64encode(OCTETS)
    lines = b"\r\n".join(coded[at : at + line] for at in range(0, len(coded), line))
    one = b"<t:One><t:MimeContent>%b</t:MimeContent><t:Name>a&#x1;b&amp;c&#xB;&#x41;\x0b</t:Name></t:One>" % lines
    whole, pieces = answer(one * 2), []
    for cut in cuts:
        pieces.append(whole[:cut])
        whole = whole[cut:]
    assert read(*pieces, whole) == [("ab&cA", OCTETS)] * 2


def test_large_mail_goes_through_the_spool(tmp_path: Path) -> None:
    octets = OCTETS * 300
    whole = answer(b"<t:One><t:MimeContent>%b</t:MimeContent></t:One>" % b64encode(octets))
    pieces = [whole[at : at + 65536] for at in range(0, len(whole), 65536)]
    assert read(*pieces, folder=tmp_path) == [("", octets)]


@pytest.mark.parametrize(
    "octets",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>&undeclared;</a>",
        b"<a>" * 50 + b"</a>" * 50,
        answer(b"<t:Other/>" * 200_001),
        answer(b"<t:One><t:MimeContent>%b</t:MimeContent></t:One>" % b"abc!"),
        answer(b"<t:One><t:MimeContent><t:One/></t:MimeContent></t:One>"),
        answer(b"<t:One>")[:-20],
        b"<html>not <b>XML</html>",
        b"",
    ],
)
def test_what_cannot_be_read_ends_it(octets: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="here sends an answer that cannot be read"):
        read(octets)
