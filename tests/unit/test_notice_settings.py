"""`[mail]` of a plan: every mistake at its place, passwords that stay where they belong, and back again."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from tui_migrate.config.dump import dump_plan
from tui_migrate.config.notices import read_notice_form, write_notice_form
from tui_migrate.config.plan import StoredMigration, load_plan
from tui_migrate.errors import BadInput
from tui_migrate.model import (
    DEFAULT_SUBJECT,
    DEFAULT_TEXT,
    PLACEHOLDERS,
    ImapServer,
    Migration,
    MigrationSpec,
    NoticeKind,
    NoticeSettings,
    Secret,
    Security,
    Wanted,
)
from tui_migrate.notices.address import is_address
from tui_migrate.notices.message import message, words
from tui_migrate.notices.summary import summary_values
from tui_migrate.notices.template import fill, mistakes
from tui_migrate.store import notice_settings
from tui_migrate.store.vault import Vault

SERVERS = {"source": {"host": "imap.old.example"}, "destination": {"host": "imap.new.example"}}
MAIL = {"host": "smtp.example", "sender": "help@example.com"}
RELAY = NoticeSettings("smtp.example", "help@example.com", user="relay", password=Secret("s3same"))


def plan(folder: Path, **mail: object) -> Path:
    (folder / "accounts.csv").write_text("Source,Password,Destination\na,b,c\n")
    path = folder / "plan.toml"
    tables = {"migration": {"title": "T"}, **SERVERS, "accounts": {"file": "accounts.csv"}, "mail": mail}
    path.write_text(tomli_w.dumps(tables))
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(BadInput) as bad:
        load_plan(path)
    return [str(problem) for problem in bad.value.problems]


def stored(settings: NoticeSettings | None) -> StoredMigration:
    return StoredMigration(ImapServer("imap.old.example"), ImapServer("imap.new.example"), {}, settings)


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    assert load_plan(plan(tmp_path, **MAIL)).migration.notices == NoticeSettings("smtp.example", "help@example.com")


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), ("none", 25)])
def test_the_usual_ports(tmp_path: Path, security: str, port: int) -> None:
    settings = load_plan(plan(tmp_path, **MAIL, security=security)).migration.notices
    assert settings is not None
    assert (settings.security, settings.port) == (Security(security), port)


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    found = problems(
        plan(
            tmp_path,
            host="smtp.example:25",
            port=70000,
            security="ssl",
            sender="help",
            summary_to="a@b.c, d@e.f",
            subject="Hello {sorce}",
            text="{source.__class__} {failed}",
            hold="yes",
            user="relay",
            colour="red",
        )
    )
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert found == [
        "plan.toml: mail.colour: unknown key; known are host, security, port, ca_file, proxy, user, password_file, "
        "sender, sender_name, summary_to, subject, text, hold, oauth, proxy_login",
        "plan.toml: mail.host: must be a host name or an address alone; the port has a place of its own",
        "plan.toml: mail.security: must be tls, starttls or none",
        "plan.toml: mail.port: must be a whole number from 1 to 65535",
        "plan.toml: mail.sender: must be one mail address, such as helpdesk@example.com",
        "plan.toml: mail.summary_to: must be one mail address, such as helpdesk@example.com",
        "plan.toml: mail.subject: has placeholders that there are not: {sorce} (did you mean {source}?); "
        f"known are {known}",
        "plan.toml: mail.text: has placeholders that there are not: {source.__class__}, {failed}; "
        f"known are {known}",
        "plan.toml: mail.hold: must be true or false",
        "plan.toml: mail.password_file: is missing; a stored password stays with the server and user that it was "
        "given for",
    ]


def test_a_password_comes_from_its_file_and_needs_a_user(tmp_path: Path) -> None:
    secret = tmp_path / "smtp.secret"
    secret.touch(0o600)
    secret.write_text("s3same\n")
    settings = load_plan(plan(tmp_path, **MAIL, user="relay", password_file="smtp.secret")).migration.notices
    assert settings == RELAY
    assert "s3same" not in repr(settings)
    assert problems(plan(tmp_path, **MAIL, password_file="smtp.secret")) == [
        "plan.toml: mail.user: must not be empty beside a password"
    ]
    secret.chmod(0o644)
    assert "chmod 600" in problems(plan(tmp_path, **MAIL, user="relay", password_file="smtp.secret"))[0]


def test_a_stored_password_stays_with_its_server_and_user(tmp_path: Path) -> None:
    same = load_plan(plan(tmp_path, **MAIL, user="relay"), lambda title: stored(RELAY))
    assert same.migration.notices == RELAY
    for change in ({"host": "smtp.evil.example"}, {"user": "other"}, {"security": "none"}, {"port": 26}):
        with pytest.raises(BadInput, match="stays with the server and user"):
            load_plan(plan(tmp_path, **{**MAIL, "user": "relay", **change}), lambda title: stored(RELAY))


def test_it_is_written_and_read_back_without_the_password(tmp_path: Path) -> None:
    settings = replace(
        RELAY, text="Hi {source},\n\nbye\n", sender_name="Zoë", hold=True, summary_to="admin@example.com"
    )
    spec = MigrationSpec("T", ImapServer("imap.old.example"), ImapServer("imap.new.example"), notices=settings)
    text = dump_plan(spec, "accounts.csv")
    assert "s3same" not in text
    path = plan(tmp_path)
    path.write_text(text)
    assert load_plan(path, lambda title: stored(RELAY)).migration == spec
    assert "mail" not in tomllib.loads(dump_plan(replace(spec, notices=None), "accounts.csv"))


def test_a_token_logs_in_in_the_place_of_a_password(tmp_path: Path) -> None:
    (tmp_path / "app.secret").touch(0o600)
    (tmp_path / "app.secret").write_text("s3same")
    oauth = {"provider": "microsoft", "client_id": "1", "tenant": "x.example"}
    named = {"oauth": {**oauth, "secret_file": "app.secret"}}
    plan_of = load_plan(plan(tmp_path, **MAIL, user="help@x.example", **named)).migration
    settings = plan_of.notices
    assert settings is not None
    assert settings.token is not None
    assert (settings.password, settings.token.secret) == (None, Secret("s3same"))
    same = load_plan(plan(tmp_path, **MAIL, user="help@x.example", oauth=oauth), lambda title: stored(settings))
    assert same.migration.notices == settings
    with pytest.raises(BadInput, match=r"mail\.oauth\.secret_file: is missing"):
        load_plan(
            plan(tmp_path, **{**MAIL, "host": "evil.example"}, user="help@x.example", oauth=oauth),
            lambda title: stored(settings),
        )
    assert problems(plan(tmp_path, **MAIL, **named)) == [
        "plan.toml: mail.user: must not be empty beside oauth: a token is for somebody"
    ]
    path = plan(tmp_path)
    path.write_text(dump_plan(plan_of, "accounts.csv", mail_password_file="app.secret"))
    assert load_plan(path).migration == plan_of
    vault = Vault(tmp_path / "vault.key")
    columns = notice_settings.values(settings, vault)
    assert "s3same" not in str(columns)
    assert notice_settings.read(str(columns["mailing"]), bytes(columns["mailing_secret"]), vault) == settings  # type: ignore[call-overload]
    shown = write_notice_form(settings)
    assert read_notice_form(shown, {}, settings) == settings, "the form leaves it as it is"
    typed = read_notice_form(shown, {"password": Secret("typed")}, settings)
    assert typed is not None
    assert (typed.token, typed.password) == (None, Secret("typed"))


def test_the_usual_text_has_only_what_there_is() -> None:
    assert mistakes(DEFAULT_SUBJECT + DEFAULT_TEXT) == ""
    assert mistakes("a lone { or } and {} is") != ""
    assert fill("{source} {nothing} {", {"source": "{listed}", "listed": "7"}) == "{listed} {nothing} {"


def test_a_value_cannot_add_a_header() -> None:
    settings = replace(RELAY, subject="{title}")
    subject, text = words(settings, NoticeKind.DONE, {"title": "A\r\nBcc: all@example.com"})
    mail = message(settings, "alice@example.com", (subject, text), 0.0)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "A Bcc: all@example.com"


@pytest.mark.parametrize("text", ["alice@example.com", "zoë@example.com", "a.b+c@localhost"])
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["", "alice", "a@b@c", "a b@c", "a@b, c@d", "A <a@b>", "a@b\n", "@b", "a@"])
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


def test_the_summary_of_a_migration_in_which_nothing_failed() -> None:
    spec = MigrationSpec("T", ImapServer("a"), ImapServer("b"))
    migration = Migration(1, spec.title, spec.source, spec.destination, (), Wanted.RUN)
    subject, text = words(RELAY, NoticeKind.SUMMARY, summary_values(migration, [], {}))
    assert subject == "T: all accounts have ended"
    assert "Nothing has failed." in text
    assert "{" not in text
