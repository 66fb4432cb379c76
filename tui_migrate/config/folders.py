"""Folder paths as an admin writes them: `Archive/2019`, whatever a server puts between the parts of a name."""

from __future__ import annotations

import re
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


def names(text: str, marks: str) -> list[str]:
    """Names or patterns of folders in a list, with one of `marks` between them. One that holds a mark, or has blanks at
    an end, stands in quotation marks, and a quotation mark inside of them is doubled."""
    mark = f"[{re.escape(marks)}]"
    entry = re.compile(rf'\s*("(?:[^"]|"")*"|[^{mark[1:]}*)\s*(?:{mark}|$)')
    found = (match[1].rstrip() for match in entry.finditer(text))
    unquoted = (name[1:-1].replace('""', '"') if _is_quoted(name) else name for name in found)
    return [name for name in unquoted if name]


def spelled(name: str, marks: str) -> str:
    """A name or pattern of a folder as `names` reads it back, whatever stands beside it."""
    plain = names(name, marks) == [name] and not name.startswith('"')
    return name if plain else '"' + name.replace('"', '""') + '"'


def _is_quoted(name: str) -> bool:
    return len(name) > 1 and name[0] == name[-1] == '"'
