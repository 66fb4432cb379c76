"""Conversations with an IMAP source, as rules of a scripted server, and what is read in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.loopback_server import Chunk
from tests.servers.scripted import Rule, ScriptedServer
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import (
    FolderEnd,
    FolderRefused,
    Gone,
    Incomplete,
    ListedFolder,
    MailSource,
    Read,
    Step,
    Unreadable,
)
from tui_migrate.model import ImapServer, Login, Secret, Security
from tui_migrate.timing import USUAL, Timing

LISTING = r"UID FETCH 1:\* \(UID FLAGS INTERNALDATE RFC822\.SIZE\)"


def folder(name: str, status: FolderStatus | None = None) -> ListedFolder:
    return ListedFolder(name.encode(), (name,), status=status)


def examine(name: str, messages: int, uidvalidity: int = 7, times: int | None = None) -> Rule:
    text = f"* {messages} EXISTS\r\n* OK [UIDVALIDITY {uidvalidity}] yes\r\nTAG OK [READ-ONLY] done\r\n"
    return Rule(f'EXAMINE "{name}"', text.encode(), times=times)


def rows(*uids: int) -> bytes:
    row = b'* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE "01-Jan-2020 10:00:00 +0000" RFC822.SIZE 9)\r\n'
    return b"".join(row % (number, uid) for number, uid in enumerate(uids, 1))


def bodies(*uids: int) -> bytes:
    made = ((uid, b"body %d\r\n" % uid) for uid in uids)
    return b"".join(b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, len(body), body) for uid, body in made)


def listing(*uids: int, times: int | None = None) -> Rule:
    return Rule(LISTING, rows(*uids) + b"TAG OK done\r\n", times=times)


def body(uids: str, *chunks: Chunk) -> Rule:
    return Rule(rf"UID FETCH {uids} \(UID BODY\.PEEK\[\]\)", *chunks)


def again(uids: str, reply: bytes) -> Rule:
    """A new listing of what has not come."""
    return Rule(rf"UID FETCH {uids} \(UID FLAGS INTERNALDATE RFC822\.SIZE\)", reply)


RECOUNT = Rule("NOOP", b"TAG OK done\r\n")
"""Behind an EXAMINE that tells once more what the folder holds."""


def searched(uids: str, reply: bytes) -> Rule:
    """A search for what no listing shows any more."""
    return Rule(f"UID SEARCH UID {uids}", reply)


@contextmanager
def source(*rules: Rule, timing: Timing = USUAL, capabilities: str = "") -> Iterator[MailSource]:
    with ScriptedServer(rules, f"IMAP4rev1 AUTH=PLAIN SASL-IR {capabilities}".strip()) as server:
        there = ImapServer(server.host, security=Security.NONE, port=server.port)
        opened = open_source(there, Login("u", Secret("s")), timing=timing)
        try:
            yield opened
        finally:
            opened.close()
    assert server.unexpected == []


def read(opened: MailSource, *folders: ListedFolder) -> list[Step]:
    return list(opened.read(folders, lambda listed: listed.messages))


def told(steps: list[Step]) -> list[tuple[str, str, object]]:
    """What was said about each folder and message, with the octets of what was read."""
    result: list[tuple[str, str, object]] = []
    for step in steps:
        name = step.folder.decode()
        match step:
            case Read(message=message):
                octets = b"".join(message.content.chunks())
                assert octets == b"body %d\r\n" % message.listed.uid
                result.append((name, "read", message.listed.uid))
            case Gone(uids=uids):
                result.append((name, "gone", uids))
            case Unreadable(listed=listed, error=error):
                result.append((name, error.server_words, listed.uid))
            case FolderRefused(error=error):
                result.append((name, "refused", error.server_words))
            case Incomplete(missing=missing):
                result.append((name, "missing", missing))
            case FolderEnd():
                result.append((name, "end", None))
    return result
