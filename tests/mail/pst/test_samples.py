"""Files that Outlook has written, by several versions of it and in several languages."""

from __future__ import annotations

import email.policy
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.files.pst.notes import read_mails
from tests.files.pst.samples import sample
from tests.files.pst.witnesses import by_libpff
from tui_migrate.mail.mapi.item import Item
from tui_migrate.mail.pst.archive import PstArchive
from tui_migrate.mail.pst.codepage import propose_codepage
from tui_migrate.mail.pst.item import PstItem, Whole
from tui_migrate.mail.pst.store import CONTENTS, FOLDER, MESSAGE, SUBFOLDERS, Store, kind_of
from tui_migrate.mail.roles import Role

SAMPLES: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "hira-Hello_CJK.pst": ({"Outlook データ ファイルのトップ": 1}, {}),
    "hira-abgd.pst": ({"Outlook データ ファイルのトップ": 1}, {}),
    "hira-contacts.pst": ({}, {"contacts": 1}),
    "hira-contacts97-2002.pst": ({}, {"contacts": 1}),
    "hira-msgInMsgInMsg.pst": ({"Outlook データ ファイルのトップ": 1}, {}),
    "libpst-dist-list.pst": ({}, {"appointments": 1, "contacts": 1, "distribution lists": 1}),
    "libpst-passworded.pst": ({}, {"contacts": 1, "distribution lists": 1}),
    "mailbagit-outlook2019.pst": ({"INBOX/Today at UAlbany": 2}, {}),
    "ms-Empty.pst": ({}, {}),
    "pst-extractor-1.ost": (
        {"Deleted Items": 1, "INBOX": 10, "Sent Items": 2, "Sync Issues": 1},
        {"appointments": 169},
    ),
    "sdk-sample1.pst": ({"Sample1": 1}, {}),
    "sdk-sample2.pst": ({"Sample2": 1}, {}),
    "sdk-test_ansi.pst": ({"Folder": 1}, {}),
    "sdk-test_unicode.pst": ({"Folder": 1, "Top of Personal Folders": 1}, {}),
    "tika-testPST.pst": ({"Début du fichier de données Outlook": 7}, {}),
}
"""Name: mails by their folder, items that are none by their reason."""


