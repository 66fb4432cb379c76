"""A Maildir that Dovecot has open while it is filled: its users see the mail, and nothing of theirs has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.support import Row
from tests.engine.support import plain as imap_server
from tests.mail.maildir.moving import USER, Way, in_memory, mail_in, maildirs
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, subscriptions, write_maildir
from tests.support.sample_mail import mixed, plain, without_keywords
from tui_migrate.model import Counts

pytestmark = pytest.mark.usefixtures("memory")


def row_of(user: str, to: str = USER) -> Row:
    """Of a list of accounts, from IMAP."""
    return {"Source": user, "Password": "secret", "Destination": to}


def dotless(items: list[MailItem]) -> list[MailItem]:
    return [item for item in items if "." not in item.folder]


@pytest.mark.parametrize("separator", [".", "/"])
def test_users_see_new_mail_and_the_old_as_it_was(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], imap: Imap, tmp_path: Path, separator: str
) -> None:
    server, user = dovecot_factory(DovecotOptions(separator=separator)), unique_user()
    root = server.add_user(user, "secret")
    client = imap(server.port, user)
    client.create("Sent")
    for number in range(5):
        client.append("INBOX", "(\\Seen todo)", '"01-Jan-2020 10:00:00 +0000"', b"Subject: old %d\r\n\r\n" % number)
    client.select("INBOX")
    before = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER])")
    lists = {path: path.read_bytes() for path in root.rglob("dovecot-uidlist")}
    words = (root / "dovecot-keywords").read_bytes()
    items = without_keywords(dotless(mixed(120, 12, total=300_000)))
    items.append(MailItem("INBOX", b"Subject: words\r\n\r\n", frozenset({"todo", "unheard"}), 1_500_000_000))
    row = {"Source": USER, "Destination": user}
    way = Way(tmp_path, in_memory("/old", items), maildirs(server.folder / "mail"), row)
    ended = way.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=len(items), copied=len(items))), str(ended)
    assert {path: path.read_bytes() for path in lists} == lists
    assert (root / "dovecot-keywords").read_bytes() == words
    assert "unheard" in way.cli("remarks").stdout

    client.noop()
    assert client.uid("FETCH", "1:5", "(FLAGS BODY.PEEK[HEADER])") == before
    ended = Way(tmp_path / "check", imap_server(server.port), in_memory("/new"), row_of(user)).run()
    assert (ended.code, ended.counts.copied) == (0, len(items) + 5), str(ended)
    kept = [item for item in items if item.folder != "INBOX" or b"words" not in item.content]
    there = read_maildir(root, separator)
    assert counted(kept) - there == {}
    (with_words,) = [each for each in there if b"Subject: words" in each.content]
    assert with_words.flags == {"todo"}
    owner = (root / "cur").stat()
    for path in root.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (owner.st_uid, owner.st_gid), path
        assert path.name.startswith("dovecot") or not path.stat().st_mode & 0o077, path
    again = way.run()
    assert (again.code, again.counts) == (0, Counts(listed=len(items), brought=len(items))), str(again)


def test_mail_comes_in_its_order(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], imap: Imap, tmp_path: Path
) -> None:
    server, user = dovecot_factory(DovecotOptions(separator=".")), unique_user()
    server.add_user(user, "secret")
    items = without_keywords(plain(120, 1, size=300))
    row = {"Source": USER, "Destination": user}
    assert Way(tmp_path, in_memory("/old", items), maildirs(server.folder / "mail"), row).run().code == 0
    client = imap(server.port, user)
    client.select("INBOX")
    _, replies = client.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    subjects = [int(re.findall(rb"\d+", reply[1])[-1]) for reply in replies if isinstance(reply, tuple)]
    assert subjects == [*range(120)]


def test_from_dovecot_to_a_maildir_that_another_dovecot_takes_over(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """With keywords and subscriptions: it is ours alone until then."""
    server, user, other = dovecot_factory(DovecotOptions(separator=".")), unique_user(), unique_user()
    old = server.add_user(user, "secret")
    items = dotless(mixed(80, 12, total=300_000))
    write_maildir(old, ".", items, subscribed=["Sent", "Archive/2019"])
    new = server.add_user(other, "secret")
    new.rmdir()
    way = Way(tmp_path, imap_server(server.port), maildirs(server.folder / "mail"), row_of(user, other))
    ended = way.run()
    assert ended.code == 0, str(ended)
    assert read_maildir(new, ".") == read_maildir(old, ".") == counted(items)
    assert subscriptions(new, ".") >= {"Sent", "Archive/2019"}
    assert new.stat().st_uid == new.parent.stat().st_uid
    assert Way(tmp_path / "check", imap_server(server.port), in_memory("/new"), row_of(other)).run().code == 0
    assert mail_in("/new") == counted(items)
    again = way.run()
    assert (again.code, again.counts.brought) == (0, len(items)), str(again)
