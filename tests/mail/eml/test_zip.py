"""ZIP archives of messages."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from tests.files.eml import contents, damage_of, folders, found_in, left_out, mail, octets_in, opened, write_zip
from tui_migrate.errors import FileChanged, FileDamaged, FilesMissing, MessageDamaged
from tui_migrate.mail.eml.archive import EmlArchive

FILES = {"Inbox/1.eml": mail("one"), "Sent/2.eml": mail("two"), "Sent/2024/3.eml": mail("three", "x" * 300_000)}
FOUND = {"INBOX": [mail("one")], "Sent": [mail("two")], "Sent/2024": [mail("three", "x" * 300_000)]}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_folders_and_messages(tmp_path: Path, method: int) -> None:
    assert octets_in(write_zip(tmp_path / "a.zip", FILES, method)) == FOUND


def test_a_whole_domain_in_one_archive(tmp_path: Path) -> None:
    users = ("a@example.org", "ab@example.org", "josé@example.org")
    files = {f"{user}/Inbox/1.eml": mail(user) for user in users} | {
        "jose\u0301@example.org/x.txt": b"",
        "top.eml": b"a: b",
    }
    archive = write_zip(tmp_path / "export.zip", files)
    for user in users:
        assert octets_in(archive / user) == {"INBOX": [mail(user)]}
    assert left_out(archive / users[0]) == {}
    assert left_out(archive / users[2]) == {"INBOX": {"other files": 1}}
    for nobody in ("b@example.org", "a@example.org/Inbox/deeper", "a"):
        with pytest.raises(FilesMissing):
            EmlArchive(archive / nobody)


def test_names_in_three_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Gelöscht/1.eml", mail("utf-8"))
        archive.writestr("Gel?scht/2.eml", mail("437"))
        archive.writestr("Gel??scht/3.eml", mail("unmarked"))
    octets = (
        path.read_bytes().replace(b"Gel?scht", "Gelöscht".encode("cp437")).replace(b"Gel??scht", "Gelöscht".encode())
    )
    path.write_bytes(octets)
    assert octets_in(path) == {"Gelöscht": [mail("utf-8"), mail("437"), mail("unmarked")]}


def test_names_that_windows_wrote_with_backslashes(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("Sent?1.eml")
        entry.create_system = 0
        archive.writestr(entry, mail("one"))
    path.write_bytes(path.read_bytes().replace(b"Sent?1", b"Sent\\1"))
    assert octets_in(path) == {"Sent": [mail("one")]}


def test_what_is_refused_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("Inbox/link.eml")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        for name in (
            "../out.eml",
            "Inbox/../../out.eml",
            "/etc/out.eml",
            "C:/out.eml",
            "d/" * 150 + "1.eml",
            "a" * 5000,
        ):
            archive.writestr(name, mail("out"))
        archive.writestr("Inbox/./1.eml", mail("one"))
        archive.writestr("Inbox/inner.zip", b"PK\3\4")
        archive.writestr("__MACOSX/Inbox/._1.eml", b"\0\5\x16\7")
    assert left_out(path) == {
        "INBOX": {"archives": 1, "links": 1, "paths that are too long": 2, "paths that lead out of the archive": 4}
    }
    assert octets_in(path) == {"INBOX": [mail("one")]}


def test_empty_folders_and_an_empty_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"Sent/": b"", "Old/Older/": b""})
    assert [each.path for each in folders(path)] == [("INBOX",), ("Old",), ("Old", "Older"), ("Sent",)]
    assert octets_in(write_zip(tmp_path / "b.zip", {})) == {}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_may_be_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for message in (mail("one"), mail("two"), mail("one")):
            archive.writestr("same.eml", message)
    assert octets_in(path) == {"INBOX": [mail("one"), mail("two"), mail("one")]}
    names = [each.name for each in contents(path).items]
    assert len(set(names)) == 3


def test_names_of_messages_hold_in_another_archive_of_the_same_mail(tmp_path: Path) -> None:
    first = write_zip(tmp_path / "a.zip", FILES)
    later = write_zip(tmp_path / "b.zip", {"Sent/new.eml": mail("new"), **FILES}, zipfile.ZIP_STORED)
    before, after = (contents(path, b"Sent") for path in (first, later))
    assert [each.name for each in before.items] == [each.name for each in after.items][:1]
    assert (len(after.items), before.token == after.token) == (2, False)
    changed = write_zip(tmp_path / "c.zip", {**FILES, "Sent/2.eml": mail("owt")})
    assert contents(changed, b"Sent").items[0].name != before.items[0].name


def test_an_encrypted_archive_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", FILES)
    octets = bytearray(path.read_bytes())
    at = octets.find(b"PK\1\2")
    octets[at + 8] |= 1
    path.write_bytes(octets)
    with pytest.raises(FileDamaged, match="encrypted"):
        EmlArchive(path)
    assert octets_in(path / "Sent") == {"INBOX": FOUND["Sent"], "2024": FOUND["Sent/2024"]}


def test_a_damaged_entry_is_one_message(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", FILES, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"Subject: two", b"Subject: twO"))
    ((name, error),) = damage_of(path).items()
    assert (name, type(error)) == ("Sent/2.eml", MessageDamaged)
    assert "‹Sent/2.eml›" in error.server_words


@pytest.mark.parametrize("end", ["cut", "middle", "count", "directory"])
def test_a_damaged_directory_is_the_archive(tmp_path: Path, end: str) -> None:
    path = write_zip(tmp_path / "a.zip", FILES)
    octets = bytearray(path.read_bytes())
    start = octets.find(b"PK\1\2")
    match end:
        case "cut":
            del octets[-5:]
        case "middle":
            del octets[start + 10 : start + 20]
        case "count":
            octets[-12] += 1
        case "directory":
            octets[start] = 0
    path.write_bytes(octets)
    with pytest.raises(FileDamaged):
        EmlArchive(path)


def test_a_trap_is_not_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"1.eml": mail("one") + b"\0" * (80 << 20), "2.eml": mail("two")})
    (error,) = damage_of(path).values()
    assert "octets to" in error.server_words
    lying = write_zip(tmp_path / "b.zip", {"1.eml": mail("one") + b"\0" * (80 << 20)})
    octets = bytearray(lying.read_bytes())
    at = octets.find(b"PK\1\2")
    octets[at + 24 : at + 28] = struct.pack("<L", 1000)
    lying.write_bytes(octets)
    (error,) = damage_of(lying).values()
    assert "larger than is told" in error.sentence


def test_entries_packed_in_other_ways_are_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"1.eml": mail("one")}, zipfile.ZIP_LZMA)
    (error,) = damage_of(path).values()
    assert error.server_words == "‹1.eml› method 14"


def test_what_stands_before_an_archive_does_not_matter(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", FILES)
    path.write_bytes(b"#!/bin/sh\nexit\n" + path.read_bytes())
    assert octets_in(path) == FOUND


def test_sizes_of_64_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(content)
        archive.comment = b"PK or not"
    assert octets_in(path) == FOUND


def test_a_directory_of_64_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    path = write_zip(tmp_path / "a.zip", FILES)
    assert b"PK\x06\x06" in path.read_bytes()
    assert octets_in(path) == FOUND


def test_an_archive_that_is_replaced_meanwhile(tmp_path: Path) -> None:
    with opened(write_zip(tmp_path / "a.zip", FILES)) as archive:
        (item,) = archive.contents(b"Sent").items
        write_zip(tmp_path / "b.zip", {}).replace(tmp_path / "a.zip")
        with pytest.raises(FileChanged):
            archive.read(b"Sent", item, None)
        with pytest.raises(FileChanged):
            archive.contents(b"Sent")


def test_times_of_entries_are_no_dates(tmp_path: Path) -> None:
    assert {each.instant for each in found_in(write_zip(tmp_path / "a.zip", FILES))} == {None}
