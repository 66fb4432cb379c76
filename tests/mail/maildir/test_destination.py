"""A Maildir that is filled, and what may stand in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.maildir.reading import make_folder, put
from tests.mail.maildir.reading import source as reading
from tests.servers.maildir import MailItem, folder_names, read_maildir, subscriptions
from tui_migrate.errors import (
    CommandRefused,
    Disconnected,
    DiskFull,
    FolderUnreadable,
    MailError,
    MessageRefused,
    NameRefused,
    NotWritable,
)
from tui_migrate.mail.imap.names import encode
from tui_migrate.mail.maildir.destination import MaildirDestination
from tui_migrate.mail.maildir.folder import MaildirFolder, MailFile
from tui_migrate.mail.message import Content, internal_date
from tui_migrate.mail.protocols import Batch, FlagChanges, Listed, Message, NewFolder, Opened, Read, Refused, Stored

WHEN = 1_500_000_000


def destination(path: Path) -> MaildirDestination:
    return MaildirDestination(path, None)


def wanted(name: str, *, create: bool = True, subscribe: bool = False) -> NewFolder:
    return NewFolder(name.encode(), name, create, subscribe)


def message(octets: bytes, flags: set[str] | None = None, instant: int = WHEN) -> Message:
    listed = Listed(1, frozenset(flags or ()), internal_date(instant), instant, len(octets))
    return Message.of(listed, Content.of(octets))


def stored(opened: MaildirDestination, folder: str, *messages: Message) -> list[Stored | Refused]:
    opened.send(Batch(7, folder.encode(), [*messages]))
    return opened.poll(0)


def test_nothing_is_written_before_a_folder_is_prepared(tmp_path: Path) -> None:
    with closing(destination(tmp_path / "mail")) as opened:
        tree = opened.tree()
        assert [(each.name, each.path) for each in tree.folders] == [(b"INBOX", ("INBOX",))]
        assert (tree.delimiter, tree.prefix) == (".", "")
        assert opened.capacity().free
        assert not opened.census().unknown_folders({b"INBOX"})
    assert not [*tmp_path.iterdir()]


def test_folders_are_made_and_subscribed(tmp_path: Path) -> None:
    root = tmp_path / "above" / "mail"
    with closing(destination(root)) as opened:
        names = ["INBOX", "Sent.2024", "Priv&AOk-", "INBOX.child"]
        outcomes = opened.prepare([wanted(name, create=name != "INBOX", subscribe=True) for name in names])
        assert all(isinstance(each, Opened) for each in outcomes.values()), outcomes
        again = opened.prepare([wanted(name, create=False, subscribe=True) for name in names])
        assert again == outcomes
        assert {each.name.decode() for each in opened.tree().folders} == {*names}
        assert all(each.subscribed for each in opened.tree().folders)
    assert folder_names(root, ".") == {"INBOX", "Sent/2024", "Privé", "INBOX/child"}
    assert subscriptions(root, ".") == {"INBOX", "Sent/2024", "Privé", "INBOX/child"}
    assert root.stat().st_mode & 0o077 == 0
    assert (root / ".Sent.2024" / "maildirfolder").exists()


def test_what_others_have_subscribed_to_stays_in_their_own_form(tmp_path: Path) -> None:
    for name, before, after in (
        ("subscriptions", "V\t2\n\nOld\tone\n", "V\t2\n\nOld\tone\nSent\t2024\n"),
        ("subscriptions", "Old.one", "Old.one\nSent.2024\n"),
        ("courierimapsubscribed", "INBOX.Old\n", "INBOX.Old\nINBOX.Sent.2024\n"),
    ):
        shutil.rmtree(tmp_path / "mail", ignore_errors=True)
        (tmp_path / "mail").mkdir()
        (tmp_path / "mail" / name).write_text(before)
        (tmp_path / "mail" / "subscriptions.lock").touch()
        os.utime(tmp_path / "mail" / "subscriptions.lock", (WHEN, WHEN))
        with closing(destination(tmp_path / "mail")) as opened:
            opened.prepare([wanted("Sent.2024", subscribe=True)])
        assert (tmp_path / "mail" / name).read_text() == after


@pytest.mark.parametrize("name", ["a..b", ".a", "a.", "a/b", "x" * 255, "a\0b"])
def test_names_that_it_cannot_have_are_refused(tmp_path: Path, name: str) -> None:
    with closing(destination(tmp_path / "mail")) as opened:
        outcomes = opened.prepare([wanted(name), wanted("good")])
    assert isinstance(outcomes[name.encode()], NameRefused)
    assert isinstance(outcomes[b"good"], Opened)


@given(st.text(st.characters(codec="utf-8", exclude_characters="./\0"), min_size=1, max_size=40))
def test_any_other_name_is_had_and_found_again(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.mktemp("mail")
    raw = encode(name)
    with closing(destination(root)) as opened:
        outcomes = opened.prepare([NewFolder(raw, name, create=raw.upper() != b"INBOX", subscribe=True)])
        if len(raw) < 255:
            assert isinstance(outcomes[raw], Opened)
            (found,) = [each for each in opened.tree().folders if each.name.upper() == raw.upper()]
            assert found.path == ("INBOX",) or found.path == (name,)
            assert found.subscribed or "\n" in name or "\t" in name


def test_what_lies_there_and_is_no_folder_is_not_overwritten(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    root.mkdir()
    (root / ".file").write_text("theirs")
    (tmp_path / "elsewhere").mkdir()
    (root / ".link").symlink_to(tmp_path / "elsewhere")
    with closing(destination(root)) as opened:
        outcomes = opened.prepare([wanted("file"), wanted("link"), wanted("good")])
    assert {name: type(each) for name, each in outcomes.items()} == {
        b"file": NameRefused,
        b"link": NameRefused,
        b"good": Opened,
    }
    assert (root / ".file").read_text() == "theirs"
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_links_among_its_own_directories_lead_nowhere(tmp_path: Path) -> None:
    """A user of the mailbox could have root write elsewhere."""
    root, elsewhere = tmp_path / "mail", tmp_path / "elsewhere"
    for place in (root, elsewhere):
        place.mkdir()
    for part in ("cur", "new", "tmp"):
        (root / part).symlink_to(elsewhere)
    with closing(destination(root)) as opened:
        outcome = opened.prepare([wanted("INBOX", create=False)])[b"INBOX"]
        assert isinstance(outcome, CommandRefused)
    assert not [*elsewhere.iterdir()]


def test_what_is_stored_is_told_with_its_numbers(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    with closing(destination(root)) as opened:
        (first,) = opened.prepare([wanted("INBOX", create=False)]).values()
        assert isinstance(first, Opened)
        mail = [message(b"Subject: %d\r\n\r\n" % n, {"\\Seen", "todo"}) for n in range(3)]
        (told,) = stored(opened, "INBOX", *mail)
        assert told == Stored(7, (0, 1, 2), first.uidvalidity, (1, 2, 3))
        assert (opened.in_flight(), opened.room()) == (0, True)
        there = opened.as_they_lie(b"INBOX", [2, 9])
        assert there.keys() == {2}
        assert there[2][0].flags == {"\\Seen", "todo"}
        assert (there[2][0].instant, there[2][1]) == (WHEN, b"Subject: 1\r\n\r\n")
        assert [each.uid for each in opened.look().listing(b"INBOX", 2)] == [2, 3]
    item = MailItem("INBOX", b"Subject: 0\r\n\r\n", frozenset({"\\Seen", "todo"}), WHEN)
    assert read_maildir(root, ".")[item] == 1
    assert b"\r" not in next((root / "cur").iterdir()).read_bytes()


def test_mail_that_others_deliver_has_the_next_numbers(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    with closing(destination(root)) as opened, closing(destination(root)) as other:
        opened.prepare([wanted("INBOX", create=False)])
        stored(opened, "INBOX", message(b"1\r\n"))
        (root / "new" / "1.stranger").write_bytes(b"2\n")
        (seen,) = other.prepare([wanted("INBOX", create=False)]).values()
        assert isinstance(seen, Opened)
        assert (seen.uidnext, seen.messages) == (3, 2)
        (told,) = stored(opened, "INBOX", message(b"3\r\n"))
        assert isinstance(told, Stored)
        assert told.uids == (3,)
        assert other.look().numbers([b"INBOX"])[b"INBOX"].uidnext == 4


def test_a_folder_at_rest_is_not_listed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, files = [], MaildirFolder.files

    def count(folder: MaildirFolder) -> tuple[list[MailFile], int]:
        listed.append(folder)
        return files(folder)

    monkeypatch.setattr(MaildirFolder, "files", count)
    with closing(destination(tmp_path / "mail")) as opened:
        opened.prepare([wanted("INBOX")])
        stored(opened, "INBOX", message(b"Subject: a\r\n\r\na\r\n"))
        now = time.time_ns()
        monkeypatch.setattr(time, "time_ns", lambda: now + 60 * 10**9)
        look, before = opened.look(), len(listed)
        numbers = [look.numbers([b"INBOX"])[b"INBOX"].messages for _ in range(5)]
        assert (numbers, len(listed)) == ([1] * 5, before + 1)
        put(tmp_path / "mail", "new/1.host")
        assert look.numbers([b"INBOX"])[b"INBOX"].messages == 2
        assert [each.uid for each in look.listing(b"INBOX")] == [1, 2]


def test_flags_are_changed_under_whatever_name_the_file_has_now(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    with closing(destination(root)) as opened:
        opened.prepare([wanted("INBOX", create=False)])
        stored(opened, "INBOX", message(b"1\r\n", {"\\Seen", "todo"}), message(b"2\r\n"), message(b"3\r\n"))
        first = next(each for each in (root / "cur").iterdir() if each.read_bytes() == b"1\n")
        first.rename(f"{first}T")
        changes: FlagChanges = {(("\\Flagged", "new", "bad word"), ("\\Seen", "todo")): [1, 2, 9]}
        assert opened.change_flags(b"INBOX", changes) == {"bad word": 2}
        assert opened.unkept(b"INBOX", {"bad word", "new", "newer", "\\Seen", "\\Odd"}) == {"bad word", "\\Odd"}
    assert {(each.content, each.flags) for each in read_maildir(root, ".")} == {
        (b"1\r\n", frozenset({"\\Flagged", "new", "\\Deleted"})),
        (b"2\r\n", frozenset({"\\Flagged", "new"})),
        (b"3\r\n", frozenset()),
    }


def test_a_lane_holds_no_more_files_than_the_engine_counts_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_folder(tmp_path / "source")
    names = [f"Folder{number}" for number in range(6)]
    for name in names:
        put(make_folder(source / f".{name}"), "cur/1.host:2,S")
    held, settle, counting = [len([*Path("/dev/fd").iterdir()])], os.fsync, Lock()

    def fsync(descriptor: int) -> None:
        with counting:  # which takes a descriptor itself
            held.append(len([*Path("/dev/fd").iterdir()]))
        settle(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with closing(reading(source)) as archive, closing(destination(tmp_path / "mail")) as opened:
        opened.prepare([wanted(name) for name in names])
        for folder in archive.tree().folders:
            steps = archive.read([folder], lambda listing: listing.messages)
            found = [step.message for step in steps if isinstance(step, Read)]
            if found:
                stored(opened, folder.display, *found * 50)
    assert max(held) - held[0] <= 24


def test_an_empty_message_is_refused_alone(tmp_path: Path) -> None:
    with closing(destination(tmp_path / "mail")) as opened:
        opened.prepare([wanted("INBOX", create=False)])
        told = stored(opened, "INBOX", message(b"1\r\n"), message(b""), message(b"3\r\n"))
    assert {type(each).__name__: each for each in told}.keys() == {"Stored", "Refused"}
    assert [type(each.error) for each in told if isinstance(each, Refused)] == [MessageRefused]


def test_a_full_disk_is_told_and_leaves_nothing_half(small_disk: Path) -> None:
    root = small_disk / "mail"
    with closing(destination(root)) as opened:
        opened.prepare([wanted("INBOX", create=False)])
        mail = [message(b"Subject: %d\r\n\r\n" % n + b"x" * 90_000) for n in range(9)]
        told = stored(opened, "INBOX", *mail)
        arrived = sum(len(each.positions) for each in told if isinstance(each, Stored))
        refused = {type(each.error) for each in told if isinstance(each, Refused)}
        assert refused == {DiskFull}
        assert 0 < arrived < 9
        assert not [*(root / "tmp").iterdir()]
    assert sum(read_maildir(root, ".").values()) == arrived


def test_a_disk_that_is_read_only(small_disk: Path) -> None:
    root = small_disk / "mail"
    with closing(destination(root)) as opened:
        opened.prepare([wanted("INBOX", create=False)])
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with closing(destination(root)) as opened, pytest.raises(NotWritable):
        opened.prepare([wanted("INBOX", create=False)])
    with closing(destination(small_disk / "other")) as opened, pytest.raises(NotWritable):
        opened.prepare([wanted("INBOX", create=False)])


def test_a_folder_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    with closing(destination(root)) as opened:
        opened.prepare([wanted("gone"), wanted("INBOX", create=False)])
        shutil.rmtree(root / ".gone")
        (told,) = stored(opened, "gone", message(b"1\r\n"))
        assert isinstance(told, Refused)
        assert isinstance(told.error, CommandRefused)
    with closing(destination(root)) as opened:
        assert isinstance(opened.prepare([wanted("gone", create=False)])[b"gone"], CommandRefused)
        with pytest.raises(FolderUnreadable):
            opened.look().numbers([b"gone"])


@pytest.mark.parametrize("action", [lambda it: it.send(Batch(1, b"INBOX", [])), lambda it: it.poll(600)])
def test_one_that_is_aborted_writes_no_more(tmp_path: Path, action: Callable[[MaildirDestination], object]) -> None:
    with closing(destination(tmp_path / "mail")) as opened:
        opened.prepare([wanted("INBOX", create=False)])
        opened.abort()
        with pytest.raises(Disconnected):
            action(opened)


def test_what_is_no_directory_is_no_mailbox(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("mbox?")
    with pytest.raises(MailError):
        destination(tmp_path / "mail")


def test_folders_in_folders_where_a_server_has_them_so(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    for where in ("", "Sent", "Archive/2023"):
        for part in ("cur", "new", "tmp"):
            (root / where / part).mkdir(parents=True)
    with closing(destination(root)) as opened:
        assert opened.tree().delimiter == "/"
        outcomes = opened.prepare([wanted("Archive/2024.1"), wanted("Sent", create=False), wanted("Sent/cur")])
        assert isinstance(outcomes[b"Sent/cur"], NameRefused)
        stored(opened, "Archive/2024.1", message(b"1\r\n"))
    assert folder_names(root, "/") == {"INBOX", "Sent", "Archive/2023", "Archive/2024.1"}
