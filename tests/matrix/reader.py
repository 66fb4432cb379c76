"""What a mailbox holds, read by Python's own imaplib: no line of the program has a part in it."""

from __future__ import annotations

import imaplib
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.matrix.server import PASSWORD, Server
from tests.servers.mutf7 import decode_name
from tests.servers.ports import HOST

Path = tuple[str, ...]
"""A folder's name by its levels, without the prefix of the personal namespace."""
INBOX: Path = ("INBOX",)
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:NIL|"(?P<separator>(?:\\.|[^"\\])*)") (?P<name>.*)', re.DOTALL)
_PERSONAL = re.compile(rb'\(\("(?P<prefix>(?:\\.|[^"\\])*)"')
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_DATE = re.compile(rb'INTERNALDATE "([^"]*)"')
_QUOTED_BODY = re.compile(rb'BODY\[\] (?:NIL|"((?:\\.|[^"\\])*)")')


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a client sees it."""

    octets: bytes
    flags: frozenset[str]
    r"""Without \Recent."""
    instant: int
    """INTERNALDATE in seconds since 1970."""


@dataclass(frozen=True)
class Mailbox:
    """All of one user's."""

    folders: dict[Path, list[Message]]
    subscribed: frozenset[Path]
    prefixed: bool
    """All folders lie below INBOX."""


def read_mailbox(server: Server, user: str) -> Mailbox:
    """Every folder that can be opened, with every message. Raises: imaplib.IMAP4.error."""
    with log_in(server, user) as client:
        prefix = _personal_prefix(client)
        folders = {}
        for raw, path in _listed(client, "LIST", prefix):
            if client.select(quoted(raw), readonly=True)[0] == "OK":
                folders[path] = list(_messages(client))
        subscribed = frozenset(path for _, path in _listed(client, "LSUB", prefix))
        return Mailbox(folders, subscribed, bool(prefix))


def log_in(server: Server, user: str) -> imaplib.IMAP4:
    """A session of the user's."""
    client = imaplib.IMAP4(HOST, server.ports.imap, timeout=120)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a literal and what ends it are two writes
    client.login(user, PASSWORD)
    return client


def personal(client: imaplib.IMAP4) -> tuple[str, str]:
    """The prefix of the personal namespace, and the separator."""
    data = client.list('""', '""')[1]
    found = _LISTED.match(_line(data[0])) if data and data[0] else None
    separator = found["separator"] if found else None
    return _personal_prefix(client).decode(), (separator or b"/").decode()


def quoted(name: str | bytes) -> str:
    """A name as a quoted string."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _personal_prefix(client: imaplib.IMAP4) -> bytes:
    if "NAMESPACE" not in client.capability()[1][0].decode().upper().split():
        return b""
    data = client.namespace()[1]
    found = _PERSONAL.match(data[0]) if data and isinstance(data[0], bytes) else None
    return found["prefix"] if found else b""


def _listed(client: imaplib.IMAP4, command: str, prefix: bytes) -> Iterator[tuple[bytes, Path]]:
    answer = client.list('""', '"*"') if command == "LIST" else client.lsub('""', '"*"')
    for item in answer[1]:
        found = _LISTED.match(_line(item)) if item else None
        if found is None or b"\\noselect" in found["flags"].lower() or b"\\nonexistent" in found["flags"].lower():
            continue
        name = _unquoted(found["name"])
        short = name.removeprefix(prefix) if name.upper() != b"INBOX" else b"INBOX"
        separator = _unquoted(b'"%s"' % found["separator"]) if found["separator"] else b""
        levels = short.split(separator) if separator else [short]
        yield name, tuple(decode_name(level.decode("latin-1")) for level in levels)


def _line(item: bytes | tuple[bytes, bytes]) -> bytes:
    """A row of LIST, with its name as an atom where it was a literal."""
    if isinstance(item, bytes):
        return item
    return re.sub(rb"\{\d+\}$", b"", item[0]) + item[1]


def _unquoted(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text[1:-1]) if text.startswith(b'"') and text.endswith(b'"') else text


def _messages(client: imaplib.IMAP4) -> Iterator[Message]:
    if client.untagged_responses.get("EXISTS", [b"0"])[-1] == b"0":
        return
    data = client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")[1]
    for row in _rows(data):
        head, octets = row
        date, flags = _DATE.search(head), _FLAGS.search(head)
        if date is None or flags is None:
            continue
        yield Message(
            octets,
            frozenset(flags[1].decode().split()) - {"\\Recent"},
            int(datetime.strptime(date[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").timestamp()),
        )


def _rows(data: Sequence[bytes | tuple[bytes, bytes] | None]) -> Iterator[tuple[bytes, bytes]]:
    """Each message's items with its octets; what stands behind a literal comes as an item of its own."""
    waiting: tuple[bytes, bytes] | None = None
    for item in data:
        if isinstance(item, tuple):
            if waiting:
                yield waiting
            waiting = (item[0], item[1])
        elif item and waiting:
            yield waiting[0] + item, waiting[1]
            waiting = None
        elif item and (body := _QUOTED_BODY.search(item)):
            yield item, re.sub(rb"\\(.)", rb"\1", body[1] or b"")
    if waiting:
        yield waiting
