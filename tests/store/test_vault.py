"""The key of the passwords: ours alone, made once, and missed when it is another one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.errors import PasswordLost, StoreUnusable
from tui_migrate.model import Secret
from tui_migrate.store import accounts, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

BOND = ("imap", "imap.old.example:993", "anna")
PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


@pytest.fixture(scope="module")
def shared_vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(tmp_path_factory.mktemp("vault") / "vault.key")


@given(PASSWORDS)
def test_a_password_comes_back_and_is_not_seen_meanwhile(shared_vault: Vault, password: str) -> None:
    sealed = shared_vault.seal(Secret(password), BOND)
    assert shared_vault.open(sealed, BOND).reveal() == password
    assert len(password) < 5 or password.encode() not in sealed


def test_equal_passwords_do_not_look_equal(vault: Vault) -> None:
    assert vault.seal(Secret("same"), BOND) != vault.seal(Secret("same"), BOND)


def test_the_same_key_opens_what_it_sealed_before(tmp_path: Path, vault: Vault) -> None:
    sealed = vault.seal(Secret("wachtwoord"), BOND)
    assert Vault(tmp_path / "vault.key").open(sealed, BOND).reveal() == "wachtwoord"


def test_a_new_key_is_for_its_owner_alone_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Vault(tmp_path / "vault.key")
    finally:
        os.umask(before)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {"vault.key": 0o600}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, vault: Vault, mode: int) -> None:
    key_file = tmp_path / "vault.key"
    key_file.chmod(mode)
    with pytest.raises(StoreUnusable, match=rf"{key_file} can be read by others: chmod 600 it\."):
        Vault(key_file)


@pytest.mark.parametrize("content", ["", "c2hvcnQ=", "no key at all", "=" * 44])
def test_a_file_that_holds_no_key_is_named_and_kept(tmp_path: Path, content: str) -> None:
    key_file = tmp_path / "vault.key"
    key_file.touch(mode=0o600)
    key_file.write_text(content)
    with pytest.raises(StoreUnusable, match=rf"{key_file} holds no key"):
        Vault(key_file)
    assert key_file.read_text() == content


def test_a_key_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    key_file = tmp_path / "nowhere" / "vault.key"
    with pytest.raises(StoreUnusable, match=rf"{key_file} cannot be used: No such file or directory\."):
        Vault(key_file)


def test_another_key_opens_nothing_and_says_which_it_is(
    tmp_path: Path, database: Database, vault: Vault, migration_id: int, account_id: int
) -> None:
    other = Vault(tmp_path / "other.key")
    with database.read() as connection:
        migration = migrations.get(connection, migration_id, vault)
        assert accounts.logins(connection, account_id, migration, vault)[0].password.reveal() == "alice-pässword"
        lost = accounts.logins(connection, account_id, migration, other)[0].password
    with pytest.raises(PasswordLost, match=r"other\.key does not open the password for .*alice") as raised:
        lost.reveal()
    assert "pässword" not in str(raised.value)


def test_no_password_shows_itself(vault: Vault) -> None:
    secret = vault.open(vault.seal(Secret("wachtwoord"), BOND), BOND)
    assert "wachtwoord" not in f"{secret} {secret!r} {[secret]} {vault!r}"


def test_a_password_that_was_not_sealed_anew_by_an_upgrade_says_what_to_put_back(vault: Vault) -> None:
    """Its key alone is of no use any more."""
    with pytest.raises(PasswordLost, match="put back that key and the store as it was before the upgrade"):
        vault.open(b"gAAAAABlZ", BOND).reveal()
