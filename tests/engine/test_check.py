"""Looking before starting, on real servers: each item says what is so, holds back what it must, and lets go again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from tests.conftest import DovecotFactory
from tests.engine.pop_mail import pop
from tests.engine.sized_mail import item
from tests.engine.support import Row, migrate, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.support.rewriting_proxy import RewritingProxy
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.engine import supervisor
from tui_migrate.engine.outcome import begin
from tui_migrate.model import Account, AccountState
from tui_migrate.service import Service, open_service
from tui_migrate.store.database import Transaction
from tui_migrate.store.schema import last_check

SMALL = DovecotOptions(quota_storage="100M", max_mail_size="20K")
"""The destination, with a quota and a limit for a message."""


@dataclass
class Moves:
    """Mailboxes that are to move from one server to another, each called the same at both."""

    old: Dovecot
    new: Dovecot
    folder: Path
    users: list[str]

    def add(self, user: str, *items: MailItem, folders: tuple[str, ...] = (), new_password: str = "secret") -> str:
        write_maildir(self.old.add_user(user, "secret"), "/", items, folders=folders)
        self.new.add_user(user, new_password)
        self.users.append(user)
        return user

    def load(self, source: int = 0, destination: int = 0, rows: list[Row] | None = None, **keys: object) -> Path:
        ends = plain(source or self.old.port), plain(destination or self.new.port, **keys)
        path = write_plan(self.folder, *ends, rows or self.users)
        with self.service() as service:
            service.plans.save(load_plan(path))
        return path

    @contextmanager
    def service(self) -> Iterator[Service]:
        with closing(open_service(self.folder / "data")) as service:
            yield service

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["check", *words, "--data-dir", str(self.folder / "data")])

    def check(self, *words: str) -> dict[str, dict[str, Any]]:
        """The accounts in the JSON by user, after its exit code was seen to agree."""
        ended = self.run("--json", *words)
        assert ended.stdout, ended.stderr
        found = json.loads(ended.stdout)
        assert ended.exit_code == (0 if found["fit"] else 1)
        return {each["source_user"]: each for migration in found["migrations"] for each in migration["accounts"]}

    def accounts(self) -> dict[str, Account]:
        with self.service() as service:
            (overview,) = service.migrations.listing()
            return {each.source_user: each for each in service.accounts.listing(overview.migration.id)}

    def events(self) -> list[str]:
        with self.service() as service:
            return [f"{each.who}: {each.what}" for each in service.logs.events()]


@pytest.fixture
def moves(dovecot_factory: DovecotFactory, tmp_path: Path) -> Moves:
    return Moves(dovecot_factory(), dovecot_factory(SMALL), tmp_path, [])


def result(account: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in account["results"] if each["item"] == name]
    assert isinstance(found, dict)
    return found


def verdicts(account: dict[str, Any]) -> list[str]:
    return [each["verdict"] for each in account["results"]]


def test_all_is_well(moves: Moves, unique_user: Callable[[], str]) -> None:
    user = moves.add(unique_user(), item(1000), item(2000, "Work"), item(500, "Work/2019"))
    moves.load()
    found = moves.check()[user]
    assert verdicts(found) == ["passed", "passed", "passed", "unknown", "passed"], "it announces no limit for a message"
    assert found["fit"] is True
    assert found["load"] == {"messages": 3, "octets": 3500, "missing_messages": 3, "missing_octets": 3500}
    assert found["free"] == 100 << 20
    assert (found["too_large"], found["folders"], found["seconds"]) == (None, 0, None)
    assert moves.accounts()[user].state is AccountState.WAITING, "nothing was started"
    assert read_maildir(moves.new.maildir(user), "/") == counted([]), "nothing was written"


def test_logins_that_are_refused_or_cannot_be_tried(moves: Moves, unique_user: Callable[[], str]) -> None:
    well, old, new = (moves.add(unique_user(), item(100)) for _ in range(3))
    rows: list[Row] = [well, *({"Source": each, "Password": "secret", "Destination": each} for each in (old, new))]
    moves.old.set_password(old, "another")
    moves.new.set_password(new, "another")
    moves.load(rows=rows)
    found = moves.check()
    assert verdicts(found[well])[:3] == ["passed", "passed", "passed"]
    assert verdicts(found[old]) == ["failed", "passed", "unknown", "unknown", "unknown"]
    assert verdicts(found[new]) == ["passed", "failed", "unknown", "unknown", "unknown"]
    assert "AUTHENTICATIONFAILED" in result(found[old], "source login")["server_words"]
    assert found[old]["load"] is None
    moves.new.stop()
    try:
        ended = moves.run("--json", "--account", well)
    finally:
        moves.new.start()
    (alone,) = json.loads(ended.stdout)["migrations"][0]["accounts"]
    assert ended.exit_code == 1
    assert verdicts(alone) == ["passed", *["unknown"] * 4], "a server that is away refuses nobody"
    assert alone["held_back"] is False


def test_a_server_that_is_away_is_not_asked_for_every_account(moves: Moves, unique_user: Callable[[], str]) -> None:
    users = [moves.add(unique_user(), item(100)) for _ in range(30)]
    moves.load(destination=1)
    ended = moves.run()
    assert ended.exit_code == 1
    assert "not checked: 127.0.0.1 port 1 cannot be reached" in ended.stderr
    assert len([each for each in users if each in ended.stdout]) < len(users)


def test_an_account_that_does_not_fit_is_held_waived_and_started(moves: Moves, unique_user: Callable[[], str]) -> None:
    large, well = (moves.add(unique_user(), *([item(15_000)] * 4)) for _ in range(2))
    moves.new.set_quota(large, "50K")
    plan = moves.load()
    found = moves.check()
    sentence = "Does not fit: 60 kB to copy, 51 kB free."
    assert result(found[large], "quota")["sentence"] == sentence
    assert found[large]["held_back"] is True
    assert found[well]["fit"] is True
    ended = migrate(plan, moves.folder / "data")
    assert ended.code == 1
    (held, done) = ended.accounts
    assert (held.state, held.detail) == (AccountState.FAILED, f"Check: {sentence}")
    assert done.state is AccountState.DONE
    (failure,) = ended.failures
    assert (failure.kind, failure.server_words) == ("does not fit", "QUOTA STORAGE 0 of 50 KiB")
    assert "waive" in failure.advice
    assert read_maildir(moves.new.maildir(large), "/") == counted([]), "nothing was copied"
    assert f"engine: {large}: not started. Check: {sentence}" in moves.events()
    waived = moves.run("--waive", large)
    assert (waived.exit_code, waived.stdout) == (0, f"Test: {large}: waived, it may start.\n")
    assert any(f"{large}: waived. Check: {sentence}" in each for each in moves.events())
    assert moves.accounts()[large].state is AccountState.WAITING
    ended = migrate(plan, moves.folder / "data")
    assert (ended.accounts[0].state, ended.accounts[0].counts.listed) == (AccountState.PAUSED, 4), "it was tried"
    found = moves.check("--account", large)
    assert (found[large]["held_back"], found[large]["fit"]) == (False, False), "it is still waived"


def test_more_room_lets_it_go(moves: Moves, unique_user: Callable[[], str]) -> None:
    user = moves.add(unique_user(), *([item(15_000)] * 4))
    moves.new.set_quota(user, "50K")
    plan = moves.load()
    moves.check()
    assert migrate(plan, moves.folder / "data").accounts[0].state is AccountState.FAILED
    moves.new.set_quota(user, "90K")
    assert moves.check()[user]["fit"] is True
    account = moves.accounts()[user]
    assert (account.state, account.detail) == (AccountState.WAITING, "")
    assert any("check passed, it goes on" in each for each in moves.events())
    ended = migrate(plan, moves.folder / "data")
    assert (ended.code, ended.counts.copied, ended.failures) == (0, 4, [])


def test_what_is_there_already_needs_no_room(moves: Moves, unique_user: Callable[[], str]) -> None:
    """By the journal, of the mailboxes that it speaks of: the rest fits although all of it would not."""
    user = moves.add(unique_user(), *([item(15_000)] * 4))
    plan = moves.load()
    assert migrate(plan, moves.folder / "data").code == 0
    write_maildir(moves.old.maildir(user), "/", [item(10_000)])
    moves.new.set_quota(user, "80K")
    found = moves.check()[user]
    assert found["load"] == {"messages": 5, "octets": 70_000, "missing_messages": 1, "missing_octets": 10_000}
    assert result(found, "quota")["verdict"] == "passed"
    assert found["seconds"] is None, "four messages are no measure"
    assert found["basis"] == "no pass between these servers has copied enough yet"
    other = unique_user()
    moves.new.add_user(other, "secret")
    moves.load(rows=[(user, other)])
    assert moves.check()[user]["load"]["missing_messages"] == 5


def test_what_was_copied_after_all_is_not_held_back(
    moves: Moves, unique_user: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check while it is being copied finds no room, and room is made meanwhile."""
    user = moves.add(unique_user(), item(1000))
    plan = moves.load()
    moves.check()

    def begin_and_check(connection: Transaction, account_id: int) -> Account:
        connection.execute(update(last_check).values(refusal="Check: Does not fit."))
        return begin(connection, account_id)

    monkeypatch.setattr(supervisor, "begin", begin_and_check)
    assert migrate(plan, moves.folder / "data").code == 0
    monkeypatch.undo()
    assert migrate(plan, moves.folder / "data").code == 0
    assert moves.accounts()[user].pass_number == 2


