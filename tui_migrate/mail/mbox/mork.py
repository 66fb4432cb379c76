"""The true name of a Thunderbird folder, whose file has another one when its name was long or odd. It stands in the
file `.msf` beside it, as a cell of a Mork table."""

from __future__ import annotations

import re

from tui_migrate.mail.mbox.octets import OpenFile

_LONGEST = 1 << 26
_ATOM = re.compile(rb"\(([0-9A-Fa-f]{1,8})=((?:\\.|\\\r?\n|[^\\)]){0,4000})\)", re.S)
_COLUMNS = re.compile(rb"<\s*<\(a=c\)>(.*?)>", re.S)
_CELL = rb"\(\^%s(?:\^([0-9A-Fa-f]{1,8})|=((?:\\.|\\\r?\n|[^\\)]){0,4000}))\)"
_ESCAPED = re.compile(rb"\\\r?\n|\\(.)|\$([0-9A-Fa-f]{2})", re.S)


def folder_name(file: OpenFile) -> str | None:
    """What the folder of such a file is called; None: it does not say. Raises FileChanged, FileDamaged."""
    data = file.read(0, _LONGEST)
    if not data.startswith(b"// <!-- <mdb:mork"):
        return None
    columns = [each for found in _COLUMNS.finditer(data) for each in _ATOM.findall(found[1])]
    column = next((number for number, name in columns if name == b"folderName"), None)
    if column is None:
        return None
    cells = re.findall(_CELL % re.escape(column), data, re.S)
    if not cells:
        return None
    number, literal = cells[-1]  # what was written last holds
    if number:
        atoms = {key.upper(): value for key, value in _ATOM.findall(_COLUMNS.sub(b"", data))}
        literal = atoms.get(number.upper(), b"")
    name = _ESCAPED.sub(_unescape, literal).decode("utf-8", "replace").strip()
    return name if name and "\0" not in name and "/" not in name else None


def _unescape(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return found[1]
    return bytes((int(found[2], 16),)) if found[2] is not None else b""
