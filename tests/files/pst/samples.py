"""Files that Outlook has written. They lie beside the project, where they do: it does not contain them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[4] / "shared" / "samples" / "pst"


def sample(name: str, folder: Path) -> Path:
    """A file, unpacked into this folder. Skips where there is none."""
    packed = _FOLDER / f"{name}.gz"
    if not packed.is_file():
        pytest.skip(f"there is no {packed.name}")
    path = folder / name
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path
