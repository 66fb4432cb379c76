"""What libpff and readpst find in a file. Both are of others than us, and of each other."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

Found = Counter[tuple[str, str, tuple[bytes, ...]]]
"""Name of a folder, subject, octets of what is attached."""


def by_libpff(path: Path) -> Found:
    """Messages by their folders' tables. What is a message itself is not opened. Skips where there is no libpff."""
    pypff = pytest.importorskip("pypff")
    file = pypff.open(str(path))
    try:
        return Counter(_messages(file.get_root_folder()))
    finally:
        file.close()


def by_readpst(path: Path, folder: Path) -> int:
    """Number of mails; it calls what lies in the top folder by the store's name. Skips where there is no readpst."""
    program = shutil.which("readpst")
    if program is None:
        pytest.skip("readpst is not installed")
    done = subprocess.run(
        [program, "-q", "-D", "-e", "-j", "0", "-o", str(folder), str(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return len([*folder.rglob("*.eml")])


def _messages(folder: Any) -> list[tuple[str, str, tuple[bytes, ...]]]:
    name = folder.name or ""
    found = []
    for number in range(folder.number_of_sub_messages):
        message = folder.get_sub_message(number)
        number_of_attachments = getattr(message, "number_of_attachments", 0)  # not of a contact
        attached = [message.get_attachment(each) for each in range(number_of_attachments)]
        octets = tuple(each.read_buffer(each.get_size()) if each.get_size() else b"" for each in attached)
        found.append((name, getattr(message, "subject", "") or "", octets))
    for number in range(folder.number_of_sub_folders):
        found += _messages(folder.get_sub_folder(number))
    return found
