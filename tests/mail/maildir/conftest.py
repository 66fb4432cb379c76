"""What tests of Maildirs stand on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real one, of half a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], check=False)
    if mounted.returncode:
        pytest.skip("only root mounts disks")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
