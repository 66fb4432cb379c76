"""Accounts with a limit of octets a day."""

from __future__ import annotations

from pathlib import Path

from tests.crash.support import wait_for
from tests.engine.support import plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, read_maildir, write_maildir
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.config.plan import load_plan
from tui_migrate.model import Account, AccountState
from tui_migrate.service import Service

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
        self.migration, _ = self.service.plans.save(load_plan(plan))

    @property
    def account(self) -> Account:
        (account,) = self.service.accounts.listing(self.migration)
        return account

    def arrived(self) -> list[MailItem]:
        return [*read_maildir(self.destination, "/").elements()]

    def wait_for(self, state: AccountState) -> None:
        wait_for(lambda: self.account.state is state)
