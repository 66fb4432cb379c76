"""Mailboxes of files on screen: nothing is said of servers, connections and passwords that they have not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.eml import mail
from tests.ui.dashboard import LARGE, dashboard, open_list, press, screen, shows
from tests.ui.mailboxes import make_migration
from tests.ui.office import OfficeService
from tui_migrate.model import ImapServer, Security, Server
from tui_migrate.model.kinds.eml import EmlServer
from tui_migrate.model.kinds.maildir import MaildirServer


@pytest.fixture
def source(tmp_path: Path) -> EmlServer:
    """With one mailbox."""
    (tmp_path / "in/ann").mkdir(parents=True)
    (tmp_path / "in/ann/1.eml").write_bytes(mail("one"))
    return EmlServer(folder=str(tmp_path / "in"), path="{user}")


@pytest.fixture
def destination(tmp_path: Path) -> MaildirServer:
    (tmp_path / "out").mkdir()
    return MaildirServer(folder=str(tmp_path / "out"), path="{user}")


async def test_a_list_of_files_is_asked_for_no_password(
    empty_service: OfficeService, source: EmlServer, destination: MaildirServer
) -> None:
    make_migration(empty_service, source, destination)
    async with dashboard(empty_service, "enter", "i", size=LARGE) as pilot:
        assert "headings Source, Destination, and if you like Path, Priority" in screen(pilot)
        assert "Password" not in screen(pilot)


async def test_where_only_the_destination_has_passwords_none_is_the_same(
    empty_service: OfficeService, source: EmlServer
) -> None:
    server: Server = ImapServer(host="127.0.0.1", port=1, security=Security.NONE)
    make_migration(empty_service, source, server)
    async with dashboard(empty_service, "enter", "a", size=LARGE) as pilot:
        assert "Its password" in screen(pilot)
        assert "the same when left empty" not in screen(pilot)
        await press(pilot, "escape", "i")
        assert "headings Source, Destination, Destination Password, and if you like Path" in screen(pilot)


async def test_what_the_system_says_to_a_missing_mailbox_no_server_has_said(
    empty_service: OfficeService, source: EmlServer, destination: MaildirServer, tmp_path: Path
) -> None:
    make_migration(empty_service, source, destination)
    (tmp_path / "in/torn.zip").write_bytes(b"PK\3\4 and no more")
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("Source,Path,Destination\nann,torn.zip,ann\n")
    async with dashboard(empty_service, "enter", size=LARGE) as pilot:
        await open_list(pilot, accounts)
        await press(pilot, "v")
        await shows(pilot, "1 refused")
        assert "In detail: " in screen(pilot)
        assert "server" not in screen(pilot).lower()
