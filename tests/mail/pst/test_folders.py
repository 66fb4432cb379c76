"""Folders, what they are for, and what is listed in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from struct import pack

import pytest

from tests.files.pst.blocks import Form
from tests.files.pst.heap import Properties
from tests.files.pst.notes import ARRIVED, moment, note, opened, read_mails
from tests.files.pst.store import (
    FIRST_FOLDER,
    KEYWORDS,
    ROOT,
    MadeFolder,
    MadeMessage,
    MadeStore,
    entry_id,
    made,
)
from tui_migrate.errors import FolderDamaged
from tui_migrate.mail.files.archive import ArchiveFolder, Contents
from tui_migrate.mail.pst.codepage import propose_codepage
from tui_migrate.mail.pst.items import Place
from tui_migrate.mail.roles import Role

SECOND, THIRD, FOURTH = FIRST_FOLDER + 32, FIRST_FOLDER + 64, FIRST_FOLDER + 96


def folders(folder: Path, store: MadeStore, form: Form = Form.UNICODE, codepage: int = 0) -> Sequence[ArchiveFolder]:
    archive = opened(folder, made(store, form).octets, codepage)
    try:
        return archive.folders()
    finally:
        archive.close()


def paths(folder: Path, store: MadeStore) -> list[tuple[str, ...]]:
    return [each.path for each in folders(folder, store)]


def contents(folder: Path, store: MadeStore, name: bytes = b"INBOX") -> Contents[Place]:
    archive = opened(folder, made(store).octets)
    try:
        return archive.contents(name)
    finally:
        archive.close()


def roles(found: Sequence[ArchiveFolder]) -> dict[tuple[str, ...], tuple[Role, bool]]:
    return {each.path: (each.role, each.role_by_name) for each in found if each.role}


def test_what_outlook_does_not_show_is_not_shown(tmp_path: Path) -> None:
    tree = [
        MadeFolder("A", folders=[MadeFolder("B", folders=[MadeFolder("C")])]),
        MadeFolder("Hidden", folders=[MadeFolder("In it")], properties={0x10F4000B: True}),
        MadeFolder("Not hidden", properties={0x10F4000B: False}),
        MadeFolder("Search", nid=0x2003),
    ]
    assert paths(tmp_path, MadeStore(tree)) == [("A",), ("A", "B"), ("A", "B", "C"), ("Not hidden",)]


def test_mail_in_the_top_folder_is_not_lost(tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("A", [note("One")])], [note("Two")])
    found = {(mail.folder, mail.subject) for mail in read_mails(opened(tmp_path, made(store).octets))}
    assert found == {(("A",), "One"), (("Top of Made",), "Two")}


def test_without_a_top_all_below_the_root_is_shown(tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("A", [note("One")])], properties={0x35E00102: b""})
    assert paths(tmp_path, store) == [("Top of Made",), ("Top of Made", "A")]


def test_without_a_top_it_is_where_the_inbox_lies(tmp_path: Path) -> None:
    """As in offline files."""
    store = MadeStore(
        [MadeFolder("Eingang"), MadeFolder("B")], properties={0x35E00102: b""}, receive=[("IPM", FIRST_FOLDER)]
    )  # fmt: skip
    assert paths(tmp_path, store) == [("INBOX",), ("B",)]


def test_the_inbox_is_where_mail_is_delivered(tmp_path: Path) -> None:
    tree = [MadeFolder("Inbox"), MadeFolder("Neues", folders=[MadeFolder("In it")])]
    delivered = [("IPC", ROOT), ("", FOURTH), ("IPM", FOURTH)]
    # Folders are made before those that lie around them.
    store = MadeStore([tree[0], MadeFolder("Neues", nid=FOURTH, folders=[MadeFolder("In it")])], receive=delivered)
    assert paths(tmp_path, store) == [("Inbox (2)",), ("INBOX",), ("INBOX", "In it")]


@pytest.mark.parametrize("name", ["Inbox", "POSTEINGANG", "Boîte de réception", "受信トレイ"])
def test_an_inbox_is_known_by_its_name(name: str, tmp_path: Path) -> None:
    (found,) = folders(tmp_path, MadeStore([MadeFolder(name)]))
    assert (found.name, found.path, found.role) == (b"INBOX", ("INBOX",), None)


def test_mail_delivered_to_the_root_tells_no_inbox(tmp_path: Path) -> None:
    """As in every file that is no mailbox of an account."""
    assert paths(tmp_path, MadeStore([MadeFolder("A"), MadeFolder("Inbox")], receive=[("", ROOT)])) == [
        ("A",),
        ("INBOX",),
    ]


def test_roles_are_told_by_the_store_and_the_root(tmp_path: Path) -> None:
    tree = [MadeFolder(name) for name in ("Sent Items", "Weg", "Raus", "Halb", "Müll")]
    first, second, third, fourth, fifth = (FIRST_FOLDER + 32 * number for number in range(5))
    store = MadeStore(
        tree,
        properties={0x35E30102: entry_id(second), 0x35E40102: entry_id(third)},
        root={0x36D70102: entry_id(fourth), 0x36D81102: (b"", b"", b"", b"", entry_id(fifth))},
    )
    assert roles(folders(tmp_path, store)) == {
        ("Weg",): (Role.TRASH, False),
        ("Raus",): (Role.SENT, False),
        ("Halb",): (Role.DRAFTS, False),
        ("Müll",): (Role.JUNK, False),
    }
    assert first not in (second, third)


def test_the_inbox_tells_roles_too(tmp_path: Path) -> None:
    more: Properties = {0x36D70102: entry_id(SECOND), 0x36D81102: (b"",) * 4}
    tree = [MadeFolder("Inbox", properties=more), MadeFolder("Halb")]
    assert roles(folders(tmp_path, MadeStore(tree))) == {("Halb",): (Role.DRAFTS, False)}


def test_names_tell_the_other_roles(tmp_path: Path) -> None:
    tree = [MadeFolder("Éléments envoyés"), MadeFolder("Sent Items"), MadeFolder("A", folders=[MadeFolder("Drafts")])]
    store = MadeStore(tree, properties={0x35E30102: b"short"})
    assert roles(folders(tmp_path, store)) == {("Éléments envoyés",): (Role.SENT, True)}


@pytest.mark.parametrize("nid", [0, 0x2003, 0x8002, 0xFFFFFFE2], ids=["nothing", "search", "gone", "far away"])
def test_an_entry_id_of_no_folder_tells_nothing(nid: int, tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("A")], properties={0x35E30102: entry_id(nid), 0x35E00102: entry_id(nid)})
    assert roles(folders(tmp_path, store)) == {}


def test_names_stay_and_no_two_are_equal(tmp_path: Path) -> None:
    tree = [
        MadeFolder("A/B"),
        MadeFolder("A", folders=[MadeFolder("B")], nid=0x9002),
        MadeFolder("50% off"),
        MadeFolder("Twice"),
        MadeFolder("Twice"),
        MadeFolder(""),
        MadeFolder("inbox", nid=0x9022),
    ]
    found = folders(tmp_path, MadeStore(tree, receive=[("IPM", FIRST_FOLDER)]))
    names = [each.name for each in found]
    assert names[0] == b"INBOX"
    assert len({*names}) == len({each.path for each in found}) == len(found) == 8
    again = folders(tmp_path, MadeStore(tree, receive=[("IPM", FIRST_FOLDER)]))
    assert [each.name for each in again] == names
    assert {each.path: each.name for each in folders(tmp_path, MadeStore(tree[:4]))}[("A/B",)] == b"A%2FB"


def test_the_names_of_an_ansi_file_are_in_the_code_page_that_is_named(tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("受信トレイ"), MadeFolder("仕事")], codepage="cp932")
    assert [each.path for each in folders(tmp_path, store, Form.ANSI, 932)] == [("INBOX",), ("仕事",)]
    assert [each.path for each in folders(tmp_path, store, Form.ANSI)] == [("Žó\ufffdMƒgƒŒƒC",), ("ŽdŽ–",)]


@pytest.mark.parametrize(
    ("form", "told", "proposed"),
    [
        (Form.ANSI, [{0x3FFD0003: 932}, {0x3FFD0003: 1252}, {0x3FFD0003: 932}], 932),
        (Form.ANSI, [{0x3FF10003: 0x0411}, {}], 932),
        (Form.ANSI, [{0x3FF10003: 0x0804}], 936),
        (Form.ANSI, [{0x3FF10003: 0x0409}], 1252),
        (Form.ANSI, [{0x3FFD0003: 99}, {}], None),
        (Form.ANSI, [{0x3FFD0003: 1200, 0x66C30003: 1251}], 1251),
        (Form.ANSI, [{0x3FDE0003: 20866, 0x3FF10003: 0x0409}], 1251),
        (Form.ANSI, [{0x3FDE0003: 50220}], 932),
        (Form.ANSI, [{0x3FDE0003: 65001}], None),
        (Form.ANSI, [], None),
        (Form.UNICODE, [{0x3FFD0003: 932}], None),
    ],
)
def test_a_code_page_is_proposed_by_what_most_messages_say(
    form: Form, told: list[Properties], proposed: int | None, tmp_path: Path
) -> None:
    store = MadeStore([MadeFolder("A", [note("One", more=each) for each in told])])
    path = tmp_path / "made.pst"
    path.write_bytes(made(store, form).octets)
    assert propose_codepage(path) == proposed


READ_AS = "old file: names and texts are read as"


@pytest.mark.parametrize(
    ("form", "told", "setting", "said"),
    [
        (Form.ANSI, [932], 0, f"▲ {READ_AS} 1252; the messages say 932: set the source's code page to 932"),
        (Form.ANSI, [932], 932, f"{READ_AS} 932, as the messages say"),
        (Form.ANSI, [], 932, f"{READ_AS} 932, and no message says whether that is right"),
        (Form.UNICODE, [932], 0, None),
    ],
)
def test_an_admin_is_told_of_an_old_file_what_its_names_are_read_as(
    form: Form, told: list[int], setting: int, said: str | None, tmp_path: Path
) -> None:
    store = MadeStore([MadeFolder("A", [note("One", more={0x3FFD0003: each}) for each in told])])
    archive = opened(tmp_path, made(store, form).octets, setting)
    try:
        assert [*archive.remarks()] == ([("Code page", said)] if said else [])
    finally:
        archive.close()


LANGUAGES = {
    "Russian": (1251, ["Входящие", "Отчёт за третий квартал", "Коллеги, добрый день! Направляю протокол совещания."]),
    "Ukrainian": (
        1251,
        ["Вхідні", "Звіт за квартал", "Доброго дня! Надсилаю протокол наради, будь ласка, перегляньте."],
    ),
    "Japanese": (932, ["受信トレイ", "会議の議事録について", "お世話になっております。添付ファイルをご確認ください。"]),
    "Chinese": (936, ["收件箱", "会议纪要", "您好，请查收附件中的报价单，有问题请与我们联系。"]),
    "Greek": (1253, ["Εισερχόμενα", "Πρακτικά συνεδρίασης", "Καλημέρα σας, επισυνάπτω την προσφορά για το έτος."]),
    "German": (None, ["Posteingang", "Grüße aus München", "Können wir über die Übernahme für nächste Woche " * 9]),
    "Polish": (None, ["Odebrane", "Spotkanie w środę", "W załączeniu przesyłam ofertę. Proszę o potwierdzenie. " * 9]),
    "English": (None, ["Inbox", "Minutes", "Please find attached what was said."]),
}
"""A code page, and the names of a folder and of a message, and its text."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_admin_is_told_which_code_page_the_letters_of_an_old_file_are_of(language: str, tmp_path: Path) -> None:
    codepage, (name, subject, text) = LANGUAGES[language]
    usual = {"Polish": "cp1250"}.get(language, f"cp{codepage or 1252}")
    store = MadeStore([MadeFolder(name, [note(subject, text)])], codepage=usual)
    unset = f"{READ_AS} 1252, and no message says whether that is right"
    if codepage:
        unset = f"▲ {READ_AS} 1252; their letters say {codepage}: set the source's code page to {codepage}"
    archive = opened(tmp_path, made(store, Form.ANSI).octets)
    assert [*archive.remarks()] == [("Code page", unset)]
    archive.close()
    if codepage:
        archive = opened(tmp_path, made(store, Form.ANSI).octets, codepage)
        assert [*archive.remarks()] == [("Code page", f"{READ_AS} {codepage}, as their letters say")]
        assert [each.path[0] for each in archive.folders()] in ([name], ["INBOX"])
        archive.close()


