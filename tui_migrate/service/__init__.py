"""The use cases: all that a front end can ask for. The dashboard and the command line call nothing else.

What the admin wants is written into the store; the engine reads it there.
Nothing here waits for the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from tui_migrate.config.paths import find
from tui_migrate.engine import process
from tui_migrate.service.engine import Engine
from tui_migrate.service.open_store import OpenStore, open_store

if TYPE_CHECKING:
    from tui_migrate.config.plan import Plan
    from tui_migrate.service.account_lists import AccountLists
    from tui_migrate.service.accounts import Accounts
    from tui_migrate.service.bundles import Bundles
    from tui_migrate.service.checks import Checks
    from tui_migrate.service.discovery import Discovering
    from tui_migrate.service.failures import Failures
    from tui_migrate.service.folders import Folders
    from tui_migrate.service.logins import Logins
    from tui_migrate.service.logs import Logs
    from tui_migrate.service.mailboxes import Mailboxes
    from tui_migrate.service.messages import Messages
    from tui_migrate.service.migrations import Migrations
    from tui_migrate.service.notices import Notices
    from tui_migrate.service.passes import Passes
    from tui_migrate.service.plans import Plans
    from tui_migrate.service.reports import Reports
    from tui_migrate.service.servers import Servers
    from tui_migrate.service.sign_ins import SignIns
    from tui_migrate.service.verifications import Verifications

__all__ = ["Service", "open_for", "open_service", "stop_engine"]

T = TypeVar("T")


class _Part(Generic[T]):
    """A part of the service that is loaded and made when it is first asked for, once for all threads: a command that
    lists failures has no use for what logs in to servers, and loading that takes longer than to list them."""

    def __init__(self, make: Callable[[Service], T]) -> None:
        self._make = make

    def __get__(self, service: Service, _: type[Service]) -> T:
        name = self._make.__name__
        with service.making:
            if name not in vars(service):
                vars(service)[name] = self._make(service)  # where Python looks first from now on
        made: T = vars(service)[name]
        return made


class Service:
    """One open store, and what can be done with it, part by part. The parts raise StoreUnusable, NotFound."""

    def __init__(self, store: OpenStore, engine: Engine) -> None:
        self.making = threading.RLock()
        """Held while a part is made, which may ask for another."""
        self.store = store
        self.engine = engine

    @_Part
    def _mailboxes(self) -> Mailboxes:
        from tui_migrate.service.mailboxes import Mailboxes

        return Mailboxes(self.store)

    @_Part
    def logs(self) -> Logs:
        from tui_migrate.service.logs import Logs

        return Logs(self.store)

    @_Part
    def bundles(self) -> Bundles:
        from tui_migrate.service.bundles import Bundles

        return Bundles(self.store)

    @_Part
    def reports(self) -> Reports:
        from tui_migrate.service.reports import Reports

        return Reports(self.store, self.engine)

    @_Part
    def migrations(self) -> Migrations:
        from tui_migrate.service.migrations import Migrations

        return Migrations(self.store, self.engine, self.logs)

    @_Part
    def plans(self) -> Plans:
        from tui_migrate.service.plans import Plans

        return Plans(self.store, self.migrations)

    @_Part
    def servers(self) -> Servers:
        from tui_migrate.service.servers import Servers

        return Servers(self.store, self._mailboxes)

    @_Part
    def discovery(self) -> Discovering:
        from tui_migrate.service.discovery import Discovering

        return Discovering(self.store, self._mailboxes)

    @_Part
    def accounts(self) -> Accounts:
        from tui_migrate.service.accounts import Accounts

        return Accounts(self.store, self.engine, self.logs)

    @_Part
    def lists(self) -> AccountLists:
        from tui_migrate.service.account_lists import AccountLists

        return AccountLists(self.store)

    @_Part
    def logins(self) -> Logins:
        from tui_migrate.service.logins import Logins

        return Logins(self.store, self._mailboxes, self.accounts)

    @_Part
    def sign_ins(self) -> SignIns:
        from tui_migrate.service.sign_ins import SignIns

        return SignIns(self.store, self.engine, self._mailboxes)

    @_Part
    def checks(self) -> Checks:
        from tui_migrate.service.checks import Checks

        return Checks(self.store, self.engine, self._mailboxes)

    @_Part
    def passes(self) -> Passes:
        from tui_migrate.service.passes import Passes

        return Passes(self.store, self.engine)

    @_Part
    def folders(self) -> Folders:
        from tui_migrate.service.folders import Folders

        return Folders(self.store, self._mailboxes)

    @_Part
    def failures(self) -> Failures:
        from tui_migrate.service.failures import Failures

        return Failures(self.store, self.accounts)

    @_Part
    def messages(self) -> Messages:
        from tui_migrate.service.messages import Messages

        return Messages(self.store, self._mailboxes)

    @_Part
    def verifications(self) -> Verifications:
        from tui_migrate.service.verifications import Verifications

        return Verifications(self.store, self._mailboxes)

    @_Part
    def notices(self) -> Notices:
        from tui_migrate.service.notices import Notices

        return Notices(self.store, self.engine)

    def close(self) -> None:
        """End what is under way, and close the store."""
        if "logins" in vars(self):
            self.logins.stop()
        self.store.close()


def open_service(data_dir: Path | None, who: str | None = None) -> Service:
    """The service on the store in `data_dir`, or where the environment or the platform says. `who`: the admin's name in
    the audit trail; else that of the user who this process runs as."""
    store = open_store(find(data_dir), who)
    return Service(store, Engine(store))


def stop_engine(data_dir: Path | None) -> bool:
    """Stop the background engine of that store as `Engine.stop` does, and leave the store alone: one of an older
    version is upgraded when no engine works on it any more."""
    return process.terminate(find(data_dir).lock_file)


def open_for(path: Path, data_dir: Path | None) -> tuple[Service, Plan]:
    """The service on that store, and the plan at `path` for it. Where there is no store yet, a plan with mistakes makes
    none. Raises BadInput."""
    from tui_migrate.config.plan import load_plan

    if not find(data_dir).database.exists():
        load_plan(path)
    service = open_service(data_dir)
    return service, service.plans.read(path)
