"""A second run carries over what has changed at the source, keeps what the user has changed at the destination, and
costs next to nothing where nothing has."""

from __future__ import annotations

import imaplib
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.second_run import change, delete, item
from tests.engine.support import migrate, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import counted, folder_names, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.model import Counts

FOLDERS = ("INBOX", "Sent", "Projects/R&D")
WITHOUT = [(), ("UIDPLUS",), ("CONDSTORE", "QRESYNC"), ("UIDPLUS", "CONDSTORE", "QRESYNC", "UNSELECT", "MULTIAPPEND")]
"""Capabilities that neither side has."""


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


@pytest.fixture
def user(server: Dovecot, unique_user: Callable[[], str]) -> str:
    """Has a mailbox, and `new-` before the name is the one to move to."""
    name = unique_user()
    server.add_user(name, "secret")
    server.add_user(f"new-{name}", "secret")
    return name


@contextmanager
def proxies(server: Dovecot, without: Collection[str]) -> Iterator[tuple[CapabilityProxy, CapabilityProxy]]:
    with CapabilityProxy(server.port, without) as source, CapabilityProxy(server.port, without) as destination:
        yield source, destination
        assert (source.violations, destination.violations) == ([], [])


def said(proxy: CapabilityProxy) -> list[bytes]:
    """The commands since the last call, without tags and arguments."""
    commands = [command.split(b" ")[1:] for command in proxy.commands]
    proxy.commands.clear()
    return [b" ".join(words[:2] if words[0] == b"UID" else words[:1]) for words in commands]


@pytest.mark.parametrize("without", WITHOUT, ids=lambda names: "+".join(names) or "everything offered")
def test_an_unchanged_account_costs_a_few_commands(
    server: Dovecot, user: str, tmp_path: Path, without: tuple[str, ...]
) -> None:
    items = [item(folder, number, "\\Seen") for number, folder in enumerate(FOLDERS * 20)]
    write_maildir(server.maildir(user), "/", items, folders=["Empty"], subscribed=FOLDERS)
    with proxies(server, without) as (source, destination):
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), [(user, f"new-{user}")])
        first = migrate(plan, tmp_path / "data")
        assert (first.code, first.counts) == (0, Counts(listed=60, copied=60)), str(first)
        assert said(source).count(b"UID FETCH") > 0
        assert b"APPEND" in said(destination)
        second = migrate(plan, tmp_path / "data")
        assert (second.code, second.counts) == (0, Counts(listed=60, brought=60)), str(second)
        asked, sent = said(source), said(destination)
    assert not {b"APPEND", b"CREATE", b"SUBSCRIBE", b"UID STORE", b"UID FETCH"} & {*sent}, sent
    assert sent.count(b"SELECT") == len(FOLDERS) + 1
    if "CONDSTORE" in without:
        assert asked.count(b"UID FETCH") == len(FOLDERS), "one listing of flags for each folder, and no body"
    else:
        assert not {b"UID FETCH", b"EXAMINE", b"SELECT"} & {*asked}, asked
        known = b"AUTHENTICATE CAPABILITY ID LIST LSUB NAMESPACE NOOP LOGOUT".split()
        assert {*asked} <= {*known}, asked
        assert len(asked) <= 7, asked
    assert read_maildir(server.maildir(f"new-{user}"), "/") == counted(items)