@pytest.fixture(params=SAMPLES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return sample(request.param, tmp_path)


def opened(path: Path) -> PstArchive:
    return PstArchive(path, propose_codepage(path) or 0)


def test_all_mail_is_listed_and_what_is_none_is_counted(path: Path) -> None:
    archive = opened(path)
    mails: Counter[str] = Counter()
    others: Counter[str] = Counter()
    try:
        for folder in archive.folders():
            contents = archive.contents(folder.name)
            assert (contents.missing, contents.damage) == (0, None)
            mails["/".join(folder.path)] += len(contents.items)
            others.update({each.reason: each.items for each in contents.excluded})
    finally:
        archive.close()
    assert (+mails, +others) == SAMPLES[path.name]


def test_all_mail_is_read_and_the_same_twice(path: Path) -> None:
    found = read_mails(opened(path))
    assert found.total() == sum(SAMPLES[path.name][0].values())
    assert found == read_mails(opened(path))


def test_every_attachment_has_the_octets_that_libpff_finds(path: Path) -> None:
    """Of all messages that folders list, mail or not; those that are messages themselves are not compared."""
    theirs = Counter(octets for _, _, attached in by_libpff(path).elements() for octets in attached if octets)
    store = Store(path, 0)
    try:
        ours: Counter[bytes] = Counter()
        embedded = 0
        for nid, _ in store.all_of(MESSAGE):
            item = PstItem(Whole(store, nid), store.node(nid), "", store.encoding)
            for attachment in item.attachments:
                if attachment.embedded is None:
                    ours[b"".join(attachment.data())] += 1
                else:
                    embedded += 1
    finally:
        store.disk.close()
    missing = theirs - ours
    assert missing.total() <= embedded, "libpff gives the properties of a message as octets"
    assert not ours - theirs - Counter({b"": ours[b""]})


def test_every_property_is_the_one_that_libpff_finds(path: Path) -> None:
    """Of messages: number, type by its length, and strings as they are stored."""
    pypff = pytest.importorskip("pypff")
    store = Store(path, propose_codepage(path) or 0)
    file = pypff.open(str(path))
    compared = 0
    try:
        for message in _all_messages(file.get_root_folder()):
            item = PstItem(Whole(store, message.identifier), store.node(message.identifier), "", store.encoding)
            for entry in chain.from_iterable(each.entries for each in message.record_sets):
                ours = item.properties.get(entry.entry_type)
                theirs = entry.data
                if isinstance(ours, bytes):
                    assert ours == (theirs or b"")
                    compared += 1
                elif isinstance(ours, str) and entry.value_type == 0x1F:
                    assert ours == (theirs or b"").decode("utf-16-le", "replace").rstrip("\0")
                    compared += 1
                elif isinstance(ours, int) and theirs:
                    assert ours == int.from_bytes(theirs, "little", signed=entry.value_type in (2, 3, 0x14))
                    compared += 1
    finally:
        file.close()
        store.disk.close()
    items = sum(sum(each.values()) for each in SAMPLES[path.name])
    assert compared >= 20 * items


def test_the_node_tree_knows_what_every_folder_lists(path: Path) -> None:
    """So it can stand in for a table that is damaged."""
    store = Store(path, 0)
    compared = 0
    try:
        for folder, _ in store.all_of(FOLDER):
            for table, kind in ((SUBFOLDERS, FOLDER), (CONTENTS, MESSAGE)):
                listed = {number for _, number in store.table(folder, table).places if kind_of(number) == kind}
                assert {*store.below(folder, kind)} == listed
                compared += 1
    finally:
        store.disk.close()
    assert compared > 4


def test_roles_and_the_inbox_are_known(tmp_path: Path) -> None:
    archive = PstArchive(sample("pst-extractor-1.ost", tmp_path))
    try:
        found = {each.path: each.role for each in archive.folders() if each.role or each.name == b"INBOX"}
    finally:
        archive.close()
    assert found == {
        ("INBOX",): None,
        ("Deleted Items",): Role.TRASH,
        ("Sent Items",): Role.SENT,
        ("Archive",): Role.ARCHIVE,
        ("Junk Email",): Role.JUNK,
        ("Drafts",): Role.DRAFTS,
    }


@pytest.mark.parametrize(
    ("name", "trash"), [("tika-testPST.pst", "Éléments supprimés"), ("hira-abgd.pst", "削除済みアイテム")]
)
def test_a_role_is_known_in_any_language(name: str, trash: str, tmp_path: Path) -> None:
    archive = PstArchive(sample(name, tmp_path))
    try:
        assert [(each.path, each.role) for each in archive.folders() if each.role] == [((trash,), Role.TRASH)]
    finally:
        archive.close()


def test_an_ansi_file_is_read_in_the_code_page_of_its_messages(tmp_path: Path) -> None:
    path = sample("hira-contacts97-2002.pst", tmp_path)
    archive = opened(path)
    try:
        assert [each.path for each in archive.folders()] == [("削除済みアイテム",), ("連絡先 (Contact dedicated)",)]
    finally:
        archive.close()


@pytest.mark.parametrize(
    ("name", "flags", "instant"),
    [
        ("sdk-sample1.pst", {"\\Seen", "\\Flagged", "Blue_Category", "Green_Category"}, 1_268_673_127),
        ("sdk-sample2.pst", {"\\Seen", "Green_Category", "Red_Category"}, 1_268_673_127),
        ("hira-abgd.pst", {"\\Seen", "\\Draft"}, 1_658_745_482),
    ],
)
def test_flags_categories_and_dates(name: str, flags: set[str], instant: int, tmp_path: Path) -> None:
    (mail,) = read_mails(PstArchive(sample(name, tmp_path)))
    assert ({*mail.flags}, mail.instant) == (flags, instant)


def test_four_messages_lie_in_each_other(tmp_path: Path) -> None:
    path = sample("hira-abgd.pst", tmp_path)
    store = Store(path, 0)
    try:
        (nid,) = [nid for nid, _ in store.all_of(MESSAGE)]
        item: Item = PstItem(Whole(store, nid), store.node(nid), "a", store.encoding)
        assert [*_subjects(item)] == ["Alpha", "Beta", "Gamma", "Delta"]
    finally:
        store.disk.close()
    archive = PstArchive(path)
    try:
        folder = archive.folders()[-1].name
        (listed,) = archive.contents(folder).items
        content = archive.read(folder, listed, None)
        assert content is not None
        mail = email.message_from_bytes(b"".join(content.chunks()), policy=email.policy.default)
    finally:
        archive.close()
    assert [part["Subject"] for part in mail.walk() if part["Subject"]] == ["Alpha", "Beta", "Gamma", "Delta"]


def _subjects(item: Item) -> Iterator[str]:
    subject = item.properties[0x0037]
    assert isinstance(subject, str)
    yield subject[2:] if subject.startswith("\1") else subject
    for attachment in item.attachments:
        if attachment.embedded is not None:
            yield from _subjects(attachment.embedded)


def _all_messages(folder: Any) -> Iterator[Any]:
    for number in range(folder.number_of_sub_messages):
        yield folder.get_sub_message(number)
    for number in range(folder.number_of_sub_folders):
        yield from _all_messages(folder.get_sub_folder(number))
