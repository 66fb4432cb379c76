"""A message that Outlook has saved as a file is the item that it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import olefile
import pytest

from tests.support.msg_files import message, save, storage_attachment, stream
from tests.support.outlook import MadeAttachment, MadeItem, content, filetime, mail, octets, person
from tui_migrate.errors.files import FilesMissing
from tui_migrate.mail.mapi.item import Item, Value
from tui_migrate.mail.msg.message import MsgFile
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


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Item, str | None], MsgFile]:
    """Saves an item, and opens the file."""

    def reading(item: Item, encoding: str | None = None) -> MsgFile:
        return MsgFile(save(item, tmp_path / "message.msg", encoding), "item 1")

    return reading


def test_the_same_mail_comes_of_it(read: Callable[[Item, str | None], MsgFile]) -> None:
    file = read(whole(), None)
    assert octets(file.item) == octets(whole())
    assert file.item.keywords == ("Work", "Büro")
    assert file.item.properties[0x0E1F] is True
    assert len(file.item.properties) == len(whole().properties) + 1
    file.close()


@pytest.mark.parametrize(("codepage", "encoding", "text"), [(1252, "cp1252", "Grüße"), (932, "cp932", "日本語")])
def test_strings_of_8_bits(
    read: Callable[[Item, str | None], MsgFile], codepage: int, encoding: str, text: str
) -> None:
    rows = [person(text, "bob@example.net")]
    made = [MadeAttachment(b"x", f"{text}.txt")]
    file = read(MadeItem({0x001A: "IPM.Note", 0x0037: text, 0x1000: text, 0x3FFD: codepage}, rows, made), encoding)
    arrived = mail(file.item)
    assert arrived["subject"] == text
    assert arrived["to"] == f"{text} <bob@example.net>"
    body, attached = arrived.iter_parts()
    assert content(body) == text
    assert attached.get_filename() == f"{text}.txt"
    assert file.item.codepage == encoding
    file.close()


def test_a_large_attachment(read: Callable[[Item, str | None], MsgFile]) -> None:
    file = read(MadeItem({0x001A: "IPM.Note"}, attachments=[MadeAttachment(LARGE, "large.bin")]), None)
    pieces = list(file.item.attachments[0].data())
    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) <= 512 * 512
    file.close()


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
    file = MsgFile(path, "item 1")
    part = mail(file.item)
    assert part.get_content_type() == "application/octet-stream"
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    with olefile.OleFileIO(payload) as found:
        assert found.openstream("\x01Ole10Native").read() == b"native" * 2000
        assert found.openstream("CONTENTS").read() == b"small"
        assert found.root.clsid.replace("-", "").lower() == "03020100050407060809" + "0a0b0c0d0e0f"
    file.close()


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match="No such file"):
        MsgFile(tmp_path / "none.msg", "item 1")
