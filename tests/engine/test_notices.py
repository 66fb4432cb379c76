"""Who gets a notice when an account ends, and what it says: what has arrived, and nothing of what has not."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import pytest
import tomli_w

from tests.conftest import DovecotFactory
from tests.crash.office import FEW
from tests.crash.support import wait_for
from tests.engine.clockwork import HOUR, Clock, Clockwork
from tests.engine.support import migrate, plain, run_here, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import write_maildir
from tests.servers.smtp import SmtpServer
from tests.store import samples
from tui_migrate.config.plan import load_plan
from tui_migrate.engine.notices import notice_state, recipient, write_notices
from tui_migrate.model import (
    AccountState,
    Counts,
    MigrationSpec,
    Notice,
    NoticeKind,
    NoticeSettings,
    NoticeState,
    Schedule,
)
from tui_migrate.model.progress import Tally
from tui_migrate.notices.values import account_values
from tui_migrate.service import Service, open_service
from tui_migrate.store import accounts, events, migrations, notices, progress, schedules

SHOWN = ("listed", "arrived", "moved", "copied", "brought", "there", "excluded", "bytes")
SETTINGS = NoticeSettings("smtp.example", "help@example.com", summary_to="admin@example.com")
DONE, WITH_FAILURES, FAILED = AccountState.DONE, AccountState.DONE_WITH_FAILURES, AccountState.FAILED


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(open_service(tmp_path / "data")) as service:
        yield service


def add(service: Service, settings: NoticeSettings | None = SETTINGS, schedule: Schedule = Schedule()) -> int:  # noqa: B008
    spec = replace(samples.migration(), notices=settings, schedule=schedule)
    with service.store.write() as connection:
        migration_id = migrations.create(connection, spec, service.store.vault)
        accounts.save(connection, migration_id, map(samples.mailbox, ("alice", "bob")), service.store.vault)
    return migration_id


def end(service: Service, migration_id: int, number: int, state: AccountState, counts: Counts) -> None:
    """A pass over this account ends so, as the engine writes it."""
    with service.store.write() as connection:
        account = accounts.listing(connection, migration_id)[number]
        progress.begin_pass(connection, account.id, 1_741_780_000.0)
        progress.save_account(connection, account.id, Tally(counts, 5000, 4000), (0.0, 0.0))
        samples.move(connection, account.id, counts.copied, 4000)
        progress.end_pass(connection, account.id, 1_741_788_120.0, state)
        accounts.set_state(connection, account.id, state)
        migration = migrations.get(connection, migration_id, service.store.vault)
        write_notices(connection, migration, [account.id], 1_741_788_120.0)


def to_users(service: Service, migration_id: int) -> list[Notice]:
    return [each for each in service.notices.listing(migration_id) if each.kind is NoticeKind.DONE]


def summaries(service: Service, migration_id: int) -> list[Notice]:
    return [each for each in service.notices.listing(migration_id) if each.kind is NoticeKind.SUMMARY]


def test_only_what_is_done_is_told_by_itself() -> None:
    held = replace(SETTINGS, hold=True)
    assert [notice_state(SETTINGS, each) for each in (DONE, WITH_FAILURES, FAILED)] == [
        NoticeState.DUE,
        NoticeState.HELD,
        None,
    ]
    assert [notice_state(held, each) for each in (DONE, WITH_FAILURES, FAILED)] == [
        NoticeState.HELD,
        NoticeState.HELD,
        None,
    ]


def test_to_whom(service: Service) -> None:
    account = service.accounts.listing(add(service))[0]
    assert recipient(account) == "alice@new.example"
    assert recipient(replace(account, notify="alice@home.example")) == "alice@home.example"
    assert recipient(replace(account, destination_user="alice")) == ""


def test_an_account_has_one_notice_with_the_numbers_of_its_last_pass_before_it_was_sent(service: Service) -> None:
    migration_id = add(service, replace(SETTINGS, hold=True))
    end(service, migration_id, 0, DONE, Counts(1234, 1230, 0, 4))
    (first,) = to_users(service, migration_id)
    end(service, migration_id, 0, DONE, Counts(1240, 6, excluded=4, brought=1230))
    (notice,) = to_users(service, migration_id)
    assert (first.id, first.values["arrived"]) == (notice.id, "1,230")
    assert {key: notice.values[key] for key in SHOWN} == {
        "listed": "1,240",
        "arrived": "1,236",
        "moved": "1,236",
        "copied": "6",
        "brought": "1,230",
        "there": "0",
        "excluded": "4",
        "bytes": "8.0 kB",  # of both passes
    }
    with service.store.write() as connection:
        notices.end(connection, notice, NoticeState.SENT, 0.0)
    end(service, migration_id, 0, DONE, Counts(1250, 10, excluded=4, brought=1236))
    assert [(each.state, each.values["copied"]) for each in to_users(service, migration_id)] == [
        (NoticeState.SENT, "6")
    ]


def test_a_notice_that_is_not_true_any_more_is_withdrawn(service: Service) -> None:
    migration_id = add(service, replace(SETTINGS, hold=True))
    end(service, migration_id, 0, DONE, Counts(3, 3))
    end(service, migration_id, 0, FAILED, Counts(3, 0, 0, 0, 0, 3))
    assert to_users(service, migration_id) == []


def test_before_the_final_pass_nobody_is_told_that_it_is_over(service: Service) -> None:
    migration_id = add(service, schedule=Schedule(final_pass_at=1_741_790_000.0))
    for number in range(2):
        end(service, migration_id, number, DONE, Counts(3, 3))
    assert service.notices.listing(migration_id) == []
    assert service.notices.release(migration_id) == 0
    with service.store.write() as connection:
        schedules.ask_final_pass(connection, migration_id)
    for number in range(2):
        end(service, migration_id, number, DONE, Counts(4, 1, brought=3))
    assert [each.kind for each in service.notices.listing(migration_id)] == [
        NoticeKind.DONE,
        NoticeKind.DONE,
        NoticeKind.SUMMARY,
    ]


def test_the_summary_adds_up_and_says_what_failed(service: Service) -> None:
    migration_id = add(service)
    end(service, migration_id, 0, DONE, Counts(10, 8, 1, 1))
    assert summaries(service, migration_id) == []
    with service.store.write() as connection:
        bob = accounts.listing(connection, migration_id)[1].id
        for uid in (7, 8):
            events.record_failure(connection, samples.failure(bob, uid=uid))
        events.record_failure(connection, samples.failure(bob, kind="folder was replaced", scope="folder"))
    end(service, migration_id, 1, WITH_FAILURES, Counts(20, 17, 0, 0, 1, 2))
    (summary,) = summaries(service, migration_id)
    assert (summary.recipient, summary.state, summary.account_id) == ("admin@example.com", NoticeState.DUE, None)
    assert summary.values["accounts"] == "2"
    assert summary.values["states"] == "  1 done\n  1 done with failures"
    assert summary.values["equation"] == (
        "30 listed = 25 copied + 0 brought earlier + 1 already there + 1 excluded + 1 gone + 2 failed"
    )
    assert summary.values["failures"] == "Failures: 3\n  2 × message refused\n  1 × folder was replaced"
    end(service, migration_id, 1, DONE, Counts(20, 2, brought=18))  # another end, another summary
    assert len(summaries(service, migration_id)) == 2


def test_a_user_reads_nothing_of_failures(service: Service) -> None:
    migration_id = add(service)
    end(service, migration_id, 1, WITH_FAILURES, Counts(20, 17, 0, 0, 1, 2))
    account = service.accounts.listing(migration_id)[1]
    values = account_values(
        service.migrations.get(migration_id).migration, account, service.passes.of_account(account.id)
    )
    assert set(values) == set(to_users(service, migration_id)[0].values)
    assert not [name for name in values if "fail" in name]
    assert "2" not in values.values()


def test_release_writes_to_those_who_were_done_before_mail_was_turned_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.engine, "ensure_running", lambda: None)
    migration_id = add(service, None)
    end(service, migration_id, 0, DONE, Counts(3, 3))
    end(service, migration_id, 1, FAILED, Counts())
    assert (service.notices.listing(migration_id), service.notices.release(migration_id)) == ([], 0)
    service.notices.configure(migration_id, SETTINGS)
    assert service.notices.listing(migration_id) == []
    assert service.notices.release(migration_id) == 1
    assert [(each.recipient, each.state) for each in service.notices.listing(migration_id)] == [
        ("alice@new.example", NoticeState.DUE)
    ]
    assert service.notices.release(migration_id) == 0


# From the servers to the mail box


class Move:
    """Two users of a Dovecot, one of whom has an address elsewhere, with mail to be told by."""

    def __init__(self, server: Dovecot, users: list[str], folder: Path) -> None:
        self.server, self.users, self.folder = server, users, folder
        for user in users:
            write_maildir(server.add_user(user, "secret"), "/", FEW)
            server.add_user(f"{user}@new.example", "secret")

    def plan(self, smtp: SmtpServer, **keys: object) -> Path:
        """With `keys` in its `[mail]`."""
        first, second = self.users
        rows = [
            {"Source": first, "Password": "secret", "Destination": f"{first}@new.example"},
            {
                "Source": second,
                "Password": "secret",
                "Destination": f"{second}@new.example",
                "Notify": "second@home.example",
            },
        ]
        path = write_plan(self.folder, plain(self.server.port), plain(self.server.port), rows)
        mail = {"host": "127.0.0.1", "port": smtp.port, "security": "none", "sender": "help@example.com", **keys}
        path.write_text(tomli_w.dumps({**tomllib.loads(path.read_text("utf-8")), "mail": mail}), encoding="utf-8")
        return path


@pytest.fixture
def move(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Move:
    return Move(dovecot_factory(), [unique_user(), unique_user()], tmp_path)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def test_a_run_sends_what_it_has_to_say_before_it_ends(move: Move, smtp: SmtpServer, tmp_path: Path) -> None:
    plan = move.plan(smtp, summary_to="admin@example.com")
    ended = migrate(plan, tmp_path / "data")
    assert ended.code == 0, str(ended)
    notices_by = {received.recipients[0]: received for received in smtp.received}
    first, second = move.users
    assert set(notices_by) == {f"{first}@new.example", "second@home.example", "admin@example.com"}
    head, _, rest = notices_by["second@home.example"].text.partition("    Finished:")
    size = sum(len(each.content) for each in FEW)
    assert head == (
        f"Hello,\n\nyour mailbox {second} has been copied to its new place.\n\n"
        f"    Your new mailbox:    {second}@new.example on 127.0.0.1\n"
        f"    Messages in it:      20\n    Copied:              {size // 1000} kB\n"
    )
    assert rest.partition("\n")[2] == (
        "\nFrom now on, please read your mail there. Nothing was deleted or changed in your old mailbox.\n\n"
        "You need not answer this message.\n"
    )
    assert notices_by["second@home.example"].mail["Subject"] == "Your mailbox has moved"
    summary = notices_by["admin@example.com"]
    assert summary.mail["Subject"] == "Test: all accounts have ended"
    assert "40 listed = 40 copied + 0 brought earlier" in summary.text
    assert f"Moved in all passes: 40 messages, {2 * size // 1000} kB" in summary.text
    assert "secret" not in summary.text
    migrate(plan, tmp_path / "data")
    assert [each.recipients for each in smtp.received][3:] == [["admin@example.com"]]


def test_a_run_says_what_it_leaves(move: Move, smtp: SmtpServer, tmp_path: Path) -> None:
    smtp.replies["second@home.example"] = ["451 4.7.1 Greylisted"]
    done = run_here("run", move.plan(smtp), "--data-dir", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "Mail to users: 1 due, 1 sent. What is due is tried again by the background engine" in done.stdout


def test_off_means_that_nothing_is_sent(move: Move, tmp_path: Path) -> None:
    path = write_plan(
        tmp_path, plain(move.server.port), plain(move.server.port), [(move.users[0], "nobody@new.example")]
    )
    move.server.add_user("nobody@new.example", "secret")
    ended = migrate(path, tmp_path / "data")
    assert ended.code == 0, str(ended)
    with closing(open_service(tmp_path / "data")) as service:
        assert service.notices.listing(service.migrations.listing()[0].migration.id) == []


def test_one_notice_after_the_final_pass(move: Move, smtp: SmtpServer, service: Service) -> None:
    clock = Clock()
    migration_id, _ = service.plans.save(load_plan(move.plan(smtp)))
    now = service.migrations.get(migration_id).migration
    spec = MigrationSpec(**{each.name: getattr(now, each.name) for each in fields(MigrationSpec)})
    service.migrations.change(migration_id, replace(spec, schedule=Schedule(final_pass_at=clock() + HOUR)))
    service.migrations.start(migration_id, with_engine=False)
    with Clockwork(service, clock):
        wait_for(lambda: all(each.state is DONE for each in service.accounts.listing(migration_id)))
        assert service.notices.listing(migration_id) == []
        clock.ahead = HOUR + 1
        wait_for(lambda: len(smtp.received) == 2)
        wait_for(lambda: [each.state for each in service.notices.listing(migration_id)] == [NoticeState.SENT] * 2)
    assert {each.pass_number for each in service.accounts.listing(migration_id)} == {2}
    assert all("Messages in it:      20\n" in each.text for each in smtp.received)
