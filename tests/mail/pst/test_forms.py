"""Files in every form that there is. Witnesses say that these are such files; they open what we write."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.files.pst.blocks import Encoding, Form, MadeFile
from tests.files.pst.notes import (
    ARRIVED,
    attached,
    forwarded,
    made_mails,
    moment,
    note,
    opened,
    opened_item,
    read_mails,
)
from tests.files.pst.store import MadeAttachment, MadeFolder, MadeMessage, MadeStore, made
from tests.files.pst.witnesses import by_libpff, by_readpst

LARGE = bytes(range(256)) * 1000
FORMS = [*[(form, encoding, False) for form in Form for encoding in Encoding], (Form.LARGE, Encoding.NONE, True)]


def example() -> MadeStore:
    """Values that lie in heaps, in blocks, and in lists of blocks."""
    files = [
        attached("small.txt", b"small"),
        attached("large.bin", LARGE),
        forwarded(note("Inner", "An inner text.", [attached("inner.txt", b"x" * 5000)])),
        attached("last.txt", b"last"),
    ]
    return MadeStore(
        [
            MadeFolder("Inbox", [note(f"Number {number}", seconds=1_600_000_000 + number) for number in range(60)]),
            MadeFolder(
                "Projects",
                [note("With files", attachments=files), note("Long", "line\n" * 40_000)],
                [MadeFolder("2024", [note("Deeper")]), MadeFolder("Empty")],
            ),
        ],
        [note("On top")],
    )


@pytest.fixture(params=FORMS, ids=lambda each: f"{each[0]}-{each[1]}{'-deflated' if each[2] else ''}", scope="module")
def file(request: pytest.FixtureRequest) -> MadeFile:
    form, encoding, deflated = request.param
    return made(example(), form, encoding, deflated=deflated)


def test_all_that_was_written_is_read(file: MadeFile, tmp_path: Path) -> None:
    expected = Counter(mail._replace(text=mail.text.rstrip("\n")) for mail in made_mails(example()).elements())
    assert read_mails(opened(tmp_path, file.octets)) == expected


def test_libpff_finds_the_same(file: MadeFile, tmp_path: Path) -> None:
    path = tmp_path / "made.pst"
    path.write_bytes(file.octets)
    found = by_libpff(path)
    assert found.total() == 64
    assert {(folder, subject) for folder, subject, _ in found} >= {("Inbox", "Number 0"), ("2024", "Deeper")}
    (files,) = [octets for _, subject, octets in found if subject == "With files"]
    assert [files[0], files[1], files[3]] == [b"small", LARGE, b"last"]


def test_readpst_finds_as_many(file: MadeFile, tmp_path: Path) -> None:
    path, folder = tmp_path / "made.pst", tmp_path / "out"
    folder.mkdir()
    path.write_bytes(file.octets)
    assert by_readpst(path, folder) == 64


@pytest.mark.parametrize(("form", "octets"), [(Form.ANSI, 17 << 20), (Form.UNICODE, 9 << 20), (Form.LARGE, 1 << 20)])
def test_a_value_of_many_blocks_is_read_to_its_end(form: Form, octets: int, tmp_path: Path) -> None:
    """The two smaller forms need lists of lists of blocks for it."""
    data = (bytes(range(251)) * (octets // 251 + 1))[:octets]
    file = made(MadeStore([MadeFolder("Inbox", [note("Large", attachments=[attached("large.bin", data)])])]), form)
    with opened_item(tmp_path, file) as item:
        assert b"".join(item.attachments[0].data()) == data


@pytest.mark.parametrize("form", Form)
def test_a_message_with_hundreds_of_files_has_them_all(form: Form, tmp_path: Path) -> None:
    """Lists of lists of subnodes, in the two smaller forms."""
    files = [attached(f"{number}.bin", b"%d" % number) for number in range(700)]
    with opened_item(tmp_path, made(MadeStore([MadeFolder("Inbox", [note("Many", attachments=files)])]), form)) as item:
        names = [(each.properties[0x3707], b"".join(each.data())) for each in item.attachments]
    assert names == [(f"{number}.bin", b"%d" % number) for number in range(700)]


@pytest.mark.parametrize("form", Form)
def test_a_folder_of_many_messages_is_listed(form: Form, tmp_path: Path) -> None:
    """Their rows lie in many blocks, and the index of these has levels."""
    messages = [MadeMessage({0x0E060040: moment(ARRIVED + number), 0x0E070003: number % 2}) for number in range(1300)]
    archive = opened(tmp_path, made(MadeStore([MadeFolder("Inbox", messages)]), form).octets)
    try:
        items = archive.contents(b"INBOX").items
    finally:
        archive.close()
    assert [item.instant for item in items] == [ARRIVED + number for number in range(1300)]
    assert [len(item.flags) for item in items] == [number % 2 for number in range(1300)]


def test_an_object_is_its_storage(tmp_path: Path) -> None:
    drawing = MadeAttachment({0x3707001F: "drawing.bin"}, storage=b"\xd0\xcf\x11\xe0" + bytes(9000))
    store = MadeStore([MadeFolder("Inbox", [note("Object", attachments=[drawing])])])
    assert read_mails(opened(tmp_path, made(store).octets)) == made_mails(store)
