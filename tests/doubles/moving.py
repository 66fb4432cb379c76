"""A migration between two places in memory, and the program run on it in this process."""

from __future__ import annotations

import pickle
import signal
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.doubles import killed
from tests.doubles.places import PLACES, Moment, Place
from tests.engine.support import Ended, Row, migrate, run_here, write_plan
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem
from tests.support.forks import FORKS
from tui_migrate.engine.main import run_engine
from tui_migrate.service import Service
from tui_migrate.timing import Timing

QUICK = Timing(
    settle=0.0, late=0.0, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05, throttle_first=0.05, lane_trial=0.0
)
"""Nothing is on its way in memory: what a run that was broken off has sent is there, or will never be."""


class Move:
    """A mailbox of each of these names in `/old`, with its mail, and an empty one in `/new`."""

    def __init__(self, folder: Path, items: Mapping[str, Iterable[MailItem]], **keys: object) -> None:
        """`keys` are further ones of both servers' tables, such as `max_connections`."""
        PLACES["/old"] = Place(*map(Mailbox, items))
        PLACES["/new"] = Place(*map(Mailbox, items))
        for user, mail in items.items():
            self.old.mailboxes[user].fill(mail)
        self.folder = folder
        self.data = folder / "data"
        self.plan = self.write_plan([{"Source": user, "Destination": user} for user in items], "memory", **keys)

    def write_plan(self, rows: Iterable[Row], protocol: str = "memory", **keys: object) -> Path:
        """Another plan and list, in the place of the first."""
        source, destination = ({"protocol": protocol, "path": path, **keys} for path in ("/old", "/new"))
        return write_plan(self.folder, source, destination, rows)

    @property
    def old(self) -> Place:
        """The source."""
        return PLACES["/old"]

    @property
    def new(self) -> Place:
        """The destination."""
        return PLACES["/new"]

    def run(self, timing: Timing = QUICK) -> Ended:
        """`tui-migrate run`."""
        return migrate(self.plan, self.data, timing)

    def run_and_kill(self, moment: Moment, nth: int) -> None:
        """The same in a process that is killed when this moment has come so many times."""
        file = self.folder / "places"
        file.write_bytes(pickle.dumps(PLACES))
        child = FORKS.Process(target=killed.main, args=(file, moment, nth, self.plan, self.data, QUICK))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        PLACES.update(pickle.loads(file.read_bytes()))

    def assert_exact(self) -> None:
        """All mail is there once, in its folder, with its octets, flags and date."""
        for user, mailbox in self.old.mailboxes.items():
            there = self.new.mailboxes[user].contents()
            assert [*(mailbox.contents() - there).elements()][:5] == [], "lost"
            assert [*(there - mailbox.contents()).elements()][:5] == [], "too much"
        assert (self.old.sessions, self.new.sessions) == (0, 0)

    def cli(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`tui-migrate ARGUMENTS` in this process."""
        return run_here(*arguments, "--data-dir", self.data)


def work(service: Service, migration_id: int) -> None:
    """Be the engine, as `tui-migrate start` begins it, until nothing is left to do."""
    service.migrations.start(migration_id, everything=True, with_engine=False)
    run_engine(service.store, only=migration_id, until_idle=True, timing=QUICK)
