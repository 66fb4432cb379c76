"""What a trace may show of HTTP: requests without their query, headers that are known to hold no secret, lengths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tui_migrate.mail.trace import length, shown

_FIELD = re.compile(rb"([\w-]{1,60}):[ \t]*(.*?)[ \t]*\r?\n")
_STATUS = re.compile(rb"HTTP/1\.[01] \d{3}\b")
_HARMLESS = frozenset(
    b"accept accept-encoding connection content-length content-type date host keep-alive prefer preference-applied "
    b"retry-after server transfer-encoding user-agent x-anchormailbox x-backendserver x-feserver x-ms-ags-diagnostic "
    b"x-owa-version x-diaginfo request-id client-request-id".split()
)
"""Fields that are shown as they are; of all others their name and length alone."""
_CHALLENGE = re.compile(rb"(?:Basic|Bearer|Negotiate|NTLM|Digest|Kerberos)\b", re.I)


class WebRules:
    """What of one connection may be shown."""

    def __init__(self) -> None:
        self._in_head = False
        """Of an answer."""

    def sent(self, data: bytes) -> Iterable[str]:
        head, _, body = data.partition(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        method, _, target = shown(line).partition(" ")
        yield f"{method} {target.partition(' ')[0].partition('?')[0]}"
        yield from (_field(each + b"\r\n") for each in fields.split(b"\r\n") if each)
        if body:
            yield from self.body_sent(body)

    def body_sent(self, body: bytes) -> Iterator[str]:
        """What of a request's body is shown."""
        yield length(body)

    def heard(self, line: bytes) -> str | None:
        if _STATUS.match(line):
            self._in_head = True
            return shown(line)
        if not self._in_head:
            return None  # sizes of chunks and their ends
        if not line.strip():
            self._in_head = False
            return None
        return _field(line)

    def octets(self, number: int) -> str:
        return length(number)


def _field(line: bytes) -> str:
    """A header field as it may be shown."""
    found = _FIELD.fullmatch(line)
    if found is None:
        return length(line)
    name, text = found[1], found[2]
    if name.lower() in _HARMLESS:
        return f"{shown(name)}: {shown(text)}"
    if name.lower() in (b"authorization", b"www-authenticate") and (way := _CHALLENGE.match(text)):
        return f"{shown(name)}: {shown(way[0])} {length(text[way.end() :].strip())}"
    return f"{shown(name)}: {length(text)}"
