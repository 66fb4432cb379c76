"""Make the stores of a schema, in a checkout whose program has it: `python -m tests.store.made_by.make 0002`.

Commands are used, and a few calls of the service.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.support import Child, SlowLine, wait_for
from tests.engine.support import Keys, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.store.made_by import NEW, OLD, Made
from tests.support.sample_mail import plain as plain_mail

MANY, FEW = plain_mail(400, 3, size=320, seed=1), plain_mail(20, 2, size=320, seed=2)
BIG = plain_mail(2, 1, size=3000, seed=3)
SERVICE = """
import sys; from pathlib import Path
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service
service = open_service(Path(sys.argv[1]))
"""
"""Before each snippet for the program's own service."""


@dataclass
class Making:
    """One store that is being made."""

    made: Made
    old: Dovecot
    new: Dovecot
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def mail(self, first: list[MailItem], second: list[MailItem]) -> None:
        """What the two accounts have."""
        for user, items in zip(self.made.users, (first, second), strict=True):
            write_maildir(self.old.add_user(user, "secret"), "/", items)
            self.new.add_user(user, "secret")

    def plan(self, destination: Keys) -> Path:
        return write_plan(self.folder, self.made.source(self.old), destination, self.made.users)

    def run(self, code: int) -> None:
        """To its end."""
        with Child("run", self.plan(plain(self.new.port)), "--data-dir", self.data) as child:
            assert child.wait() == code, child.out + child.err

    def call(self, snippet: str) -> None:
        """Let the program's own service do something."""
        command = [sys.executable, "-c", SERVICE + snippet, str(self.data), str(self.folder / "plan.toml")]
        subprocess.run(command, check=True)

    def keep(self) -> None:
        """What a test needs of it."""
        store = self.folder / "store.db"
        with closing(sqlite3.connect(self.data / "store.db")) as connection:
            connection.execute("VACUUM INTO ?", (str(store),))
            versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert versions == [(self.made.schema,)], "this program has another schema"
        store.chmod(0o600)
        self.made.archive.parent.mkdir(exist_ok=True)
        with tarfile.open(self.made.archive, "w:xz") as archive:
            archive.add(store, "store.db", filter=_kept)
            archive.add(self.data / "private" / "vault.key", "vault.key", filter=_kept)
            for side, server in (("source", self.old), ("destination", self.new)):
                for user in self.made.users:
                    archive.add(server.maildir(user), f"{side}/{user}", filter=_kept)


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Dovecot makes its indexes anew; whose mail it is differs from machine to machine."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return None if Path(entry.name).name.startswith(("dovecot.index", "dovecot.list", "maildirsize")) else entry


def finished(making: Making) -> None:
    """All of it copied."""
    making.mail(plain_mail(60, 3, size=320, seed=4), FEW)
    making.run(0)


def pop(making: Making) -> None:
    """All of it copied, from a POP server."""
    making.mail(plain_mail(30, 1, size=320, seed=5), plain_mail(5, 1, size=320, seed=6))
    making.run(0)


def failures(making: Making) -> None:
    """Two messages that the destination does not take, one of which the admin has skipped."""
    making.mail(FEW + BIG, FEW)
    making.run(1)
    making.call("first, second = service.failures.listing(); service.failures.skip([first.id])")


def half(making: Making) -> None:
    """Killed in the middle, with windows of which nobody knows how much of them has arrived."""
    making.mail(MANY, FEW)
    with _slow_line(making) as line:
        with Child("run", making.plan(plain(line.port)), "--data-dir", making.data) as child:
            assert line.full.wait(60)
            child.kill()
            child.wait()
        line.drain.set()
        assert line.drained.wait(60)


def paused(making: Making) -> None:
    """Paused in the middle."""
    making.mail(MANY, FEW)
    with _slow_line(making) as line:
        making.plan(plain(line.port))
        making.call("number, _ = service.plans.save(load_plan(Path(sys.argv[2])))")
        making.call("service.migrations.start(1, with_engine=False)")
        with Child("engine", "--until-idle", "--data-dir", making.data) as child:
            assert line.full.wait(60)
            making.call("service.migrations.pause(1)")
            beat = _beat(making)
            wait_for(lambda: _beat(making) > beat + 2)
            line.drain.set()
            assert child.wait() == 0, child.out + child.err


@contextmanager
def _slow_line(making: Making) -> Iterator[SlowLine]:
    """To the destination, which takes one message an APPEND: it fills up in the middle of the larger mailbox."""
    with CapabilityProxy(making.new.port, {"MULTIAPPEND"}) as one_by_one, SlowLine(one_by_one.port, 40_000) as line:
        yield line


def _beat(making: Making) -> float:
    with closing(sqlite3.connect(making.data / "store.db")) as connection:
        return float(connection.execute("SELECT max(beat_at) FROM heartbeat").fetchone()[0])


SITUATIONS: tuple[Callable[[Making], None], ...] = (finished, half, paused, failures, pop)


def main(schema: str) -> None:
    """Make all of them."""
    os.environ["PYTHONPATH"] = str(Path.cwd())
    with tempfile.TemporaryDirectory() as base, Dovecot(OLD) as old, Dovecot(NEW) as new:
        os.chdir(base)  # else the program that lies here would be run
        for situation in SITUATIONS:
            making = Making(Made(schema, situation.__name__), old, new, Path(base, situation.__name__))
            making.folder.mkdir()
            situation(making)
            making.keep()


if __name__ == "__main__":
    main(sys.argv[1])
