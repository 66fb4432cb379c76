"""An account whose login was refused in the middle: it asks on the screen, and is answered there."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import DovecotFactory
from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, press, screen, settle, shows
from tui_migrate.engine.turns.retry import explain
from tui_migrate.errors import LoginRefused
from tui_migrate.model import AccountSpec, AccountState, Counts, ImapServer, MigrationSpec, Secret, Security, Wanted
from tui_migrate.store import accounts, migrations

REFUSED = LoginRefused("imap.old.example refused the login of alice.", server_words="NO [AUTHENTICATIONFAILED] no")


def refuse(service: office.OfficeService, account_id: int) -> None:
    """As the engine writes it, in the middle of a pass."""
    why = (explain(REFUSED, AccountState.PAUSED), REFUSED.server_words)
    office.set_account(service, account_id, AccountState.PAUSED, Counts(9310, 7004), (3_100_000, 2_400_000), why=why)
    with service.store.write() as connection:
        accounts.want(connection, [account_id], Wanted.PAUSE)
    kind = {"kind": REFUSED.kind, "sentence": REFUSED.sentence, "server_words": REFUSED.server_words}
    office.add_failure(service, account_id, office.NOW - 60, **kind)


async def test_a_refused_account_asks_for_its_password(empty_service: office.OfficeService) -> None:
    office.add_migration(empty_service, "Test", ["alice", "bob"], ("imap.old.example", "imap.new.example"))
    refuse(empty_service, 1)
    async with dashboard(empty_service, "enter") as pilot:
        await settle(pilot)
        await compare_at_both_sizes(pilot, "accounts-login-refused")
        await press(pilot, "enter")
        await settle(pilot)
        await compare_at_both_sizes(pilot, "account-login-refused")
        await press(pilot, "e")
        assert "Source password" in screen(pilot)


async def test_the_new_password_is_proven_and_the_account_goes_on(
    empty_service: office.OfficeService, dovecot_factory: DovecotFactory, unique_user: Callable[[], str]
) -> None:
    """The destination's stays as it was, although only one had been typed for both."""
    service, user, copy = empty_service, unique_user(), unique_user()
    there = dovecot_factory()
    there.add_user(user, "new-password")
    there.add_user(copy, "old")
    server = ImapServer("127.0.0.1", security=Security.NONE, port=there.port)
    migration = service.migrations.create(MigrationSpec("Test", server, server))
    service.accounts.add(migration, AccountSpec(user, Secret("old"), copy), proven=True)
    with service.store.write() as connection:
        migrations.want(connection, migration, Wanted.RUN)
    refuse(service, 1)
    async with dashboard(service, "enter") as pilot:
        await shows(pilot, "needs you")
        await press(pilot, "e", "tab", *"wrong", "ctrl+s")
        await shows(pilot, "AUTHENTICATIONFAILED")
        assert service.accounts.get(1).needs_admin
        await press(pilot, *["backspace"] * 5, *"new-password", "ctrl+s")
        await shows(pilot, "Both logins are accepted")
        await press(pilot, "ctrl+s")
        await shows(pilot, f"{user}: stored, and it goes on")
        await shows(pilot, "○ waiting")
    account = service.accounts.get(1)
    assert (account.state, account.wanted, account.pass_number) == (AccountState.WAITING, Wanted.RUN, 1)
    assert account.counts.copied == 7004
    assert service.failures.listing() == []
    assert service.engine.starts == 1
