"""mbox files that a real mail server has written."""

from __future__ import annotations

import imaplib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.support import migrate, plain, write_plan
from tests.files.mbox import folders, read_back
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir
from tests.servers.mutf7 import encode_name
from tests.support.sample_mail import mixed
from tui_migrate.model import Counts

LIKE_A_SEPARATOR = (
    b"Subject: log\r\n\r\nFrom me\r\n>From you\r\n\r\nFrom x@y Mon Jan  6 10:00:00 2020\r\nSubject: no\r\n"
)


def store(client: imaplib.IMAP4, item: MailItem) -> None:
    """As any client does."""
    name = '"' + encode_name(item.folder) + '"'
    date = imaplib.Time2Internaldate(time.gmtime(item.instant)) if item.instant else ""
    client.create(name)
    assert client.append(name, f"({' '.join(sorted(item.flags))})", date, item.content)[0] == "OK"


@pytest.fixture
def written(
    dovecot_factory: DovecotFactory, imap: Imap, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, list[MailItem]]:
    """A folder in which Dovecot keeps the mail of `ann`, and what that is."""
    monkeypatch.setenv("TZ", "UTC")  # separators have the server's time
    server = dovecot_factory(DovecotOptions(storage="mbox"), fresh=True)
    server.add_user("ann", "secret")
    client = imap(server.port, "ann")
    items = mixed(60, 12, total=200_000)
    items += [replace(items[0], content=LIKE_A_SEPARATOR, folder="INBOX")] * 2
    for item in items:
        store(client, item)
    return server.folder / "mail", items


def test_all_that_dovecot_writes_is_read(written: tuple[Path, list[MailItem]]) -> None:
    path, items = written
    assert read_back(path / "ann" / "Maildir") == counted(items)
    assert {*folders(path / "ann" / "Maildir")} == {item.folder for item in items}


def test_from_mbox_files_to_dovecot_and_not_twice(
    tmp_path: Path,
    written: tuple[Path, list[MailItem]],
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
) -> None:
    path, items = written
    server, user = dovecot_factory(), unique_user()
    server.add_user(user, "secret")
    source = {"protocol": "mbox", "folder": str(path), "path": "{user}/Maildir"}
    row = {"Source": "ann", "Destination": user, "Destination password": "secret"}
    plan = write_plan(tmp_path, source, plain(server.port), [row])
    first = migrate(plan, tmp_path / "data")
    assert (first.code, first.counts) == (0, Counts(listed=62, copied=62)), str(first)
    assert read_maildir(server.maildir(user), server.options.separator) == counted(items)
    second = migrate(plan, tmp_path / "data")
    assert (second.code, second.counts.copied) == (0, 0), str(second)
    assert read_maildir(server.maildir(user), server.options.separator) == counted(items)
