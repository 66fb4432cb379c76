"""What a file says of itself in its first octets ([MS-PST] section 2.2.2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from

from tui_migrate.errors import FileDamaged, FilesMissing
from tui_migrate.mail.pst.damage import Damage
from tui_migrate.mail.pst.disk import Disk
from tui_migrate.mail.pst.encoding import ENCODINGS, Decode
from tui_migrate.mail.pst.form import FORMS, Form

_MAGIC = b"!BDN"
_LENGTH = 516
_PROTECTED = 16
"""By Windows' own information protection, with keys that the file does not hold."""


@dataclass(frozen=True, slots=True)
class Header:
    """What all else is found with."""

    form: Form
    decode: Decode | None
    """Of a data block; None: they lie there as they are."""
    node_root: int
    """Offset of the node tree's topmost page."""
    block_root: int


def read_header(disk: Disk) -> Header:
    """Raises FilesMissing when this is no such file, FileDamaged when it is in no form that is known."""
    try:
        head = disk.read(0, min(disk.size, _LENGTH))
        if head[:4] != _MAGIC:
            raise FilesMissing(f"{disk.path} is no PST or OST file.", server_words=f"it begins with {head[:4]!r}")
        if len(head) < _LENGTH:
            raise Damage(f"it has {disk.size} octets")
    except Damage as damage:
        raise FileDamaged(f"{disk.path} has no whole header.", server_words=str(damage)) from damage
    (version,) = unpack_from("<H", head, 10)
    form = FORMS.get(version)
    if form is None:
        raise FileDamaged(f"{disk.path} is in a form that is not known.", server_words=f"version {version}")
    encoding = head[461] if form.ansi else head[513]
    if encoding == _PROTECTED:
        raise FileDamaged(f"{disk.path} is protected by Windows, and can be read on its own computer alone.")
    if encoding not in ENCODINGS:
        raise FileDamaged(f"{disk.path} is encoded in a way that is not known.", server_words=f"encoding {encoding}")
    node_root, block_root = unpack_from("<I4xI", head, 188) if form.ansi else unpack_from("<Q8xQ", head, 224)
    return Header(form, ENCODINGS[encoding], node_root, block_root)
