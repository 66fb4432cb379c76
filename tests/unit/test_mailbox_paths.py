"""Where mailboxes of files lie: as a list says, or by a pattern, and never outside of their folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_migrate.config.accounts import ListNeeds, parse_accounts
from tui_migrate.errors import BadInput, PathRefused
from tui_migrate.mail.files.paths import mailbox_path
from tui_migrate.mail.probe import probe
from tui_migrate.model import Secret
from tui_migrate.model.kinds.files import FileServer
from tui_migrate.model.kinds.maildir import MaildirServer

FILES = ListNeeds(source_password=False, destination_password=False, path=True)


def found(server: FileServer, user: str, path: str = "") -> Path:
    return mailbox_path(server, server.login(user, Secret(""), path))


def test_a_list_says_where_each_mailbox_lies() -> None:
    accounts = parse_accounts(b"Source,Destination,Path\na,b, 2019/a b.pst \nc,d,\n", "a.csv", FILES)
    assert [spec.path for spec in accounts] == ["2019/a b.pst", ""]


def test_a_list_for_servers_says_no_paths() -> None:
    with pytest.raises(BadInput, match=r"^a.csv line 2: Path must be empty: the source is no folder of files$"):
        parse_accounts(b"Source,Password,Destination,Path\na,pw,b,x\n", "a.csv")


def test_no_list_leads_out_of_the_folder() -> None:
    climbing = b"Bron,Doel,Pad\na,b,/etc/mail\nc,d,x/../../y\ne,f,..\ng,h,..x/y..\n"
    with pytest.raises(BadInput) as bad:
        parse_accounts(climbing, "a.csv", FILES)
    rule = "Path must lead into the folder: without / at its start, and without .. in it"
    assert [str(each) for each in bad.value.problems] == [f"a.csv line {line}: {rule}" for line in (2, 3, 4)]


def test_the_pattern_and_the_list(tmp_path: Path) -> None:
    server = FileServer(folder=str(tmp_path), path="old/{user}.pst")
    assert found(server, "alice@old.example") == tmp_path / "old/alice@old.example.pst"
    assert found(server, "alice@old.example", "special/a.pst") == tmp_path / "special/a.pst"
    assert server.mailbox("alice") == f"{tmp_path}/old/alice.pst"


@pytest.mark.parametrize("user", ["../secret", "x/../../secret", "a\0b", "..", "."])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, user: str) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "secret").touch()
    with pytest.raises(PathRefused):
        found(FileServer(folder=str(tmp_path / "mail")), user)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "secret").touch()
    (tmp_path / "mail/inside").touch()
    (tmp_path / "mail/out").symlink_to("../secret")
    (tmp_path / "mail/in").symlink_to("inside")
    (tmp_path / "link").symlink_to("mail")
    server = FileServer(folder=str(tmp_path / "link"))
    assert found(server, "in") == tmp_path / "mail/inside"
    with pytest.raises(PathRefused):
        found(server, "out")


def test_a_test_of_a_maildir_says_that_its_path_is_refused(tmp_path: Path) -> None:
    server = MaildirServer(folder=str(tmp_path))
    seen = probe(server, server.login("../secret", Secret("")))
    assert "does not lie inside of" in seen.refusal
    assert probe(server, server.login("new", Secret(""))).logged_in
    assert probe(MaildirServer(folder=str(tmp_path / "gone")), server.login("new", Secret(""))).refusal
