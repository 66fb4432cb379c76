"""What is damaged concerns a message, a folder or the file, and is said; what is not damaged is read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.files.pst.blocks import Encoding, FileWriter, Form, MadeFile
from tests.files.pst.heap import HeapWriter, Properties, context, table
from tests.files.pst.notes import ARRIVED, Mail, attached, forwarded, made_mails, note, opened, read_mails
from tests.files.pst.store import (
    FIRST_FOLDER,
    FIRST_MESSAGE,
    RECORD_KEY,
    ROOT,
    TOP,
    MadeFolder,
    MadeStore,
    entry_id,
    made,
)
from tui_migrate.errors import FileDamaged, FilesMissing, FolderDamaged, MailError, MessageDamaged
from tui_migrate.mail.pst.archive import PstArchive

SUBFOLDERS, CONTENTS = 0x0D, 0x0E


def example(messages: int = 5) -> MadeStore:
    notes = [note(f"Number {number}", attachments=[attached("a.bin", bytes(30_000))]) for number in range(messages)]
    return MadeStore([MadeFolder("Inbox", notes), MadeFolder("Other", [note("Another")], [MadeFolder("Below")])])


def broken(file: MadeFile, *places: int, octets: bytes = b"\xff") -> bytes:
    """With other octets there."""
    data = bytearray(file.octets)
    for place in places:
        for number, octet in enumerate(octets):
            data[place + number] ^= octet
    return bytes(data)


def table_of(folder: int, kind: int) -> int:
    return folder & ~0x1F | kind


def read_what_can_be(archive: PstArchive) -> tuple[int, list[MailError]]:
    """Mails that are read, and what is said of the others."""
    count = 0
    errors: list[MailError] = []
    try:
        for folder in archive.folders():
            try:
                items = archive.contents(folder.name).items
            except FolderDamaged as error:
                errors.append(error)
                continue
            for item in items:
                try:
                    content = archive.read(folder.name, item, None)
                    assert content is not None
                    content.close()
                    count += 1
                except MessageDamaged as error:
                    errors.append(error)
    finally:
        archive.close()
    return count, errors


def subjects(mails: Counter[Mail]) -> list[str]:
    return sorted(mail.subject for mail in mails.elements())


@pytest.mark.parametrize("form", Form)
def test_a_damaged_message_is_one_message(form: Form, tmp_path: Path) -> None:
    file = made(example(), form)
    octets = broken(file, file.place(FIRST_MESSAGE + 64) + 40)
    count, (error,) = read_what_can_be(opened(tmp_path, octets))
    assert count == 5
    assert isinstance(error, MessageDamaged)
    assert "checksum" in error.server_words
    assert "Number" not in f"{error}{error.server_words}"


def test_a_damaged_message_is_listed_as_what_its_folder_says(tmp_path: Path) -> None:
    file = made(example())
    archive = opened(tmp_path, broken(file, file.place(FIRST_MESSAGE) + 40))
    try:
        items = archive.contents(b"INBOX").items
        assert [(item.flags, item.instant) for item in items] == [(frozenset({"\\Seen"}), ARRIVED)] * 5
    finally:
        archive.close()


def test_damage_inside_of_an_attachment_is_found(tmp_path: Path) -> None:
    """No mail arrives in part, or with other octets than it had."""
    file = made(example(1), encoding=Encoding.NONE)
    (bid,) = [bid for bid, (_, length, _) in file.blocks.items() if length == 8176][:1]
    count, (error,) = read_what_can_be(opened(tmp_path, broken(file, file.blocks[bid][0] + 5000)))
    assert (count, type(error)) == (1, MessageDamaged)


def test_a_value_that_is_shorter_than_it_is_said_to_be_is_damaged(tmp_path: Path) -> None:
    file = made(example(1))
    (offset,) = [offset for bid, (offset, length, _) in file.blocks.items() if bid & 2 and file.octets[offset] == 1][:1]
    octets = file.sealed(broken(file, offset + 4, octets=b"\x01"))
    _, (error,) = read_what_can_be(opened(tmp_path, octets))
    assert isinstance(error, MessageDamaged)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", [SUBFOLDERS, CONTENTS])
@pytest.mark.parametrize("folder", [TOP, FIRST_FOLDER])
def test_where_a_table_is_damaged_the_node_tree_tells_what_lies_in_a_folder(
    form: Form, kind: int, folder: int, tmp_path: Path
) -> None:
    file = made(example(), form)
    archive = opened(tmp_path, broken(file, file.place(table_of(folder, kind)) + 20))
    assert subjects(read_mails(archive)) == subjects(made_mails(example()))


def test_where_a_table_is_gone_too(tmp_path: Path) -> None:
    file = made(example())
    nodes = [table_of(FIRST_FOLDER, CONTENTS), table_of(FIRST_FOLDER + 32, SUBFOLDERS)]
    octets = bytearray(file.octets)
    for nid in nodes:  # in the leaf of the node tree it is of another kind now
        place = octets.rindex(nid.to_bytes(8, "little"))
        octets[place] |= 0x1F
    assert subjects(read_mails(opened(tmp_path, file.sealed(bytes(octets))))) == subjects(made_mails(example()))


def test_of_a_damaged_row_the_message_itself_is_asked(tmp_path: Path) -> None:
    """The rows of a large folder lie in blocks of their own."""
    store = MadeStore([MadeFolder("Inbox", [note(f"Number {number}") for number in range(400)])])
    file = made(store)
    first = file.nodes[table_of(FIRST_FOLDER, CONTENTS)]
    rows = [bid for bid in file.blocks if first[0] > bid > file.nodes[FIRST_MESSAGE + 32 * 399][0] and not bid & 2]
    assert len(rows) > 3
    octets = broken(file, *(file.blocks[bid][0] + 100 for bid in rows[:2]))
    assert read_mails(opened(tmp_path, octets)) == made_mails(store)


def test_a_folder_that_says_nothing_of_itself_is_called_as_its_parent_says(tmp_path: Path) -> None:
    file = made(example())
    assert read_mails(opened(tmp_path, broken(file, file.place(FIRST_FOLDER) + 40))) == made_mails(example())


def test_a_damaged_page_of_the_node_tree_takes_the_messages_in_it(tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("Inbox", [note(f"Number {number}") for number in range(200)])])
    file = made(store)
    page = next(page for page in file.pages if (FIRST_MESSAGE + 3200).to_bytes(8, "little") in file.octets[page:][:512])
    count, errors = read_what_can_be(opened(tmp_path, broken(file, page + 3)))
    assert 0 < len(errors) <= 20
    assert count + len(errors) == 200
    assert {type(error) for error in errors} == {MessageDamaged}


def test_a_folder_of_which_nothing_tells_what_lies_in_it_is_damaged(tmp_path: Path) -> None:
    """Its table is damaged, and so is the node tree in some place."""
    store = MadeStore([MadeFolder("Inbox", [note(f"Number {number}") for number in range(200)]), MadeFolder("Other")])
    file = made(store)
    page = next(page for page in file.pages if (FIRST_MESSAGE + 3200).to_bytes(8, "little") in file.octets[page:][:512])
    octets = broken(file, page + 3, file.place(table_of(FIRST_FOLDER, CONTENTS)) + 20)
    count, (error,) = read_what_can_be(opened(tmp_path, octets))
    assert (count, type(error)) == (0, FolderDamaged)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("what", ["node root", "block root", "store"])
def test_what_all_hangs_on_is_the_file(form: Form, what: str, tmp_path: Path) -> None:
    file = made(example(), form)
    node_root = max(page for page in file.pages if file.octets[page + _kind_at(form)] == 0x81)
    place = {"node root": node_root, "block root": file.pages[-1], "store": file.place(0x21) + 20}[what]
    with pytest.raises(FileDamaged):
        opened(tmp_path, broken(file, place))


def test_folders_that_cannot_be_found_are_the_file_too(tmp_path: Path) -> None:
    """They would be lost with all that is in them."""
    store = MadeStore([MadeFolder("Inbox", [note(f"Number {number}") for number in range(200)])])
    file = made(store)
    page = next(page for page in file.pages if (FIRST_MESSAGE + 3200).to_bytes(8, "little") in file.octets[page:][:512])
    archive = opened(tmp_path, broken(file, page + 3, file.place(table_of(TOP, SUBFOLDERS)) + 20))
    try:
        with pytest.raises(FileDamaged):
            archive.folders()
    finally:
        archive.close()


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"", FilesMissing),
        (b"From a@example.org", FilesMissing),
        (b"!BDN", FileDamaged),
        (b"!BDN" + bytes(1000), FileDamaged),
        (b"!BDN" + bytes(4) + b"SM" + bytes([23, 0]) + bytes(1000), FileDamaged),
        (b"!BDN" + bytes(4) + b"SM" + bytes([36, 0]) + bytes(501) + b"\x10" + bytes(99), FileDamaged),
        (b"!BDN" + bytes(4) + b"SM" + bytes([23, 0]) + bytes(501) + b"\x07" + bytes(99), FileDamaged),
    ],
    ids=["empty", "another", "short", "version", "nothing else", "protected", "encoding"],
)
def test_a_file_that_is_none_is_said_to_be_none(octets: bytes, error: type[MailError], tmp_path: Path) -> None:
    with pytest.raises(error):
        opened(tmp_path, octets)


def test_a_message_in_itself_ends_somewhere(tmp_path: Path) -> None:
    """The list of what lies below the attached message is the list in which that message lies."""
    file = FileWriter(encoding=Encoding.NONE)
    properties: Properties = {0x0FF90102: RECORD_KEY, 0x35E00102: entry_id(TOP)}
    file.node(0x21, *context(HeapWriter(file), properties))
    for nid, below, inside in ((ROOT, [(TOP, {0x3001001F: "Top"})], []), (TOP, [], [(FIRST_MESSAGE, {})])):
        file.node(nid, *context(HeapWriter(file), {0x3001001F: "Top"}), ROOT)
        file.node(table_of(nid, SUBFOLDERS), *table(HeapWriter(file), (0x3001001F,), below))
        file.node(table_of(nid, CONTENTS), *table(HeapWriter(file), (0x001A001F,), inside))
    attachment, message = 0x8025, 0x8004
    data, _ = context(HeapWriter(file), {0x37050003: 5, 0x3701000D: message.to_bytes(4, "little") + bytes(4)})
    attachments = table(HeapWriter(file), (0x37050003,), [(attachment, {0x37050003: 5}), (attachment + 32, {})])
    inner, _ = context(HeapWriter(file), {0x0037001F: "Round"})
    itself = file.next_bid | 2
    entries = [
        (0x671, *attachments),
        (attachment, data, itself),
        (attachment + 32, data, itself),
        (message, inner, itself),
    ]
    assert file.subnodes(entries) == itself
    file.node(FIRST_MESSAGE, inner, itself, TOP)
    count, (error,) = read_what_can_be(opened(tmp_path, file.whole().octets))
    assert (count, type(error)) == (0, MessageDamaged)


def test_folders_in_each_other_end_somewhere(tmp_path: Path) -> None:
    inner = MadeFolder("Inner", nid=0x9002)
    store = MadeStore([MadeFolder("Outer", [], [inner], nid=0x9022)])
    file = made(store)
    # The inner folder's own subfolders are those of the outer one.
    nodes = dict(file.nodes)
    old, new = nodes[table_of(0x9002, SUBFOLDERS)][0], nodes[table_of(TOP, SUBFOLDERS)][0]
    entry = table_of(0x9002, SUBFOLDERS).to_bytes(8, "little") + old.to_bytes(8, "little")
    octets = file.octets.replace(entry, entry[:8] + new.to_bytes(8, "little"))
    assert octets != file.octets
    archive = opened(tmp_path, file.sealed(octets))
    try:
        assert [each.path for each in archive.folders()] == [("Outer",), ("Outer", "Inner")]
    finally:
        archive.close()


def test_a_deep_message_is_read(tmp_path: Path) -> None:
    message = note("Innermost")
    for number in range(20):
        message = note(f"Around {number}", attachments=[forwarded(message)])
    assert read_what_can_be(opened(tmp_path, made(MadeStore([MadeFolder("A", [message])])).octets)) == (1, [])


def _kind_at(form: Form) -> int:
    return {Form.ANSI: 500, Form.UNICODE: 496, Form.LARGE: 4072}[form]
