"""Folders, however they lie in each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mail.maildir.reading import make_folder, put, source, steps
from tui_migrate.errors import FilesMissing
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.protocols import FolderRefused, Role


def listed(root: Path) -> dict[bytes, tuple[str, ...]]:
    archive = MaildirArchive(root)
    found = {each.name: each.path for each in archive.folders()}
    archive.close()
    return found


LAYOUTS = {
    "Maildir++": {
        "": ("INBOX",),
        ".Sent.2024": ("Sent", "2024"),
        ".Priv&AOk-": ("Privé",),
        ".Grüße": ("Grüße",),
        ".R&D": ("R&D",),
        ".INBOX.child": ("INBOX", "child"),
        "..odd": ("..odd",),
    },
    "fs": {"": ("INBOX",), "Sent": ("Sent",), "Sent/2024": ("Sent", "2024"), "a.b/c": ("a.b", "c")},
    "Verbatim": {"Inbox": ("INBOX",), "Sent": ("Sent",), "Sent/2024": ("Sent", "2024"), "Inbox/x": ("INBOX", "x")},
    "Legacy": {"INBOX": ("INBOX",), "Sent": ("Sent",), "Sent/.2024/.May": ("Sent", "2024", "May")},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folders_are_found_by_what_is_there(tmp_path: Path, layout: str) -> None:
    root = tmp_path / "mail"
    for where in LAYOUTS[layout]:
        make_folder(root / where)
    (root / "courierimapkeywords").mkdir()
    (root / "sieve" / "tmp").mkdir(parents=True)
    found = listed(root)
    assert sorted(found.values()) == sorted(LAYOUTS[layout].values())
    assert found[b"INBOX"] == next(iter(found.values())) == ("INBOX",)


def test_a_folder_that_is_called_inbox_beside_the_inbox_is_another_one(tmp_path: Path) -> None:
    make_folder(tmp_path)
    make_folder(tmp_path / "INBOX")
    assert len(listed(tmp_path)) == 2


def test_what_is_no_maildir_is_none(tmp_path: Path) -> None:
    with pytest.raises(FilesMissing, match="no Maildir"):
        listed(tmp_path)
    with pytest.raises(FilesMissing, match="cannot be opened"):
        listed(tmp_path / "nowhere")
    (tmp_path / "file").write_text("mail")
    with pytest.raises(FilesMissing, match="cannot be opened"):
        listed(tmp_path / "file")


def test_roles_and_subscriptions(tmp_path: Path) -> None:
    for where in ("", ".Sent", ".Verzonden.2024", ".Papierkorb", ".a&AOk-"):
        make_folder(tmp_path / where)
    for name, text in {
        "subscriptions": b"Sent\na&AOk-\n",
        "courierimapsubscribed": b"INBOX\nINBOX.Papierkorb\n",
    }.items():
        (tmp_path / name).write_bytes(text)
    archive = MaildirArchive(tmp_path)
    found = {each.path: each for each in archive.folders()}
    archive.close()
    assert {path: each.role for path, each in found.items() if each.role} == {
        ("Sent",): Role.SENT,
        ("Papierkorb",): Role.TRASH,
    }
    assert {path for path, each in found.items() if each.subscribed} == {
        ("INBOX",),
        ("Sent",),
        ("aé",),
        ("Papierkorb",),
    }
    (tmp_path / "subscriptions").write_bytes(b"V\t2\n\nVerzonden\t2024\n")
    with_second = source(tmp_path).tree().folders
    assert ("Verzonden", "2024") in {each.path for each in with_second if each.subscribed}


def test_a_link_is_followed_nowhere(tmp_path: Path) -> None:
    """Its owner could have it lead to other people's mail."""
    others, root = make_folder(tmp_path / "others"), make_folder(tmp_path / "mail")
    secret = put(others, "cur/1600000000.1.host:2,")
    put(root, "cur/1600000001.1.host:2,")
    (root / "cur" / "1600000002.1.host:2,").symlink_to(secret)
    (root / ".Linked").symlink_to(others)
    found = steps(root)
    assert sum(type(each).__name__ == "Read" for each in found) == 1
    refused = [each for each in found if isinstance(each, FolderRefused)]
    assert [each.folder for each in refused] == [b".Linked"]
    incomplete = [each for each in found if type(each).__name__ == "Incomplete"]
    assert [getattr(each, "missing", 0) for each in incomplete] == [1]
