"""Notices that are due are sent by the engine: once, again where that can help, and never where it is in doubt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.crash.support import KILLED, Child, wait_for
from tests.engine.clockwork import HOUR, Clock, Clockwork
from tests.engine.support import run_cli
from tests.servers.smtp import SmtpServer
from tests.store import samples
from tui_migrate.cli import main
from tui_migrate.engine.notifier import WAITS, settle
from tui_migrate.errors import CannotConnect, NoticeInDoubt, NoticeRefused
from tui_migrate.model import AccountState, NoticeSettings, NoticeState, Secret, Security
from tui_migrate.service import Service, open_service
from tui_migrate.store import accounts, looks, migrations, notices

USERS = ("alice", "bob", "carol")
DATA = "data"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(open_service(tmp_path / DATA)) as service:
        yield service


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def at(port: int, **changes: object) -> NoticeSettings:
    plain = NoticeSettings(
        "127.0.0.1",
        "help@example.com",
        security=Security.NONE,
        port=port,
        subject="Moved",
        text="{source}: {arrived}\n",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def add_notices(
    service: Service, to: NoticeSettings | None, state: NoticeState = NoticeState.DUE, recipient: str | None = None
) -> int:
    """A migration whose three accounts are done, each with a notice. Returns its id."""
    with service.store.write() as connection:
        migration_id = migrations.create(connection, replace(samples.migration(), notices=to), service.store.vault)
        accounts.save(connection, migration_id, map(samples.mailbox, USERS), service.store.vault)
        for each in accounts.listing(connection, migration_id):
            accounts.set_state(connection, each.id, AccountState.DONE)
            address = each.destination_user if recipient is None else recipient
            values = {"source": each.source_user, "arrived": "1,234"}
            notices.put(connection, migration_id, each.id, state, address, values, 0.0)
    return migration_id


def states(service: Service, migration_id: int) -> list[NoticeState]:
    return [each.state for each in service.notices.listing(migration_id)]


def become(service: Service, migration_id: int, *wanted: NoticeState) -> None:
    wait_for(lambda: states(service, migration_id) == [*wanted])


def recipients(smtp: SmtpServer) -> list[str]:
    return [each for received in smtp.received for each in received.recipients]


def said(service: Service) -> list[str]:
    return [event.what for event in reversed(service.logs.events()) if event.what.startswith("mail to")]


def mails(folder: Path, *arguments: str) -> str:
    """What `tui-migrate mails` prints."""
    done = CliRunner().invoke(main, ["mails", *arguments, "--data-dir", str(folder / DATA)])
    assert done.exit_code == 0, done.output
    return done.stdout


ALL_SENT = [NoticeState.SENT] * 3
ADDRESSES = [f"{user}@new.example" for user in USERS]


def test_each_notice_is_sent_once(service: Service, smtp: SmtpServer) -> None:
    migration_id = add_notices(service, at(smtp.port))
    with service.store.read() as connection:
        assert looks.engine.work_waits(connection)
    with Clockwork(service, Clock()):
        become(service, migration_id, *ALL_SENT)
    with Clockwork(service, Clock()):
        wait_for(lambda: service.engine.status().beat_at is not None)
    assert recipients(smtp) == ADDRESSES
    assert (smtp.received[0].sender, smtp.received[0].text) == ("help@example.com", "alice: 1,234\n")
    assert said(service) == [f"mail to {each}: sent" for each in ADDRESSES]
    with service.store.read() as connection:
        assert not looks.engine.work_waits(connection)


def test_nothing_is_sent_while_it_is_held_or_off(service: Service, smtp: SmtpServer, tmp_path: Path) -> None:
    held = add_notices(service, at(smtp.port), NoticeState.HELD)
    assert run_cli("engine", "--until-idle", "--data-dir", tmp_path / DATA).returncode == 0
    service.notices.configure(held, None)
    with service.store.write() as connection:
        notices.ask(connection, held, [NoticeState.HELD], {}, 0.0)
    assert run_cli("engine", "--until-idle", "--data-dir", tmp_path / DATA).returncode == 0
    assert (smtp.received, states(service, held)) == ([], [NoticeState.DUE] * 3)


def test_held_notices_go_out_when_they_are_released(service: Service, smtp: SmtpServer, tmp_path: Path) -> None:
    migration_id = add_notices(service, at(smtp.port), NoticeState.HELD)
    asked = mails(tmp_path, "Head office", "--release")
    assert asked == "Head office: 3 mails are sent now.\n"
    become(service, migration_id, *ALL_SENT)
    wait_for(lambda: not service.engine.status().running)
    assert recipients(smtp) == ADDRESSES
    again = mails(tmp_path, "Head office", "--release")
    assert again == "Head office: no mail is held.\n"


def test_a_refused_recipient_stops_nobody_else(service: Service, smtp: SmtpServer, tmp_path: Path) -> None:
    smtp.replies["bob@new.example"] = ["550 5.1.1 No such user"]
    migration_id = add_notices(service, at(smtp.port))
    with Clockwork(service, Clock()):
        become(service, migration_id, NoticeState.SENT, NoticeState.FAILED, NoticeState.SENT)
    _, bob, _ = service.notices.listing(migration_id)
    why = "The SMTP server does not take the recipient bob@new.example. 550 5.1.1 No such user"
    assert bob.last_error == why
    assert f"mail to bob@new.example: failed. {why}" in said(service)
    shown = mails(tmp_path)
    assert shown.startswith("Head office: mail to users: 2 sent, 1 failed\n")
    assert f"failed  bob@new.example: {why}\n" in shown
    (known,) = json.loads(mails(tmp_path, "--json"))
    assert [(each["account"], each["state"]) for each in known["mails"]] == [
        ("alice", "sent"),
        ("bob", "failed"),
        ("carol", "sent"),
    ]


def test_what_is_not_taken_now_is_tried_again_by_the_clock(service: Service, smtp: SmtpServer) -> None:
    smtp.replies["bob@new.example"] = ["451 4.7.1 Greylisted", "452 4.2.2 Full"]
    clock = Clock()
    migration_id = add_notices(service, at(smtp.port))
    with Clockwork(service, clock):
        become(service, migration_id, NoticeState.SENT, NoticeState.DUE, NoticeState.SENT)
        assert service.notices.listing(migration_id)[1].last_error.endswith("451 4.7.1 Greylisted")
        clock.ahead = WAITS[0] + 1
        wait_for(lambda: service.notices.listing(migration_id)[1].last_error.endswith("452 4.2.2 Full"))
        clock.ahead += WAITS[1] + 1
        become(service, migration_id, *ALL_SENT)
    assert recipients(smtp) == [ADDRESSES[0], ADDRESSES[2], ADDRESSES[1]]
    assert len([each for each in said(service) if "tried again at" in each]) == 1


def test_a_login_that_is_refused_is_tried_once_for_all(service: Service) -> None:
    with SmtpServer(logins={"relay": "word"}) as smtp:
        wrong = at(smtp.port, user="relay", password=Secret("wrong"))
        migration_id = add_notices(service, wrong)
        with Clockwork(service, Clock()):
            become(service, migration_id, *[NoticeState.FAILED] * 3)
            tried = len(smtp.logins_tried)
            assert tried <= 2  # by either of two mechanisms
            with service.store.write() as connection:
                right = replace(wrong, password=Secret("word"))
                migrations.set_notices(connection, migration_id, right, service.store.vault)
                notices.ask(connection, migration_id, [NoticeState.FAILED], {}, 0.0)
            become(service, migration_id, *ALL_SENT)
        assert recipients(smtp) == ADDRESSES
    refused, *sent = said(service)
    assert refused.startswith("mail to 3 users: failed. 127.0.0.1 does not accept the login of relay.")
    assert len(sent) == 3


def test_a_server_that_is_away_is_asked_once_for_all(service: Service, smtp: SmtpServer) -> None:
    clock = Clock()
    migration_id = add_notices(service, at(1))
    with Clockwork(service, clock):
        wait_for(lambda: [each.attempts for each in service.notices.listing(migration_id)] == [1, 1, 1])
        assert states(service, migration_id) == [NoticeState.DUE] * 3
        service.notices.configure(migration_id, at(smtp.port))
        clock.ahead = HOUR
        become(service, migration_id, *ALL_SENT)


def test_a_user_without_an_address(service: Service, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.engine, "ensure_running", lambda: None)
    migration_id = add_notices(service, at(smtp.port), recipient="")
    with Clockwork(service, Clock()):
        become(service, migration_id, *[NoticeState.FAILED] * 3)
        assert "give the account one (Notify)" in service.notices.listing(migration_id)[0].last_error
        assert service.notices.retry(migration_id) == 3  # the destination's users are addresses
        become(service, migration_id, *ALL_SENT)


def test_a_killed_engine_leaves_a_doubt_and_sends_nothing_twice(
    service: Service, smtp: SmtpServer, tmp_path: Path
) -> None:
    migration_id = add_notices(service, at(smtp.port))
    with Child("engine", "--until-idle", "--data-dir", tmp_path / DATA) as engine:
        smtp.after_data = engine.kill
        assert engine.wait() == KILLED
    smtp.after_data = lambda: None
    assert states(service, migration_id) == [NoticeState.IN_DOUBT, NoticeState.DUE, NoticeState.DUE]
    with Clockwork(service, Clock()):
        become(service, migration_id, NoticeState.IN_DOUBT, NoticeState.SENT, NoticeState.SENT)
    assert recipients(smtp) == ADDRESSES
    doubt = "mail to alice@new.example: may have been sent; the engine ended before the server's answer"
    assert doubt in said(service)
    asked = mails(tmp_path, "Head office", "--retry")
    assert asked == "Head office: 1 mail is sent now.\n"
    become(service, migration_id, *ALL_SENT)
    assert recipients(smtp) == [*ADDRESSES, "alice@new.example"]
    wait_for(lambda: not service.engine.status().running)


def test_an_engine_that_would_end_when_idle_stays_for_what_is_tried_again(
    service: Service, smtp: SmtpServer, tmp_path: Path
) -> None:
    smtp.replies["alice@new.example"] = ["451 4.7.1 Greylisted"]
    migration_id = add_notices(service, at(smtp.port))
    with Child("engine", "--until-idle", "--data-dir", tmp_path / DATA) as engine:
        become(service, migration_id, NoticeState.DUE, NoticeState.SENT, NoticeState.SENT)
        beat = service.engine.status().beat_at
        wait_for(lambda: (service.engine.status().beat_at or 0) > (beat or 0))
        assert engine.running
        with service.store.write() as connection:
            notices.ask(connection, migration_id, [NoticeState.DUE], {}, 0.0)
        assert engine.wait() == 0
    assert states(service, migration_id) == ALL_SENT


def test_the_waits_grow_for_a_day_and_then_it_has_failed() -> None:
    error, now = CannotConnect("away"), 1000.0
    assert settle(error, 1, now) == (NoticeState.DUE, now + 60)
    assert list(WAITS) == sorted(WAITS)
    assert sum(WAITS) == 24 * HOUR
    assert settle(error, len(WAITS), now)[0] is NoticeState.DUE
    assert settle(error, len(WAITS) + 1, now)[0] is NoticeState.FAILED
    assert settle(NoticeRefused("no"), 1, now)[0] is NoticeState.FAILED
    assert settle(NoticeInDoubt("?"), 1, now)[0] is NoticeState.IN_DOUBT
