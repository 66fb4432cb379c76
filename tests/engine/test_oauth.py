"""A whole migration with tokens that are asked for here, and what becomes of it when they are given no longer."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.conftest import DovecotFactory
from tests.engine.support import Keys, migrate, plain, run_here, write_plan
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.web import Page
from tests.support.oauth import Authority, authority_here, claims, given, service_account
from tests.support.tokens import KEY, token
from tui_migrate.model import AccountState, Secret, Side
from tui_migrate.service import open_service
from tui_migrate.store import grants

MAIL = [MailItem("INBOX", f"Subject: {n}\r\n\r\n{n}\r\n".encode(), frozenset(), 1_234_567_890 + n) for n in range(3)]


@pytest.fixture(scope="module")
def dovecot(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory(DovecotOptions(token_key=KEY, pop3=True))


@pytest.fixture
def authority(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    with authority_here(certificates, monkeypatch) as server:
        yield server


@pytest.fixture
def user(dovecot: Dovecot, unique_user: Callable[[], str]) -> str:
    """With mail; and another mailbox, to which it goes."""
    name = unique_user()
    write_maildir(dovecot.add_user(name, "never used"), "/", MAIL)
    dovecot.add_user(f"{name}new", "never used")
    return name


def write(folder: Path, source: Keys, destination: Keys, user: str) -> Path:
    return write_plan(folder, source, destination, [{"Source": user, "Destination": f"{user}new"}])


@pytest.mark.parametrize("protocol", ["imap", "pop"])
def test_mail_moves_with_a_service_account_and_nothing_secret_is_written_down(
    dovecot: Dovecot, certificates: Certificates, authority: Authority, user: str, tmp_path: Path, protocol: str
) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = made.private_bytes(*form).decode()
    (tmp_path / "account.json").touch(0o600)
    (tmp_path / "account.json").write_text(service_account(key, authority.url("/token")))
    secrets = key.splitlines()[1:-1]

    def answer(form: dict[str, str]) -> Page:
        secrets.append(form["assertion"].rpartition(".")[2])
        secrets.append(token(str(claims(form["assertion"])[1]["sub"])))
        return given({"access_token": secrets[-1], "expires_in": 3599})

    authority.answer = answer
    keys = {"ca_file": str(certificates.ca_file), "oauth": {"provider": "google", "secret_file": "account.json"}}
    port = dovecot.port if protocol == "imap" else dovecot.pop3_port
    plan = write(tmp_path, plain(port, protocol=protocol, **keys), plain(dovecot.port, **keys), user)
    data = ("--data-dir", tmp_path / "data")
    assert run_here("import-plan", plan, *data).returncode == 0
    assert run_here("trace", user, *data).returncode == 0
    ended = run_here("run", plan, "--debug", *data)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    moved = read_maildir(dovecot.maildir(f"{user}new"), "/")
    assert {each.content for each in moved} == {each.content for each in MAIL}
    assert protocol == "pop" or moved == counted(MAIL)
    assert len(authority.forms) == 2, "one token a mailbox"
    assert run_here("bundle", user, "--output", tmp_path / "data" / "it.zip", *data).returncode == 0
    with zipfile.ZipFile(tmp_path / "data" / "it.zip") as bundle:
        bundle.extractall(tmp_path / "data" / "bundle")
    traces = [path for path in (tmp_path / "data").rglob("*") if "trace" in str(path) and path.is_file()]
    assert any("POST /token" in path.read_text() for path in traces)
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            octets = path.read_bytes()
            assert not any(each.encode() in octets for each in secrets), path
    assert not any(each in ended.stdout for each in secrets)


def test_a_grant_that_was_revoked_has_its_account_wait_for_another_sign_in(
    dovecot: Dovecot, certificates: Certificates, authority: Authority, user: str, tmp_path: Path
) -> None:
    oauth = {"provider": "custom", "client_id": "c", "sign_in": "browser", "token_url": authority.url("/token")}
    keys = {"ca_file": str(certificates.ca_file), "oauth": oauth}
    plan = write(tmp_path, plain(dovecot.port, **keys), plain(dovecot.port, **keys), user)
    good: dict[str, str] = {}

    def answer(form: dict[str, str]) -> Page:
        if (whose := good.get(form["refresh_token"])) is None:
            return given({"error": "invalid_grant", "error_description": "Token has been revoked."}, 400)
        return given({"access_token": token(whose), "expires_in": 0})

    def sign_in(number: int) -> None:
        with closing(open_service(tmp_path / "data")) as service:
            (overview,) = service.migrations.listing()
            migration = service.migrations.get(overview.migration.id).migration
            ends = (Side.SOURCE, migration.source, user), (Side.DESTINATION, migration.destination, f"{user}new")
            for side, server, owner in ends:
                mine = grants.of(server, side, migration.id, service.store.database, service.store.vault)
                assert mine is not None
                good[f"{number} {owner}"] = owner
                mine.put(owner, Secret(f"{number} {owner}"))

    authority.answer = answer
    assert run_here("import-plan", plan, "--data-dir", tmp_path / "data").returncode == 0
    ended = migrate(plan, tmp_path / "data")
    assert [each.kind for each in ended.failures] == ["sign-in needed"]
    assert ended.failures[0].sentence == f"Nobody has signed in for {user}."
    assert authority.forms == []
    sign_in(1)
    ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.counts.copied, ended.failures) == (0, 3, [])
    good.clear()
    asked = len(authority.forms)
    for _ in range(2):
        ended = migrate(plan, tmp_path / "data")
        (account,) = ended.accounts
        assert account.state is AccountState.PAUSED
        assert account.detail.startswith("Sign-in needed: sign in, then start the account again.")
        assert ended.failures[0].server_words == "invalid_grant: Token has been revoked."
    assert len(authority.forms) <= asked + 2, "what has ended is asked for once"
    sign_in(2)
    ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.failures) == (0, []), ended
    assert read_maildir(dovecot.maildir(f"{user}new"), "/") == counted(MAIL)
