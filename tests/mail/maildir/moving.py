"""Migrations between Maildirs and mailboxes in memory, by the whole program."""

from __future__ import annotations

import pickle
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.doubles.moving import QUICK
from tests.doubles.places import PLACES, Place
from tests.engine.support import Ended, Keys, Row, migrate, run_here, write_plan
from tests.mail.maildir import killed
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem
from tests.support.forks import FORKS

USER = "ann"


def maildirs(folder: Path, **keys: object) -> Keys:
    """A server of Maildirs, as a plan file describes it."""
    return {"protocol": "maildir", "folder": str(folder), "path": "{user}/Maildir", **keys}


def in_memory(path: str, items: Iterable[MailItem] = ()) -> Keys:
    """The same of a place in memory, with this mail in its one mailbox."""
    mailbox = Mailbox(USER)
    mailbox.fill(items)
    PLACES[path] = Place(mailbox)
    return {"protocol": "memory", "path": path}


def mail_in(path: str) -> Counter[MailItem]:
    """What lies in a place in memory."""
    return PLACES[path].mailboxes[USER].contents()


class Way:
    """From one server to another."""

    def __init__(self, folder: Path, source: Keys, destination: Keys, row: Row | None = None) -> None:
        """`row`: of the account list; `USER` at both ends without it."""
        folder.mkdir(exist_ok=True)
        self.data = folder / "data"
        self.folder = folder
        self.plan = write_plan(folder, source, destination, [row or {"Source": USER, "Destination": USER}])

    def run(self) -> Ended:
        """`tui-migrate run`."""
        return migrate(self.plan, self.data, QUICK)

    def cli(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`tui-migrate ARGUMENTS` in this process."""
        return run_here(*arguments, "--data-dir", self.data)

    def run_and_kill(self, nth: int) -> bool:
        """`tui-migrate run` in a process that is killed at its `nth` system call that changes something on the disk.
        False: it has come to its end before."""
        places = self.folder / "places"
        places.write_bytes(pickle.dumps(PLACES))
        child = FORKS.Process(target=killed.main, args=(places, nth, self.plan, self.data))
        child.start()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        return child.exitcode != 0
