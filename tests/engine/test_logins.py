"""Every way to log in, with whatever people choose as passwords: the copy is the proof."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import PASSWORD, Keys, encrypted, migrate, plain, run_here, write_plan
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy

ITEMS = [MailItem("INBOX", b"Subject: one\r\n\r\none\r\n", frozenset({"\\Seen"}), 1_234_567_890)]
PASSWORDS = (
    'quo"te',
    "back\\slash",
    "both\\\"'",
    " blanks  all over ",
    "ümläut€日本",
    "per%cent %s {5+}",
    "a,b;c=",
    "*",
    "NIL",
    "x",
    "long" * 250,
)
MASTER = ("master", 'master "secret"')


def fill(server: Dovecot, users: list[str], passwords: tuple[str, ...]) -> None:
    for user, password in zip(users, passwords, strict=True):
        write_maildir(server.add_user(user, password), server.options.separator, ITEMS)


@pytest.mark.parametrize(
    "removed",
    [(), ("SASL-IR",), ("SASL-IR", "AUTH=PLAIN")],
    ids=["AUTHENTICATE at once", "AUTHENTICATE after a go-ahead", "LOGIN"],
)
def test_passwords_of_all_kinds(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, removed: tuple[str, ...]
) -> None:
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(separator="."))
    users = [unique_user() for _ in PASSWORDS]
    fill(old, users, PASSWORDS)
    for user, password in zip(users, PASSWORDS, strict=True):
        new.add_user(user, password)
    rows = [
        {"Source": user, "Password": word, "Destination": user} for user, word in zip(users, PASSWORDS, strict=True)
    ]
    with CapabilityProxy(old.port, removed) as source, CapabilityProxy(new.port, removed) as destination:
        ended = migrate(write_plan(tmp_path, plain(source.port), plain(destination.port), rows), tmp_path / "data")
    assert ended.code == 0, ended
    assert [read_maildir(new.maildir(user), ".") for user in users] == [counted(ITEMS)] * len(users)
    said = {command.split(b" ")[1] for command in (*source.commands, *destination.commands)} & {
        b"AUTHENTICATE",
        b"LOGIN",
    }
    assert said == {b"LOGIN" if "AUTH=PLAIN" in removed else b"AUTHENTICATE"}


@pytest.mark.parametrize("style", ["authzid", "separator:*"])
def test_one_admin_for_all_mailboxes(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, style: str
) -> None:
    """On both sides, from an account list without passwords; the mailboxes' own are never used."""
    old, new = (dovecot_factory(DovecotOptions(master=MASTER, separator=separator)) for separator in "/.")
    users = [unique_user(), unique_user()]
    fill(old, users, tuple(secrets.token_hex() for _ in users))
    for user in users:
        new.add_user(user, secrets.token_hex())
    secret_file = tmp_path / "admin.secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(MASTER[1] + "\n")
    admin = {"user": MASTER[0], "password_file": secret_file.name, "style": style}
    rows = [{"Source": user, "Destination": user} for user in users]
    plan = write_plan(tmp_path, plain(old.port, admin=admin), plain(new.port, admin=admin), rows)
    ended = migrate(plan, tmp_path / "data")
    assert ended.code == 0, ended
    assert [read_maildir(new.maildir(user), ".") for user in users] == [counted(ITEMS)] * 2
    secret_file.write_text("wrong\n")
    ended = migrate(plan, tmp_path / "data")
    sentences = {failure.sentence for failure in ended.failures}
    assert (ended.code, len(ended.failures)) == (1, 2)
    said = "127.0.0.1 refused the login of the admin master"
    assert sentences == {f"{said} (for the mailbox of {user})." for user in users}


@pytest.mark.parametrize("style", ["authzid", "separator:*"])
def test_a_mailbox_that_is_not_there_is_not_the_admins_fault(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, style: str
) -> None:
    server, user = dovecot_factory(DovecotOptions(master=MASTER)), unique_user()
    fill(server, [user], (PASSWORD,))
    secret_file = tmp_path / "admin.secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(MASTER[1])
    end = plain(server.port, admin={"user": MASTER[0], "password_file": secret_file.name, "style": style})
    ended = migrate(write_plan(tmp_path, end, end, [{"Source": user, "Destination": "nobody"}]), tmp_path / "data")
    (failure,) = ended.failures
    said = "knows the admin master, and does not open the mailbox of nobody for that login."
    assert (ended.code, failure.sentence) == (1, f"127.0.0.1 {said}")
    assert "Check that the mailbox exists under this name" in failure.advice


def test_an_admin_login_that_the_server_cannot_do(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    old, new, user = dovecot_factory(DovecotOptions(master=MASTER)), dovecot_factory(), unique_user()
    fill(old, [user], (PASSWORD,))
    new.add_user(user, PASSWORD)
    secret_file = tmp_path / "admin.secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(MASTER[1])
    admin = {"user": MASTER[0], "password_file": secret_file.name, "style": "authzid"}
    rows = [{"Source": user, "Destination": user, "Destination Password": PASSWORD}]
    with CapabilityProxy(old.port, ["AUTH=PLAIN"]) as source:
        ended = migrate(write_plan(tmp_path, plain(source.port, admin=admin), plain(new.port), rows), tmp_path / "data")
    assert (ended.code, [failure.kind for failure in ended.failures]) == (1, ["login refused"])
    assert "does not offer SASL PLAIN, which an admin login of style authzid needs" in ended.failures[0].sentence


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_encrypted_migration(
    dovecot_factory: DovecotFactory,
    certificates: Certificates,
    unique_user: Callable[[], str],
    tmp_path: Path,
    security: str,
) -> None:
    """On both sides, by the command itself, with the certificates of a private CA."""
    old, new = (dovecot_factory(DovecotOptions(certificate=certificates.good, separator=sign)) for sign in "/.")
    user = unique_user()
    fill(old, [user], (PASSWORD,))
    new.add_user(user, PASSWORD)

    def end(server: Dovecot) -> Keys:
        return encrypted(server.tls_port if security == "tls" else server.port, certificates.ca_file, security)

    ended = run_here("run", write_plan(tmp_path, end(old), end(new), [user]), "--data-dir", tmp_path / "data")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert read_maildir(new.maildir(user), ".") == counted(ITEMS)
