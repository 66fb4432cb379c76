"""An account by hand, against real servers: nothing is stored before it is proven, unless the admin says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.ui.dashboard import compare_at_both_sizes, dashboard, line, press, screen, shows
from tests.ui.mailboxes import PASSWORD, add_users, make_migration, plain
from tests.ui.office import OfficeService
from tui_migrate.model import Account, AccountSpec, AccountState, Migration, Secret
from tui_migrate.service.logins import Inside
from tui_migrate.service.proofs import NOT_PROVEN, WORKS_NOW

FORM = ("enter", "a")


@pytest.fixture
def user(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> str:
    """A mailbox."""
    name = unique_user()
    add_users(dovecot_factory(), [name])
    return name


@pytest.fixture
def migration(dovecot_factory: DovecotFactory, empty_service: OfficeService) -> Migration:
    """From a server to itself."""
    server = plain(dovecot_factory().port)
    return make_migration(empty_service, server, server)


def stored(service: OfficeService) -> list[Account]:
    (overview,) = service.migrations.listing()
    return service.accounts.listing(overview.migration.id)


@pytest.mark.usefixtures("migration")
async def test_a_proven_account_is_stored_without_the_folders_left_out(
    empty_service: OfficeService, user: str, dovecot_factory: DovecotFactory, imap: Imap
) -> None:
    client = imap(dovecot_factory().port, user)
    for folder in ("Junk", "Lists/old"):
        client.create(folder)
    async with dashboard(empty_service, *FORM, *user, "tab", *PASSWORD) as pilot:
        assert PASSWORD not in screen(pilot)
        await press(pilot, "ctrl+s")
        await shows(pilot, "Both logins are accepted")
        assert stored(empty_service) == []
        assert "▸ INBOX" in screen(pilot)
        await press(pilot, "j", "space")
        assert "✖ excluded" in screen(pilot)
        await press(pilot, "ctrl+s")
        await shows(pilot, f"{user}: stored")
        (account,) = stored(empty_service)
        assert (account.source_user, account.destination_user) == (user, user)
        assert account.excluded_folders == ("Junk",)
        assert empty_service.logs.events()[0].what == f"added {user}, its logins proven"
        assert f"▸ {user}" in screen(pilot)


@pytest.mark.usefixtures("migration")
async def test_a_refused_password_is_shown_at_its_field_in_the_servers_words(
    empty_service: OfficeService, user: str
) -> None:
    keys = (*FORM, *user, "tab", *"wrong", "tab", "tab", *PASSWORD, "ctrl+s")
    async with dashboard(empty_service, *keys) as pilot:
        await shows(pilot, "AUTHENTICATIONFAILED")
        lines = screen(pilot).splitlines()
        password = next(number for number, line in enumerate(lines) if "Source password" in line)
        assert f"✖ 127.0.0.1 refused the login of {user}" in lines[password + 1]
        assert screen(pilot).count("refused the login") == 1
        assert stored(empty_service) == []
        await press(pilot, *["backspace"] * 5, *PASSWORD, "ctrl+s")
        await shows(pilot, "Both logins are accepted")
        assert "refused" not in screen(pilot)


async def test_a_server_that_is_not_there_is_said_at_the_user(
    empty_service: OfficeService, dovecot_factory: DovecotFactory, user: str
) -> None:
    make_migration(empty_service, plain(dovecot_factory().port), plain(1))
    async with dashboard(empty_service, *FORM, *user, "tab", *PASSWORD, "ctrl+s") as pilot:
        await shows(pilot, "✖ 127.0.0.1 port 1 cannot be reached")
        assert stored(empty_service) == []


@pytest.mark.usefixtures("migration")
async def test_what_is_missing_is_said_at_each_field_before_any_login(empty_service: OfficeService) -> None:
    async with dashboard(empty_service, *FORM, "tab", "tab", "tab", "tab", "backspace", "0", "ctrl+s") as pilot:
        for part in ("Source is empty", "Password is empty", "Destination is empty", "must be from 1 (first) to 9"):
            assert f"✖ {part}" in screen(pilot)


@pytest.mark.usefixtures("migration")
async def test_only_an_explicit_yes_stores_what_is_not_proven(empty_service: OfficeService) -> None:
    async with dashboard(empty_service, *FORM, *"nobody", "tab", *"guess", "ctrl+o") as pilot:
        assert "Store nobody although its logins are not proven?" in screen(pilot)
        await press(pilot, "escape")
        assert stored(empty_service) == []
        await press(pilot, "ctrl+o", "y")
        await shows(pilot, "nobody: stored")
        (account,) = stored(empty_service)
        assert account.detail == NOT_PROVEN
        assert NOT_PROVEN in screen(pilot)
        assert empty_service.logs.events()[0].what == "added nobody, its logins not proven"


@pytest.mark.usefixtures("migration")
async def test_a_changed_password_is_proven_again(empty_service: OfficeService, user: str) -> None:
    async with dashboard(empty_service, *FORM, *user, "tab", *PASSWORD, "ctrl+s") as pilot:
        await shows(pilot, "Both logins are accepted")
        await press(pilot, "shift+tab", "shift+tab", "shift+tab", "shift+tab", "x", "ctrl+s")
        await shows(pilot, "AUTHENTICATIONFAILED")
        assert stored(empty_service) == []


@pytest.mark.usefixtures("migration")
async def test_leaving_with_something_typed_asks(empty_service: OfficeService) -> None:
    async with dashboard(empty_service, *FORM, "escape") as pilot:
        assert "No accounts yet" in screen(pilot)
        await press(pilot, "a", "x", "escape")
        assert "What was typed here would be lost." in screen(pilot)
        await press(pilot, "n")
        assert "Source user        x" in screen(pilot)
        await press(pilot, "escape", "y")
        assert "No accounts yet" in screen(pilot)


async def test_a_source_that_is_there_already_is_not_added_again(
    empty_service: OfficeService, migration: Migration, user: str
) -> None:
    empty_service.accounts.add(migration.id, AccountSpec(user, Secret(PASSWORD), user), proven=True)
    async with dashboard(empty_service, *FORM, *user, "tab", *PASSWORD, "ctrl+s") as pilot:
        assert "✖ is an account of this migration already" in screen(pilot)


async def test_a_wrong_password_is_corrected_and_the_others_stay(
    empty_service: OfficeService, migration: Migration, user: str
) -> None:
    spec = AccountSpec(user, Secret("wrong"), user, Secret(PASSWORD), 3, ("Junk",))
    empty_service.accounts.add(migration.id, spec, proven=False)
    async with dashboard(empty_service, "enter", "v") as pilot:
        await shows(pilot, "0 accounts proven, 1 refused")
        await shows(pilot, "✖ failed")
        await press(pilot, "e")
        assert user in screen(pilot)
        assert "unchanged when left empty" in screen(pilot)
        assert "Junk" in line(pilot, "Excluded folders")
        await press(pilot, "tab", *PASSWORD, "ctrl+s")
        await shows(pilot, "Both logins are accepted")
        assert "Excluded folders" not in screen(pilot)
        await press(pilot, "ctrl+s")
        await shows(pilot, f"{user}: stored")
        (account,) = stored(empty_service)
        assert (account.priority, account.excluded_folders) == (3, ("Junk",))
        assert (account.state, account.detail) == (AccountState.FAILED, WORKS_NOW)
        assert empty_service.failures.listing() == []
        assert WORKS_NOW in screen(pilot)


@pytest.mark.usefixtures("engine")
async def test_the_form(service: OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = ["INBOX", "Archief/2019", "Ongewenst", "Verzonden items"]
    monkeypatch.setattr(service.logins, "prove", lambda side, server, login: Inside(folders))
    keys = ("enter", "a", *"zoe@old.example", "tab", *PASSWORD, "ctrl+s", "j", "j", "space")
    async with dashboard(service, *keys) as pilot:
        await compare_at_both_sizes(pilot, "add-account")
