"""Tokens in the place of passwords, as a plan describes them: what is right, what is not, and what is read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.oauth import service_account
from tui_migrate.config.dump import dump_plan
from tui_migrate.config.plan import StoredMigration, load_plan
from tui_migrate.errors import BadInput
from tui_migrate.model import MigrationSpec, TokenLogin
from tui_migrate.model.tokens import Provider, SignIn

PEM = "-----BEGIN PRIVATE KEY-----\nkey\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nit\n-----END"
SERVICE_ACCOUNT = service_account()


class Office:
    """A folder with a plan in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "accounts.csv").write_text("Source,Destination,Destination Password\na@x,a@y,p\n")

    def load(self, oauth: str, secret: str | None = None, stored: StoredMigration | None = None) -> MigrationSpec:
        if secret is not None:
            (self.folder / "app.secret").touch(mode=0o600)
            (self.folder / "app.secret").write_text(secret)
        plan = self.folder / "plan.toml"
        plan.write_text(
            f'[migration]\ntitle = "t"\n[source]\nhost = "old"\n[source.oauth]\n{oauth}\n'
            '[destination]\nhost = "new"\n[accounts]\nfile = "accounts.csv"\n'
        )
        return load_plan(plan, lambda title: stored).migration

    def token(self, oauth: str, secret: str | None = None) -> TokenLogin:
        found = self.load(oauth, secret).source.token
        assert found is not None
        return found

    def problems(self, oauth: str, secret: str | None = None) -> list[str]:
        with pytest.raises(BadInput) as bad:
            self.load(oauth, secret)
        return [str(each).removeprefix("plan.toml: source.oauth.") for each in bad.value.problems]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_command_needs_no_provider(office: Office) -> None:
    assert office.token('token_command = "give {user}"') == TokenLogin("give {user}")


@pytest.mark.parametrize(
    ("oauth", "secret", "sign_in"),
    [
        ('provider = "microsoft"\nclient_id = "1"\ntenant = "x.example"\nsecret_file = "app.secret"', "s~x\n", "app"),
        ('provider = "microsoft"\nclient_id = "1"\ntenant = "x.example"\nsecret_file = "app.secret"', PEM, "app"),
        ('provider = "microsoft"\nsign_in = "device"\nclient_id = "1"', None, "device"),
        ('provider = "microsoft"\nsign_in = "browser"\nclient_id = "1"\ncloud = "china"', None, "browser"),
        ('provider = "google"\nsecret_file = "app.secret"', SERVICE_ACCOUNT, "app"),
        ('provider = "google"\nsign_in = "browser"\nclient_id = "1"\nsecret_file = "app.secret"', "s3cret", "browser"),
        (
            'provider = "custom"\nclient_id = "1"\ntoken_url = "https://t.example/token"\nsecret_file = "app.secret"',
            "s3cret",
            "app",
        ),
        (
            'provider = "custom"\nsign_in = "browser"\nclient_id = "1"\ntoken_url = "https://t.example/token"\n'
            'authorization_url = "https://t.example/auth"\nscope = "mail offline"',
            None,
            "browser",
        ),
    ],
)
def test_what_is_read_is_written_and_read_again(office: Office, oauth: str, secret: str | None, sign_in: str) -> None:
    spec = office.load(oauth, secret)
    token = spec.source.token
    assert token is not None
    assert token.route is not None
    assert token.route.sign_in == sign_in
    assert (token.secret.reveal() if token.secret else None) == (secret.strip() if secret else None)
    plan = office.folder / "again.toml"
    plan.write_text(dump_plan(spec, "accounts.csv", source_password_file="app.secret"))
    assert load_plan(plan).migration == spec
    assert secret is None or secret.strip() not in plan.read_text()


def test_a_command_is_written_as_before(office: Office) -> None:
    plan = dump_plan(office.load('token_command = "give {user}"'), "accounts.csv", source_password_file="x")
    assert '[source.oauth]\ntoken_command = "give {user}"\n' in plan
    assert "provider" not in plan
    assert "secret_file" not in plan


@pytest.mark.parametrize(
    ("oauth", "secret", "said"),
    [
        ("", None, ["token_command: is missing"]),
        ('provider = "gogle"\ntoken_command = "x"', None, ["provider: must be command, microsoft, google or custom"]),
        (
            'provider = "microsoft"\ntoken_command = "x"\nscope = "y"',
            None,
            [
                "token_command: must be left out with microsoft and app",
                "scope: must be left out with microsoft and app",
                "client_id: is missing",
                "secret_file: is missing",
                "tenant: is missing",
            ],
        ),
        ('provider = "google"\nsign_in = "device"', None, ["sign_in: must be app or browser with google"]),
        ('provider = "google"\nsecret_file = "app.secret"', "plain", ["is not the JSON file with a key of a service"]),
        ('provider = "google"\nsecret_file = "app.secret"', "{}", ["is not the JSON file with a key of a service"]),
        (
            'provider = "microsoft"\nclient_id = "1"\ntenant = "x y"\nsecret_file = "app.secret"',
            "-----BEGIN PRIVATE KEY-----",
            ["tenant: must be the tenant's id", "must hold both: the key, and its certificate (PEM)"],
        ),
        (
            'provider = "custom"\nclient_id = "1"\ntoken_url = "http://t.example"\nsecret_file = "app.secret"',
            "a\nb",
            ["token_url: must be an address that begins with https://", "more than the one line"],
        ),
    ],
)
def test_every_mistake_is_said_at_its_place(office: Office, oauth: str, secret: str | None, said: list[str]) -> None:
    found = office.problems(oauth, secret)
    assert len(found) == len(said)
    assert all(words in problem for words, problem in zip(said, found, strict=True)), found


def test_the_secret_of_others_to_read_is_refused(office: Office) -> None:
    (office.folder / "app.secret").write_text("s")
    (office.folder / "app.secret").chmod(0o644)
    oauth = 'provider = "microsoft"\nclient_id = "1"\ntenant = "x"\nsecret_file = "app.secret"'
    assert "chmod 600 it" in office.problems(oauth)[0]


def test_a_stored_secret_stays_where_it_was_given_for(office: Office) -> None:
    oauth = 'provider = "microsoft"\nclient_id = "1"\ntenant = "x"\n'
    spec = office.load(oauth + 'secret_file = "app.secret"', "s")
    stored = StoredMigration(spec.source, spec.destination, {})
    again = office.load(oauth, stored=stored).source.token
    assert again == spec.source.token
    with pytest.raises(BadInput, match="secret_file: is missing"):
        office.load(oauth.replace('"x"', '"elsewhere"'), stored=stored)


def test_who_signs_in_where_nothing_is_said() -> None:
    usual = {provider: TokenLogin(provider=provider).route for provider in Provider}
    assert {provider: route.sign_in for provider, route in usual.items() if route} == {
        Provider.COMMAND: SignIn.USUAL,
        Provider.MICROSOFT: SignIn.APP,
        Provider.GOOGLE: SignIn.APP,
        Provider.CUSTOM: SignIn.APP,
    }
