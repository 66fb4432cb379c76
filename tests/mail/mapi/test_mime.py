"""The same item gives the same octets, and no item, whatever is wrong with it, gives anything that is no mail."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Mapping
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.outlook import MadeAttachment, MadeItem, mail, octets
from tests.support.rtf import stored
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.mapi.mime import write_mime


def item(key: str = "item 1") -> MadeItem:
    """With all kinds of parts."""
    inner = MadeItem({0x1000: "inner", 0x1013: b"inner"}, key="item 1")
    return MadeItem(
        {0x1000: "text", 0x1013: b"<img src='cid:1'>"},
        attachments=[
            MadeAttachment(b"1", "1.png", more={0x3712: "1"}),
            MadeAttachment(method=5, item=inner),
            MadeAttachment(method=5, item=inner),
        ],
        key=key,
    )


def test_two_readings_give_the_same_octets() -> None:
    assert octets(item()) == octets(item())


def test_boundaries_differ_from_each_other_and_from_those_of_other_items() -> None:
    boundaries = re.findall(rb'boundary="([^"]+)"', octets(item()))
    assert len(set(boundaries)) == len(boundaries) == 5
    assert not set(boundaries) & set(re.findall(rb'boundary="([^"]+)"', octets(item("item 2"))))
    for boundary in boundaries:
        assert re.fullmatch(rb"=_[0-9a-f]+", boundary)


def test_what_looks_like_a_boundary_is_none() -> None:
    """Text that holds all boundaries of its own mail."""
    made = octets(item())
    hostile = item()
    text = made.decode("ascii")
    hostile.properties = {0x1000: text, 0x1013: made}
    message = mail(hostile)
    parts = [part.get_content_type() for part in message.walk()]
    assert parts.count("message/rfc822") == 2
    found = message.get_body(("plain",))
    assert found is not None
    assert found.get_content().replace("\r\n", "\n") == text.replace("\r\n", "\n")


def test_damage_that_is_met_while_reading_is_told() -> None:
    class Damaged(MadeAttachment):
        def data(self) -> Iterator[bytes]:
            yield b"x"
            raise MessageDamaged("A block is damaged.")

    with pytest.raises(MessageDamaged, match="block"):
        octets(MadeItem({}, attachments=[Damaged(name="a")]))


def test_a_small_mail_is_written_at_once() -> None:
    pieces: list[bytes] = []
    assert write_mime(item(), pieces.append) == []
    assert len(pieces) == 1


some_values: st.SearchStrategy[Value] = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda raw: stored(b"{\\rtf1\\fromhtml1 " + raw)),
    st.integers(-(2**63), 2**64),
    st.integers(0, 8),
    st.booleans(),
    st.floats(),
    st.just(("a", "b")),
    st.sampled_from(["IPM.Note.SMIME", "REPORT.IPM.Note.NDR", "report.x.IPNRN", "multipart/x", "message/rfc822"]),
    st.sampled_from([65001, 1200, 932, 1252, 2**31]),
)
TAGS = (
    "0017 001a 0037 0039 0042 0064 0065 0070 0071 007d 0c15 0c1a 0c1b 0c1e 0c1f 0c20 0c21 0e02 0e06 0e07 0e1f 0e21 "
    "1000 1001 1009 1013 1016 1035 1039 1042 1046 3001 3002 3003 3704 3705 3707 370e 3712 3713 3714 39fe 3fde 5d01 "
    "5d02 6820"
)
some_properties: st.SearchStrategy[Mapping[int, Value]] = st.dictionaries(
    st.sampled_from([int(tag, 16) for tag in TAGS.split()]), some_values, max_size=12
)


def attachments(items: st.SearchStrategy[MadeItem]) -> st.SearchStrategy[MadeAttachment]:
    return st.builds(
        MadeAttachment,
        st.binary(max_size=200) | st.just(b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x--\r\n"),
        st.text(max_size=20),
        st.integers(0, 8),
        st.none() | items,
        some_properties,
    )


plain_items = st.builds(MadeItem, some_properties, st.lists(some_properties, max_size=2))
items = st.recursive(
    plain_items,
    lambda inner: st.builds(
        MadeItem, some_properties, st.lists(some_properties, max_size=2), st.lists(attachments(inner), max_size=3)
    ),
    max_leaves=4,
)


@settings(deadline=None)
@given(items)
def test_any_item_is_a_mail_or_damaged(made: MadeItem) -> None:
    try:
        raw = octets(made)
    except MessageDamaged:
        return
    assert raw.endswith(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    message = email.message_from_bytes(raw, policy=default)
    for part in message.walk():
        assert not [defect for defect in part.defects if "multipart/signed" not in str(part["content-type"])]
    assert octets(made) == raw
