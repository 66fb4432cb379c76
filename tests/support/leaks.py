"""Looking for what must not be there, in whatever form it may lie there."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from tests.servers.mutf7 import encode_name

_SHORTEST_BASE64 = 8
"""Characters of a piece of base64: shorter ones are anywhere by chance."""


def forms(text: str) -> Iterator[bytes]:
    """As it is, escaped as Python and JSON do, quoted-printable, percent-encoded, in modified UTF-7, and inside base64
    at any offset."""
    raw = text.encode()
    yield from (raw, text.replace("\\", "\\\\").replace('"', '\\"').encode(), text.encode("unicode_escape"))
    yield from (quopri.encodestring(raw).strip(), quopri.encodestring(raw, header=True).strip())
    yield from (quote(text).encode(), quote(text, safe="").encode(), encode_name(text).encode("latin-1"))
    for offset in range(3):
        piece = base64.b64encode(b"\0" * offset + raw)[4:-4]
        if len(piece) >= _SHORTEST_BASE64:
            yield piece


def found(data: bytes, secrets: Iterable[str]) -> list[str]:
    """Those of these texts that are somewhere in the data, in capitals or not."""
    data = data.lower()
    return [each for each in secrets if any(form.lower() in data for form in forms(each))]
