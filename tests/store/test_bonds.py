"""A password is sent where it was given for and nowhere else, whoever has changed the store meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from tests.store import samples
from tui_migrate.errors import PasswordLost, StoreUnusable
from tui_migrate.model import AccountSpec, AdminLogin, ImapServer, MigrationSpec, NoticeSettings, Secret
from tui_migrate.store import accounts, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

SPEC = MigrationSpec("Head office", ImapServer("imap.old.example"), ImapServer("imap.new.example"))
SHARED = AccountSpec("anna@old", Secret("one for both"), "anna@new")
OWN = AccountSpec("ben@old", Secret("here"), "ben@new", Secret("there"))
NOT_SENT = "the password is not sent there"


@pytest.fixture
def stored(database: Database, vault: Vault) -> int:
    """A migration with two accounts."""
    with database.write() as connection:
        migration_id = migrations.create(connection, SPEC, vault)
        accounts.save(connection, migration_id, [SHARED, OWN], vault)
    return migration_id


def passwords(database: Database, vault: Vault, migration_id: int) -> list[tuple[str, str]]:
    """Of the logins of all accounts, the source's and the destination's."""
    with database.read() as connection:
        of = migrations.get(connection, migration_id, vault)
        pairs = [accounts.logins(connection, each.id, of, vault) for each in accounts.listing(connection, migration_id)]
    return [(mine.password.reveal(), theirs.password.reveal()) for mine, theirs in pairs]


def tampered(database: Database, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute(statement, values).rowcount
        connection.commit()


@pytest.mark.parametrize(
    ("server", "old", "new"),
    [
        (1, '"host": "imap.old.example"', '"host": "evil.example"'),
        (1, '"port": 993', '"port": 994'),
        (1, "{", '{"security": "none", '),
        (1, "{", '{"ca_file": "/tmp/evil.pem", '),
        (2, '"host": "imap.new.example"', '"host": "evil.example"'),
    ],
)
def test_a_server_that_another_hand_has_changed_gets_no_password(
    database: Database, vault: Vault, stored: int, server: int, old: str, new: str
) -> None:
    tampered(database, "UPDATE server SET settings = replace(settings, ?, ?) WHERE id = ?", old, new, server)
    with pytest.raises(PasswordLost, match=NOT_SENT):
        passwords(database, vault, stored)


@pytest.mark.parametrize("column", ["source_user", "destination_user"])
def test_nor_does_another_mailbox(database: Database, vault: Vault, stored: int, column: str) -> None:
    tampered(database, f"UPDATE account SET {column} = {column} || '.evil'")
    with pytest.raises(PasswordLost, match=NOT_SENT):
        passwords(database, vault, stored)


def test_a_password_of_one_side_is_not_made_one_for_both(database: Database, vault: Vault, stored: int) -> None:
    tampered(database, "UPDATE account SET destination_secret = NULL WHERE source_user = 'ben@old'")
    with pytest.raises(PasswordLost, match=NOT_SENT):
        passwords(database, vault, stored)


def test_a_sealed_password_of_one_account_does_not_open_for_another(
    database: Database, vault: Vault, stored: int
) -> None:
    tampered(database, "UPDATE account SET source_secret = (SELECT max(source_secret) FROM account)")
    with pytest.raises(PasswordLost, match=NOT_SENT):
        passwords(database, vault, stored)


def test_the_admin_may_change_what_he_likes(database: Database, vault: Vault, stored: int) -> None:
    moved = replace(SPEC, source=ImapServer("imap.older.example", port=1993), destination=ImapServer("new.example"))
    with database.write() as connection:
        migrations.change(connection, stored, moved, vault)
    assert passwords(database, vault, stored) == [("one for both", "one for both"), ("here", "there")]
    with database.write() as connection:
        (anna, _) = accounts.listing(connection, stored)
        accounts.change(connection, anna.id, replace(SHARED, destination_user="anna@newer"), vault)
    assert passwords(database, vault, stored) == [("one for both", "one for both"), ("here", "there")]


@pytest.mark.parametrize(
    "spec",
    [
        replace(SPEC, source=ImapServer("imap.old.example", admin=AdminLogin("root", Secret("of the admin")))),
        replace(
            SPEC,
            notices=NoticeSettings("smtp.new.example", "help@new.example", user="x", password=Secret("of mail")),
        ),
    ],
    ids=["admin", "mail"],
)
def test_neither_do_an_admins_and_the_one_for_mail(database: Database, vault: Vault, spec: MigrationSpec) -> None:
    with database.write() as connection:
        migration_id = migrations.create(connection, spec, vault)
    with database.read() as connection:
        stored = migrations.get(connection, migration_id, vault)
        assert (stored.source, stored.notices) == (spec.source, spec.notices)
    old, new = "old.example" if spec.notices is None else "smtp.new.example", "evil.example"
    tampered(database, "UPDATE server SET settings = replace(settings, ?, ?) WHERE id = 1", old, new)
    tampered(database, "UPDATE migration SET mailing = replace(mailing, ?, ?)", old, new)
    with database.read() as connection:
        changed = migrations.get(connection, migration_id, vault)
    holder = changed.notices or changed.source.admin
    assert holder is not None
    assert holder.password is not None
    with pytest.raises(PasswordLost, match=NOT_SENT):
        holder.password.reveal()


def test_the_settings_of_a_server_are_one_document_of_what_is_not_usual(
    database: Database, vault: Vault, stored: int
) -> None:
    with closing(sqlite3.connect(database.path)) as connection:
        rows = connection.execute("SELECT kind, place, key, settings, secret FROM server WHERE id = 1").fetchall()
    assert rows == [
        ("imap", "imap.old.example", "imap.old.example:993", '{"host": "imap.old.example", "port": 993}', None)
    ]


@pytest.mark.parametrize(
    "said", ["", "[]", '{"host": "x", "security": "psychic"}', '{"blackouts": [["mon"]]}', '{"blackouts": 1}']
)
def test_what_no_program_has_written_is_said_and_no_traceback(
    database: Database, vault: Vault, stored: int, said: str
) -> None:
    tampered(database, "UPDATE server SET settings = ?", said)
    with database.read() as connection, pytest.raises(StoreUnusable, match=r"The store has|What the store says"):
        migrations.overviews(connection, vault)


def test_a_setting_that_an_older_program_did_not_know_has_its_default(database: Database, vault: Vault) -> None:
    plain = samples.migration(source=ImapServer("imap.old.example", max_connections=4))
    with database.write() as connection:
        migration_id = migrations.create(connection, plain, vault)
    tampered(database, "UPDATE server SET settings = ?", '{"host": "imap.old.example", "port": 993}')
    with database.read() as connection:
        assert migrations.get(connection, migration_id, vault).source == ImapServer("imap.old.example")
