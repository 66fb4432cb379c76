"""The same mailbox as a server has it, and as files of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.tools import PASSWORD
from tests.files.archives import ARCHIVES
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import write_maildir
from tests.support.sample_mail import plain

_CACHED = "guid uid size.virtual size.physical date.received hdr.date hdr.message-id"


@dataclass
class Archives:
    """One mailbox, many times."""

    server: Dovecot
    user: str
    messages: int
    octets: int
    paths: dict[str, Path] = field(default_factory=dict)
    """By kind of mailbox."""


def make_archives(
    server: Dovecot, root: Path, messages: int, folders: int, octets: int, kinds: Sequence[str]
) -> Archives:
    """Below `root`, and at the server, which has its index made: no tool is to pay for that."""
    items = plain(messages, folders, octets)
    user = "archive"
    maildir = server.add_user(user, PASSWORD)
    write_maildir(maildir, "/", items, subscribed=sorted({item.folder for item in items}))
    server.doveadm("fetch", "-u", user, _CACHED, "ALL")
    made = Archives(server, user, len(items), sum(len(item.content) for item in items), {"imap": maildir})
    for kind in ARCHIVES.keys() & kinds:
        made.paths[kind] = root / (f"archive.{kind}" if kind == "pst" else kind)
        ARCHIVES[kind](made.paths[kind], items)
    return made
