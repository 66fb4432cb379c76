"""A password that does not open concerns whoever logs in with it, until it is entered again, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tui_migrate.errors import PasswordLost
from tui_migrate.model import AccountSpec, AdminLogin, ImapServer, MigrationSpec, NoticeSettings, Secret
from tui_migrate.store import accounts, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

PLAIN = MigrationSpec("Plain", ImapServer("imap.old.example"), ImapServer("imap.new.example"))
ADMIN = replace(
    PLAIN,
    title="With logins for all",
    source=ImapServer("imap.old.example", admin=AdminLogin("root", Secret("of the admin"))),
    notices=NoticeSettings("smtp.new.example", "help@new.example", user="x", password=Secret("of mail")),
)
SHARED = AccountSpec("anna@old", Secret("one for both"), "anna@new")
OWN = AccountSpec("ben@old", Secret("here"), "ben@new", Secret("there"))


@pytest.fixture
def stored(database: Database, vault: Vault) -> tuple[int, int]:
    """A migration with two accounts, and one with a login for all and mail to users."""
    with database.write() as connection:
        plain, admin = (migrations.create(connection, each, vault) for each in (PLAIN, ADMIN))
        accounts.save(connection, plain, [SHARED, OWN], vault)
        accounts.save(connection, admin, [replace(SHARED, source_password=Secret(""))], vault)
    return plain, admin


@pytest.fixture
def other(tmp_path: Path) -> Vault:
    """Another key."""
    return Vault(tmp_path / "other.key")


def passwords(database: Database, vault: Vault, migration_id: int) -> list[tuple[str, str]]:
    """Of the logins of all accounts."""
    with database.read() as connection:
        of = migrations.get(connection, migration_id, vault)
        pairs = [accounts.logins(connection, each.id, of, vault) for each in accounts.listing(connection, migration_id)]
    return [(mine.password.reveal(), theirs.password.reveal()) for mine, theirs in pairs]


def test_all_is_seen_and_only_who_logs_in_is_told(database: Database, other: Vault, stored: tuple[int, int]) -> None:
    with database.read() as connection:
        (plain, admin) = [each.migration for each in migrations.overviews(connection, other)]
        assert (plain.title, admin.title) == (PLAIN.title, ADMIN.title)
        assert len(accounts.specs(connection, plain.id, other)) == 2
    assert admin.source.admin is not None
    assert admin.notices is not None
    assert admin.notices.password is not None
    for secret, whose in (
        (admin.source.admin.password, "imap imap.old.example:993 tls root"),
        (admin.notices.password, "smtp smtp.new.example:465 tls x"),
    ):
        with pytest.raises(PasswordLost, match=f"does not open the password for {whose}. Put back the key"):
            secret.reveal()


def test_what_is_changed_beside_it_leaves_it_as_it_is(
    database: Database, vault: Vault, other: Vault, stored: tuple[int, int]
) -> None:
    with database.write() as connection:
        for migration_id, spec in zip(stored, (PLAIN, ADMIN), strict=True):
            known = migrations.get(connection, migration_id, other)
            again = replace(spec, source=known.source, notices=known.notices, title=f"{spec.title}, again")
            migrations.change(connection, migration_id, again, other)
        specs = [replace(each, priority=2) for each in accounts.specs(connection, stored[0], other)]
        assert len(accounts.save(connection, stored[0], specs, other).changed) == 2
    assert passwords(database, vault, stored[0]) == [("one for both", "one for both"), ("here", "there")]
    with database.read() as connection:
        known = migrations.get(connection, stored[1], vault)
    assert (known.source, known.notices) == (ADMIN.source, ADMIN.notices)


def test_entered_again_it_opens(database: Database, other: Vault, stored: tuple[int, int]) -> None:
    with database.write() as connection:
        assert len(accounts.save(connection, stored[0], [SHARED, OWN], other).changed) == 2
        migrations.change(connection, stored[1], ADMIN, other)
    assert passwords(database, other, stored[0]) == [("one for both", "one for both"), ("here", "there")]
    with database.read() as connection:
        known = migrations.get(connection, stored[1], other)
    assert (known.source, known.notices) == (ADMIN.source, ADMIN.notices)


def test_a_lost_password_shows_nothing_and_is_like_no_other(
    database: Database, other: Vault, stored: tuple[int, int]
) -> None:
    with database.read() as connection:
        lost, again = (accounts.specs(connection, stored[0], other)[0].source_password for _ in range(2))
    assert repr(lost) == str(lost) == "Secret(•••)"
    assert lost == again
    assert lost not in (Secret(""), SHARED.source_password)


@pytest.mark.parametrize("cut", [0, 1, 5, 17])
def test_a_password_that_was_cut_off_is_lost_and_no_fault(vault: Vault, cut: int) -> None:
    bond = ("imap", "imap.old.example:993", "anna")
    sealed = vault.seal(Secret("wachtwoord"), bond)[:cut]
    with pytest.raises(PasswordLost):
        vault.open(sealed, bond).reveal()
