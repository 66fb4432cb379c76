"""Tokens in the place of passwords, as an admin sets them up: form, connection test, an account by hand, a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.servers.certificates import Certificates
from tests.servers.dovecot import DovecotOptions
from tests.support.tokens import KEY, TokenOffice
from tests.ui.dashboard import dashboard, field, fill, open_list, press, screen, settle, shows
from tests.ui.office import OfficeService


async def test_no_password_is_asked_for_where_a_command_gives_tokens(
    empty_service: OfficeService,
    dovecot_factory: DovecotFactory,
    certificates: Certificates,
    unique_user: Callable[[], str],
    tmp_path: Path,
) -> None:
    server = dovecot_factory(DovecotOptions(token_key=KEY, certificate=certificates.good))
    tokens = TokenOffice(tmp_path / "tokens")
    by_hand, listed, refused = (unique_user() for _ in range(3))
    for user in (by_hand, listed, refused):
        server.add_user(user, "never used")
    for user in (by_hand, listed):
        tokens.grant(user)
    tokens.grant(refused, "worthless")
    accounts = tmp_path / "accounts.csv"
    accounts.write_text(f"Source,Destination\n{listed},{listed}\n{refused},{refused}\n")
    async with dashboard(empty_service, "n") as pilot:
        await fill(pilot, title="By token")
        for side in ("source", "destination"):
            await fill(pilot, **{f"{side}__host": server.host, f"{side}__port": str(server.tls_port)})
            await fill(pilot, **{f"{side}__ca_file": str(certificates.ca_file)})
            field(pilot, f"{side}.login").control.focus()
            await press(pilot, "space", "space")
            assert field(pilot, f"{side}.login").text == "token"
            assert not field(pilot, f"{side}.trial.password").display
            assert not field(pilot, f"{side}.admin.user").display
            await fill(pilot, **{f"{side}__oauth__token_command": tokens.command})
            await fill(pilot, **{f"{side}__trial__user": by_hand})
        await press(pilot, "ctrl+t")
        await shows(pilot, "✔ accepted")
        await press(pilot, "escape", "ctrl+s")
        await shows(pilot, "No accounts yet")
        await press(pilot, "a")
        assert "assword" not in screen(pilot)
        await press(pilot, *by_hand, "ctrl+s")
        await shows(pilot, "Both logins are accepted")
        await press(pilot, "ctrl+s")
        await shows(pilot, f"{by_hand}: stored")
        await open_list(pilot, accounts)
        await settle(pilot)
        await press(pilot, "v")
        await shows(pilot, "1 account proven, 1 refused.")
        await press(pilot, "b")
        await shows(pilot, f"refused the token for {refused}")
        await press(pilot, "escape")
        await settle(pilot)
    (overview,) = empty_service.migrations.listing()
    assert overview.migration.source.token is not None
    assert overview.migration.source.token.command == tokens.command
    assert [each.source_user for each in empty_service.accounts.listing(overview.migration.id)] == [by_hand, listed]
