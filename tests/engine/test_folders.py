"""Folders: roles before names, subfolders with their parents, what is excluded, and prefixes, on real servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.folder_mail import item, moved
from tests.engine.support import migrate, plain, run_here, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import counted, folder_names, read_maildir, subscriptions, write_maildir
from tests.servers.proxies import CapabilityProxy
from tui_migrate.model import Counts


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


DUTCH = {
    "Verzonden": "\\Sent",
    "Concepten": "\\Drafts",
    "Prullenbak": "\\Trash",
    "Spam": "\\Junk",
    "Archief": "\\Archive",
}
ENGLISH = {"Sent": "\\Sent", "Drafts": "\\Drafts", "Deleted Items": "\\Trash", "Junk": "\\Junk", "Archive": "\\Archive"}
TRANSLATION = dict(zip(DUTCH, ENGLISH, strict=True))


@pytest.mark.parametrize("old_says", [True, False], ids=["old by attribute", "old by name"])
@pytest.mark.parametrize("new_says", [True, False], ids=["new by attribute", "new by name"])
def test_roles_meet_whatever_their_names(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, old_says: bool, new_says: bool
) -> None:
    old = dovecot_factory(DovecotOptions(special_use=DUTCH if old_says else {}))
    new = dovecot_factory(DovecotOptions(special_use=ENGLISH if new_says else {}, separator="."))
    user = unique_user()
    source, there = old.add_user(user, "secret"), new.add_user(user, "secret")
    below = {f"{name}/2019/may": f"{TRANSLATION[name]}/2019/may" for name in DUTCH}
    items = [item(name) for name in ("INBOX", "Klanten", *DUTCH, *below)]
    write_maildir(source, "/", items, folders=["Spam/empty"], subscribed=["Verzonden", "Verzonden/2019/may"])
    write_maildir(there, ".", [item("Sent", 7)], folders=ENGLISH)
    ended = migrate(write_plan(tmp_path, plain(old.port), plain(new.port), [user]), tmp_path / "data")
    assert ended.code == 0, str(ended)
    assert read_maildir(there, ".") == counted([*moved(items, TRANSLATION | below), item("Sent", 7)])
    assert folder_names(there, ".") == {"INBOX", "Klanten", "Junk/empty", *ENGLISH, *below.values()}
    assert subscriptions(there, ".") == {"Sent", "Sent/2019/may"}


@pytest.mark.parametrize("special", [True, False])
def test_a_role_without_a_counterpart_keeps_its_name_and_is_passed_on_where_it_can_be(
    dovecot_factory: DovecotFactory, server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, special: bool
) -> None:
    old, user = dovecot_factory(DovecotOptions(special_use=DUTCH)), unique_user()
    source, there = old.add_user(user, "secret"), server.add_user(user, "secret")
    items = [item("INBOX"), item("Verzonden"), item("Verzonden/2019"), item("Klanten")]
    write_maildir(source, "/", items)
    with CapabilityProxy(server.port, add=["CREATE-SPECIAL-USE"] if special else []) as proxy:
        ended = migrate(write_plan(tmp_path, plain(old.port), plain(proxy.port), [user]), tmp_path / "data")
    assert ended.code == 0, str(ended)
    assert read_maildir(there, "/") == counted(items)
    use = rb" (USE (\Sent))" if special else b""
    created = {command.partition(b" ")[2] for command in proxy.commands if b" CREATE " in command}
    assert {b'CREATE "Verzonden"' + use, b'CREATE "Verzonden/2019"', b'CREATE "Klanten"'} <= created


FOLDERS = (
    "INBOX",
    "Junk",
    "JUNK/old",
    "Junkyard",
    "Trash",
    "Trash/a",
    "Trash/a/b",
    "Archive",
    "[Gmail]/Spam",
    "Lists/dev",
)


def test_excluded_folders_stay_with_everything_below_them_and_the_numbers_add_up(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    users = [unique_user(), unique_user()]
    items = [item(folder, number) for folder in FOLDERS for number in range(3)]
    for user in users:
        write_maildir(server.add_user(user, "secret"), "/", items)
        server.add_user(f"new-{user}", "secret")
    accounts = [
        {"Source": users[0], "Password": "secret", "Destination": f"new-{users[0]}", "Excluded Folders": ""},
        {
            "Source": users[1],
            "Password": "secret",
            "Destination": f"new-{users[1]}",
            "Excluded Folders": "archive|[Gmail]/*",
        },
    ]
    excluded = ["Junk", "Trash/*", "*/dev"]
    plan = write_plan(tmp_path, plain(server.port), plain(server.port), accounts, excluded=excluded)
    ended = migrate(plan, tmp_path / "data")
    assert ended.code == 0, str(ended)
    for user, copied in zip(users, (5, 3), strict=True):
        left = {"INBOX", "Junkyard", "Trash", *(["Archive", "[Gmail]/Spam"] if copied == 5 else [])}
        root = server.maildir(f"new-{user}")
        assert folder_names(root, "/") == left
        assert read_maildir(root, "/") == counted(each for each in items if each.folder in left)
        (account,) = (each for each in ended.accounts if each.source_user == user)
        assert account.counts == Counts(listed=30, copied=3 * copied, excluded=30 - 3 * copied)
    status = json.loads(run_here("--data-dir", tmp_path / "data", "status", "--json").stdout)
    assert status[0]["counts"] == {
        "listed": 60, "copied": 24, "brought": 0, "there": 0, "excluded": 36, "gone": 0, "failed": 0, "pending": 0,
    }  # fmt: skip
    write_plan(tmp_path, plain(server.port), plain(server.port), accounts)
    later = migrate(plan, tmp_path / "data")
    assert (later.code, later.counts.copied, later.counts.brought, later.counts.excluded) == (0, 30, 24, 6), str(later)


def test_a_parent_that_is_no_folder_becomes_one_where_the_source_has_it(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    user = unique_user()
    source, there = server.add_user(user, "secret"), server.add_user(f"new-{user}", "secret")
    items = [item("INBOX"), item("parent"), item("parent/child"), item("ghost/child")]
    write_maildir(source, "/", items)
    write_maildir(there, "/", [], folders=["parent/child", "ghost/other"])
    plan = write_plan(tmp_path, plain(server.port), plain(server.port), [(user, f"new-{user}")])
    ended = migrate(plan, tmp_path / "data")
    assert ended.code == 0, str(ended)
    assert read_maildir(there, "/") == counted(items)
    assert folder_names(there, "/") == {"INBOX", "parent", "parent/child", "ghost/child", "ghost/other"}


@pytest.mark.parametrize("delimiter", ["/", ""], ids=["with the delimiter", "without it"])
def test_a_path_prefix_of_the_admins_own(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, delimiter: str
) -> None:
    user = unique_user()
    source, there = server.add_user(user, "secret"), server.add_user(f"new-{user}", "secret")
    mine = [item("INBOX"), item("Privé/a"), item("Privé/a/b")]
    write_maildir(source, "/", [*mine, item("elsewhere"), item("Privé zaken/x")])
    write_maildir(there, "/", [item("a")])
    old, new = (plain(server.port, path_prefix=prefix + delimiter) for prefix in ("Privé", "Überführt"))
    ended = migrate(write_plan(tmp_path, old, new, [(user, f"new-{user}")]), tmp_path / "data")
    assert (ended.code, ended.counts) == (0, Counts(listed=3, copied=3)), str(ended)
    places = {"Privé/a": "Überführt/a", "Privé/a/b": "Überführt/a/b"}
    assert read_maildir(there, "/") == counted([*moved(mine, places), item("a")])