def test_a_new_password_is_another_account(moves: Moves, unique_user: Callable[[], str]) -> None:
    user = moves.add(unique_user(), item(100), new_password="other")
    moves.load()
    assert moves.check()[user]["held_back"] is True
    rows: list[Row] = [
        {"Source": user, "Password": "secret", "Destination": user, "Destination Password": "other"},
    ]
    plan = moves.load(rows=rows)
    assert migrate(plan, moves.folder / "data").code == 0


def test_messages_above_the_limit_are_counted_and_hold_nothing_back(
    moves: Moves, unique_user: Callable[[], str]
) -> None:
    user = moves.add(unique_user(), item(1000), item(25_000), item(30_000, "Work"))

    def announces(line: bytes, answered: bytes | None) -> bytes:
        return line.replace(b" IDLE", b" IDLE APPENDLIMIT=20480") if b"CAPABILITY" in line else line

    with RewritingProxy(moves.new.port, server_line=announces) as proxy:
        plan = moves.load(destination=proxy.port)
        ended = moves.run()
        assert "2 messages are larger than the 20 kB that the destination takes." in ended.stdout
        found = moves.check()[user]
        assert (found["too_large"], found["fit"]) == (2, True)
        assert result(found, "message size")["verdict"] == "warning"
        copied = migrate(plan, moves.folder / "data")
        assert (copied.counts.copied, copied.counts.failed) == (1, 2)


