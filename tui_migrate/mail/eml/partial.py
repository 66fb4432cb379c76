"""A message of Apple Mail without its attachments (`N.partial.emlx`), put together again.

What an emptied part held is the one file in `Attachments/N/PART/` beside `Messages`, decoded, or `N.PART.emlxpart`
beside the message, as it stood there. In base64 it comes out as it was, but for lines that were not 76 long.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from tui_migrate.errors import FolderDamaged, MessageDamaged
from tui_migrate.mail.eml.files import File, Files, Vanished
from tui_migrate.mail.eml.parts import Emptied, TooDeep, emptied_parts

ENDING = b".partial.emlx"
LARGEST = 64 << 20
"""Octets of a message without its attachments, and of an attachment that is text: they are held in memory."""
_LINE = 57
"""Octets that make a line of 76 characters in base64."""


class Partial:
    """A message and what lies beside it."""

    def __init__(self, files: Files, file: File, message: bytes) -> None:
        self._files = files
        self._file = file
        self._message = message
        self._number = file.name[: -len(ENDING)]
        above = file.folder.rpartition(b"/")[0]
        self._attachments = b"%b/Attachments/%b" % (above, self._number) if above else b"Attachments/" + self._number

    def pieces(self) -> Iterator[bytes]:
        """The whole message. Raises MessageDamaged when something of it is not there."""
        try:
            parts = emptied_parts(self._message)
        except TooDeep:
            raise self._file.damaged("A message has parts in parts without end.") from None
        if not parts:
            self._check_whole()
        at = 0
        for part in parts:
            start, end = part.field
            yield _crlf(self._message[at:start])
            yield _crlf(self._message[end : part.body]) + part.gap
            yield from self._body(part)
            at = part.body
        yield _crlf(self._message[at:])

    def _body(self, part: Emptied) -> Iterator[bytes]:
        try:
            file = self._attachment(part)
            if file is None:
                yield _crlf(self._read(self._sidecar(part)))
            elif part.encoding == b"base64":
                yield from _in_base64(self._files.pieces(file), file.size, part.length)
            elif part.encoding == b"quoted-printable":
                yield _crlf(binascii.b2a_qp(_lf(self._read(file))))
            elif part.encoding in (b"", b"7bit", b"8bit"):
                yield _crlf(self._read(file))
            elif part.encoding == b"binary":
                yield from self._files.pieces(file)
            else:
                raise self._lacks(part, "its encoding is not known")
        except (Vanished, FolderDamaged):
            raise self._lacks(part, "no file of it is there") from None

    def _attachment(self, part: Emptied) -> File | None:
        """None: it is not there."""
        folder = b"%b/%b" % (self._attachments, part.number.encode())
        try:
            if self._files.subfolders(folder):
                raise self._lacks(part, "it is a folder")
            inside = (each for each in self._files.files(folder) if isinstance(each, File))
            found = [each for each in inside if not each.name.startswith((b"._", b".DS_Store"))]
        except Vanished:
            return None
        if len(found) > 1:
            raise self._lacks(part, "there are several files of it")
        return found[0] if found else None

    def _sidecar(self, part: Emptied) -> File:
        name = b"%b.%b.emlxpart" % (self._number, part.number.encode())
        for each in self._files.files(self._file.folder):
            if isinstance(each, File) and each.name == name:
                return each
        raise Vanished

    def _read(self, file: File) -> bytes:
        if file.size > LARGEST:
            raise self._file.damaged("An attachment that is text is too large.", f"{file.size} octets")
        return b"".join(self._files.pieces(file))

    def _check_whole(self) -> None:
        """Of some messages nothing was taken out, such as reports about delivery."""
        header, _, body = _lf(self._message).partition(b"\n\n")
        try:
            beside = self._files.subfolders(self._attachments)
        except (Vanished, FolderDamaged):
            beside = ()
        if beside or not body.strip() or not header:
            raise self._file.damaged("Apple Mail has only a part of a message.")

    def _lacks(self, part: Emptied, why: str) -> MessageDamaged:
        sentence = "An attachment of a message is missing: Apple Mail has not fetched it, or it was not copied along."
        return self._file.damaged(sentence, f"part {part.number}: {why}")


def _in_base64(pieces: Iterator[bytes], size: int, told: int) -> Iterator[bytes]:
    """With a line end behind the last line, unless it is told that there was none."""
    lines = -(-size // _LINE)
    without = -(-size // 3) * 4 + lines - 1
    ends_bare = told in (without, without + lines - 1)
    held = b""
    for piece in pieces:
        held += piece
        whole = len(held) // _LINE * _LINE
        if whole == len(held):  # the last line is held back, since it may be the last one
            whole -= _LINE
        if whole > 0:
            yield _crlf(base64.encodebytes(held[:whole]))
            held = held[whole:]
    last = _crlf(base64.encodebytes(held))
    yield last.removesuffix(b"\r\n") if ends_bare else last


def _lf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n")


def _crlf(octets: bytes) -> bytes:
    return _lf(octets).replace(b"\n", b"\r\n")