def test_what_is_no_mail_is_counted_by_its_reason(tmp_path: Path) -> None:
    classes = [
        "IPM.Note",
        "IPM.Contact",
        "IPM.Appointment",
        "IPM.Appointment",
        "IPM.Post",
        "IPM.Task",
        "REPORT.IPM.Note.NDR",
    ]
    messages = [note(name, more={0x001A001F: name, 0x0E080003: 500}) for name in classes]
    found = contents(tmp_path, MadeStore([MadeFolder("Inbox", messages, hidden=[note("A view")])]))
    assert len(found.items) == 3
    assert [(each.reason, each.items, each.octets) for each in found.excluded] == [
        ("appointments", 2, 1000),
        ("contacts", 1, 500),
        ("tasks", 1, 500),
    ]
    assert found.missing == 0


@pytest.mark.parametrize("columns", [(), (0x10900003, 0x10810003, 0x10800003, KEYWORDS << 16 | 0x101F)])
def test_flags_are_told_by_the_table_or_by_the_message(columns: Sequence[int], tmp_path: Path) -> None:
    more: list[Properties] = [
        {0x0E070003: 0}, {0x0E070003: 1}, {0x0E070003: 8}, {0x10900003: 2}, {0x10900003: 1}, {0x10810003: 102},
        {0x10800003: 262}, {KEYWORDS << 16 | 0x101F: ("Blue", "Very important")},
    ]  # fmt: skip
    store = MadeStore([MadeFolder("Inbox", [note("A", more=each) for each in more])], keywords=True, columns=columns)
    assert [{*item.flags} for item in contents(tmp_path, store).items] == [
        set(), {"\\Seen"}, {"\\Draft"}, {"\\Seen", "\\Flagged"}, {"\\Seen"}, {"\\Seen", "\\Answered"},
        {"\\Seen", "$Forwarded"}, {"\\Seen", "Blue", "Very_important"},
    ]  # fmt: skip


