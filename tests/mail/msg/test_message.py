"""A message that Outlook has saved as a file is the item that it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import olefile
import pytest

from tests.support.msg_files import message, save, storage_attachment, stream
from tests.support.outlook import MadeAttachment, MadeItem, content, filetime, mail, octets, person
from tui_migrate.mail.mapi.item import Item, Value
from tui_migrate.mail.msg.message import MsgItem, message_in
from tui_migrate.mail.msg.storage import StorageOf, compound_file

LARGE = bytes(range(256)) * 40_000
"""Ten megabytes: the table of sectors needs one of its own."""


def whole() -> MadeItem:
    """With all that a message can have."""
    inner = MadeItem(
        {0x001A: "IPM.Note", 0x0037: "inner: Grüße", 0x1000: "inner"},
        [person("Carl", "carl@example.net")],
        [MadeAttachment(b"deep" * 3000, "deep.bin")],
    )
    properties: dict[int, Value] = {
        0x001A: "IPM.Note",
        0x0037: "Grüße",
        0x0039: filetime(datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        0x0E07: 1,
        0x0E1F: True,
        0x1000: "long text\r\n" * 1000,
        0x1013: b"<p>html",
        0x3FDE: 1252,
        0x0042: "Ann",
        0x5D02: "ann@example.org",
    }
    rows = [person(f"Bob {number}", f"bob{number}@example.net", number % 3 + 1) for number in range(20)]
    made = [
        MadeAttachment(b"", "empty.bin"),
        MadeAttachment(b"x" * 4095, "small.bin"),
        MadeAttachment(b"x" * 4096, "not-small.bin"),
        MadeAttachment(method=5, item=inner),
        *(MadeAttachment(b"%d" % number, f"{number}.txt") for number in range(20)),
    ]
    return MadeItem(properties, rows, made, ["Work", "Büro"])


Read = Callable[[Item, str | None], MsgItem]


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Read]:
    """Saves an item, and reads the file."""
    with ExitStack() as files:

        def reading(item: Item, encoding: str | None = None) -> MsgItem:
            file = files.enter_context(save(item, tmp_path / "message.msg", encoding).open("rb"))
            return message_in(file, "item 1")

        yield reading


def test_the_same_mail_comes_of_it(read: Read) -> None:
    item = read(whole(), None)
    assert octets(item) == octets(whole())
    assert item.keywords == ("Work", "Büro")
    assert item.properties[0x0E1F] is True
    assert len(item.properties) == len(whole().properties) + 1


@pytest.mark.parametrize(("codepage", "encoding", "text"), [(1252, "cp1252", "Grüße"), (932, "cp932", "日本語")])
def test_strings_of_8_bits(read: Read, codepage: int, encoding: str, text: str) -> None:
    rows = [person(text, "bob@example.net")]
    made = [MadeAttachment(b"x", f"{text}.txt")]
    item = read(MadeItem({0x001A: "IPM.Note", 0x0037: text, 0x1000: text, 0x3FFD: codepage}, rows, made), encoding)
    arrived = mail(item)
    assert arrived["subject"] == text
    assert arrived["to"] == f"{text} <bob@example.net>"
    body, attached = arrived.iter_parts()
    assert content(body) == text
    assert attached.get_filename() == f"{text}.txt"
    assert item.codepage == encoding


def test_a_large_attachment(read: Read) -> None:
    item = read(MadeItem({0x001A: "IPM.Note"}, attachments=[MadeAttachment(LARGE, "large.bin")]), None)
    pieces = list(item.attachments[0].data())
    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) <= 512 * 512


def test_an_object_is_a_compound_file_of_its_own(tmp_path: Path) -> None:
    """So that a program can open it."""
    streams = [stream("\x01Ole10Native", b"native" * 2000), stream("CONTENTS", b"small")]
    outer = message(MadeItem({0x001A: "IPM.Note"}, attachments=[MadeAttachment(name="object", method=6)]), 32, None)
    attachment = outer[-1]
    assert isinstance(attachment, StorageOf)
    kept = [each for each in attachment.entries if "3701" not in each.name]
    inside = StorageOf(attachment.name, [*kept, storage_attachment(*streams)])
    path = tmp_path / "message.msg"
    path.write_bytes(b"".join(compound_file(StorageOf("Root Entry", [*outer[:-1], inside]))))
    with path.open("rb") as file:
        part = mail(message_in(file, "item 1"))
    assert part.get_content_type() == "application/octet-stream"
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    with olefile.OleFileIO(payload) as found:
        assert found.openstream("\x01Ole10Native").read() == b"native" * 2000
        assert found.openstream("CONTENTS").read() == b"small"
        assert found.root.clsid.replace("-", "").lower() == "03020100050407060809" + "0a0b0c0d0e0f"
