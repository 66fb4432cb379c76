"""A tenant as it is: 2,000 items in 30 folders of three languages, with all that Graph makes hard."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import migrate, plain, write_plan
from tests.servers.certificates import Certificates
from tests.servers.graph.contents import expected
from tests.servers.graph.mailbox import Attached, GraphMailbox, Item
from tests.servers.graph.support import tenant
from tests.servers.maildir import read_maildir
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)
LANGUAGES = ("en", "de", "nl")
FOLDERS, ITEMS = 10, 667
SIGNED = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nsigned\r\n--b\r\n\r\nAAAA\r\n--b--\r\n"


def filled(language: str, draw: random.Random) -> tuple[GraphMailbox, list[Item], list[Item]]:
    """A mailbox; its signed mail; and what no MIME is made of."""
    box = GraphMailbox(f"anna-{language}@old.example", language)
    folders = ["inbox", "sentitems", "drafts", "archive", "deleteditems"]
    while len(folders) < FOLDERS:
        folders.append(box.make(f"Mappe {len(folders)} ü", box.known(draw.choice(folders[:5]))))
    signed, lost = [], []
    for number in range(ITEMS):
        name = f"{language}.{number}"
        head = f"Message-ID: <{name}@old.example>\r\nSubject: {name}\r\nFrom: b@x.example\r\n\r\n"
        size = 26_000_000 if number == 100 else draw.randrange(100, 5000)
        mime = head.encode() + b"0123456789abcde\r\n" * (size // 17)
        marks = {
            "read": draw.random() < 0.7,
            "flagged": draw.random() < 0.1,
            "verb": draw.choice((0, 0, 0, 102, 103, 104)),
            "categories": draw.choice(((), (), ("Red Category",), ("Büro", "x"))),
        }
        folder, where = draw.choice(folders), 1_500_000_000 + number
        if number % 50 == 7:
            box.add(folder, mime, where, item_class=draw.choice(("IPM.Appointment", "IPM.Contact")))
        elif number % 100 == 8:
            part = (Attached("smime.p7m", "multipart/signed", SIGNED),)
            kind = "IPM.Note.SMIME.MultipartSigned"
            signed.append(box.add(folder, mime, where, item_class=kind, attached=part, unmakeable=True))
        elif number % 200 == 9:
            lost.append(box.add(folder, mime, where, unmakeable=True))
        else:
            box.add(folder, mime, where, **marks)
    return box, signed, lost


@pytest.mark.nightly
def test_all_of_it(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    draw = random.Random(1)
    boxes = {language: filled(language, draw) for language in LANGUAGES}
    server = dovecot_factory()
    users = {language: unique_user() for language in LANGUAGES}
    roots = {language: server.add_user(user, "secret") for language, user in users.items()}
    rows = [
        {"Source": boxes[each][0].user, "Destination": users[each], "Destination Password": "secret"}
        for each in LANGUAGES
    ]

    def right() -> None:
        for language, (box, signed, lost) in boxes.items():
            arrived = read_maildir(roots[language], "/")
            others = [each.id for each in (*signed, *lost)]
            hidden = {each: box.items.pop(each) for each in others}
            wanted = expected(box)
            box.items.update(hidden)
            second = arrived - wanted
            assert not wanted - arrived
            assert sorted(item.content.partition(b"\r\n\r\n")[2] for item in second.elements()) == [
                SIGNED.partition(b"\r\n\r\n")[2]
            ] * len(signed)

    with tenant(certificates, monkeypatch, *(box for box, _, _ in boxes.values())) as here:
        plan = write_plan(tmp_path, here.keys(tmp_path, account_connections=4), plain(server.port), rows)
        first = migrate(plan, tmp_path / "data", QUICK)
        lost = sum(len(each) for _, _, each in boxes.values())
        assert (first.code, len(first.failures)) == (1, lost), first
        right()
        assert here.double.most_at_once <= 4
        second = migrate(plan, tmp_path / "data", QUICK)
        assert (second.counts.copied, len(second.failures)) == (0, lost), second
        right()
