"""A folder that costs no disk."""

from __future__ import annotations

import shutil
from pathlib import Path


def memory_disk() -> Path | None:
    """A folder in memory: None where there is none, or a small one."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > 1_000_000_000 else None
