"""mbox files moved by the whole program, and looked at behind its back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.doubles.moving import QUICK
from tests.doubles.places import PLACES, Place
from tests.engine.support import migrate, run_here, write_plan
from tests.files.mbox import NEW_YEAR, Letter, Quoting, mail, mbox, read_back, separator, write_tree
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem, crlf
from tui_migrate.model import Counts

pytestmark = pytest.mark.usefixtures("memory")

SEEN = frozenset({"\\Seen"})
READ, NEW = Letter(mail("read", "From me\n>From you\n"), "Status: RO\n"), Letter(mail("new"), "X-Keywords: later\n")


def plan(folder: Path, users: dict[str, str], **keys: object) -> Path:
    PLACES["/new"] = Place(*map(Mailbox, users))
    rows = [{"Source": user, "Path": path, "Destination": user} for user, path in users.items()]
    source = {"protocol": "mbox", "folder": str(folder / "old"), **keys}
    return write_plan(folder, source, {"protocol": "memory", "path": "/new"}, rows)


def arrived(user: str) -> Counter[MailItem]:
    return PLACES["/new"].mailboxes[user].contents()


def item(folder: str, letter: Letter, flags: set[str]) -> MailItem:
    return MailItem(folder, crlf(letter.octets), frozenset(flags), NEW_YEAR)


def test_mail_arrives_once_with_flags_and_dates(tmp_path: Path) -> None:
    write_tree(tmp_path / "old", {"ann/inbox": mbox([READ, NEW], Quoting.MBOXCL2), "ann/Work/2019": [READ, READ]})
    moved = plan(tmp_path, {"ann": "ann"})
    ended = migrate(moved, tmp_path / "data", QUICK)
    assert (ended.code, ended.counts) == (0, Counts(listed=4, copied=4)), str(ended)
    quoted = Letter(mail("read", ">From me\n>From you\n"))
    assert arrived("ann") == Counter(
        {
            item("INBOX", READ, {"\\Seen"}): 1,
            item("INBOX", NEW, {"later"}): 1,
            item("Work/2019", quoted, {"\\Seen"}): 2,
        }
    )


def test_a_second_pass_brings_what_is_new_and_what_was_marked_since(tmp_path: Path) -> None:
    write_tree(tmp_path / "old", {"ann": [READ, NEW, NEW]})
    moved = plan(tmp_path, {"ann": "ann"})
    migrate(moved, tmp_path / "data", QUICK)
    again = migrate(moved, tmp_path / "data", QUICK)
    assert (again.code, again.counts.copied) == (0, 0), str(again)
    later = Letter(mail("later"), separator=separator(NEW_YEAR + 60))
    write_tree(tmp_path / "old", {"ann": [Letter(NEW.octets, "Status: RO\nX-Keywords: later\n"), NEW, later]})
    third = migrate(moved, tmp_path / "data", QUICK)
    assert (third.code, third.counts.copied) == (0, 1), str(third)
    there = arrived("ann")
    assert there.total() == 4
    assert there[item("INBOX", NEW, {"later", "\\Seen"})] == 1
    assert there[MailItem("INBOX", crlf(later.octets), frozenset(), NEW_YEAR + 60)] == 1


def test_check_and_verify_look_at_the_same_files(tmp_path: Path) -> None:
    gone = Letter(mail("gone"), "X-Mozilla-Status: 0009\n")
    write_tree(tmp_path / "old", {"ann/Inbox": [READ, gone], "ann/Inbox.msf": b"", "ann/Sent": [NEW]})
    moved = plan(tmp_path, {"ann": "ann"})
    assert migrate(moved, tmp_path / "data", QUICK).counts == Counts(listed=3, copied=2, excluded=1)
    checked = run_here("check", "--data-dir", tmp_path / "data")
    assert "expunged" in checked.stdout
    for how in (["verify"], ["verify", "--deep"]):
        compared = run_here(*how, "--data-dir", tmp_path / "data")
        assert (compared.returncode, "The same at both ends." in compared.stdout) == (0, True), compared.stdout


def test_a_message_with_several_labels_arrives_in_each_folder(tmp_path: Path) -> None:
    labelled = Letter(
        mail("one"), "X-GM-THRID: 7\nX-Gmail-Labels: Inbox,Opened,Work/Old\n", separator(zone="+0000", sender="7@xxx")
    )
    archived = Letter(
        mail("two"), "X-GM-THRID: 8\nX-Gmail-Labels: Archived,Unread\n", separator(zone="+0000", sender="8@xxx")
    )
    write_tree(tmp_path / "old", {"ann/All mail.mbox": [labelled, archived]})
    ended = migrate(plan(tmp_path, {"ann": "ann"}), tmp_path / "data", QUICK)
    assert (ended.code, ended.counts.copied) == (0, 3), str(ended)
    assert arrived("ann") == Counter(
        [item("INBOX", labelled, {"\\Seen"}), item("Work/Old", labelled, {"\\Seen"}), item("Archive", archived, set())]
    )


def test_many_mailboxes_over_several_lanes(tmp_path: Path) -> None:
    letters = [Letter(mail(str(number), "text\n" * (number % 50)), "Status: RO\n") for number in range(400)]
    folders = {f"bob/{name}": letters[start::4] for start, name in enumerate(("inbox", "a", "b", "c"))}
    write_tree(tmp_path / "old", {"ann": letters, **folders})
    ended = migrate(plan(tmp_path, {"ann": "ann", "bob": "bob"}, max_connections=6), tmp_path / "data", QUICK)
    assert (ended.code, ended.counts) == (0, Counts(listed=800, copied=800)), str(ended)
    for user in ("ann", "bob"):
        assert arrived(user) == read_back(tmp_path / "old" / user)


def test_what_was_torn_off_is_a_failure_of_its_folder(tmp_path: Path) -> None:
    write_tree(tmp_path / "old", {"ann": b"torn\n\n" + mbox([READ, NEW])})
    ended = migrate(plan(tmp_path, {"ann": "ann"}), tmp_path / "data", QUICK)
    assert (ended.code, ended.counts) == (1, Counts(listed=3, copied=2, failed=1)), str(ended)
    (failure,) = ended.failures
    assert (failure.folder, "its first 6 octets" in failure.sentence) == ("INBOX", True)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    write_tree(tmp_path / "old", {"ann": [READ]})
    ended = migrate(plan(tmp_path, {"bob": "bob"}), tmp_path / "data", QUICK)
    (failure,) = ended.failures
    assert failure.server_words == "No such file or directory"
    assert ended.counts.copied == 0
