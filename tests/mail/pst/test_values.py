"""Properties of every type, in every form."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.files.pst.blocks import Form
from tests.files.pst.heap import Properties
from tests.files.pst.notes import attached, forwarded, note, opened, opened_item
from tests.files.pst.store import FIRST_MESSAGE, KEYWORDS, MadeFolder, MadeMessage, MadeStore, made
from tests.support.outlook import octets
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.pst.damage import Damage
from tui_migrate.mail.pst.heap import PROPERTIES, Heap
from tui_migrate.mail.pst.item import PstItem
from tui_migrate.mail.pst.store import Store

VALUES: Properties = {
    0x60010002: -7, 0x60020003: -70_000, 0x60030004: 0.5, 0x60040005: -2.25, 0x60050006: 123_456_789_000,
    0x6007000B: True, 0x6008000B: False, 0x60090014: -(1 << 60), 0x600A001F: "Café", 0x600B001F: "x" * 100_000,
    0x600C0040: 133_000_000_000_000_000, 0x600D0048: bytes(range(16)), 0x600E0102: b"\0\1\2" * 1000, 0x600F0102: b"",
    0x60101003: (1, -2, 3), 0x6011101F: ("one", "", "three"), 0x60121102: (b"\0", b"", b"\1\2"), 0x60131014: (1 << 40,),
    0x60141040: (5, 6), 0x6015001F: "", 0x6016101F: (),
}  # fmt: skip


def stored(*messages: MadeMessage, keywords: bool = False, codepage: str = "cp1252") -> MadeStore:
    return MadeStore([MadeFolder("Inbox", messages)], keywords=keywords, codepage=codepage)


@pytest.mark.parametrize("form", Form)
def test_every_type_is_told(form: Form, tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(MadeMessage(VALUES)), form)) as item:
        told = {key: value for key, value in item.properties.items() if 0x6000 < key < 0x7000}
    assert told == {tag >> 16: value for tag, value in VALUES.items()}


def test_what_has_no_type_that_is_known_is_not_there(tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(MadeMessage({0x600100FD: b"rules", 0x0037001F: "A"})))) as item:
        assert 0x6001 not in item.properties
        assert item.properties.get(0x6001) is None
        assert [*item.properties] == [*dict(item.properties)]


def test_a_string_has_no_nul_at_its_end(tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(MadeMessage({0x001A001F: "IPM.Note\0", 0x0037001F: "A\0B\0\0"})))) as item:
        assert item.properties[0x001A] == "IPM.Note"
        assert item.properties[0x0037] == "A\0B"


def test_half_a_character_spoils_no_string(tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(MadeMessage({0x0037001F: "a\ud83dz"})))) as item:
        assert item.properties[0x0037] == "a\ufffdz"


def test_categories_are_keywords(tmp_path: Path) -> None:
    message = MadeMessage({KEYWORDS << 16 | 0x101F: ("Blue", "Very important")})
    with opened_item(tmp_path, made(stored(message, keywords=True))) as item:
        assert item.keywords == ("Blue", "Very important")


def test_a_file_without_categories_has_no_keywords(tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(MadeMessage({KEYWORDS << 16 | 0x101F: ("Blue",)})))) as item:
        assert item.keywords == ()


@pytest.mark.parametrize(
    ("own", "setting", "written", "encoding"),
    [
        pytest.param(932, 0, "cp932", "cp932", id="its own"),
        pytest.param(None, 932, "cp932", "cp932", id="as was set"),
        pytest.param(1251, 932, "cp1251", "cp1251", id="its own before what was set"),
        pytest.param(None, 0, "cp1252", "cp1252", id="usual"),
        pytest.param(1200, 932, "cp932", "cp932", id="not that of 16-bit strings"),
    ],
)
def test_8_bit_strings_are_in_the_nearest_code_page(
    own: int | None, setting: int, written: str, encoding: str, tmp_path: Path
) -> None:
    text = {"cp932": "日本語", "cp1251": "Привет", "cp1252": "Grüße"}[written]
    message = MadeMessage({0x0037001F: text, **({0x3FFD0003: own} if own else {})})
    file = made(stored(message, codepage=written), Form.ANSI)
    with opened_item(tmp_path, file, codepage=setting) as item:
        assert item.codepage == encoding
        assert item.properties[0x0037] == text


def test_what_is_not_in_its_own_code_page_is_in_the_usual_one(tmp_path: Path) -> None:
    message = MadeMessage({0x0037001F: "Grüße", 0x3FFD0003: 65001})
    with opened_item(tmp_path, made(stored(message), Form.ANSI)) as item:
        assert item.properties[0x0037] == "Grüße"


def test_recipients_are_in_the_order_of_their_table(tmp_path: Path) -> None:
    people: list[Properties] = [{0x0C150003: number % 3 + 1, 0x3001001F: f"Person {number}"} for number in range(300)]
    with opened_item(tmp_path, made(stored(MadeMessage({}, people)))) as item:
        assert [(each[0x0C15], each[0x3001]) for each in item.recipients] == [
            (number % 3 + 1, f"Person {number}") for number in range(300)
        ]


def test_a_report_tells_of_each_recipient_what_became_of_the_mail(tmp_path: Path) -> None:
    people: list[Properties] = [{0x0C150003: 1, 0x3001001F: "Bob", 0x39FE001F: "bob@example.net", 0x0C1B001F: "550 no"}]
    with opened_item(tmp_path, made(stored(MadeMessage({0x001A001F: "REPORT.IPM.Note.NDR"}, people)))) as item:
        assert b"\r\nfailed: Bob <bob@example.net> 550 no\r\n" in octets(item)


def test_a_message_without_tables_has_neither_recipients_nor_attachments(tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(MadeMessage({})))) as item:
        assert (item.recipients, item.attachments) == ((), ())


def test_an_attachment_tells_all_but_its_data(tmp_path: Path) -> None:
    with opened_item(tmp_path, made(stored(note("A", attachments=[attached("a.txt", b"data")])))) as item:
        (attachment,) = item.attachments
        assert attachment.properties[0x3707] == "a.txt"
        assert 0x3701 not in attachment.properties
        assert attachment.properties.get(0x3701) is None
        assert attachment.embedded is None
        assert [*attachment.data()] == [b"data"]


@pytest.mark.parametrize("form", Form)
def test_messages_lie_within_messages(form: Form, tmp_path: Path) -> None:
    message = note("Innermost", attachments=[attached("deep.bin", b"deep" * 5000)])
    for number in range(5):
        message = note(f"Around {number}", attachments=[attached("beside.txt", b"beside"), forwarded(message)])
    keys = set()
    with opened_item(tmp_path, made(stored(message), form)) as item:
        for number in reversed(range(5)):
            keys.add(item.key)
            assert item.properties[0x0037] == f"Around {number}"
            assert b"".join(item.attachments[0].data()) == b"beside"
            inner = item.attachments[1].embedded
            assert isinstance(inner, PstItem)
            item = inner
        assert item.properties[0x0037] == "Innermost"
        assert b"".join(item.attachments[0].data()) == b"deep" * 5000
    assert len({*keys, item.key}) == 6


def test_messages_within_messages_end_somewhere(tmp_path: Path) -> None:
    message = note("Innermost")
    for _ in range(40):
        message = note("Around", attachments=[forwarded(message)])
    archive = opened(tmp_path, made(stored(message)).octets)
    try:
        (item,) = archive.contents(b"INBOX").items
        with pytest.raises(MessageDamaged):
            archive.read(b"INBOX", item, None)
    finally:
        archive.close()


def test_a_large_attachment_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    octets = 40 << 20
    file = made(stored(note("Large", attachments=[attached("large.bin", bytes(octets))])))
    with opened_item(tmp_path, file) as item:
        del file
        tracemalloc.start()
        try:
            assert sum(map(len, item.attachments[0].data())) == octets
            assert tracemalloc.get_traced_memory()[1] < octets // 4
        finally:
            tracemalloc.stop()


def test_a_tree_with_more_entries_than_there_can_be_is_damage(tmp_path: Path) -> None:
    """A small heap can hold millions, where they lie on each other."""
    (tmp_path / "made.pst").write_bytes(made(stored(MadeMessage(VALUES))).octets)
    store = Store(tmp_path / "made.pst", 0)
    try:
        heap = Heap(store.blocks, store.node(FIRST_MESSAGE), PROPERTIES)
        assert sum(map(len, heap.tree(heap.root, 2, 6, 100))) == 8 * (len(VALUES) + 2)
        with pytest.raises(Damage):
            list(heap.tree(heap.root, 2, 6, 10))
    finally:
        store.disk.close()
