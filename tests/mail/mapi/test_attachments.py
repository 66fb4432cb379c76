"""What is attached arrives to the byte, under its name; what is a link is told."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.outlook import MadeAttachment, MadeItem, content, mail, octets
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.mapi.mime import write_mime

LONG = "Übersicht über alles, was in einem sehr langen Namen stehen kann; auch \"dies\" und 'das' und 100%.pdf"


def attached(*attachments: MadeAttachment) -> list[EmailMessage]:
    """The parts behind the text."""
    message = mail(MadeItem({0x1000: "text"}, attachments=attachments))
    assert message.get_content_type() == "multipart/mixed"
    text, *parts = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    return [part for part in parts if isinstance(part, EmailMessage)]


@pytest.mark.parametrize("name", ["a.bin", "a b (1).pdf", 'q"uo\\te.txt', "Grüße.doc", "日本語.png", LONG, "x" * 300])
@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 1000, 57 * 1024, 57 * 1024 + 1, 200_000])
def test_names_and_octets_arrive(name: str, size: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    (part,) = attached(MadeAttachment(content, name))
    assert part.get_filename() == name
    assert part.get_content_disposition() == "attachment"
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize(
    ("more", "name", "kind"),
    [
        ({0x370E: "image/x-odd"}, "a.png", "image/x-odd"),
        ({}, "a.PNG", "image/png"),
        ({}, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ({}, "winmail.dat", "application/octet-stream"),
        ({0x370E: "application/ms-tnef"}, "winmail.dat", "application/ms-tnef"),
        ({0x370E: "no type"}, "a.unknown", "application/octet-stream"),
        ({0x370E: "text/html\r\nX: y"}, "a", "application/octet-stream"),
        ({0x370E: "multipart/mixed"}, "a", "application/octet-stream"),
        ({0x370E: "message/delivery-status"}, "a", "message/delivery-status"),
    ],
)
def test_the_type_is_what_the_sender_said_else_by_the_name(more: dict[int, Value], name: str, kind: str) -> None:
    (part,) = attached(MadeAttachment(b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n", name, more=more))
    assert part.get_content_type() == kind


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({0x3704: "SHORT~1.TXT"}, "SHORT~1.TXT"),
        ({0x3001: "shown"}, "shown"),
        ({0x3707: "a\r\nContent-Type: text/html\0", 0x3704: "b"}, "a Content-Type: text/html"),
        ({}, None),
    ],
)
def test_the_name_may_stand_elsewhere(more: dict[int, Value], name: str | None) -> None:
    (part,) = attached(MadeAttachment(b"x", more=more))
    assert part.get_filename() == name


def test_they_are_in_the_order_of_their_numbers() -> None:
    numbers = [2, None, 0, 1]
    made = [MadeAttachment(b"", str(each), more={} if each is None else {0x0E21: each}) for each in numbers]
    assert [part.get_filename() for part in attached(*made)] == ["0", "1", "2", "None"]


def test_a_message_within_is_a_message() -> None:
    innermost = MadeItem({0x0037: "3", 0x1000: "three\n"}, attachments=[MadeAttachment(b"x", "deep.bin")])
    inner = MadeItem({0x0037: "2"}, attachments=[MadeAttachment(method=5, item=innermost)])
    (part,) = attached(MadeAttachment(method=5, item=inner))
    assert part.get_content_type() == "message/rfc822"
    within = part.get_content()
    assert within["subject"] == "2"
    assert within.get_content_type() == "message/rfc822"
    third = within.get_content()
    assert third["subject"] == "3"
    text, file = third.iter_parts()
    assert content(text) == "three\n"
    assert file.get_filename() == "deep.bin"


@pytest.mark.parametrize(("levels", "fails"), [(32, False), (33, True), (2000, True)])
def test_messages_within_messages_have_an_end(levels: int, fails: bool) -> None:
    item = MadeItem({0x0037: "deepest"})
    for _ in range(levels):
        item = MadeItem({}, attachments=[MadeAttachment(method=5, item=item)])
    if fails:
        with pytest.raises(MessageDamaged, match="one within the other"):
            octets(item)
    else:
        assert b"Subject: deepest" in octets(item)


def test_a_message_that_is_attached_and_not_there_is_damage() -> None:
    with pytest.raises(MessageDamaged):
        octets(MadeItem({}, attachments=[MadeAttachment(method=5)]))


def test_links_are_told_and_not_copied() -> None:
    made = [MadeAttachment(b"", "shared.doc", method) for method in (2, 3, 4, 7)]
    pieces: list[bytes] = []
    remarks = write_mime(MadeItem({0x1000: "text"}, attachments=made), pieces.append)
    assert pieces == [octets(MadeItem({0x1000: "text"}))]
    assert len(remarks) == 4
    assert "link" in remarks[0]
    assert "shared.doc" not in remarks[0], "names are the user's"


def test_an_ole_object_is_octets() -> None:
    (part,) = attached(MadeAttachment(b"\xd0\xcf\x11\xe0", "Picture.png", 6))
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_payload(decode=True) == b"\xd0\xcf\x11\xe0"


HTML: dict[int, Value] = {0x1000: "text", 0x1013: b'<img src="cid:1%40x"><img src=CID:two>'}


def test_what_html_shows_is_related_to_it() -> None:
    made = [
        MadeAttachment(b"1", "one.png", more={0x3712: "<1@x>"}),
        MadeAttachment(b"2", "two.png", more={0x3712: "TWO"}),
        MadeAttachment(b"3", "three.png", more={0x3712: "three", 0x3714: 4}),
        MadeAttachment(b"4", "four.png", more={0x3712: "four", 0x3713: "http://x.example/four"}),
    ]
    message = mail(MadeItem(HTML, attachments=made))
    shown, file = message.iter_parts()
    assert [part.get_content_type() for part in (message, shown, file)] == [
        "multipart/mixed", "multipart/related", "image/png",
    ]  # fmt: skip
    assert shown.get_param("type") == "multipart/alternative"
    alternative, *images = shown.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert [(part["content-id"], part.get_content_disposition()) for part in images] == [
        ("<1@x>", "inline"), ("<TWO>", "inline"), ("<three>", "inline"),
    ]  # fmt: skip
    assert (file["content-id"], file["content-location"]) == ("<four>", "http://x.example/four")
    assert file.get_content_disposition() == "attachment"


def test_without_html_nothing_is_shown_in_it() -> None:
    (part,) = attached(MadeAttachment(b"1", "one.png", more={0x3712: "1@x", 0x3714: 4}))
    assert part.get_content_disposition() == "attachment"


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_name_can_break_out_of_its_line(name: str, kind: str, content_id: str, location: str) -> None:
    made = MadeAttachment(b"", name, more={0x370E: kind, 0x3712: content_id, 0x3713: location, 0x3001: "x"})
    raw = octets(MadeItem(HTML, attachments=[made]))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = raw.partition(b"</text")[0].rpartition(b"--=_")[0]
    assert b"\n" not in head.replace(b"\r\n", b"")


@pytest.mark.parametrize("text", [b"Subject: x\r\n\r\ntext\r\n", b"Subject: x\n\ntext"])
def test_a_mail_that_is_attached_as_a_file_is_not_encoded(text: bytes) -> None:
    """RFC 2046 section 5.2.1."""
    (part,) = attached(MadeAttachment(text, "a.eml"))
    assert part.get_content_type() == "message/rfc822"
    assert part.get_content()["subject"] == "x"
    assert str(content(part.get_content())).rstrip("\n") == "text"


@pytest.mark.parametrize("octet", [b"\xfc", b"\0", b"x" * 999, b"\r\n--=_", b"x\r\n" * 400_000])
def test_a_mail_that_may_not_stand_in_a_mail_goes_as_octets(octet: bytes) -> None:
    content = b"Subject: x\r\n\r\n" + octet
    (part,) = attached(MadeAttachment(content, "a.eml", pieces=100_000))
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_payload(decode=True) == content


@dataclass
class LargeAttachment(MadeAttachment):
    """One that is never in memory as a whole."""

    megabytes: int = 0

    def data(self) -> Iterator[bytes]:
        for number in range(self.megabytes * 16):
            yield bytes((number % 256,)) * 65536


def test_a_large_attachment_is_never_in_memory_as_a_whole() -> None:
    mails = [MadeAttachment(b"Subject: x\r\n\r\n" + b"x\r\n" * 300_000, f"{number}.eml") for number in range(8)]
    large = LargeAttachment(name="large.bin", megabytes=16)
    item = MadeItem({0x1000: "text"}, attachments=[large, *mails])
    written = 0

    def count(piece: bytes) -> None:
        nonlocal written
        written += len(piece)

    tracemalloc.start()
    try:
        write_mime(item, count)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written > 16 * 1_000_000 * 4 // 3
    assert most < 6_000_000
