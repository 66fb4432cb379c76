"""Files that are not what they were, or are not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.files.pst.notes import attached, note, opened
from tests.files.pst.store import MadeFolder, MadeStore, made
from tui_migrate.errors import FileChanged, FileDamaged, FilesMissing, MessageDamaged
from tui_migrate.mail.pst.archive import PstArchive


def example(messages: int = 3) -> bytes:
    notes = [note(f"Number {number}", attachments=[attached("a.bin", bytes(300_000))]) for number in range(messages)]
    return made(MadeStore([MadeFolder("Inbox", notes)])).octets


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def write(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"!BDN")
    os.utime(path, ns=(1, 1))


def replace(path: Path) -> None:
    other = path.with_name("other.pst")
    other.write_bytes(example(1))
    other.replace(path)


CHANGES = [cut, write, replace, Path.unlink]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_while_it_is_read_is_said_to_have(change: Callable[[Path], object], tmp_path: Path) -> None:
    archive = opened(tmp_path, example())
    try:
        items = archive.contents(b"INBOX").items
        change(archive_path(tmp_path))
        with pytest.raises(FileChanged):
            archive.read(b"INBOX", items[2], None)
        with pytest.raises(FileChanged):
            archive.contents(b"INBOX")
    finally:
        archive.close()


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_before_its_folders_are_listed_is_said_to_have(
    change: Callable[[Path], object], tmp_path: Path
) -> None:
    archive = opened(tmp_path, example())
    try:
        change(archive_path(tmp_path))
        with pytest.raises(FileChanged):
            archive.folders()
    finally:
        archive.close()


def test_a_message_of_an_earlier_file_that_is_not_in_this_one_is_gone(tmp_path: Path) -> None:
    archive = opened(tmp_path, example(3))
    (*_, last) = archive.contents(b"INBOX").items
    archive.close()
    now = opened(tmp_path, example(1))
    try:
        assert now.read(b"INBOX", last, None) is None
    finally:
        now.close()


def test_a_message_that_is_listed_and_not_there_is_damage(tmp_path: Path) -> None:
    file = made(MadeStore([MadeFolder("Inbox", [note("One")])]))
    entry = file.octets.rindex((0x200024).to_bytes(8, "little"))
    octets = bytearray(file.octets)
    octets[entry + 1] ^= 0x40
    archive = opened(tmp_path, file.sealed(bytes(octets)))
    try:
        (item,) = archive.contents(b"INBOX").items
        with pytest.raises(MessageDamaged):
            archive.read(b"INBOX", item, None)
    finally:
        archive.close()


@pytest.mark.parametrize("name", ["absent.pst", "folder", "pipe", "nul\0.pst"])
def test_what_is_no_file_is_missing(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FilesMissing):
        PstArchive(tmp_path / name)


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a listing of itself
    for octets in (example(), b"", b"!BDN", b"!BDN" + bytes(1000), example()[:5000]):
        try:
            archive = opened(tmp_path, octets)
        except (FilesMissing, FileDamaged):
            continue
        archive.close()
        archive.close()
    assert len(os.listdir("/proc/self/fd")) == open_before  # noqa: PTH208


def archive_path(folder: Path) -> Path:
    return folder / "made.pst"
