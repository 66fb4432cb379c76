"""Folders of messages on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.eml import damage_of, found_in, left_out, mail, octets_in, write_tree
from tui_migrate.errors import FileChanged, FilesMissing, FolderDamaged, FolderUnreadable, MessageUnreadable
from tui_migrate.mail.eml.archive import EmlArchive
from tui_migrate.mail.roles import Role


def test_folders_are_folders_and_what_lies_at_the_top_is_the_inbox(tmp_path: Path) -> None:
    files = {f"{each}/1.eml": mail(each) for each in ("Sent Items", "Projekte/Äpfel", "Inbox/2024", "Empty/x")}
    write_tree(tmp_path, {"one.eml": mail("one"), "Inbox/two.EML": mail("two"), **files})
    assert octets_in(tmp_path) == {
        "INBOX": [mail("two"), mail("one")],
        "Empty/x": [mail("Empty/x")],
        "INBOX/2024": [mail("Inbox/2024")],
        "Projekte/Äpfel": [mail("Projekte/Äpfel")],
        "Sent Items": [mail("Sent Items")],
    }


def test_roles_are_guessed_from_names_at_the_top(tmp_path: Path) -> None:
    for name in ("Gesendet", "old/Trash", "Papierkorb", "INBOX/Sent"):
        (tmp_path / name).mkdir(parents=True)
    folders = EmlArchive(tmp_path).folders()
    assert {"/".join(each.path): each.role for each in folders if each.role} == {
        "Gesendet": Role.SENT,
        "Papierkorb": Role.TRASH,
    }
    assert all(each.role_by_name for each in folders if each.role)
    assert folders[0].name == b"INBOX"
    assert all(each.subscribed and each.selectable for each in folders)


def test_names_may_be_any_octets(tmp_path: Path) -> None:
    write_tree(tmp_path, {os.fsdecode(each): mail("odd") for each in (b"caf\xe9/\xff\xfe\n.eml", b"a\nb/1.eml")})
    assert octets_in(tmp_path) == {"café": [mail("odd")], "a\nb": [mail("odd")]}
    names = [each.name for each in EmlArchive(tmp_path).contents(b"caf\xe9").items]
    assert all(name.isascii() for name in names)


def test_what_is_no_mail_is_counted(tmp_path: Path) -> None:
    others = (".DS_Store", "Thumbs.db", "photo.jpg", "._1.eml", "deep/a.zip", "deep/b.tar.gz", "deep/all.mbox")
    files = {**dict.fromkeys(others, b"\0\1"), "empty.eml": b"", "text.eml": b"no header here\n\nnone: there\n"}
    write_tree(tmp_path, {**files, "1.eml": mail("one")})
    (tmp_path / "deep" / "link.eml").symlink_to(tmp_path / "1.eml")
    (tmp_path / "deep" / "again").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "deep" / "pipe.eml")
    assert left_out(tmp_path) == {
        "INBOX": {"other files": 4, "no mail": 2},
        "deep": {"archives": 2, "links": 2, "mbox files": 1, "other files": 1},
    }
    assert octets_in(tmp_path) == {"INBOX": [mail("one")]}


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write_tree(tmp_path / "outside", {"secret.eml": mail("secret")})
    root = write_tree(tmp_path / "root", {"1.eml": mail("one")})
    (root / "out").symlink_to(outside)
    (root / "self").symlink_to(root)
    assert octets_in(root) == {"INBOX": [mail("one")]}
    archive = EmlArchive(root)
    (item,) = archive.contents(b"INBOX").items
    (root / "1.eml").unlink()
    (root / "1.eml").symlink_to(outside / "secret.eml")
    with pytest.raises(MessageUnreadable):
        archive.read(b"INBOX", item, None)


def test_what_has_gone_is_gone(tmp_path: Path) -> None:
    write_tree(tmp_path, {"1.eml": mail("one"), "deep/2.eml": mail("two")})
    archive = EmlArchive(tmp_path)
    (one,), (two,) = archive.contents(b"INBOX").items, archive.contents(b"deep").items
    (tmp_path / "1.eml").unlink()
    (tmp_path / "deep" / "2.eml").unlink()
    (tmp_path / "deep").rmdir()
    assert archive.read(b"INBOX", one, None) is None
    assert archive.read(b"deep", two, None) is None
    with pytest.raises(FolderDamaged):
        archive.contents(b"deep")


def test_a_file_that_was_written_to_meanwhile_is_not_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {"1.eml": mail("one")})
    archive = EmlArchive(tmp_path)
    (item,) = archive.contents(b"INBOX").items
    (tmp_path / "1.eml").write_bytes(mail("one") + b"more\r\n")
    with pytest.raises(FileChanged):
        archive.read(b"INBOX", item, None)


def test_a_file_that_was_replaced_is_another_message(tmp_path: Path) -> None:
    write_tree(tmp_path, {"1.eml": mail("one"), "2.eml": mail("two")})
    archive = EmlArchive(tmp_path)
    before = archive.contents(b"INBOX")
    for again in (archive.contents(b"INBOX"), EmlArchive(tmp_path).contents(b"INBOX")):
        assert ([*again.items], again.token) == ([*before.items], before.token)
    (tmp_path / "1.eml").write_bytes(mail("another"))
    after = archive.contents(b"INBOX")
    names = [each.name for each in before.items]
    assert [each.name in names for each in after.items] == [False, True]
    assert after.token != before.token
    (tmp_path / "notes.txt").write_bytes(b"x")
    assert archive.contents(b"INBOX").token != after.token


@pytest.fixture
def shut() -> Iterator[Path]:
    """A folder of which a file and a folder are not ours to read, whoever runs the tests."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        root = write_tree(Path(name), {"1.eml": mail("one"), "2.eml": mail("two"), "deep/3.eml": mail("three")})
        root.chmod(0o755)
        (root / "1.eml").chmod(0)
        (root / "deep").chmod(0)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            yield root
        finally:
            os.seteuid(before)
            (root / "deep").chmod(0o700)


def test_what_may_not_be_read_is_told(shut: Path) -> None:
    archive = EmlArchive(shut)
    assert [each.name for each in archive.folders()] == [b"INBOX", b"deep"]
    with pytest.raises(FolderUnreadable) as folder:
        archive.contents(b"deep")
    assert folder.value.server_words == "Permission denied"
    one, two = archive.contents(b"INBOX").items
    with pytest.raises(MessageUnreadable) as message:
        archive.read(b"INBOX", one, None)
    assert message.value.server_words == "‹1.eml› Permission denied"
    content = archive.read(b"INBOX", two, None)
    assert content is not None
    assert b"".join(content.chunks()) == mail("two")


def test_a_path_where_no_mailbox_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"something else")
    for path in (tmp_path / "nothing", tmp_path / "file", tmp_path / "file" / "deeper", tmp_path / "no" / "folder"):
        with pytest.raises(FilesMissing):
            EmlArchive(path)


def test_folders_in_folders_without_end(tmp_path: Path) -> None:
    place = tmp_path
    for _ in range(300):
        place /= "d"
    write_tree(place, {"1.eml": mail("deep")})
    (found,) = found_in(tmp_path)
    assert found.octets == mail("deep")
    assert damage_of(tmp_path) == {}
