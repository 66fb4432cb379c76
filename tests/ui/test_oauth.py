"""Tokens in the place of passwords, as an admin sets them up: form, connection test, an account by hand, a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from tests.conftest import DovecotFactory
from tests.servers.certificates import Certificates
from tests.servers.dovecot import DovecotOptions
from tests.support.tokens import KEY, TokenOffice
from tests.ui.dashboard import LARGE, dashboard, field, fill, open_list, press, screen, settle, shows
from tests.ui.office import OfficeService
from tui_migrate.model import Secret
from tui_migrate.ui.setting_fields import KEPT
from tui_migrate.ui.widgets.field import TextEntry


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


async def test_the_form_asks_for_what_a_provider_needs_and_keeps_its_secret(
    empty_service: OfficeService, tmp_path: Path
) -> None:
    secret = tmp_path / "app.secret"
    secret.touch(0o600)
    secret.write_text("s3cret")
    names = ("token_command", "sign_in", "client_id", "secret_file", "tenant", "cloud", "token_url", "scope")

    def asked(pilot: Pilot[object]) -> set[str]:
        return {name for name in names if field(pilot, f"source.oauth.{name}").display}

    async with dashboard(empty_service, "n", size=LARGE) as pilot:
        await fill(pilot, title="By token", source__host="imap.old.example", destination__host="imap.new.example")
        assert asked(pilot) == set()
        field(pilot, "source.login").control.focus()
        await press(pilot, "space", "space")
        assert asked(pilot) == {"token_command"}
        field(pilot, "source.oauth.provider").control.focus()
        await press(pilot, "space")
        assert asked(pilot) == {"sign_in", "client_id", "secret_file", "tenant", "cloud"}
        await press(pilot, "ctrl+s")
        await shows(pilot, "Not saved: 3 fields to correct.")
        assert screen(pilot).count("✖ must not be empty") == 3
        await fill(pilot, source__oauth__client_id="client-1", source__oauth__tenant="x.example")
        await fill(pilot, source__oauth__secret_file=str(secret))
        field(pilot, "source.oauth.sign_in").control.focus()
        await press(pilot, "space", "space")
        assert field(pilot, "source.oauth.sign_in").text == "device"
        assert asked(pilot) == {"sign_in", "client_id", "tenant", "cloud"}
        await press(pilot, "left", "left", "ctrl+s")
        await shows(pilot, "No accounts yet")
    (overview,) = empty_service.migrations.listing()
    token = empty_service.migrations.get(overview.migration.id).migration.source.token
    assert token is not None
    assert (token.provider, token.secret) == ("microsoft", Secret("s3cret"))
    secret.unlink()
    async with dashboard(empty_service, "e") as pilot:
        shown = field(pilot, "source.oauth.secret_file").control
        assert isinstance(shown, TextEntry)
        assert (shown.value, shown.placeholder) == ("", KEPT)
        await fill(pilot, title="By the token")
        await press(pilot, "ctrl+s")
        await shows(pilot, "By the token: saved")
    (overview,) = empty_service.migrations.listing()
    assert empty_service.migrations.get(overview.migration.id).migration.source.token == token
