"""The octets of a message as they go out, made of those that lie in an mbox file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tui_migrate.mail.mbox import fields
from tui_migrate.mail.mbox.index import Index, Variant
from tui_migrate.mail.mbox.octets import Octets
from tui_migrate.mail.mbox.scan import LONGEST_HEADER, header_end
from tui_migrate.mail.message import SPOOL_ABOVE, Content, with_crlf
from tui_migrate.mail.spool import gather

_PIECE = 1 << 20
_QUOTED = re.compile(rb"^>(>*From )", re.M)


def read(octets: Octets, index: Index, number: int, spool_folder: Path | None) -> Content:
    """A message without what programs wrote into its header. Line ends become CRLF; nothing else is changed, but for
    the quoting of mboxrd. Raises FileChanged, FileDamaged, StoreUnusable."""
    start, end = index.starts[number], index.ends[number]
    body = _unquoted if index.variant is Variant.MBOXRD else _as_it_is
    if end - start <= SPOOL_ABOVE:
        header, rest = _split(octets.read(start, end - start))
        return Content.of(with_crlf(header + body(rest)))

    def pump(take: Callable[[bytes], object]) -> None:
        header, rest = _split(octets.read(start, min(end - start, LONGEST_HEADER)))
        take(with_crlf(header))
        at = start + min(end - start, LONGEST_HEADER)
        begins = True
        while rest or at < end:
            piece = rest + octets.read(at, min(end - at, _PIECE))
            at = min(end, at + _PIECE)
            cut = len(piece) if at == end else _cut(piece)
            whole, rest = piece[:cut], piece[cut:]
            take(with_crlf(body(whole) if begins else _behind_first_line(body, whole)))
            begins = whole.endswith(b"\n")

    return gather(pump, spool_folder)


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Header without stored fields, and what follows it."""
    stop = header_end(data, 0, min(LONGEST_HEADER, len(data)))
    header = data[:stop]
    return fields.without(header, fields.stored_fields(header)), data[stop:]


def _cut(piece: bytes) -> int:
    """How much of it can be looked at without what follows: whole lines, or of one that is too long all but a CR that
    may belong to a line end."""
    lines = piece.rfind(b"\n") + 1
    return lines or len(piece) - piece.endswith(b"\r")


def _behind_first_line(body: Callable[[bytes], bytes], data: bytes) -> bytes:
    """The same for octets that begin within a line."""
    stop = data.find(b"\n") + 1 or len(data)
    return data[:stop] + body(data[stop:])


def _as_it_is(data: bytes) -> bytes:
    return data


def _unquoted(data: bytes) -> bytes:
    return _QUOTED.sub(rb"\1", data) if b">From " in data else data
