"""Folders of mbox files: of Thunderbird, of Apple Mail, of mail servers."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.files.mbox import folders, mail, mbox, messages, read_back, write_tree
from tui_migrate.errors import FilesMissing, FolderDamaged
from tui_migrate.mail.mbox.archive import MboxArchive
from tui_migrate.mail.roles import Role

INDEX = b'// <!-- <mdb:mork:z v="1.4"/> -->\n'


def msf(name: str = "") -> bytes:
    """What Thunderbird keeps beside a file, with a folder's true name in it."""
    if not name:
        return INDEX
    escaped = "".join(c if c.isascii() and c not in ")\\$" else "".join(f"${b:02X}" for b in c.encode()) for c in name)
    return INDEX + (
        "< <(a=c)> // (f=iso-8859-1)\n  (B8=numMsgs)(B9=folder\\\nName)(BA=URL)>\n"
        f"<(80=http://x/$29)(81=old name)(82={escaped})>\n"
        "{1:^80 {(k^96:c)(s=9)} [1:^96(^B8=3)(^B9^81)]}\n@$${2{@\n[1:^96(^B9^82)]\n@$$}2}@\n"
    ).encode().replace(b"folder\\\nName", b"folderName")


def roles(path: Path) -> dict[str, Role | None]:
    with closing(MboxArchive(path)) as archive:
        return {"/".join(each.path): each.role for each in archive.folders()}


def remarks(path: Path) -> dict[str, str]:
    with closing(MboxArchive(path)) as archive:
        return dict(archive.remarks())


def test_one_file_is_the_inbox_unless_its_name_says_better(tmp_path: Path) -> None:
    write_tree(tmp_path, {"anna.mbox": [mail("one")], "Sent": [mail("two")]})
    assert roles(tmp_path / "anna.mbox") == {"INBOX": None}
    assert roles(tmp_path / "Sent") == {"Sent": Role.SENT}


def test_a_folder_of_files(tmp_path: Path) -> None:
    write_tree(tmp_path, {"inbox": [mail("1")], "Sent.mbox": [mail("2")], "work/2019": [mail("3")]})
    write_tree(tmp_path, {"work.mbx": [mail("4")], "empty.mbox": b""})
    write_tree(tmp_path, {"notes.txt": b"no mail\n", "inbox.lock": b"", ".imap/inbox/index": mbox([mail("5")])})
    assert folders(tmp_path) == ["Sent", "empty", "INBOX", "work/2019", "work"]


def test_dovecot_says_which_folders_are_subscribed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"inbox": [mail("1")], "a": [mail("2")], "b/c": [mail("3")], ".subscriptions": b"b/c\n"})
    with closing(MboxArchive(tmp_path)) as archive:
        assert {each.name: each.subscribed for each in archive.folders()} == {b"INBOX": True, b"a": False, b"b/c": True}


def test_files_with_one_name_are_two_folders(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": [mail("1")], "a.mbox": [mail("2")], "Inbox": [mail("3")], "INBOX.mbox": [mail("4")]})
    assert sorted(folders(tmp_path)) == ["INBOX", "Inbox", "a", "a.mbox"]
    assert messages(tmp_path).total() == 4


def test_names_that_are_no_text(tmp_path: Path) -> None:
    for name in (b"caf\xe9", "cafe\u0301s".encode(), b"line\nbreak"):
        (tmp_path / os.fsdecode(name)).write_bytes(mbox([mail("1")]))
    assert sorted(folders(tmp_path)) == ["café", "cafés", "line_break"]
    with closing(MboxArchive(tmp_path)) as archive:
        assert {each.name for each in archive.folders()} >= {b"caf\xe9"}


def test_an_export_of_apple_mail(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "INBOX.mbox/mbox": [mail("1")],
            "INBOX.mbox/table_of_contents": b"\0\1",
            "Work.mbox/mbox": [mail("2")],
            "Work/Old.mbox/mbox": [mail("3")],
        },
    )
    assert folders(tmp_path) == ["INBOX", "Work/Old", "Work"]


def thunderbird(root: Path) -> Path:
    return write_tree(
        root,
        {
            "prefs.js": b"// Mozilla\n",
            "Mail/pop.example.org/Inbox": [mail("1")],
            "Mail/pop.example.org/Inbox.msf": msf(),
            "Mail/pop.example.org/Trash": b"",
            "Mail/pop.example.org/Trash.msf": msf(),
            "Mail/pop.example.org/Inbox.sbd/Work": [mail("2")],
            "Mail/pop.example.org/Inbox.sbd/Work.sbd/Deep": [mail("3")],
            "Mail/pop.example.org/Ablage3d8f11a0": [mail("4")],
            "Mail/pop.example.org/Ablage3d8f11a0.msf": msf("Ablage: Größe (1) $5"),
            "Mail/pop.example.org/Ablage3d8f11a0.sbd/Old": [mail("5")],
            "Mail/pop.example.org/popstate.dat": b"# POP3 State File\n",
            "Mail/Local Folders/Archives": [mail("6")],
            "Mail/smart mailboxes/Inbox": [mail("no mail")],
            "Mail/unused.example.org/Inbox": b"",
            "Mail/unused.example.org/Inbox.msf": msf(),
            "Mail/Local Folders/Archives.msf": msf(),
        },
    )


