"""The same mailbox as a server has it, and as files of every kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.tools import PASSWORD
from tests.files.pst.mailbox import write_pst
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import INBOX, MailItem, write_maildir
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
    if "maildir" in kinds:
        made.paths["maildir"] = root / "maildir"
        made.paths["maildir"].mkdir()
        write_maildir(made.paths["maildir"], ".", items)
    if "mbox" in kinds:
        made.paths["mbox"] = root / "mbox"
        _write_mboxes(made.paths["mbox"], items)
    if "eml" in kinds:
        made.paths["eml"] = root / "eml"
        _write_emls(made.paths["eml"], items)
    if "pst" in kinds:
        made.paths["pst"] = root / "archive.pst"
        write_pst(made.paths["pst"], items)
    return made


def _write_mboxes(folder: Path, items: Iterable[MailItem]) -> None:
    """One a folder, with LF, and `Status` as mail programs write it."""
    folder.mkdir()
    for item in items:
        date = datetime.fromtimestamp(item.instant, UTC).strftime("%a %b %d %H:%M:%S %Y")
        content = item.content.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        status = b"Status: RO\n" if "\\Seen" in item.flags else b""
        with (folder / item.folder).open("ab") as file:
            file.write(b"From sender@old.example %s\n%s%s\n" % (date.encode(), status, content))


def _write_emls(folder: Path, items: Iterable[MailItem]) -> None:
    """One file a message, a directory a folder."""
    folder.mkdir()
    for number, item in enumerate(items):
        place = folder if item.folder == INBOX else folder / item.folder
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.eml").write_bytes(item.content)
