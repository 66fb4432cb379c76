"""The whole program moves a tree, and each archive of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.doubles.memory import memory_kinds
from tests.doubles.places import PLACES, Place
from tests.engine.support import Ended, migrate, plain, run_here, write_plan
from tests.files.eml import emlx, mail, write_tar, write_tree, write_zip
from tests.servers.dovecot import DovecotOptions
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem, counted, read_maildir

USER = "a@example.org"
DATE = 1_583_139_600
"""Of `mail`, as its header says."""
FILES = {
    "1.eml": mail("one"),
    "Inbox/2.eml": mail("two").replace(b"\r\n", b"\n"),
    "Sent Items/3.eml": b"X-Unsent: 1\r\n" + mail("three"),
    "Projekte/Äpfel/4.eml": b"X-Mozilla-Status: 0004\r\n" + mail("four", "x" * 2_000_000),
    "Apple.mbox/Messages/5.emlx": emlx(mail("five"), flags=16),
    "Projekte/notes.txt": b"no mail",
    "empty.eml": b"",
}
"""Files of a mailbox."""
SEEN = frozenset({"\\Seen"})
WANTED = Counter(
    [
        MailItem("INBOX", mail("one"), SEEN, DATE),
        MailItem("INBOX", mail("two"), SEEN, DATE),
        MailItem("Sent Items", FILES["Sent Items/3.eml"], SEEN | {"\\Draft"}, DATE),
        MailItem("Projekte/Äpfel", FILES["Projekte/Äpfel/4.eml"], frozenset({"\\Flagged"}), DATE),
        MailItem("Apple", mail("five"), frozenset({"\\Flagged"}), 1_500_000_000),
    ]
)
"""What is to arrive of it."""


def copied(destination: Place) -> Counter[MailItem]:
    return destination.mailboxes[USER].contents()


@pytest.fixture
def new() -> Iterator[Place]:
    """An empty mailbox in memory."""
    with memory_kinds():
        PLACES["/new"] = Place(Mailbox(USER))
        yield PLACES["/new"]


def plan(folder: Path, path: str, **keys: object) -> Path:
    """From a mailbox below `folder` into memory."""
    source = {"protocol": "eml", "folder": str(folder), "path": path, **keys}
    rows = [{"Source": USER, "Destination": USER}]
    return write_plan(folder, source, {"protocol": "memory", "path": "/new"}, rows)


def numbers(ended: Ended) -> tuple[int, int, int, int]:
    counts = ended.counts
    return counts.copied, counts.brought, counts.excluded, counts.failed


@pytest.mark.parametrize("form", ["tree", "zip", "tgz", "domain"])
def test_each_message_arrives_once(tmp_path: Path, new: Place, form: str) -> None:
    in_domain = {f"{USER}/{path}": content for path, content in FILES.items()}
    match form:
        case "tree":
            write_tree(tmp_path / USER, FILES)
            path = "{user}"
        case "zip":
            write_zip(tmp_path / f"{USER}.zip", FILES)
            path = "{user}.zip"
        case "tgz":
            write_tar(tmp_path / "all.tgz", in_domain)
            path = "all.tgz/{user}"
        case _:
            write_zip(tmp_path / "export.zip", in_domain)
            path = "export.zip/{user}"
    file = plan(tmp_path, path)
    ended = migrate(file, tmp_path / "data")
    assert (ended.code, numbers(ended)) == (0, (5, 0, 2, 0)), str(ended)
    assert copied(new) == WANTED
    again = migrate(file, tmp_path / "data")
    assert (again.code, numbers(again)) == (0, (0, 5, 2, 0)), str(again)
    assert copied(new) == WANTED
    for how in (["verify"], ["verify", "--deep"]):
        compared = run_here(*how, "--data-dir", tmp_path / "data")
        assert compared.returncode == 0, compared.stdout
    checked = run_here("check", "--data-dir", tmp_path / "data")
    assert checked.returncode == 0, checked.stdout


def test_a_thousand_files_to_a_real_server(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    server, user = dovecot_factory(DovecotOptions()), unique_user()
    maildir = server.add_user(user, "secret")
    names = ("", "Inbox", "Verzonden items", "Projects/Privé", "日本", "2024/01")
    files = {f"{name}/{number}.eml".lstrip("/"): mail(f"{name} {number}") for name in names for number in range(170)}
    wanted = counted(MailItem(read_as(name.rpartition("/")[0]), content, SEEN, DATE) for name, content in files.items())
    write_tree(tmp_path / "export" / user, files)
    before = {each: each.stat().st_mtime_ns for each in tmp_path.glob("export/**/*")}
    source = {"protocol": "eml", "folder": str(tmp_path), "path": "export/{user}"}
    file = write_plan(
        tmp_path, source, plain(server.port), [{"Source": user, "Destination": user, "Password": "secret"}]
    )
    ended = migrate(file, tmp_path / "data")
    assert (ended.code, numbers(ended)) == (0, (1020, 0, 0, 0)), str(ended)
    assert read_maildir(maildir, "/") == wanted
    again = migrate(file, tmp_path / "data")
    assert (again.code, numbers(again)) == (0, (0, 1020, 0, 0)), str(again)
    assert read_maildir(maildir, "/") == wanted
    assert {each: each.stat().st_mtime_ns for each in tmp_path.glob("export/**/*")} == before


def read_as(name: str) -> str:
    """The folder that a directory is."""
    return "INBOX" if name in ("", "Inbox") else name


def test_new_files_are_brought_and_damaged_ones_named(tmp_path: Path, new: Place) -> None:
    tree = write_tree(tmp_path / USER, {**FILES, "Apple.mbox/Messages/6.emlx": emlx(mail("six"))[:60]})
    file = plan(tmp_path, "{user}")
    ended = migrate(file, tmp_path / "data")
    assert numbers(ended) == (5, 0, 2, 1), str(ended)
    (failure,) = ended.failures
    assert "6.emlx" in failure.server_words
    assert copied(new) == WANTED
    write_tree(tree, {"Inbox/7.eml": mail("seven"), "Apple.mbox/Messages/6.emlx": emlx(mail("six"))})
    (tree / "1.eml").unlink()
    again = migrate(file, tmp_path / "data")
    assert (again.code, numbers(again)) == (0, (2, 4, 2, 0)), str(again)
    more = [MailItem("INBOX", mail("seven"), SEEN, DATE), MailItem("Apple", mail("six"), SEEN, 1_500_000_000)]
    assert copied(new) == WANTED + Counter(more)


def test_a_later_export_brings_what_is_new(tmp_path: Path, new: Place) -> None:
    write_zip(tmp_path / f"{USER}.zip", FILES)
    file = plan(tmp_path, "{user}.zip")
    migrate(file, tmp_path / "data")
    write_zip(tmp_path / f"{USER}.zip", {"Inbox/0.eml": mail("nought"), **FILES})
    again = migrate(file, tmp_path / "data")
    assert (again.code, numbers(again)) == (0, (1, 5, 2, 0)), str(again)
    assert copied(new) == WANTED + Counter([MailItem("INBOX", mail("nought"), SEEN, DATE)])


@pytest.mark.parametrize("path", ["nobody/{user}", "export.zip/{user}", "broken.zip"])
def test_a_mailbox_that_is_not_there_is_told(tmp_path: Path, new: Place, path: str) -> None:
    write_zip(tmp_path / "export.zip", FILES)
    (tmp_path / "broken.zip").write_bytes((tmp_path / "export.zip").read_bytes()[:-30])
    ended = migrate(plan(tmp_path, path), tmp_path / "data")
    assert ended.code != 0
    (failure,) = ended.failures
    assert failure.kind == ("file damaged" if path == "broken.zip" else "no mailbox there")
    assert not copied(new)


def test_files_that_were_copied_to_another_disk_are_known_again(tmp_path: Path, new: Place) -> None:
    tree = write_tree(tmp_path / USER, FILES)
    file = plan(tmp_path, "{user}")
    migrate(file, tmp_path / "data")
    for each in tree.rglob("*.em*"):
        os.utime(each, (1_700_000_000, 1_700_000_000))
    again = migrate(file, tmp_path / "data")
    assert again.code == 0, str(again)
    assert copied(new) == WANTED