@pytest.mark.parametrize("without", WITHOUT, ids=lambda names: "+".join(names) or "everything offered")
def test_changes_of_both_sides_come_together(
    server: Dovecot, user: str, imap: Imap, tmp_path: Path, without: tuple[str, ...]
) -> None:
    before = [item("INBOX", number, "\\Seen", "$Old") for number in range(10)]
    before += [item("Sent", number) for number in range(20, 25)]
    write_maildir(server.maildir(user), "/", before)
    there = server.maildir(f"new-{user}")
    with proxies(server, without) as (source, destination):
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), [(user, f"new-{user}")])
        first = migrate(plan, tmp_path / "data")
        assert first.code == 0, str(first)

        old, new = imap(server.port, user), imap(server.port, f"new-{user}")
        change(old, "INBOX", 0, "+", "\\Flagged", "$Todo")
        change(old, "INBOX", 1, "-", "\\Seen", "$Old")
        change(old, "INBOX", 2, "+", "\\Answered")
        change(new, "INBOX", 2, "-", "\\Seen")  # the user goes on working at the new server
        change(new, "INBOX", 3, "+", "\\Flagged", "$Mine")
        change(new, "INBOX", 3, "-", "$Old")
        delete(new, "INBOX", 4)
        change(old, "INBOX", 4, "+", "\\Flagged")
        delete(old, "INBOX", 5)
        delete(new, "Sent", 20)
        old.append("INBOX", "(\\Draft $New)", imaplib.Time2Internaldate(FIRST_OF_JULY + 50), item("INBOX", 50).content)
        old.create("Later/Found")
        old.append("Later/Found", "", imaplib.Time2Internaldate(FIRST_OF_JULY + 51), item("", 51).content)
        new.append("INBOX", "", imaplib.Time2Internaldate(FIRST_OF_JULY + 99), item("INBOX", 99).content)
        for client in (old, new):
            client.unselect()

        second = migrate(plan, tmp_path / "data")
        assert (second.code, second.counts) == (0, Counts(listed=16, copied=2, brought=14)), str(second)
        said(destination)
        third = migrate(plan, tmp_path / "data")
        assert (third.code, third.counts) == (0, Counts(listed=16, brought=16)), str(third)
        assert not {b"APPEND", b"UID STORE"} & {*said(destination)}

    flags = {
        0: {"\\Seen", "$Old", "\\Flagged", "$Todo"},
        1: set(),
        2: {"$Old", "\\Answered"},
        3: {"\\Seen", "\\Flagged", "$Mine"},
    }
    inbox = [replace(each, flags=frozenset(flags.get(n, each.flags))) for n, each in enumerate(before[:10]) if n != 4]
    later = [item("INBOX", 50, "\\Draft", "$New"), item("Later/Found", 51), item("INBOX", 99)]
    assert read_maildir(there, "/") == counted([*inbox, *before[11:], *later])
    assert folder_names(there, "/") == {"INBOX", "Sent", "Later/Found"}


def test_flags_follow_also_where_a_killed_run_had_not_learned_the_uids(
    server: Dovecot, user: str, imap: Imap, tmp_path: Path
) -> None:
    """Without UIDPLUS the UIDs are looked up when all is copied."""
    items = [item("INBOX", number % 3) for number in range(6)]
    write_maildir(server.maildir(user), "/", items)
    with proxies(server, ["UIDPLUS"]) as (source, destination):
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), [(user, f"new-{user}")])
        assert migrate(plan, tmp_path / "data").code == 0
        with closing(sqlite3.connect(tmp_path / "data" / "store.db")) as store, store:
            store.execute("UPDATE window SET destination_uids = NULL")
        old = imap(server.port, user)
        old.select("INBOX")
        old.uid("STORE", "1:6", "+FLAGS", "(\\Flagged $Todo)")
        old.unselect()
        ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.counts.copied) == (0, 0), str(ended)
    flags = frozenset({"\\Flagged", "$Todo"})
    assert read_maildir(server.maildir(f"new-{user}"), "/") == counted(replace(each, flags=flags) for each in items)


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_folder_that_was_rebuilt_is_known_again(server: Dovecot, user: str, tmp_path: Path, side: str) -> None:
    """Its UIDVALIDITY is another one then, and every UID that is on record means nothing (RFC 3501 section 2.3.1.1)."""
    items = [item("INBOX", number % 8) for number in range(12)]  # with twins among them
    write_maildir(server.maildir(user), "/", items)
    plan = write_plan(tmp_path, plain(server.port), plain(server.port), [(user, f"new-{user}")])
    assert migrate(plan, tmp_path / "data").counts.copied == 12
    rebuilt = server.maildir(user if side == "old" else f"new-{user}")
    for path in [*rebuilt.glob("dovecot*index*"), rebuilt / "dovecot-uidlist", rebuilt / "dovecot-uidvalidity"]:
        path.unlink(missing_ok=True)
    (rebuilt / "dovecot-uidlist").write_text("3 V424242 N1\n")
    ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.counts.copied, ended.counts.brought) == (0, 0, 12), str(ended)
    assert read_maildir(server.maildir(f"new-{user}"), "/") == counted(items)


def test_a_newcomer_does_not_move_a_folder_that_has_its_place(
    dovecot_factory: DovecotFactory, server: Dovecot, user: str, tmp_path: Path
) -> None:
    dots = dovecot_factory(DovecotOptions(separator="."))
    there = dots.add_user(user, "secret")
    plan = write_plan(tmp_path, plain(server.port), plain(dots.port), [user])
    write_maildir(server.maildir(user), "/", [item("a.b", 1)])
    assert migrate(plan, tmp_path / "data").code == 0
    write_maildir(server.maildir(user), "/", [item("a_b", 2)])
    ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.counts) == (0, Counts(listed=2, copied=1, brought=1)), str(ended)
    assert read_maildir(there, ".") == counted([item("a_b", 1), item("a_b (2)", 2)])