def test_a_message_came_when_it_was_delivered_or_sent_or_made(tmp_path: Path) -> None:
    times: list[Properties] = [
        {0x0E060040: moment(ARRIVED), 0x00390040: moment(5)}, {0x00390040: moment(ARRIVED)},
        {0x30070040: moment(ARRIVED)}, {},
    ]  # fmt: skip
    found = contents(tmp_path, MadeStore([MadeFolder("Inbox", [MadeMessage(each) for each in times])]))
    assert [item.instant for item in found.items] == [ARRIVED, ARRIVED, ARRIVED, None]


def test_items_keep_their_order_and_names(tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("Inbox", [note(str(number)) for number in range(50)])])
    found, again = contents(tmp_path, store), contents(tmp_path, store)
    names = [item.name for item in found.items]
    assert len({*names}) == 50
    assert names == [item.name for item in again.items] == [item.name for item in found.items[:]]
    other = MadeStore(store.folders, properties={0x0FF90102: bytes(range(16))})
    assert not {*names} & {item.name for item in contents(tmp_path, other).items}, "another store's messages are others"


def test_a_token_changes_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_migrate.mail.files.stamps._RECENT", 0)
    tokens = {
        contents(tmp_path, MadeStore([MadeFolder("Inbox", [note("A" * number)])])).token for number in (1, 5000, 90_000)
    }
    assert len(tokens) == 3
    assert "" not in tokens


def test_a_folder_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(FolderDamaged):
        contents(tmp_path, MadeStore([MadeFolder("A")]), b"B")


def test_a_table_of_deliveries_that_means_nothing_is_not_asked(tmp_path: Path) -> None:
    store = MadeStore([MadeFolder("Inbox")], properties={0x36D70102: pack("<I", 1)}, receive=[("IPM", 0x2003)])
    assert paths(tmp_path, store) == [("INBOX",)], "its name is"
