"""Whatever is wrong with a file, it costs one message and says so."""

from __future__ import annotations

import random
import struct
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.msg_files import save
from tests.support.outlook import MadeAttachment, MadeItem, octets, person
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.msg.message import message_in


def sample(path: Path) -> bytes:
    """A file with a little of everything."""
    inner = MadeItem({0x001A: "IPM.Note", 0x1000: "inner"})
    item = MadeItem(
        {0x001A: "IPM.Note", 0x0037: "subject", 0x1000: "text" * 2000, 0x1013: b"<p>"},
        [person("Bob", "bob@example.net")],
        [MadeAttachment(b"x" * 9000, "a.bin"), MadeAttachment(method=5, item=inner)],
        ["Work"],
    )
    return save(item, path / "sample.msg").read_bytes()


def outcome(raw: bytes) -> bytes | None:
    """The mail; None when the file is damaged. Nothing else may come of it."""
    try:
        item = message_in(BytesIO(raw), "item 1")
        assert isinstance(item.keywords, tuple)
        return octets(item)
    except MessageDamaged:
        return None


@pytest.mark.parametrize(
    "raw", [b"", b"From: a@b.example\r\n\r\ntext", bytes(600), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_no_message_is_told(raw: bytes) -> None:
    assert outcome(raw) is None


def test_what_is_cut_off_is_told(tmp_path: Path) -> None:
    whole = sample(tmp_path)
    intact = outcome(whole)
    assert intact is not None
    for length in range(0, len(whole) - 512, 512):
        assert outcome(whole[:length]) is None


def test_any_damage_is_typed(tmp_path: Path) -> None:
    whole = sample(tmp_path)
    draw = random.Random(7)
    for _ in range(400):
        raw = bytearray(whole)
        for _ in range(draw.choice([1, 1, 2, 8])):
            at = draw.choice([draw.randrange(512), draw.randrange(len(raw))])
            width = draw.choice([1, 4])
            raw[at : at + width] = draw.choice([b"\xff" * width, bytes(width), draw.randbytes(width)])
        arrived = outcome(bytes(raw))
        assert arrived is None or arrived.endswith(b"\r\n")


@pytest.mark.parametrize(("offset", "value"), [(44, 2**31), (64, 2**31), (72, 2**31)])
def test_tables_that_would_take_hours_are_not_read(tmp_path: Path, offset: int, value: int) -> None:
    raw = bytearray(sample(tmp_path))
    struct.pack_into("<I", raw, offset, value)
    assert outcome(bytes(raw)) is None


def test_a_small_file_cannot_hold_many_large_attachments(tmp_path: Path) -> None:
    """All entries of the directory point to the same sectors."""
    made = [MadeAttachment(b"x" * 50_000, "a.bin"), *(MadeAttachment(b"y", f"{number}.bin") for number in range(50))]
    raw = bytearray(save(MadeItem({0x001A: "IPM.Note"}, attachments=made), tmp_path / "many.msg").read_bytes())
    name = "__substg1.0_37010102".encode("utf-16-le")
    (large,) = [at for at in _find(raw, name) if struct.unpack_from("<I", raw, at + 120)[0] == 50_000]
    for at in _find(raw, name):
        raw[at + 116 : at + 128] = raw[large + 116 : large + 128]
    assert outcome(bytes(raw)) is None


def _find(raw: bytearray, name: bytes) -> list[int]:
    """Where entries of that name stand in the directory."""
    found, at = [], raw.find(name)
    while at >= 0:
        found.append(at)
        at = raw.find(name, at + 1)
    return found


def test_storages_that_lie_deep_in_one_another_have_an_end(tmp_path: Path) -> None:
    item = MadeItem({0x001A: "IPM.Note"})
    for _ in range(60):
        item = MadeItem({0x001A: "IPM.Note"}, attachments=[MadeAttachment(method=5, item=item)])
    assert outcome(save(item, tmp_path / "deep.msg").read_bytes()) is None


@pytest.mark.parametrize(
    "name", ["__recip_version1.0_#00000000", "__attach_version1.0_#00000001", "__substg1.0_37010102"]
)
def test_what_is_named_otherwise_than_it_was_is_missed(tmp_path: Path, name: str) -> None:
    """There are no checksums in a file: but it says how much it holds."""
    raw = sample(tmp_path)
    odd = name.replace("_", "-")
    assert outcome(raw.replace(name.encode("utf-16-le"), odd.encode("utf-16-le"))) is None


def test_text_that_is_named_otherwise_than_it_was_is_missed(tmp_path: Path) -> None:
    raw = sample(tmp_path)
    assert outcome(raw.replace("_1000001F".encode("utf-16-le"), "_1F00001F".encode("utf-16-le"))) is None
