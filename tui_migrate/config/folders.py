"""Folder paths as an admin writes them: `Archive/2019`, whatever a server puts between the parts of a name."""

from __future__ import annotations

import unicodedata


def mistake_in(path: str) -> str:
    """What is wrong with a path, as the rest of a sentence that begins with its place; empty: nothing."""
    if not path.strip():
        return "must not be empty: a path is wanted, such as Archive/2019"
    if any(unicodedata.category(char) == "Cc" for char in path):
        return "must be one line without control characters"
    if not all(part.strip() for part in path.split("/")):
        return "must have a name before and after every slash, as in Archive/2019"
    return ""