POP = ["Ablage: Größe (1) $5/Old", "Ablage: Größe (1) $5", "INBOX", "INBOX/Work", "INBOX/Work/Deep", "Trash"]


def test_a_profile_of_thunderbird_with_one_account(tmp_path: Path) -> None:
    thunderbird(tmp_path)
    everything = sorted(["Local Folders/Archives", "unused.example.org/Inbox", *POP])
    assert sorted(folders(tmp_path)) == everything
    assert sorted(folders(tmp_path / "Mail")) == everything


def test_the_folder_of_an_account_of_thunderbird(tmp_path: Path) -> None:
    account = thunderbird(tmp_path) / "Mail" / "pop.example.org"
    assert sorted(folders(account)) == sorted(POP)
    assert sorted(folders(account.parent / "Local Folders")) == ["Archives"]


def test_a_profile_with_several_accounts_has_a_folder_for_each(tmp_path: Path) -> None:
    thunderbird(tmp_path)
    write_tree(tmp_path, {"ImapMail/imap.example.org/INBOX": [mail("7")], "ImapMail/imap.example.org/INBOX.msf": msf()})
    found = folders(tmp_path)
    assert {"imap.example.org/INBOX", "pop.example.org/Inbox/Work", "Local Folders/Archives"} <= set(found)


def test_a_cache_is_said_to_be_one(tmp_path: Path) -> None:
    account = tmp_path / "ImapMail" / "imap.example.org"
    write_tree(account, {"INBOX": [mail("1")], "INBOX.msf": msf(), "Entw&APw-rfe": [mail("2")]})
    assert sorted(folders(account)) == ["Entwürfe", "INBOX"]
    assert "may not be there" in remarks(account)["ImapMail"]
    assert "ImapMail" not in remarks(thunderbird(tmp_path / "other"))


def test_links_lead_nowhere(tmp_path: Path) -> None:
    write_tree(tmp_path, {"secret/bob": [mail("bob")], "anna/inbox": [mail("anna")]})
    (tmp_path / "anna" / "mine").symlink_to(tmp_path / "secret" / "bob")
    (tmp_path / "anna" / "all").symlink_to(tmp_path / "secret")
    (tmp_path / "anna" / "round").symlink_to(tmp_path / "anna")
    assert folders(tmp_path / "anna") == ["INBOX"]
    assert "3 links" in remarks(tmp_path / "anna")["Links"]


def test_files_that_begin_with_the_word_are_no_mbox_files(tmp_path: Path) -> None:
    write_tree(tmp_path, {"inbox": [mail("1")], "letter.txt": b"From Russia\n\nwith love\n"})
    assert folders(tmp_path) == ["INBOX"]


def test_a_file_without_any_message_is_no_mailbox(tmp_path: Path) -> None:
    (tmp_path / "anna.pdf").write_bytes(b"%PDF\nFrom me\n")
    with closing(MboxArchive(tmp_path / "anna.pdf")) as archive, pytest.raises(FilesMissing):
        archive.contents(b"INBOX")


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: os.mkfifo(path), lambda path: None])
def test_what_is_no_mailbox(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "anna")
    with pytest.raises(FilesMissing):
        MboxArchive(tmp_path / "anna")


def test_a_pipe_in_a_folder_holds_nothing_up(tmp_path: Path) -> None:
    write_tree(tmp_path, {"inbox": [mail("1")]})
    os.mkfifo(tmp_path / "pipe")
    assert folders(tmp_path) == ["INBOX"]


def test_a_file_that_cannot_be_opened_concerns_its_folder_alone(tmp_path: Path) -> None:
    write_tree(tmp_path, {"inbox": [mail("1")], "sent": [mail("2")]})
    with closing(MboxArchive(tmp_path)) as archive:
        (tmp_path / "sent").unlink()
        assert len(archive.contents(b"INBOX").items) == 1
        with pytest.raises(FolderDamaged) as raised:
            archive.contents(b"sent")
        assert raised.value.server_words == "No such file or directory"


def test_the_system_says_why_a_mailbox_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(FilesMissing) as raised:
        MboxArchive(tmp_path / "round")
    assert raised.value.server_words == "Too many levels of symbolic links"


def test_a_folder_that_nobody_has_heard_of(tmp_path: Path) -> None:
    write_tree(tmp_path, {"inbox": [mail("1")]})
    with closing(MboxArchive(tmp_path)) as archive, pytest.raises(FolderDamaged):
        archive.contents(b"other")


def test_all_mail_of_a_profile_is_there(tmp_path: Path) -> None:
    assert messages(thunderbird(tmp_path)).total() == 6
    assert {each.folder for each in read_back(tmp_path)} == {"Local Folders/Archives", *POP} - {"Trash"}
