"""Mails for the files that are made, and what a mailbox must hold of them."""

from __future__ import annotations

import email.policy
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from tests.files.pst.blocks import MadeFile
from tests.files.pst.heap import Properties
from tests.files.pst.store import FIRST_MESSAGE, MadeAttachment, MadeFolder, MadeMessage, MadeStore
from tui_migrate.mail.pst.archive import PstArchive
from tui_migrate.mail.pst.item import PstItem, Whole
from tui_migrate.mail.pst.store import Store

ARRIVED = 1_700_000_000
"""Epoch seconds."""
_EPOCH = 116_444_736_000_000_000


class Mail(NamedTuple):
    """What is compared of a mail."""

    folder: tuple[str, ...]
    subject: str
    text: str
    attached: tuple[tuple[str, bytes], ...]
    """Name and octets; of a message its subject and its text."""
    flags: frozenset[str]
    instant: int | None


def moment(seconds: int) -> int:
    """As properties have it."""
    return _EPOCH + seconds * 10_000_000


def note(
    subject: str,
    text: str = "A text.",
    attachments: Sequence[MadeAttachment] = (),
    more: Properties | None = None,
    seconds: int = ARRIVED,
) -> MadeMessage:
    """A mail that was read."""
    properties: Properties = {
        0x0037001F: subject, 0x00390040: moment(seconds), 0x0E060040: moment(seconds), 0x0E070003: 1,
        0x1000001F: text, 0x0042001F: "Ann", 0x0064001F: "SMTP", 0x0065001F: "ann@example.org",
        0x0C1A001F: "Ann", 0x0C1E001F: "SMTP", 0x0C1F001F: "ann@example.org",
    }  # fmt: skip
    recipient: Properties = {
        0x0C150003: 1, 0x3001001F: "Bob", 0x3002001F: "SMTP", 0x3003001F: "bob@example.org",
        0x39FE001F: "bob@example.org", 0x0FFE0003: 6, 0x39000003: 0,
    }  # fmt: skip
    return MadeMessage({**properties, **(more or {})}, [recipient], attachments)


def attached(name: str, data: bytes) -> MadeAttachment:
    """A file."""
    return MadeAttachment({0x3707001F: name}, data=data)


def forwarded(message: MadeMessage) -> MadeAttachment:
    """A message within a message."""
    return MadeAttachment({0x3001001F: "forwarded"}, message=message)


def opened(folder: Path, octets: bytes, codepage: int = 0) -> PstArchive:
    """A file in this folder, as a mailbox."""
    path = folder / "made.pst"
    path.write_bytes(octets)
    return PstArchive(path, codepage)


@contextmanager
def opened_item(folder: Path, file: MadeFile, nid: int = FIRST_MESSAGE, codepage: int = 0) -> Iterator[PstItem]:
    """A message of a file, by its properties; the first of the first folder."""
    path = folder / "made.pst"
    path.write_bytes(file.octets)
    store = Store(path, codepage)
    try:
        yield PstItem(Whole(store, nid), store.node(nid), "made", store.encoding)
    finally:
        store.disk.close()


def read_mails(archive: PstArchive) -> Counter[Mail]:
    """All that is in a mailbox; it is closed."""
    found: Counter[Mail] = Counter()
    try:
        for folder in archive.folders():
            for item in archive.contents(folder.name).items:
                content = archive.read(folder.name, item, None)
                assert content is not None
                mail = email.message_from_bytes(b"".join(content.chunks()), policy=email.policy.default)
                content.close()
                assert isinstance(mail, EmailMessage)
                subject, text, parts = _parts(mail)
                found[Mail(folder.path, subject, text, parts, item.flags, item.instant)] += 1
    finally:
        archive.close()
    return found


def made_mails(store: MadeStore, top: str = "Top of Made") -> Counter[Mail]:
    """What a mailbox must hold when a store was made so, with flags and dates of `note`."""
    found = Counter(_mail((top,), message) for message in store.messages)
    for folder in store.folders:
        found.update(_below(folder, ()))
    return found


def _below(folder: MadeFolder, above: tuple[str, ...]) -> Iterator[Mail]:
    path = (*above, "INBOX" if not above and folder.name == "Inbox" else folder.name)
    for message in folder.messages:
        yield _mail(path, message)
    for each in folder.folders:
        yield from _below(each, path)


def _mail(path: tuple[str, ...], message: MadeMessage) -> Mail:
    parts = tuple(_attached(each) for each in message.attachments)
    told = message.properties
    flags = frozenset(["\\Seen"] if told[0x0E070003] == 1 else [])
    when = told[0x0E060040]
    assert isinstance(when, int)
    return Mail(path, str(told[0x0037001F]), str(told[0x1000001F]), parts, flags, (when - _EPOCH) // 10_000_000)


def _attached(attachment: MadeAttachment) -> tuple[str, bytes]:
    if attachment.message is not None:
        told = attachment.message.properties
        return str(told[0x0037001F]), str(told[0x1000001F]).encode()
    octets = attachment.data if attachment.data is not None else attachment.storage
    assert octets is not None
    return str(attachment.properties[0x3707001F]), octets


def _parts(mail: EmailMessage) -> tuple[str, str, tuple[tuple[str, bytes], ...]]:
    body = mail.get_body(("plain",))
    text = body.get_content().replace("\r\n", "\n").rstrip("\n") if body else ""
    found = []
    for part in mail.iter_attachments():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_content()
            subject, inner_text, _ = _parts(inner)
            found.append((subject, inner_text.encode()))
        else:
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found.append((str(part.get_filename()), payload))
    return str(mail["Subject"]), text, tuple(found)
