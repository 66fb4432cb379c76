"""A bundle tells what was wrong to somebody who was not there, and nothing that is nobody's business."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from tests.engine.support import Ended, migrate, plan_between
from tests.engine.traced import PASSWORD, PRIVATE, QUICK, SUBJECTS, filled
from tests.servers.faults.commands import RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ReplyGarbage
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Chunk, Cut
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import PopDouble
from tests.servers.session import Command, MailServer, Session
from tests.support.leaks import found
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.model import AccountSpec, AdminLogin, ImapServer, MigrationSpec, NoticeSettings, Secret, TokenLogin
from tui_migrate.service import open_service
from tui_migrate.store import accounts, events, migrations


@dataclass(frozen=True)
class Packed:
    """A bundle that was made of a run."""

    ended: Ended
    members: dict[str, str]

    @property
    def summary(self) -> str:
        return self.members["SUMMARY.txt"]


def packed(folder: Path, source: MailServer, destination: MailServer, *, traced: bool = True) -> Packed:
    """What `tui-migrate bundle user` makes of a run between these two."""
    with source, destination:
        plan = plan_between(folder, source, destination)
        if traced:
            with closing(open_service(folder / "data")) as service:
                service.plans.save(load_plan(plan))
                service.logs.set_trace(1, on=True)
        ended = migrate(plan, folder / "data", QUICK)
    return Packed(ended, opened(folder, "user"))


def opened(folder: Path, *words: str) -> dict[str, str]:
    """The members of a new bundle; nothing private is in any of them, or in the file itself."""
    file = folder / "it.zip"
    done = CliRunner().invoke(main, ["bundle", *words, "--output", str(file), "--data-dir", str(folder / "data")])
    assert (done.exit_code, done.stdout) == (0, f"{file}\n"), done.output
    assert file.stat().st_mode & 0o777 == 0o600
    with ZipFile(file) as bundle:
        assert bundle.testzip() is None
        members = {name: bundle.read(name) for name in bundle.namelist()}
    assert found(file.read_bytes(), PRIVATE) == []
    for name, data in members.items():
        assert found(data, PRIVATE) == [], (name, data.decode())
    return {name: data.decode() for name, data in members.items()}


class CutAt(Fault):
    """The connection ends whenever this is about to be handed out."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        return [reply[: reply.index(self.text)], Cut()] if self.text in reply else [reply]


def test_a_destination_that_refuses_and_quotes_what_it_refuses(tmp_path: Path) -> None:
    words = f'NO [CANNOT] the message "{SUBJECTS[1]}" is spam'.encode()
    made = packed(tmp_path, ImapDouble(filled()), ImapDouble(Mailbox(password=PASSWORD), [RefuseAll(words)]))
    assert made.ended.code == 1
    assert any(SUBJECTS[1] in each.server_words for each in made.ended.failures), "else it proves nothing"
    assert 'the message "{22 octets}" is spam' in made.summary
    assert found("".join(each.read_text() for each in (tmp_path / "data" / "log").iterdir()).encode(), PRIVATE) == []


def test_a_subject_that_is_said_back_without_marks_is_known(tmp_path: Path) -> None:
    words = f"NO [CANNOT] {SUBJECTS[1]} is spam".encode()
    made = packed(tmp_path, ImapDouble(filled()), ImapDouble(Mailbox(password=PASSWORD), [RefuseAll(words)]))
    assert "NO [CANNOT] {a subject} is spam" in made.summary


class RefuseAll(RefuseCommand):
    """Every message is refused."""

    def __init__(self, reply: bytes) -> None:
        super().__init__("APPEND", reply=reply)


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([CutAt(SUBJECTS[2])], "Each connection to the source ended at this message"),
        ([ReplyGarbage(3, f"Subject: {SUBJECTS[2]}\r\n".encode())], "octets that are no reply"),
        (
            [RefuseCommand("AUTHENTICATE", reply=f'NO [AUTHENTICATIONFAILED] no user with "{PASSWORD}"'.encode())],
            "AUTHENTICATE PLAIN",
        ),
    ],
)
def test_a_source_that_misbehaves(tmp_path: Path, faults: Sequence[Fault], told: str) -> None:
    made = packed(tmp_path, ImapDouble(filled(), faults), ImapDouble(Mailbox(password=PASSWORD)))
    assert told in made.summary, made.summary


