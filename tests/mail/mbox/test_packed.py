"""Packed files: read at any place, and never trusted."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.files.mbox import expected, folders, mail, mbox, messages, names
from tui_migrate.errors import FileDamaged, MailError, PathRefused
from tui_migrate.mail.mbox.archive import MboxArchive
from tui_migrate.mail.mbox.inflated import GZIP, SEGMENT, Inflated, States, measure
from tui_migrate.mail.mbox.octets import OpenFile

LETTERS = [mail(str(number), "text\n" * number) for number in range(300)]
NAME = "backup/Work.mbox"


def zipped(path: Path, name: str = NAME, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, mbox(LETTERS))
    return path


def taped(path: Path, mode: str, name: str = NAME) -> Path:
    data = mbox(LETTERS)
    with path.open("wb") as file, tarfile.open(fileobj=file, mode=mode) as tape:  # type: ignore[call-overload]
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tape.addfile(info, io.BytesIO(data))
    return path


def squeezed(path: Path) -> Path:
    path.write_bytes(gzip.compress(mbox(LETTERS[:100])) + gzip.compress(mbox(LETTERS[100:])))
    return path


def every(folder: Path) -> list[Path]:
    return [
        zipped(folder / "deflated.zip"),
        zipped(folder / "stored.zip", method=zipfile.ZIP_STORED),
        taped(folder / "plain.tar", "w"),
        taped(folder / "packed.tar.gz", "w:gz"),
        squeezed(folder / "Work.mbox.gz"),
    ]


def test_mail_in_packed_files(tmp_path: Path) -> None:
    for path in every(tmp_path):
        assert messages(path) == expected(LETTERS), path


def test_the_folders_above_all_files_are_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("backup/anna/Inbox.mbox", "backup/anna/Work/2019.mbox", "backup/anna/photo.jpg"):
            archive.writestr(name, mbox([mail(name)]))
    assert folders(tmp_path / "all.zip") == ["INBOX", "Work/2019"]


def test_the_last_first(tmp_path: Path) -> None:
    for path in every(tmp_path):
        with closing(MboxArchive(path)) as archive:
            (folder,) = archive.folders()
            for item in reversed(archive.contents(folder.name).items):
                content = archive.read(folder.name, item, None)
                assert content is not None
                content.close()


@pytest.mark.parametrize("every", [1, 3, 16])
def test_octets_of_a_large_stream_at_any_place(tmp_path: Path, every: int) -> None:
    draw = random.Random(1)
    pieces = [draw.randbytes(1000) * 700 for _ in range(40)]
    whole = b"".join(pieces)
    assert len(whole) > 6 * SEGMENT
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(whole, 1))
    states = States(GZIP, every=every)
    with closing(OpenFile(path)) as file:
        assert measure(file, states, 1 << 30) == len(whole)
        for _ in range(2):
            stream = Inflated(file, states, len(whole))
            for _ in range(60):
                start = draw.randrange(len(whole))
                assert stream.read(start, 3000) == whole[start : start + 3000]
            assert stream.read(0, len(whole)) == whole


@pytest.mark.parametrize("name", ["../out.mbox", "/etc/out.mbox", "a/../../out.mbox", "..\\out.mbox"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, kind: str) -> None:
    path = zipped(tmp_path / "x.zip", name) if kind == "zip" else taped(tmp_path / "x.tar", "w", name)
    with pytest.raises(PathRefused):
        MboxArchive(path)


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(FileDamaged) as raised:
        MboxArchive(path)
    assert "encrypted" in raised.value.sentence


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.mbox", "w") as file:
        for _ in range(70):
            file.write(bytes(1 << 20))
    with pytest.raises(FileDamaged):
        MboxArchive(tmp_path / "x.zip")
    (tmp_path / "x.mbox.gz").write_bytes(gzip.compress(bytes(70 << 20)))
    with pytest.raises(FileDamaged):
        MboxArchive(tmp_path / "x.mbox.gz")


def test_an_entry_that_was_damaged_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=0) as archive:
        archive.writestr(NAME, mbox(LETTERS))  # level 0: what is damaged still inflates
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    for _ in range(2):
        with pytest.raises(FileDamaged), closing(MboxArchive(path)) as damaged:
            damaged.contents(damaged.folders()[0].name)


@pytest.mark.parametrize("cut", [1, 20, 400, 2000])
def test_packed_files_that_were_cut_short(tmp_path: Path, cut: int) -> None:
    for path in every(tmp_path):
        path.write_bytes(path.read_bytes()[:-cut])
        try:
            found = messages(path)
        except MailError:
            continue
        assert path.suffix == ".tar"  # ends with octets that mean nothing
        assert found == expected(LETTERS)


def test_names_do_not_depend_on_the_packing(tmp_path: Path) -> None:
    (tmp_path / "Work.mbox").write_bytes(mbox(LETTERS))
    plain = names(tmp_path / "Work.mbox")
    for path in every(tmp_path):
        with closing(MboxArchive(path)) as archive:
            assert [each.name for each in archive.contents(archive.folders()[0].name).items] == plain