def test_servers_that_tell_nothing_leave_it_unknown(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    server = dovecot_factory()
    moves = Moves(server, server, tmp_path, [])
    user, there = unique_user(), unique_user()
    write_maildir(server.add_user(user, "secret"), "/", [item(100)])
    server.add_user(there, "secret")
    moves.load(rows=[(user, there)])
    found = moves.check()[user]
    assert verdicts(found) == ["passed", "passed", "unknown", "unknown", "passed"]
    assert (found["free"], found["too_large"], found["fit"]) == (None, None, True)


def test_sums_of_the_server_where_it_has_some(moves: Moves, unique_user: Callable[[], str]) -> None:
    """Without a limit for a message nothing is listed: a check of a huge mailbox costs no listing."""
    plenty = [item(1000 + number, "Work") for number in range(50)]
    user = moves.add(unique_user(), item(700), *plenty)
    with RewritingProxy(moves.old.port) as proxy:
        moves.load(source=proxy.port)
        assert moves.check()[user]["load"]["octets"] == 700 + sum(range(1000, 1050))
        assert not [each for each in proxy.commands if b"FETCH" in each]


def test_folders_that_get_other_names(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    dots = dovecot_factory(DovecotOptions(separator="."))
    moves = Moves(dovecot_factory(), dots, tmp_path, [])
    user = moves.add(unique_user(), item(100), folders=("a.b", "a_b", "Plans", "PLANS", "Verzonden"))
    moves.load()
    found = moves.check()[user]
    said = result(found, "folder names")
    assert said["verdict"] == "warning"
    assert "1 another folder has the name (a.b becomes a_b (2))" in said["sentence"]
    assert "2 differ in case alone, which not every server tells apart (" in said["sentence"]
    assert (found["folders"], found["fit"]) == (3, True)


def test_a_pop_mailbox(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> None:
    old = dovecot_factory(DovecotOptions(pop3=True))
    moves = Moves(old, dovecot_factory(SMALL), tmp_path, [])
    user = moves.add(unique_user(), item(1000), item(2000))
    moves.new.set_quota(user, "2K")
    path = write_plan(tmp_path, pop(old.pop3_port), plain(moves.new.port), [user])
    with moves.service() as service:
        service.plans.save(load_plan(path))
    found = moves.check()[user]
    assert found["load"]["octets"] == 3000
    assert result(found, "quota")["verdict"] == "failed"


def test_what_is_left_out_needs_no_room(moves: Moves, unique_user: Callable[[], str]) -> None:
    user = moves.add(unique_user(), item(1000), item(5000), item(3000, instant=1_500_000_000))
    path = moves.load()
    text = path.read_text().replace("[migration]", '[migration]\nmax_message_size = "4 kB"\nsince = "2020-01-01"')
    path.write_text(text)
    with moves.service() as service:
        service.plans.save(load_plan(path))
    assert moves.check()[user]["load"] == {
        "messages": 1,
        "octets": 1000,
        "missing_messages": 1,
        "missing_octets": 1000,
    }


def test_as_a_table(moves: Moves, unique_user: Callable[[], str]) -> None:
    well = moves.add(unique_user(), item(1000))
    large = moves.add(unique_user(), *([item(15_000)] * 4))
    moves.new.set_quota(large, "50K")
    moves.load()
    ended = moves.run("Test")
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert rows[2][:6] == [large, "ok", "ok", "4", "60", "kB"]
    assert "NO" in rows[2]
    assert rows[3][0] == well, "trouble first"
    assert (
        f"{large}: will not be started; tui-migrate check --waive {large} lets it start all the same." in ended.stdout
    )
    assert "2 checked, 1 held back; 5 messages, 61 kB to copy" in ended.stdout
    assert "no such migration" not in ended.stdout
    assert moves.run("Nowhere").exit_code == 2
    assert moves.run("--waive", well).stdout == f"Test: {well}: nothing holds it back.\n"
