"""Exchange as it is: 2,000 items in 30 folders of three languages, with all that it makes hard."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.exchange_mail import source_keys, wanted
from tests.engine.support import migrate, plain, run_here, write_plan
from tests.servers.certificates import Certificates
from tests.servers.exchange.items import FORWARDED, REPLIED, REPLIED_ALL, Attachment, ExchangeItem
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.maildir import counted, read_maildir
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)
NAMES = {
    "de": ("Posteingang", "Gesendete Elemente", "Entwürfe", "Archiv", "Gelöschte Elemente"),
    "fr": ("Boîte de réception", "Éléments envoyés", "Brouillons", "Archives", "Éléments supprimés"),
    "ja": ("受信トレイ", "送信済みアイテム", "下書き", "アーカイブ", "削除済みアイテム"),
}
ROLES = ("inbox", "sentitems", "drafts", "archive", "deleteditems")
FOLDERS, ITEMS = 10, 667
SIGNED = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nsigned\r\n--b\r\n\r\nAAAA\r\n--b--\r\n"
NO_MAIL = ("IPM.Appointment", "IPM.Contact", "IPM.Task")


@dataclass
class Filled:
    """A mailbox, and what of it comes in another form or not at all."""

    mailbox: ExchangeMailbox
    signed: list[ExchangeItem] = field(default_factory=list)
    unmakeable: list[ExchangeItem] = field(default_factory=list)


def filled(language: str, draw: random.Random) -> Filled:
    """A mailbox in this language."""
    mailbox = ExchangeMailbox(f"anna-{language}@old.example")
    found = Filled(mailbox)
    folders = [mailbox.add_folder(name, role) for name, role in zip(NAMES[language], ROLES, strict=True)]
    while len(folders) < FOLDERS:
        folders.append(mailbox.add_folder(f"Mappe {len(folders)} ü", parent=draw.choice(folders[:5])))
    for number in range(ITEMS):
        name = f"{language}.{number}"
        head = f"Message-ID: <{name}@old.example>\r\nSubject: {name}\r\nFrom: b@x.example\r\n\r\n"
        size = 26_000_000 if number == 100 else draw.randrange(100, 5000)
        mime = head.encode() + b"0123456789abcde\r\n" * (size // 17)
        folder = draw.choice(folders)
        item = ExchangeItem(mime, received=datetime.fromtimestamp(1_500_000_000 + number, UTC))
        if number % 50 == 7:
            item.item_class = draw.choice(NO_MAIL)
        elif number % 100 == 8:
            item.item_class, item.mime_error = "IPM.Note.SMIME.MultipartSigned", "ErrorContentConversionFailed"
            item.properties["0x007D"] = head.removesuffix("\r\n")
            item.attachments = [Attachment("smime.p7m", SIGNED, "multipart/signed")]
            found.signed.append(item)
        elif number % 200 == 9:
            item.mime_error = "ErrorMimeContentConversionFailed"
            found.unmakeable.append(item)
        else:
            item.read, item.flag = draw.random() < 0.7, draw.choice(("NotFlagged", "NotFlagged", "Flagged"))
            item.verb = draw.choice((None, None, REPLIED, REPLIED_ALL, FORWARDED))
            item.categories = draw.choice(([], [], ["Red Category"], ["Rot", "x"]))
        folder.add(item)
    return found


@pytest.mark.nightly
def test_all_of_it(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], certificates: Certificates, tmp_path: Path
) -> None:
    draw = random.Random(1)
    boxes = [filled(language, draw) for language in NAMES]
    server, users = dovecot_factory(), [unique_user() for _ in boxes]
    roots = [server.add_user(user, "secret") for user in users]
    rows = [
        {
            "Source": box.mailbox.user,
            "Password": box.mailbox.password,
            "Destination": user,
            "Destination Password": "secret",
        }
        for box, user in zip(boxes, users, strict=True)
    ]

    def right() -> None:
        for box, root in zip(boxes, roots, strict=True):
            there = read_maildir(root, "/")
            mine = counted(wanted(box.mailbox).elements())
            lost, more = mine - there, there - mine
            assert not lost, [*lost][:3]
            texts = Counter(each.content.partition(b"\r\n\r\n")[2] for each in more.elements())
            assert texts == Counter({SIGNED.partition(b"\r\n\r\n")[2]: len(box.signed)})

    with ExchangeDouble([box.mailbox for box in boxes], tls=certificates.good.context()) as double:
        source = {**source_keys(double, certificates), "account_connections": 4}
        plan = write_plan(tmp_path, source, plain(server.port), rows)
        unmakeable = sum(len(box.unmakeable) for box in boxes)
        first = migrate(plan, tmp_path / "data", QUICK)
        assert (first.code, len(first.failures)) == (1, unmakeable), str(first)
        right()
        second = migrate(plan, tmp_path / "data", QUICK)
        assert (second.counts.copied, len(second.failures)) == (0, unmakeable), str(second)
        right()
        verified = run_here("verify", "Test", "--data-dir", tmp_path / "data").stdout
        assert verified.count("NOT the same") == sum(bool(box.unmakeable) for box in boxes), verified
        for box in boxes:  # what nobody can make is taken away; what is moved, new and marked comes
            inbox, sent = box.mailbox.roles["inbox"], box.mailbox.roles["sentitems"]
            for item in box.unmakeable:
                item.folder.delete(item)
            inbox.add(ExchangeItem(b"Subject: new\r\n\r\nnew\r\n"))
            inbox.move(
                next(each for each in inbox.items.values() if each.item_class == "IPM.Note" and not each.mime_error),
                sent,
            )
        third = migrate(plan, tmp_path / "data", QUICK)
        assert (third.code, third.counts.copied) == (0, 6), str(third)
