"""Files that are new, and their owner's alone: they hold addresses, and names of other people's folders."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TextIO

from tui_migrate.errors import StoreUnusable


def new_name(kind: str, at: float, ending: str = "") -> Path:
    """The name of a folder, or of a file with this ending, that is not here yet, by the day of `at`:
    `tui-migrate-report-2025-03-12`, with a number behind it for a second one."""
    plain = f"tui-migrate-{kind}-{time.strftime('%Y-%m-%d', time.localtime(at))}"
    names = (Path(f"{plain}{ending}" if number == 1 else f"{plain}-{number}{ending}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))


def refuse_old(folder: Path, names: Sequence[str]) -> None:
    """Raises StoreUnusable when one of these files is in the folder already, or it is no folder."""
    if folder.exists() and not folder.is_dir():
        raise StoreUnusable(f"{folder} is a file, not a folder.")
    if old := [name for name in names if os.path.lexists(folder / name)]:
        raise StoreUnusable(f"There is a file {folder / old[0]} already: choose another folder.")


@contextmanager
def new_files(folder: Path, encodings: Mapping[str, str]) -> Iterator[dict[str, TextIO]]:
    """New files (0600) by name, open for writing, in a folder that is made (0700) when it is not there.

    Raises StoreUnusable when one of them is there already or cannot be written; then none is left behind."""
    refuse_old(folder, [*encodings])
    made: list[Path] = []
    written = False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as stack:
            files: dict[str, TextIO] = {}
            for name, encoding in encodings.items():
                handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                made.append(folder / name)
                file = os.fdopen(handle, "w", encoding=encoding, errors="backslashreplace", newline="")
                files[name] = stack.enter_context(file)
            yield files
        written = True
    except OSError as error:
        raise StoreUnusable(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    finally:
        for path in made if not written else ():
            with contextlib.suppress(OSError):
                path.unlink()
