"""tar archives of messages."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from tests.files.eml import damage_of, folders, left_out, mail, octets_in, octets_of, opened, write_tar
from tui_migrate.errors import FileChanged, FileDamaged, FilesMissing
from tui_migrate.mail.eml.archive import EmlArchive

LONG = "Sent/" + "long" * 60
FILES = {"Inbox/1.eml": mail("one"), "Sent/2.eml": mail("two", "y" * 600_000), f"{LONG}/ünï.eml": mail("three")}
FOUND = {"INBOX": [mail("one")], "Sent": [mail("two", "y" * 600_000)], LONG: [mail("three")]}
NAMES = ("a.tar", "a.tar.gz", "a.tgz")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_folders_and_messages(tmp_path: Path, name: str, form: int) -> None:
    assert octets_in(write_tar(tmp_path / name, FILES, form)) == FOUND


def test_old_headers_with_a_prefix(tmp_path: Path) -> None:
    files = {"d" * 90 + "/" + "e" * 90 + "/1.eml": mail("one")}
    (folder,) = octets_in(write_tar(tmp_path / "a.tar", files, tarfile.USTAR_FORMAT))
    assert folder == "d" * 90 + "/" + "e" * 90


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_domain_in_one_archive(tmp_path: Path, name: str) -> None:
    files = {f"export/{user}/Sent/1.eml": mail(user) for user in ("a@example.org", "b@example.org")}
    archive = write_tar(tmp_path / name, files)
    assert octets_in(archive / "export" / "b@example.org") == {"Sent": [mail("b@example.org")]}
    with pytest.raises(FilesMissing):
        EmlArchive(archive / "export" / "c@example.org")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused_is_counted(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with tarfile.open(path, "w" if name.endswith(".tar") else "w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("Sent/x.eml")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        for out in ("../out.eml", "/etc/out.eml"):
            member = tarfile.TarInfo(out)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"a: "))
        folder = tarfile.TarInfo("Empty")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        member = tarfile.TarInfo("./Sent/1.eml")
        member.size = len(mail("one"))
        archive.addfile(member, io.BytesIO(mail("one")))
    assert left_out(path) == {
        "INBOX": {"paths that lead out of the archive": 2},
        "Sent": {"links": 2, "other files": 1},
    }
    assert octets_in(path) == {"Sent": [mail("one")]}
    assert [each.name for each in folders(path)] == [b"INBOX", b"Empty", b"Sent"]


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_that_is_cut_short_anywhere_is_told(tmp_path: Path, name: str) -> None:
    path = write_tar(tmp_path / name, {"1.eml": mail("one"), "2.eml": mail("two", "z" * 2000)})
    whole = path.read_bytes()
    ends = (
        (512, 700, 1024, 1500, 2048, 3500, 5 * 512) if name.endswith(".tar") else (30, len(whole) - 9, len(whole) - 1)
    )
    for end in ends:
        path.write_bytes(whole[:end])
        with pytest.raises(FileDamaged):
            EmlArchive(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_header_in_the_middle_is_told(tmp_path: Path, name: str) -> None:
    path = write_tar(tmp_path / "whole.tar", {"1.eml": mail("one"), "2.eml": mail("two")})
    octets = bytearray(path.read_bytes())
    octets[1024] ^= 1
    path = tmp_path / name
    path.write_bytes(octets if name.endswith(".tar") else gzip.compress(octets))
    with pytest.raises(FileDamaged, match="to its end"):
        EmlArchive(path)


def test_an_archive_that_unpacks_without_end_is_not_unpacked(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tgz", {"1.eml": mail("one") + b"\0" * (80 << 20)})
    with pytest.raises(FileDamaged) as error:
        EmlArchive(path)
    assert "more than can be" in error.value.server_words


def test_what_is_packed_otherwise_is_told(tmp_path: Path) -> None:
    for name, sign in (("a.tar.zst", b"\x28\xb5\x2f\xfd"), ("a.tar.xz", b"\xfd7zXZ\0"), ("a.tar.bz2", b"BZh9")):
        (tmp_path / name).write_bytes(sign + b"x" * 600)
        with pytest.raises(FilesMissing, match="unpack it"):
            EmlArchive(tmp_path / name)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"no tar at all"))
    with pytest.raises(FileDamaged):
        EmlArchive(tmp_path / "a.gz")


def test_messages_are_read_in_any_order_and_more_than_once(tmp_path: Path) -> None:
    files = {f"{number:03}.eml": mail(str(number)) for number in range(200)}
    with opened(write_tar(tmp_path / "a.tgz", files), tmp_path) as archive:
        items = archive.contents(b"INBOX").items
        for item in [*reversed(items), *items]:
            assert octets_of(archive, item) == files[item.place.path.decode()]
        assert [each.name for each in tmp_path.iterdir()] == ["a.tgz"]


def test_an_archive_that_is_written_to_meanwhile(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", FILES)
    with opened(path) as archive:
        (item,) = archive.contents(b"Sent").items
        with path.open("ab") as file:
            file.write(b"x")
        with pytest.raises(FileChanged):
            archive.read(b"Sent", item, None)


def test_a_member_that_is_no_mail_is_counted(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tgz", {"1.eml": b"nothing\n", "2.jpg": b"x" * 9000, "3.eml": mail("three")})
    assert left_out(path) == {"INBOX": {"no mail": 1, "other files": 1}}
    assert damage_of(path) == {}