def test_pop(tmp_path: Path) -> None:
    faults = [RefuseCommand("RETR 3", reply=b"-ERR the message is damaged")]
    made = packed(tmp_path, PopDouble(filled(), faults), ImapDouble(Mailbox(password=PASSWORD)))
    assert "the message is damaged" in made.summary
    assert "C: RETR 3" in made.members["trace/trace-1.log"]


def test_what_is_in_it(tmp_path: Path) -> None:
    faults = [RefuseCommand("UID FETCH.*BODY", nth=4, reply=b"NO [CANNOT] damaged")]
    source, destination = ImapDouble(filled(), faults), ImapDouble(Mailbox(password=PASSWORD))
    members = packed(tmp_path, source, destination).members
    assert list(members) == [
        *("SUMMARY.txt", "versions.txt", "settings.json", "accounts.json", "failures.json", "events.txt"),
        *("remarks.json", "servers.json", "store.json", "log/engine.log", "trace/trace-1.log"),
    ]
    for part in ("tui-migrate 0.", "Python 3", "OpenSSL", "SQLite 3", "textual ", "Linux"):
        assert part in members["versions.txt"]
    (settings,) = json.loads(members["settings.json"])
    assert settings["source"]["port"] == source.port
    (account,) = json.loads(members["accounts.json"])
    assert account["folders"][0]["source_display"] == "INBOX"
    assert account["folders"][0]["windows"]["arrived"] >= 1
    servers = json.loads(members["servers.json"])
    assert "UIDPLUS" in servers[f"127.0.0.1:{destination.port}"]["offers"]
    assert json.loads(members["store.json"])["rows"]["account"] == 1
    assert "imported" in members["events.txt"]
    assert "state: checking" in members["log/engine.log"]


def test_the_others_are_left_out(tmp_path: Path) -> None:
    boxes = [Mailbox("user", PASSWORD), Mailbox("bystander", PASSWORD)]
    with ImapDouble(boxes) as old, ImapDouble([Mailbox(each.user, PASSWORD) for each in boxes]) as new:
        migrate(plan_between(tmp_path, old, new), tmp_path / "data", QUICK)
    assert "bystander" in (tmp_path / "data" / "log" / "engine.log").read_text()
    with closing(open_service(tmp_path / "data")) as service:
        service.migrations.pause(1)
        with service.store.write() as connection:
            events.add(connection, "admin", "deleted the account gone@old.example", migration_id=1)
            events.add(connection, "admin", "paused bystander, user", migration_id=1)
    members = opened(tmp_path, "user")
    assert not any("bystander" in text or "gone@" in text for text in members.values())
    assert "paused the migration" in members["events.txt"]
    assert "No trace was made" in members["SUMMARY.txt"]
    (tmp_path / "it.zip").unlink()
    assert "bystander" in opened(tmp_path)["log/engine.log"]


def test_no_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for name in ("mine", "link"):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(tmp_path / "mine")
        words = ["bundle", "--output", str(tmp_path / name), "--data-dir", str(tmp_path / "data")]
        done = CliRunner().invoke(main, words)
        assert (done.exit_code, "There is a file" in done.output) == (3, True)
    assert (tmp_path / "mine").read_text() == "mine"


def test_no_secret_of_a_setting_is_in_it(tmp_path: Path) -> None:
    secrets = [f"{PASSWORD}{number}" for number in range(4)]
    source = ImapServer("old.example", admin=AdminLogin("root", Secret(secrets[0])))
    destination = ImapServer("new.example", token=TokenLogin(f"/opt/give --client-secret {secrets[1]} {{user}}"))
    notices = NoticeSettings("smtp.example", "it@new.example", user="it", password=Secret(secrets[2]), text=secrets[3])
    with closing(open_service(tmp_path / "data")) as service, service.store.write() as connection:
        spec = MigrationSpec("Office", source, destination, notices=notices)
        migration_id = migrations.save(connection, spec, service.store.vault)
        accounts.save(connection, migration_id, [AccountSpec("user", Secret(PASSWORD), "user")], service.store.vault)
    settings = opened(tmp_path, "user")["settings.json"]
    assert '"user": "root"' in settings
    assert '"token command": "/opt/give"' in settings
