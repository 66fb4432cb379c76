"""Mail moved into Maildirs and out of them again: the same messages, octet by octet, in the same folders, once."""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.doubles.places import PLACES
from tests.mail.maildir.moving import USER, Way, in_memory, mail_in, maildirs
from tests.mail.maildir.reading import make_folder, put
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.support.nasty_mail import nasty
from tests.support.sample_mail import mixed, plain
from tui_migrate.errors import DiskFull
from tui_migrate.model import AccountState, Counts

pytestmark = pytest.mark.usefixtures("memory")

ODD = [
    b"Subject: bare\n\nline\nends\n",
    b"Subject: mixed\r\n\r\nline\nends\r\n",
    b"Subject: doubled\r\n\r\nCR CR LF\r\r\nand alone\r \r\n",
    b"Subject: bare and doubled\n\r\r\n\r\r\r\n\n",
    b"\r",
    b"\n",
    b"\x1f\x8b is how packed files begin\r\n",
    b"\x28\xb5\x2f\xfd\r\n",
    b"Subject: NUL\r\n\r\n\0\r\n",
    b"Subject: large\n\r\n" + b"a line\nanother one\r\n" * 80_000,
    b"Subject: large\r\n\r\n" + b"x" * ((1 << 18) - 19) + b"\r\n" * 500_000,
]
FUTURE = 1_999_999_999
DAY = 86_400


def sample() -> list[MailItem]:
    items = [*mixed(60, 12, total=600_000), *nasty(".").items]
    items += [MailItem("odd ends", octets, frozenset({"\\Seen"}), 1_300_000_000 + n) for n, octets in enumerate(ODD)]
    return [*items, MailItem("INBOX", b"Subject: to come\r\n\r\n", frozenset(), FUTURE)]


def respelled(items: Iterable[MailItem]) -> Counter[MailItem]:
    """A dot in a name would be another level of it, and the others mean something to IMAP: the program says what
    becomes of them."""
    return Counter(replace(item, folder=re.sub(r"[.%*]", "_", item.folder)) for item in items)


def test_there_and_back(tmp_path: Path) -> None:
    items = sample()
    there = Way(tmp_path / "1", in_memory("/old", items), maildirs(tmp_path))
    ended = there.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=len(items), copied=len(items))), str(ended)
    root = tmp_path / USER / "Maildir"
    on_disk = read_maildir(root, ".")
    assert on_disk == respelled(counted(items).elements())
    back = Way(tmp_path / "2", maildirs(tmp_path), in_memory("/new"))
    ended = back.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=len(items), copied=len(items))), str(ended)
    wanted, found = respelled(mail_in("/old").elements()), mail_in("/new")
    assert ([*(wanted - found).elements()][:3], [*(found - wanted).elements()][:3]) == ([], [])
    for way in (there, back):
        again = way.run()
        assert (again.code, again.counts) == (0, Counts(listed=len(items), brought=len(items))), str(again)
        for how in (["verify"], ["verify", "--deep"]):
            compared = way.cli(*how)
            assert compared.returncode == 0, compared.stdout
    assert mail_in("/new") == found
    assert read_maildir(root, ".") == on_disk


def test_a_later_pass_brings_what_has_changed(tmp_path: Path) -> None:
    items = plain(60, 3, size=400)
    there, back = (
        Way(tmp_path / "1", in_memory("/old", items), maildirs(tmp_path)),
        Way(tmp_path / "2", maildirs(tmp_path), in_memory("/new")),
    )
    assert (there.run().code, back.run().code) == (0, 0)
    inbox = PLACES["/old"].mailboxes[USER].folder("INBOX")
    inbox.add(b"Subject: new\r\n\r\nmail\r\n", ["\\Seen"])
    inbox.change_flags(inbox.messages[3], ["\\Flagged", "project-y"])
    inbox.change_flags(inbox.messages[4], [])
    for way in (there, back):
        ended = way.run()
        assert (ended.code, ended.counts) == (0, Counts(listed=61, copied=1, brought=60)), str(ended)
    assert mail_in("/old") == mail_in("/new")


@pytest.mark.parametrize("age", [400 * DAY, DAY // 2])
def test_a_copy_of_a_maildir_that_kept_no_times_goes_on_for_it(tmp_path: Path, age: int) -> None:
    """Sizes are but about those of the messages, too: neither makes another message of one. And what is there is known
    again, by another store, too."""
    root = make_folder(tmp_path / USER / "Maildir")
    for number in range(9):
        made = int(time.time()) - age - 100 * number
        date = format_datetime(datetime.fromtimestamp(made, UTC))
        put(root, f"cur/{made}.{number}.host,S=99:2,S", f"Date: {date}\nSubject: {number}\n\n".encode(), made)
    way = Way(tmp_path / "1", maildirs(tmp_path), in_memory("/new"))
    assert way.run().code == 0
    before = mail_in("/new")
    for file in (root / "cur").iterdir():
        file.touch()
    ended = way.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=9, brought=9)), str(ended)
    if age > DAY:
        compared = way.cli("verify")
        assert compared.returncode == 0, compared.stdout
        ended = Way(tmp_path / "2", maildirs(tmp_path), {"protocol": "memory", "path": "/new"}).run()
        assert (ended.code, ended.counts) == (0, Counts(listed=9, there=9)), str(ended)
    assert mail_in("/new") == before


