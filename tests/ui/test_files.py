"""Mailboxes of files on screen: nothing is said of servers, connections and passwords that they have not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.support import run_here, write_plan
from tests.files.eml import mail
from tests.files.pst.blocks import Form
from tests.files.pst.notes import note
from tests.files.pst.store import MadeFolder, MadeStore, made
from tests.ui.dashboard import LARGE, compare_at_both_sizes, dashboard, field, open_list, press, screen, shows
from tests.ui.mailboxes import make_migration
from tests.ui.office import OfficeService
from tui_migrate.model import ImapServer, Security, Server
from tui_migrate.model.kinds.eml import EmlServer
from tui_migrate.model.kinds.maildir import MaildirServer
from tui_migrate.model.kinds.pst import PstServer


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


async def test_an_account_by_hand_is_told_of_the_code_page_that_its_old_file_is_in(
    empty_service: OfficeService, destination: MaildirServer, tmp_path: Path
) -> None:
    store = MadeStore([MadeFolder("A", [note("One", more={0x3FFD0003: 932})])])
    (tmp_path / "in").mkdir()
    (tmp_path / "in/ann").write_bytes(made(store, Form.ANSI).octets)
    make_migration(empty_service, PstServer(folder=str(tmp_path / "in"), path="{user}"), destination)
    async with dashboard(empty_service, "enter", "a", *"ann", "ctrl+s", size=LARGE) as pilot:
        await shows(pilot, "set the source's code page to 932")
        assert "Both mailboxes can be opened." in screen(pilot)
        assert "server" not in screen(pilot)


@pytest.mark.parametrize("kind", ["mbox", "maildir"])
async def test_nobody_asks_how_many_connections_files_are_to_have(empty_service: OfficeService, kind: str) -> None:
    async with dashboard(empty_service, "n") as pilot:
        assert field(pilot, "source.max_connections").display
        field(pilot, "source.protocol").control.focus()
        while field(pilot, "source.protocol").text != kind:
            await press(pilot, "right")
        for key in ("max_connections", "account_connections", "host", "ca_file"):
            assert not field(pilot, f"source.{key}").display, key
        assert field(pilot, "source.folder").display
        assert field(pilot, "destination.max_connections").display
        if kind == "mbox":
            await compare_at_both_sizes(pilot, "migration-form-mbox")


def test_words_in_the_line_of_an_account_are_said_to_be_no_servers(
    source: EmlServer, destination: MaildirServer, tmp_path: Path
) -> None:
    ends = ({"protocol": "eml", "folder": source.folder}, {"protocol": "maildir", "folder": destination.folder})
    (tmp_path / "in/torn").write_bytes(b"PK\3\4 and no more")
    plan = write_plan(tmp_path, *ends, [{"Source": "torn", "Destination": "torn"}])
    ended = run_here("run", plan, "--data-dir", tmp_path / "data")
    told = run_here("status", "--data-dir", tmp_path / "data").stdout
    assert "detail: " in told
    assert "server: " not in told + ended.stdout
