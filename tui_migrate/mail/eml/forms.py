"""The forms in which a message is a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.eml import emlx
from tui_migrate.mail.eml.eml import READ, Pieces, flags_of, mended
from tui_migrate.mail.eml.files import File, Files
from tui_migrate.mail.eml.outlook import outlook_item
from tui_migrate.mail.eml.partial import ENDING, LARGEST, Partial
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.classes import why_no_mail
from tui_migrate.mail.mapi.dates import arrived
from tui_migrate.mail.mapi.flags import flags_of as flags_of_item
from tui_migrate.mail.mapi.mime import write_mime
from tui_migrate.mail.message import SPOOL_ABOVE, Content
from tui_migrate.mail.spool import gather

_NO_MAIL = "no mail"


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of a message before it is read."""

    flags: frozenset[str] = READ
    instant: int | None = None
    """When it arrived, in epoch seconds; None: not told."""
    size: int = 0
    """Octets, about; 0: not told."""


def glance(files: Files, file: File, spool_folder: Path | None) -> Glance | str:
    """Or why it is no mail. What cannot be read now is told when it is to be read. Raises Vanished, FileChanged."""
    name = file.path.lower()
    try:
        if name.endswith(b".msg"):
            return _glance_msg(files, file, spool_folder)
        if name.endswith(b".emlx"):
            return _glance_emlx(files, file)
        flags = flags_of(lambda most: _start(files, file, most))
        return _NO_MAIL if flags is None else Glance(flags, None, file.size)
    except MessageDamaged:
        return Glance(size=file.size)


def content_of(files: Files, file: File, spool_folder: Path | None) -> Content:
    """The octets of a message. Raises Vanished, MessageDamaged, FileChanged."""
    name = file.path.lower()
    if name.endswith(b".msg"):
        return _made(files, file, spool_folder)
    if not name.endswith(b".emlx"):
        return _mended(lambda: files.pieces(file), file.size, spool_folder)
    span = emlx.span_of(file, _start(files, file, emlx.START))
    if not name.endswith(ENDING):
        return _mended(lambda: _cut(files.pieces(file), span), span.size, spool_folder)
    if span.size > LARGEST:
        raise file.damaged("A message without its attachments is too large.", f"{span.size} octets")
    message = b"".join(_cut(files.pieces(file), span))
    return _gathered(Partial(files, file, message).pieces(), spool_folder)


def _made(files: Files, file: File, spool_folder: Path | None) -> Content:
    without: list[str] = []
    with outlook_item(files, file, spool_folder) as item:

        def pump(write: Callable[[bytes], object]) -> None:
            without[:] = write_mime(item, write)

        content = gather(pump, spool_folder)
    content.without = tuple(dict.fromkeys(each.rstrip(".") for each in without))
    return content


def _glance_msg(files: Files, file: File, spool_folder: Path | None) -> Glance | str:
    with outlook_item(files, file, spool_folder) as item:
        if reason := why_no_mail(tags.text(item.properties, tags.MESSAGE_CLASS), ""):
            return reason
        return Glance(flags_of_item(item.properties, item.keywords), arrived(item.properties), file.size)


def _glance_emlx(files: Files, file: File) -> Glance | str:
    start = _start(files, file, emlx.START)
    if not start[:1].isdigit():
        return _NO_MAIL
    span = emlx.span_of(file, start)
    end = b"".join(files.pieces(file, span.start + span.size, emlx.LIST))
    flags, received = emlx.told_in(end)
    return Glance(flags, received, 0 if file.path.lower().endswith(ENDING) else span.size)


def _start(files: Files, file: File, most: int) -> bytes:
    return b"".join(files.pieces(file, most=most))[:most]


def _mended(pieces: Pieces, size: int, spool_folder: Path | None) -> Content:
    """What is small is read once."""
    if size > SPOOL_ABOVE:
        return _gathered(mended(pieces), spool_folder)
    whole = b"".join(pieces())
    return Content.of(b"".join(mended(lambda: iter((whole,)))))


def _gathered(pieces: Iterator[bytes], spool_folder: Path | None) -> Content:
    def pump(take: Callable[[bytes], object]) -> None:
        for piece in pieces:
            take(piece)

    return gather(pump, spool_folder)


def _cut(pieces: Iterator[bytes], span: emlx.Span) -> Iterator[bytes]:
    """Of a file's octets those of the message. The others are read too, so that all of it is checked."""
    at = 0
    for piece in pieces:
        cut = piece[max(0, span.start - at) : max(0, span.start + span.size - at)]
        at += len(piece)
        if cut:
            yield cut
