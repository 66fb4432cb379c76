"""The use cases: all that a front end can ask for. The dashboard and the command line call nothing else.

What the admin wants is written into the store; the engine reads it there.
Nothing here waits for the engine."""

from __future__ import annotations

from pathlib import Path

from tui_migrate.config.paths import find
from tui_migrate.config.plan import Plan, load_plan
from tui_migrate.engine import process
from tui_migrate.service.account_lists import AccountLists
from tui_migrate.service.accounts import Accounts
from tui_migrate.service.bundles import Bundles
from tui_migrate.service.checks import Checks
from tui_migrate.service.engine import Engine
from tui_migrate.service.failures import Failures
from tui_migrate.service.folders import Folders
from tui_migrate.service.logins import Logins
from tui_migrate.service.logs import Logs
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.messages import Messages
from tui_migrate.service.migrations import Migrations
from tui_migrate.service.notices import Notices
from tui_migrate.service.open_store import OpenStore, open_store
from tui_migrate.service.passes import Passes
from tui_migrate.service.plans import Plans
from tui_migrate.service.reports import Reports
from tui_migrate.service.servers import Servers
from tui_migrate.service.verifications import Verifications

__all__ = ["Service", "open_for", "open_service", "stop_engine"]


class Service:
    """One open store, and what can be done with it, part by part. The parts raise StoreUnusable, NotFound."""

    def __init__(self, store: OpenStore, engine: Engine) -> None:
        mailboxes = Mailboxes(store)
        self.store = store
        self.engine = engine
        self.logs = Logs(store)
        self.bundles = Bundles(store)
        self.reports = Reports(store, engine)
        self.migrations = Migrations(store, engine, self.logs)
        self.plans = Plans(store, self.migrations)
        self.servers = Servers(store, mailboxes)
        self.accounts = Accounts(store, engine, self.logs)
        self.lists = AccountLists(store)
        self.logins = Logins(store, mailboxes, self.accounts)
        self.checks = Checks(store, engine, mailboxes)
        self.passes = Passes(store, engine)
        self.folders = Folders(store, mailboxes)
        self.failures = Failures(store, self.accounts)
        self.messages = Messages(store, mailboxes)
        self.verifications = Verifications(store, mailboxes)
        self.notices = Notices(store, engine)

    def close(self) -> None:
        """End what is under way, and close the store."""
        self.logins.stop()
        self.store.database.close()


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
    if not find(data_dir).database.exists():
        load_plan(path)
    service = open_service(data_dir)
    return service, service.plans.read(path)
