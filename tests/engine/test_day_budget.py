"""A day's bytes: an account that has used them up waits in good order, and goes on the next day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import open_windows, wait_for
from tests.engine.clockwork import HOUR, Clock, Clockwork
from tests.engine.support import memory_disk, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.config.plan import load_plan
from tui_migrate.model import Account, AccountState
from tui_migrate.service import Service, open_service

SIZE = 3000
MAIL = [
    MailItem(
        "INBOX", b"Subject: %d\r\n\r\n" % number + b"x" * (SIZE - 20) + b"\r\n", frozenset(), FIRST_OF_JULY + number
    )
    for number in range(16)
]


class Case:
    """One mailbox, and an engine whose clock is turned by hand."""

    mail = MAIL

    def __init__(self, server: Dovecot, user: str, folder: Path, service: Service) -> None:
        self.server, self.user, self.folder, self.service = server, user, folder, service
        write_maildir(server.add_user(user, "secret"), "/", MAIL)
        self.destination = server.add_user(f"new-{user}", "secret")

    def plan(self, source: dict[str, object], destination: dict[str, object]) -> None:
        port = self.server.port
        plan = write_plan(
            self.folder, plain(port, **source), plain(port, **destination), [(self.user, f"new-{self.user}")]
        )
        self.migration, _ = self.service.import_plan(load_plan(plan))

    @property
    def account(self) -> Account:
        (account,) = self.service.accounts(self.migration)
        return account

    def arrived(self) -> list[MailItem]:
        return [*read_maildir(self.destination, "/").elements()]

    def wait_for(self, state: AccountState) -> None:
        wait_for(lambda: self.account.state is state)


@pytest.fixture
def case(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Iterator[Case]:
    with closing(open_service(tmp_path / "data")) as service:
        yield Case(dovecot_factory(DovecotOptions(root=memory_disk())), unique_user(), tmp_path, service)


@pytest.mark.parametrize("side", ["source", "destination"])
def test_an_account_goes_on_the_next_day_and_never_beyond_one_message(case: Case, side: str) -> None:
    limits: list[dict[str, object]] = [{}, {}]
    limits[side == "destination"]["bytes_per_day"] = 10_000
    case.plan(*limits)
    clock = Clock()
    days = []
    with Clockwork(case.service, clock):
        case.service.start(case.migration, with_engine=False)
        while not case.account.state.ended:
            before = len(case.arrived())
            wait_for(lambda: case.account.state is AccountState.THROTTLED or case.account.state.ended)
            account = case.account
            days.append(len(case.arrived()) - before)
            assert open_windows(case.folder / "data") == 0
            if account.state is AccountState.THROTTLED:
                assert account.detail.startswith("until ")
                assert account.detail.endswith(f": 10,000 bytes a day are used up at the {side}.")
                assert account.counts.pending > 0
                clock.ahead += 25 * HOUR
                wait_for(lambda: case.account.state is not AccountState.THROTTLED)
    assert sum(days) == len(MAIL)
    assert max(days) <= 10_000 // SIZE + 1
    assert len(days) >= len(MAIL) * SIZE // (10_000 + SIZE)
    assert counted(case.arrived()) == counted(MAIL)
    assert (case.account.counts.pending, case.account.pass_number) == (0, 1)
    told = [event.what for event in case.service.events() if "throttled" in event.what]
    assert len(told) == len(days) - 1, "one line for each day"


def test_what_was_used_outlives_the_engine_and_a_higher_limit_lets_it_go_on_at_once(case: Case) -> None:
    case.plan({"bytes_per_day": 10_000}, {})
    clock = Clock()
    with Clockwork(case.service, clock):
        case.service.start(case.migration, with_engine=False)
        case.wait_for(AccountState.THROTTLED)
        before, counts = case.arrived(), case.account.counts
    case.service.pause(case.migration)
    case.service.start(case.migration, with_engine=False)
    with Clockwork(case.service, clock):
        wait_for(lambda: case.account.detail.startswith("until "))
        assert case.account.state is AccountState.THROTTLED
        assert case.account.counts == counts, "the numbers stay on the screen"
        assert counted(case.arrived()) == counted(before)
        case.plan({"bytes_per_day": 10_000_000}, {})
        case.wait_for(AccountState.DONE)
    assert counted(case.arrived()) == counted(MAIL)