def test_a_store_that_was_lost_brings_nothing_twice(tmp_path: Path) -> None:
    items = [*plain(80, 3, size=400), *plain(20, 2, size=400)]
    assert Way(tmp_path / "1", in_memory("/old", items), maildirs(tmp_path)).run().code == 0
    ended = Way(tmp_path / "2", {"protocol": "memory", "path": "/old"}, maildirs(tmp_path)).run()
    assert (ended.code, ended.counts) == (0, Counts(listed=100, there=100)), str(ended)
    assert read_maildir(tmp_path / USER / "Maildir", ".") == counted(items)


def test_numbers_that_were_lost_are_given_anew_and_bring_nothing_twice(tmp_path: Path) -> None:
    items = plain(60, 3, size=400)
    way = Way(tmp_path / "1", in_memory("/old", items), maildirs(tmp_path))
    assert way.run().code == 0
    root = tmp_path / USER / "Maildir"
    for file in root.rglob("tui-migrate-uids"):
        file.unlink()
    ended = way.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=60, brought=60)), str(ended)
    assert read_maildir(root, ".") == counted(items)


def test_mail_that_others_have_delivered_stays(tmp_path: Path) -> None:
    """And is not taken for ours, but for what is the same."""
    root = tmp_path / USER / "Maildir"
    items = plain(40, 2, size=400)
    way = Way(tmp_path / "1", in_memory("/old", items), maildirs(tmp_path))
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True)
    (root / "new" / "1500000000.stranger.host").write_bytes(b"Subject: theirs\n\n")
    mine = root / "tmp" / "1500000001.being.written"
    mine.write_bytes(b"Subject: the")
    ours = root / "tmp" / f"tui-migrate.4194305.1.x.{os.uname().nodename}"
    ours.write_bytes(b"Subject: the")
    assert way.run().code == 0
    assert (mine.exists(), ours.exists()) == (True, False)
    there = read_maildir(root, ".")
    assert [item.content for item in (there - counted(items)).elements()] == [b"Subject: theirs\r\n\r\n"]
    assert counted(items) - there == Counter()


def test_more_keywords_than_letters_are_told(tmp_path: Path) -> None:
    words = [f"word{number:02}" for number in range(30)]
    items = [
        MailItem("INBOX", b"Subject: %d\r\n\r\n" % n, frozenset({word}), 1_000_000_000) for n, word in enumerate(words)
    ]
    way = Way(tmp_path / "1", in_memory("/old", items), maildirs(tmp_path))
    assert way.run().code == 0
    kept = {flag for item in read_maildir(tmp_path / USER / "Maildir", ".") for flag in item.flags}
    assert len(kept) == 26
    told = way.cli("remarks").stdout
    assert all((word in told) is (word not in kept) for word in words)


def test_a_full_disk_is_waited_for(tmp_path: Path, small_disk: Path) -> None:
    items = plain(40, 2, size=4000)
    (small_disk / "filler").write_bytes(bytes(400_000))
    way = Way(tmp_path / "1", in_memory("/old", items), maildirs(small_disk))
    ended = way.run()
    assert [each.state for each in ended.accounts] == [AccountState.PAUSED], str(ended)
    assert [each.kind for each in ended.failures] == [DiskFull.kind], str(ended)
    (small_disk / "filler").unlink()
    assert way.cli("check").returncode == 0
    ended = way.run()
    assert (ended.code, ended.counts.copied) == (0, 40), str(ended)
    assert read_maildir(small_disk / USER / "Maildir", ".") == counted(items)


CALLS_A_MESSAGE = 4
"""System calls that change something on the disk: written, dated, put on the disk, named."""
MESSAGES_A_KILL = 40


@pytest.mark.parametrize(
    ("kills", "seed"), [(5, 1), *(pytest.param(25, seed, marks=pytest.mark.nightly) for seed in range(2, 6))]
)
def test_killed_at_any_instant_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path, kills: int, seed: int) -> None:
    draw = random.Random(seed)
    items = plain(kills * (MESSAGES_A_KILL - 5), 3, size=300, seed=seed)
    items += draw.sample(items, kills * 5)
    old, new = tmp_path / "old" / USER / "Maildir", tmp_path / "new" / USER / "Maildir"
    old.mkdir(parents=True)
    (tmp_path / "new").mkdir()
    write_maildir(old, ".", items)
    way = Way(tmp_path / "1", maildirs(tmp_path / "old"), maildirs(tmp_path / "new"))
    most = 2 * MESSAGES_A_KILL * CALLS_A_MESSAGE
    hits = 0
    while hits < kills and way.run_and_kill(draw.randrange(1, most)):
        hits += 1
    assert hits > kills / 2, "too few of the kills have hit the copy"
    ended = way.run()
    assert ended.code == 0, str(ended)
    assert ended.counts.copied + ended.counts.brought == len(items)
    assert read_maildir(new, ".") == counted(items)
    assert [*new.glob("**/tmp/*")] == []
