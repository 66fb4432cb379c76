"""Files of Outlook moved by the whole program, into a mailbox in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.memory import memory_kinds
from tests.files.archives import ARCHIVES
from tests.files.pst.store import MadeAttachment, MadeFolder, MadeMessage, MadeStore, pst
from tests.mail.maildir.moving import Way, in_memory, mail_in
from tests.servers.maildir import MailItem
from tests.support.sample_mail import plain, without_keywords
from tui_migrate.model import Counts

SEEN = frozenset({"\\Seen"})


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    with memory_kinds():
        yield


def way(folder: Path) -> Way:
    source = {"protocol": "pst", "folder": str(folder), "path": "{user}.pst"}
    return Way(folder / "way", source, in_memory("/new"))


def test_mail_arrives_once_and_is_the_same_at_both_ends(tmp_path: Path) -> None:
    items = without_keywords(plain(120, 5, size=700, seed=3))
    ARCHIVES["pst"](tmp_path / "ann.pst", items)
    moving = way(tmp_path)
    first, second = moving.run(), moving.run()
    assert (first.code, first.counts) == (0, Counts(listed=120, copied=120)), str(first)
    assert (second.code, second.counts) == (0, Counts(listed=120, brought=120)), str(second)
    wanted = Counter((each.folder, each.instant, each.flags & SEEN) for each in items)
    assert Counter((each.folder, each.instant, each.flags) for each in mail_in("/new").elements()) == wanted
    assert {_text(each) for each in mail_in("/new")} == {_text(each) for each in items}
    compared = moving.cli("verify", "--deep")
    assert compared.returncode == 0, compared.stdout


def _text(item: MailItem) -> tuple[str, bytes]:
    head, _, body = item.content.replace(b"\r\n", b"\n").partition(b"\n\n")
    return next(line for line in head.decode("utf-8", "replace").splitlines() if line.startswith("Subject: ")), body


def test_what_is_no_mail_and_what_is_not_in_the_file_is_said(tmp_path: Path) -> None:
    link = MadeAttachment({0x37050003: 7, 0x3707001F: "https://cloud.example/file"})
    mail = MadeMessage({0x001A001F: "IPM.Note", 0x0037001F: "a link", 0x1000001F: "see there"}, attachments=[link])
    others = [MadeMessage({0x001A001F: kind}) for kind in ("IPM.Contact", "IPM.Contact", "IPM.Appointment")]
    (tmp_path / "ann.pst").write_bytes(pst(MadeStore([MadeFolder("Inbox", [mail, *others])])))
    moving = way(tmp_path)
    ended = moving.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=4, copied=1, excluded=3)), str(ended)
    assert "not all in the file: What is attached is a link to a file elsewhere" in moving.cli("remarks").stdout
    checked = moving.cli("check").stdout
    assert "no PST holds the octets that were sent or received" in checked
    assert "Stays behind: contacts (2), appointments (1)." in checked
