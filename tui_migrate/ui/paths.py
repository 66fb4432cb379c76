"""Completing the path of a file while it is typed, as shells do."""

from __future__ import annotations

from pathlib import Path


def complete(text: str) -> tuple[str, list[str]]:
    """`text` with all that is certain of how it goes on, and the names between which it is not. Folders end in `/`.
    What cannot be read completes to nothing."""
    head, slash, start = text.rpartition("/")
    folder = Path(f"{head}{slash}" or ".").expanduser()
    try:
        entries = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in folder.iterdir()]
    except OSError:
        return text, []
    fitting = sorted(name for name in entries if name.startswith(start) and (start or not name.startswith(".")))
    if not fitting:
        return text, []
    first, last = fitting[0], fitting[-1]  # in between, all begin as these two do
    length = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return f"{head}{slash}{first[:length]}", fitting if len(fitting) > 1 else []
