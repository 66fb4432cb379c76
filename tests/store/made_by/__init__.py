"""Stores that earlier versions have made, with the mail of both sides as it was then: a folder for each schema.

`make.py` makes those of the present schema; it is run once, before the schema changes, and what it makes is never
changed again. The mail lies in Maildirs with Dovecot's own list of UIDs, so that a Dovecot that is given them shows
what the store knows: the same UIDVALIDITY, UIDs, flags and dates.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.engine.support import Keys, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions

FOLDER = Path(__file__).parent
OLD = DovecotOptions(pop3=True)
"""The source."""
NEW = DovecotOptions(quota_storage="100M", max_mail_size="2K")
"""The destination, which refuses what is larger."""


@dataclass(frozen=True)
class Made:
    """A store, and what belongs to it."""

    schema: str
    situation: str

    def __str__(self) -> str:
        return f"{self.situation}-{self.schema}"

    @property
    def users(self) -> tuple[str, str]:
        """The accounts, by their name on both sides."""
        return f"anna-{self}", f"bob-{self}"

    @property
    def archive(self) -> Path:
        """The store, its key, and a Maildir for each side and user."""
        return FOLDER / self.schema / f"{self.situation}.tar.xz"

    def source(self, server: Dovecot) -> Keys:
        """The source as a plan describes it."""
        if self.situation == "pop":
            return {**plain(server.pop3_port), "protocol": "pop"}
        return plain(server.port)

    def lay_out(self, folder: Path) -> Path:
        """Unpack all that there is. Returns: the data folder, as today's program has it."""
        with tarfile.open(self.archive) as archive:
            archive.extractall(folder, filter="data")
        data = folder / "data"
        (data / "private").mkdir(mode=0o700, parents=True)
        (folder / "store.db").rename(data / "store.db")
        (folder / "vault.key").rename(data / "private" / "vault.key")
        return data

    def stand_up(self, old: Dovecot, new: Dovecot, folder: Path) -> Path:
        """Give both servers their mail, lay out the store in `folder`/data with the ports that they have now, and write
        the plan that it was made by. Returns: the plan."""
        data = self.lay_out(folder)
        for side, server in (("source", old), ("destination", new)):
            for user in self.users:
                _give(server, user, folder / side / user)
        source, destination = self.source(old), plain(new.port)
        with closing(sqlite3.connect(data / "store.db")) as connection:
            for number, keys in enumerate((source, destination), 1):
                ((before,),) = connection.execute("SELECT port FROM server WHERE id = ?", (number,))
                connection.execute("UPDATE server SET port = ? WHERE id = ?", (keys["port"], number))
                # Which mailboxes the journal is about: with other ports they would be others.
                ends = (f":{before} ", f":{keys['port']} ")
                connection.execute("UPDATE account SET proven_for = replace(proven_for, ?, ?)", ends)
            connection.commit()
        return write_plan(folder, source, destination, self.users)


def _give(server: Dovecot, user: str, mail: Path) -> None:
    """A user with this mail."""
    maildir = server.add_user(user, "secret")
    shutil.copytree(mail, maildir, dirs_exist_ok=True)
    if os.geteuid() == 0:
        owner = maildir.parent.stat()
        for path in (maildir, *maildir.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)


def stores() -> Iterator[Made]:
    """All that there are."""
    for path in sorted(FOLDER.glob("*/*.tar.xz")):
        yield Made(path.parent.name, path.name.partition(".")[0])
